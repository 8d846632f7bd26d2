"""Pictures of estimates, trends, scores and lift, against the figures that they show."""

import math

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError, plot
from abmmetrics._plot_canvas import BLUE, GREEN, VERMILLION

from .pictures import ends, parts, rows, texts, title, told, widths


def exactly(figures):
    return pytest.approx(figures, abs=1e-12, nan_ok=True)


def deals(labels, outcomes, accounts=None):
    return abm.Opportunities(
        account=accounts or [f"A{place}" for place in range(len(labels))], outcome=outcomes, segments={"tier": labels}
    )


TIERS = deals(
    ["Large", "Large", "Large", "Mid", "Mid", "Open", "Single"], ["won", "lost", "won", "lost", "lost", "open", "won"]
)


def test_estimates_are_dots_on_their_intervals():
    found = abm.win_rate(TIERS, by="tier")
    ax = plot.estimates(found)
    assert rows(ax) == ["Large", "Mid", "Open", "Single"]
    dots = parts(ax, "value")
    assert {place: dot.get_xdata()[0] for place, dot in dots.items()} == exactly({0: 2 / 3, 1: 0.0, 3: 1.0})
    assert [dot.get_ydata()[0] for dot in dots.values()] == [0, 1, 3]
    lines = ends(parts(ax, "interval"))
    assert list(lines) == [0, 1]
    for place, line in lines.items():
        assert line == exactly((found.low[place], found.high[place]))
    assert [dot.get_markerfacecolor() for dot in dots.values()] == [BLUE, BLUE, "none"]
    assert texts(ax, "absent") == {2: "undefined (no deal is closed)"}
    assert texts(ax, "head") == {1: "95 % interval", 2: "accounts"}
    assert texts(ax, "figure") == {
        (0, 0): "66.7 %", (0, 1): "0.0 %", (0, 3): "100.0 %",
        (1, 0): "20.8 % to 93.9 %", (1, 1): "0.0 % to 65.8 %", (1, 3): "no interval",
        (2, 0): "3", (2, 1): "2", (2, 2): "0", (2, 3): "1",
    }  # fmt: skip
    assert title(ax) == "Win rate by tier (6 accounts)"
    assert told(ax) == "dots with 95 % intervals"
    assert ax.get_xlabel() == "win rate (percent)"
    assert ax.get_xlim() == exactly((-0.06, 1.06))
    assert ax.get_ylim() == (3.5, -0.5)
    assert not parts(ax, "zero")


def test_a_pooled_estimate_is_one_row():
    ax = plot.estimates(abm.win_rate(TIERS, confidence=0.9))
    assert rows(ax) == ["all"]
    assert title(ax) == "Win rate (6 accounts)"
    assert texts(ax, "head")[1] == "90 % interval"


@settings(max_examples=10)
@given(
    figures=st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 3), min_size=1, max_size=4),
    unit=st.sampled_from(["money", "days", "points", "return", "ratio"]),
)
def test_any_figures_are_drawn_where_they_are(figures, unit):
    low, value, high = np.array([sorted(three) for three in figures]).T
    found = attrs.evolve(
        abm.win_rate(deals([f"{place}" for place in range(len(figures))], ["won"] * len(figures)), by="tier"),
        value=value, low=low, high=high, unit=unit,
    )  # fmt: skip
    ax = plot.estimates(found)
    for place in range(len(figures)):
        assert parts(ax, "value")[place].get_xdata()[0] == exactly(value[place])
        assert ends(parts(ax, "interval"))[place] == exactly((low[place], high[place]))
    left, right = ax.get_xlim()
    assert left < low.min() <= high.max() < right
    assert bool(parts(ax, "zero")) == (low.min() < 0)


def test_limits_that_are_none_are_arrows_at_the_edge():
    found = attrs.evolve(
        abm.win_rate(TIERS, by="tier").take(np.array([0, 1])),
        unit="money",
        value=np.array([10.0, 20.0]),
        low=np.array([5.0, -math.inf]),
        high=np.array([math.inf, 25.0]),
    )
    ax = plot.estimates(found)
    left, right = ax.get_xlim()
    assert (left, right) == exactly((5 - 1.2, 25 + 1.2))
    assert ends(parts(ax, "interval")) == {0: (5.0, right), 1: (left, 25.0)}
    arrows = parts(ax, "no limit")
    assert [(place, arrow.get_marker(), arrow.get_xdata()[0]) for place, arrow in arrows.items()] == [
        (0, ">", right), (1, "<", left),
    ]  # fmt: skip
    assert texts(ax, "figure")[1, 0] == "5 to no limit"


