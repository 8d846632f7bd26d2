"""Pictures of funnels, stages, bridges, cohorts, survival, attribution, budgets and content, against their figures."""

import math

import attrs
import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError, plot
from abmmetrics._plot_panels import _round_figures

from .pictures import ends, parts, rows, texts, title, told, widths


def exactly(figures):
    return pytest.approx(figures, abs=1e-12, nan_ok=True)


def captions(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


# Funnels

EVENTS = abm.JourneyEvents(
    account=list("AAABBCDDEFFG"),
    step=["Visit", "Demo", "Deal", "Visit", "Demo", "Visit", "Visit", "Demo", "Visit", "Demo", "Deal", "Visit"],
    at=["2026-01-02", "2026-01-09", "2026-01-19", "2026-01-04", "2026-01-09", "2026-01-05", "2026-01-06", "2026-01-20",
        "2026-01-07", "2026-01-08", "2026-01-09", "2026-02-27"],
)  # fmt: skip


def test_a_funnel_is_bars_of_shares_with_what_was_lost():
    found = abm.funnel(EVENTS, ["Visit", "Demo", "Deal"], within_days=20, as_of="2026-02-28")
    ax = plot.funnel(found)
    assert rows(ax) == ["Visit", "Demo", "Deal"]
    assert widths(parts(ax, "bar")) == {0: exactly((0, 1.0)), 1: exactly((0, 0.6)), 2: exactly((0, 0.2))}
    assert widths(parts(ax, "lost")) == {1: exactly((0.6, 0.4)), 2: exactly((0.2, 0.4))}
    assert ends(parts(ax, "interval")) == {
        place: exactly((found.conversion[step].low[0], found.conversion[step].high[0]))
        for place, step in ((1, "Demo"), (2, "Deal"))
    }
    figures = texts(ax, "figure")
    assert [figures[0, place] for place in range(3)] == ["5", "3", "1"]
    assert [figures[1, 1], figures[1, 2], figures[3, 1], figures[3, 2]] == [
        "60.0 %",
        "20.0 %",
        "2 (40.0 %)",
        "2 (66.7 %)",
    ]
    assert figures[2, 1] == "23.1 % to 88.2 %"
    assert (1, 0) not in figures
    assert texts(ax, "head") == {0: "reached", 1: "of first", 2: "95 % interval", 3: "lost here"}
    assert title(ax) == "Funnel of 5 accounts"
    assert told(ax) == " · ".join(found.notes)
    assert "too young to judge" in told(ax)
    assert ax.get_xlabel() == "percent of those who reached Visit"


def test_a_funnel_that_loses_nobody_has_nothing_lost_and_one_of_nobody_says_so():
    alike = abm.JourneyEvents(account=["A", "A"], step=["Visit", "Demo"], at=["2026-01-02", "2026-01-03"])
    assert not parts(plot.funnel(abm.funnel(alike, ["Visit", "Demo"])), "lost")
    nobody = plot.funnel(abm.funnel(alike, ["Visit", "Demo"], within_days=90, as_of="2026-02-28"))
    assert texts(nobody, "absent") == dict.fromkeys([0, 1], "undefined (nobody entered)")
    assert not parts(nobody, "bar")
    assert not parts(nobody, "interval")
    assert title(nobody) == "Funnel of 0 accounts"
    assert texts(nobody, "figure")[1, 1] == "undefined"


def test_a_funnel_is_of_one_group():
    halves = abm.funnel(EVENTS.with_segments(abm.TargetAccounts(account=list("ABCDEFG"), segments={"half": list("xxxyyyy")})),
                        ["Visit", "Demo"], by="half")  # fmt: skip
    assert title(plot.funnel(halves["x"])) == "Funnel of 3 accounts, half: x"
    with pytest.raises(MetricInputError, match=r"^funnel must be of one group; got 2; funnel\[label\] takes one$"):
        plot.funnel(halves)
    steps = [f"step {place}" for place in range(31)]
    long = abm.JourneyEvents(account="A", step=steps, at="2026-01-02")
    with pytest.raises(
        MetricInputError, match=r"^funnel must have at most 30 steps to be read \(leave some out\); got 31$"
    ):
        plot.funnel(abm.funnel(long, steps))


# Stages

STAGES = ("Discovery", "Proposal", "Offer", "Won")
MOVES = [  # deal, stage on the first day, stage on the last
    (1, "Discovery", "Proposal"), (2, "Discovery", "Won"), (3, "Proposal", "Proposal"), (4, "Offer", "Proposal"),
    (5, "Offer", "Lost"), (6, None, "Discovery"), (7, None, "Proposal"),
]  # fmt: skip


def stage_history(moves=MOVES, tiers=None):
    told = [
        (deal, stage, day)
        for deal, *stages in moves
        for stage, day in zip(stages, ("2026-01-05", "2026-02-09"), strict=True)
        if stage
    ]
    return abm.StageHistory(
        account=[f"A{deal}" for deal, _, _ in told], opportunity=[deal for deal, _, _ in told],
        stage=[stage for _, stage, _ in told], entered=[day for _, _, day in told],
        segments={} if tiers is None else {"tier": [tiers[deal] for deal, _, _ in told]},
    )  # fmt: skip


SPAN = {"stages": STAGES, "lost": "Lost", "start": "2026-01-31", "end": "2026-02-28"}


def test_a_stage_flow_is_the_pipeline_and_what_entered_beyond_it():
    found = abm.stage_progression(stage_history(), **SPAN)
    ax = plot.stage_flow(found)
    for name, start, length in (
        ("advanced", 0, 0.4),
        ("same", 0.4, 0.2),
        ("regressed", 0.6, 0.2),
        ("left", 0.8, 0.2),
        ("entered (new)", 1.03, 0.4),
    ):
        assert widths(parts(ax, name))[0] == exactly((start, length))
        assert texts(ax, f"{name} figure") == {0: "2" if length == 0.4 else "1"}
    rate = found.advanced_rate
    assert ends(parts(ax, "interval")) == {0: exactly((rate.low[0], rate.high[0]))}
    assert texts(ax, "figure") == {(0, 0): "40.0 %", (1, 0): "11.8 % to 76.9 %", (2, 0): "2"}
    assert title(ax) == "Stage progression (5 deals at the start)"
    assert told(ax) == "from 2026-01-31 to 2026-02-28 · figures in the bars are deals"
    assert ax.get_xlabel() == "percent of the deals in the pipeline at the end of 2026-01-31"
    assert ax.get_xlim() == exactly((0, 1.01 * 1.43))
    assert parts(ax, "whole")[0].get_xdata()[0] == 1
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["advanced", "same", "regressed", "left", "entered (new)"]


def test_a_group_without_a_pipeline_says_so():
    tiers = {1: "a", 2: "a", 3: "a", 4: "b", 5: "b", 6: "c", 7: "c"}
    found = abm.stage_progression(stage_history(tiers=tiers), **SPAN, by="tier")
    ax = plot.stage_flow(found)
    assert rows(ax) == ["a", "b", "c"]
    assert texts(ax, "absent") == {2: "undefined (there was no pipeline); 2 entered"}
    assert (0, 2) not in texts(ax, "figure")
    assert ax.get_xlim() == exactly((0, 1.01))
    # Nothing stayed in b: no bar, and no figure of 0.
    assert set(parts(ax, "same")) == {0}
    none = abm.stage_progression(stage_history([(1, "Won", "Won")]), **SPAN)
    assert texts(plot.stage_flow(none), "absent") == {0: "undefined (there was no pipeline)"}


def test_small_parts_of_a_bar_are_told_over_it_one_beside_the_other():
    moves = [*[(deal, "Discovery", "Proposal") for deal in range(60)], (60, "Offer", "Offer"), (61, "Offer", "Proposal"),
             *[(deal, "Offer", "Lost") for deal in range(62, 90)]]  # fmt: skip
    ax = plot.stage_flow(abm.stage_progression(stage_history(moves), **SPAN))
    same, back = (parts(ax, f"{name} figure")[0] for name in ("same", "regressed"))
    assert same.xy[1] == back.xy[1] == exactly(parts(ax, "same")[0].get_y())
    assert back.xy[0] > same.xy[0] + 0.005


# Bridges

REVENUE = abm.RecurringRevenue(
    account=list("ABCDEF"), opening=[100, 80, 60, 0, 0, 40], closing=[120, 0, 45, 50, 30, 40], paid_before=[3, 3, 2, 0, 1, 2],
    segments={"tier": list("xxxyyy")},
)  # fmt: skip


def bars(ax):
    return {place: (bar.get_y(), bar.get_height()) for place, bar in parts(ax, "bar").items()}


def test_a_bridge_is_bars_that_hang_where_the_last_one_ended():
    ax = plot.bridge(abm.revenue_bridge(REVENUE))
    spans = [tuple(sorted((low, low + high))) for low, high in bars(ax).values()]
    assert spans == [(0, 280), (280, 330), (330, 360), (360, 380), (365, 380), (285, 365), (0, 285)]
    assert list(texts(ax, "figure").values()) == ["280", "+50", "+30", "+20", "-15", "-80", "285"]
    assert captions(ax) == [
        "opening\n4 accounts", "new\n1 account", "reactivated\n1 account", "expansion\n1 account",
        "contraction\n1 account", "churned\n1 account", "closing\n5 accounts",
    ]  # fmt: skip
    links = parts(ax, "link")
    assert [link.get_ydata()[0] for link in links.values()] == [280, 330, 360, 380, 365, 285]
    assert title(ax) == "Revenue bridge (6 accounts)"
    assert ax.get_ylim() == exactly((0, 380 * 1.1))
    assert ax.get_ylabel() == "money, in the data's currency"


def test_a_bridge_without_who_came_back_has_no_such_bar_and_says_so():
    ax = plot.bridge(abm.revenue_bridge(REVENUE, by="tier", reactivation="as_new")["y"])
    assert [name.split("\n")[0] for name in captions(ax)] == [
        "opening",
        "new",
        "expansion",
        "contraction",
        "churned",
        "closing",
    ]
    assert title(ax) == "Revenue bridge, tier: y (3 accounts)"
    assert told(ax) == "new holds accounts that came back"
    assert list(texts(ax, "figure").values())[2] == "0"
    empty = abm.RecurringRevenue(account=["A"], opening=[0], closing=[0], paid_before=[0])
    assert plot.bridge(abm.revenue_bridge(empty)).get_ylim() == exactly((0, 1.1))


def test_a_bridge_of_movements_and_of_the_pipeline_are_drawn_too():
    history = abm.RevenueHistory(
        account=["A", "A", "B"], period=["2026-01-01", "2026-02-01", "2026-02-01"], amount=[10, 12, 5]
    )
    assert (
        title(
            plot.bridge(abm.revenue_bridge(abm.revenue_movements(history, opening="2026-01-01", closing="2026-02-01")))
        )
        == "Revenue bridge, period by period"
    )
    deals = abm.StageHistory(
        account=["A", "A", "B", "B", "C"], opportunity=[1, 1, 2, 2, 3], stage=["Proposal", "Won", "Proposal", "Proposal", "Proposal"],
        entered=["2026-01-05", "2026-02-09", "2026-01-12", "2026-02-02", "2026-02-16"], amount=[100, 90, 50, 70, 30],
        segments={"tier": list("xxyyy")},
    )  # fmt: skip
    options = {"stages": ["Proposal", "Won"], "start": "2026-01-31", "end": "2026-02-28"}
    ax = plot.bridge(abm.pipeline_movement(deals, **options))
    assert list(texts(ax, "figure").values()) == ["150", "+30", "+20", "0", "0", "-10", "-90", "0", "0", "100"]
    assert captions(ax)[-2] == "pushed out"
    assert title(ax) == "Pipeline from 2026-01-31 to 2026-02-28"
    grouped = abm.pipeline_movement(deals, **options, by="tier")
    assert (len(grouped), list(grouped), grouped.labels) == (2, ["x", "y"], ["x", "y"])
    one = grouped["y"]
    assert (one.opening.tolist(), one.created.tolist(), one.closing.tolist(), one.groups) == (
        [50],
        [30],
        [100],
        {"tier": ["y"]},
    )
    assert title(plot.bridge(one)) == "Pipeline from 2026-01-31 to 2026-02-28, tier: y"
    with pytest.raises(MetricInputError, match=r"^bridge must be of one group; got 2; bridge\[label\] takes one$"):
        plot.bridge(grouped)
    with pytest.raises(MetricInputError, match=r"^label must be one of \['x', 'y'\]; got 'z'$"):
        _ = grouped["z"]


# Cohorts and survival

PAID = {"A": [100, 100, 90], "B": [50, 0, 0], "C": [0, 80, 120], "D": [0, 40, 0], "E": [0, 0, 30]}
HISTORY = abm.RevenueHistory(
    account=[name for name in PAID for _ in range(3)], period=["2026-01-01", "2026-02-01", "2026-03-01"] * 5,
    amount=[amount for paid in PAID.values() for amount in paid],
)  # fmt: skip


def test_cohorts_are_cells_with_their_figures_and_no_cell_where_nothing_is_seen():
    found = abm.cohort_retention(HISTORY, unit="month")
    ax = plot.cohorts(found)
    cells = {(0, 0): "100", (0, 1): "50", (0, 2): "50", (1, 0): "100", (1, 1): "50", (2, 0): "100"}
    assert texts(ax, "figure") == cells
    assert set(parts(ax, "cell")) == set(cells)
    corner = parts(ax, "cell")[1, 1]
    assert corner.get_bbox().bounds == exactly((0.54, 0.54, 0.92, 0.92))
    assert rows(ax) == ["2026-01 (2)", "2026-02 (2)", "2026-03 (1)"]
    assert captions(ax) == ["0", "1", "2"]
    logos = found.logos["2026-02", 1]
    low, high = parts(ax, "interval")[1, 1].get_xdata()
    assert ((low - 0.58) / 0.84, (high - 0.58) / 0.84) == exactly((logos.low[0], logos.high[0]))
    # One account shows nothing of how accounts differ.
    assert (2, 0) not in parts(ax, "interval")
    assert title(ax) == "Accounts that still pay, by month of the beginning (5 accounts)"
    assert told(ax) == (
        "percent of the accounts of each cohort; accounts in brackets · lines are 95 % intervals · "
        "accounts of 2026-01 may have begun earlier: the history begins then"
    )
    assert ax.get_xlabel() == "age in months"


def test_cohorts_of_revenue_may_be_above_what_they_paid():
    found = abm.cohort_retention(HISTORY, unit="month")
    ax = plot.cohorts(attrs.evolve(found, remarks=()), what="revenue")
    assert texts(ax, "figure")[1, 1] == "100"
    assert title(ax) == "Revenue that is left, by month of the beginning (5 accounts)"
    assert told(ax).startswith("percent of what each cohort paid at the beginning;")
    more = abm.RevenueHistory(
        account=["A", "A", "B", "B"], period=["2026-01-01", "2026-02-01"] * 2, amount=[10, 30, 10, 20]
    )
    grown = plot.cohorts(abm.cohort_retention(more, unit="month"), what="revenue")
    assert texts(grown, "figure") == {(0, 0): "100", (0, 1): "250"}
    shades = [parts(grown, "cell")[0, place].get_facecolor() for place in (0, 1)]
    assert sum(shades[0][:3]) > sum(shades[1][:3])
    assert max(parts(grown, "interval")[0, 1].get_xdata()) <= 1.5 - 0.08 + 1e-12


def test_cohorts_refuse():
    with pytest.raises(MetricInputError, match=r"^what must be one of \['logos', 'revenue'\]; got 'money'$"):
        plot.cohorts(abm.cohort_retention(HISTORY, unit="month"), what="money")
    empty = abm.cohort_retention(abm.RevenueHistory(account=["A"], period=["2026-01-01"], amount=[0]), unit="month")
    with pytest.raises(MetricInputError, match=r"^cohorts must have cohorts to draw; got none$"):
        plot.cohorts(empty)
    days = (np.datetime64("2015-01") + np.arange(61)).astype("datetime64[D]")
    long = abm.cohort_retention(abm.RevenueHistory(account=["A"] * 61, period=days, amount=1), unit="month")
    with pytest.raises(
        MetricInputError, match=r"^cohorts must have at most 60 ages to be read \(use longer periods\); got 61$"
    ):
        plot.cohorts(long)
    many = abm.cohort_retention(
        abm.RevenueHistory(account=list(map(str, range(61))), period=days, amount=1), unit="month"
    )
    with pytest.raises(
        MetricInputError, match=r"^cohorts must have at most 60 cohorts to be read \(use longer periods\); got 61$"
    ):
        plot.cohorts(many)


TENURES = abm.Tenures(account=list("ABCDE"), tenure=[1, 2, 2, 3, 3], ended=[True, True, False, True, False],
                      segments={"tier": list("xyxyx")})  # fmt: skip


def test_survival_is_steps_in_a_band():
    curve = abm.survival_curve(TENURES)
    ax = plot.survival(curve)
    line = parts(ax, "curve")[0]
    assert line.get_drawstyle() == "steps-post"
    assert line.get_xdata().tolist() == [0, 1, 2, 3]
    assert line.get_ydata().tolist() == exactly([1, 0.8, 0.6, 0.3])
    low, high = (limit for limit in ax.lines if limit.get_gid() == "limit 0")
    assert low.get_ydata().tolist() == exactly([math.nan, *curve.low[0]])
    assert high.get_ydata().tolist() == exactly([math.nan, *curve.high[0]])
    assert parts(ax, "band")
    assert list(texts(ax, "end").values()) == ["seen: 30.0 % after 3"]
    assert title(ax) == "How long accounts stay (5 accounts)"
    assert told(ax) == "steps: seen, with 95 % interval"
    assert ax.get_xlim() == exactly((0, 3.06))


def test_models_are_lines_with_their_limits():
    model = abm.fit_shifted_beta_geometric([1000, 869, 743, 653, 593, 551, 517, 491])
    given = abm.BetaDiscreteWeibull(alpha=0.26, beta=1.72, c=1.58)
    ax = plot.survival(abm.survival_curve(TENURES), models=[model, given, model], horizon=8)
    lines = parts(ax, "model")
    assert list(lines) == [0, 1, 2]
    assert lines[0].get_xdata().tolist() == list(range(9))
    projected = abm.projected_survival(model, range(9))
    assert lines[0].get_ydata().tolist() == exactly(projected.value.tolist())
    limits = [limit.get_ydata() for limit in ax.lines if limit.get_gid() == "model limit 0"]
    assert limits[0].tolist() == exactly(projected.low.tolist())
    assert limits[1].tolist() == exactly(projected.high.tolist())
    weibull = abm.projected_survival(given, [8]).value[0]
    assert set(texts(ax, "end").values()) == {
        "seen: 30.0 % after 3",
        *(f"shifted beta-geometric ({place}): {100 * projected.value[8]:.1f} % after 8" for place in (1, 2)),
        f"beta-discrete-Weibull: {100 * weibull:.1f} % after 8",
    }
    assert told(ax) == "steps: seen, with 95 % interval · lines: models, likewise"
    assert ax.get_xlim() == exactly((0, 8.16))
    named = plot.survival(abm.survival_curve(TENURES), models={"ours": model})
    assert f"ours: {100 * projected.value[3]:.1f} % after 3" in texts(named, "end").values()
    single = plot.survival(abm.survival_curve(TENURES), models=given)
    assert len(parts(single, "model")) == 1


def test_names_of_curves_do_not_lie_on_each_other():
    curve = abm.survival_curve(TENURES, by="tier")
    ax = plot.survival(curve, models=[abm.BetaDiscreteWeibull(alpha=0.001, beta=1.72, c=1.58)] * 2)
    heights = sorted(text.xy[1] for text in parts(ax, "end").values())
    assert min(np.diff(heights)) > 0.04
    assert min(heights) >= 0
    assert title(ax) == "How long accounts stay by tier (5 accounts)"
    gone = abm.Tenures(account=list("AB"), tenure=[1, 1], ended=True, segments={"tier": ["x", "y"]})
    low = plot.survival(abm.survival_curve(gone, by="tier"))
    heights = sorted(text.xy[1] for text in parts(low, "end").values())
    assert heights[0] == exactly(0.0)
    assert heights[1] > 0.04


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"models": ["sBG"]}, r"^models must be fitted models of churn; got str at row 0$"),
        ({"models": [abm.ShiftedBetaGeometric(alpha=1.0, beta=1.0)] * 5}, r"^models must be at most 4; got 5$"),
        ({"horizon": 0}, r"^horizon must be a whole number >= 1; got 0$"),
    ],
)
def test_survival_refuses(options, message):
    with pytest.raises(MetricInputError, match=message):
        plot.survival(abm.survival_curve(TENURES), **options)


