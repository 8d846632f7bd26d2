"""Results in notebooks: one kind of table, whole, harmless, with intervals drawn to scale."""

import inspect
import math
import re

import attrs
import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import _held, _html, synthetic
from abmmetrics._html import Drawn, Words
from tests.fragment import Fragment

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
STYLE = "</style><style>body{display:none}</style>"
CELL = "</td></tr></table><h1>&amp;"
WICKED = [SCRIPT, IMAGE, STYLE, CELL]


# --- the table


def circles(page):
    return [float(value) for tag, name, value in page.attributes if (tag, name) == ("circle", "cx")]


def bars(html):
    return [(float(low), float(high)) for low, high in re.findall(r'd="M([0-9.]+) 8H([0-9.]+)" stroke-width="5"', html)]


def column(*figures, **options):
    return _html.table("t", ["", "x"], [[f"r{row}", figure] for row, figure in enumerate(figures)], **options)


def test_figures_of_a_column_are_drawn_on_one_scale():
    made = column(_html.drawn("a", 2, 1, 3), _html.drawn("b", 4, 3, 5))
    # 1 is at the left end, 5 at the right end of what is 108 wide from 6.
    assert bars(made) == [(6, 60), (60, 114)]
    assert circles(Fragment(made)) == [33, 87]
    assert 'stroke-opacity=".5"' not in made


def test_a_single_figure_and_a_change_are_drawn_from_zero():
    assert bars(column(_html.drawn("a", 2, 1, 4))) == [(33, 114)]
    assert 'd="M6.0 1v14" stroke-opacity=".5"' in column(_html.drawn("a", 2, 1, 4))
    changes = column(_html.drawn("a", 2, 1, 4, zero=True), _html.drawn("b", 3, 2, 4))
    assert bars(changes) == [(33, 114), (60, 114)]
    below = column(_html.drawn("a", -3, -4, -2))
    assert bars(below) == [(6, 60)]
    assert 'd="M114.0 1v14" stroke-opacity=".5"' in below


def test_a_figure_may_have_a_scale_of_its_own():
    own = _html.from_zero("a", 30, 20, 40, 50)
    assert own.scale == (0, 50)
    assert bars(_html.picture(own)) == [(pytest.approx(49.2), pytest.approx(92.4))]
    assert 'd="M114.0 1v14" stroke-width="2" stroke-dasharray="3 2"' in _html.picture(own)
    assert _html.from_zero("a", -30, -40, math.inf).scale == (-40, 0)
    assert _html.from_zero("a", math.nan, math.nan, math.nan).scale == (0, 0)
    both = column(own, _html.drawn("b", 1, 1, 3), _html.drawn("c", 2, 1, 3))
    assert bars(both)[0] == (49.2, 92.4)


def test_open_ends_are_arrows():
    right = _html.picture(Drawn("", 1, 0.5, math.inf, scale=(0, 1)))
    assert bars(right) == [(60, 114)]
    assert 'd="M114 3l5 5l-5 5"' in right
    assert "l-5 5l5 5" not in right
    left = _html.picture(Drawn("", 1, -math.inf, 1, scale=(0, 1)))
    assert bars(left) == [(6, 114)]
    assert 'd="M6 3L1 8l5 5"' in left
    assert "M114 3" not in left
    # A figure without an end is told, and has no dot.
    assert "circle" not in _html.picture(Drawn("", math.inf, 1, math.inf, scale=(0, 1)))


def test_what_is_not_known_is_not_drawn():
    assert not _html.picture(Drawn("", math.nan, 0, 1))
    dot = _html.picture(Drawn("", 3, math.nan, math.nan), (3, 3))
    assert ("circle" in dot, bars(dot)) == (True, [])
    assert 'cx="60.0"' in dot
    assert "stroke-opacity" not in dot
    assert bars(_html.picture(Drawn("", 3, math.nan, 4), (0, 4))) == []
    assert bars(_html.picture(Drawn("", 3, 1, math.nan), (0, 4))) == []
    assert "dasharray" not in dot
    nothing = column(Drawn("none", math.nan), Drawn("none", math.nan))
    assert Fragment(nothing).rows == [["r0", "none"], ["r1", "none"]]


