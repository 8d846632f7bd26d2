"""Conversion from stage to stage and time in a stage: against deals walked one by one, and another library's curves."""

import datetime as dt
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from abmmetrics import (
    MetricInputError,
    StageHistory,
    change,
    stage_conversion_rate,
    time_in_stage_days,
    wilson,
)

from .test_histories import PATH, SIX, history_of, refusal

LOST = "L"
DAY_ONE = dt.date(2026, 1, 1)


# --- Conversion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "converted", "entered"),
    [("strict", 2, 4), ("direct", 3, 5), ("forward", 3, 5), ("demandbase", 4, 6), ("any", 4, 5)],
)
def test_the_six_deals_convert_as_each_method_says(method, converted, entered):
    rate = stage_conversion_rate(history_of(SIX), stages=PATH, lost=LOST, step=("S2", "S3"), method=method)
    assert (rate.numerator.tolist(), rate.denominator.tolist()) == ([converted], [entered])
    assert float(rate) == converted / entered
    assert rate.kpi == "stage_conversion_rate"
    assert rate.unit == ("ratio" if method == "any" else "share")
    assert rate.rows.tolist() == [entered]
    assert rate.notes == (
        f"method: {method}", "1 of 6 deals are open: what they have not reached counts as not converted",
    )  # fmt: skip
    narrow = stage_conversion_rate(
        history_of(SIX), stages=PATH, lost=LOST, step=("S2", "S3"), method=method, confidence=0.8
    )
    assert narrow.confidence == 0.8


def walked(stages, begin, end, method):
    """Whether one deal entered, and whether it converted, by the words of the definitions."""
    path = [PATH.index(stage) if stage in PATH else None for stage in stages]
    path = [place for place, _ in itertools.groupby(path)]
    on_path = [place for place in path if place is not None]
    entered = begin in path
    if method == "any":
        return entered, end in path
    if method == "direct":
        return entered, (begin, end) in itertools.pairwise(path)
    if method == "strict":
        depth = 0
        for place in path:
            depth += place == depth
        return depth > begin, depth > end
    starts = [row for row, place in enumerate(path) if place == begin]
    if method == "demandbase":
        rows = [row for row, place in enumerate(path) if place is not None]
        starts += [
            one for (one, before), (_, after) in itertools.pairwise(zip(rows, on_path, strict=True))
            if before < begin < after
        ]  # fmt: skip
    later = starts and any(place is not None and place >= end for place in path[min(starts) + 1 :])
    return bool(starts), bool(later)


trails = st.lists(st.lists(st.sampled_from([*PATH, LOST]), min_size=1, max_size=7), min_size=1, max_size=8)
STEPS = [(begin, end) for begin in range(5) for end in range(begin + 1, 5)]


@pytest.mark.parametrize("method", ["strict", "direct", "forward", "demandbase", "any"])
@given(deals=trails)
def test_deals_convert_as_when_walked_one_by_one(method, deals):
    history = history_of({str(number): " ".join(stages) for number, stages in enumerate(deals)})
    for begin, end in STEPS:
        rate = stage_conversion_rate(
            history, stages=PATH, lost=LOST, step=(PATH[begin], PATH[end]), method=method
        )  # fmt: skip
        found = [walked(stages, begin, end, method) for stages in deals]
        assert rate.denominator.tolist() == [sum(entered for entered, _ in found)]
        assert rate.numerator.tolist() == [
            sum(converted and (entered or method == "any") for entered, converted in found)
        ]


def test_every_step_is_one_group():
    history = history_of(SIX, segments={"tier": [stage == "S9" for stages in SIX.values() for stage in stages.split()]})
    rate = stage_conversion_rate(history, stages=PATH, lost=LOST)
    assert rate.labels == ["S1 to S2", "S2 to S3", "S3 to S4", "S4 to W"]
    assert rate.value.tolist() == [1.0, 0.6, 0.75, 1.0]
    assert rate.denominator.tolist() == [5, 5, 4, 1]
    assert rate.rows.tolist() == [5, 5, 4, 1]
    assert rate.low[1] == pytest.approx(wilson(3, 5).low)
    # In the order of the path, whatever the names.
    backwards = history_of({"A": "z y x", "B": "z y"})
    assert stage_conversion_rate(backwards, stages=["z", "y", "x"]).labels == ["z to y", "y to x"]
    by_tier = stage_conversion_rate(history, stages=PATH, lost=LOST, by="tier")
    assert by_tier.labels[0] == ("S1 to S2", False)
    assert list(by_tier.groups) == ["step", "tier"]
    numbers = StageHistory(account="A", opportunity=1, stage=[10, 9], entered=["2026-01-01", "2026-01-02"])
    assert stage_conversion_rate(numbers, stages=[10, 9]).labels == ["10 to 9"]