@pytest.mark.parametrize(
    ("unit", "value", "limits"),
    [
        ("share", 0.0, (-0.056, 0.056)),
        ("money", 0.0, (-0.56, 0.56)),
        ("money", 100.0, (44.0, 156.0)),
        ("money", math.nan, (-0.56, 0.56)),
    ],
)
def test_a_single_figure_has_room_around_it(unit, value, limits):
    found = attrs.evolve(abm.win_rate(TIERS), unit=unit, value=np.array([value]), low=np.array([math.nan]),
                         high=np.array([math.nan]))  # fmt: skip
    ax = plot.estimates(found)
    assert ax.get_xlim() == exactly(limits)
    assert texts(ax, "absent") == ({0: "undefined"} if math.isnan(value) else {})


def test_suppressed_groups_are_rows_without_figures():
    scores = abm.SurveyScores(score=[10, 9, 9, 8, 7, 3, 9, 10, 6, 2, 8, 1, 9, 9, 9, 9, 9],
                              segments={"team": ["North"] * 6 + ["South"] * 5 + ["West"] + ["East"] * 5})  # fmt: skip
    found = abm.employee_net_promoter_score(scores, by="team")
    for ax in (plot.estimates(found), plot.net_promoter(scores, of="employees", by="team")):
        hidden = np.flatnonzero(found.suppressed).tolist()
        assert hidden
        assert texts(ax, "absent") == dict.fromkeys(hidden, "suppressed (protects small groups)")
        assert {place for _, place in texts(ax, "figure")}.isdisjoint(hidden)
        # Sums of what is shown do not tell how many were withheld.
        assert title(ax) == f"Employee net promoter score by team ({int(np.nansum(found.rows))} rows)"


def test_hundreds_of_groups_are_refused_and_a_hundred_are_not():
    many = abm.win_rate(deals([f"G{place}" for place in range(101)], ["won"] * 101), by="tier")
    wanted = r"^estimate must have at most 100 groups to be read \(estimate.take\(...\) takes some\); got 101$"
    with pytest.raises(MetricInputError, match=wanted):
        plot.estimates(many)
    ax = plot.estimates(many.take(np.arange(100)))
    assert len(rows(ax)) == 100
    assert ax.figure.get_figheight() == pytest.approx(1.25 + 25)
    assert plot.estimates(many.take(np.arange(25))).figure.get_figheight() == pytest.approx(1.25 + 25 * 0.34)
    with pytest.raises(MetricInputError, match=r"^estimate must have groups to draw; got none$"):
        plot.estimates(many.take(np.arange(0)))


def test_an_estimate_names_its_variant():
    emails = abm.Emails(account=["A", "B"], sent=[9, 9], delivered=[8, 9], opened=[4, 2])
    assert told(plot.estimates(abm.open_rate(emails, per="sent"))) == "dots with 95 % intervals · of mails sent"


# Trends

MONTHS = [f"2026-{month:02d}" for month in range(1, 10)]


def monthly(opened=(61, 58, 66, 49, 55, 41, 44, 36, 30), labels=MONTHS, accounts=("A", "B")):
    rows = [(account, label, count) for label, count in zip(labels, opened, strict=True) for account in accounts]
    emails = abm.Emails(account=[row[0] for row in rows], delivered=400, opened=[row[2] for row in rows],
                        segments={"month": [row[1] for row in rows]})  # fmt: skip
    return abm.open_rate(emails, by="month")


def test_a_trend_is_dots_in_time_with_its_verdict():
    found = monthly()
    judged = abm.trend(found)
    ax = plot.trend(found)
    assert title(ax) == "Open rate by month: declining (2 accounts)"
    times = [2026 * 12 + month for month in range(1, 10)]
    for place, dot in parts(ax, "value").items():
        assert (dot.get_xdata()[0], dot.get_ydata()[0]) == exactly((times[place], found.value[place]))
        line = parts(ax, "interval")[place]
        assert tuple(line.get_ydata()) == exactly((found.low[place], found.high[place]))
    slope = parts(ax, "slope")[0]
    assert slope.get_ydata()[1] - slope.get_ydata()[0] == exactly(8 * judged.slope)
    assert tuple(slope.get_xdata()) == (times[0], times[-1])
    # A weighted line goes through the mean of the periods, which weigh alike here.
    assert np.mean(slope.get_ydata()) == exactly(found.value.mean())
    assert tuple(parts(ax, "path")[0].get_ydata()) == exactly(tuple(found.value))
    written = [float(text) for _, text in sorted(texts(ax, "figure").items())]
    assert written == pytest.approx((100 * found.value).tolist(), abs=0.0501)
    assert ax.figure.get_figwidth() == 7.2
    assert len(ax.get_xticks()) == 9
    assert told(ax) == (
        "dashed line from 16.3 % to 8.2 % · -1.01 percentage points a period (95 % interval -1.41 to -0.61; p < 0.001)"
        " · lines are 95 % intervals"
    )
    assert ax.get_ylabel() == "open rate (percent)"


