"""Vendors' exports through their column maps: what is read, what is left out, and what is found."""

import datetime as dt
import re

import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import _vendor_reading, vendors
from abmmetrics.errors import MetricInputError

pandas = pytest.importorskip("pandas", reason="vendors' exports are read with pandas")

DEALS = {
    "Id": ["a", "b", "c", "d"],
    "AccountId": ["X", "X", "Y", "Z"],
    "CreatedDate": ["2026-01-05", "2026-01-05", "2026-02-02", "2026-03-02"],
    "CloseDate": ["2026-03-20", "2026-06-30", "2026-02-01", "2026-04-01"],
    "Amount": [12_000.0, None, 8_000.0, 500.0],
    "Type": ["New", "New", "Renewal", "New"],
    "IsClosed": [True, False, True, True],
    "IsWon": [True, False, True, False],
    "IsDeleted": [False, False, False, True],
    "Probability": [100, 65, 1000, 0],
    "StageName": ["Closed Won", "Proposal", "6 - Closed Won", "Closed Lost"],
    "Region": ["North", "North", "South", "South"],
}


def deals(**columns):
    return {**DEALS, **columns}


def read(**columns):
    return vendors.read(deals(**columns), vendors.SALESFORCE_OPPORTUNITY)


def refused(call, *given, **options):
    with pytest.raises(MetricInputError) as error:
        call(*given, **options)
    return str(error.value)


def frame(path, *dates):
    return pandas.read_csv(path, parse_dates=list(dates))


# The maps ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", vendors.COLUMN_MAPS)
def test_a_map_fits_its_model_and_says_when_it_was_read(name):
    held = vendors.COLUMN_MAPS[name]
    assert getattr(vendors, name) is held
    known = held.model._model()
    assert set(held) | set(held.lacks) <= {*known.kinds, "reachable"}
    assert set(known.required) <= {*held, *held.lacks}, "what is needed is there, or it is said where it is found"
    assert dt.date.fromisoformat(held.read_on) <= dt.date(2026, 11, 22)
    assert held.source
    assert name.endswith("_FIVETRAN") == held.source.startswith("Fivetran") or held.table == "campaign, of Fivetran too"
    assert name.startswith(held.vendor.upper().replace(" ", "_"))
    assert set(held.words.values()) - {None} <= {"won", "lost", "open", "delivered", "click"} | set(
        abm.meetings._OUTCOMES
    )


def test_the_four_systems_have_their_own_names_and_the_connector_s():
    tables = {
        (held.vendor, held.model.__name__, held.source.startswith("Fivetran")) for held in vendors.COLUMN_MAPS.values()
    }
    both = {("Salesforce", "Opportunities"), ("Salesforce", "StageHistory"), ("Salesforce", "Contacts"),
            ("Salesforce", "MeetingLog"), ("HubSpot", "Opportunities"), ("HubSpot", "EmailEvents"), ("HubSpot", "Contacts"),
            ("HubSpot", "MeetingLog"), ("Marketo", "EmailEvents"), ("Marketo", "Contacts"), ("Marketo", "Leads"),
            ("Account Engagement", "Opportunities"), ("Account Engagement", "Contacts")}  # fmt: skip
    assert {(*table, ours) for table in both for ours in (True, False)} <= tables


def test_a_map_is_a_mapping_to_splat():
    held = vendors.SALESFORCE_ACCOUNT
    assert (dict(held), len(held), list(held), held["account"]) == ({"account": "Id"}, 1, ["account"], "Id")
    found = abm.TargetAccounts.from_frame({"Id": ["001x", "001y"]}, **held)
    assert found.account.to_list() == ["001x", "001y"]
    assert repr(held) == "Salesforce Account as TargetAccounts (account=Id; read 2026-11-22)"
    # What from_frame lacks it says, as ever.
    needs = refused(abm.Opportunities.from_frame, {"Id": []}, **vendors.SALESFORCE_OPPORTUNITY)
    assert needs == "Opportunities.from_frame must be told the column for outcome; got ['Id']"


