"""The scorecard's page: what stands where, and that a reader is told what moved."""

import importlib.util

import attrs
import numpy as np
import pytest

from abmmetrics import _definitions, _entries, _kpi_list, _pictures, _scorecard_page, synthetic
from abmmetrics.email import Emails
from abmmetrics.enps import PulseInvitations
from abmmetrics.opportunities import Opportunities
from abmmetrics.program import Program, read_program
from abmmetrics.recurring import RecurringRevenue
from abmmetrics.scorecards import scorecard
from abmmetrics.surveys import SurveyScores
from tests.fragment import Fragment


@pytest.fixture(scope="module")
def world():
    return synthetic.program(accounts=60, seed=4)


@pytest.fixture(scope="module")
def card(world):
    return scorecard(world.where("year", "2025", others="keep"), baseline=world.where("year", "2024"))


@pytest.fixture(scope="module")
def page(card):
    return Fragment(card.to_html(pictures=False))


def mails(opened, bounced, name="now"):
    accounts = np.repeat(np.arange(40), 5)
    table = Emails(account=accounts, sent=10, delivered=10, opened=opened, bounced=bounced)
    return Program(name=name, emails=table)


# --- the summary


def test_the_summary_says_what_got_better_and_worse():
    better = scorecard(mails(6, 0), baseline=mails(4, 0, "before")).to_html()
    assert "Of 3 figures compared (with before), 0 clearly got worse, 1 clearly got better, and 2 did not" in better
    assert "By chance alone about 1 would stand out" in better
    assert "<strong>Open rate</strong> rose from 40.00 % to 60.00 %" in better
    assert '<li class="good"><span aria-hidden="true">▲</span> <strong>Open rate' in better
    assert "<li>Nothing clearly did.</li>" in better
    worse = scorecard(mails(4, 0), baseline=mails(6, 0, "before")).to_html()
    assert '<li class="bad"><span aria-hidden="true">▼</span> <strong>Open rate</strong> fell from 60.00 %' in worse


def test_less_of_what_nobody_wants_is_better():
    fewer = scorecard(mails(4, [0, 1] * 100), baseline=mails(4, [3, 4] * 100, "before")).to_html(pictures=False)
    assert '<li class="good"><span aria-hidden="true">▼</span> <strong>Bounce rate</strong> fell' in fewer
    more = scorecard(mails(4, [3, 4] * 100), baseline=mails(4, [0, 1] * 100, "before")).to_html(pictures=False)
    assert '<li class="bad"><span aria-hidden="true">▲</span> <strong>Bounce rate</strong> rose' in more
    lower = {kpi.title for kpi in _kpi_list.KPIS if kpi.lower_is_better}
    assert lower == {
        "Bounce rate",
        "Unsubscribe rate",
        "Spam complaint rate",
        "Forms given up of those begun",
        "Median days in the first stage",
        "Sales cycle",
        "Contraction",
        "Cost per account engaged",
        "Cost per opportunity",
        "Cost per customer",
    }


def test_cards_are_the_headlines_with_the_latest_year(card, page):
    titles = [kpi.title for kpi in _kpi_list.KPIS if kpi.headline]
    contents = card._contents()
    assert [entry.title for entry in contents.headlines] == titles
    assert len(titles) == 8
    won = contents.headlines[titles.index("Revenue won")]
    assert won is next(entry for entry in card.year_over_year if entry.title == "Revenue won")
    assert "Revenue won, 2025" in page.text
    score = contents.headlines[titles.index("Net promoter score")]
    assert score in card.entries
    assert "EUR" in next(note for note in page.notes if note.startswith("Open pipeline"))


