"""Counts of survivors: from cohorts, from accounts, by segment; sums of parts; refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError
from abmmetrics.survivors import Survivors, count_survivors, count_survivors_by

accounts = st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 6), st.booleans()), max_size=30)


def refusal(function, *arguments, **options):
    with pytest.raises(MetricInputError) as caught:
        function(*arguments, **options)
    return str(caught.value)


def columns_of(counted):
    return [column.tolist() for column in (counted.alive_at, counted.gone_at, counted.accounts)]


def test_a_cohort_is_who_was_lost_when_and_who_is_left():
    counted = Survivors.from_cohorts([10, 8, 8, 5])
    assert columns_of(counted) == [[0, 2, 3], [1, 3, 0], [2, 3, 5]]
    assert (counted.renewals, counted.active.tolist()) == (3, [0, 0, 0, 5])
    assert repr(counted) == "Survivors(10 accounts, 3 renewals; 5 lost)"
    assert repr(Survivors.from_cohorts([1, 1])) == "Survivors(1 account, 1 renewal; 0 lost)"


def test_cohorts_of_any_kind_and_length():
    counted = Survivors.from_cohorts([10, 8, 5], (4, 3), np.array([7]), pd.Series([6.0, np.nan, 2.0]))
    lost = dict(zip(zip(*columns_of(counted)[:2], strict=True), columns_of(counted)[2], strict=True))
    assert lost == {(0, 0): 7, (0, 1): 2 + 1, (0, 2): 4, (1, 0): 3, (1, 2): 3, (2, 0): 5 + 2}
    assert counted.active.tolist() == [7, 3, 7]


def test_cohorts_end_where_nobody_counted_any_more():
    assert Survivors.from_cohorts([10, 8, None, None]) == Survivors.from_cohorts([10, 8])


@given(accounts)
def test_counts_are_those_of_a_plain_loop(rows):
    made, gone = [row[1] for row in rows], [row[2] for row in rows]
    counted = count_survivors(made, gone)
    expected = {}
    for renewals, churned in zip(made, gone, strict=True):
        cell = (renewals, renewals + 1 if churned else 0)
        expected[cell] = expected.get(cell, 0) + 1
    alive_at, gone_at, numbers = columns_of(counted)
    assert dict(zip(zip(alive_at, gone_at, strict=True), numbers, strict=True)) == expected
    assert counted.active.sum() == len(rows) - sum(gone)


@given(accounts, st.integers(0, 30))
def test_parts_add_up_and_segments_are_parts(rows, cut):
    names, made, gone = ([row[place] for row in rows] for place in range(3))
    whole = count_survivors(made, gone)
    assert count_survivors(made[:cut], gone[:cut]) + count_survivors(made[cut:], gone[cut:]) == whole
    found = count_survivors_by(names, made, gone)
    assert set(found) == set(names)
    assert sum(found.values(), start=Survivors(alive_at=[], gone_at=[], accounts=[])) == whole
    for name, part in found.items():
        mine = [row for row in rows if row[0] == name]
        assert part == count_survivors([row[1] for row in mine], [row[2] for row in mine])


def test_cohorts_and_accounts_are_counted_alike():
    made, gone = [0] * 2 + [2] * 3 + [3] * 5, [True] * 5 + [False] * 5
    assert count_survivors(made, gone) == Survivors.from_cohorts([10, 8, 8, 5])
    assert count_survivors(np.array(made, dtype=np.int8), np.array(gone, dtype=np.int64)) == count_survivors(made, gone)


def test_more_accounts_than_a_block_holds():
    random = np.random.default_rng(5)
    made, gone = random.integers(0, 9, 200_001), random.random(200_001) < 0.3
    counted = count_survivors(made, gone)
    assert counted.accounts.sum() == 200_001
    assert counted.active.tolist() == np.bincount(made[~gone], minlength=10).tolist()
    largest = count_survivors([100_000], [True])
    assert (largest.alive_at[0], largest.gone_at[0], largest.renewals) == (100_000, 100_001, 100_001)


def test_counts_from_elsewhere_are_checked_and_added_up():
    counted = Survivors(alive_at=[1, 0, 1, 2], gone_at=[0, 1, 0, 0], accounts=[2, 3, 4, 0])
    assert columns_of(counted) == [[0, 1], [1, 0], [3, 6]]
    assert counted.active.tolist() == [0, 6]
    with pytest.raises(ValueError, match="read-only"):
        counted.accounts[0] = 9
    message = "gone_at must be 0 or above alive_at; got 1 with alive_at=1 at row 1"
    assert refusal(Survivors, alive_at=[0, 1], gone_at=[1, 1], accounts=[1, 1]) == message
    message = (
        "alive_at and gone_at and accounts must have the same length; got {'alive_at': 1, 'gone_at': 2, 'accounts': 1}"
    )
    assert refusal(Survivors, alive_at=[0], gone_at=[1, 1], accounts=[1]) == message
    message = "accounts must be whole numbers >= 0; got -1 at row 0"
    assert refusal(Survivors, alive_at=[0], gone_at=[1], accounts=[-1]) == message


def test_survivors_compare_by_their_counts():
    counted = Survivors.from_cohorts([5, 4])
    assert counted == Survivors.from_cohorts([5, 4])
    assert counted != Survivors.from_cohorts([5, 3])
    assert counted != "survivors"
    with pytest.raises(TypeError, match="unhashable type: 'Survivors'"):
        hash(counted)


def test_columns_that_cannot_be_are_refused():
    assert refusal(count_survivors, [1, -2], [True, False]) == "renewals must be whole numbers >= 0; got -2 at row 1"
    assert refusal(count_survivors, [1, 2], [True, 2]) == "churned must be whole numbers >= 0; got True at row 0"
    assert refusal(count_survivors, [1, 2], [1, 2]) == "churned must be True or False; got 2 at row 1"
    message = "renewals and churned must have the same length; got {'renewals': 2, 'churned': 1}"
    assert refusal(count_survivors, [1, 2], [True]) == message
    message = "renewals must be at most 100,000: periods, not days; got 100001 at row 1"
    assert refusal(count_survivors, [1, 100_001], [True, False]) == message
    message = "labels and renewals must have the same length; got {'labels': 1, 'renewals': 2}"
    assert refusal(count_survivors_by, ["x"], [1, 2], [True, False]) == message
    message = "labels must be text or whole numbers in every row; got a missing value at row 1"
    assert refusal(count_survivors_by, ["x", None], [1, 2], [True, False]) == message
    assert refusal(Survivors.from_cohorts) == "survivors must hold a cohort; got none"