def test_a_deal_belongs_to_the_group_of_its_first_row():
    history = StageHistory(
        account=["A", "A", "B"], opportunity=[1, 1, 2], stage=["S2", "S1", "S1"],
        entered=["2026-02-01", "2026-01-01", "2026-01-01"],
    )  # fmt: skip
    tier = {"tier": ["late", "early", None]}
    rate = stage_conversion_rate(history, stages=["S1", "S2"], by=tier)
    assert rate.labels == [("S1 to S2", "early")]
    assert rate.value.tolist() == [1.0]
    assert rate.excluded == {"no tier (deals)": 1}
    # Of rows that are alike the one whose label sorts first.
    twice = StageHistory(
        account="A", opportunity=1, stage="S1", entered="2026-01-01", segments={"tier": ["y", "x", "z"]}
    )  # fmt: skip
    for step in (None, ("S1", "S2")):
        rate = stage_conversion_rate(twice, stages=["S1", "S2"], by="tier", step=step)
        assert rate.labels == ([("S1 to S2", "x")] if step is None else ["x"])
    long = stage_conversion_rate(history, stages=["S1", "S2", "S3"], by=tier)
    assert long.excluded == {"no tier (deals)": 1}
    assert all(isinstance(count, int) for count in long.excluded.values())


def test_any_touch_may_exceed_one_and_says_so():
    rate = stage_conversion_rate(
        history_of({"A": "S2", "B": "S1 S2", "C": "S2"}), stages=["S1", "S2"], step=("S1", "S2"), method="any"
    )
    assert float(rate) == 3.0
    assert "more deals were in the later stage than in the earlier one" in rate.notes
    equal = stage_conversion_rate(
        history_of({"A": "S2", "B": "S1"}), stages=["S1", "S2"], step=("S1", "S2"), method="any"
    )  # fmt: skip
    assert not any("more deals" in note for note in equal.notes)


def test_deals_that_ended_are_not_open():
    history = StageHistory(
        account="A", opportunity=[1, 2], stage="S1", entered="2026-01-01", left=["2026-01-03", None]
    )  # fmt: skip
    rate = stage_conversion_rate(history, stages=["S1", "S2"], as_of="2026-02-01")
    assert rate.notes[1] == "1 of 2 deals are open: what they have not reached counts as not converted"
    all_closed = stage_conversion_rate(history_of({"A": "S1 W", "B": "S1 L"}), stages=["S1", "W"], lost="L")
    assert all_closed.notes == ("method: forward",)


def test_rows_after_the_day_do_not_count():
    rate = stage_conversion_rate(history_of(SIX), stages=PATH, lost=LOST, step=("S2", "S3"), as_of="2026-01-02")
    assert (rate.numerator.tolist(), rate.denominator.tolist()) == ([1], [5])
    assert rate.excluded == {"after as_of": 12}
    assert rate.notes[1].startswith("6 of 6 deals are open")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "naive"},
         "method must be one of ['forward', 'strict', 'direct', 'any', 'demandbase']; got 'naive'"),
        ({"step": ("S2", "S9")},
         "step must be two of the stages ['S1', 'S2', 'S3', 'S4', 'W']; got ('S2', 'S9')"),
        ({"step": "S2"}, "step must be two of the stages ['S1', 'S2', 'S3', 'S4', 'W']; got 'S2'"),
        ({"step": ("S1", "S2", "S3")},
         "step must be two of the stages ['S1', 'S2', 'S3', 'S4', 'W']; got ('S1', 'S2', 'S3')"),
        ({"step": ("S2", "S2")}, "step must lead from a stage to a later one; got ('S2', 'S2')"),
        ({"by": {"step": "x" * 24}},
         "by must have a name other than 'step', which is what the result is grouped by; got 'step'"),
    ],
)  # fmt: skip
def test_steps_that_cannot_be_are_refused(options, message):
    if "by" in options:
        options = {"by": {"step": list(options["by"]["step"])}}
    assert refusal(stage_conversion_rate, history_of(SIX), stages=PATH, lost=LOST, **options) == message


# --- Time in a stage --------------------------------------------------------------------------------------------------


