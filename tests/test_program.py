import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abmmetrics.email import Emails
from abmmetrics.errors import MetricInputError
from abmmetrics.nps import net_promoter_score
from abmmetrics.opportunities import Opportunities
from abmmetrics.program import Program, models, read_program
from abmmetrics.surveys import SurveyScores
from abmmetrics.targets import Contacts, TargetAccounts

MAILS = "account,delivered,opened\nAcme,12,5\nBeta,10,4\n"
DEALS = """\
Id,Company,Stage,Opened,Closed,Value,Rep
1,Acme,Closed Won,2026-01-05,2026-03-20,12000.50,Ann
2,Acme,Closed Lost,2026-02-02,2026-03-02,0,Bob
3,,Proposal,2026-02-16,2026-09-30,,Cem
"""
DEALS_TOML = """\
[opportunities]
file = "deals.csv"
missing = "separate"

[opportunities.columns]
opportunity = "Id"
account = "Company"
outcome = "Stage"
created = "Opened"
closed = "Closed"
amount = "Value"

[opportunities.values.outcome]
won = ["Closed Won"]
lost = ["Closed Lost"]
open = ["Proposal", "Qualified"]

[opportunities.missing_where.closed]
outcome = ["open"]
"""


def read(folder: Path, file: Path | None = None) -> Any:
    """Read a programme of which the test knows which tables it has."""
    return read_program(folder, file)


@pytest.fixture
def folder(tmp_path):
    """Write files into a folder and return it."""

    def write(**files):
        for name, text in files.items():
            ending = "toml" if name == "program" else "csv"
            (tmp_path / f"{name}.{ending}").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def refusal(folder):
    with pytest.raises(MetricInputError) as refused:
        read_program(folder)
    return str(refused.value)


# --- the programme itself

DATES = "dates (datetime64, date objects or ISO text such as 2026-03-31)"


def test_a_programme_knows_its_tables_and_segments():
    emails = Emails(account=["A", "B"], delivered=[10, 20], opened=[4, 5], segments={"year": [2025, 2026]})
    targets = TargetAccounts(account=["A", "B"], segments={"tier": ["1", "2"]})
    programme = Program(name="Spring", emails=emails, target_accounts=targets, as_of="2026-03-31")
    assert list(programme.tables()) == ["target_accounts", "emails"]
    assert programme.segments() == ["tier", "year"]
    assert repr(programme) == "Program(Spring; target_accounts: 2 rows, emails: 2 rows)"
    assert programme.as_of == np.datetime64("2026-03-31")
    assert not programme.synthetic
    assert repr(Program(name="Nothing yet")) == "Program(Nothing yet; no tables)"


def test_every_table_of_a_programme_says_its_model():
    assert models()["employee_scores"] is SurveyScores
    assert list(models()) == [
        "target_accounts",
        "contacts",
        "emails",
        "web_visits",
        "forms",
        "content_views",
        "social_posts",
        "meetings",
        "meeting_log",
        "activities",
        "leads",
        "opportunities",
        "stage_history",
        "arm_outcomes",
        "touches",
        "recurring_revenue",
        "campaign_results",
        "campaign_costs",
        "purchases",
        "tenures",
        "survey_scores",
        "employee_scores",
        "pulse_invitations",
        "one_on_ones",
    ]
    assert Program(name="x").confidential() == ["employee_scores", "pulse_invitations", "one_on_ones"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"emails": [1, 2]}, "emails must be Emails; got list"),
        ({"fiscal_start": 13}, "fiscal_start must be a month from 1 to 12; got 13"),
        ({"quota": 0}, "quota must be a number in (0, inf); got 0"),
        ({"lead_threshold": "high"}, "lead_threshold must be a number in (-inf, inf); got 'high'"),
        ({"margin": 1.2}, "margin must be a number in (0, 1]; got 1.2"),
        ({"margin": 0}, "margin must be a number in (0, 1]; got 0"),
        ({"lookback_days": 0}, "lookback_days must be a number in (0, inf); got 0"),
        ({"discount_rate": 1}, "discount_rate must be a number in [0, 1); got 1"),
        ({"discount_rate": -0.1}, "discount_rate must be a number in [0, 1); got -0.1"),
        ({"promotion_start": "soon"}, f"promotion_start must be {DATES}; got 'soon' at row 0"),
        ({"promotion_end": "soon"}, f"promotion_end must be {DATES}; got 'soon' at row 0"),
        ({"as_of": "soon"}, f"as_of must be {DATES}; got 'soon' at row 0"),
    ],
)
def test_a_programme_refuses(given, message):
    with pytest.raises(MetricInputError) as refused:
        Program(name="x", **given)
    assert str(refused.value) == message


