"""Numbering distinct values of a fixed-width column: as a dict does it, only faster."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import _intern

LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\0"), max_size=21)


@pytest.fixture(params=[1, 3, 16], autouse=True)
def small_blocks(request, monkeypatch):
    """So small that values come back in later blocks."""
    monkeypatch.setattr(_intern, "_BLOCK", request.param)


def by_dict(values):
    """The numbers in the order of first appearance, and where each number first appears."""
    known = {}
    numbers = [known.setdefault(value, len(known)) for value in values]
    return numbers, [values.index(value) for value in known]


def assert_numbered(values):
    numbers, first = _intern.first_rows(values)
    expected, expected_first = by_dict(values.tolist())
    assert numbers.tolist() == expected
    assert first.tolist() == expected_first
    assert (numbers.dtype, first.dtype) == (np.int64, np.int64)


@given(values=st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 5), max_size=60))
def test_whole_numbers_are_numbered(values):
    assert_numbered(np.array(values, dtype=np.int64))


@given(values=st.lists(st.integers(0, 255), max_size=60), kind=st.sampled_from(["u1", "i2", "u4", "i8"]))
def test_narrow_whole_numbers_are_numbered(values, kind):
    assert_numbered(np.array(values, dtype=kind))


@given(values=st.lists(st.integers(2**62, 2**64 - 1), max_size=30))
def test_unsigned_numbers_are_numbered(values):
    assert_numbered(np.array(values, dtype=np.uint64))


@given(values=st.lists(LATIN, min_size=1, max_size=60))
def test_text_is_numbered(values):
    assert_numbered(np.array(values, dtype="U"))


@given(values=st.lists(st.binary(max_size=21), min_size=1, max_size=60), width=st.integers(21, 33))
def test_bytes_are_numbered(values, width):
    assert_numbered(np.array(values, dtype=f"S{width}"))


@pytest.mark.parametrize("width", [1, 2, 7, 8, 9, 15, 16, 17, 18, 24, 25])
@pytest.mark.parametrize("kind", ["S", "U"])
def test_every_byte_counts_whatever_the_width(width, kind):
    base = "a" * width
    changed = [base, *(base[:place] + "b" + base[place + 1 :] for place in range(width)), base]
    assert_numbered(np.array(changed, dtype=f"{kind}{width}"))


@given(values=st.lists(st.integers(0, 12), min_size=1, max_size=80))
def test_values_whose_hashes_collide_are_told_apart(values):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_intern, "_hash", lambda words: np.zeros(len(words[0]), dtype=np.int64))
        assert_numbered(np.array(values, dtype=np.int64))
        assert_numbered(np.array([f"label {value:09d}" for value in values], dtype="S"))


@given(values=st.lists(st.integers(0, 12), min_size=1, max_size=80))
def test_values_whose_first_slots_collide_are_told_apart(values):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_intern, "_hash", lambda words: words[0] & 7)  # the first slot is of the highest bits
        assert_numbered(np.array(values, dtype=np.int64))


def test_many_distinct_values_are_numbered():
    values = np.arange(3000, dtype=np.int64) * 7919 % 3001 - 1500
    assert_numbered(np.concatenate([values, values[::-1]]))


def test_slices_and_strides_are_read_as_they_are():
    values = np.array([[f"account {row % 5:04d}", "x"] for row in range(40)], dtype="U12")
    assert_numbered(values[:, 0])
    assert_numbered(values[::-2, 0])
    assert_numbered(np.arange(40)[::-3])
    assert_numbered(values.astype("S")[:, 0])


def test_nothing_is_numbered_to_nothing():
    numbers, first = _intern.first_rows(np.empty(0, dtype=np.int64))
    assert (len(numbers), len(first)) == (0, 0)


@pytest.mark.parametrize("late", [0, 39])
def test_characters_beyond_one_byte_are_left_to_others(late):
    labels = ["Élan"] * 40
    assert_numbered(np.array(labels))
    labels[late] = "Čapek"
    assert _intern.first_rows(np.array(labels)) is None


def test_too_many_distinct_values_are_left_to_others(monkeypatch):
    monkeypatch.setattr(_intern, "_MOST_DISTINCT", 32)
    assert_numbered(np.arange(16))
    assert _intern.first_rows(np.arange(100)) is None


def test_the_input_stays_as_it_is():
    values = np.array(["b", "a", "b"], dtype="S1")
    values.flags.writeable = False
    assert_numbered(values)
