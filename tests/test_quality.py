"""What `inspect` and `inspect_frame` give back, and what they find in any table and in real data."""

import csv
import gzip
import io
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError, Opportunities, columns, inspect, inspect_frame, quality
from abmmetrics._findings import findings
from abmmetrics._quality_names import alike, alike_key, company_key
from tests.fragment import Fragment

MODELS = {
    name
    for name in abm.__all__
    if isinstance(getattr(abm, name), type) and issubclass(getattr(abm, name), abm.Table) and name != "Table"
}
ROOT = Path(__file__).parents[1]


def told(found):
    return [(finding.code, str(finding), finding.rows.tolist(), finding.total) for finding in found]


def of(code, found):
    return [(str(finding), finding.rows.tolist(), finding.total) for finding in found[code]]


def refused(call, *arguments, **options):
    with pytest.raises(MetricInputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


# --- what comes back


@pytest.fixture
def found():
    deals = Opportunities(
        account=["Acme", "<b>Acme</b>", "Unknown"], outcome=["won", "lost", "lost"], amount=[5, 0, 1],
        segments={"<script>": ["x", "X", "y"]},
    )  # fmt: skip
    return inspect(deals)


def test_findings_come_worst_first_and_then_by_their_share(found):
    assert [(finding.severity, finding.code, finding.count, finding.total) for finding in found] == [
        ("wrong", "account_is_nobody", 1, 3),
        ("doubtful", "labels_alike", 2, 3),
        ("doubtful", "lost_without_amount", 1, 2),
    ]
    assert len(found) == 3
    assert found.findings == tuple(found)
    assert found.tables == {"opportunities": 3}


def test_a_finding_says_itself(found):
    (finding,) = found["lost_without_amount"]
    assert str(finding) == "1 of 2 lost deals have the amount 0 or none, so a win rate by value reads too high."
    assert finding.table == "opportunities"
    assert finding.advice == "Take the last offer or the list price, or read the win rate by number."
    assert finding.rows.tolist() == [1]
    assert finding.rows.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        finding.rows[0] = 2


def test_the_list_as_text(found):
    assert str(found).splitlines() == [
        "3 findings in 3 rows of opportunities",
        "wrong: 1 of 3 opportunities are of an account that is none: 'Unknown'.",
        "  -> Leave the account empty where it is not known: rows of nobody are no account together.",
        "doubtful: 2 of 3 opportunities have labels of <script> that look alike: 'x', 'X'.",
        "  -> Map them to one label, where they mean one thing.",
        "doubtful: 1 of 2 lost deals have the amount 0 or none, so a win rate by value reads too high.",
        "  -> Take the last offer or the list price, or read the win rate by number.",
    ]
    assert repr(found) == str(found)


def test_the_list_as_columns(found):
    told = pd.DataFrame(found.to_dict())
    assert list(told) == ["severity", "table", "code", "count", "total", "sentence", "advice", "rows"]
    assert told["rows"].tolist() == [[2], [0, 1], [1]]
    assert told["count"].tolist() == [1, 2, 1]


def test_the_list_in_a_notebook_is_escaped(found):
    page = Fragment(found._repr_html_())
    assert page.captions == ["3 findings in 3 rows of opportunities"]
    assert page.heads == [["severity", "table", "what", "what to do"]]
    assert page.rows[0][:2] == ["wrong", "opportunities"]
    assert page.rows[0][2].startswith("1 of 3 opportunities are of an account")
    assert any("labels of <script> that look alike" in row[2] for row in page.rows)
    assert len(page.rows) == 3


def test_nothing_found():
    emails = abm.Emails(account=["A"], delivered=[4])
    assert str(inspect([emails, emails])) == "Nothing found in 1 row of emails, 1 row of emails 2"
    page = Fragment(inspect(emails)._repr_html_())
    assert (page.captions, page.rows) == (["Nothing found in 1 row of emails"], [])
    assert str(inspect([])) == "Nothing found in no tables"
    assert inspect(emails).to_dict()["rows"] == []


def test_what_is_said_counts_before_what_a_programme_says():
    history = abm.StageHistory(account="A", opportunity=1, stage=["x", "y"], entered=["2026-01-05", "2026-02-05"])
    program = abm.Program(name="x", stage_history=history, stages=["x", "z"], lost_stages=["y"], as_of="2026-01-31")
    assert [finding.code for finding in inspect(program)] == ["after_as_of"]
    assert [finding.code for finding in inspect(program, as_of="2026-02-28", lost_stages=["q"])] == ["unknown_stages"]
    assert [finding.code for finding in inspect(program, as_of="2026-02-28", stages=["w", "z"])] == ["unknown_stages"]


def test_tables_are_named_as_a_programme_names_them():
    scores = abm.SurveyScores(score=[1])
    assert list(inspect([scores, abm.Emails(account="A", sent=[1]), scores, scores]).tables) == [
        "survey_scores",
        "emails",
        "survey_scores 2",
        "survey_scores 3",
    ]
    assert list(inspect({"last year": scores, 2026: scores}).tables) == ["last year", "2026"]
    assert list(inspect(abm.Program(name="x", employee_scores=scores)).tables) == ["employee_scores"]


def test_what_is_no_table_is_refused(found):
    assert refused(inspect, [3]) == "tables must be tables or a programme; got int"
    assert refused(inspect, {"x": "y"}) == "tables must be tables or a programme; got str"
    assert refused(inspect, [], as_of="soon").startswith("as_of must be dates")
    assert refused(found.__getitem__, "typo").startswith("code must be one of ['unread', 'missing_values'")
    assert refused(inspect_frame, "Emails", {}) == "model must be a model, such as Opportunities; got 'Emails'"
    assert refused(inspect_frame, int, {}) == "model must be a model, such as Opportunities; got <class 'int'>"
    assert refused(inspect_frame, abm.Emails, {"account": ["A"]}, as_of="soon").startswith("as_of must be dates")


def test_every_check_has_a_name_of_its_own_and_a_line_in_the_documentation():
    codes = [check.code for check in quality.CHECKS]
    assert len(set(codes)) == len(codes)
    page = (ROOT / "docs" / "reference" / "quality.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([a-z ]+) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [
        (check.code, check.severity, check.asks)
        for severity in ("wrong", "doubtful", "to know")
        for check in quality.CHECKS
        if check.severity == severity
    ]


def test_the_scorecard_shows_a_dozen_findings_and_counts_the_others():
    def shown(count):
        segments = {f"s{number}": ["x", "X"] for number in range(count)}
        return findings(abm.Program(name="x", emails=abm.Emails(account=list("AB"), sent=1, segments=segments)))

    sentences = [f"All 2 rows of e-mails have labels of s{number} that look alike: 'x', 'X'." for number in range(13)]
    assert shown(12) == sentences[:12]
    assert shown(13) == [*sentences[:12], "And 1 more: abmmetrics.inspect lists them."]


# --- reading a frame


def test_a_frame_is_looked_at_whatever_is_wrong_with_it():
    frame = {
        "Account": ["A", "", "B"],
        "Sent": [5, -1, None],
        "Opened": [2.5, 1, 7],
        "Delivered": ["x", "y", "z"],
        "Tier": [1.0, np.nan, 2.5],
    }
    found = inspect_frame(
        abm.Emails, frame, account="Account", sent="Sent", opened="Opened", delivered="Delivered", segments=["Tier"]
    )
    assert told(found) == [
        (
            "unread",
            "The column delivered of e-mails is not read: delivered must be finite numbers or missing; got 'x' at row 0.",
            [0, 1, 2],
            3,
        ),
        ("missing_values", "1 of 3 rows of e-mails have no sent.", [2], 3),
        ("negative_values", "1 of 3 rows of e-mails have sent below 0.", [1], 3),
        ("fractions", "1 of 3 rows of e-mails have opened that is no whole number.", [0], 3),
        ("out_of_order", "1 of 3 rows of e-mails have opened above sent.", [1], 3),
        ("no_account", "1 of 3 e-mails have no account: each counts as an account of its own.", [1], 3),
    ]
    assert refused(inspect_frame, abm.Emails, frame, account="account_id").startswith("account")
    assert refused(inspect_frame, abm.Emails, {"sent": [1]}) == (
        "Emails.from_frame must be told the column for account; got ['sent']"
    )
    assert refused(inspect_frame, abm.Emails, {"account": ["A"]}, send="x").startswith("Emails must have the column")
    assert refused(inspect_frame, abm.SurveyScores, {"score": [1]}, scale=(3, 1)).startswith("scale must be one of")


@pytest.mark.parametrize("model", [getattr(abm, name) for name in sorted(MODELS)])
def test_a_frame_in_which_nothing_can_be_read(model):
    fields = [field.name for field in attrs.fields(model) if field.converter in columns.CHECKS]
    frame = {name: [[1], {}] for name in fields}  # nothing that a column may hold
    found = inspect_frame(model, frame, as_of="2026-01-01")
    assert [finding.code for finding in found] == ["unread"] * len(fields)


def test_a_frame_of_any_kind_with_one_value_for_all_rows():
    frame = {"account": "A", "campaign": ["x", "y"], "at": "2026-01-05 09:00"}
    assert told(inspect_frame(abm.Touches, frame)) == []
    assert inspect_frame(abm.Touches, frame).tables == {"touches": 2}
    flags = pd.DataFrame({"account": ["A", "B"], "delivered": [True, False], "opened": [True, True]})
    assert of("out_of_order", inspect_frame(abm.Emails, flags)) == [
        ("1 of 2 rows of e-mails have opened above delivered.", [1], 2)
    ]
    pl = pytest.importorskip("polars")
    assert told(inspect_frame(abm.Emails, pl.from_pandas(flags))) == told(inspect_frame(abm.Emails, flags))
    assert told(inspect_frame(abm.Emails, pl.from_pandas(flags).lazy())) == told(inspect_frame(abm.Emails, flags))


def test_what_a_model_takes_as_missing_is_not_missing():
    contacts = {"account": "A", "contact": ["a", "b"], "role": ["CFO", None], "engaged": [1, None]}
    assert told(inspect_frame(abm.Contacts, contacts)) == [
        ("missing_values", "1 of 2 contacts have no engaged.", [1], 2)
    ]
    assert told(inspect(abm.Contacts(account="A", contact=["a", "b"], role=["CFO", None]))) == []
    amounts = {"account": "A", "day": ["2026-01-01", "2026-01-02"], "amount": [1.0, -2.0]}
    assert of("negative_values", inspect_frame(abm.Purchases, amounts)) == [
        ("1 of 2 purchases have amount below 0.", [1], 2)
    ]
    credited = {"account": "A", "opening": [1, -2], "closing": [1, 1]}
    assert of("negative_values", inspect_frame(abm.RecurringRevenue, credited)) == []


def test_times_are_read_in_a_zone():
    frame = {
        "account": [f"A{number}" for number in range(10)],
        "outcome": ["won"] * 10,
        "closed": [f"2026-{1 + number % 3:02}-10T21:00:00+00:00" for number in range(10)],
    }
    sentence = "All 10 opportunities have closed at 21:00, as midnights of another time zone do."
    assert told(inspect_frame(Opportunities, frame)) == [("one_time_of_day", sentence, list(range(10)), 10)]
    assert told(inspect_frame(Opportunities, frame, tz="Europe/Istanbul")) == []
    assert told(inspect_frame(Opportunities, frame, tz="Europe/Istanbul", as_of="2026-03-10")) == [
        (
            "after_as_of",
            "3 of 10 opportunities have closed after 2026-03-10, the day that the data stand for.",
            [2, 5, 8],
            10,
        )
    ]


# --- rows of any table


def test_rows_without_an_account_and_rows_left_out():
    emails = abm.Emails.from_frame({"account": ["A", None], "delivered": [1, 2]}, missing="separate")
    log = abm.MeetingLog.from_frame(
        {"account": [None, None], "meeting": [1, 2], "outcome": "held", "at": "2026-01-05"}, missing="separate"
    )
    scores = abm.SurveyScores.from_frame({"score": [1, None, None]}, missing="drop")
    staff = abm.PulseInvitations.from_frame({"employee": ["Ann", None], "responded": [1, 0]}, missing="separate")
    assert told(inspect([emails, log, scores, staff])) == [
        ("no_account", "All 2 rows of meeting log have no account: each counts as an account of its own.", [0, 1], 2),
        ("left_out", "2 rows of survey scores left out: missing score.", [], 3),
        ("no_account", "1 of 2 e-mails have no account: each counts as an account of its own.", [1], 2),
        ("no_account", "1 of 2 pulse invitations have no employee: each counts as an employee of its own.", [1], 2),
    ]
    (left_out,) = inspect(scores)["left_out"]
    assert left_out.count == 2


def test_a_table_without_rows_has_no_finding():
    empty = [getattr(abm, name).empty() for name in MODELS]
    assert len(empty) > 20
    assert told(inspect(empty, as_of="2026-01-01", stages=["a", "b"])) == []


IDENTIFIED = [
    (
        Opportunities,
        {"account": list("ABAC"), "opportunity": [1, 2, 1, 1], "outcome": ["won", "won", "won", "lost"]},
        "2 of 4 opportunities repeat the opportunity of an earlier row, 1 of them with other content.",
        [2, 3],
    ),
    (
        abm.MeetingLog,
        {"account": list("AAB"), "meeting": [1, 1, 2], "at": "2026-01-05", "outcome": ["held", "no_show", "held"]},
        "1 of 3 rows of meeting log repeat the meeting of an earlier row, 1 of them with other content.",
        [1],
    ),
    (
        abm.Contacts,
        {"account": list("AAB"), "contact": list("xxx")},
        "1 of 3 contacts repeat the account and contact of an earlier row, 0 of them with other content.",
        [1],
    ),
    (
        abm.TargetAccounts,
        {"account": ["A", "A", "", ""]},
        "1 of 4 target accounts repeat the account of an earlier row, 0 of them with other content.",
        [1],
    ),
    (
        abm.RevenueHistory,
        {
            "account": list("AAAB"),
            "period": ["2026-01-01", "2026-02-01", "2026-02-01", "2026-02-01"],
            "amount": [1, 2, 3, 4],
        },
        "1 of 4 rows of revenue history repeat the account and period of an earlier row, 1 of them with other content.",
        [2],
    ),
    (
        abm.PulseInvitations,
        {"employee": list("AAA"), "wave": [1, 2, 2], "responded": [1, 1, 1]},
        "1 of 3 rows of pulse invitations repeat the employee and wave of an earlier row, 0 of them with other content.",
        [2],
    ),
    (
        abm.PulseInvitations,
        {"employee": list("AAB"), "responded": [1, 0, 1]},
        "1 of 3 rows of pulse invitations repeat the employee of an earlier row, 1 of them with other content.",
        [1],
    ),
]


@pytest.mark.parametrize(("model", "frame", "sentence", "rows"), IDENTIFIED)
def test_identifiers_that_occur_twice(model, frame, sentence, rows):
    found = inspect_frame(model, frame)
    assert of("repeated_identifiers", found) == [(sentence, rows, len(next(iter(frame.values()))))]


def test_deals_without_identifiers_have_none_twice():
    assert told(inspect_frame(Opportunities, {"account": list("AA"), "outcome": "open"})) == []


def test_events_that_are_there_twice():
    at = ["2026-01-05 09:00", "2026-01-05 09:00", "2026-01-05 09:01", "2026-01-05 09:00"]
    touches = abm.Touches(account=list("AAAB"), campaign="Fair", at=at, segments={"tier": [1, 1, 1, 1]})
    assert told(inspect(touches)) == [
        ("repeated_rows", "1 of 4 touches repeat an earlier row in every column.", [1], 4)
    ]
    other = abm.Touches(account=list("AAAB"), campaign="Fair", at=at, segments={"tier": [1, 2, 1, 1]})
    assert told(inspect(other)) == []
    days = abm.Touches(account=list("AAAB"), campaign="Fair", at="2026-01-05")
    assert told(inspect(days)) == []
    history = abm.StageHistory(account="A", opportunity=1, stage=["x", "x"], entered="2026-01-05", amount=[0.0, -0.0])
    assert told(inspect(history)) == [
        ("repeated_rows", "1 of 2 rows of stage history repeat an earlier row in every column.", [1], 2)
    ]
    sums = abm.Emails(account=["A", "A"], delivered=[True, True])
    assert told(inspect(sums)) == []


def test_rows_that_are_marked():
    frame = {"account": list("ABCD"), "outcome": "open", "IsDeleted": ["true", "False", "1", "no"]}
    frame |= {"_fivetran_active": [True, True, False, True]}
    deals = Opportunities.from_frame(frame, segments=["IsDeleted", "_fivetran_active"])
    assert told(inspect(deals)) == [
        ("deleted_rows", "2 of 4 opportunities are marked as deleted (IsDeleted).", [0, 2], 4),
        ("superseded_rows", "1 of 4 opportunities are marked as superseded versions (_fivetran_active).", [2], 4),
    ]
    assert told(inspect(Opportunities.from_frame(frame, segments={"gone": "IsDeleted"}))) == []


def accounts_of(giant, others=9, each=1):
    return ["A"] * giant + [f"B{number}" for number in range(others) for _ in range(each)]


def test_an_account_with_a_quarter_of_all_rows():
    def found(accounts):
        return told(
            inspect(abm.Purchases(account=accounts, day=np.arange(len(accounts)).astype("datetime64[D]") + 20_000))
        )

    assert found(accounts_of(6, each=2)) == [
        ("giant_account", "'A' has 25 % of all purchases: pooled figures are mostly its own.", list(range(6)), 24)
    ]
    assert found(accounts_of(5, each=2)) == []
    assert found(accounts_of(12, others=8, each=2)) == []  # nine accounts
    assert found(accounts_of(10, others=9)) == []  # nineteen rows
    assert found(accounts_of(11, others=9)) != []


def test_an_account_with_a_quarter_of_what_is_summed():
    accounts = accounts_of(2, each=2)
    mails = abm.Emails(account=accounts, sent=[3, 3] + [1] * 18, delivered=1)
    assert told(inspect(mails)) == [
        ("giant_account", "'A' has 25 % of all sent of e-mails: pooled figures are mostly its own.", [0, 1], 20)
    ]
    assert told(inspect(abm.Emails(account=accounts, sent=[3, 2] + [1] * 18))) == []
    assert told(inspect(abm.Emails(account=accounts, segments={"x": ["y"] * 20}))) == []
    staff = abm.OneOnOneMeetings(employee=accounts_of(20), held=np.arange(29).astype("datetime64[D]") + 20_000)
    assert told(inspect(staff)) == []
    assert told(inspect(abm.TargetAccounts(account=[f"A{number}" for number in range(20)]))) == []
    ids = abm.WebVisits(account=np.arange(20) // 2, visits=[9, 9] + [1] * 18)
    assert told(inspect(ids))[0][1] == "0 has 50 % of all visits of web visits: pooled figures are mostly its own."


# --- names


@pytest.mark.parametrize(
    ("names", "same"),
    [
        (("GTX Pro", "GTXPro", "gtx-pro", "GTX  PRO."), True),
        (("Won", "won ", " WON!"), True),
        (("U.S bank", "US bank"), True),
        (("ﬁnance", "Finance"), True),
        (("C", "C++"), False),
        (("C#", "C++"), False),
        (("A-", "A"), False),
        (("BB-", "BB"), False),
        (("BBB.", "BBB"), True),
        (("0015g00000AbCd", "0015g00000aBcD"), True),
        (("us", "US"), True),
        (("1-10", "11-0"), False),
        (("1 - 10", "1-10"), True),
        (("Tier 1", "Tier 11"), False),
        (("0015g00000AbCdE", "0015g00000aBcDe"), False),
        (("2024-Q1", "2025-Q1"), False),
    ],
)
def test_what_looks_alike(names, same):
    assert (len({alike_key(name) for name in names}) == 1) is same


@pytest.mark.parametrize(
    ("names", "same"),
    [
        (("Acme", "ACME Inc.", "Acme, Inc", "acme GmbH & Co. KG", "Acme S.A."), True),
        (("acme.com", "www.acme.com", "https://www.acme.com/", "http://acme.com"), True),
        (("US bank", "U.S bank"), True),
        (("Account 1.1", "Account 11"), False),
        (("Acme", "Acme Health"), False),
        (("SA", "AG"), False),
        (("L'Oréal", "Loréal SA"), True),
        (("0015g00000AbCdE", "0015g00000aBcDe"), False),
    ],
)
def test_what_may_be_one_company(names, same):
    assert (len({company_key(name) for name in names}) == 1) is same


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["Won", "6 - Won", "6. Won"], [["Won", "6 - Won", "6. Won"]]),
        (["5 - Won", "6 - Won"], []),
        (["6 - Won", "6-won", "5 - Won"], [["6 - Won", "6-won"]]),
        (["1 year", "2 year"], []),
        (["2025 plan", "plan"], []),
        (["Won", "Lost"], []),
    ],
)
def test_numbers_in_front(names, groups):
    assert [[name for _, name in group] for group in alike(enumerate(names))] == groups