class TestWhere:
    emails = Emails(account=["A", "B"], delivered=[10, 20], segments={"year": [2025, 2026]})
    scores = SurveyScores(score=[9, 3], segments={"year": [2026, 2026]})
    targets = TargetAccounts(account=["A"])
    programme: Any = Program(name="All", emails=emails, survey_scores=scores, target_accounts=targets, findings=["one"])

    def test_tables_without_the_segment_are_left_out(self):
        part = self.programme.where("year", 2026)
        assert part.emails.account.to_list() == ["B"]
        assert len(part.survey_scores) == 2
        assert part.target_accounts is None
        assert part.name == "All, year 2026"
        assert part.findings == ("one",)

    def test_tables_without_the_segment_are_kept_and_it_says_so(self):
        part = self.programme.where("year", 2025, others="keep")
        assert (len(part.emails), len(part.survey_scores), len(part.target_accounts)) == (1, 0, 1)
        assert part.name == "All"
        assert part.findings == ("one", "Only year 2025 of emails, survey scores; the other tables are whole.")

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (("month", 1), "segment must be one of ['year']; got 'month'"),
            (("year", "2025"), "label must be one of [2025, 2026]; got '2025'"),
        ],
    )
    def test_what_is_not_there_is_refused(self, given, message):
        with pytest.raises(MetricInputError) as refused:
            self.programme.where(*given)
        assert str(refused.value) == message

    def test_unknown_option_is_refused(self):
        with pytest.raises(MetricInputError) as refused:
            self.programme.where("year", 2025, others="drop")
        assert str(refused.value) == "others must be one of ['keep', 'leave_out']; got 'drop'"

    def test_rows_without_a_label_are_in_no_part(self):
        table = self.emails.with_segments(TargetAccounts(account=["A"], segments={"tier": ["1"]}))
        part: Any = Program(name="x", emails=table).where("tier", "1")
        assert part.emails.account.to_list() == ["A"]


# --- reading


def test_a_folder_is_read_by_its_program_toml(folder):
    programme = read(folder(deals=DEALS, program='name = "Deals"\ncurrency = "EUR"\n' + DEALS_TOML))
    assert programme.name == "Deals"
    assert programme.opportunities == Opportunities(
        account=programme.opportunities.account,
        opportunity=["1", "2", "3"],
        outcome=["won", "lost", "open"],
        created=["2026-01-05", "2026-02-02", "2026-02-16"],
        closed=["2026-03-20", "2026-03-02", None],
        amount=[12000.5, 0, None],
        currency="EUR",
    )
    assert programme.opportunities.account.to_list() == ["Acme", "Acme", None]
    assert programme.findings == ("closed of 1 rows of deals.csv is taken as missing: outcome is open.",)


def test_settings_of_the_programme_are_read(folder):
    settings = (
        'currency = "USD"\nas_of = 2026-03-31\nfiscal_start = 4\nquota = 2_500\nlead_threshold = 70\nmargin = 0.7\n'
        'by = ["tier"]\ncommittee_roles = ["CFO", "CTO"]\nlookback_days = 60\ndiscount_rate = 0\n'
        'promotion_start = 2026-02-01\npromotion_end = 2026-02-28\n[emails]\nfile = "mails.csv"\n'
    )
    programme = read(folder(mails=MAILS, program=settings))
    assert (programme.currency, programme.fiscal_start, programme.quota) == ("USD", 4, 2500.0)
    assert programme.lead_threshold == 70
    assert programme.as_of == np.datetime64("2026-03-31")
    assert programme.margin == 0.7
    assert (programme.by, programme.committee_roles) == (("tier",), ("CFO", "CTO"))
    assert (programme.lookback_days, programme.discount_rate) == (60, 0)
    assert [str(programme.promotion_start), str(programme.promotion_end)] == ["2026-02-01", "2026-02-28"]


def test_a_programme_without_a_name_is_called_like_its_folder(folder):
    where = folder(mails=MAILS, program='[emails]\nfile = "mails.csv"\n')
    assert read_program(str(where)).name == where.name