def test_where_there_are_few_headlines_other_figures_fill_the_cards():
    contents = scorecard(mails(4, 1))._contents()
    assert [entry.title for entry in contents.headlines] == ["Delivery rate", "Open rate", "Bounce rate"]
    deals = Opportunities(account=[1, 2, 3], outcome=["won", "lost", "open"], amount=[5, 5, None])
    few = scorecard(Program(name="x", opportunities=deals))._contents()
    assert [entry.title for entry in few.headlines] == [
        "Win rate",
        "Revenue won",
        "Opportunities created",
        "Win rate by value",
    ]
    # A figure that rests on nobody is no headline.
    unpriced = Opportunities(
        account=[1, 2], outcome=["won", "lost"], created="2026-01-01", closed="2026-02-01", amount=5
    )
    none_open = scorecard(Program(name="x", opportunities=unpriced, as_of="2026-03-01"))._contents()
    assert "Open pipeline" not in [entry.title for entry in none_open.headlines]


def test_a_figure_without_a_headline_says_so():
    empty = Fragment(scorecard(Program(name="Nothing")).to_html())
    assert "There are no figures to show." in empty.text
    assert "Nothing to compare with: with a baseline" in empty.text
    assert [value for _, name, value in empty.attributes if name == "href"] == ["#figures", "#part-1", "#part-2"]


def test_years_count_among_what_is_compared_once():
    days = np.repeat(np.array(["2024-03-01", "2025-03-01"], dtype="datetime64[D]"), 40)
    deals = Opportunities(
        account=np.arange(80),
        outcome=["won"] * 10 + ["lost"] * 30 + ["won"] * 30 + ["lost"] * 10,
        created="2024-01-01",
        closed=days,
    )
    program = Program(name="x", opportunities=deals, as_of="2025-12-31")
    alone = scorecard(program)
    assert [entry.title for entry in alone._contents().compared] == ["Deals won", "New customers", "Win rate"]
    told = alone.to_html(pictures=False)
    assert "Of 3 figures compared (2025 against 2024), 0 clearly got worse, 3 clearly got better" in told
    both = scorecard(program, baseline=program)._contents()
    titles = [entry.title for entry in both.compared]
    assert len(titles) == len(set(titles))
    assert next(entry for entry in both.compared if entry.title == "Win rate") in both.entries
    assert "New customers" in titles


def test_findings_are_counted_and_many_wait_to_be_asked_for():
    few = scorecard(Program(name="x", findings=["one", "two", "three", "four"])).to_html()
    assert "What to know about the data: 4 findings</h3>\n<ul><li>one</li>" in few
    many = scorecard(Program(name="x", findings=list("abcde"))).to_html()
    assert "5 findings</h3>\n<details class=notes><summary>Show the findings</summary>" in many
    assert "What to know" not in scorecard(Program(name="x")).to_html()


@attrs.frozen
class Remark:
    """A finding that is no text."""

    rows: int

    def __str__(self):
        return f"<{self.rows}> rows"


def test_findings_may_be_more_than_text():
    found = attrs.evolve(scorecard(Program(name="x")), findings=(Remark(3),))
    assert "&lt;3&gt; rows" in found.to_html()


# --- the parts


def test_parts_are_linked_and_in_order(card, page):
    families = list(dict.fromkeys(entry.family for entry in card.entries))
    families += [part.block().title for part in card.parts]
    titles = ["Summary", "Year over year", *families, "KPIs to ignore, and what to watch instead", "Not shown, and why"]
    links = [note for note in page.notes if note in {*titles, "The data"}]
    assert links == [*titles, "The data"]


def test_tables_tell_each_figure_with_what_it_rests_on_and_its_change(card, page):
    entry = next(entry for entry in card.entries if entry.title == "Click rate")
    (row,) = [row for row in page.rows if row[0].startswith("Click rate /")]
    cell, word = _entries.change_cells(entry.change)
    change, span = cell.split(" (")
    assert row[0] == f"Click rate / {_entries.rests_on(entry.estimate, 0)}"
    assert row[1:4] == [
        _entries.value_text(entry.estimate, 0),
        _entries.interval_text(entry.estimate, 0),
        _entries.value_text(entry.baseline, 0),
    ]
    arrow = {"up": "▲ ", "down": "▼ "}.get(word, "")
    assert row[4] == f"{arrow}{change}: {word} / {span.removesuffix(')')}"
    assert ["KPI", "value", "95 % interval", "before", "change and its interval"] in page.heads