def test_labels_that_look_alike():
    table = abm.Touches(
        account=list("ABCDEF"), campaign=["Fair", "fair", "Mail", "FAIR", "mail", "Blog"], at="2026-01-05",
        segments={"tier": [1, 2, 1, 2, 1, 2], "kind of": ["a", "b", "b", "b", "b", "b"]},
    )  # fmt: skip
    assert told(inspect(table)) == [
        (
            "labels_alike",
            "5 of 6 touches have labels of campaign that look alike: 'Fair', 'fair', 'FAIR'; 'Mail', 'mail'.",
            [0, 1, 2, 3, 4],
            6,
        )
    ]
    many = abm.Touches(account="A", campaign=["Fair", "fair", "FAIR", "fAIR", "Fair!"], at="2026-01-05")
    assert of("labels_alike", inspect(many)) == [
        (
            "All 5 touches have labels of campaign that look alike: 'Fair', 'fair', 'FAIR' and 2 more.",
            [0, 1, 2, 3, 4],
            5,
        )
    ]
    ids = abm.EmailEvents(account="A", message=["m 1", "M 1"], recipient="r", kind="open", at="2026-01-05")
    assert told(inspect(ids)) == []


def test_people_whose_names_look_alike():
    contacts = abm.Contacts(account="A", contact=["Ann Lee", "ann  lee", "ann-lee", "x1", "X1"])
    assert told(inspect(contacts)) == [
        ("contacts_alike", "2 of 5 contacts are of people whose names look alike.", [0, 1], 5)
    ]
    touches = abm.Touches(
        account="A", campaign="x", at="2026-01-05", contact=["a@b.example", "A@B.example", "c@b.example"]
    )
    assert told(inspect(touches)) == [
        (
            "contacts_alike",
            "2 of 3 touches are of people whose names look alike.",
            [0, 1],
            3,
        )
    ]