def test_the_file_may_lie_elsewhere(folder, tmp_path):
    where = folder(mails=MAILS)
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "mine.toml").write_text('[emails]\nfile = "mails.csv"\n', encoding="utf-8")
    assert read(where, other / "mine.toml").emails.opened.tolist() == [5, 4]


def test_columns_of_the_same_name_are_taken_without_being_named(folder):
    programme = read(folder(mails=MAILS, program='[emails]\nfile = "mails.csv"\n'))
    assert list(programme.emails.columns()) == ["account", "delivered", "opened"]


def test_segments_from_the_file_and_from_another(folder):
    where = folder(
        deals=DEALS,
        reps="rep,boss\nAnn,Zoe\nBob,\n",
        program=DEALS_TOML
        + '[opportunities.segments]\nrep = "Rep"\n[opportunities.values.rep]\nAnna = ["Ann"]\n'
        + '[opportunities.lookups.boss]\nfile = "reps.csv"\non = "Rep"\nkey = "rep"\ncolumn = "boss"\n'
        + '[opportunities.values.boss]\n"nobody" = [""]\n',
    )
    programme = read(where)
    assert programme.opportunities.segments["rep"].to_list() == ["Anna", "Bob", "Cem"]
    # Bob's boss is not recorded and Cem is not in the other file: both have an own word here.
    assert programme.opportunities.segments["boss"].to_list() == ["Zoe", "nobody", "nobody"]
    assert programme.findings[0] == "1 of 3 rows of deals.csv have no boss: reps.csv does not have 'Cem'."


def test_rows_without_a_segment_stay(folder):
    where = folder(deals=DEALS, program=DEALS_TOML.replace('"separate"', '"separate"\nsegments = ["Value"]'))
    assert read(where).opportunities.segments["Value"].to_list() == ["12000.50", "0", None]


def test_many_missing_keys_are_told_in_short(folder):
    mails = "account,delivered\n" + "".join(f"A{number},1\n" for number in range(5))
    lookup = (
        '[emails]\nfile = "mails.csv"\n[emails.lookups.tier]\nfile = "tiers.csv"\non = "account"\ncolumn = "tier"\n'
    )
    programme = read(folder(mails=mails, tiers="account,tier\nZ,1\n", program=lookup))
    assert programme.findings == (
        "5 of 5 rows of mails.csv have no tier: tiers.csv does not have 'A0', 'A1', 'A2' and 2 more.",
    )


def test_a_row_without_the_key_has_no_looked_up_segment(folder):
    mails = "account,delivered,rep\nA,1,\nB,2,Ann\n"
    lookup = '[emails]\nfile = "mails.csv"\n[emails.lookups.boss]\nfile = "reps.csv"\non = "rep"\ncolumn = "boss"\n'
    programme = read(folder(mails=mails, reps="rep,boss\nAnn,Zoe\n", program=lookup))
    assert programme.emails.segments["boss"].to_list() == [None, "Zoe"]
    assert programme.findings == ()


def test_missing_values_are_dropped_and_counted_where_asked(folder):
    scores = "country,score\nNorway,10\nNorway,NA\n, \nPeru,6\n"
    toml = (
        '[survey_scores]\nfile = "scores.csv"\nmissing = "drop"\nmissing_values = ["NA"]\n'
        'segments = ["country"]\nscale = [0, 10]\n'
    )
    programme = read(folder(scores=scores, program=toml))
    assert programme.survey_scores.score.tolist() == [10, 6]
    assert programme.survey_scores.segments["country"].to_list() == ["Norway", "Peru"]
    assert programme.survey_scores.excluded == {"missing score": 2}
    assert programme.survey_scores.scale == (0, 10)


def test_a_row_that_lacks_two_values_is_counted_once(folder):
    mails = "account,delivered\n,\n,3\nA,\nB,4\n"
    programme = read(folder(mails=mails, program='[emails]\nfile = "mails.csv"\nmissing = "drop"\n'))
    assert programme.emails.excluded == {"missing account": 2, "missing delivered": 1}
    assert programme.emails.delivered.tolist() == [4]


def test_what_may_be_unknown_of_an_activity_is_kept(folder):
    done = "account,contact,kind,at,minutes\nA,Ann,visit,2026-03-02T10:00,3\nA,,visit,2026-03-03,\n"
    settings = '[activities]\nfile = "done.csv"\nmissing = "drop"\n'
    programme = read(folder(done=done, program=settings))
    assert programme.activities.contact.to_list() == ["Ann", None]
    assert programme.activities.excluded == {}
    scores = "account,lead,score,at\nA,Ann,-3.5,2026-03-02\n"
    programme = read(folder(scores=scores, program='[leads]\nfile = "scores.csv"\nscale = [-10, 100]\n'))
    assert (programme.leads.scale, programme.leads.score.tolist()) == ((-10, 100), [-3.5])


