"""Every finding about deals, stages, activity and money: its sentence, its rows, and where it is silent."""

import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import inspect, inspect_frame


def told(found):
    return [(finding.code, str(finding), finding.rows.tolist(), finding.total) for finding in found]


def of(code, found):
    return [(str(finding), finding.rows.tolist(), finding.total) for finding in found[code]]


# --- deals


def deals(**columns):
    made = {
        "Account": ["A", "B", "C", "D"],
        "created": ["2026-01-01"] * 4,
        "closed": ["2026-02-01", "2026-03-01", "2026-04-01", None],
        "outcome": ["won", "lost", "won", "open"],
        "amount": [10.0, 20.0, 30.0, 40.0],
    } | columns
    return {name: values for name, values in made.items() if values is not None}


def frame_findings(**columns):
    return inspect_frame(abm.Opportunities, deals(**columns), account="Account")


def test_sound_deals_have_no_finding():
    assert told(frame_findings()) == []
    assert told(frame_findings(created=None, closed=None, amount=None)) == []
    assert told(frame_findings(closed=["2026-01-01"] * 3 + [None])) == []  # on the day itself


def test_a_close_before_the_creation():
    found = frame_findings(closed=["2025-12-30", "2026-03-01", "2025-12-31", None])
    assert told(found) == [
        (
            "closed_before_created",
            "2 of 4 opportunities are closed before they are created, by up to 2 days.",
            [0, 2],
            4,
        )
    ]
    assert told(frame_findings(created=None)) == []
    assert of("closed_before_created", frame_findings(closed=None)) == []


def test_an_end_without_a_close_and_a_close_without_an_end():
    found = frame_findings(closed=["2026-02-01", None, None, "2026-12-31"])
    assert told(found) == [
        ("open_with_close", "All 1 open deals have a day on which they were closed.", [3], 1),
        ("ended_without_close", "2 of 3 deals won or lost have no day on which they were closed.", [1, 2], 3),
    ]


def test_other_words_for_outcomes():
    found = frame_findings(outcome=["Won", "lost", "6 - Won", None])
    assert of("unknown_outcomes", found) == [
        ("2 of 4 opportunities have an outcome other than 'won', 'lost' or 'open': 'Won', '6 - Won'.", [0, 2], 4)
    ]
    assert of("missing_values", found) == [("1 of 4 opportunities have no outcome.", [3], 4)]
    assert of("labels_alike", found) == [
        ("2 of 4 opportunities have labels of outcome that look alike: 'Won', '6 - Won'.", [0, 2], 4)
    ]


def test_no_day_of_creation():
    assert told(frame_findings(created=["2026-01-01", None, "2026-01-01", None])) == [
        ("no_creation", "2 of 4 opportunities have no day of creation.", [1, 3], 4)
    ]


def table_of(outcome, amount):
    closed = [None if word == "open" else "2026-02-01" for word in outcome]
    return abm.Opportunities(
        account=list("ABCDEF")[: len(outcome)], closed=closed, outcome=outcome, amount=amount, created="2026-01-05"
    )


def test_amounts_of_lost_deals():
    assert told(inspect(table_of(["lost", "lost", "won"], [0, None, 5]))) == [
        (
            "lost_without_amount",
            (
                "All 2 lost deals have the amount 0 or none, so a win rate by value would read 100 %: it is left undefined. "
                "Keep what a lost deal would have been worth."
            ),
            [0, 1],
            2,
        )
    ]
    assert told(inspect(table_of(["lost", "lost", "won"], [0, 7, 5]))) == [
        (
            "lost_without_amount",
            "1 of 2 lost deals have the amount 0 or none, so a win rate by value reads too high.",
            [0],
            2,
        )
    ]
    assert told(inspect(table_of(["lost", "lost", "won"], [1, 7, 5]))) == []


def test_amounts_of_open_deals():
    assert told(inspect(table_of(["won", "open", "open"], [5, 0, None]))) == [
        (
            "open_without_amount",
            "Of 2 open deals none has an amount: the open pipeline is larger than it reads.",
            [1, 2],
            2,
        )
    ]
    assert told(inspect(table_of(["won", "open", "open"], [5, 0, 1]))) == [
        ("open_without_amount", "Of 2 open deals 1 has an amount: the open pipeline is larger than it reads.", [1], 2)
    ]