def test_people_at_several_accounts():
    frame = {
        "account": ["A", "B", "A", "B", None, "C"],
        "contact": ["a@x.example", "a@x.example", "Ann Lee", "Ann Lee", "c@x.example", "c@x.example"],
    }
    contacts = abm.Contacts.from_frame(frame, missing="separate")
    assert of("contacts_shared", inspect(contacts)) == [
        ("2 of 6 contacts are of people at several accounts.", [0, 1], 6)
    ]
    assert of("contacts_shared", inspect(contacts.where(np.arange(6) > 0))) == []


def test_accounts_whose_names_look_alike_are_told_once():
    targets = abm.TargetAccounts(account=["Acme", "ACME Inc.", "Beta"])
    deals = Opportunities(account=["Acme", "ACME Inc.", "Beta", "beta"], outcome="open")
    assert told(inspect([targets, deals])) == [
        (
            "accounts_alike",
            "2 of 3 target accounts are of accounts whose names look alike: 'Acme', 'ACME Inc.'.",
            [0, 1],
            3,
        ),
        (
            "accounts_alike",
            "2 of 4 opportunities are of accounts whose names look alike: 'Beta', 'beta'.",
            [2, 3],
            4,
        ),
        (
            "accounts_named_otherwise",
            "1 of 4 opportunities name accounts otherwise than the target accounts: 'beta' for 'Beta'.",
            [3],
            4,
        ),
    ]