def test_unknown_roles_are_for_the_model_to_accept(folder):
    contacts = "account,contact,role,engaged,reachable\nA,Ann,CFO,true,1\nA,Bob,,FALSE,0\n"
    programme = read(folder(contacts=contacts, program='[contacts]\nfile = "contacts.csv"\n'))
    assert programme.contacts == Contacts(
        account=["A", "A"], contact=["Ann", "Bob"], role=["CFO", None], engaged=[True, False], reachable=[1, 0]
    )


def test_dates_in_other_forms_encodings_and_delimiters(tmp_path):
    text = "account;outcome;created;closed;amount\nMüller; won ;31/01/2026;01/02/2026;1e3\n"
    (tmp_path / "deals.csv").write_bytes(text.replace(" won ", "won").encode("latin-1"))
    (tmp_path / "program.toml").write_text(
        '[opportunities]\nfile = "deals.csv"\ndelimiter = ";"\nencoding = "latin-1"\ndate_format = "%d/%m/%Y"\n',
        encoding="utf-8",
    )
    deals = read(tmp_path).opportunities
    assert deals.account.to_list() == ["Müller"]
    assert deals.closed.tolist() == [dt.date(2026, 2, 1)]
    assert deals.amount.tolist() == [1000.0]


def test_a_byte_order_mark_and_empty_lines_and_quoted_line_ends_are_no_trouble(tmp_path):
    (tmp_path / "mails.csv").write_bytes('\ufeffaccount,delivered\r\n\r\n"Acme\nLtd", 3 \r\nBeta,x\r\n'.encode())
    (tmp_path / "program.toml").write_text('[emails]\nfile = "mails.csv"\n', encoding="utf-8")
    # "Acme Ltd" takes lines 3 and 4.
    assert refusal(tmp_path) == "mails.csv, line 5: delivered must be a number such as 1014.50; got 'x'"


def test_times_with_a_zone_are_read_as_days_of_a_place(folder):
    deals = "account,outcome,closed\nA,won,2026-03-31T22:30:00+00:00\n"
    toml = '[opportunities]\nfile = "deals.csv"\ntz = "Europe/Paris"\n'
    assert read(folder(deals=deals, program=toml)).opportunities.closed.tolist() == [dt.date(2026, 4, 1)]


def test_a_currency_of_the_file_goes_before_that_of_the_programme(folder):
    deals = "account,outcome,Code\nA,open,CHF\nB,open,CHF\n"
    toml = 'currency = "EUR"\n[opportunities]\nfile = "deals.csv"\ncolumns = { currency = "Code" }\n'
    assert read(folder(deals=deals, program=toml)).opportunities.currency == "CHF"
    toml = 'currency = "EUR"\n[opportunities]\nfile = "deals.csv"\ncurrency = "USD"\n'
    assert read(folder(deals=deals, program=toml)).opportunities.currency == "USD"


def test_a_file_with_nothing_but_column_names_is_an_empty_table(folder):
    programme = read(folder(mails="account,delivered\n", program='[emails]\nfile = "mails.csv"\n'))
    assert len(programme.emails) == 0


# --- refusals of the files' values


