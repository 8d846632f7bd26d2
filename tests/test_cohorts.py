"""Cohorts by age, against plain Python."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError, RevenueHistory
from abmmetrics.cohorts import cohort_retention

from .revenue import MONTHS, histories, history, paid_by_account


def figures(estimate):
    return dict(zip(estimate.labels, estimate.value.tolist(), strict=True))


@given(rows=histories, data=st.data())
def test_cohorts_are_what_plain_python_counts(rows, data):
    found = cohort_retention(history(data.draw(st.permutations(rows))), unit="month")
    periods = sorted({row.period for row in rows})
    age_of = [MONTHS.index(period) for period in periods]
    cohorts = {}
    for account, paid in paid_by_account(rows).items():
        if any(paid):
            cohorts.setdefault(next(place for place, amount in enumerate(paid) if amount), {})[account] = paid
    logos, revenue = {}, {}
    for first, members in cohorts.items():
        for place in range(first, len(periods)):
            label = (periods[first][:7], age_of[place] - age_of[first])
            logos[label] = sum(paid[place] > 0 for paid in members.values()) / len(members)
            revenue[label] = sum(p[place] for p in members.values()) / sum(p[first] for p in members.values())
    assert figures(found.logos) == logos
    assert figures(found.revenue) == pytest.approx(revenue, rel=1e-12)
    assert found.cohorts == tuple(periods[first][:7] for first in sorted(cohorts))
    assert found.sizes.tolist() == [len(cohorts[first]) for first in sorted(cohorts)]
    assert found.ages == tuple(sorted({age for _, age in logos}))
    for what, cells in (("logos", logos), ("revenue", revenue)):
        matrix = found.matrix(what)
        assert matrix.shape == (len(found.cohorts), len(found.ages))
        for row, cohort in enumerate(found.cohorts):
            for column, age in enumerate(found.ages):
                assert matrix[row, column] == pytest.approx(cells.get((cohort, age), math.nan), nan_ok=True)


def test_cells_have_intervals_and_unseen_ones_are_missing():
    draw = np.random.default_rng(3)
    accounts, months = 60, [f"2026-{month:02d}-01" for month in range(1, 5)]
    amount = draw.integers(0, 9, (accounts, 4)) * (np.arange(4) >= draw.integers(0, 3, (accounts, 1)))
    rows = RevenueHistory(
        account=np.repeat(np.arange(accounts), 4), period=np.tile(months, accounts), amount=amount.ravel()
    )
    found = cohort_retention(rows, unit="month", confidence=0.9)
    size = int(found.sizes[1])
    kept = found.logos["2026-02", 1]
    expected = abm.wilson(int(kept.numerator[0]), size, confidence=0.9)
    assert (kept.low[0], kept.high[0]) == (pytest.approx(float(expected.low)), pytest.approx(float(expected.high)))
    assert (kept.denominator.tolist(), kept.accounts.tolist()) == ([size], [size])
    money = found.revenue["2026-02", 1]
    assert (money.low[0] < money.value[0] < money.high[0], money.confidence, money.unit) == (True, 0.9, "ratio")
    matrix = found.matrix("logos")
    assert (
        np.isnan(matrix).tolist()
        == [[False] * 4, [False] * 3 + [True], [False] * 2 + [True] * 2, [False] + [True] * 3][: len(matrix)]
    )
    assert found.logos.counted == "accounts"
    # The same accounts in two ages are paired.
    moved = abm.change(found.logos, baseline={"age": 1})
    assert moved.accounts_in_both.max() > 0


def test_ages_are_counted_in_the_unit_and_a_gap_is_unseen():
    rows = RevenueHistory(
        account=["A", "A", "A", "B"],
        period=["2025-03-15", "2025-07-01", "2026-01-31", "2025-07-01"],
        amount=[10, 20, 5, 0],
    )
    quarters = cohort_retention(rows, unit="quarter")
    assert quarters.cohorts == ("2025-Q1",)
    assert quarters.ages == (0, 2, 4)
    assert quarters.matrix("revenue").tolist() == [[1, 2, 0.5]]
    months = cohort_retention(rows, unit="month")
    assert (months.cohorts, months.ages) == (("2025-03",), (0, 4, 10))
    message = refusal(lambda: cohort_retention(rows, unit="year"))
    assert message == "period must come once in each year; got 2025-03-15 and 2025-07-01"
    assert refusal(lambda: cohort_retention(rows, unit="week")) == (
        "unit must be one of ['month', 'quarter', 'year']; got 'week'"
    )
    assert refusal(lambda: months.matrix("money")) == "what must be one of ['logos', 'revenue']; got 'money'"


def refusal(run):
    with pytest.raises(MetricInputError) as refused:
        run()
    return str(refused.value)


def test_cohorts_are_shown_with_what_to_know():
    rows = RevenueHistory(
        account=["A", "B", "A", "C"],
        period=["2026-01-01", "2026-01-01", "2026-02-01", "2026-02-01"],
        amount=[100, 60, 120, -50],
        excluded={"missing amount": 3},
    )
    found = cohort_retention(rows, unit="month")
    assert str(found).splitlines() == [
        "share of accounts that pay, by month of the first revenue and age in months",
        "  cohort   accounts        0       1",
        "  2026-01         2  100.0 %  50.0 %",
        "  note: accounts of 2026-01 may have begun earlier: the history begins then",
        "  note: 1 row with a negative amount counts as 0",
    ]
    assert repr(found) == str(found)
    assert found.unit == "month"
    assert found.logos.excluded == {"missing amount": 3}
    later = RevenueHistory(account=["A", "B"], period=["2026-01-01", "2026-02-01"], amount=[0, 7])
    assert cohort_retention(later, unit="month").remarks == ()
    shown = RevenueHistory(account=["A", "B"], period=["2026-01-01", "2026-02-01"], amount=[5, 7])
    assert str(cohort_retention(shown, unit="month")).splitlines()[2:4] == [
        "  2026-01         1  100.0 %  0.0 %",
        "  2026-02         1  100.0 %",
    ]


def test_an_empty_history_has_no_cohorts():
    found = cohort_retention(RevenueHistory.empty(), unit="month")
    assert (found.cohorts, found.ages, found.sizes.tolist(), len(found.logos), found.remarks) == ((), (), [], 0, ())
    assert found.matrix("logos").shape == (0, 0)
