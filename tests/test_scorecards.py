import html
import math
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from abmmetrics import _entries, _kpi_list, _page, intervals, synthetic, winrate
from abmmetrics._findings import findings
from abmmetrics.comparison import change
from abmmetrics.email import Emails, click_rate, open_rate
from abmmetrics.enps import PulseInvitations
from abmmetrics.errors import MetricInputError
from abmmetrics.opportunities import Opportunities
from abmmetrics.program import Program, read_program
from abmmetrics.recurring import RecurringRevenue
from abmmetrics.roi import CampaignResults
from abmmetrics.scorecards import scorecard
from abmmetrics.surveys import SurveyScores
from abmmetrics.targets import TargetAccounts

ACCOUNTS = ["A", "B", "C", "D", "E", "F"]


def deals(**columns):
    given = {
        "account": ACCOUNTS,
        "outcome": ["won", "won", "lost", "won", "won", "open"],
        "created": "2024-01-01",
        "closed": ["2024-03-01", "2024-05-01", "2025-02-01", "2025-03-01", "2025-06-30", None],
        "amount": [10, 20, 30, 40, 50, 60],
    }
    return Opportunities(**{**given, **columns})


@pytest.fixture(scope="module")
def sample():
    """The scorecard of a made-up programme, with a baseline."""
    world = synthetic.program(accounts=40, seed=4)
    return scorecard(world.where("year", "2025", others="keep"), baseline=world.where("year", "2024"))


def both_years(card):
    """The figures of the year before and the latest, by title."""
    return {found.title: (float(found.baseline), float(found.estimate)) for found in card.year_over_year}


def entry(card, title, part="entries"):
    (found,) = [entry for entry in getattr(card, part) if entry.title == title]
    return found


# --- which figures


def test_every_kpi_whose_table_is_there_by_family():
    card = scorecard(Program(name="x", opportunities=deals(), as_of="2025-12-31", quota=120))
    assert [(found.family, found.title) for found in card.entries] == [
        ("Pipeline", "Opportunities created"),
        ("Pipeline", "Open pipeline"),
        ("Pipeline", "Pipeline coverage"),
        ("Pipeline", "Sales velocity (money per day)"),
        ("Sales", "Win rate"),
        ("Sales", "Win probability within 180 days"),
        ("Sales", "Win rate by value"),
        ("Sales", "Average deal size"),
        ("Sales", "Deals won"),
        ("Sales", "Revenue won"),
        ("Sales", "Customers won"),
    ]
    assert [found.title for found in card.ignored] == ["Sales cycle"]
    assert card.not_shown == ()
    figures = {found.title: float(found.estimate) for found in card.entries}
    assert figures["Win rate"] == 0.8
    assert figures["Revenue won"] == 120
    assert figures["Pipeline coverage"] == 0.5
    assert all(found.baseline is None and found.change is None for found in card.entries)


def test_the_sample_has_every_kpi_of_the_list_but_satisfaction(sample):
    shown = {found.title for found in (*sample.entries, *sample.ignored)}
    assert {kpi.title for kpi in _kpi_list.KPIS} - shown == {"Satisfied customers"}
    assert sample.not_shown == ("Satisfied customers: vendors agree who is satisfied only on a scale from 1 to 5",)


def test_the_title_says_the_variant_and_the_note_both_bounds(sample):
    shown = {found.title: found for found in sample.entries}
    rates = [shown["Open rate"], shown["Open rate without machines"]]
    assert rates[1].estimate.remarks[0] == "variant: without machine opens"
    assert rates[0].notes == rates[1].notes
    assert "what people opened lies between" in rates[0].notes[0]
    assert "variant: " not in str(sample)


def test_satisfaction_is_shown_on_its_scale():
    card = scorecard(Program(name="x", survey_scores=SurveyScores(score=[5, 4, 3, 1], scale=(1, 5))))
    assert float(entry(card, "Satisfied customers").estimate) == 0.5


def test_what_the_data_cannot_tell_is_listed_with_the_reason():
    emails = Emails(account=["A", "B"], delivered=[10, 20], opened=[3, 4])
    card = scorecard(Program(name="x", emails=emails, opportunities=Opportunities(account=["A"], outcome="open")))
    assert [found.title for found in card.entries[:1]] == ["Open rate"]
    assert "Reply rate: Emails must have the column replied for this KPI; got ['account', 'delivered', 'opened']" in (
        card.not_shown
    )
    assert "Open pipeline: the programme does not say its as_of" in card.not_shown
    assert "Pipeline coverage: the programme does not say its as_of and quota" in card.not_shown