def visits_of(days, *, over, account=None, **more):
    """Visits to S1 that last so many days, and then lead to W or go on."""
    rows = [
        (number, stage, DAY_ONE + dt.timedelta(days=shift))
        for number, (length, ended) in enumerate(zip(days, over, strict=True))
        # All are seen on one day: what began so long before.
        for stage, shift in ([("S1", 400 - length)] if not ended else [("S1", 0), ("W", length)])
    ]
    deal, stage, entered = zip(*rows, strict=True)
    accounts = deal if account is None else [account[number] for number in deal]
    return StageHistory(account=accounts, opportunity=deal, stage=stage, entered=entered, **more)


AS_OF = DAY_ONE + dt.timedelta(days=400)


def median(days, over, *, account=None, **options):
    return time_in_stage_days(
        visits_of(days, over=over, account=account), stages=["S1", "W"], stage="S1", as_of=AS_OF, **options
    )  # fmt: skip


spells = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=25)


@given(held=spells, level=st.sampled_from([0.25, 0.5, 0.8]))
def test_the_quantile_is_that_of_another_library(held, level):
    days, over = zip(*held, strict=True)
    found = median(days, over, quantile=level)
    theirs = SurvfuncRight(np.array(days, float), np.array(over, int)) if any(over) else None
    expected = math.nan if theirs is None else theirs.quantile(level)
    surv = [] if theirs is None else theirs.surv_prob
    # The other library waits for the next time where the curve is exactly at the level.
    if not any(math.isclose(share, 1 - level, abs_tol=1e-9) for share in surv):
        assert float(found) == pytest.approx(expected, nan_ok=True)
    assert found.unit == "days"
    assert found.rows.tolist() == [len(days)]


def test_half_is_half():
    assert float(median([1, 2, 3, 4], [True] * 4)) == 2
    assert float(median([1, 2, 3], [True] * 3)) == 2
    assert float(median([5, 6, 7], [True, False, False])) != 5
    # 1/3 of 2/3 left: rounding does not make it more than it is.
    assert float(median([1, 2, 3, 4, 5, 6], [True] * 6, quantile=1 / 3)) == 2


def test_open_visits_make_it_longer_and_completed_ones_alone_are_biased():
    days, over = [5, 10, 20, 40, 60, 90], [True, True, True, False, False, False]
    assert float(median(days, over)) == 20
    completed = median(days, over, method="completed")
    assert float(completed) == 10
    assert completed.excluded == {"visit not over": 3}
    assert median([*days, 30], [*over, True], method="completed").excluded == {"visit not over": 3}
    assert completed.notes == ("completed visits only: biased, for of recent visits only the short ones are over",)
    assert median(days, over).notes == ()
    assert median(days, over).method == (
        "influences of accounts, Wilson score on the share that the quantile is of"
    )  # fmt: skip
    unseen = median([10, 20, 30], [True, False, False])
    assert math.isnan(float(unseen))
    assert unseen.notes == ("undefined: less than 50 % of the visits are seen to end",)
    assert unseen.to_dict()["status"] == ["undefined"]


def test_the_interval_is_where_the_curve_crosses_wilson_s_limits():
    """With one visit for each account, all over, the level's interval is Wilson's but for the jackknife's m / (m - 1)."""
    days = list(range(1, 41))
    found = median(days, [True] * 40, confidence=0.9)
    limits = wilson(20, 40, confidence=0.9)
    assert float(found) == 20
    assert abs(found.low[0] - math.ceil(40 * limits.low)) <= 1
    assert abs(found.high[0] - math.ceil(40 * limits.high)) <= 1
    assert found.low[0] < 20 < found.high[0]
    # Few that end leave the upper limit open.
    assert median([1, 2, 3, 4, 40, 50], [True, True, True, True, False, False]).high.tolist() == [math.inf]


def test_limits_rest_on_the_accounts_that_tell():
    """A visit over by the median is a success, on its very day too; one that was over or lost from view later is not."""
    days, over = [1, 2, 3, 3, 4, 5, 6, 6, 7, 8], [True, False, True, False, True, True, True, True, True, False]
    found = median(days, over)
    assert float(found) == 6
    assert (found.spread.freedom_low[0], found.spread.freedom_high[0]) == (10 - 6 - 1, 6 - 1)


def test_visits_of_one_account_are_not_independent():
    days = [10 * account + visit for account in range(1, 9) for visit in range(5)]
    alone = median(days, [True] * 40)
    together = median(days, [True] * 40, account=[account for account in range(8) for _ in range(5)])
    assert float(alone) == float(together) == 44
    assert together.accounts.tolist() == [8]
    assert together.low[0] < alone.low[0] < 44 < alone.high[0] < together.high[0]