def test_survival_refuses_what_cannot_be_read():
    five = abm.survival_curve(TENURES, by=list("abcde"))
    with pytest.raises(
        MetricInputError, match=r"^curve must have at most 4 groups to be read \(curve\[label\] takes one\); got 5$"
    ):
        plot.survival(five)
    nobody = abm.survival_curve(abm.Tenures(account=[], tenure=[], ended=[]))
    with pytest.raises(MetricInputError, match=r"^curve must have groups to draw; got none$"):
        plot.survival(nobody)


# Attribution, budget, content

JOURNEYS = abm.Journeys.from_paths(["Mail > Fair", "Fair", "", "Mail"], value=[12_000, 8_000, 5_000, 5_000])


def test_attribution_is_a_column_of_bars_for_each_model():
    models = [
        abm.first_touch(JOURNEYS),
        abm.linear_touch(JOURNEYS),
        abm.last_touch(JOURNEYS),
    ]
    ax = plot.attribution(abm.compare_models(*models))
    assert rows(ax) == ["Fair", "Mail", "unattributed"]
    assert texts(ax, "head") == {0: "First touch", 1: "Linear touch", 2: "Last touch"}
    starts = [text.xy[0] for text in parts(ax, "head").values()]
    assert np.diff(starts)[0] == exactly(np.diff(starts)[1])
    for number, model in enumerate(models):
        for place, share in enumerate([*model.share, model.unattributed / model.total]):
            assert widths(parts(ax, "bar"))[number, place] == exactly((starts[number], share))
        for place, (low, high) in enumerate(zip(model.share_low, model.share_high, strict=True)):
            if not math.isnan(low):
                assert ends(parts(ax, "interval"))[number, place] == exactly(
                    (starts[number] + low, starts[number] + high)
                )
    assert (0, 2) not in parts(ax, "interval")
    assert texts(ax, "figure")[0, 2] == "16.7 %"
    assert texts(ax, "figure")[0, 1] == "56.7 %"
    assert title(ax) == "Attribution by 3 models (4 journeys)"
    assert told(ax) == "lines are 95 % intervals"
    assert ax.get_xlabel() == "percent of all credit"
    assert captions(ax)[0] == "0 %"