def test_an_empty_programme_makes_an_empty_page():
    card = scorecard(Program(name="Nothing"))
    assert card.entries == card.ignored == card.year_over_year == card.breakdowns == ()
    assert str(card).startswith("Scorecard: Nothing\n")
    assert card.to_dict() == {}


def test_the_confidence_is_that_of_every_interval():
    card = scorecard(Program(name="x", opportunities=deals()), confidence=0.8)
    everything = (*card.entries, *card.ignored, *card.year_over_year)
    assert {found.estimate.confidence for found in everything} == {0.8}
    assert "80 % interval" in str(card)
    years = scorecard(Program(name="x", opportunities=deals(), as_of="2025-12-31"), confidence=0.8)
    assert "once in 5 figures" in " ".join(str(years).split())
    with pytest.raises(MetricInputError) as refused:
        scorecard(Program(name="x"), confidence=95)
    assert str(refused.value) == "confidence must be a number in (0, 1); got 95"


# --- baselines


def test_a_baseline_gives_each_figure_its_change_with_accounts_paired():
    mails = Emails(
        account=ACCOUNTS * 2,
        delivered=[20] * 12,
        opened=[4, 5, 6, 7, 8, 9, 6, 8, 9, 9, 11, 13],
        segments={"year": [2025] * 6 + [2026] * 6},
    )
    programme = Program(name="Mails", emails=mails)
    card = scorecard(programme.where("year", 2026), baseline=programme.where("year", 2025))
    found = entry(card, "Open rate")
    expected = change(open_rate(mails, by="year"), baseline=2025)
    assert float(found.baseline) == 39 / 120
    assert found.change.difference[0] == pytest.approx(17 / 120)
    assert found.change.accounts_in_both[0] == 6
    assert found.change.p_value[0] == pytest.approx(expected.p_value[0])
    told = card.to_dict()
    assert told["baseline"][0] == 39 / 120
    assert told["difference_low"][0] == pytest.approx(expected.difference_low[0])
    assert "Baseline: Mails, year 2025." in str(card)


def test_a_baseline_without_the_table_gives_no_change():
    card = scorecard(Program(name="x", opportunities=deals()), baseline=Program(name="y"))
    assert {(found.baseline, found.change) for found in card.entries} == {(None, None)}
    assert math.isnan(card.to_dict()["difference"][0])


def test_a_baseline_that_cannot_be_compared_is_listed():
    now = Program(name="x", survey_scores=SurveyScores(score=[9, 3, 10]))
    before = Program(name="y", survey_scores=SurveyScores(score=[5, 3, 4], scale=(1, 5)))
    card = scorecard(now, baseline=before)
    assert entry(card, "Net promoter score").change is None
    (said,) = [reason for reason in card.not_shown if reason.startswith("Net promoter score, change")]
    assert said.startswith("Net promoter score, change from the baseline: baseline must be on the same scale")


# --- year over year


def test_the_latest_fiscal_year_is_compared_with_the_one_before():
    card = scorecard(Program(name="x", opportunities=deals(), as_of="2025-12-31"))
    told = both_years(card)
    assert told == {"Revenue won": (30, 90), "Deals won": (2, 2), "New customers": (2, 2), "Win rate": (1.0, 2 / 3)}
    assert entry(card, "Revenue won", "year_over_year").change.relative[0] == pytest.approx(2.0)
    assert all(not found.estimate.excluded for found in card.year_over_year)
    assert "Year over year: 2025 against 2024" in str(card)


def test_an_unfinished_year_is_compared_up_to_the_same_day():
    card = scorecard(Program(name="x", opportunities=deals(), as_of="2025-03-01"))
    told = both_years(card)
    # Of 2024 only the deal closed on 1 March counts.
    assert told["Revenue won"] == (10, 40)
    assert "Year over year: 2025 to 2025-03-01 against 2024 to 2024-03-01" in str(card)


def test_the_fiscal_year_begins_where_the_programme_says():
    card = scorecard(Program(name="x", opportunities=deals(), as_of="2025-03-31", fiscal_start=4))
    told = both_years(card)
    assert told["Revenue won"] == (10, 60)
    assert "Year over year: FY2024/25 against FY2023/24" in str(card)