def test_the_fitted_ends_are_those_of_the_relative_change():
    judged = abm.trend(monthly())
    assert judged.fitted_last / judged.fitted_first - 1 == pytest.approx(judged.relative_change, rel=1e-12)
    assert judged.fitted_last - judged.fitted_first == pytest.approx(8 * judged.slope, rel=1e-9)
    few = abm.trend(monthly(opened=(60, 50, 55), labels=MONTHS[:3]))
    assert math.isnan(few.fitted_first)
    assert math.isnan(few.fitted_last)


def test_a_trend_of_few_periods_has_no_line_and_says_why():
    ax = plot.trend(monthly(opened=(60, 50, 55), labels=MONTHS[:3]))
    assert title(ax) == "Open rate by month: too little data to tell (2 accounts)"
    assert not parts(ax, "slope")
    assert told(ax) == "a trend takes at least 4 periods with a value · lines are 95 % intervals"


def test_a_trend_says_at_which_confidence_it_judged():
    ax = plot.trend(monthly(opened=(50, 52, 49, 51, 50), labels=MONTHS[:5]), confidence=0.9)
    assert title(ax) == "Open rate by month: no clear change (2 accounts)"
    assert "(90 % interval " in told(ax)
    assert "; p = " in told(ax)


def test_periods_without_a_value_say_so_and_periods_without_an_interval_are_hollow():
    found = monthly()
    value, low, high = (figures.copy() for figures in (found.value, found.low, found.high))
    value[2] = low[2] = high[2] = low[4] = high[4] = math.nan
    found = attrs.evolve(found, value=value, low=low, high=high)
    ax = plot.trend(found)
    assert texts(ax, "absent") == {2: "undefined"}
    assert sorted(parts(ax, "value")) == [0, 1, 3, 4, 5, 6, 7, 8]
    assert sorted(parts(ax, "interval")) == [0, 1, 3, 5, 6, 7, 8]
    assert parts(ax, "value")[4].get_markerfacecolor() == "none"
    assert parts(ax, "value")[5].get_markerfacecolor() == BLUE
    assert parts(ax, "figure")[4].xy[1] == exactly(value[4])
    assert parts(ax, "figure")[5].xy[1] == exactly(high[5])
    nothing = attrs.evolve(found, value=np.full(9, math.nan), low=np.full(9, math.nan), high=np.full(9, math.nan))
    empty = plot.trend(nothing)
    assert len(texts(empty, "absent")) == 9
    assert empty.get_ylim() == exactly((-0.08, 1.16))


def test_long_series_write_the_telling_figures_first():
    months = [f"20{year}-{month:02d}" for year in range(20, 28) for month in range(1, 13)]
    opened = [100 - place for place in range(len(months))]
    opened[40], opened[60] = 390, 1
    ax = plot.trend(monthly(opened=opened, labels=months, accounts=("A", "B")))
    assert ax.figure.get_figwidth() == 10
    written = set(texts(ax, "figure"))
    assert {0, 40, 60, 95} <= written
    assert 20 < len(written) < 40
    assert [label.get_text() for label in ax.get_xticklabels()][-1] == "2027-12"
    with pytest.raises(
        MetricInputError, match=r"^estimate must have at most 240 periods to be read \(group by longer ones\); got 241$"
    ):
        plot.trend(monthly(opened=[9] * 241, labels=list(range(241))))


def test_infinite_limits_stay_inside_the_picture():
    found = monthly()
    high = found.high.copy()
    high[3] = math.inf
    ax = plot.trend(attrs.evolve(found, high=high))
    assert ax.get_ylim()[1] < 0.3
    assert parts(ax, "figure")[3].xy[1] == ax.get_ylim()[1]


def test_a_trend_of_money_tells_its_slope_in_money():
    sold = abm.Opportunities(
        account=[f"A{place}" for place in range(10)], outcome="won", amount=[10, 20, 21, 30, 31, 40, 42, 50, 52, 60],
        segments={"year": [2020, 2020, 2021, 2021, 2022, 2022, 2023, 2023, 2024, 2024]},
    )  # fmt: skip
    ax = plot.trend(abm.average_deal_size(sold, by="year"))
    assert told(ax).startswith("dashed line from 15.10 to 56.10 · +10.2 a period (95 % ")


