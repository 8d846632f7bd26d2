"""Trends against published tests of shares of independent trials, and a plain weighted line elsewhere."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import abmmetrics as abm
from abmmetrics import MetricInputError
from abmmetrics.trends import period_times

# R's ?prop.trend.test (smokers of four groups of patients); Mills and Graubard (1987), collapsed.
SMOKERS = ([83, 90, 129, 70], [86, 93, 136, 82])
PUBLISHED = [
    (*SMOKERS, None, 8.2249, 0.004132),
    (*SMOKERS, [0, 0, 0, 1], 12.173, 0.0004848),
    ([48, 38, 5, 1], [1754, 1484, 83, 13], None, 0.817**2, 0.41391),
]


def refusal(call, *arguments, **keywords):
    with pytest.raises(MetricInputError) as refused:
        call(*arguments, **keywords)
    return str(refused.value)


@pytest.mark.parametrize(("successes", "n", "times", "chi_square", "p"), PUBLISHED)
def test_shares_of_independent_trials_have_the_published_statistic(successes, n, times, chi_square, p):
    z = abm.cochran_armitage(successes, n, times=times)
    assert z**2 == pytest.approx(chi_square, rel=2e-3 if times is None and p > 0.1 else 5e-5)
    assert 2 * stats.norm.sf(abs(z)) == pytest.approx(p, rel=2e-3)
    assert abm.cochran_armitage(
        successes[::-1], n[::-1], times=None if times is None else times[::-1]
    ) == pytest.approx(-z if times is None else z)


def test_no_trend_can_be_told_where_nothing_varies():
    assert math.isnan(abm.cochran_armitage([0, 0], [5, 5]))
    assert math.isnan(abm.cochran_armitage([5, 5], [5, 5]))
    assert math.isnan(abm.cochran_armitage([1, 2], [5, 5], times=[3, 3]))
    assert math.isnan(abm.cochran_armitage([], []))
    assert abm.cochran_armitage([2, 2], [5, 5]) == 0.0


def test_wrong_input_of_the_statistic_is_refused():
    assert refusal(abm.cochran_armitage, [6], [5]) == "successes must be at most n; got 6.0 with n=5.0 at row 0"
    assert refusal(abm.cochran_armitage, [1, 2], [5]) == (
        "successes and n and times must have the same length; got {'successes': 2, 'n': 1, 'times': 1}"
    )
    assert refusal(abm.cochran_armitage, [1], [5], times=["x"]) == "times must be finite numbers; got 'x' at row 0"
    assert refusal(abm.cochran_armitage, [-1], [5]) == "successes must be finite numbers >= 0; got -1.0 at row 0"


MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]


def rates(opened, delivered, labels=MONTHS, **more):
    """Open rates of one account by period."""
    rows = len(opened)
    table = abm.Emails(account="A", opened=opened, delivered=delivered, segments={"period": labels[:rows]}, **more)
    return abm.open_rate(table, by="period")


OPENED, DELIVERED = [61, 58, 66, 49, 55, 41, 44, 36], [410, 396, 431, 402, 420, 398, 415, 405]


def line(times, weights, values, least=0.0):
    """Weighted least squares, spelt out: slope, its error and the scatter, which is never taken below ``least``."""
    total = math.fsum(weights)
    centre = math.fsum(w * t for w, t in zip(weights, times, strict=True)) / total
    mean = math.fsum(w * y for w, y in zip(weights, values, strict=True)) / total
    leverage = math.fsum(w * (t - centre) ** 2 for w, t in zip(weights, times, strict=True))
    slope = math.fsum(w * (t - centre) * (y - mean) for w, t, y in zip(weights, times, values, strict=True)) / leverage
    left = [y - mean - slope * (t - centre) for t, y in zip(times, values, strict=True)]
    scatter = math.fsum(w * e * e for w, e in zip(weights, left, strict=True)) / (len(times) - 2)
    return slope, math.sqrt(max(scatter, least) / leverage), scatter, mean, centre


def test_the_worked_example():
    found = abm.trend(rates(OPENED, DELIVERED))
    assert found.verdict == "declining"
    assert round(found.slope, 6) == -0.009092
    assert round(found.p_value, 4) == 0.0114
    share = sum(OPENED) / sum(DELIVERED)
    values = [k / n for k, n in zip(OPENED, DELIVERED, strict=True)]
    slope, error, scatter, mean, centre = line(range(8), DELIVERED, values, share * (1 - share))
    half = stats.t.ppf(0.975, 6) * error
    assert (found.slope, found.slope_low, found.slope_high) == pytest.approx((slope, slope - half, slope + half))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(slope / error), 6))
    assert found.dispersion == pytest.approx(scatter / (share * (1 - share)))
    first, last = mean - slope * centre, mean + slope * (7 - centre)
    assert found.relative_change == pytest.approx(last / first - 1)
    assert (found.kpi, found.periods, found.confidence, found.notes) == ("open_rate", 8, 0.95, ())
    assert found.method == "weighted slope, Student's t, periods spaced by month"


def test_scatter_below_chance_is_taken_as_chance():
    """Periods on a line to the last mail scatter less than chance allows: the test is Cochran and Armitage's with t."""
    opened, delivered = [10, 12, 14, 16, 18], [100] * 5
    found = abm.trend(rates(opened, delivered))
    assert found.dispersion == pytest.approx(0, abs=1e-9)
    z = abm.cochran_armitage(opened, delivered)
    assert found.p_value == pytest.approx(2 * stats.t.sf(z, 3), rel=1e-9)
    assert found.slope == pytest.approx(0.02)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(60, 90)), min_size=4, max_size=10),
    st.sampled_from([0.8, 0.95]),
)
def test_slopes_are_those_of_the_weighted_line(periods, confidence):
    opened, delivered = zip(*periods, strict=True)
    found = abm.trend(rates(opened, delivered), confidence=confidence)
    share = sum(opened) / sum(delivered)
    slope, error, *_ = line(range(len(periods)), delivered, [k / n for k, n in periods], share * (1 - share))
    half = stats.t.ppf(0.5 + confidence / 2, len(periods) - 2) * error
    np.testing.assert_allclose(
        (found.slope, found.slope_low, found.slope_high), (slope, slope - half, slope + half), rtol=1e-7, atol=1e-9
    )
    if found.verdict in {"rising", "declining"}:
        assert found.p_value < 1 - confidence
        assert found.verdict == ("rising" if slope > 0 else "declining")
        assert found.slope_low > 0 or found.slope_high < 0
    else:
        assert found.p_value >= 1 - confidence
    unseen = half * (len(periods) - 1) > 0.5 * share
    assert (found.verdict == "insufficient_data") == (found.p_value >= 1 - confidence and unseen)