def test_amounts_of_won_deals():
    assert told(inspect(table_of(["won", "won", "won", "lost"], [5, 0, None, 1]))) == [
        (
            "won_without_amount",
            "1 of 3 won deals have no amount: the revenue won is larger than it reads.",
            [2],
            3,
        ),
        (
            "won_without_amount",
            "1 of 3 won deals have the amount 0: if they were not free, the revenue won is larger than it reads.",
            [1],
            3,
        ),
    ]


def test_copies_of_deals():
    frame = deals(
        Account=["A", "A", "A", None], created=["2026-01-01"] * 4, closed=["2026-02-01"] * 4, outcome=["won"] * 4,
        amount=[10.0, 10.0, 11.0, 10.0], opportunity=[1, 2, 3, 4], tier=["x"] * 4,
    )  # fmt: skip
    table = abm.Opportunities.from_frame(frame, account="Account", segments=["tier"], missing="separate")
    assert of("copied_deals", inspect(table)) == [
        ("1 of 4 opportunities repeat an earlier one in everything but the identifier.", [1], 4)
    ]
    for other in ({"tier": list("xyzz")}, {"amount": [0.0] * 4}, {"created": [None] * 4}, {"amount": None}):
        changed = {name: values for name, values in (frame | other).items() if values is not None}
        table = abm.Opportunities.from_frame(changed, account="Account", segments=["tier"], missing="separate")
        assert of("copied_deals", inspect(table)) == []


def test_currencies():
    sentence = "2 of 4 opportunities are in another currency than EUR: USD, GBP. Amounts of both do not add up."
    money = ["EUR", "USD", "EUR", "GBP"]
    assert told(frame_findings(currency=money)) == [("mixed_currencies", sentence, [1, 3], 4)]
    for name in ("Currency", "currency code", "CurrencyIsoCode", "deal_currency_code"):
        table = abm.Opportunities.from_frame(
            deals(**{name: ["EUR", "USD", "EUR", "GBP"]}), account="Account", segments=[name]
        )
        assert told(inspect(table)) == [("mixed_currencies", sentence, [1, 3], 4)]
    table = abm.Opportunities.from_frame(deals(money=money), account="Account", segments=["money"])
    assert told(inspect(table)) == []
    assert told(frame_findings(currency=["EUR", "EUR", None, "EUR"])) == []


def test_currencies_of_tables():
    euro, dollar = (
        abm.Opportunities(account=["A"], outcome="won", amount=[5], closed="2026-01-01", currency=currency)
        for currency in ("EUR", "USD")
    )
    sentence = ("other_currency", "Amounts of opportunities are in USD, others in EUR.", [0], 1)
    assert told(inspect(abm.Program(name="x", opportunities=dollar, currency="EUR"))) == [sentence]
    assert told(inspect(abm.Program(name="x", opportunities=dollar, currency="USD"))) == []
    assert told(inspect({"first": euro, "second": dollar})) == [
        ("other_currency", "Amounts of second are in USD, others in EUR.", [0], 1)
    ]
    silent = abm.Opportunities(account=["A"], outcome="won", amount=[5], closed="2026-01-01")
    assert told(inspect([silent, euro, silent])) == []


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (
            ["1000", "50", "0", "100%"],
            [
                (
                    "impossible_probability",
                    "1 of 4 opportunities have a Probability (%) that is none, below 0 or above 100; the highest is 1000.",
                    [0],
                    4,
                ),
                (
                    "probability_scale",
                    "2 of 4 opportunities have a Probability (%) above 1: they are percentages, not shares.",
                    [1, 3],
                    4,
                ),
            ],
        ),
        (
            ["-1", "0.5", "0", "1"],
            [
                (
                    "impossible_probability",
                    "1 of 4 opportunities have a Probability (%) that is none, below 0 or above 100; the highest is -1.",
                    [0],
                    4,
                )
            ],
        ),
        (
            ["0.5", "0.2", "90", "high"],
            [
                (
                    "probability_scale",
                    "1 of 4 opportunities have a Probability (%) above 1, and 2 one between 0 and 1: two scales in one column.",
                    [2],
                    4,
                )
            ],
        ),
        (["0", "1", "0.3", None], []),
        (["0", "1", "1", "0"], []),
        (
            ["0", "1", "50", "0"],
            [
                (
                    "probability_scale",
                    "1 of 4 opportunities have a Probability (%) above 1: they are percentages, not shares.",
                    [2],
                    4,
                ),
            ],
        ),
        ([0.0, 1.0, 0.25, np.nan], []),
    ],
)
def test_probabilities(figures, expected):
    found = inspect_frame(abm.Opportunities, deals(p=figures), account="Account", segments={"Probability (%)": "p"})
    assert told(found) == expected