def test_pictures_are_hidden_from_readers_of_screens_and_take_the_ink_of_the_page():
    page = Fragment(_html.shown("t", ["", "x"], [["r", _html.drawn("a", 2, 1, 3)]]))
    told = {name: value for tag, name, value in page.attributes if tag == "svg"}
    assert (told["aria-hidden"], told["focusable"], told["stroke"]) == ("true", "false", "currentColor")
    assert (told["width"], told["height"], told["viewbox"]) == ("120", "16", "0 0 120 16")
    assert not re.search(r"#[0-9a-f]{3}|black|white(?!-)", _html.STYLE)


def test_every_rule_of_the_style_is_bound_to_the_fragment():
    selectors = [one.strip() for rule in re.findall(r"([^{}]+)\{", _html.STYLE) for one in rule.split(",")]
    assert len(selectors) > 8
    assert all(selector.startswith(".abmmetrics") for selector in selectors)
    assert _html.fragment("x") == f'<div class="abmmetrics"><style>{_html.STYLE}</style>x</div>'


def test_only_the_first_of_many_rows_are_shown():
    asked = []

    def rows():
        for row in range(1000):
            asked.append(row)
            yield [str(row), "x"]

    page = Fragment(_html.shown("t", ["", "x"], rows(), total=1000))
    assert (len(page.rows), page.notes) == (60, ["and 940 rows more"])
    assert len(asked) == 60
    assert Fragment(_html.shown("t", ["", "x"], [["r", "x"]] * 61)).notes == ["and 1 row more"]
    assert Fragment(_html.shown("t", ["", "x"], [["r", "x"]] * 60, ["noted"])).notes == ["noted"]


def test_cells_say_what_they_are():
    rows = [["r", Words("w", "below", "good"), "1"], ["s", Words("v"), "2"]]
    made = _html.table("t", ["", "words", "n"], rows)
    assert made == (
        '<table><caption>t</caption><thead><tr><td></td><th scope="col" class="words">words</th><th scope="col">n</th>'
        '</tr></thead>\n<tbody>\n<tr><th scope="row">r</th><td class="words good">w<small>below</small></td><td>1</td></tr>\n'
        '<tr><th scope="row">s</th><td class="words">v</td><td>2</td></tr>\n</tbody></table>'
    )
    assert "<caption>" not in _html.table("", ["x"], [["1"]])
    assert _html.table("", ["x"], [["1"]], names=0) == (
        '<table><thead><tr><th scope="col">x</th></tr></thead>\n<tbody>\n<tr><td>1</td></tr>\n</tbody></table>'
    )
    assert '<th scope="col" class="words">x</th>' in _html.table("", ["x"], [["1"]])


def test_stacking_cells_carry_the_name_of_their_column():
    made = _html.table("", [IMAGE, ""], [[Words("a"), "1"]], stacking=True)
    page = Fragment(made)
    roles = [(tag, value) for tag, name, value in page.attributes if name == "role"]
    assert roles == [
        ("table", "table"),
        ("thead", "rowgroup"),
        ("tr", "row"),
        ("th", "columnheader"),
        ("td", "cell"),
        ("tbody", "rowgroup"),
        ("tr", "row"),
        ("th", "rowheader"),
        ("td", "cell"),
    ]
    assert [value for _, name, value in page.attributes if name == "data-head"] == [IMAGE]


# --- every result


def world():
    """A small made-up programme, all of whose labels are wicked."""
    return synthetic.program(accounts=40, seed=4)


