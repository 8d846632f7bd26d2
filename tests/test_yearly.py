"""Year over year: the deals of past years, paired by accounts, and what there is no year before of."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math

import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError, Opportunities
from abmmetrics.yearly import year_over_year

KPIS = [abm.revenue_won, abm.deals_won_count, abm.new_customer_count, abm.win_rate]


@pytest.fixture
def deals():
    draw = np.random.default_rng(6)
    rows = 300
    closed = np.datetime64("2023-01-01") + draw.integers(0, 3 * 365, rows)
    return Opportunities(
        account=draw.integers(0, 60, rows),
        closed=closed,
        outcome=np.where(draw.random(rows) < 0.4, "won", "lost"),
        amount=draw.lognormal(3, 1, rows),
        segments={"tier": draw.choice(["x", "y"], rows)},
    )


@pytest.mark.parametrize("kpi", KPIS)
@pytest.mark.parametrize("start", [1, 4])
def test_every_fiscal_year_against_the_one_before(kpi, start, deals):
    found = kpi(deals, by={"year": abm.period(deals.closed, "year", fiscal_start=start)})
    moved = year_over_year(found)
    assert moved.groups == found.groups
    assert moved.value.tolist() == found.value.tolist()
    assert math.isnan(moved.difference[0])
    assert moved.notes == (f"no baseline for {found.labels[0]}: the change is undefined",)
    for row, (before, now) in enumerate(zip(found.labels, found.labels[1:], strict=False), start=1):
        one = abm.change(found[now], baseline=found[before])
        for name in ("baseline", "difference", "difference_low", "difference_high", "p_value", "accounts_in_both"):
            np.testing.assert_allclose(getattr(moved, name)[row], getattr(one, name)[0], rtol=1e-6, err_msg=name)
    if kpi is not abm.new_customer_count:  # who is new is new once
        assert moved.accounts_in_both[1] > 0


@pytest.mark.parametrize("kpi", KPIS)
def test_the_same_elapsed_part_of_past_years(kpi, deals):
    years = abm.period_to_date(deals.closed, "year", as_of="2025-04-15")
    found = kpi(deals, by={"year": years})
    days = deals.closed.astype(object)
    early = [(day.month, day.day) <= (4, 15) for day in days]
    if kpi is not abm.new_customer_count:
        cut = deals.where(early)
        alone = kpi(cut, by={"year": abm.period(cut.closed, "year")})
        assert found.labels == alone.labels == ["2023", "2024", "2025"]
        assert found.value.tolist() == alone.value.tolist()
    assert not np.isnan(year_over_year(found).difference[1:]).any()


def test_one_year_alone_has_none_before(deals):
    found = abm.revenue_won(
        deals.where(deals.closed < np.datetime64("2024-01-01")),
        by={"year": ["2023"] * int((deals.closed < np.datetime64("2024-01-01")).sum())},
    )
    moved = year_over_year(found)
    assert np.isnan(moved.difference).all()
    assert np.isnan(moved.relative).all()
    assert moved.notes == ("no baseline for 2023: the change is undefined",)


def test_a_pipeline_of_one_year_has_nothing_to_compare(shared_data):
    from .deals import read_crm  # noqa: PLC0415 - only this test reads it

    deals = read_crm(shared_data)
    found = abm.revenue_won(deals, by={"year": abm.period(deals.closed, "year")})
    moved = year_over_year(found)
    assert math.isnan(moved.difference[0])
    assert moved.notes == ("no baseline for 2017: the change is undefined",)


@pytest.mark.parametrize(
    ("labels", "later"),
    [
        (["2024", "2025"], "2025"),
        (["FY1999/00", "FY2000/01"], "FY2000/01"),
        (["FY2098/99", "FY2099/00"], "FY2099/00"),
        (["2024-Q3", "2025-Q3"], "2025-Q3"),
        (["FY2024/25-Q1", "FY2025/26-Q1"], "FY2025/26-Q1"),
        (["2024-11", "2025-11"], "2025-11"),
        ([2024, 2025], 2025),
    ],
)
def test_every_kind_of_period_has_one_a_year_later(labels, later):
    deals = Opportunities(account=["A", "B", "A"], outcome="won", amount=[2, 2, 5])
    moved = year_over_year(abm.revenue_won(deals, by={"year": [labels[0], labels[0], labels[1]]}))
    assert moved.groups["year"][1] == later
    assert moved.difference[1] == 1


def test_within_other_segments(deals):
    found = abm.revenue_won(deals, by={"tier": deals.segments["tier"], "year": abm.period(deals.closed, "year")})
    moved = year_over_year(found, segment="year", confidence=0.8)
    assert moved.confidence == 0.8
    place = {label: row for row, label in enumerate(found.labels)}
    for (tier, year), row in place.items():
        expected = (
            math.nan if year == "2023" else float(found.value[row] - found.value[place[tier, str(int(year) - 1)]])
        )
        assert moved.difference[row] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("by", "segment", "message"),
    [
        (None, None, "segment must name the segment of the periods, one of []; got None"),
        (
            ["tier", "account"],
            None,
            "segment must name the segment of the periods, one of ['tier', 'account']; got None",
        ),
        ("tier", "year", "segment must name the segment of the periods, one of ['tier']; got 'year'"),
        ("tier", None, "estimate must be by periods such as '2025' or 'FY2025/26-Q1'; got 'x'"),
    ],
)
def test_what_are_no_periods_is_refused(by, segment, message, deals):
    with pytest.raises(MetricInputError) as refused:
        year_over_year(abm.revenue_won(deals, by=by), segment=segment)
    assert str(refused.value) == message


def test_truth_values_are_no_years():
    deals = Opportunities(account=["A", "B"], outcome="won", amount=1)
    with pytest.raises(MetricInputError) as refused:
        year_over_year(abm.revenue_won(deals, by={"late": [True, False]}))
    assert str(refused.value) == "estimate must be by periods such as '2025' or 'FY2025/26-Q1'; got False"