@pytest.mark.parametrize(
    ("as_of", "fiscal_start", "names"),
    [
        ("2025-02-28", 3, ("FY2023/24", "FY2024/25")),  # the year before ends on 29 February
        ("2024-02-29", 3, ("FY2022/23", "FY2023/24")),
        ("2025-02-27", 3, ("FY2023/24 to 2024-02-27", "FY2024/25 to 2025-02-27")),
        ("2024-02-29", 1, ("2023 to 2023-02-28", "2024 to 2024-02-29")),
        ("2025-04-30", 1, ("2024 to 2024-04-30", "2025 to 2025-04-30")),
    ],
)
def test_months_ends_meet_months_ends(as_of, fiscal_start, names):
    days = np.arange("2022-01-01", "2026-01-01", dtype="datetime64[D]")
    table = Opportunities(account=np.arange(len(days)), outcome="won", created="2022-01-01", closed=days)
    card = scorecard(Program(name="x", opportunities=table, as_of=as_of, fiscal_start=fiscal_start))
    found = entry(card, "Deals won", "year_over_year")
    assert (found.baseline.labels[0], found.estimate.labels[0]) == names
    begin = np.datetime64(f"{int(as_of[:4]) - (fiscal_start > int(as_of[5:7]))}-{fiscal_start:02d}-01")
    assert float(found.estimate) == (np.datetime64(as_of) - begin) / np.timedelta64(1, "D") + 1


def test_without_a_day_the_last_close_ends_the_year():
    card = scorecard(Program(name="x", opportunities=deals()))
    found = entry(card, "Revenue won", "year_over_year")
    assert (found.baseline.labels[0], found.estimate.labels[0]) == ("2024 to 2024-06-30", "2025 to 2025-06-30")


@pytest.mark.parametrize(
    ("as_of", "note"),
    [
        ("2024-12-31", "Undefined: no deal closed in 2023, so there is nothing to compare 2024 with."),
        ("2026-12-31", "Undefined: no deal closed in 2026, so there is nothing to compare 2025 with."),
    ],
)
def test_it_says_why_there_is_no_year_over_year(as_of, note):
    card = scorecard(Program(name="x", opportunities=deals(), as_of=as_of))
    assert card.year_over_year == ()
    assert card.years_note == note
    assert note in str(card)
    assert note in card.to_html()


def test_open_deals_alone_have_no_years():
    table = Opportunities(account=["A"], outcome="open", created="2026-01-01", closed=[None])
    card = scorecard(Program(name="x", opportunities=table))
    assert (card.year_over_year, card.years_note) == ((), "")


def test_deals_without_amounts_have_years_of_deals():
    card = scorecard(Program(name="x", opportunities=deals(amount=None), as_of="2025-12-31"))
    assert [found.title for found in card.year_over_year] == ["Deals won", "New customers", "Win rate"]
    assert any(reason.startswith("Year over year, Revenue won: ") for reason in card.not_shown)


# --- by segments


def test_figures_are_broken_down_by_the_segments_that_the_programme_names():
    table = deals(closed=None, segments={"product": ["X", "X", "X", "Y", "Y", "Y"]})
    programme = Program(name="x", opportunities=table, by=["product"])
    (found,) = scorecard(programme).breakdowns
    assert found.title == "Win rate by product"
    assert found.estimate.to_dict() == winrate.win_rate(table, by="product").to_dict()
    assert scorecard(programme, by=[]).breakdowns == ()
    assert "Win rate by product" in str(scorecard(programme, by="product"))


def test_the_target_accounts_lend_their_segments():
    targets = TargetAccounts(account=ACCOUNTS, segments={"tier": [1, 1, 1, 2, 2, 2]})
    scores = SurveyScores(score=[9, 3])
    programme = Program(name="x", target_accounts=targets, opportunities=deals(), survey_scores=scores)
    (found,) = scorecard(programme, by="tier").breakdowns
    assert [(label, float(rate)) for label, rate in found.estimate.items()] == [(1, 2 / 3), (2, 1.0)]


def test_a_segment_of_another_table_breaks_down_nothing_else():
    programme = Program(
        name="x", opportunities=deals(), survey_scores=SurveyScores(score=[9, 3], segments={"country": ["N", "P"]})
    )
    assert [found.title for found in scorecard(programme, by="country").breakdowns] == ["Net promoter score by country"]


def test_unknown_segments_are_refused():
    with pytest.raises(MetricInputError) as refused:
        scorecard(Program(name="x", opportunities=deals(segments={"product": "X"})), by="manager")
    assert str(refused.value) == "by must name segments of the programme, one of ['product']; got 'manager'"