def test_every_map_is_exported():
    assert len(vendors.COLUMN_MAPS) == 38
    assert set(vendors.COLUMN_MAPS) == {name for name in vendors.__all__ if name.isupper()} - {"COLUMN_MAPS"}


def test_maps_are_a_markdown_table():
    lines = vendors.markdown_columns("Marketo").splitlines()
    assert lines[:2] == [
        "| Map | Columns | To know |",
        "| --- | --- | --- |",
    ]
    leads = next(line for line in lines if "`MARKETO_LEAD`" in line)
    assert leads == (
        "| `MARKETO_LEAD`<br>lead as `Contacts` | account = `company`<br>contact = `id` | Names of companies rather than "
        "accounts: one company may be spelt in several ways.<br>*Adobe, Marketo Engage REST API, read 2026-11-22* |"
    )
    mails = next(line for line in lines if "`MARKETO_EMAIL_ACTIVITY`" in line)
    assert "<br>Lacks account: lead.company.<br>Lacks link: the attribute Link of a click.<br>*Adobe" in mails
    lines = vendors.markdown_columns("Account Engagement").splitlines()
    prospects = next(line for line in lines if "`ACCOUNT_ENGAGEMENT_PROSPECT`" in line)
    assert prospects.endswith(
        "| *Salesforce, Account Engagement API version 5 (names of fields not confirmed there), read 2026-11-22* |"
    )
    everything = vendors.markdown_columns().splitlines()
    assert len(everything) == 2 + len(vendors.COLUMN_MAPS)


# Reading ----------------------------------------------------------------------------------------------------------


def test_a_salesforce_export_is_read_and_what_is_left_out_is_counted():
    found = read()
    assert found.opportunity.to_list() == ["a", "b"]
    assert found.outcome.to_list() == ["won", "open"]
    assert found.closed.astype(str).tolist() == ["2026-03-20", "NaT"]
    assert found.created.astype(str).tolist() == ["2026-01-05", "2026-01-05"]
    assert found.kind.to_list() == ["New", "New"]
    assert found.amount[0] == 12_000
    assert np.isnan(found.amount[1])
    assert found.excluded == {"deleted": 1, "closed before created": 1}


def test_a_row_that_is_left_out_for_two_reasons_counts_once():
    assert read(IsDeleted=[False, False, True, True]).excluded == {"deleted": 2}


def test_deals_closed_before_they_were_created_are_dropped_kept_without_the_day_or_refused():
    export = deals()
    kept = vendors.read(export, vendors.SALESFORCE_OPPORTUNITY, backwards="forget")
    assert kept.opportunity.to_list() == ["a", "b", "c"]
    assert kept.created.astype(str).tolist() == ["2026-01-05", "2026-01-05", "NaT"]
    assert kept.excluded == {"deleted": 1}
    assert refused(vendors.read, export, vendors.SALESFORCE_OPPORTUNITY, backwards="refuse") == (
        "closed must be on or after created (to look at all 1 such rows, select those of your data where "
        "closed < created); got 2026-02-01 with created=2026-02-02 at row 2"
    )
    assert refused(vendors.read, export, vendors.SALESFORCE_OPPORTUNITY, backwards="keep") == (
        "backwards must be one of ['drop', 'forget', 'refuse']; got 'keep'"
    )


def test_an_open_deal_may_be_expected_to_close_before_it_was_created():
    found = read(IsClosed=[True, False, False, True], IsWon=[True, False, False, False])
    assert found.opportunity.to_list() == ["a", "b", "c"]
    assert found.excluded == {"deleted": 1}


def test_a_deal_closed_on_the_day_it_was_created_is_no_trap():
    assert read(CloseDate=["2026-01-05", "2026-06-30", "2026-02-02", "2026-04-01"]).excluded == {"deleted": 1}