def results():
    made = world()
    deals = made.opportunities
    accounts = [f"{wicked}{row}" for row, wicked in enumerate(WICKED)]
    segment = {IMAGE: accounts}
    mails = abm.Emails(account=accounts, delivered=[9, 8, 7, 6], opened=[3, 2, 4, 1], segments=segment)
    journeys = abm.Journeys.from_paths([[SCRIPT, IMAGE], [IMAGE], []], value=[3, 2, 1])
    models = [abm.first_touch(journeys), abm.linear_touch(journeys)]
    views = abm.ContentViews(account=["A", "B"] * 2, asset=WICKED[:2] * 2, exposed=300, engaged=[90, 5, 80, 6])
    history = abm.RevenueHistory(
        account=[*accounts, *accounts], period=["2026-01-01"] * 4 + ["2026-02-01"] * 4, amount=9
    )
    tenures = abm.Tenures(account=accounts, tenure=[1, 2, 3, 4], ended=[1, 0, 1, 0], segments=segment)
    events = abm.JourneyEvents(account=accounts, step=WICKED[:2] * 2, at="2026-03-02", segments=segment)
    visits = abm.StageHistory(
        account="A",
        opportunity=[1, 1, 2],
        stage=[SCRIPT, IMAGE, SCRIPT],
        entered=["2026-01-05", "2026-02-09", "2026-01-16"],
        amount=10,
    )
    acted = abm.Activities(account=accounts, kind="demo", at="2026-03-01", minutes=90)
    contract = abm.fit_shifted_beta_geometric([1000, 869, 743, 653, 593, 551, 517, 491])
    verdicts = abm.content_verdicts(views, keep_at=0.2, drop_at=0.1)
    spend = abm.CampaignResults(campaign=WICKED[:2], cost=100, revenue=[300, 150])
    arms = abm.TargetAccounts(account=range(8), segments={"arm": ["target", "control"] * 4})
    bought = abm.Opportunities(
        account=[0, 1, 2], outcome="won", created="2026-01-01", closed=["2026-02-02", "2026-02-03", "2026-03-05"]
    )
    events_of_mails = abm.EmailEvents(
        account="A", message="m", recipient="r", kind=["delivered", "open"], at="2026-03-02", link=[None, None]
    )
    path = {"stages": [SCRIPT, IMAGE], "start": "2026-01-20", "end": "2026-02-20"}
    card = abm.scorecard(made, baseline=made.where("year", "2024"), by="tier")
    return {
        "Estimate": abm.open_rate(mails, by=IMAGE),
        "Change": abm.change(abm.open_rate(mails, by=IMAGE), baseline=accounts[0]),
        "Trend": abm.trend(abm.open_rate(abm.Emails(account=1, delivered=9, opened=range(6)), by={SCRIPT: range(6)})),
        "Funnel": abm.funnel(events, WICKED[:2], by=IMAGE),
        "Attribution": models[0],
        "AttributionComparison": abm.compare_models(*models),
        "ContentVerdicts": verdicts,
        "ShrunkenRates": verdicts.engagement,
        "RevenueBridge": abm.revenue_bridge(
            abm.RecurringRevenue(account=accounts, opening=1, closing=2, segments=segment),
            by=IMAGE,
            reactivation="as_new",
        ),
        "SurvivalCurve": abm.survival_curve(tenures, by=IMAGE),
        "CohortRetention": abm.cohort_retention(history, unit="month"),
        "StageProgression": abm.stage_progression(visits, **path),
        "PipelineMovement": abm.pipeline_movement(visits, **path, by={SCRIPT: WICKED[:3]}),
        "StageIntervals": abm.stage_intervals(visits, stages=[SCRIPT, IMAGE], as_of="2026-03-01"),
        "Allocation": abm.allocate_budget(spend, elasticity=0.5, bounds=(0.5, 2)),
        "Payback": abm.payback_months(1000, 100, margin=0.7),
        "AccountHealth": abm.account_health_score(
            {SCRIPT: [0.5, math.nan]}, {SCRIPT: 1}, account=WICKED[:2], scales={SCRIPT: (0, 1)}
        ),
        "HealthValidation": abm.health_validation([20, 35, 50, 60, 80, 90], [1, 1, 0, 1, 0, 0], bins=2),
        "MatchedControls": abm.match_controls(arms, arm="arm", covariates={SCRIPT: range(8)}),
        "Balance": abm.match_controls(arms, arm="arm", covariates={SCRIPT: range(8)}).balance[SCRIPT],
        "PromotionEffect": abm.promotion_effect(
            arms, bought, arm="arm", start="2026-02-01", end="2026-02-28", after_days=28
        ),
        "Qualification": abm.qualified_accounts(
            acted, abm.QualificationRule(minutes=60, within_days=30), as_of="2026-03-10"
        ),
        "QualificationHistory": abm.qualification_history(
            acted, abm.QualificationRule(minutes=60, within_days=30), as_of="2026-05-10"
        ),
        "MachineEvents": abm.flag_machine_events(events_of_mails, rules=[abm.SoonAfterDelivery()]),
        "BetaGeometricNBD": abm.BetaGeometricNBD(r=0.243, alpha=4.414, a=0.793, b=2.426),
        "GammaGamma": abm.GammaGamma(p=6.25, q=3.74, gamma=15.44, customers=1, log_likelihood=-1234.567),
        "ShiftedBetaGeometric": contract,
        "BetaDiscreteWeibull": abm.BetaDiscreteWeibull(alpha=0.26, beta=1.72, c=1.58),
        "LikelihoodRatio": abm.likelihood_ratio_test([1000, 869, 743, 653, 593]),
        "ShiftedBetaGeometricSamples": abm.bootstrap_shifted_beta_geometric([1000, 869, 743], resamples=50, seed=1),
        "Projection": abm.projected_survival(contract, [1, 7]),
        "Survivors": abm.Survivors.from_cohorts([1000, 869]),
        "EngagementHistory": abm.engagement_history(
            acted, dates=[f"2026-03-{day:02}" for day in range(1, 9)], half_life_days=30
        ),
        "Journeys": journeys,
        "Program": attrs.evolve(made, name=SCRIPT, findings=[IMAGE]),
        "Scorecard": attrs.evolve(card, findings=(STYLE,)),
        "Entry": card.entries[0],
        "Table": mails,
        "Inspection": abm.inspect(made),
        "Durations": abm.funnel(events, WICKED[:2], by=IMAGE).days[IMAGE],
        "Opportunities": deals,
    }