def test_accounts_that_another_table_names_otherwise():
    deals = Opportunities(account=["Acme", "Beta"], outcome="open")
    touches = abm.Touches(account=["ACME Inc.", "Core", "Beta"], campaign="x", at="2026-01-05")
    visits = abm.WebVisits(account=["acme", "core", "Beta"], visits=1)
    assert told(inspect([deals, touches, visits])) == [
        (
            "accounts_named_otherwise",
            "1 of 3 touches name accounts otherwise than the opportunities: 'ACME Inc.' for 'Acme'.",
            [0],
            3,
        ),
        (
            "accounts_named_otherwise",
            "1 of 3 rows of web visits name accounts otherwise than the opportunities: 'acme' for 'Acme'.",
            [0],
            3,
        ),
        (
            "accounts_named_otherwise",
            "1 of 3 rows of web visits name accounts otherwise than the touches: 'core' for 'Core'.",
            [1],
            3,
        ),
    ]
    assert told(inspect([Opportunities(account=[1], outcome="open"), abm.WebVisits(account=[2], visits=1)])) == []
    survey = abm.SurveyScores(account=["acme"], score=[1])
    assert told(inspect(abm.Program(name="x", opportunities=deals, employee_scores=survey))) == []


def test_accounts_that_are_not_on_the_target_list():
    targets = abm.TargetAccounts(account=["Acme", "Beta"])
    frame = {"account": ["Acme", "Core", None, "beta"], "outcome": "open"}
    deals = Opportunities.from_frame(frame, missing="separate")
    arms = abm.ArmOutcomes(account=["Dent"], arm="control", outcome=1)
    found = inspect([targets, deals, arms, abm.SurveyScores(score=[1])])
    assert of("accounts_not_targeted", found) == [
        ("1 of 4 opportunities are of accounts that are not on the target list.", [1], 4)
    ]
    numbers = inspect([targets, abm.WebVisits(account=[1, 2], visits=1)])
    assert told(numbers) == [
        (
            "accounts_not_targeted",
            "All 2 rows of web visits are of accounts that are not on the target list.",
            [0, 1],
            2,
        )
    ]