def test_a_rise_is_rising_and_its_mirror_declining():
    up = abm.trend(rates([10, 14, 19, 22, 30, 33], [100] * 6))
    down = abm.trend(rates([33, 30, 22, 19, 14, 10], [100] * 6))
    assert (up.verdict, down.verdict) == ("rising", "declining")
    assert up.slope == pytest.approx(-down.slope)
    assert up.p_value == pytest.approx(down.p_value)
    assert up.relative_change > 0 > down.relative_change


def test_no_slope_is_no_clear_change_where_a_change_would_have_been_seen():
    flat = abm.trend(rates([200, 204, 198, 202, 200], [1000] * 5))
    assert (flat.verdict, flat.notes) == ("no_clear_change", ())
    equal = abm.trend(rates([200] * 5, [1000] * 5))
    assert (equal.slope, equal.p_value, equal.verdict) == (
        pytest.approx(0, abs=1e-15),
        pytest.approx(1),
        "no_clear_change",
    )


def test_too_little_to_tell_is_said():
    few = abm.trend(rates([1, 2, 1, 0], [9, 9, 9, 9]))
    assert few.verdict == "insufficient_data"
    assert few.notes == ("a change by half over these periods would have stayed unseen",)
    three = abm.trend(rates([10, 20, 30], [100] * 3))
    assert (three.verdict, three.periods) == ("insufficient_data", 3)
    assert three.notes == ("a trend takes at least 4 periods with a value",)
    figures = (three.slope, three.slope_low, three.slope_high, three.relative_change, three.p_value, three.dispersion)
    assert np.isnan(figures).all()
    assert (three.kpi, three.confidence) == ("open_rate", 0.95)
    assert abm.trend(rates([10, 20, 30, 40], [100] * 4)).verdict == "rising"