RESULTS = results()
SETTINGS = {
    *[
        "BurstClicks",
        "DataFinding",
        "Finding",
        "Heartbeat",
        "HitGaps",
        "HoneypotHits",
        "Interval",
        "Labels",
        "MetricInputError",
        "PulseSurvey",
    ],
    *["QualificationRule", "Question", "SoonAfterDelivery"],
}
TABLES = {
    name for name in abm.__all__ if inspect.isclass(getattr(abm, name)) and issubclass(getattr(abm, name), abm.Table)
}


def test_every_public_class_shows_in_notebooks():
    classes = {name for name in abm.__all__ if inspect.isclass(getattr(abm, name))}
    assert {name for name in classes if not hasattr(getattr(abm, name), "_repr_html_")} == SETTINGS
    assert classes - TABLES - SETTINGS <= RESULTS.keys()


@pytest.mark.parametrize("name", RESULTS)
def test_results_are_whole_and_harmless(name):
    html = RESULTS[name]._repr_html_()
    page = Fragment(html)
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert page.tags.count("style") == 1
    assert not {"h1", "h2", "main", "header", "nav"} & set(page.tags)
    assert [value for tag, _, value in page.attributes if tag == "div"] == ["abmmetrics"]
    assert all(len(row) == len(page.heads[0]) for row in page.rows[:1])
    assert not [name for _, name, _ in page.attributes if name in {"id", "href", "src"}]
    assert page.captions
    assert "nan" not in {cell for row in page.rows for cell in row}


def rows(name):
    return Fragment(RESULTS[name]._repr_html_()).rows


def heads(name):
    return Fragment(RESULTS[name]._repr_html_()).heads[0]


def notes(name):
    return Fragment(RESULTS[name]._repr_html_()).notes