def test_employees_are_broken_down_by_one_segment_only():
    scores = SurveyScores(
        score=[9, 8, 3] * 10,
        scale=(1, 10),
        segments={"team": ["North", "South"] * 15, "age": ["old"] * 15 + ["young"] * 15},
    )
    card = scorecard(Program(name="x", employee_scores=scores), by=["team", "age"])
    assert [found.title for found in card.breakdowns] == ["Employee net promoter score by team"]
    assert card.not_shown == (
        "Employee net promoter score by age: two groupings of the same people side by side could tell who said what",
    )


def test_nothing_of_a_suppressed_team_is_told():
    teams = ["Large"] * 8 + ["Other"] * 7 + ["Tiny"] * 3
    scores = SurveyScores(score=[9] * 4 + [5] * 4 + [8] * 7 + [1] * 3, scale=(1, 10), segments={"team": teams})
    card = scorecard(Program(name="x", employee_scores=scores), by="team")
    (found,) = card.breakdowns
    block = _entries.breakdown_block(found, 0.95)
    assert ("Tiny", "suppressed", "", "") in block.rows
    # Employees' tables are not counted among the data either.
    assert "Employee scores" not in str(card)


def test_suppressed_as_a_whole():
    card = scorecard(Program(name="x", pulse_invitations=PulseInvitations(employee=["a", "b"], responded=[1, 0])))
    (row,) = [line for line in str(card).splitlines() if line.startswith("Participation")]
    assert row.split() == ["Participation", "in", "surveys", "suppressed"]


def test_a_broken_down_kpi_needs_its_table_and_columns():
    emails = Emails(account=["A", "B"], delivered=[5, 6], opened=[2, 3], segments={"tier": [1, 2]})
    card = scorecard(Program(name="x", emails=emails), by="tier")
    assert card.breakdowns == ()
    (said,) = [reason for reason in card.not_shown if reason.startswith("Click rate by tier")]
    assert said == (
        "Click rate by tier: Emails must have the column clicked for this KPI; got ['account', 'delivered', 'opened']"
    )


# --- findings


def test_findings_of_the_deals():
    table = deals(amount=[10, None, 0, 40, 50, None])
    told = findings(Program(name="x", opportunities=table))
    assert told == [
        (
            "All 1 lost deals have the amount 0 or none, so a win rate by value would read 100 %: it is left undefined. "
            "Keep what a lost deal would have been worth."
        ),
        "Of 1 open deals none has an amount: the open pipeline is larger than it reads.",
        "1 of 4 won deals have no amount: the revenue won is larger than it reads.",
    ]
    more = deals(outcome=["won", "lost", "lost", "won", "open", "open"], closed=None, amount=[1, 0, 1, 2, 0, 3])
    assert findings(Program(name="x", opportunities=more)) == [
        "1 of 2 lost deals have the amount 0 or none, so a win rate by value reads too high.",
        "Of 2 open deals 1 has an amount: the open pipeline is larger than it reads.",
    ]
    assert findings(Program(name="x", opportunities=deals(amount=None))) == []


def test_findings_of_any_table():
    emails = Emails.from_frame({"account": ["A", None], "delivered": [1, 2]}, missing="separate")
    scores = SurveyScores.from_frame({"score": [1, None, None]}, missing="drop")
    programme = Program(name="x", emails=emails, survey_scores=scores, findings=["read so"])
    assert scorecard(programme).findings == (
        "read so",
        "2 rows of survey scores left out: missing score.",
        "1 of 2 e-mails have no account: each counts as an account of its own.",
    )


# --- the page


def lines_of(card):
    return str(card).splitlines()


def test_the_text_reads_like_a_page():
    table = deals(currency="EUR", segments={"product": ["X", "X", "X", "Y", "Y", "Y"]})
    card = scorecard(Program(name="Deals", opportunities=table, currency="EUR", as_of="2024-12-31", by=["product"]))
    told = lines_of(card)
    assert told[:3] == ["Scorecard: Deals", "================", "As of 2024-12-31. Amounts in EUR."]
    rate = next(line for line in told if line.startswith("Win rate "))
    assert rate.split("  ")[0] == "Win rate"
    assert "80.00 %" in rate
    assert "4 of 5; 5 accounts" in rate
    assert "Opportunities: open" in str(card)
    assert "* Sales cycle: a KPI to ignore; better: the win rate under a promotion (promotion_effect)" in told
    assert max(map(len, told)) <= 110
    assert repr(card) == str(card)
    # The currency stands above, not beside each figure.
    assert "scale of amounts" not in str(card)