def test_a_deal_that_is_most_of_the_revenue():
    accounts = [f"A{number}" for number in range(10)]
    sentence = "'A3' has 25 % of all revenue won: pooled figures are mostly its own."

    def deals_of(giant, **columns):
        amount = [3.0 if name == "A3" else 1.0 for name in accounts]
        amount[3] = giant
        return abm.Opportunities(
            account=accounts, outcome="won", closed="2026-02-01", amount=amount, created=None, **columns
        )

    assert told(inspect(deals_of(3.0))) == [("giant_deals", sentence, [3], 10)]
    assert told(inspect(deals_of(2.99))) == []
    assert told(inspect(deals_of(3.0).where(np.arange(10) > 0))) == []  # nine accounts


# --- stages


def history(**columns):
    return {
        "account": ["A", "A", "B", "B"],
        "opportunity": [1, 1, 2, 2],
        "stage": ["Discovery", "Won", "Discovery", "Lost"],
        "entered": ["2026-01-05", "2026-02-05", "2026-01-06", "2026-02-07"],
    } | columns


STAGES = {"stages": ["Discovery", "Proposal", "Won"], "lost_stages": ["Lost"]}


def test_a_stage_left_before_it_was_entered():
    left = ["2026-02-05", "2026-02-04", None, None]
    assert told(inspect_frame(abm.StageHistory, history(left=left))) == [
        ("left_before_entered", "1 of 4 rows of stage history are left before they are entered.", [1], 4)
    ]


def test_a_deal_of_two_accounts():
    assert told(inspect_frame(abm.StageHistory, history(account=["A", "B", "B", "B"]))) == [
        (
            "deal_of_two_accounts",
            "1 of 4 rows of stage history are of another account than the first row of the same deal.",
            [1],
            4,
        )
    ]
    found = inspect_frame(abm.StageHistory, history(opportunity=["1", None, "2", None], account=["A", "B", "B", "C"]))
    assert of("deal_of_two_accounts", found) == []


def test_stages_that_nobody_named():
    table = abm.StageHistory(**history(stage=["Discovery", "won", "Discovery", "Gone"]))
    assert told(inspect(table, **STAGES)) == [
        (
            "unknown_stages",
            "2 of 4 rows of stage history are in stages that are not among those named: 'won', 'Gone'.",
            [1, 3],
            4,
        )
    ]
    assert told(inspect(table)) == []


def test_moves_of_deals():
    table = abm.StageHistory(
        account="A",
        opportunity=[1, 1, 1, 2, 2, 3, 3, 3],
        stage=["Discovery", "Won", "Discovery", "Proposal", "Lost", "Discovery", "Proposal", "Discovery"],
        entered=[f"2026-01-{day:02}" for day in range(1, 9)],
    )
    expected = [
        ("stage_moves", "1 of 8 rows of stage history come to an earlier stage than the one before.", [7], 8),
        ("stage_moves", "1 of 8 rows of stage history skip a stage.", [1], 8),
        ("stage_moves", "1 of 8 rows of stage history reopen a deal that was won or lost.", [2], 8),
        ("stage_moves", "1 of 8 rows of stage history begin a deal in a later stage than the first.", [3], 8),
    ]
    assert told(inspect(table, **STAGES)) == expected
    assert told(inspect(table)) == []
    program = abm.Program(name="x", stage_history=table, **STAGES)
    assert told(inspect(program)) == expected
    late = inspect(table, as_of="2026-01-06", **STAGES)["stage_moves"]
    assert [finding.rows.tolist() for finding in late] == [[1], [2], [3]]
    assert told(inspect_frame(abm.StageHistory, history())) == []


