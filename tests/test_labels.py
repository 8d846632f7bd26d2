"""Labels behave like the plain list that they came from, however they are stored."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError, _labels

from .sheet import Sheet

WHOLE = st.one_of(st.integers(-5, 5), st.integers(-(2**63) + 1, 2**63 - 1))
KINDS = {"text": st.text(min_size=1, max_size=3), "whole": WHOLE, "boolean": st.booleans()}
columns = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.lists(KINDS[kind], max_size=20))
gaps = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.lists(st.none() | KINDS[kind], max_size=20))


def made(values):
    """Labels of a segment, some of which may be missing."""
    table = Sheet.from_frame({"account": values}, missing="separate")
    return table.account


@given(gaps)
def test_labels_hold_what_was_given(values):
    labels = made(values)
    assert labels.to_list() == values
    assert list(labels) == values
    assert len(labels) == len(values)
    assert [labels[row] for row in range(len(values))] == values
    assert [type(label) for label in labels] == [type(value) for value in values]
    assert labels.missing().tolist() == [value is None for value in values]


@given(gaps)
def test_numpy_gets_the_labels_themselves(values):
    array = np.asarray(made(values))
    assert array.tolist() == values
    assert np.asarray(made(values), dtype=object).tolist() == values


@given(columns)
def test_codes_point_at_categories(values):
    labels = made(values)
    assert labels.categories[labels.codes()].tolist() == values
    assert labels.codes(1, 3).tolist() == labels.codes().tolist()[1:3]
    assert labels.codes().dtype == np.int64


@given(columns, st.integers(0, 2**32))
def test_rows_can_be_taken_by_mask_and_position(values, seed):
    labels, random = made(values), np.random.default_rng(seed)
    mask = random.random(len(values)) < 0.5
    assert labels.where(mask).to_list() == [value for value, kept in zip(values, mask, strict=True) if kept]
    order = random.permutation(len(values))
    assert labels.where(order).to_list() == [values[row] for row in order]


@given(gaps)
def test_comparison_with_a_label_is_row_by_row(values):
    labels = made(values)
    for wanted in {*values, "absent", 10**6} - {None}:
        expected = [value == wanted for value in values]
        assert (labels == wanted).tolist() == expected
        assert (labels != wanted).tolist() == [not equal for equal in expected]
        assert labels.isin([wanted, "other"]).tolist() == expected


@given(gaps, st.integers(0, 2**32))
def test_comparison_with_a_column_is_row_by_row(values, seed):
    labels = made(values)
    other = [values[row] for row in np.random.default_rng(seed).permutation(len(values))]
    expected = [mine == theirs for mine, theirs in zip(values, other, strict=True)]
    for column in (other, tuple(other), made(other), np.array([*other, None], dtype=object)[:-1]):
        assert (labels == column).tolist() == expected


def test_comparison_with_a_column_of_another_length_is_refused():
    with pytest.raises(MetricInputError) as refused:
        _ = made(["a", "b"]) == ["a"]
    assert str(refused.value) == "labels must be compared with one label, or with 2; got 1"


def test_labels_are_no_keys():
    with pytest.raises(TypeError, match=r"^unhashable type: 'Labels'$"):
        hash(made(["a"]))


def test_labels_show_their_first_rows():
    assert repr(made(["a", None])) == "Labels(['a', None], rows=2)"
    assert repr(made([1, 2, 3, 4, 5])) == "Labels([1, 2, 3, 4, 5], rows=5)"
    assert repr(made([1, 2, 3, 4, 5, 6])) == "Labels([1, 2, 3, 4, 5, ...], rows=6)"


def test_labels_are_closed_for_writing_and_the_caller_s_array_is_not():
    mine = np.array([3, 1, 3])
    labels = abm.Emails(account=mine).account
    for array in (labels.stored, labels.categories):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    mine[0] = 1
    flags = np.array([True, False])
    abm.Emails(account=flags)
    flags[0] = False


@given(st.lists(gaps, min_size=1, max_size=4))
def test_concatenation_is_that_of_the_lists(parts):
    kinds = {type(value) for part in parts for value in part if value is not None}
    if len(kinds) < 2:
        joined = _labels.concatenate([made(part) for part in parts])
        assert joined.to_list() == [value for part in parts for value in part]


@given(st.lists(st.integers(-1, 2), max_size=10))
def test_equal_categories_are_merged(codes):
    labels = _labels.from_codes(np.array(codes, dtype=np.int64), ["x", "y", "x"])
    assert labels.to_list() == [[*"xyx", None][code] for code in codes]
    assert sorted(labels.categories.tolist()) == ["x", "y"]


@pytest.mark.parametrize(
    "ids",
    [
        [2**63 - 1, 2**63 - 3],
        [-(2**63), 2**63 - 1],
        [-(2**63), -(2**63) + 2],
        [0, 2**40],
        [-3, 70_000],
        [2**62, 2**62 + 1, 2**62],
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.int64, object])
def test_ids_anywhere_in_64_bits_are_labels(ids, dtype):
    labels = abm.Emails(account=np.array(ids, dtype=dtype), delivered=1, opened=1).account
    assert labels.to_list() == ids
    emails = abm.Emails(account=ids, delivered=1, opened=1)
    assert abm.open_rate(emails, by="account").labels == sorted(set(ids))


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "<u4", ">u4", "u8", "i8"])
def test_ids_of_any_width_are_labels(dtype):
    assert abm.Emails(account=np.array([7, 120, 7], dtype=dtype)).account.to_list() == [7, 120, 7]


def test_strided_arrays_are_labels():
    assert abm.Emails(account=np.arange(10)[::-3]).account.to_list() == [9, 6, 3, 0]
    assert abm.Emails(account=np.array([True, False, True])[::2]).account.to_list() == [True, True]


def test_kinds_of_labels_have_names():
    assert [_labels.kind_of(made(values)) for values in (["a"], [1], [True], [], [None])] == [
        "text",
        "whole numbers",
        "booleans",
        None,
        None,
    ]


def test_rows_without_a_label_can_be_told_apart():
    labels, names = _labels.each_its_own(made(["b", None, "a", None]), 4)
    assert names == ["b", "a"]
    assert labels.to_list() == [0, 2, 1, 3]
    assert _labels.each_its_own(None, 2)[0].to_list() == [0, 1]


def test_a_million_distinct_labels_work():
    names = np.arange(1_000_000).astype("U7").tolist()
    emails = abm.Emails(account=names, delivered=1, opened=np.arange(1_000_000) % 2)
    rate = abm.open_rate(emails)
    assert (float(rate), int(rate.accounts[0])) == (0.5, 1_000_000)


@given(values=gaps)
def test_labels_that_occur_are_those_of_some_row(values):
    labels = made(values)
    assert sorted(_labels.occurring(labels)) == sorted({value for value in values if value is not None})
    assert _labels.occurring(labels.where(np.zeros(len(values), dtype=bool))) == []


@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from("xyz"), st.booleans()), max_size=9)
)
def test_the_earliest_row_of_each_is_the_one_whose_label_sorts_first(rows):
    unit, at, label, counts = (np.array(column) for column in zip(*rows, strict=True)) if rows else [np.zeros(0)] * 4
    labels = made(label.tolist())
    chosen = _labels.earliest_rows(np.flatnonzero(counts), unit, at, [labels])
    expected = {}
    for own, when, name, here in sorted(rows):
        if here:
            expected.setdefault(own, (when, name))
    assert {int(unit[row]): (int(at[row]), str(label[row])) for row in chosen} == expected