def test_notes_that_several_figures_share_are_told_once():
    emails = Emails.from_frame(
        {"account": ["A", "B", None], "delivered": [10, 10, 10], "opened": [3, 4, 5], "clicked": [1, 1, 1]},
        missing="drop",
    )
    card = scorecard(Program(name="x", emails=emails))
    said = [line for line in lines_of(card) if "missing account" in line]
    assert said == [
        "* 1 row of e-mails left out: missing account.",
        "* Open rate, Click rate, Clicks for each open: left out: 1 row, missing account",
    ]


def test_made_up_data_are_said_to_be(sample):
    assert "Synthetic data: a world made up with known truth." in str(sample)
    assert "Synthetic" not in str(scorecard(Program(name="x")))


def moved(unit, value, base):
    """The cells that tell a change, of money or of a share."""
    estimate = {"money": winrate.revenue_won, "share": winrate.win_rate}[unit]
    return _entries.change_cells(change(estimate(value), baseline=estimate(base)))


def test_changes_of_shares_are_differences_and_of_money_relative():
    many = ["won"] * 30 + ["lost"] * 10
    now = Opportunities(account=np.arange(40), outcome=many, amount=200)
    before = Opportunities(account=np.arange(100, 140), outcome=many[::-1], amount=100)
    cells = moved("share", now, before)
    span = float(intervals.newcombe(30, 40, 30, 40).high)
    assert cells == (f"0.0 pp (-{100 * span:.1f} to +{100 * span:.1f})", "no clear change")
    cells = moved("money", now, before)
    assert cells[0].startswith("+100.0 % (+")
    assert cells[1] == "up"
    assert moved("money", before, now)[1] == "down"
    nothing = Opportunities(account=np.arange(3), outcome="lost", amount=5)
    # A relative change from nothing means nothing: the difference is told.
    assert moved("money", now, nothing)[0].startswith("+6,000")
    single = Opportunities(account=[1, 1], outcome=["won", "lost"], amount=5)
    assert moved("share", single, before) == ("-25.0 pp", "")
    empty = Opportunities(account=[1], outcome="open")
    assert moved("share", empty, before) == ("undefined", "")


def test_a_page_for_every_medium_tells_the_same_figures(sample):
    pages = (sample.to_markdown(), html.unescape(sample.to_html()), html.unescape(sample._repr_html_()))
    for page in (str(sample), *pages):
        for found in sample.entries:
            assert found.title in page
            assert _entries.told(found.estimate.value[0], found.estimate.unit) in page