def test_a_family_without_a_baseline_has_no_columns_for_it(page):
    assert ["KPI", "value", "95 % interval"] in page.heads
    lonely = scorecard(mails(4, 1), baseline=Program(name="before"))
    assert Fragment(lonely.to_html(pictures=False)).heads[0] == ["KPI", "value", "95 % interval"]


def test_a_baseline_in_another_scale_is_shown_without_a_change():
    now = Program(name="x", survey_scores=SurveyScores(score=[5, 3, 4], scale=(1, 5)))
    before = Program(name="y", survey_scores=SurveyScores(score=[9, 3, 10]))
    found = Fragment(scorecard(now, baseline=before).to_html(pictures=False))
    rows = {row[0].split(" / ")[0]: row for row in found.rows if len(row) == 5}
    assert rows["Net promoter score"][3:] == ["+33.3", ""]
    assert rows["Satisfied customers"][3:] == ["", ""]


def test_nothing_of_the_suppressed_is_drawn():
    asked = Program(name="x", pulse_invitations=PulseInvitations(employee=["a", "b"], responded=[1, 0]))
    html = scorecard(asked).to_html(pictures=False)
    assert [row for row in Fragment(html).rows if row[0] == "Participation in surveys"] == [
        ["Participation in surveys", "suppressed", ""]
    ]
    assert "<circle" not in html
    teams = ["Large"] * 8 + ["Other"] * 7 + ["Tiny"] * 3
    scores = SurveyScores(score=[9] * 4 + [5] * 4 + [8] * 7 + [1] * 3, scale=(1, 10), segments={"team": teams})
    told = Fragment(scorecard(Program(name="x", employee_scores=scores), by="team").to_html(pictures=False))
    assert ["Tiny", "suppressed", ""] in told.rows


def test_a_change_without_an_interval_is_told_without_a_verdict():
    one = Opportunities(account=[1, 1], outcome=["won", "lost"])
    two = Opportunities(account=[1, 1, 1], outcome=["won", "lost", "lost"])
    programs = [Program(name="x", opportunities=deals) for deals in (one, two)]
    found = scorecard(programs[0], baseline=programs[1])
    (row,) = [row for row in Fragment(found.to_html(pictures=False)).rows if row[0].startswith("Win rate /")]
    assert row[4] == "+16.7 pp"
    assert "+16.7 pp: no interval<small>33.33 % before</small>" in found.to_html(pictures=False)
    assert "95 % interval" in found.to_html(pictures=False)
    assert "<br>no interval</small>" in found.to_html(pictures=False)


def test_small_changes_keep_digits_and_parts_of_deals_are_not_told():
    deals = Opportunities(account=np.arange(100), outcome="won")
    counts = next(
        e for e in scorecard(Program(name="x", opportunities=deals)).entries if e.title == "Deals won"
    ).estimate
    wide = attrs.evolve(counts, low=np.array([10.4]), high=np.array([12.6]))
    assert _entries.interval_text(wide, 0) == "10 to 13"
    assert (
        _entries.interval_text(attrs.evolve(wide, low=np.array([9.94]), high=np.array([np.inf])), 0)
        == "9.94 to no limit"
    )
    found = scorecard(mails(4, 1), baseline=mails(4, 1, "before"))
    (rate,) = [entry for entry in found.entries if entry.title == "Open rate"]
    tiny = attrs.evolve(
        rate.change,
        difference=np.array([0.00042]),
        difference_low=np.array([-0.0004]),
        difference_high=np.array([0.002]),
    )
    assert _entries.change_cells(tiny)[0] == "+0.042 pp (-0.04 to +0.2)"


# --- definitions


def test_every_figure_is_defined_in_words(page, card):
    for entry in (*card.entries, *card.ignored):
        found = _definitions.definition(entry.line)
        assert found.formula, entry.title
        assert found.leaves_out, entry.title
    assert "open rate = Σ opened / Σ delivered" in page.text
    assert "In Python: open_rate(machine_opens='exclude')" in page.text
    assert ":func:" not in page.text
    assert "``" not in page.text