@pytest.mark.parametrize(
    ("deals", "message"),
    [
        (
            DEALS.replace("12000.50", "12,000"),
            "{folder}deals.csv, line 2: must have 7 cells, one for each column; got 8",
        ),
        (
            DEALS.replace("12000.50", "12 000 €"),
            "deals.csv, line 2: Value must be a number such as 1014.50; got '12 000 €'",
        ),
        (DEALS.replace("12000.50", "nan"), "deals.csv, line 2: Value must be a number such as 1014.50; got 'nan'"),
        (DEALS.replace("12000.50", "1_2"), "deals.csv, line 2: Value must be a number such as 1014.50; got '1_2'"),
        (
            DEALS.replace("12000.50", "-3"),
            "deals.csv, line 2: amount must be finite numbers >= 0 or missing; got -3.0 (column 'Value')",
        ),
        (
            DEALS.replace("2026-02-02", "2.2.2026"),
            (
                "deals.csv, line 3: created must be dates (datetime64, date objects or ISO text such as 2026-03-31); "
                "got '2.2.2026' (column 'Opened')"
            ),
        ),
        (
            DEALS.replace("Closed Lost", "Omitted"),
            "deals.csv, line 3: outcome must be one of ['won', 'lost', 'open']; got 'Omitted' (column 'Stage')",
        ),
        (
            DEALS.replace("Closed Lost", ""),
            (
                "deals.csv, line 3: Stage must not be empty; got nothing for outcome in 1 of 3 rows "
                "(missing = 'drop' in program.toml [opportunities] leaves them out)"
            ),
        ),
        (
            DEALS.replace("\n2,", "\n1,"),
            "deals.csv, line 3: opportunity must be different in every row; got '1' again (column 'Id')",
        ),
        (
            DEALS.replace("Stage", "Stages"),
            "deals.csv, line 1: outcome must name a column of the file; got 'Stage' (close matches: ['Stages'])",
        ),
        (DEALS.replace("Rep", "Id"), "{folder}deals.csv, line 1: must name each column once; got 'Id' twice"),
        ("", "{folder}deals.csv must start with a line of column names; got an empty file"),
        (DEALS.replace("Ann", '"Ann"x'), "{folder}deals.csv, line 2: must be CSV; ',' expected after '\"'"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_file_and_line(folder, deals, message):
    where = folder(deals=deals, program=DEALS_TOML)
    assert refusal(where) == message.format(folder=f"{where}/")


def test_text_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "mails.csv").write_bytes("account,delivered\nMüller,3\n".encode("latin-1"))
    (tmp_path / "program.toml").write_text('[emails]\nfile = "mails.csv"\n', encoding="utf-8")
    assert refusal(tmp_path) == (
        f"{tmp_path}/mails.csv must be text in utf-8-sig (or say encoding = ...); invalid start byte"
    )


def test_a_refusal_about_the_whole_table_names_the_file(folder):
    toml = '[survey_scores]\nfile = "scores.csv"\nscale = [1, 7]\n'
    assert refusal(folder(scores="score\n3\n", program=toml)) == (
        "scores.csv: scale must be one of [(0, 10), (1, 10), (1, 5)] or rising cut points "
        "(low, passive_from, promoter_from, high); got (1, 7)"
    )


def test_a_date_in_another_form_than_said_is_refused(folder):
    toml = '[opportunities]\nfile = "deals.csv"\ndate_format = "%d/%m/%Y"\n'
    where = folder(deals="account,outcome,created\nA,open,2026-01-31\n", program=toml)
    assert refusal(where) == "deals.csv, line 2: created must be a date written as %d/%m/%Y; got '2026-01-31'"


# --- refusals of program.toml


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("name = 3\n", "program.toml: name must be text in quotes; got 3"),
        ("fiscal_start = true\n", "program.toml: fiscal_start must be a whole number; got True"),
        ("by = [1]\n", "program.toml: by must be a list of texts; got [1]"),
        (
            'as_of = "2026-03-31"\n',
            "program.toml: as_of must be a date such as 2026-03-31, without quotes; got '2026-03-31'",
        ),
        ("emails = 1\n", "program.toml: emails must be a table of its own; got 1"),
        ("", "program.toml must have at least one table, one of " + str(sorted(models())) + "; got none"),
        ("[emails]\n", "program.toml [emails] must name its file, such as file = 'export.csv'"),
        (
            '[emails]\nfile = "gone.csv"\n',
            "{folder}/gone.csv must be a file that can be read; no such file or directory",
        ),
        (
            '[emails]\nfile = "mails.csv"\nmissing = "ignore"\n',
            "program.toml [emails]: missing must be one of ['refuse', 'drop', 'separate']; got 'ignore'",
        ),
        (
            '[emails]\nfile = "mails.csv"\ndelimiter = "tab"\n',
            "program.toml [emails]: delimiter must be one character; got 'tab'",
        ),
        (
            '[emails]\nfile = "mails.csv"\nencoding = "utf-88"\n',
            "{folder}/mails.csv: encoding must be one that Python knows; got 'utf-88'",
        ),
        (
            '[emails]\nfile = "mails.csv"\ncolumns = { openned = "opened" }\n',
            (
                "program.toml [emails].columns must have keys among ['account', 'bounced', 'clicked', 'complained', "
                "'delivered', 'machine_opened', 'opened', 'opened_or_clicked', 'replied', 'sent', 'unsubscribed']; got 'openned'"
            ),
        ),
        (
            '[emails]\nfile = "mails.csv"\ncolumns = { opened = 3 }\n',
            "program.toml [emails]: columns must be names of columns; got {{'opened': 3}}",
        ),
        (
            '[emails]\nfile = "mails.csv"\nsegments = [1]\n',
            "program.toml [emails]: segments must be names of columns; got [1]",
        ),
        (
            '[emails]\nfile = "mails.csv"\nsegments = ["tier"]\n',
            (
                "mails.csv, line 1: segment tier must name a column of the file; got 'tier' "
                "(columns: ['account', 'delivered', 'opened'])"
            ),
        ),
        (
            '[emails]\nfile = "mails.csv"\nlookups = { tier = { file = "tiers.csv" } }\n',
            "program.toml [emails.lookups.tier] must say its on; got ['file']",
        ),
        (
            '[emails]\nfile = "mails.csv"\n[emails.lookups.tier]\nfile = "tiers.csv"\non = "account"\ncolumn = "tier"\n',
            "tiers.csv, line 4: account must be there once; got 'Acme' again",
        ),
        (
            '[emails]\nfile = "mails.csv"\n[emails.values.openned]\n1 = ["yes"]\n',
            "program.toml [emails.values] must have keys among ['account', 'delivered', 'opened']; got 'openned'",
        ),
        (
            '[emails]\nfile = "mails.csv"\n[emails.missing_where.opened]\nstage = ["x"]\n',
            "program.toml [emails.missing_where.opened] must have keys among ['account', 'delivered', 'opened']; got 'stage'",
        ),
        (
            '[emails]\nfile = "mails.csv"\n[emails.missing_where.stage]\nopened = ["x"]\n',
            "program.toml [emails.missing_where] must have keys among ['account', 'delivered', 'opened']; got 'stage'",
        ),
        (
            '[survey_scores]\nfile = "mails.csv"\n',
            (
                "mails.csv, line 1: score must have a column, to be named in program.toml [survey_scores].columns; "
                "got the columns ['account', 'delivered', 'opened']"
            ),
        ),
        (
            'fiscal_start = 13\n[emails]\nfile = "mails.csv"\n',
            "program.toml: fiscal_start must be a month from 1 to 12; got 13",
        ),
    ],
)
def test_what_a_program_toml_cannot_say(folder, toml, message):
    where = folder(mails=MAILS, tiers="account,tier\nAcme,1\nBeta,2\nAcme,3\n", program=toml)
    assert refusal(where) == message.format(folder=where)