def test_a_history_that_contradicts_the_deals():
    table = abm.StageHistory(**history(entered=["2026-02-05", "2026-02-05", "2026-01-06", "2026-02-07"]))

    def deals_with(outcome, segments=(), opportunity=(1, 2, 3)):
        return abm.Opportunities(
            account=["A", "B", "C"], opportunity=list(opportunity), outcome=outcome, segments=dict(segments)
        )

    sentence = "1 of 2 opportunities with a history are not where the stage history ends."

    def found(outcome, segments=(), **said):
        return of("history_contradicts", inspect([deals_with(outcome, segments), table], **said))

    assert found(["won", "lost", "open"], **STAGES) == []
    assert found(["won", "won", "open"], **STAGES) == [(sentence, [1], 2)]
    assert found(["open", "lost", "open"], **STAGES) == [(sentence, [0], 2)]
    assert found(["open", "open", "won"]) == []  # nobody says which stage is won
    stages = {"stage": ["6 - won", "Proposal", "Won"]}
    assert found(["won", "lost", "open"], stages) == [(sentence, [1], 2)]
    known = abm.TargetAccounts(account=["A", "C"], segments={"stage": ["WON", "Won"]})
    partly = deals_with(["won", "won", "open"]).with_segments(known)
    assert of("history_contradicts", inspect([partly, table])) == []
    nameless = abm.Opportunities(account=["A"], outcome="open")
    assert of("history_contradicts", inspect([nameless, table], **STAGES)) == []


def test_a_history_of_other_deals():
    table = abm.StageHistory(**history())
    others = abm.Opportunities(account=["A"], opportunity=[2], outcome="lost")
    assert told(inspect([others, table])) == [
        (
            "history_of_no_deal",
            "2 of 4 rows of stage history are of deals that are not among the opportunities.",
            [0, 1],
            4,
        )
    ]


# --- activity


def test_clicks_and_opens_of_rows():
    table = abm.Emails(
        account=list("ABC"), sent=[5, 5, 5], delivered=[5, 4, 5], bounced=[0, 1, 1], opened=[2, 2, 2],
        clicked=[2, 3, 1],
    )  # fmt: skip
    assert told(inspect(table)) == [
        ("more_than_sent", "1 of 3 rows of e-mails have more delivered and bounced than sent.", [2], 3),
        (
            "clicked_above_opened",
            "1 of 3 rows of e-mails have more clicked than opened: images are blocked there.",
            [1],
            3,
        ),
    ]
    assert told(inspect(abm.Emails(account=list("ABC"), delivered=[5, 4, 5], clicked=[1, 0, 0]))) == []


def events(kind, at, message="m", recipient="r"):
    return abm.EmailEvents(account="A", message=message, recipient=recipient, kind=kind, at=at)


def test_opens_without_a_delivery():
    at = [f"2026-01-01 09:0{minute}" for minute in (3, 2, 4, 5, 6)]
    table = events(["delivered", "open", "open", "click", "open"], at, list("mmmnn"), list("rrrrr"))
    assert told(inspect(table)) == [
        ("opens_without_delivery", "2 of 4 opens and clicks are of mails that were never delivered.", [3, 4], 4),
        ("opens_without_delivery", "1 of 4 opens and clicks came before their mail was delivered.", [1], 4),
    ]
    assert told(inspect(events(["open", "click"], at[:2]))) == []  # an export without deliveries
    same = events(["delivered", "delivered", "open"], [at[0], at[2], at[0]])
    assert told(inspect(same)) == []
    two = events(["delivered", "open"], at[:1] * 2, "m", ["r", "s"])
    assert of("opens_without_delivery", inspect(two)) == [
        ("All 1 opens and clicks are of mails that were never delivered.", [1], 1)
    ]


def test_clicks_without_an_open():
    at = [f"2026-01-01 09:0{minute}" for minute in range(4)]
    table = events(["open", "click", "click", "delivered"], at, list("mmnn"))
    assert of("clicks_without_open", inspect(table)) == [
        ("1 of 2 clicks are of mails without an open: images are blocked.", [2], 2)
    ]
    assert of("clicks_without_open", inspect(events(["delivered", "click"], at[:2]))) == []