# Scores

SCORES = abm.SurveyScores(
    account=list("ABCDEFGHIJ"),
    score=[10, 9, 9, 8, 7, 3, 6, 10, 9, 9],
    segments={"tier": ["Large"] * 7 + ["Small"] * 3},
)


def test_scores_are_bars_of_answers_with_the_score_under_them():
    ax = plot.net_promoter(SCORES, by="tier")
    found = abm.net_promoter_score(SCORES, by="tier")
    assert widths(parts(ax, "detractors")) == {0: exactly((-200 / 7, 200 / 7))}
    assert widths(parts(ax, "promoters")) == {0: exactly((0.0, 300 / 7)), 1: exactly((0.0, 100.0))}
    assert widths(parts(ax, "passives")) == {0: exactly((300 / 7, 200 / 7))}
    assert {place: dot.get_xdata()[0] for place, dot in parts(ax, "value").items()} == exactly(
        dict(enumerate(found.value))
    )
    assert ends(parts(ax, "interval")) == {place: exactly((found.low[place], found.high[place])) for place in range(2)}
    assert texts(ax, "detractors figure") == {0: "28.6 %"}
    assert texts(ax, "promoters figure") == {0: "42.9 %", 1: "100.0 %"}
    assert texts(ax, "passives figure") == {0: "28.6 %"}
    assert texts(ax, "figure")[0, 0] == "+14.3"
    assert texts(ax, "figure")[2, 1] == "3"
    assert texts(ax, "head") == {0: "score", 1: "95 % interval", 2: "answers"}
    assert title(ax) == "Net promoter score by tier (10 accounts)"
    assert told(ax) == "dots with 95 % intervals · scale 0 to 10 (passives from 7, promoters from 9)"
    assert ax.get_xlabel() == "points: promoters less detractors of 100 answers"
    left, right = ax.get_xlim()
    assert left == exactly(min(-200 / 7, found.low.min()) - 3)
    assert right == exactly(max(100, found.high.max()) + 3)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["detractors", "promoters", "passives"]


def test_scores_of_employees_are_read_on_their_scale():
    of_staff = plot.net_promoter(SCORES, of="employees")
    assert title(of_staff) == "Employee net promoter score (10 employees)"
    assert told(of_staff).endswith("scale 1 to 10 (passives from 7, promoters from 9)")


def test_figures_that_fit_into_no_bar_stand_over_it_beside_each_other():
    scores = abm.SurveyScores(score=[3] + [8] + [10] * 98, account=list(map(str, range(100))))
    ax = plot.net_promoter(scores)
    detractors, passives = (parts(ax, f"{name} figure")[0] for name in ("detractors", "passives"))
    bar = parts(ax, "detractors")[0]
    assert detractors.xy[1] == exactly(bar.get_y())
    assert detractors.xy[0] < -1 < 0
    assert passives.xy[0] > 90
    middle = parts(ax, "promoters figure")[0]
    assert middle.xy == exactly((49.0, bar.get_y() + bar.get_height() / 2))
    assert middle.get_ha() == "center"


def test_scores_of_nobody_are_undefined_and_of_one_account_have_no_interval():
    scores = abm.SurveyScores(account=["A", "A"], score=[9, 3])
    ax = plot.net_promoter(abm.net_promoter_score(scores))
    assert not parts(ax, "interval")
    assert parts(ax, "value")[0].get_markerfacecolor() == "none"
    nobody = plot.net_promoter(abm.SurveyScores(account=[], score=[]))
    assert texts(nobody, "absent")[0].startswith("undefined (")
    assert texts(nobody, "figure") == {}


def test_scores_refuse():
    with pytest.raises(MetricInputError, match=r"^scores must be a net promoter score; got win_rate$"):
        plot.net_promoter(abm.win_rate(TIERS))
    with pytest.raises(MetricInputError, match=r"^scores must be survey scores, or a net promoter score; got list$"):
        plot.net_promoter([9, 10])
    with pytest.raises(MetricInputError, match=r"^of must be one of \['customers', 'employees'\]; got 'staff'$"):
        plot.net_promoter(SCORES, of="staff")
    many = abm.SurveyScores(score=[9] * 101, segments={"team": list(range(101))})
    wanted = r"^scores must have at most 100 groups to be read \(estimate.take\(...\) takes some\); got 101$"
    with pytest.raises(MetricInputError, match=wanted):
        plot.net_promoter(many, by="team")


# Lift

OUTCOMES = abm.ArmOutcomes(
    account=list("ABCDEFGH"),
    arm=["target"] * 4 + ["control"] * 4,
    outcome=[12, 10, 11, 13, 8, 6, 7, 8],
    before=[7, 5, 6, 6, 6, 4, 5, 6],
)