def test_a_lost_deal_is_closed_and_not_won():
    found = read(IsDeleted=[False] * 4)
    assert found.outcome.to_list() == ["won", "open", "lost"]


def test_an_export_without_creation_days_is_read():
    bare = vendors.ColumnMap(
        vendor="Us", table="deals", model=abm.Opportunities, says="outcome", words={"Yes": "won", "No": "lost"},
        columns={"account": "account", "closed": "closed", "outcome": "won?"}, source="ours",
    )  # fmt: skip
    export = {"account": ["X", "Y"], "closed": ["2026-01-05", "2026-01-06"], "won?": ["YES", " no "]}
    assert vendors.read(export, bare).outcome.to_list() == ["won", "lost"]
    undated = vendors.ColumnMap(
        vendor="Us", table="deals", model=abm.Opportunities, says="outcome", words={"Yes": "won", "No": "lost"},
        columns={"account": "account", "outcome": "won?"}, source="ours",
    )  # fmt: skip
    assert vendors.read(export, undated).excluded == {}
    assert vendors.findings(export, undated) == {}


def test_segments_and_a_currency_that_every_row_repeats_come_along():
    export = deals(CurrencyIsoCode=["EUR"] * 4)
    found = vendors.read(export, vendors.SALESFORCE_OPPORTUNITY, segments=["Region"], currency="CurrencyIsoCode")
    assert found.segments["Region"].to_list() == ["North", "North"]
    assert found.currency == "EUR"
    renamed = vendors.read(export, vendors.SALESFORCE_OPPORTUNITY, segments={"area": "Region"}, currency="USD")
    assert list(renamed.segments) == ["area"]
    assert renamed.currency == "USD"


def test_flags_may_be_text_numbers_or_of_a_frame_and_empty_ones_say_no():
    assert read(IsDeleted=["false", "FALSE", "", "True"]).excluded == {"deleted": 1, "closed before created": 1}
    assert read(IsDeleted=[0.0, None, 0.0, 1.0]).excluded == {"deleted": 1, "closed before created": 1}
    assert read(IsDeleted=[0, 0, 0, 1]).excluded == {"deleted": 1, "closed before created": 1}
    frame = pandas.DataFrame(deals(IsDeleted=[False, None, False, True]))
    assert vendors.read(frame, vendors.SALESFORCE_OPPORTUNITY).excluded == {"deleted": 1, "closed before created": 1}


def test_flags_that_are_none_are_refused():
    assert refused(read, IsDeleted=["no", "false", "", ""]) == "IsDeleted must be true or false; got 'no' at row 0"
    assert refused(read, IsDeleted=["", "2", "", "2"]) == "IsDeleted must be true or false; got '2' at row 1"
    assert refused(read, IsDeleted=[0.0, 0.5, 0.0, 0.0]).startswith("IsDeleted must be text or whole numbers")
    missing = "IsClosed must be true or false in every row; got a missing value at row 2"
    assert refused(read, IsClosed=[True, False, None, None]) == missing
    assert refused(read, IsWon=[True, True, True, False]) == "IsWon must be false where IsClosed is; got true at row 1"
    assert refused(read, Id="a") == "opportunity must be a column of the export; got one value for all rows"


def test_a_refusal_names_the_row_of_the_export():
    wrong = deals(IsDeleted=[True, False, False, False], Amount=[1.0, 2.0, 3.0, -4.0])
    message = refused(vendors.read, wrong, vendors.SALESFORCE_OPPORTUNITY)
    assert message == "amount must be finite numbers >= 0 or missing; got -4.0 at row 3"
    assert refused(vendors.read, deals(), vendors.SALESFORCE_OPPORTUNITY, missing="maybe") == (
        "missing must be one of ['refuse', 'drop', 'separate']; got 'maybe'"
    )
    assert refused(vendors.read, {"Id": []}, vendors.SALESFORCE_OPPORTUNITY).startswith(
        "IsClosed must name a column of the frame; got 'IsClosed'"
    )