def test_periods_without_a_value_are_left_out_and_counted():
    found = abm.trend(rates([10, 0, 20, 30, 0, 40], [100, 0, 100, 100, 0, 100]))
    assert found.notes == ("2 periods without a value are left out",)
    assert found.periods == 4
    slope, *_ = line([0, 2, 3, 5], [100] * 4, [0.1, 0.2, 0.3, 0.4])
    assert found.slope == pytest.approx(slope)
    three = abm.trend(rates([10, 0, 20, 30], [100, 0, 100, 100]))
    assert three.notes == ("1 periods without a value are left out", "a trend takes at least 4 periods with a value")
    assert three.periods == 3


GAPS = {
    "months": (["2025-11", "2025-12", "2026-03", "2026-04"], [0, 1, 4, 5], "by month"),
    "quarters": (["2025-Q3", "2025-Q4", "2026-Q2", "2027-Q1"], [0, 1, 3, 6], "by quarter"),
    "fiscal quarters": (["FY2025/26-Q3", "FY2025/26-Q4", "FY2026/27-Q2", "FY2026/27-Q4"], [0, 1, 3, 5], "by quarter"),
    "years": (["2019", "2020", "2023", "2024"], [0, 1, 4, 5], "by year"),
    "fiscal years": (["FY2019/20", "FY2020/21", "FY2023/24", "FY2024/25"], [0, 1, 4, 5], "by year"),
    "numbers": ([3, 4, 8, 9], [0, 1, 5, 6], "as numbered"),
    "names": (["a", "b", "q", "z"], [0, 1, 2, 3], "evenly"),
    "days": (["2026-01-05", "2026-01-06", "2026-01-09", "2026-01-20"], [0, 1, 2, 3], "evenly"),
    "mixture": (["2025", "2025-02", "2025-Q3", "2026"], [0, 1, 2, 3], "evenly"),
    "some are none": (["2025-01", "2025-02", "2025-03", "later"], [0, 1, 2, 3], "evenly"),
}


@pytest.mark.parametrize(("labels", "places", "spacing"), GAPS.values(), ids=GAPS)
def test_gaps_between_periods_count(labels, places, spacing):
    found = abm.trend(rates([10, 20, 30, 45], [100] * 4, labels))
    slope, *_ = line(places, [100] * 4, [0.1, 0.2, 0.3, 0.45])
    assert found.slope == pytest.approx(slope)
    assert found.method == f"weighted slope, Student's t, periods spaced {spacing}"
    times, _ = period_times(labels)
    assert (times - times[0]).tolist() == places


@pytest.mark.parametrize("unit", ["month", "quarter", "year"])
@pytest.mark.parametrize("start", [1, 4])
def test_period_labels_are_spaced_by_their_dates(unit, start):
    dates = {"month": "2026-{:02d}-15", "quarter": "{:04d}-05-05", "year": "{:04d}-05-05"}[unit]
    numbers = range(1, 5) if unit == "month" else range(2020, 2024)
    labels = abm.period([dates.format(number) for number in numbers], unit, fiscal_start=start).to_list()
    times, _ = period_times(labels)
    assert np.diff(times).tolist() == [4.0 if unit == "quarter" else 1.0] * 3


def test_scores_have_the_dispersion_of_their_answers():
    """Of answers −100, 0 or 100 the variance is the share off the middle less the square of the score."""
    counts = [(3, 5, 12), (4, 6, 10), (6, 5, 9), (8, 6, 6), (9, 6, 5)]
    rows = [
        (month, score)
        for month, classes in zip(MONTHS, counts, strict=False)
        for score, count in zip((0, 7, 10), classes, strict=True)
        for _ in range(count)
    ]
    table = abm.SurveyScores(score=[score for _, score in rows], segments={"month": [month for month, _ in rows]})
    found = abm.trend(abm.net_promoter_score(table, by="month"))
    values = [100 * (q - d) / (d + p + q) for d, p, q in counts]
    off_middle = sum(d + q for d, _, q in counts) / 100
    mean = sum(values) / 5
    chance = 1e4 * off_middle - mean**2
    slope, error, scatter, _, _ = line(range(5), [20] * 5, values, chance)
    assert found.slope == pytest.approx(slope)
    assert found.dispersion == pytest.approx(scatter / chance)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(slope / error), 3))
    assert math.isnan(found.relative_change)
    assert found.verdict == ("declining" if found.p_value < 0.05 else "no_clear_change")