def test_one_model_is_a_single_column_and_models_name_what_they_were_told():
    credit = abm.position_based(JOURNEYS, first=0.4, last=0.4)
    ax = plot.attribution(credit)
    assert title(ax) == "Attribution (4 journeys)"
    assert len(texts(ax, "head")) == 1
    removal = plot.attribution(abm.compare_models(abm.markov(JOURNEYS), abm.shapley(JOURNEYS)))
    assert all("_" not in head for head in texts(removal, "head").values())
    nothing = abm.first_touch(abm.Journeys.from_paths(["Mail > Fair"], conversions=[0], losses=[1]))
    ax = plot.attribution(nothing)
    assert not parts(ax, "bar")
    assert set(texts(ax, "figure").values()) == {"undefined"}


def test_attribution_says_where_shares_overlap():
    deals = abm.Opportunities(
        account=["A", "B"],
        opportunity=[1, 2],
        outcome="won",
        closed=["2026-03-01", "2026-03-02"],
        created=["2026-02-01"] * 2,
        amount=[10, 20],
    )
    touches = abm.Touches(account=["A", "A"], campaign=["Mail", "Fair"], at=["2026-01-02", "2026-01-03"])
    journeys = abm.build_journeys(touches, deals, lookback_days=90, anchor="closed")
    both = abm.compare_models(abm.first_touch(journeys), abm.influenced_pipeline(journeys))
    assert both.notes
    assert told(plot.attribution(both)).endswith(both.notes[0])