def test_a_number_of_a_row_is_told_from_other_numbers():
    rows = np.array([4, 7])
    assert _vendor_reading._of_the_export("a must be b; got 'c at row 1' at row 1", rows) == (
        "a must be b; got 'c at row 1' at row 7"
    )
    assert _vendor_reading._of_the_export("a must be b; got 'c at row 1'", rows) == "a must be b; got 'c at row 1'"
    assert _vendor_reading._of_the_export("a must be 1", rows) == "a must be 1"


def test_a_column_of_the_map_may_be_left_away():
    untyped = deals(Type=["New", None, "New", "New"])
    said = refused(vendors.read, untyped, vendors.SALESFORCE_OPPORTUNITY)
    assert said == "kind must be text or whole numbers in every row; got a missing value at row 1"
    assert vendors.read(untyped, vendors.SALESFORCE_OPPORTUNITY, kind=None).kind is None
    assert "rows without kind (Type)" not in vendors.findings(untyped, vendors.SALESFORCE_OPPORTUNITY, kind=None)
    assert vendors.findings(untyped, vendors.SALESFORCE_OPPORTUNITY)["rows without kind (Type)"] == 1
    assert vendors.read(deals(), vendors.SALESFORCE_OPPORTUNITY, currency=None) == read()


def test_contacts_of_hubspot_may_have_no_role_and_no_opinion():
    export = {
        "hs_object_id": [1, 2], "associatedcompanyid": [7, 7], "hs_buying_role": ["DECISION_MAKER", None],
        "hs_email_optout": [None, "true"],
    }  # fmt: skip
    found = vendors.read(export, vendors.HUBSPOT_CONTACT)
    assert found.role is not None
    assert (found.role.to_list(), found.reachable.tolist()) == (["DECISION_MAKER", None], [True, False])


def test_words_in_place_of_flags_say_what_stages_mean():
    words = {"Closed Won": "won", "6 - Closed Won": "won", "Closed Lost": "lost", "Proposal": "open"}
    found = vendors.read(deals(), vendors.SALESFORCE_OPPORTUNITY, outcome="StageName", words=words)
    assert found == read()
    assert refused(vendors.read, deals(), vendors.SALESFORCE_OPPORTUNITY, words=words) == (
        "outcome must be told its column, whose words are to be replaced; got None"
    )
    del words["Proposal"]
    said = refused(vendors.read, deals(), vendors.SALESFORCE_OPPORTUNITY, outcome="StageName", words=words)
    assert said == (
        "outcome must be one of ['Closed Won', '6 - Closed Won', 'Closed Lost'] in StageName (words= says what others "
        "mean); got 'Proposal' at row 1"
    )


def test_a_map_that_has_to_say_something_and_has_neither_words_nor_flags_is_refused():
    silent = vendors.ColumnMap(
        vendor="Us", table="deals", model=abm.Opportunities, says="outcome", columns={"account": "a"}, source="ours"
    )
    assert refused(vendors.read, {"a": ["X"]}, silent) == (
        "outcome must be told its column, whose words are to be replaced; got None"
    )
    found = refused(vendors.read, {"a": ["X"], "b": ["?"]}, silent, outcome="b")
    assert found == "words must say what each b means in our words (see the note of the map); got None"


def test_contacts_are_reachable_unless_something_says_otherwise():
    export = {
        "Id": ["c1", "c2", "c3", "c4"],
        "AccountId": ["X", "X", "Y", "Y"],
        "HasOptedOutOfEmail": ["false", "true", "", "false"],
        "IsEmailBounced": [False, False, None, True],
    }
    found = vendors.read(export, vendors.SALESFORCE_CONTACT)
    assert found.reachable.tolist() == [True, False, True, False]
    told = vendors.read({**export, "ok": [0, 1, 1, 1]}, vendors.SALESFORCE_CONTACT, reachable="ok")
    assert told.reachable.tolist() == [0, 1, 1, 1]