def test_scores_around_0_are_never_too_few_for_half_of_it():
    scores = [10, 0] * 10
    table = abm.SurveyScores(score=scores, segments={"month": np.repeat(MONTHS[:5], 4)})
    found = abm.trend(abm.net_promoter_score(table, by="month"))
    assert found.verdict == "no_clear_change"
    assert found.dispersion == pytest.approx(0, abs=1e-12)


def test_all_answers_alike_have_no_dispersion():
    table = abm.SurveyScores(score=10, segments={"month": np.repeat(MONTHS[:5], 4)})
    found = abm.trend(abm.net_promoter_score(table, by="month"))
    assert math.isnan(found.dispersion)
    assert (found.slope, found.p_value, found.verdict) == (0.0, 1.0, "no_clear_change")


def test_ratios_and_totals_have_no_dispersion():
    table = abm.Opportunities(
        account=np.arange(60) % 7,
        outcome="won",
        amount=100 + np.arange(60),
        segments={"month": np.repeat(MONTHS[:6], 10)},
    )
    size = abm.trend(abm.average_deal_size(table, by="month"))
    values = [100 + 10 * month + 4.5 for month in range(6)]
    assert math.isnan(size.dispersion)
    assert size.slope == pytest.approx(line(range(6), [10] * 6, values)[0])
    assert size.verdict == "rising"
    won = abm.trend(abm.deals_won_count(table, by="month"))
    assert won.slope == pytest.approx(0, abs=1e-12)
    revenue = abm.trend(abm.revenue_won(table, by="month"))
    assert revenue.slope == pytest.approx(100)
    assert math.isnan(revenue.dispersion)


def test_an_exact_line_is_certain():
    table = abm.Opportunities(
        account=range(10), outcome="won", segments={"month": [MONTHS[m] for m in (0, 1, 1, 2, 2, 2, 3, 3, 3, 3)]}
    )
    for order, verdict in ((1, "rising"), (-1, "declining")):
        labels = MONTHS[:4][::order]
        won = abm.deals_won_count(table, by=[labels[MONTHS.index(label)] for label in table.segments["month"]])
        found = abm.trend(won)
        assert found.slope == pytest.approx(order)
        assert found.p_value == pytest.approx(0, abs=1e-12)
        assert found.verdict == verdict
        assert found.relative_change == pytest.approx({1: 3.0, -1: -0.75}[order])


def test_a_line_that_starts_at_or_below_0_has_no_relative_change():
    found = abm.trend(rates([0, 10, 20, 30], [100] * 4))
    assert math.isnan(found.relative_change)


def test_the_confidence_is_the_false_alarm_rate():
    estimate = rates(OPENED, DELIVERED)
    p = abm.trend(estimate).p_value
    assert abm.trend(estimate, confidence=1 - p * 1.01).verdict == "declining"
    assert abm.trend(estimate, confidence=1 - p * 0.99).verdict != "declining"


def test_what_has_no_order_or_is_withheld_is_refused():
    mails = abm.Emails(account=["A", "B"], delivered=4, opened=1, segments={"m": [1, 2], "t": ["x", "y"]})
    assert refusal(abm.trend, abm.open_rate(mails)) == "estimate must be by one segment of ordered periods; got []"
    assert refusal(abm.trend, abm.open_rate(mails, by=["m", "t"])) == (
        "estimate must be by one segment of ordered periods; got ['m', 't']"
    )
    grouped = abm.open_rate(mails, by="m")
    hidden = attrs.evolve(grouped, suppressed=np.array([True, False]))
    assert refusal(abm.trend, hidden) == "estimate must have no suppressed period; got 1"
    assert refusal(abm.trend, grouped, confidence=2) == "confidence must be a number in (0, 1); got 2"