@pytest.mark.parametrize(
    ("name", "row", "told"),
    [
        ("Estimate", 0, [f"{IMAGE}1", "25.0 %", "none", "2 of 8", "1", "1"]),
        ("Change", 2, [f"{CELL}3", "16.7 %", "33.3 %", "-16.7 pp", "none", ""]),
        ("Trend", 0, ["verdict", "rising"]),
        ("Trend", 1, ["change for each period", "0.1111"]),
        ("Trend", 2, ["95 % interval", "0.01202 to 0.2102"]),
        ("Trend", 3, ["last period over first, less 1", "undefined"]),
        ("Trend", 4, ["p", "0.0358"]),
        ("Trend", 5, ["periods", "6"]),
        ("ShrunkenRates", 1, ["2", "32.8 %", "0.2 % to 89.9 %", "28.3 % of 600"]),
        ("RevenueBridge", 5, [f"{IMAGE}1", "closing", "2", "1"]),
        ("SurvivalCurve", 4, [f"{STYLE}2", "3", "0.0 %", "none", "1", "1"]),
        ("CohortRetention", 0, ["2026-01", "4", "100.0 %", "100.0 %"]),
        ("CohortRetention", 1, ["2026-01", "4", "1.00", "1.00"]),
        ("StageProgression", 0, ["1", "1", "0", "0", "0"]),
        ("PipelineMovement", 1, [SCRIPT, "10", "0", "0", "0", "0", "0", "10", "0", "0", "0"]),
        ("StageIntervals", 1, [IMAGE, "1", "0"]),
        ("Allocation", 0, [IMAGE, "100", "50", "150", "106", "1.06", "yes"]),
        ("Allocation", 1, [SCRIPT, "100", "150", "300", "367", "1.22", "no"]),
        ("Payback", 0, ["paid back after", "14.3 months"]),
        ("Payback", 1, ["recovered in the months looked at", "100.0 %"]),
        ("Payback", 2, ["with customers leaving", "no"]),
        ("AccountHealth", 0, [SCRIPT, "50.0", "50.0"]),
        ("AccountHealth", 1, [IMAGE, "undefined", "undefined"]),
        ("HealthValidation", 0, ["20.0 to 50.0", "66.7 %", "20.8 % to 93.9 %", "3"]),
        ("MatchedControls", 0, [SCRIPT, "3.000", "4.000", "3.250", "-0.387", "-0.097", "1.000", "1.127"]),
        ("Balance", 4, ["matched difference", "-0.097"]),
        ("PromotionEffect", 2, ["0.25", "-0.69 to 1.19", "8", "8"]),
        ("Qualification", 3, [f"{SCRIPT}0", "yes", "90", "0", "2026-03-01", "2026-03-01", "thresholds reached"]),
        ("QualificationHistory", 0, [f"{IMAGE}1", "2026-03-01", "2026-03-31"]),
        ("MachineEvents", 0, ["within 2 s of delivery", "1"]),
        ("BetaGeometricNBD", 1, ["alpha", "4.414", "none"]),
        ("GammaGamma", 3, ["mean spend", "35.22", "none"]),
        ("ShiftedBetaGeometric", 0, ["alpha", "0.6681", "0.104"]),
        ("ShiftedBetaGeometric", 2, ["churn rate", "0.1493", "0.00953"]),
        ("BetaDiscreteWeibull", 2, ["c", "1.58", "none"]),
        ("LikelihoodRatio", 0, ["statistic", "4.771"]),
        ("LikelihoodRatio", 1, ["degrees of freedom", "1"]),
        ("LikelihoodRatio", 2, ["p", "0.0289"]),
        ("ShiftedBetaGeometricSamples", 2, ["churn rate", "0.1263", "0.1321", "0.1379", "0.1435", "0.1488"]),
        ("Projection", 1, ["2", "0.4889", "0.4575 to 0.5195"]),
        ("Survivors", 0, ["0", "1", "131"]),
        ("Survivors", 1, ["1", "still alive", "869"]),
        ("EngagementHistory", 3, [f"{SCRIPT}0", "85.9", "84.0", "82.1", "80.2", "78.3", "76.6"]),
        ("Journeys", 0, [IMAGE, "2", "2"]),
        ("Table", 1, [f"{IMAGE}1", "8", "2", f"{IMAGE}1"]),
        ("Durations", 0, ["1", "none", "none", "none", "none"]),
        ("Program", 0, ["target_accounts", "TargetAccounts", "40", "40"]),
    ],
)
def test_results_show_their_figures(name, row, told):
    assert rows(name)[row] == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Change", [IMAGE, "value", "baseline", "change", "95 % interval", "p"]),
        ("RevenueBridge", [IMAGE, "line", "amount", "accounts"]),
        ("SurvivalCurve", [IMAGE, "time", "stay longer", "95 % interval", "watched before", "left"]),
        ("StageProgression", ["advanced", "same", "regressed", "entered", "left"]),
        (
            "Allocation",
            ["campaign", "spend", "would be", "revenue", "would be", "of the last unit of money", "at a bound"],
        ),
        ("AccountHealth", ["account", "health", f"{SCRIPT} (100 %)"]),
        ("HealthValidation", ["score", "left", "95 % interval", "accounts"]),
        ("ShiftedBetaGeometricSamples", ["parameter", "2.5 %", "25 %", "50 %", "75 %", "97.5 %"]),
        ("Projection", ["figure", "expected", "95 % interval"]),
        ("ShrunkenRates", ["asset", "rate", "95 % interval", "observed"]),
        ("Program", ["table", "model", "rows", "accounts"]),
        ("Survivors", ["last renewal made", "gone at renewal", "accounts"]),
        ("EngagementHistory", ["account", *(f"2026-03-{day:02}" for day in range(3, 9))]),
    ],
)
def test_columns_say_what_they_hold(name, told):
    assert heads(name) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Change", ["pp are percentage points"]),
        ("Trend", ["weighted slope, Student's t, periods spaced as numbered"]),
        ("GammaGamma", ["fitted to 1 customer; log-likelihood -1,234.57"]),
        ("BetaGeometricNBD", []),
        ("ShiftedBetaGeometric", ["fitted to 1,000 accounts; log-likelihood -1,611.16"]),
        ("BetaDiscreteWeibull", []),
        ("Program", [IMAGE]),
        ("EngagementHistory", ["and 2 days before"]),
        ("Opportunities", ["and 115 rows more"]),
        ("Payback", []),
    ],
)
def test_notes_stand_below(name, told):
    assert notes(name) == told