def test_events_of_other_kinds_and_of_bots_are_left_out_and_counted():
    export = {
        "email_campaign_id": [7] * 6,
        "recipient": ["ada"] * 6,
        "type": ["SENT", "DELIVERED", "OPEN", "CLICK", "CLICK", "SENT"],
        "created": [f"2026-03-02 09:0{minute}" for minute in range(6)],
        "filtered_event": [False, False, False, False, True, True],
        "company": ["X"] * 6,
    }
    found = vendors.read(export, vendors.HUBSPOT_EMAIL_EVENT_FIVETRAN, account="company")
    assert found.kind.to_list() == ["delivered", "open", "click"]
    assert found.excluded == {"filtered by HubSpot as a bot's": 2, "type is SENT": 1}
    assert float(abm.open_rate(abm.count_emails(found))) == 1
    assert vendors.findings(export, vendors.HUBSPOT_EMAIL_EVENT_FIVETRAN, account="company") == {
        "rows to leave out: filtered by HubSpot as a bot's": 2
    }
    unknown = refused(
        vendors.read, {**export, "type": ["UNHEARD"] * 6}, vendors.HUBSPOT_EMAIL_EVENT_FIVETRAN, account="company"
    )
    assert unknown.startswith("kind must be one of ['DELIVERED', 'OPEN', 'CLICK', 'PROCESSED', 'SENT', ")
    assert unknown.endswith("in type (words= says what others mean); got 'UNHEARD' at row 0")


def test_marketo_s_types_are_numbers():
    export = {
        "primary_attribute_value_id": [1810] * 4,
        "lead_id": [1, 1, 1, 2],
        "activity_type_id": [7, 10, 11, 6],
        "activity_date": ["2026-03-02 09:00:00+00:00"] * 4,
        "company": ["X"] * 4,
    }
    found = vendors.read(export, vendors.MARKETO_EMAIL_ACTIVITY_FIVETRAN, account="company", tz="UTC")
    assert found.kind.to_list() == ["delivered", "open", "click"]
    assert found.excluded == {"activity_type_id is 6": 1}


def test_meetings_of_attendees_are_one():
    export = {
        "Id": ["m1", "m2"], "AccountId": ["X", "X"], "Type": ["Demo", "Demo"], "StartDateTime": ["2026-03-02"] * 2,
        "IsDeleted": [False, False], "IsChild": [False, True],
    }  # fmt: skip
    found = vendors.read(export, vendors.SALESFORCE_EVENT)
    assert (found.meeting.to_list(), found.excluded) == (["m1"], {"copy of a meeting for another attendee": 1})


def test_a_frame_that_computes_elsewhere_is_read_too():
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    pytest.importorskip("narwhals", reason="Narwhals is not installed")
    here = pandas.DataFrame(DEALS)  # noqa: F841 - DuckDB reads the variable
    relation = duckdb.sql("select * from here order by Id")
    assert vendors.read(relation, vendors.SALESFORCE_OPPORTUNITY).excluded == read().excluded
    assert vendors.read(relation, vendors.SALESFORCE_OPPORTUNITY, segments=["Region"]).segments["Region"].to_list() == [
        "North",
        "North",
    ]
    said = refused(vendors.read, relation, vendors.SALESFORCE_OPPORTUNITY, amount="Amont")
    assert said == "amount must name a column of the frame; got 'Amont' (close matches: ['Amount'])"
    assert vendors.findings(relation, vendors.SALESFORCE_OPPORTUNITY) == vendors.findings(
        DEALS, vendors.SALESFORCE_OPPORTUNITY
    )


# Findings ---------------------------------------------------------------------------------------------------------