def test_one_mail_that_most_clicks_are_of():
    at = [f"2026-01-01 09:{minute:02}" for minute in range(10)]

    def clicks(of_first, count=10, kind="click"):
        message = [0] * of_first + list(range(1, count - of_first + 1))
        return of("single_mail", inspect(events(kind, at[:count], message)))

    assert clicks(6) == [("6 of 10 clicks are of a single mail.", [0, 1, 2, 3, 4, 5], 10)]
    assert clicks(6, kind="open") == [("6 of 10 opens are of a single mail.", [0, 1, 2, 3, 4, 5], 10)]
    assert clicks(5) == []
    assert clicks(9, count=9) == []


def test_sessions_longer_than_a_day():
    at = ["2026-01-01 09:00", "2026-01-02 09:00", "2026-01-01 09:00", "2026-01-02 09:01", "2026-01-01 12:00"]
    table = abm.PageEvents(session=list("aabbb"), kind="view", at=at)
    assert told(inspect(table)) == [
        ("long_sessions", "3 of 5 page events are of sessions that last longer than a day.", [2, 3, 4], 5)
    ]
    assert told(inspect(abm.PageEvents(visitor=list("aabbb"), kind="view", at=at))) == []
    unknown = inspect_frame(
        abm.PageEvents, {"session": ["", ""], "kind": "view", "at": ["2026-01-01 09:00", "2026-03-01 10:00"]}
    )
    assert of("long_sessions", unknown) == []
    sessions = abm.WebSessions(
        account="A", session=["a", "b"], started="2026-01-01 09:00", ended=["2026-01-02 09:00", "2026-01-02 09:01"],
        events=2, page_views=1, seconds=5.0,
    )  # fmt: skip
    assert told(inspect(sessions)) == [
        ("long_sessions", "1 of 2 web sessions are of sessions that last longer than a day.", [1], 2)
    ]


def test_times_longer_than_a_day():
    visits = abm.WebVisits(account=["A", "B"], visits=[2, 2], seconds=[172_800, 172_801])
    assert told(inspect(visits)) == [
        (
            "endless_visits",
            "1 of 2 rows of web visits have more seconds than there are in a day for each visit.",
            [1],
            2,
        )
    ]
    assert told(inspect(abm.WebVisits(account=["A", "B"], visits=[2, 2]))) == []
    activities = abm.Activities(
        account="A", kind="call", at=["2026-01-01", "2026-01-02", "2026-01-03"], minutes=[1440, 1441, None]
    )
    assert told(inspect(activities)) == [
        ("endless_activities", "1 of 3 activities have more minutes than there are in a day.", [1], 3)
    ]


def test_activities_need_no_minutes():
    assert told(inspect(abm.Activities(account="A", kind="call", at=["2026-01-01"]))) == []


def test_more_engagement_than_impressions():
    posts = abm.SocialPosts(account=list("AB"), impressions=[5, 5], reactions=[3, 3], shares=[2, 3])
    assert told(inspect(posts)) == [
        (
            "few_impressions",
            "1 of 2 rows of social posts have fewer impressions than reactions, shares together.",
            [1],
            2,
        )
    ]
    assert told(inspect(abm.SocialPosts(account=list("AB"), reactions=[3, 3]))) == []


def calendar(outcome=None, at="2026-01-05 09:00", **columns):
    return abm.MeetingLog(account="A", meeting=[1, 2, 3], at=at, outcome=outcome, **columns)


def test_meetings_without_an_outcome():
    nothing = "No outcome was logged of any of 3 meetings."
    assert told(inspect(calendar())) == [("no_outcome", nothing, [0, 1, 2], 3)]
    assert told(inspect(calendar([None, None, None]))) == [("no_outcome", nothing, [0, 1, 2], 3)]
    some = calendar(["held", None, "scheduled"], at=["2026-01-05 09:00", "2026-01-05 10:00", "2026-01-06 09:00"])
    assert told(inspect(some)) == []  # nobody says what day it is
    assert told(inspect(some, as_of="2026-01-05")) == [("no_outcome", "1 of 2 past meetings have no outcome.", [1], 2)]
    assert of("no_outcome", inspect(some, as_of="2026-01-06")) == [("2 of 3 past meetings have no outcome.", [1, 2], 3)]