def test_tables_show_their_first_rows():
    page = Fragment(RESULTS["Opportunities"]._repr_html_())
    assert len(page.rows) == 8
    given = {
        "account": [None, "7"],
        "outcome": ["open", "won"],
        "created": "2026-01-01",
        "closed": [None, "2026-02-03"],
    }
    dates = abm.Opportunities.from_frame({**given, "amount": [math.nan, 1234.5]}, missing="separate")
    assert Fragment(dates._repr_html_()).rows[0][:2] == ["", "2026-01-01"]
    assert Fragment(dates._repr_html_()).rows[1] == ["7", "2026-01-01", "2026-02-03", "won", "1,234.5"]
    assert _held.text(np.array([1_000_000]), 0) == "1,000,000"
    assert Fragment(abm.Emails.empty()._repr_html_()).rows == []
    some = abm.Emails.from_frame({"account": ["A", None], "delivered": [1, 2]}, missing="drop")
    assert Fragment(some._repr_html_()).notes == ["left out: 1 row, missing account"]


def test_moves_may_be_named_like_a_segment():
    visits = abm.StageHistory(
        account="A", opportunity=[1, 2], stage=["Try", "Buy"], entered="2026-01-05", segments={"same": ["x", "y"]}
    )
    moved = abm.stage_progression(visits, stages=["Try", "Buy"], start="2026-01-10", end="2026-02-20", by="same")
    assert moved.to_dict()["segment same"] == ["x", "y"][: len(moved.same)]
    assert str(moved).splitlines()[1].startswith("  x: advanced 0, same 1,")
    page = Fragment(moved._repr_html_())
    assert page.heads[0][:3] == ["same", "advanced", "same"]
    assert page.rows[0] == ["x", "0", "1", "0", "0", "0"]


def test_an_entry_of_a_scorecard_says_its_change():
    deals = abm.Opportunities(account=list("ABCD"), outcome=["won", "lost", "won", "won"])
    now, before = (abm.Program(name=name, opportunities=deals) for name in ("now", "before"))
    (entry,) = [entry for entry in abm.scorecard(now, baseline=before).entries if entry.title == "Win rate"]
    page = Fragment(entry._repr_html_())
    assert (page.captions, page.rows[0][0]) == (["Win rate"], "75.0 %")
    assert page.notes == [
        "change from the baseline: 0.0 percentage points (95 % interval -24.5 to +24.5 percentage points; p = 1.000)"
    ]
    (alone,) = [entry for entry in abm.scorecard(now).entries if entry.title == "Win rate"]
    assert Fragment(alone._repr_html_()).notes == []