def test_findings_of_an_export():
    assert vendors.findings(DEALS, vendors.SALESFORCE_OPPORTUNITY) == {
        "rows to leave out: deleted": 1,
        "rows without amount (Amount)": 1,
        "rows with a Probability outside 0 to 100": 1,
        "closing days before the creation": 1,
        "rows of stages that look alike: 'Closed Won', '6 - Closed Won'": 2,
    }
    assert vendors.findings(deals(Probability=[-1, 0, 100, None]), vendors.SALESFORCE_OPPORTUNITY)[
        "rows with a Probability outside 0 to 100"
    ] == 1  # fmt: skip
    clean = {name: column[:1] for name, column in DEALS.items() if name not in {"Probability", "StageName"}}
    assert vendors.findings(clean, vendors.SALESFORCE_OPPORTUNITY) == {}


def test_findings_take_a_deal_closed_on_the_day_it_was_created_for_no_trap():
    same_day = {name: column[:1] for name, column in DEALS.items()} | {"CloseDate": DEALS["CreatedDate"][:1]}
    assert vendors.findings(same_day, vendors.SALESFORCE_OPPORTUNITY) == {}


def test_closing_times_that_are_all_one_time_of_day_are_of_another_zone():
    told = "closing times all at one time of day: midnight of another time zone, to be given as tz="
    same, differ, midnight = "T21:00:00Z", "T21:00:01Z", "T00:00:00Z"
    day = "2026-07-0"

    def found(*times, **options):
        closes = [f"{day}{place + 1}{time}" for place, time in enumerate(times)]
        export = deals(CloseDate=[*closes, *["2026-07-09T21:00:00Z"] * (4 - len(times))])
        return vendors.findings(export, vendors.SALESFORCE_OPPORTUNITY, **options).get(told, 0)

    assert found(same, same) == 4
    assert found(same, differ) == 0
    assert found(same, same, tz="Etc/GMT-3") == 0
    assert (
        vendors.findings(deals(CloseDate=[f"{day}1{midnight}"] * 4), vendors.SALESFORCE_OPPORTUNITY).get(told) is None
    )
    partly = vendors.findings(deals(CloseDate=[f"{day}1{same}", None, None, None]), vendors.SALESFORCE_OPPORTUNITY)
    assert partly[told] == 1
    never = vendors.findings(deals(CloseDate=[None] * 4), vendors.SALESFORCE_OPPORTUNITY)
    assert never["rows without closed (CloseDate)"] == 4
    assert told not in never


# HubSpot's stages -------------------------------------------------------------------------------------------------


def stages(**options):
    given = {"stage": [11, 12, 13, 14], "probability": [0.4, 1.0, 0.0, 1.0], "is_closed": [0, 1, 1, 0]}
    return vendors.hubspot_stage_outcomes(**{**given, **options})


def test_hubspot_s_stages_are_won_lost_or_open():
    assert stages() == {"11": "open", "12": "won", "13": "lost", "14": "won"}
    assert stages(closed_won=[False, True, False, False]) == stages()
    assert stages(closed_won=[True, True, False, False])["11"] == "won"
    assert stages(is_closed=[1, 1, 1, 0])["11"] == "lost"


def test_stages_of_the_probability_0_that_are_not_closed_are_for_the_caller_to_say():
    zero = {"probability": [0.0, 1.0, 0.0, 0.0], "is_closed": [0, 1, 1, 0]}
    assert refused(stages, **zero) == (
        "is_closed must be true where the probability is 0, as it is of 2 stages (or say unclosed_zero='lost' or "
        "'open'); got false at row 0"
    )
    assert stages(**zero, unclosed_zero="lost") == {"11": "lost", "12": "won", "13": "lost", "14": "lost"}
    assert stages(**zero, unclosed_zero="open") == {"11": "open", "12": "won", "13": "lost", "14": "open"}
    # One that is marked as won is won, whatever its probability.
    assert stages(**zero, closed_won=[1, 1, 0, 1]) == {"11": "won", "12": "won", "13": "lost", "14": "won"}