def test_accounts_that_are_none():
    visits = abm.WebVisits(account=["Acme", " N/A", "(not set)", "Unknown", "Test", "Testa"], visits=1)
    assert told(inspect(visits)) == [
        (
            "account_is_nobody",
            "4 of 6 rows of web visits are of an account that is none: ' N/A', '(not set)', 'Unknown' and 1 more.",
            [1, 2, 3, 4],
            6,
        )
    ]


def test_free_mail_domains():
    visits = abm.WebVisits(
        account=["acme.com", "Gmail.com", "ann@web.de", "www.gmx.net/", "gmail", "bo@web.de"], visits=1
    )
    assert told(inspect(visits)) == [
        (
            "free_mail_accounts",
            ("4 of 6 rows of web visits are of accounts that are free-mail domains: gmail.com, web.de, gmx.net."),
            [1, 2, 3, 5],
            6,
        )
    ]


# --- days and moments


def test_days_that_stand_for_none():
    closed = ["1970-01-01", "1900-01-01", "1900-01-01", "2050-01-01", "9999-12-31", "1980-01-01", "2049-12-31", None]
    deals = Opportunities(account=list("ABCDEFGH"), outcome=["won"] * 7 + ["open"], closed=closed)
    assert told(inspect(deals)) == [
        (
            "placeholder_dates",
            "5 of 8 opportunities have closed on days that stand for none: 1900-01-01, 1970-01-01, 2050-01-01 and 1 more.",
            [0, 1, 2, 3, 4],
            8,
        )
    ]


def test_ends_that_are_none():
    table = abm.StageHistory(
        account="A", opportunity=range(4), stage="x", entered="1979-12-31",
        left=["9999-12-31", "2050-01-01", None, "1979-12-31"],
    )  # fmt: skip
    assert told(inspect(table)) == [
        ("placeholder_dates", "All 4 rows of stage history have entered on days that stand for none: 1979-12-31.", [0, 1, 2, 3], 4),
        ("placeholder_dates", "1 of 4 rows of stage history have left on days that stand for none: 1979-12-31.", [3], 4),
        (
            "open_ends",
            "2 of 4 rows of stage history are left on 2050-01-01, 9999-12-31, which says that they go on.",
            [0, 1],
            4,
        ),
    ]  # fmt: skip


def test_what_happens_after_the_day_that_the_data_stand_for():
    deals = Opportunities(
        account=list("ABC"), outcome="won", closed=["2026-01-31", "2026-02-01", "9999-12-31"], created=None
    )
    sentence = "1 of 3 opportunities have closed after 2026-01-31, the day that the data stand for."
    assert of("after_as_of", inspect(deals, as_of="2026-01-31")) == [(sentence, [1], 3)]
    assert of("after_as_of", inspect(abm.Program(name="x", opportunities=deals, as_of="2026-01-31"))) == [
        (sentence, [1], 3)
    ]
    assert of("after_as_of", inspect(deals)) == []
    history = abm.StageHistory(
        account="A", opportunity=1, stage=["x", "y"], entered=["2026-01-31 23:59", "2026-02-01 00:00"],
        left="2027-01-01", expected="2027-01-01",
    )  # fmt: skip
    assert told(inspect(history, as_of="2026-01-31")) == [
        (
            "after_as_of",
            "1 of 2 rows of stage history have entered after 2026-01-31, the day that the data stand for.",
            [1],
            2,
        )
    ]
    log = {"account": "A", "meeting": range(3), "at": "2026-02-01 09:00", "outcome": ["held", "scheduled", None]}
    assert of("after_as_of", inspect(abm.MeetingLog(**log), as_of="2026-01-31")) == [
        ("1 of 3 rows of meeting log have at after 2026-01-31, the day that the data stand for.", [0], 3)
    ]
    assert of("after_as_of", inspect(abm.MeetingLog(**log | {"outcome": None}), as_of="2026-01-31")) == []


