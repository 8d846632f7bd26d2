"""Tenures against plain Python; the curve against scipy, statsmodels and a real table of subscribers."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import csv
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from abmmetrics import MetricInputError, RevenueHistory
from abmmetrics.survival import Tenures, survival_curve, tenures

from .revenue import MONTHS, histories, history, paid_by_account


def refusal(run):
    with pytest.raises(MetricInputError) as refused:
        run()
    return str(refused.value)


# --- Tenures ------------------------------------------------------------------------------------------------------


@given(rows=histories, data=st.data())
def test_tenures_are_what_plain_python_counts(rows, data):
    periods = sorted({row.period for row in rows})
    places = [MONTHS.index(period) for period in periods]
    shuffled = history(data.draw(st.permutations(rows)))
    if places and places[-1] - places[0] >= len(places):
        assert "period must come in every month from the first to the last; got none between" in refusal(
            lambda: tenures(shuffled, unit="month")
        )
        return
    found = tenures(shuffled, unit="month")
    expected, unknown = {}, 0
    for account, paid in paid_by_account(rows).items():
        if any(paid):
            first = next(place for place, amount in enumerate(paid) if amount)
            gone = [place for place in range(first, len(paid)) if not paid[place]]
            unknown += first == 0
            if first:
                tier = next(row.tier for row in rows if (row.account, row.period) == (account, periods[first]))
                expected[account] = ((gone[0] if gone else len(paid) - 1) - first, bool(gone), tier)
    told = zip(found.account, found.tenure.tolist(), found.ended.tolist(), found.segments["tier"], strict=True)
    assert {account: tuple(rest) for account, *rest in told} == expected
    assert found.excluded == ({"accounts that had begun when the history begins": unknown} if unknown else {})


def test_tenures_are_counted_in_the_unit():
    rows = RevenueHistory(
        account=["A", "B", "B", "C"],
        period=["2025-03-31", "2025-04-01", "2025-07-01", "2025-10-01"],
        amount=[1, 2, 3, 4],
        excluded={"missing amount": 1},
    )
    found = tenures(rows, unit="quarter")
    assert (found.account.to_list(), found.tenure.tolist(), found.ended.tolist()) == (["B", "C"], [2, 0], [True, False])
    assert found.excluded == {"missing amount": 1, "accounts that had begun when the history begins": 1}
    assert refusal(lambda: tenures(rows, unit="month")) == (
        "period must come in every month from the first to the last; got none between 2025-04-01 and 2025-07-01"
    )
    assert refusal(lambda: tenures(rows, unit="year")) == (
        "period must come once in each year; got 2025-03-31 and 2025-04-01"
    )
    assert refusal(lambda: tenures(rows, unit="day")) == "unit must be one of ['month', 'quarter', 'year']; got 'day'"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"ended": [0, 2]}, "ended must be True or False; got 2 at row 1"),
        ({"account": ["A", "A"]}, "account must be different in every row; got 'A' again at row 1"),
        ({"tenure": [1, -1]}, "tenure must be finite numbers >= 0; got -1.0 at row 1"),
    ],
)
def test_tenures_that_cannot_be_are_refused(columns, message):
    given = {"account": ["A", "B"], "tenure": [1, 2], "ended": [False, True], **columns}
    assert refusal(lambda: Tenures(**given)) == message


def test_accounts_without_a_name_have_tenures_of_their_own():
    frame = {"account": [None, None, "A"], "tenure": [1, 2, 3], "ended": [True, True, False]}
    curve = survival_curve(Tenures.from_frame(frame, missing="separate"))
    assert curve.survival.tolist() == [[pytest.approx(2 / 3), pytest.approx(1 / 3), pytest.approx(1 / 3)]]


# --- The curve ----------------------------------------------------------------------------------------------------

SPELLS = st.lists(st.tuples(st.sampled_from([0, 0.5, 1, 2, 3, 7]), st.booleans()), min_size=2, max_size=25)


def curve_of(spells, **options):
    times, ended = zip(*spells, strict=True)
    return survival_curve(Tenures(account=np.arange(len(times)), tenure=times, ended=ended), **options)


@given(spells=SPELLS, confidence=st.sampled_from([0.8, 0.95]))
@pytest.mark.filterwarnings("ignore:The confidence interval is undefined:RuntimeWarning")
def test_the_curve_and_its_limits_are_scipy_s(spells, confidence):
    found = curve_of(spells, confidence=confidence)
    times = np.array([time for time, _ in spells], dtype=float)
    ended = np.array([end for _, end in spells])
    if ended.any():
        theirs = scipy.stats.ecdf(scipy.stats.CensoredData(uncensored=times[ended], right=times[~ended])).sf
        np.testing.assert_allclose(found.survival[0], theirs.evaluate(found.times), rtol=1e-12, atol=1e-15)
        with np.errstate(all="ignore"):
            span = theirs.confidence_interval(confidence, method="log-log")
        inside = (found.survival[0] > 0) & (found.survival[0] < 1)
        for mine, limit in ((found.low, span.low), (found.high, span.high)):
            expected = limit.evaluate(found.times)
            np.testing.assert_allclose(mine[0][inside], expected[inside], rtol=1e-9)
            assert np.isnan(mine[0][~inside]).all()
    else:
        assert (found.survival == 1).all()
        assert np.isnan(found.low).all()
        assert np.isnan(found.high).all()
    assert found.at_risk.tolist() == [[int((times >= time).sum()) for time in found.times]]
    assert found.lost.tolist() == [[int((ended & (times == time)).sum()) for time in found.times]]
    assert found.confidence == confidence


def test_subscribers_of_a_telephone_company(shared_data):
    with (shared_data / "subscriptions" / "telco_churn.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = Tenures(
        account=[row["customerID"] for row in rows],
        tenure=[float(row["tenure"]) for row in rows],
        ended=[row["Churn"] == "Yes" for row in rows],
        segments={"contract": [row["Contract"] for row in rows]},
    )
    curve = survival_curve(table, by="contract")
    assert curve.labels == list(curve) == ["Month-to-month", "One year", "Two year"]
    for label in curve:
        mine = table.where(table.segments["contract"] == label)
        theirs = SurvfuncRight(mine.tenure, mine.ended)
        one = curve[label]
        assert len(one) == 1
        assert one.groups == {"contract": [label]}
        place = np.searchsorted(one.times, theirs.surv_times)
        np.testing.assert_allclose(one.survival[0][place], theirs.surv_prob, rtol=1e-12)
        assert one.at_risk[0][place].tolist() == theirs.n_risk.tolist()
        np.testing.assert_equal(one.median[0], theirs.quantile(0.5) if label == "Month-to-month" else math.nan)
    assert curve.at(12).tolist() == [curve[label].at(12)[0] for label in curve]


def test_a_curve_is_read_at_any_time():
    table = Tenures(
        account=list("ABCDEF"),
        tenure=[2, 3, 3, 1, 2, 5],
        ended=[True, False, True, True, True, False],
        segments={"tier": list("xxxyyz")},
    )
    curve = survival_curve(table, by="tier")
    assert curve.times.tolist() == [1, 2, 3, 5]
    np.testing.assert_allclose(
        curve.survival, [[1, 2 / 3, 1 / 3, math.nan], [0.5, 0, math.nan, math.nan], [1, 1, 1, 1]], rtol=1e-12
    )
    for time, expected in [
        (0, [1, 1, 1]),
        (0.9, [1, 1, 1]),
        (1, [1, 0.5, 1]),
        (1.5, [1, 0.5, 1]),
        (2, [2 / 3, 0, 1]),
        (2.5, [2 / 3, math.nan, 1]),
        (3, [1 / 3, math.nan, 1]),
        (3.5, [math.nan, math.nan, 1]),
        (5, [math.nan, math.nan, 1]),
        (6, [math.nan, math.nan, math.nan]),
    ]:
        np.testing.assert_allclose(curve.at(time), expected, rtol=1e-12, err_msg=str(time))
    np.testing.assert_equal(curve.median, [3, 1, math.nan])
    assert refusal(lambda: curve.at(-1)) == "time must be a number in [0, inf); got -1"
    assert refusal(lambda: curve["w"]) == "label must be one of ['x', 'y', 'z']; got 'w'"
    assert refusal(lambda: survival_curve(table, confidence=95)) == "confidence must be a number in (0, 1); got 95"
    columns = curve.to_dict()
    assert columns["tier"] == ["x"] * 4 + ["y"] * 4 + ["z"] * 4
    assert (columns["time"], columns["lost"]) == ([1, 2, 3, 5] * 3, [0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0])
    assert list(columns) == ["tier", "time", "survival", "low", "high", "at_risk", "lost"]
    named = survival_curve(table, by={"time": table.segments["tier"]})
    assert list(named.to_dict())[:2] == ["segment time", "time"]
    pair = survival_curve(table, by={"a": list("uuuuuu"), "b": table.segments["tier"]})
    assert pair["u", "y"].survival[0, :2].tolist() == [0.5, 0]
    assert survival_curve(table).labels == ["all"]


def test_a_curve_of_nobody():
    curve = survival_curve(Tenures.empty())
    assert (len(curve), curve.times.tolist(), curve.survival.shape) == (1, [], (1, 0))
    np.testing.assert_equal((curve.at(1), curve.median), ([math.nan], [math.nan]))
    assert survival_curve(Tenures.empty(), by="account").to_dict()["time"] == []


def test_a_curve_is_shown():
    table = Tenures(
        account=np.arange(30),
        tenure=np.arange(30),
        ended=np.arange(30) == 1,
        segments={"tier": ["x"] * 29 + ["y"]},
        excluded={"missing tenure": 2},
    )
    lines = str(survival_curve(table)).splitlines()
    assert lines[:3] == [
        "share of accounts that stay longer",
        "  0: 100.0 %",
        "  1: 96.6 % (95 % interval 77.9 % to 99.5 %)",
    ]
    assert len(lines) == 1 + 24 + 2
    assert lines[-2:] == ["  and 6 times more", "  left out: 2 rows, missing tenure"]
    grouped = survival_curve(table, by="tier")
    assert repr(grouped) == str(grouped)
    assert "tier: y\n  0: 100.0 %" in str(grouped)
    few = table.where(np.arange(30) < 24)
    assert "more" not in str(survival_curve(few))