def test_a_table_of_stages_that_cannot_be_is_refused():
    assert refused(stages, unclosed_zero="won") == "unclosed_zero must be one of ['refuse', 'lost', 'open']; got 'won'"
    assert refused(stages, stage=[11, 12, 11, 14]) == "stage must be different in every row; got 11 again at row 2"
    assert refused(stages, probability=[40, 1.0, 0.0, 1.0]) == "probability must be from 0 to 1; got 40.0 at row 0"
    assert refused(stages, is_closed=[0, 1, None, 0]) == (
        "is_closed must be true or false in every row; got a missing value at row 2"
    )
    assert refused(stages, closed_won=[0, 1, None, 0]) == (
        "closed_won must be true or false in every row; got a missing value at row 2"
    )
    length = "stage and probability and is_closed must have the same length; got "
    assert refused(stages, is_closed=[0, 1]).startswith(length)
    assert refused(stages, closed_won=[0, 1]).startswith(
        "stage and probability and is_closed and closed_won must have the "
    )


# The public exports of the connectors' tests ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def exports(shared_data):
    return shared_data / "vendors"


def test_salesforce_s_opportunities(exports):
    export = frame(exports / "salesforce" / "opportunity.csv", "close_date")
    export["created_date"] = pandas.to_datetime(export["created_date"], format="ISO8601")
    found = vendors.SALESFORCE_OPPORTUNITY_FIVETRAN
    assert vendors.findings(export, found) == {
        "rows to leave out: deleted": 10,
        "rows without amount (amount)": 6,
        "rows with a probability outside 0 to 100": 1,
        "closing days before the creation": 1,
    }
    assert len(vendors.read(export, found)) == 0
    assert vendors.read(export, found).excluded == {"deleted": 10}
    undeleted = vendors.read(export.assign(is_deleted=False), found)
    assert (len(undeleted), undeleted.excluded) == (9, {"closed before created": 1})
    assert (undeleted.outcome == "won").sum() == 4
    assert abm.average_deal_size(undeleted).excluded == {"closed before created": 1, "no amount": 3}


def test_salesforce_s_history(exports):
    export = frame(exports / "salesforce" / "opportunity_history.csv", "_fivetran_start", "close_date")
    held = vendors.SALESFORCE_OPPORTUNITY_HISTORY_FIVETRAN
    history = abm.StageHistory.from_frame(export, **held)
    found = abm.stage_intervals(history, stages=sorted(set(export["stage_name"])))
    assert found.findings["rows are left on 9999-12-31, which says that they go on"] == 8
    assert vendors.findings(export, held)["rows are left on 9999-12-31, which says that they go on"] == 8
    assert vendors.read(export, held).excluded == {"deleted": 10}


def test_hubspot_s_deals_have_nothing_to_tell(exports):
    export = frame(exports / "hubspot" / "deal.csv", "property_createdate")
    table = pandas.read_csv(exports / "hubspot" / "deal_pipeline_stage.csv")
    given = {
        "stage": table["stage_id"], "probability": table["probability"], "is_closed": table["is_closed"],
        "closed_won": table["closed_won"],
    }  # fmt: skip
    assert "as it is of 42 stages" in refused(vendors.hubspot_stage_outcomes, **given)
    words = vendors.hubspot_stage_outcomes(**given, unclosed_zero="lost")
    said = list(words.values())
    assert (said.count("won"), said.count("lost"), said.count("open")) == (5, 42, 24)
    held = vendors.HUBSPOT_DEAL_FIVETRAN
    assert vendors.findings(export, held, account="deal_id") == {
        "rows without closed (property_closedate)": 44,
        "rows without outcome (deal_pipeline_stage_id)": 44,
        "rows without amount (property_amount)": 44,
    }
    found = vendors.read(export, held, account="deal_id", words=words, missing="drop")
    assert (len(found), found.excluded) == (0, {"missing outcome": 44})
    assert refused(vendors.read, export, held, account="deal_id", words=words) == (
        "outcome must be text or whole numbers in every row; got a missing value at row 0"
    )
    assert refused(vendors.read, export, held, account="deal_id") == (
        "words must say what each deal_pipeline_stage_id means in our words (see the note of the map); got None"
    )