def test_more_than_half_at_one_moment():
    def found(same, count=10, moment="2026-01-05 09:00:00"):
        at = [moment] * same + [f"2026-02-{day:02} 09:{day:02}" for day in range(1, count - same + 1)]
        return told(inspect(abm.Touches(account="A", campaign="x", at=at, contact=[str(row) for row in range(count)])))

    def sentence(moment):
        told = f"6 of 10 touches share one moment of at, {moment}, as after an import."
        return [("one_moment", told, list(range(6)), 10)]

    assert found(6) == sentence("2026-01-05 09:00")
    assert found(6, moment="2026-01-05 09:00:05") == sentence("2026-01-05 09:00:05")
    assert found(6, moment="2026-01-05") == sentence("2026-01-05")
    assert found(5) == []
    assert found(9, count=9) == []
    unknown = Opportunities(account=list("ABCDEFGHIJ"), outcome="open", created=[None] * 6 + ["2026-01-05"] * 4)
    assert of("one_moment", inspect(unknown)) == []


def clock(*times, count=10):
    at = [f"2026-0{1 + number % 2}-{1 + number // 2:02} {times[number % len(times)]}" for number in range(count)]
    return inspect(abm.Touches(account="A", campaign="x", at=at))


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (["21:00"], "21:00"),
        (["22:00", "23:00"], "22:00 or 23:00"),
        (["00:00", "23:00"], "00:00 or 23:00"),
        (["18:30"], "18:30"),
    ],
)
def test_midnights_of_another_time_zone(times, said):
    sentence = f"All 10 touches have at at {said}, as midnights of another time zone do."
    assert of("one_time_of_day", clock(*times)) == [(sentence, list(range(10)), 10)]


@pytest.mark.parametrize("times", [["00:00"], ["21:00", "23:00"], ["21:00", "22:00", "23:00"], ["09:00", "09:30"]])
def test_other_times_of_day(times):
    assert of("one_time_of_day", clock(*times)) == []


def test_times_of_day_of_few_rows_and_of_one_day():
    assert of("one_time_of_day", clock("21:00", count=9)) == []
    one_day = abm.Touches(account="A", campaign="x", at=["2026-01-05 21:00"] * 10)
    assert of("one_time_of_day", inspect(one_day)) == []
    left = [None, "9999-12-31 23:59:59"] + [f"2026-02-{day:02} 22:00" for day in range(1, 11)]
    history = abm.StageHistory(
        account="A", opportunity=range(12), stage="x", left=left,
        entered=[f"2026-01-{day:02} {day:02}:00" for day in range(1, 13)],
    )  # fmt: skip
    assert of("one_time_of_day", inspect(history)) == [
        (
            "10 of 12 rows of stage history have left at 22:00, as midnights of another time zone do.",
            list(range(2, 12)),
            12,
        )
    ]


# --- a world in which little is wrong, and data in which much is


@pytest.mark.parametrize("seed", [2026, 1])
def test_the_synthetic_world_has_what_was_put_into_it_and_nothing_else(seed):
    world = abm.synthetic.program(seed=seed)
    log = world.meeting_log
    unlogged = int(log.outcome.missing().sum())
    assert unlogged
    bought = list(zip(world.purchases.account.to_list(), world.purchases.day.tolist(), strict=True))
    again = [row for row, purchase in enumerate(bought) if purchase in bought[:row]]
    calls = np.flatnonzero(world.touches.campaign == "Sales call").tolist()
    assert told(inspect(world)) == [
        (
            "campaigns_without_cost",
            f"{len(calls):,} of {len(world.touches):,} touches are of campaigns without a cost: 'Sales call'.",
            calls,
            len(world.touches),
        ),
        (
            "no_outcome",
            f"{unlogged:,} of {len(log):,} past meetings have no outcome.",
            np.flatnonzero(log.outcome.missing()).tolist(),
            len(log),
        ),
        (
            "history_of_no_deal",
            f"All {len(world.stage_history):,} rows of stage history are of deals that are not among the opportunities.",
            list(range(len(world.stage_history))),
            len(world.stage_history),
        ),
        (
            "campaigns_without_touch",
            (
                "All 600 rows of campaign results are of campaigns without a touch: 'Executive event', 'Direct mail', "
                "'Advertising'."
            ),
            list(range(600)),
            600,
        ),
        (
            "campaigns_without_touch",
            "1 of 5 rows of campaign costs are of campaigns without a touch: 'Podcast'.",
            [4],
            5,
        ),
        (
            "left_out",
            f"{len(log) - len(world.meetings):,} rows of meetings left out: rescheduled to a later appointment.",
            [],
            len(log),
        ),
        (
            "same_day",
            (
                f"{len(again):,} of {len(world.purchases):,} purchases are of an account and a day that an earlier row has: "
                "all of a day are one purchase."
            ),
            again,
            len(world.purchases),
        ),
    ]