def test_what_is_not_known_says_so():
    given = abm.projected_survival(abm.ShiftedBetaGeometric(alpha=1, beta=3), [1])
    assert Fragment(given._repr_html_()).rows == [["1", "0.75", "none"]]
    never = abm.payback_months(1000, 100, margin=0.7, survival=[1, 0])
    assert Fragment(never._repr_html_()).rows[0][1] == never.note
    assert Fragment(never._repr_html_()).rows[2] == ["with customers leaving", "yes"]
    short = abm.trend(abm.open_rate(abm.Emails(account=1, delivered=9, opened=[1, 2]), by={"m": [1, 2]}))
    assert [row[1] for row in Fragment(short._repr_html_()).rows][1:5] == [
        "undefined",
        "none",
        "undefined",
        "undefined",
    ]
    rising = abm.trend(
        abm.open_rate(abm.Emails(account=range(6), delivered=99, opened=range(40, 46)), by={"m": range(6)})
    )
    assert Fragment(rising._repr_html_()).rows[3][1] == f"{100 * rising.relative_change:+.1f} %"
    idle = abm.Activities(account=["A", "B"], kind="demo", at=["2026-01-01", "2026-03-01"], minutes=[0, 90])
    rule = abm.QualificationRule(minutes=60, within_days=30)
    told = Fragment(abm.qualified_accounts(idle, rule, as_of="2026-03-10")._repr_html_())
    assert told.captions == ["1 of 2 accounts qualified as of 2026-03-10"]
    assert told.rows[0][:2] == ["A", "no"]
    assert told.rows[0][5] == ""
    going_on = Fragment(abm.qualification_history(idle, rule, as_of="2026-03-10")._repr_html_())
    assert going_on.rows == [["B", "2026-03-01", ""]]
    one = Fragment(abm.engagement_history(idle, dates=["2026-03-01"], half_life_days=30)._repr_html_())
    assert one.notes == []


def test_cohorts_leave_out_what_was_not_seen():
    history = abm.RevenueHistory(account=["A", "B"], period=["2026-01-01", "2026-02-01"], amount=[4, 8])
    page = Fragment(abm.cohort_retention(history, unit="month")._repr_html_())
    assert page.rows == [
        ["2026-01", "1", "100.0 %", "0.0 %"],
        ["2026-02", "1", "100.0 %", ""],
        ["2026-01", "1", "1.00", "0.00"],
        ["2026-02", "1", "1.00", ""],
    ]


def test_survival_is_drawn_from_0_to_1():
    tenures = abm.Tenures(account=range(8), tenure=range(1, 9), ended=[1, 0] * 4)
    curve = abm.survival_curve(tenures)
    html = curve._repr_html_()
    page = Fragment(html)
    assert circles(page) == pytest.approx([6 + 108 * float(share) for share in curve.survival[0]], abs=0.06)
    assert page.rows[0] == ["1", "87.5 %", "38.7 % to 98.1 %", "8", "1"]
    bins = RESULTS["HealthValidation"]
    assert circles(Fragment(bins._repr_html_())) == [78, 42]


def test_journeys_say_how_they_ended_and_what_is_in_none():
    deals = abm.Opportunities(
        account=["A", "B", "C"],
        outcome=["won", "lost", "open"],
        created="2026-01-01",
        closed=["2026-02-01", "2026-02-02", None],
    )
    touches = abm.Touches(account=["A", "B", "D"], campaign=["x", "y", "z"], at="2026-01-10")
    page = Fragment(abm.build_journeys(touches, deals, lookback_days=90)._repr_html_())
    assert page.captions == ["2 journeys: 1 converted, 1 lost"]
    assert page.rows == [["x", "1", "1"], ["y", "1", "1"], ["z", "0", "0"]]
    assert page.notes[-2:] == ["deals left out because they are open: 1", "touches of accounts without a deal: 1"]


def test_programmes_count_accounts_where_there_are_any():
    scores = abm.SurveyScores(score=[1, 2])
    mails = abm.Emails.from_frame({"account": ["A", None], "delivered": [1, 1]}, missing="separate")
    page = Fragment(abm.Program(name="x", survey_scores=scores, emails=mails)._repr_html_())
    assert page.rows == [["emails", "Emails", "2", "1"], ["survey_scores", "SurveyScores", "2", ""]]
    assert page.captions == ["programme: x"]