def test_sums_of_meetings_without_an_outcome():
    def meetings(booked, **columns):
        return told(inspect(abm.Meetings(account=list("ABC"), booked=booked, **columns)))

    sentence = "No outcome was logged of any of 10 meetings."
    assert meetings([4, 0, 6], held=0, no_show=0) == [("no_outcome", sentence, [0, 2], 3)]
    assert meetings([4, 0, 5], held=0) == []
    assert meetings([4, 0, 6], held=[0, 0, 1]) == []
    assert meetings([4, 0, 6]) == []


def test_meetings_that_replace_nothing():
    table = calendar(["held"] * 3, rescheduled_from=[None, 1, 9])
    assert told(inspect(table)) == [
        (
            "unknown_appointments",
            "1 of 2 rescheduled meetings replace an appointment that is not there.",
            [2],
            2,
        )
    ]


def test_scores_off_their_scale():
    found = inspect_frame(abm.SurveyScores, {"score": [0, 1, 10, 11]}, scale=(1, 10))
    assert told(found) == [("off_the_scale", "2 of 4 survey scores have a score outside 1 to 10.", [0, 3], 4)]
    leads = inspect_frame(
        abm.Leads, {"account": "A", "lead": [1, 2], "score": [0, 100.5], "at": "2026-01-01"}, scale=(0, 100)
    )
    assert told(leads) == [("off_the_scale", "1 of 2 rows of leads have a score outside 0 to 100.", [1], 2)]
    assert told(inspect_frame(abm.SurveyScores, {"score": [0, 1, 10, 11]})) == []


def test_scores_of_another_scale():
    def answers(top, scale=(0, 10), count=20):
        return told(inspect(abm.SurveyScores(score=[max(1, scale[0])] * (count - 1) + [top], scale=scale)))

    def sentence(top, high, count=20):
        return [
            (
                "other_scale",
                f"The highest of {count} scores is {top}, on a scale to {high}: was it another scale?",
                list(range(count)),
                count,
            )
        ]

    assert answers(5) == sentence(5, 10)
    assert answers(6) == []
    assert answers(5, count=19) == []
    assert answers(5, (1, 10)) == sentence(5, 10)
    assert answers(6, (1, 10)) == []
    assert answers(3, (1, 5)) == sentence(3, 5)
    assert answers(4, (1, 5)) == []
    leads = abm.Leads(account="A", lead=range(20), score=[1.0] * 20, at="2026-01-01", scale=(0, 100))
    assert of("other_scale", inspect(leads)) == [
        ("The highest of 20 scores is 1, on a scale to 100: was it another scale?", list(range(20)), 20)
    ]


def test_people_who_answer_twice():
    sentence = "1 of 4 survey scores are of somebody who has answered already."
    year = [2025, 2026, 2026, 2026]
    for name in ("Respondent", "contact", "person", "Email", "employee", "user"):
        table = abm.SurveyScores(
            account="A", score=[9, 9, 8, 3], scale=(0, 10), segments={name: ["x", "x", "y", "x"], "year": year}
        )
        assert told(inspect(table)) == [("answered_twice", sentence, [3], 4)]
    table = abm.SurveyScores(account=list("ABBB"), score=[9, 9, 8, 3], scale=(1, 10), segments={"year": year})
    assert told(inspect(table)) == []  # an account may have several people
    assert told(inspect(abm.Program(name="x", employee_scores=table))) == [
        (
            "answered_twice",
            "2 of 4 employee scores are of somebody who has answered already.",
            [2, 3],
            4,
        )
    ]
    people = abm.SurveyScores.from_frame(
        {"account": ["A", None, None], "score": [9, 9, 9]}, scale=(1, 10), missing="separate"
    )
    assert of("answered_twice", inspect(abm.Program(name="x", employee_scores=people))) == []
    assert told(inspect(abm.Program(name="x", employee_scores=abm.SurveyScores(score=[9, 9], scale=(1, 10))))) == []