def test_typing_errors_in_keys_are_found(folder):
    where = folder(mails=MAILS, program='quotta = 3\n[emails]\nfile = "mails.csv"\n')
    settings = ["as_of", "by", "committee_roles", "currency", "fiscal_start", "lead_threshold", "name", "quota"]
    settings += [
        "margin",
        "stages",
        "lost_stages",
        "lookback_days",
        "discount_rate",
        "promotion_start",
        "promotion_end",
    ]
    known = sorted([*models(), *settings])
    assert refusal(where) == f"program.toml must have keys among {known}; got 'quotta'"
    where = folder(mails=MAILS, program='[emails]\nfile = "mails.csv"\ncolums = { opened = "opened" }\n')
    assert refusal(where).startswith("program.toml [emails] must have keys among ['columns', 'date_format', ")
    assert refusal(where).endswith("; got 'colums'")


def test_a_missing_or_broken_program_toml_is_refused(folder, tmp_path):
    assert refusal(tmp_path) == f"{tmp_path}/program.toml must be a file that can be read; no such file or directory"
    where = folder(program="name = ")
    assert refusal(where) == f"{where}/program.toml must be TOML; Invalid value (at end of document)"


# --- public data


def test_survey_scores_of_two_months(shared_data):
    tomls = Path(__file__).parent / "data" / "survey_program"
    earlier = read(shared_data / "surveys", tomls / "october_2017.toml")
    later = read(shared_data / "surveys", tomls / "march_2020.toml")
    assert [len(programme.survey_scores) for programme in (earlier, later)] == [402, 134]
    assert later.survey_scores.excluded == {"missing score": 42}
    assert float(net_promoter_score(earlier.survey_scores)) == pytest.approx(36.32, abs=0.005)
    assert float(net_promoter_score(later.survey_scores)) == pytest.approx(62.69, abs=0.005)