def test_hubspot_s_stages_end_in_2050(exports):
    export = frame(exports / "hubspot" / "deal_stage.csv", "_fivetran_start", "_fivetran_end")
    held = vendors.HUBSPOT_DEAL_STAGE_FIVETRAN
    history = abm.StageHistory.from_frame(export, **held, account="deal_id")
    found = abm.stage_intervals(history, stages=sorted(set(export["value"])))
    told = "rows are left on 2050-01-01, which says that they go on"
    assert (found.findings[told], np.isnat(found.history.left).all()) == (14, True)
    assert vendors.findings(export, held, account="deal_id") == {told: 14}
    assert len(vendors.read(export, held, account="deal_id")) == 14


def test_hubspot_s_meetings_have_no_outcomes(exports):
    export = frame(exports / "hubspot" / "engagement_meeting.csv", "start_time")
    held = vendors.HUBSPOT_MEETING_FIVETRAN
    log = vendors.read(export, held, account="engagement_id")
    assert vendors.findings(export, held, account="engagement_id") == {"rows without outcome (meeting_outcome)": 100}
    rate = abm.meeting_show_rate(log.meetings())
    assert (len(log), rate.excluded, np.isnan(float(rate))) == (100, {"no outcome": 100}, True)
    logged = export.assign(meeting_outcome=["COMPLETED"] * 30 + ["NO_SHOW"] * 20 + [None] * 50)
    held_rate = abm.meeting_show_rate(vendors.read(logged, held, account="engagement_id").meetings())
    assert (float(held_rate), held_rate.excluded) == (0.6, {"no outcome": 50})


def test_hubspot_s_details_of_e_mail_events_are_no_events(exports):
    for name in ("sent", "open"):
        export = pandas.read_csv(exports / "hubspot" / f"email_event_{name}.csv")
        said = refused(vendors.read, export, vendors.HUBSPOT_EMAIL_EVENT_FIVETRAN, account="id")
        assert re.match(r"kind must name a column of the frame; got 'type' \(c", said)


def test_account_engagement_s_opportunities_close_at_midnight_of_an_office(exports):
    export = frame(exports / "pardot" / "opportunity.csv", "created_at", "closed_at")
    held = vendors.ACCOUNT_ENGAGEMENT_OPPORTUNITY_FIVETRAN
    alike = "rows of stages that look alike: 'Won', '6 - Won'"
    assert vendors.findings(export, held, account="campaign_id") == {
        "closing days before the creation": 7,
        "closing times all at one time of day: midnight of another time zone, to be given as tz=": 100,
        alike: 99,
    }
    assert vendors.findings(export, held, account="campaign_id", tz="Europe/Moscow") == {
        "closing days before the creation": 3,
        alike: 99,
    }
    utc = vendors.read(export, held, account="campaign_id", tz="UTC")
    assert (len(utc), utc.excluded) == (93, {"closed before created": 7})
    office = vendors.read(export, held, account="campaign_id", tz="Europe/Moscow")
    assert (len(office), office.excluded) == (97, {"closed before created": 3})
    assert ((office.outcome == "won").sum(), (office.outcome == "lost").sum()) == (96, 1)
    kept = vendors.read(export, held, account="campaign_id", tz="UTC", backwards="forget")
    assert abm.sales_cycle_days(kept).excluded == {"no created date": 7}
    assert refused(vendors.read, export, held, account="campaign_id").startswith(
        "closed must be dates without a time zone (or be read with from_frame(..., tz=)"
    )


def test_what_is_compared_is_said_in_any_case_of_letters():
    assert _vendor_reading._word(" Closed Won ") == "closed won"
    assert _vendor_reading._word(True) == "true"