# --- money


def touched(account, campaign="Fair", at="2026-01-05 09:00"):
    return abm.Touches(account=account, campaign=campaign, at=at, contact=[str(row) for row in range(len(account))])


def test_campaigns_without_costs_and_costs_without_touches():
    touches = touched(list("ABC"), ["Fair", "Mail", "Webinar"])
    costs = abm.CampaignCosts(campaign=["Mail", "Booth"], cost=[1, 2])
    results = abm.CampaignResults(campaign=["Fair"], cost=[5])
    assert told(inspect([touches, costs])) == [
        (
            "campaigns_without_cost",
            "2 of 3 touches are of campaigns without a cost: 'Fair', 'Webinar'.",
            [0, 2],
            3,
        ),
        (
            "campaigns_without_touch",
            "1 of 2 rows of campaign costs are of campaigns without a touch: 'Booth'.",
            [1],
            2,
        ),
    ]
    assert of("campaigns_without_cost", inspect([touches, costs, results])) == [
        ("1 of 3 touches are of campaigns without a cost: 'Webinar'.", [2], 3)
    ]
    assert told(inspect(touches)) == []
    assert told(inspect(costs)) == []
    numbered = inspect([touched(list("AB"), [1, 2]), abm.CampaignCosts(campaign=[1], cost=[1])])
    assert told(numbered) == [("campaigns_without_cost", "1 of 2 touches are of campaigns without a cost.", [1], 2)]


def deals_of(account, outcome, closed=None):
    return abm.Opportunities(account=account, outcome=outcome, closed=closed)


def test_touches_of_accounts_without_a_deal():
    deals = deals_of(["A", "Z"], "open")

    def found(strangers, count=10):
        accounts = ["B"] * strangers + ["A"] * (count - strangers)
        return told(inspect([touched(accounts), deals]))

    sentence = "8 of 10 touches are of accounts without a deal (opportunities)."
    shared = (
        "one_moment",
        "All 10 touches share one moment of at, 2026-01-05 09:00, as after an import.",
        list(range(10)),
        10,
    )
    assert found(8) == [shared, ("touches_of_no_deal", sentence, list(range(8)), 10)]
    assert found(7) == [shared]
    assert found(9, count=9) == []


def test_touches_after_the_close():
    at = [f"2026-02-0{day} 00:00" for day in (1, 1, 2, 2, 3, 3, 4, 4, 5, 5)] + ["2026-03-01 10:00"] * 2

    def found(account, deals):
        return of("touches_after_close", inspect([touched(account, at=at), deals]))

    accounts = ["A"] * 10 + ["B", "C"]
    ended = deals_of(
        ["A", "A", "B", "Z"], ["won", "lost", "open", "won"], ["2026-01-01", "2026-02-01", None, "2026-01-01"]
    )
    assert found(accounts, ended) == [
        (
            (
                "8 of 10 touches of accounts whose deals are over come after the last deal of their account was closed "
                "(opportunities)."
            ),
            [2, 3, 4, 5, 6, 7, 8, 9],
            10,
        )
    ]
    later = deals_of(["A", "A"], ["won", "lost"], ["2026-01-01", "2026-02-02"])
    assert found(accounts, later) == []
    assert found(["A"] * 9 + ["B"] * 3, ended) == []  # nine touches
    going = deals_of(["A", "A"], ["won", "open"], ["2026-01-01", None])
    assert found(accounts, going) == []
    assert found(accounts, deals_of(["A"], "open")) == []
    nameless = abm.Touches.from_frame(
        {"account": ["A"] * 9 + [None], "campaign": ["x"] * 10, "at": at[2:]}, missing="separate"
    )
    assert of("touches_after_close", inspect([nameless, ended])) == []


def test_campaigns_that_cost_nothing():
    costs = abm.CampaignResults(campaign=["Mail", "Fair", "Mail", "Blog"], cost=[0, 0, 5, 0])
    assert told(inspect(costs)) == [
        (
            "free_campaigns",
            "2 of 4 rows of campaign results are of campaigns that cost nothing: 'Fair', 'Blog'.",
            [1, 3],
            4,
        )
    ]
    unknown = inspect_frame(abm.CampaignCosts, {"campaign": ["Mail", "", "Fair"], "cost": [None, 0.0, 2.0]})
    assert of("free_campaigns", unknown) == [
        ("1 of 3 rows of campaign costs are of campaigns that cost nothing: 'Mail'.", [0], 3)
    ]