def test_a_definition_is_the_docstring_up_to_its_arguments():
    kpi = next(kpi for kpi in _kpi_list.KPIS if kpi.title == "Reply rate")
    assert _definitions.definition(kpi) == _definitions.Definition(
        function="reply_rate",
        meaning="Share of mails that were answered.",
        formula=("reply rate = Σ replied / Σ delivered.",),
        leaves_out="what the answer said; automatic replies count unless they were taken out before.",
        options="",
    )
    within = next(kpi for kpi in _kpi_list.KPIS if kpi.title.startswith("Accounts with 10 minutes"))
    assert _definitions.definition(within).options == "minimum_minutes=10, within_days=90"
    rule = next(kpi for kpi in _kpi_list.KPIS if "Engagio" in kpi.title)
    assert _definitions.definition(rule).options == ""
    wrapped = [kpi for kpi in _kpi_list.KPIS if kpi.function.__name__.startswith("_")]
    assert wrapped == []


def _bare(table):
    return table


def _plain(table):
    """Say what it is."""
    return table


def test_code_without_docstrings_has_no_definitions(monkeypatch):
    kpi = next(kpi for kpi in _kpi_list.KPIS if kpi.title == "Reply rate")
    assert _definitions.definition(attrs.evolve(kpi, function=_bare)) is None
    plain = _definitions.definition(attrs.evolve(kpi, function=_plain))
    assert (plain.meaning, plain.formula, plain.leaves_out) == ("Say what it is.", (), "")
    monkeypatch.setattr(_definitions, "definition", lambda _: None)
    assert "How these figures are defined" not in scorecard(mails(4, 1)).to_html(pictures=False)
    monkeypatch.setattr(_definitions, "definition", lambda _: plain)
    assert "<p>Say what it is.</p><p>In Python: <code>_plain</code></p>" in scorecard(mails(4, 1)).to_html(
        pictures=False
    )


def test_docstrings_are_written_as_html():
    told = _definitions.as_html('a < b: :func:`~abmmetrics.open_rate`, :class:`Emails` and ``by="x"`` or `seed`')
    assert told == (
        "a &lt; b: <code>open_rate</code>, <code>Emails</code> and <code>by=&quot;x&quot;</code> or <code>seed</code>"
    )


# --- in notebooks


def test_notebooks_show_every_table_without_the_page_around(card):
    found = Fragment(card._repr_html_())
    families = list(dict.fromkeys(entry.family for entry in card.entries))
    assert found.captions[: len(families)] == families
    assert found.captions[len(families) : len(families) + 2] == [
        "Year over year: 2025 against 2024",
        "KPIs to ignore, and what to watch instead",
    ]
    parts = [part.block() for part in card.parts]
    assert found.captions[len(families) + 2 :] == [
        *(entry.title for entry in card.breakdowns),
        *(part.title for part in parts),
    ]
    assert list(parts[0].rows[0]) in found.rows
    assert set(parts[0].remarks) <= set(found.notes)
    assert "Scorecard: Synthetic programme" in found.text
    assert "Synthetic data: a world made up" in found.text
    assert any(note.startswith("not shown: Satisfied customers") for note in found.notes)
    bare = Fragment(scorecard(mails(4, 1))._repr_html_())
    assert bare.captions == ["E-mail"]


# --- pictures


@pytest.fixture(scope="module")
def drawn(world):
    pytest.importorskip("matplotlib", reason="there is no matplotlib to draw with")
    return list(_pictures.pictures(attrs.evolve(world, by=("tier",))))


def test_pictures_show_what_the_tables_hold(drawn):
    assert [(picture.family, picture.title) for picture in drawn] == [
        ("E-mail", "Click rate by month"),
        ("Content", "Engagement by asset"),
        ("Pipeline", "How far deals came"),
        ("Pipeline", "What became of deals in 90 days"),
        ("Sales", "Win rate by quarter of the close"),
        ("Attribution", "Share of the revenue won that each campaign gets, by three models, 90 days back"),
        ("Customers", "From the opening to the closing revenue"),
        ("Customers", "Answers behind the net promoter score, by tier"),
        ("Employees", "Answers behind the employee net promoter score"),
        ("Return", "Return on cost by campaign"),
    ]
    for picture in drawn:
        found = Fragment(picture.svg)
        words = next(value for tag, name, value in found.attributes if (tag, name) == ("svg", "aria-label"))
        assert words.startswith(f"{picture.title}: ")
        assert len(words) <= 402
        assert picture.how_to_read.startswith("How to read it: ")
        assert "  " not in picture.how_to_read
    assert any(" …" in picture.svg for picture in drawn)