def test_attribution_refuses_more_than_can_be_read():
    labels = [f"C{place}" for place in range(101)]
    many = abm.first_touch(abm.Journeys.from_paths(labels))
    with pytest.raises(
        MetricInputError, match=r"^comparison must have at most 100 labels to be read \(attribute to fewer\); got 101$"
    ):
        plot.attribution(many)
    comparison = abm.compare_models(abm.first_touch(JOURNEYS), abm.last_touch(JOURNEYS))
    thirteen = attrs.evolve(comparison, attributions={str(place): abm.first_touch(JOURNEYS) for place in range(13)})
    with pytest.raises(
        MetricInputError, match=r"^comparison must have at most 12 models to be read \(leave some out\); got 13$"
    ):
        plot.attribution(thirteen)


CAMPAIGNS = abm.CampaignResults(campaign=["Fair", "Mail", "Web"], cost=[100, 100, 50], revenue=[300, 200, 10])


def test_a_budget_is_two_dots_for_each_campaign_in_two_columns():
    found = abm.allocate_budget(CAMPAIGNS, elasticity=0.5, bounds=(0.5, 2))
    ax = plot.budget(found)
    assert rows(ax) == ["Fair", "Mail", "Web (at its bound)"]
    starts = [text.xy[0] for text in parts(ax, "head").values()]
    assert starts[0] == 0
    for number, (today, then) in enumerate(((found.spend_before, found.spend), (found.revenue_before, found.revenue))):
        largest = max(today.max(), then.max())
        for place in range(3):
            for which, figures in (("today", today), ("then", then)):
                dot = parts(ax, which)[number, place]
                assert (dot.get_xdata()[0] - starts[number]) * largest == exactly(figures[place])
            assert tuple(parts(ax, "change")[number, place].get_xdata()) == (
                parts(ax, "today")[number, place].get_xdata()[0], parts(ax, "then")[number, place].get_xdata()[0]
            )  # fmt: skip
    assert texts(ax, "figure")[0, 2] == "50 → 25"
    assert texts(ax, "head")[0] == "spend: 250 today, 250 then"
    assert parts(ax, "today")[0, 0].get_markerfacecolor() == "none"
    assert parts(ax, "change")[0, 0].get_color() == "#0072B2"
    assert parts(ax, "change")[0, 2].get_color() == "#E69F00"
    assert title(ax) == "Budget what-if (3 campaigns)"
    assert told(ax) == f"hollow: today, filled: then · {found.remarks[0]}"