def rows_of(path):
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def frame_of(rows, *, numbers=(), changed=()):
    """Columns of rows as text, some as numbers, some changed."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    for name in numbers:
        columns[name] = [float(cell) if cell.strip() not in {"", "NA"} else None for cell in columns[name]]
    return columns | {name: [change(row) for row in rows] for name, change in dict(changed).items()}


def as_found(found, code):
    (finding,) = found[code]
    return finding.rows.tolist()


def test_the_traps_of_a_crm_export(shared_data):
    rows = rows_of(shared_data / "crm" / "sales_pipeline.csv")
    words = {"Won": "won", "Lost": "lost"}
    frame = frame_of(
        rows, numbers=["close_value"], changed={"outcome": lambda row: words.get(row["deal_stage"], "open")}
    )
    found = inspect_frame(
        Opportunities, frame, opportunity="opportunity_id", created="engage_date", closed="close_date",
        amount="close_value", segments=["product", "sales_agent"],
    )  # fmt: skip
    prices = {row["product"] for row in rows_of(shared_data / "crm" / "products.csv")}

    def where(holds):
        return [number for number, row in enumerate(rows) if holds(row)]

    assert as_found(found, "lost_without_amount") == where(lambda row: row["deal_stage"] == "Lost")
    assert len(as_found(found, "lost_without_amount")) == 687
    assert as_found(found, "no_account") == where(lambda row: not row["account"])
    assert as_found(found, "open_without_amount") == where(lambda row: row["deal_stage"] not in words)
    assert {finding.code for finding in found} == {
        "lost_without_amount", "no_account", "open_without_amount",
    }  # fmt: skip
    # GTXPro of the deals is GTX Pro of the products: names that meet in one column.
    joined = abm.ContentViews(account="A", asset=[row["product"] for row in rows] + sorted(prices))
    (alike_names,) = inspect(joined)["labels_alike"]
    assert "'GTXPro', 'GTX Pro'" in str(alike_names)
    assert alike_names.count == len(where(lambda row: row["product"] == "GTXPro")) + 1


def moment(text):
    return datetime.fromisoformat(text.removesuffix(" UTC"))


def test_the_traps_of_account_engagement(shared_data):
    rows = rows_of(shared_data / "vendors" / "pardot" / "opportunity.csv")
    as_iso = {
        name: lambda row, name=name: row[name].replace(" UTC", "+00:00").replace(" ", "T")
        for name in ("created_at", "closed_at")
    }
    frame = frame_of(rows, numbers=["value"], changed=as_iso)
    found = inspect_frame(
        Opportunities, frame, account="id", opportunity="id", created="created_at", closed="closed_at",
        outcome="stage", amount="value", segments=["probability"],
    )  # fmt: skip
    (backwards,) = found["closed_before_created"]
    spans = [(moment(row["closed_at"]).date() - moment(row["created_at"]).date()).days for row in rows]
    assert backwards.rows.tolist() == [number for number, days in enumerate(spans) if days < 0]
    assert str(backwards) == "7 of 100 opportunities are closed before they are created, by up to 107 days."
    assert -min(spans) == 107
    (clock_found,) = found["one_time_of_day"]
    assert str(clock_found) == "All 100 opportunities have closed at 21:00, as midnights of another time zone do."
    assert {moment(row["closed_at"]).hour for row in rows} == {21}
    (words,) = found["labels_alike"]
    assert str(words) == "99 of 100 opportunities have labels of outcome that look alike: '6 - Won', 'Won'."
    assert words.count == sum(row["stage"] in {"Won", "6 - Won"} for row in rows)
    (scale,) = found["probability_scale"]
    assert scale.count == sum(float(row["probability"]) > 1 for row in rows)
    local = inspect_frame(
        Opportunities, frame, account="id", opportunity="id", created="created_at", closed="closed_at",
        outcome="stage", tz="Asia/Riyadh",
    )  # fmt: skip
    assert local["one_time_of_day"] == ()


def test_the_traps_of_salesforce(shared_data):
    rows = rows_of(shared_data / "vendors" / "salesforce" / "opportunity.csv")
    frame = frame_of(
        rows, numbers=["amount"], changed={"outcome": lambda row: "won" if row["is_won"] == "true" else "lost"}
    )
    found = inspect_frame(
        Opportunities, frame, account="account_id", opportunity="id", created="created_date", closed="close_date",
        segments=["is_deleted", "probability"],
    )  # fmt: skip
    assert len(rows) == 10
    assert as_found(found, "deleted_rows") == list(range(10))
    assert as_found(found, "impossible_probability") == [
        number for number, row in enumerate(rows) if float(row["probability"]) > 100
    ]
    assert str(found["impossible_probability"][0]).endswith("the highest is 1000.")
    assert as_found(found, "closed_before_created") == [
        number for number, row in enumerate(rows) if row["close_date"][:10] < row["created_date"][:10]
    ]
    assert str(found["closed_before_created"][0]).endswith("by up to 12 days.")
    won = [row for row in rows if row["is_won"] == "true"]
    assert sum(finding.count for finding in found["won_without_amount"]) == sum(not row["amount"] for row in won)


def test_the_traps_of_salesforce_s_history(shared_data):
    rows = rows_of(shared_data / "vendors" / "salesforce" / "opportunity_history.csv")
    frame = frame_of(rows, numbers=["amount"])
    found = inspect_frame(
        abm.StageHistory, frame, account="account_id", opportunity="id", stage="stage_name",
        entered="_fivetran_start", left="_fivetran_end",
    )  # fmt: skip
    assert as_found(found, "open_ends") == [
        number for number, row in enumerate(rows) if row["_fivetran_end"].startswith("9999-12-31")
    ]
    starts = Counter(row["_fivetran_start"] for row in rows)
    (most, count), *_ = starts.most_common(1)
    assert as_found(found, "one_moment") == [
        number for number, row in enumerate(rows) if row["_fivetran_start"] == most
    ]
    assert (
        str(found["one_moment"][0])
        == f"{count} of 10 rows of stage history share one moment of entered, {most}, as after an import."
    )


def test_the_traps_of_hubspot(shared_data):
    folder = shared_data / "vendors" / "hubspot"
    stages = rows_of(folder / "deal_stage.csv")
    read = {
        name: lambda row, name=name: np.datetime64(f"{row[name][:10]}T{row[name][11:]:0>8}")
        for name in ("_fivetran_start", "_fivetran_end")
    }
    found = inspect_frame(
        abm.StageHistory, frame_of(stages, changed=read), account="deal_id", opportunity="deal_id", stage="value",
        entered="_fivetran_start", left="_fivetran_end",
    )  # fmt: skip
    assert told(found) == [
        (
            "open_ends",
            "All 14 rows of stage history are left on 2050-01-01, which says that they go on.",
            list(range(14)),
            14,
        )
    ]
    deals = rows_of(folder / "deal.csv")
    nothing = {"account": lambda _: None, "outcome": lambda _: "won"}
    found = inspect_frame(
        Opportunities, frame_of(deals, numbers=["property_amount"], changed=nothing), opportunity="deal_id",
        created="property_createdate", closed="property_closedate", amount="property_amount",
    )  # fmt: skip
    everything = [
        number for number, row in enumerate(deals) if not row["property_amount"] and not row["property_closedate"]
    ]
    assert len(everything) == len(deals)
    for code in ("ended_without_close", "won_without_amount", "no_account"):
        assert as_found(found, code) == everything
    meetings = rows_of(folder / "engagement_meeting.csv")
    found = inspect_frame(
        abm.MeetingLog, frame_of(meetings, changed={"account": lambda _: None}), meeting="engagement_id", at="start_time",
        outcome="meeting_outcome",
    )  # fmt: skip
    assert as_found(found, "no_outcome") == [
        number for number, row in enumerate(meetings) if not row["meeting_outcome"]
    ]
    assert as_found(found, "placeholder_dates") == [
        number for number, row in enumerate(meetings) if row["start_time"] < "1980"
    ]
    opens, sends = (rows_of(folder / f"email_event_{kind}.csv") for kind in ("open", "sent"))
    events = [("open", row) for row in opens] + [("delivered", row) for row in sends]
    frame = {
        "account": "unknown to the export",
        "message": [row["id"] for _, row in events],
        "recipient": "one",
        "kind": [kind for kind, _ in events],
        "at": [row["_fivetran_synced"] for _, row in events],
    }
    found = inspect_frame(abm.EmailEvents, frame)
    sent = {row["id"] for row in sends}
    orphans = [number for number, row in enumerate(opens) if row["id"] not in sent]
    assert found["opens_without_delivery"][0].rows.tolist() == orphans
    assert len(orphans) > 90


@pytest.mark.parametrize(("name", "missing"), [("2017_10", 74), ("2020_03", 42)])
def test_surveys_lack_scores(shared_data, name, missing):
    rows = rows_of(shared_data / "surveys" / f"recommend_{name}.csv")
    found = inspect_frame(abm.SurveyScores, frame_of(rows, numbers=["score"]), scale=(0, 10), segments=["country"])
    blank = [number for number, row in enumerate(rows) if row["score"] in {"", "NA"}]
    assert told(found) == [
        ("missing_values", f"{missing} of {len(rows)} survey scores have no score.", blank, len(rows))
    ]


def test_web_events_are_there_twice_and_sessions_last_for_days(shared_data):
    rows = rows_of(shared_data / "web" / "journey_events.csv.gz")[:10_000]
    seen, again = set(), []
    for number, row in enumerate(rows):
        if (key := tuple(row.values())) in seen:
            again.append(number)
        seen.add(key)
    found = inspect_frame(
        abm.JourneyEvents, frame_of(rows), account="user_id", step="event", at="timestamp",
        segments=[name for name in rows[0] if name not in {"user_id", "event", "timestamp"}],
    )  # fmt: skip
    assert as_found(found, "repeated_rows") == again
    assert len(found) == 1
    events = rows_of(shared_data / "web" / "events_subset_columns.csv")
    kinds = {"page_view": "view", "page_ping": "ping"}
    found = inspect_frame(
        abm.PageEvents, frame_of(events, changed={"kind": lambda row: kinds.get(row["event"], "other")}),
        account="domain_userid", session="domain_sessionid", event="event_id", at="derived_tstamp",
    )  # fmt: skip
    times = {}
    for row in events:
        if row["domain_sessionid"]:
            times.setdefault(row["domain_sessionid"], []).append(datetime.fromisoformat(row["derived_tstamp"]))
    long = {session for session, at in times.items() if (max(at) - min(at)).total_seconds() > 86_400}
    assert as_found(found, "long_sessions") == [
        number for number, row in enumerate(events) if row["domain_sessionid"] in long
    ]
    assert as_found(found, "missing_values") == [
        number for number, row in enumerate(events) if not row["domain_sessionid"]
    ]


def test_purchases_of_one_day(shared_data):
    rows = [line.split() for line in (shared_data / "transactions" / "cdnow_sample.txt").read_text().splitlines()]
    days = [f"{row[2][:4]}-{row[2][4:6]}-{row[2][6:]}" for row in rows]
    amounts = [float(row[4]) for row in rows]
    found = inspect(abm.Purchases(account=[row[0] for row in rows], day=days, amount=amounts))
    seen, same_day, copies = set(), [], []
    for number, (row, amount) in enumerate(zip(rows, amounts, strict=True)):
        for key, again in (((row[0], row[2]), same_day), ((row[0], row[2], amount), copies)):
            if key in seen:
                again.append(number)
            seen.add(key)
    assert as_found(found, "same_day") == same_day
    assert as_found(found, "repeated_rows") == copies
    assert as_found(found, "worthless_purchases") == [number for number, amount in enumerate(amounts) if amount == 0]
    assert len(found) == 3


def test_subscriptions(shared_data):
    rows = rows_of(shared_data / "subscriptions" / "telco_churn.csv")
    blank = [number for number, row in enumerate(rows) if not row["TotalCharges"].strip()]
    frame = frame_of(rows, numbers=["tenure", "TotalCharges"], changed={"ended": lambda row: row["Churn"] == "Yes"})
    assert told(inspect_frame(abm.Tenures, frame, account="customerID")) == []
    paid = inspect_frame(abm.CampaignCosts, frame, campaign="customerID", cost="TotalCharges")
    assert as_found(paid, "missing_values") == blank
    assert len(blank) == 11
    edges = rows_of(shared_data / "subscriptions" / "retention_edges.csv")
    found = inspect(
        abm.RecurringRevenue(
            account=[row["account"] for row in edges],
            opening=[int(row["p0"]) for row in edges],
            closing=[int(row["p12"]) for row in edges],
        )
    )
    assert [finding.rows.tolist() for finding in found["credits"]] == [
        [number for number, row in enumerate(edges) if row[period].startswith("-")] for period in ("p0", "p12")
    ]
    periods = {"p_minus3": "2024-10", "p0": "2025-01", "p4": "2025-05", "p9": "2025-10", "p12": "2026-01"}
    long = [(row["account"], f"{month}-01", int(row[name])) for row in edges for name, month in periods.items()]
    account, period, amount = zip(*long, strict=True)
    found = inspect(abm.RevenueHistory(account=account, period=period, amount=amount))
    back = [
        number
        for number, (name, _, paid_now) in enumerate(long)
        if paid_now > 0
        and number % 5
        and long[number - 1][2] <= 0
        and any(earlier > 0 for other, _, earlier in long[:number] if other == name)
    ]
    assert as_found(found, "pauses") == back
    assert len(back) == 2