def test_pictures_stand_in_their_family(card, drawn):
    contents = attrs.evolve(card._contents(), pictures=tuple(drawn))
    html = _scorecard_page.page(contents)
    assert html.count("<figure>") == len(drawn)
    assert html.index(f">{card.parts[0].block().title}</h2>") < html.index(f'aria-label="{drawn[5].title}')
    assert (
        html.index('id="title-4">E-mail') < html.index('aria-label="Click rate by month"') < html.index(">Website</h2>")
    )
    assert "How to read this picture</summary>\n<p>the title gives the verdict" in html
    assert len(html.encode()) < 1_000_000
    silent = attrs.evolve(contents, pictures=(attrs.evolve(drawn[0], how_to_read=""),))
    assert "figcaption>" not in _scorecard_page.page(silent)
    ids = [value for _, name, value in Fragment(html).attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_the_page_is_drawn_only_where_asked_and_possible(monkeypatch):
    pytest.importorskip("matplotlib", reason="there is no matplotlib to draw with")
    scores = SurveyScores(score=[9, 3, 10, 8])
    found = scorecard(Program(name="x", survey_scores=scores))
    assert found.to_html().count("<figure>") == 1
    assert "<figure>" not in found.to_html(pictures=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert not _pictures.available()
    assert "<figure>" not in found.to_html()


def titles(program):
    pytest.importorskip("matplotlib", reason="there is no matplotlib to draw with")
    return [picture.title for picture in _pictures.pictures(program)]


def test_what_the_data_cannot_show_is_left_out():
    assert titles(Program(name="x")) == []
    assert titles(mails(4, 1)) == []
    deals = Opportunities(account=[1, 2], outcome=["won", "lost"])
    assert titles(Program(name="x", opportunities=deals)) == []
    segmented = Emails(account=[1, 2], delivered=5, opened=2, segments={"quarter": ["2026-Q1", "2026-Q2"]})
    assert titles(Program(name="x", emails=segmented)) == []  # nobody counted clicks
    clicked = Emails(account=[1, 2], delivered=5, clicked=2, segments={"quarter": ["2026-Q1", "2026-Q2"]})
    assert titles(Program(name="x", emails=clicked)) == ["Click rate by quarter"]
    once = RecurringRevenue(account=[1, 2], opening=[5, 6], closing=[5, 7], paid_before=[1, 1])
    again = RecurringRevenue(account=[1, 2], opening=[5, 6], closing=[5, 7])
    for revenue in (once, again):
        assert titles(Program(name="x", recurring_revenue=revenue)) == ["From the opening to the closing revenue"]
    whole = Program(name="x", survey_scores=SurveyScores(score=[9, 3, 10]), by=["tier"])
    assert titles(whole) == ["Answers behind the net promoter score"]


def test_stages_are_drawn_as_far_as_the_programme_names_them(world):
    history = world.stage_history
    assert titles(Program(name="x", stage_history=history)) == []
    assert titles(Program(name="x", stage_history=history, stages=["Won"])) == []
    named = Program(name="x", stage_history=history, stages=world.stages, lost_stages=world.lost_stages)
    assert titles(named) == ["How far deals came"]


def test_a_real_pipeline_is_drawn(shared_data):
    toml = f"{__file__.rpartition('/')[0]}/data/crm_program/program.toml"
    crm = read_program(shared_data / "crm", toml)
    assert titles(crm) == ["Win rate by quarter of the close"]
    page = Fragment(scorecard(crm).to_html(pictures=False))
    assert "Undefined: no deal closed in 2016" in page.text
    assert "Of 433 open deals none has an amount: the open pipeline is larger than it reads." in page.notes