def test_a_budget_refuses_more_than_can_be_read():
    many = abm.CampaignResults(campaign=list(range(101)), cost=1, revenue=1)
    found = abm.allocate_budget(many, elasticity=0.5, bounds=(0, 2))
    with pytest.raises(
        MetricInputError,
        match=r"^allocation must have at most 100 campaigns to be read \(allocate among fewer\); got 101$",
    ):
        plot.budget(found)
    nothing = abm.CampaignResults(campaign=["A"], cost=10, revenue=0)
    ax = plot.budget(abm.allocate_budget(nothing, elasticity=0.5, bounds=(0, 2)))
    assert texts(ax, "figure")[1, 0] == "0 → 0"


VIEWS = abm.ContentViews(
    account=["A", "B"] * 4, asset=["Guide", "Guide", "Memo", "Memo", "Video", "Video", "Talk", "Talk"],
    exposed=[300, 260, 280, 310, 6, 5, 0, 0], engaged=[90, 75, 15, 14, 2, 1, 0, 0], completed=[60, 44, 3, 2, 1, 1, 0, 0],
)  # fmt: skip


def test_content_is_sorted_by_verdict_with_its_rates_and_thresholds():
    found = abm.content_verdicts(VIEWS, keep_at=0.2, drop_at=0.1)
    assert found.thresholds == {"engagement": (0.1, 0.2)}
    ax = plot.content_verdicts(found)
    assert [name.split(" (")[0] for name in rows(ax)][:2] == ["Guide", "Memo"]
    assert rows(ax)[0] == "Guide (560)"
    order = [name.split(" (")[0] for name in rows(ax)]
    largest = max(found.engagement.high.max(), 0.2)
    for place, asset in enumerate(order):
        row = found.assets.index(asset)
        assert parts(ax, "value")[0, place].get_xdata()[0] * largest == exactly(found.engagement.value[row])
        low, high = parts(ax, "interval")[0, place].get_xdata()
        assert (low * largest, high * largest) == exactly((found.engagement.low[row], found.engagement.high[row]))
    assert (0, order.index("Talk")) not in parts(ax, "observed")
    seen = parts(ax, "observed")[0, 0].get_xdata()[0]
    assert seen * largest == exactly(165 / 560)
    marks = [parts(ax, "value")[0, place].get_marker() for place in range(4)]
    assert marks[:2] == ["^", "v"]
    assert parts(ax, "value")[0, 3].get_markerfacecolor() == "none"
    thresholds = [line.get_xdata()[0] * largest for line in ax.lines if line.get_gid() == "threshold 0"]
    assert thresholds == exactly([0.1, 0.2])
    said = {place: text for (_, place), text in texts(ax, "figure").items() if "keep" in text or "drop" in text}
    assert said[0].startswith("keep (")
    assert "undecided, leans" in said[2]
    assert title(ax) == "What to do with content (4 assets)"
    assert told(ax).startswith(
        "keep from 20 % engagement, drop up to 10 %; 80 % sure · lines are 95 % intervals · exposures"
    )