def test_every_stage_but_the_last_is_a_group():
    found = time_in_stage_days(history_of(SIX), stages=PATH, lost=LOST, as_of="2026-03-01")
    assert found.labels == ["S1", "S2", "S3", "S4"]
    assert found.value.tolist() == [1, 1, 1, 1]
    assert found.rows.tolist() == [6, 6, 5, 1]
    ages = [number for stages in SIX.values() for number in [len(stages)] * len(stages.split())]
    for stage, figure in found.items():
        alone = time_in_stage_days(history_of(SIX), stages=PATH, lost=LOST, as_of="2026-03-01", stage=stage)
        assert (float(alone), alone.low[0], alone.high[0]) == pytest.approx(
            (float(figure), figure.low[0], figure.high[0]), nan_ok=True
        )
    by = time_in_stage_days(history_of(SIX), stages=PATH, lost=LOST, as_of="2026-03-01", by={"age": ages})
    assert list(by.groups) == ["stage", "age"]
    assert by.groups["stage"][0] == "S1"
    assert refusal(
        time_in_stage_days, history_of(SIX), stages=PATH, lost=LOST, as_of="2026-03-01", by={"stage": ages}
    ) == "by must have a name other than 'stage', which is what the result is grouped by; got 'stage'"  # fmt: skip


def test_a_visit_that_goes_on_is_followed_to_the_day():
    open_visit = StageHistory(
        account=["A", "B"], opportunity=[1, 2], stage="S1", entered=["2026-01-01", "2026-01-11T12:00"],
        left=[None, "2026-01-12"],
    )  # fmt: skip
    options = {"stages": ["S1", "W"], "stage": "S1", "quantile": 0.5}
    assert float(time_in_stage_days(open_visit, as_of="2026-01-12", **options)) == 0.5
    # On a day before it ended both are open; of the one that began on it no time has passed.
    assert math.isnan(float(time_in_stage_days(open_visit, as_of="2026-01-11", **options)))
    unlabelled = StageHistory(
        account=["A", "B"], opportunity=[1, 2], stage="S1", entered="2026-01-01", left="2026-01-03"
    )
    found = time_in_stage_days(unlabelled, as_of="2026-02-01", by={"tier": ["x", None]}, **options)
    assert (found.labels, found.value.tolist(), found.excluded) == (["x"], [2.0], {"no tier": 1})


def test_a_change_between_groups_pairs_accounts():
    days = [2, 4, 6, 8, 10, 12, 20, 22, 24, 26, 28, 30]
    history = visits_of(days, over=[True] * 12, account=[*range(6), *range(6)])
    half = ["short" if number < 6 else "long" for number in range(12) for _ in range(2)]
    found = time_in_stage_days(history, stages=["S1", "W"], stage="S1", as_of=AS_OF, by=half)
    moved = change(found, baseline="short")
    assert moved.difference.tolist() == [found["long"].value[0] - found["short"].value[0]] == [18]
    assert moved.accounts_in_both.tolist() == [6]
    assert moved.difference_low[0] < 18 < moved.difference_high[0]
    assert 0 < moved.p_value[0] < 0.05
    open_end = change(
        time_in_stage_days(
            visits_of([1, 2, 3, 4, 40, 50, 2, 3, 4, 5], over=[True] * 4 + [False] * 2 + [True] * 4),
            stages=["S1", "W"], stage="S1", as_of=AS_OF, by=["x"] * 10 + ["y"] * 8,
        ),
        baseline="y",
    )  # fmt: skip
    assert open_end.difference_high.tolist() == [math.inf]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantile": 1}, "quantile must be a number in (0, 1); got 1"),
        ({"method": "mean"}, "method must be one of ['kaplan_meier', 'completed']; got 'mean'"),
        ({"stage": "W"}, "stage must be one of the stages before the last, ['S1', 'S2', 'S3', 'S4']; got 'W'"),
        ({"as_of": ["2026-01-01", "2026-01-02"]}, "as_of must be one date; got 2 values"),
    ],
)
def test_options_of_time_in_stage_are_checked(options, message):
    with pytest.raises(MetricInputError) as caught:
        time_in_stage_days(history_of(SIX), **{"stages": PATH, "lost": LOST, "as_of": "2026-03-01", **options})
    assert str(caught.value) == message