def test_credits():
    revenue = abm.RecurringRevenue(account=list("AB"), opening=[5, -1], closing=[-2, 3])
    assert told(inspect(revenue)) == [
        ("credits", "1 of 2 rows of recurring revenue have opening below 0, a credit that counts as 0.", [1], 2),
        ("credits", "1 of 2 rows of recurring revenue have closing below 0, a credit that counts as 0.", [0], 2),
    ]
    history = abm.RevenueHistory(account=list("AB"), period="2026-01-01", amount=[-1, 0])
    assert told(inspect(history)) == [
        ("credits", "1 of 2 rows of revenue history have amount below 0, a credit that counts as 0.", [0], 2)
    ]


def test_more_expansion_than_revenue():
    frame = {
        "account": list("ABC"),
        "opening": [1, 1, 1],
        "closing": [5, 5, -1],
        "cross_sell": [3, 3, 0],
        "up_sell": [2, 3, 0],
    }
    assert of("too_much_expansion", inspect_frame(abm.RecurringRevenue, frame)) == [
        ("1 of 3 rows of recurring revenue have more cross-sell and up-sell than they close with.", [1], 3)
    ]
    assert told(inspect(abm.RecurringRevenue(account=["A"], opening=[1], closing=[0]))) == []


def test_pauses_and_missing_periods():
    table = abm.RevenueHistory(
        account=["A", "B", "A", "B", "A", "B"],
        period=["2026-01-01", "2026-01-01", "2026-02-01", "2026-02-01", "2026-03-01", "2026-03-01"],
        amount=[5, 5, 0, 5, 5, 5],
    )
    assert told(inspect(table)) == [
        (
            "pauses",
            "1 of 6 rows of revenue history follow periods in which the same account paid nothing.",
            [4],
            6,
        )
    ]
    gap = abm.RevenueHistory(
        account="A", period=["2026-06-01", "2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"], amount=1
    )
    assert told(inspect(gap)) == [
        ("missing_periods", "No row of revenue history lies between 2026-04-01 and 2026-06-01.", [0], 5)
    ]
    yearly = abm.RevenueHistory(account="A", period=["2023-01-01", "2024-01-01", "2025-01-01"], amount=1)
    assert told(inspect(yearly)) == []
    found = inspect_frame(
        abm.RevenueHistory, {"account": ["A", None, "A"], "period": ["2026-01-01", "2026-02-01", None], "amount": 1.0}
    )
    assert (found["pauses"], found["missing_periods"]) == ((), ())


def test_accounts_in_both_arms():
    frame = {"account": ["A", "A", "B", "B", "C"], "arm": ["x", "y", "x", "x", "y"], "outcome": [1, 2, 3, 4, 5]}
    assert told(inspect_frame(abm.ArmOutcomes, frame)) == [
        ("both_arms", "2 of 5 rows of arm outcomes are of accounts in several arms.", [0, 1], 5)
    ]
    unknown = abm.ArmOutcomes.from_frame(
        {"account": ["A", None, None], "arm": ["x", "x", "y"], "outcome": [1, 2, 3]}, missing="separate"
    )
    assert of("both_arms", inspect(unknown)) == []


def test_purchases():
    table = abm.Purchases(
        account=["A", "A", "A", "B", "B"],
        day=["2026-01-05", "2026-01-05", "2026-01-06", "2026-01-05", "2026-01-07"],
        amount=[3, 4, 0, 3, None],
    )
    assert told(inspect(table)) == [
        ("worthless_purchases", "2 of 5 purchases have the amount 0 or none.", [2, 4], 5),
        (
            "same_day",
            "1 of 5 purchases are of an account and a day that an earlier row has: all of a day are one purchase.",
            [1],
            5,
        ),
    ]
    assert told(inspect(abm.Purchases(account=["A"], day="2026-01-05"))) == []