def test_content_by_completion_has_two_columns():
    found = abm.content_verdicts_by_completion(VIEWS, engagement_at=0.15, completion_at=0.4)
    assert found.thresholds == {"engagement": (0.15,), "completion": (0.4,)}
    assert found["Guide"].thresholds == found.thresholds
    ax = plot.content_verdicts(found)
    assert texts(ax, "head") == {0: "engagement rate", 1: "completion rate"}
    assert len([line for line in ax.lines if (line.get_gid() or "").startswith("threshold")]) == 2
    start = parts(ax, "head")[1].xy[0]
    guide = found.assets.index("Guide")
    largest = max(found.completion.high.max(), 0.4)
    assert (parts(ax, "value")[1, 0].get_xdata()[0] - start) * largest == exactly(found.completion.value[guide])
    reformatted = attrs.evolve(found, verdict=["reformat"] * 4, thresholds={})
    assert parts(plot.content_verdicts(reformatted), "value")[0, 0].get_marker() == "s"


def test_content_refuses_more_than_can_be_read():
    found = abm.content_verdicts(VIEWS, keep_at=0.2, drop_at=0.1)
    many = found.take(np.zeros(101, dtype=np.int64))
    with pytest.raises(
        MetricInputError,
        match=r"^verdicts must have at most 100 assets to be read \(verdicts.take\(...\) takes some\); got 101$",
    ):
        plot.content_verdicts(many)


@pytest.mark.parametrize(
    ("most", "figures"),
    [(1.0, [0, 0.5, 1.0]), (0.55, [0, 0.2, 0.4]), (0.3, [0, 0.1, 0.2, 0.3]), (2.0, [0, 1, 2]), (180_000, [0, 50_000, 100_000, 150_000])],
)  # fmt: skip
def test_figures_of_panels_are_round(most, figures):
    assert _round_figures(most) == pytest.approx(figures, rel=1e-12)