def test_lifts_are_rows_against_a_line_of_none():
    found = {way: abm.lift(OUTCOMES, method=way, unit="money") for way in ("difference", "did")}
    ax = plot.lift(found)
    assert rows(ax) == ["difference", "did"]
    for place, estimate in enumerate(found.values()):
        assert parts(ax, "value")[place].get_xdata()[0] == exactly(estimate.value[0])
        assert ends(parts(ax, "interval"))[place] == exactly((estimate.low[0], estimate.high[0]))
        assert parts(ax, "value")[place].get_marker() == ">"
        assert parts(ax, "interval")[place].get_color() == GREEN
    assert parts(ax, "zero")
    assert ax.get_xlim()[0] < 0
    assert title(ax) == "Lift (8 accounts)"
    assert texts(ax, "figure")[0, 0] == "+4.25"
    assert ax.get_xlabel() == "effect (money, in the data's currency)"


def test_changes_are_in_percentage_points():
    outcome = ["won", "lost"] * 10 + ["won"] * 10 + ["lost"] * 10 + ["open"] * 10
    labels = ["A"] * 20 + ["B"] * 10 + ["C"] * 10 + ["D"] * 10
    change = abm.change(abm.win_rate(deals(labels, outcome), by="tier"), baseline="A")
    ax = plot.lift(change)
    assert rows(ax) == ["B", "C", "D"]
    assert [parts(ax, "value")[place].get_marker() for place in (0, 1)] == [">", "<"]
    assert parts(ax, "interval")[1].get_color() == VERMILLION
    assert ends(parts(ax, "interval"))[1] == exactly((change.difference_low[1], change.difference_high[1]))
    assert texts(ax, "figure")[0, 0] == "+50.0"
    assert texts(ax, "figure")[0, 1] == "-50.0"
    assert texts(ax, "absent") == {2: "undefined (the value or the baseline is)"}
    assert title(ax) == "Change of win rate"
    assert ax.get_xlabel() == "effect (percentage points)"
    assert ax.xaxis.get_major_formatter()(0.125) == "12.5"


def test_a_promotion_is_three_rows():
    targets = abm.TargetAccounts(account=list("ABCD"), segments={"arm": ["target", "target", "control", "control"]})
    sold = abm.Opportunities(account=["A", "B", "C"], outcome="won", closed=["2026-03-10", "2026-03-20", "2026-04-05"])
    effect = abm.promotion_effect(targets, sold, arm="arm", start="2026-03-01", end="2026-03-31", after_days=30)
    assert rows(plot.lift(effect)) == ["during", "after", "together"]
    ax = plot.lift({"spring": effect, "again": effect.during})
    assert rows(ax) == ["spring, during", "spring, after", "spring, together", "again"]
    assert title(ax) == "Promotion effect and Promotion effect, during (4 accounts)"
    assert parts(ax, "value")[1].get_xdata()[0] == exactly(effect.after.value[0])
    assert parts(ax, "value")[1].get_marker() == "o"


def test_several_results_are_named_by_what_they_are():
    pooled = abm.lift(OUTCOMES)
    labels = ["x", "y"] * 4
    grouped = abm.lift(OUTCOMES, by=labels)
    ax = plot.lift([pooled, grouped])
    assert rows(ax) == ["lift", "x", "y"]
    assert rows(plot.lift({"by half": grouped})) == ["by half: x", "by half: y"]
    assert rows(plot.lift([pooled, pooled])) == ["lift (1)", "lift (2)"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("lift", r"^estimates must be lifts, changes or promotion effects; got str$"),
        ([1.0], r"^estimates must be lifts, changes or promotion effects; got float at row 0$"),
        ([], r"^estimates must have rows to draw; got none$"),
        ([abm.lift(OUTCOMES), abm.lift(OUTCOMES, unit="money")], r"^estimates must be in one unit, to share an axis; got money and ratio$"),
        ([abm.lift(OUTCOMES), abm.lift(OUTCOMES, confidence=0.9)], r"^estimates must be of one confidence; got 0.9 and 0.95$"),
    ],
)  # fmt: skip
def test_lift_refuses(given, message):
    with pytest.raises(MetricInputError, match=message):
        plot.lift(given)


def test_lift_refuses_more_rows_than_can_be_read():
    with pytest.raises(
        MetricInputError, match=r"^estimates must have at most 100 rows to be read \(leave some out\); got 101$"
    ):
        plot.lift([abm.lift(OUTCOMES)] * 101)