class Outline(HTMLParser):
    """Collects tags, and fails on one that is closed but not open."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def outline(page):
    found = Outline()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def test_html_is_whole_escaped_and_needs_nothing_else():
    nasty = "<script>alert('x')</script>"
    table = deals(segments={nasty: [nasty, "b", "b", "b", "b", "b"]})
    programme = Program(name=nasty, opportunities=table, by=[nasty], findings=[nasty])
    card = scorecard(programme)
    for page in (card.to_html(), card._repr_html_()):
        found = outline(page)
        assert "script" not in found.tags
        assert html.escape(nasty) in page
        assert not [what for what in found.attributes if what[1] in {"src", "href"}]
        assert "http" not in page
        assert "@import" not in page
        assert "url(" not in page
    page = card.to_html()
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    found = outline(page)
    # Every row of every table is headed, and every table has its name.
    assert found.tags.count("tr") == page.count('<th scope="row">') + found.tags.count("thead")
    ids = [value for _, name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value for _, name, value in found.attributes if name == "aria-labelledby"} == set(ids)


def test_markdown_escapes_what_would_be_marked():
    card = scorecard(Program(name="a|b *c* `d` <e>", opportunities=deals()))
    told = card.to_markdown()
    assert told.startswith("# Scorecard: a\\|b \\*c\\* \\`d\\` \\<e\\>\n")
    assert (
        "|  | value | 95 % interval | rests on |\n| --- | ---: | ---: | ---: |\n| Opportunities created | 6 |" in told
    )
    assert "\n- Sales cycle: a KPI to ignore" in told


def test_a_page_without_anything():
    page = _page.Page(title="Empty")
    assert _page.as_text(page) == "Empty\n=====\n"
    assert _page.as_markdown(page) == "# Empty\n"


def test_to_dict_makes_one_row_for_each_figure():
    card = scorecard(Program(name="x", opportunities=deals(), as_of="2025-12-31"))
    told = card.to_dict()
    assert {len(values) for values in told.values()} == {len(card.entries) + len(card.ignored)}
    row = told["title"].index("Win rate")
    assert {name: told[name][row] for name in ("family", "part", "kpi", "unit", "value", "accounts", "status")} == {
        "family": "Sales",
        "part": "kpi",
        "kpi": "win_rate",
        "unit": "share",
        "value": 0.8,
        "accounts": 5,
        "status": "ok",
    }
    assert told["part"][told["title"].index("Sales cycle")] == "to ignore"


def test_shares_have_two_decimals():
    assert _entries.told(0.0004, "share") == "0.04 %"
    assert _entries.told(0.630247578, "share") == "63.02 %"
    assert _entries.told(math.nan, "share") == "undefined"
    assert _entries.told(12.0, "count") == "12"


def test_one_account_is_not_called_accounts():
    emails = Emails(account=["A", "A"], delivered=[4, 5], clicked=[1, 0])
    block = _entries.entries_block("x", scorecard(Program(name="x", emails=emails)).entries, 0.95, wide=False)
    assert ("Click rate", "11.11 %", "none", "1 of 9; 1 account") in block.rows
    assert float(click_rate(emails)) == pytest.approx(1 / 9)


# --- public data


@pytest.fixture(scope="module")
def crm(shared_data):
    return read_program(shared_data / "crm", Path(__file__).parent / "data" / "crm_program" / "program.toml")


def test_a_real_sales_pipeline(crm):
    card = scorecard(crm)
    outcomes = crm.opportunities.outcome
    assert len(crm.opportunities) == 2291
    assert [int((outcomes == word).sum()) for word in ("won", "lost", "open")] == [1171, 687, 433]
    assert float(entry(card, "Win rate").estimate) == pytest.approx(0.6302, abs=5e-5)
    assert float(entry(card, "Revenue won").estimate) == 3_090_594
    assert math.isnan(float(entry(card, "Win rate by value").estimate))
    assert card.years_note == "Undefined: no deal closed in 2016, so there is nothing to compare 2017 with."
    assert [found.title for found in card.breakdowns] == ["Win rate by product", "Win rate by manager"]
    by_product, by_manager = (found.estimate for found in card.breakdowns)
    told = by_manager.to_dict()
    assert "GTX Pro" in by_product.labels
    assert "GTXPro" not in by_product.labels
    assert by_manager.labels == ["Cara Losch", "Rocco Neubert"]
    assert list(zip(told["numerator"], told["denominator"], strict=True)) == [(480, 745), (691, 1113)]
    assert np.isfinite(by_manager.low).all()
    assert np.isfinite(by_manager.high).all()


def test_a_real_sales_pipeline_says_what_is_wrong_with_it(crm):
    assert scorecard(crm).findings == (
        (
            "All 687 lost deals have the amount 0 or none, so a win rate by value would read 100 %: it is left undefined. "
            "Keep what a lost deal would have been worth."
        ),
        "Of 433 open deals none has an amount: the open pipeline is larger than it reads.",
        "296 of 2,291 opportunities have no account: each counts as an account of its own.",
    )


def test_a_return_is_told_as_a_percentage_and_its_change_in_points():
    def campaigns(revenue):
        return CampaignResults(account=list("ABC"), campaign="Fair", cost=[10, 20, 30], revenue=revenue)

    card = scorecard(
        Program(name="now", campaign_results=campaigns([60, 45, 30]), margin=0.8),
        baseline=Program(name="before", campaign_results=campaigns([30, 15, 30]), margin=0.8),
    )
    found = entry(card, "Return on cost")
    assert (found.family, float(found.estimate)) == ("Return", pytest.approx(0.8))
    assert _entries.change_cells(found.change)[0].startswith("+80.0 pp (")
    assert "80.0 %" in str(card)
    silent = scorecard(Program(name="now", campaign_results=campaigns([60, 45, 30])))
    assert "Return on cost: the programme does not say its margin" in silent.not_shown


def test_retention_stands_among_the_customers():
    revenue = RecurringRevenue(account=list("ABC"), opening=[10, 20, 30], closing=[15, 15, 0])
    card = scorecard(Program(name="x", recurring_revenue=revenue))
    assert [(found.family, found.title) for found in card.entries] == [
        ("Customers", "Net revenue retention"),
        ("Customers", "Gross revenue retention"),
        ("Customers", "Customers kept"),
        ("Customers", "Expansion for each unit of revenue"),
        ("Customers", "Contraction"),
        ("Customers", "Gains for each unit lost"),
    ]
    assert len(card.not_shown) == 2
