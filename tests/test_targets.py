import math
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError, targets
from abmmetrics._labels import Labels
from abmmetrics.targets import (
    Contacts,
    TargetAccounts,
    account_coverage_rate,
    account_penetration_rate,
    account_reach_rate,
    committee_coverage_rate,
)

from .deals import quotient, values

ROLES = ["CFO", "CTO", "buyer"]
LIST = TargetAccounts(account=["A", "B", "C", "D"], segments={"tier": ["one", "one", "two", "two"]})
PEOPLE = Contacts(
    account=["A", "A", "A", "B", "C", "Z"],
    contact=["Ada", "Bo", "Cy", "Di", "Ed", "Fay"],
    role=["CFO", "CFO", "CTO", "CTO", None, "CFO"],
    reachable=[1, 1, 0, 0, 1, 1],
    engaged=[1, 1, 0, 1, 1, 1],
)

a_person = st.tuples(
    st.sampled_from(["A", "B", "C", "D", None]),
    st.sampled_from([*ROLES, "other", None]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["one", "two"]),
)
people = st.lists(a_person, max_size=20)
lists = st.lists(st.sampled_from("ABCDE"), unique=True, min_size=1)


def contacts_of(rows):
    """Contacts with and without an account, a role; names are row numbers."""
    names = ("account", "role", "reachable", "engaged", "tier")
    held = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    return Contacts.from_frame({**held, "contact": range(len(rows))}, missing="separate", segments=["tier"])


def roles_of(contacts):
    assert isinstance(contacts.role, Labels)
    return contacts.role.to_list()


def same(one, other):
    for name in ("value", "low", "high"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9)
    return (one.labels, one.excluded, one.notes) == (other.labels, other.excluded, other.notes)


def left_out(**reasons):
    words = {"account": "no account", "stranger": "account not on the target list", "role": "no role"}
    return {words[name]: count for name, count in reasons.items() if count}


# --- Models -----------------------------------------------------------------------------------------------------------


def test_a_target_list_names_each_account_once():
    assert len(LIST) == 4
    assert LIST.additive is False
    with pytest.raises(MetricInputError) as refusal:
        TargetAccounts(account=["A", "B", "C", "B", "A"])
    assert str(refusal.value) == "account must be listed once; got 'B' again at row 3"


def test_a_target_without_a_name_is_refused():
    with pytest.raises(MetricInputError) as refusal:
        TargetAccounts(account=["A", None])
    assert str(refusal.value) == "account must be text or whole numbers in every row; got a missing value at row 1"
    with pytest.raises(MetricInputError) as refusal:
        TargetAccounts.from_frame({"account": ["A", None, None]}, missing="separate")
    assert str(refusal.value) == "account must have a name on a target list; got a missing value at row 1"


def test_the_target_list_lends_its_segments():
    assert PEOPLE.with_segments(LIST).segments["tier"].to_list() == ["one", "one", "one", "one", "two", None]


def test_contacts_may_lack_a_role():
    assert roles_of(PEOPLE) == ["CFO", "CFO", "CTO", "CTO", None, "CFO"]
    assert repr(PEOPLE) == "Contacts(6 rows, 4 accounts; contact, role, reachable, engaged)"
    assert roles_of(PEOPLE.where(PEOPLE.account == "C")) == [None]
    others = [PEOPLE.where(PEOPLE.account == name) for name in ("C", "B")]
    assert roles_of(abm.concat(others)) == [None, "CTO"]
    assert Contacts.from_frame(pd.DataFrame(PEOPLE.columns() | {"role": roles_of(PEOPLE)})) == PEOPLE


def test_columns_of_contacts_are_optional():
    plain = Contacts(account=["A", "B"], contact=["Ada", "Bo"])
    assert (plain.role, plain.reachable, plain.engaged) == (None, None, None)
    assert roles_of(Contacts(account=["A", "B"], contact=["Ada", "Bo"], role="CFO")) == ["CFO", "CFO"]
    assert roles_of(Contacts(account=["A", "B"], contact=["Ada", "Bo"], role=iter(["CFO", ""]))) == ["CFO", None]
    assert len(Contacts.empty()) == 0
    assert PEOPLE.additive is False


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"contact": ["Ada", "Bo", "Ada"]},
            "contact must be different in every row of an account; got 'Ada' of 'A' again at row 2",
        ),
        ({"engaged": [1, 0, 2]}, "engaged must be 0 or 1; got 2 at row 2"),
        ({"reachable": [3, 0, 2]}, "reachable must be 0 or 1; got 3 at row 0"),
        ({"engaged": [1, 0, -1]}, "engaged must be whole numbers >= 0; got -1 at row 2"),
        (
            {"role": ["CFO", None]},
            "contact and role must have the same length; got {'contact': 3, 'role': 2}",
        ),
        ({"role": ["CFO", 3, None]}, "role must be text or whole numbers, one kind in a column; got 3 at row 1"),
        (
            {"contact": ["Ada", None, "Bo"]},
            "contact must be text or whole numbers in every row; got a missing value at row 1",
        ),
    ],
)
def test_contacts_that_cannot_be_are_refused(columns, message):
    with pytest.raises(MetricInputError) as refusal:
        Contacts(**{"account": ["A", "B", "A"], "contact": ["Ada", "Bo", "Cy"], **columns})
    assert str(refusal.value) == message


def test_one_name_at_two_accounts_or_at_none_is_two_people():
    held = {"account": ["A", "B", None, None], "contact": ["Ada"] * 4}
    assert len(Contacts.from_frame(held, missing="separate")) == 4
    with pytest.raises(MetricInputError) as refusal:
        Contacts.from_frame({"account": [None, "A", "A"], "contact": ["Ada"] * 3}, missing="separate")
    assert str(refusal.value) == "contact must be different in every row of an account; got 'Ada' of 'A' again at row 2"


# --- Coverage ---------------------------------------------------------------------------------------------------------


def test_coverage_of_the_example():
    found = account_coverage_rate(LIST, PEOPLE)
    assert float(found) == 0.5
    assert quotient(found) == ([2], [4])
    assert found.excluded == {"account not on the target list": 1}
    assert (found.kpi, found.unit, found.confidence) == ("account_coverage_rate", "share", 0.95)
    assert found.method == "Wilson score, one trial for each account"
    assert values(account_coverage_rate(LIST, PEOPLE, by="tier")) == {"one": 0.5, "two": 0.5}
    assert float(account_coverage_rate(LIST, PEOPLE, minimum_contacts=2)) == 0.25
    assert float(account_coverage_rate(LIST, PEOPLE, minimum_contacts=cast("int", np.int64(3)))) == 0


def test_without_reachability_every_known_contact_counts():
    known = Contacts(account=PEOPLE.account, contact=PEOPLE.contact)
    assert float(account_coverage_rate(LIST, known)) == 0.75


@given(rows=people, listed=lists, least=st.integers(1, 3))
def test_coverage_counts_reachable_contacts(rows, listed, least):
    found = account_coverage_rate(TargetAccounts(account=listed), contacts_of(rows), minimum_contacts=least)
    covered = [sum(row[0] == account and row[2] for row in rows) >= least for account in listed]
    assert float(found) == pytest.approx(sum(covered) / len(listed))
    assert found.excluded == left_out(
        account=sum(row[0] is None for row in rows),
        stranger=sum(row[0] is not None and row[0] not in listed for row in rows),
    )


@pytest.mark.parametrize("least", [0, -1, 1.5, True, "2", None])
def test_the_least_number_of_contacts_is_a_whole_number(least):
    with pytest.raises(MetricInputError) as refusal:
        account_coverage_rate(LIST, PEOPLE, minimum_contacts=least)
    assert str(refusal.value) == f"minimum_contacts must be a whole number >= 1; got {least!r}"


# --- Reach ------------------------------------------------------------------------------------------------------------


def test_reach_by_any_table_with_accounts():
    emails = abm.Emails(account=["A", "A", "D", "Z"], delivered=[1, 0, 0, 1])
    found = account_reach_rate(LIST, emails)
    assert float(found) == 0.5
    assert found.excluded == {"account not on the target list": 1}
    assert (found.kpi, found.unit) == ("account_reach_rate", "share")
    # A row is a touch; which rows are is the caller's to say.
    assert float(account_reach_rate(LIST, emails.where(emails.column("delivered") > 0))) == 0.25
    assert values(account_reach_rate(LIST, emails, by="tier")) == {"one": 0.5, "two": 0.5}
    assert values(account_reach_rate(LIST, emails, by=["x", "y", "y", "x"])) == {"x": 1.0, "y": 0.0}


@given(rows=people, listed=lists)
def test_reach_counts_accounts_once(rows, listed):
    found = account_reach_rate(TargetAccounts(account=listed), contacts_of(rows))
    assert float(found) == pytest.approx(len({row[0] for row in rows} & set(listed)) / len(listed))
    assert found.accounts.tolist() == [len(listed)]


def test_reach_needs_accounts():
    class Staff(abm.Table):
        unit = "employee"

    for activity in (Staff(segments={"team": ["x"]}), abm.Table(segments={"team": ["x"]})):
        with pytest.raises(MetricInputError) as refusal:
            account_reach_rate(LIST, activity)
        assert str(refusal.value).startswith("activity must be a table with the column account; got ")
    with pytest.raises(MetricInputError) as refusal:
        account_reach_rate(abm.Table(segments={"team": ["x"]}), LIST)
    assert str(refusal.value).startswith("targets must be a table with the column account; got ")


def test_accounts_are_named_in_one_way():
    with pytest.raises(MetricInputError) as refusal:
        account_reach_rate(LIST, abm.Emails(account=[1, 2], delivered=1))
    assert str(refusal.value) == "activity must name accounts by text, as the targets do; got whole numbers"
    assert float(account_reach_rate(LIST, Contacts.empty())) == 0


# --- Penetration ------------------------------------------------------------------------------------------------------


@given(rows=people, by=st.sampled_from([None, "tier"]))
def test_penetration_is_engaged_of_known(rows, by):
    groups: dict[Any, Any] = {}
    for row in rows:
        groups.setdefault(row[4] if by else "all", []).append(row[3])
    expected = {label: sum(engaged) / len(engaged) for label, engaged in groups.items()}
    found = account_penetration_rate(contacts_of(rows), by=by)
    assert values(found) == pytest.approx(expected if rows or by else {"all": math.nan}, nan_ok=True)


def test_penetration_of_the_example():
    found = account_penetration_rate(PEOPLE, confidence=0.9)
    assert quotient(found) == ([5], [6])
    assert (found.kpi, found.unit, found.confidence) == ("account_penetration_rate", "share", 0.9)
    assert values(account_penetration_rate(PEOPLE, by="account")) == {"A": 2 / 3, "B": 1, "C": 1, "Z": 1}
    assert account_penetration_rate(Contacts(account=[], contact=[], engaged=[])).notes == (
        "undefined: there are no contacts",
    )


@pytest.mark.parametrize("kpi", [account_penetration_rate, lambda people: committee_coverage_rate(people, roles=["x"])])
def test_engagement_is_needed(kpi):
    with pytest.raises(MetricInputError) as refusal:
        kpi(Contacts(account=["A"], contact=["Ada"], role=["x"]))
    assert str(refusal.value) == (
        "Contacts must have the column engaged for this KPI; got ['account', 'contact', 'role']"
    )


# --- Committee --------------------------------------------------------------------------------------------------------


def test_committees_of_the_example():
    # Engaged: A has a CFO (two of them), B a CTO, C nobody with a role, Z a CFO.
    found = committee_coverage_rate(PEOPLE, roles=["CFO", "CTO"])
    assert quotient(found) == ([3], [8])
    assert found.excluded == {"no role": 1}
    assert (found.kpi, found.unit, found.confidence) == ("committee_coverage_rate", "share", 0.95)
    listed = committee_coverage_rate(PEOPLE, roles=["CFO", "CTO"], targets=LIST, confidence=0.9)
    assert quotient(listed) == ([2], [8])
    assert listed.excluded == {"account not on the target list": 1, "no role": 1}
    assert listed.confidence == 0.9
    by_tier = committee_coverage_rate(PEOPLE, roles=["CFO", "CTO"], targets=LIST, by="tier")
    assert values(by_tier) == {"one": 0.5, "two": 0.0}


def test_a_role_that_nobody_has_is_told():
    found = committee_coverage_rate(PEOPLE, roles=("CFO", "chief"))
    assert found.notes == ("no contact has the role 'chief'",)
    assert float(found) == 0.25


@given(rows=people, by=st.sampled_from([None, "tier"]), size=st.integers(1, 3))
def test_committees_count_each_role_of_each_account_once(rows, by, size):
    required = ROLES[:size]
    accounts: dict[Any, Any] = {}
    for row, (account, role, _, engaged, tier) in enumerate(rows):
        group = accounts.setdefault(tier if by else "all", {})
        roles = group.setdefault(account or row, set())
        if engaged and role in required:
            roles.add(role)
    expected = {
        label: sum(len(roles) for roles in group.values()) / (len(group) * size) for label, group in accounts.items()
    }
    found = committee_coverage_rate(contacts_of(rows), roles=required, by=by)
    assert values(found) == pytest.approx(expected if rows or by else {"all": math.nan}, nan_ok=True)
    assert found.excluded == left_out(role=sum(row[1] is None for row in rows))


@given(rows=people, listed=lists, size=st.integers(1, 3))
def test_committees_of_a_target_list(rows, listed, size):
    required = ROLES[:size]
    covered = {(row[0], row[1]) for row in rows if row[3] and row[0] in listed and row[1] in required}
    found = committee_coverage_rate(contacts_of(rows), roles=required, targets=TargetAccounts(account=listed))
    assert float(found) == pytest.approx(len(covered) / (len(listed) * size))
    assert found.excluded == left_out(
        account=sum(row[0] is None for row in rows),
        stranger=sum(row[0] is not None and row[0] not in listed for row in rows),
        role=sum(row[1] is None for row in rows),
    )


def test_committees_of_no_accounts():
    nobody = Contacts(account=[], contact=[], role=[], engaged=[])
    found = committee_coverage_rate(nobody, roles=["CFO"])
    assert "undefined: there are no accounts" in found.notes
    assert math.isnan(float(committee_coverage_rate(PEOPLE, roles=["CFO"], targets=TargetAccounts.empty())))
    assert float(committee_coverage_rate(nobody, roles=["CFO"], targets=LIST)) == 0


def test_roles_are_needed():
    with pytest.raises(MetricInputError) as refusal:
        committee_coverage_rate(Contacts(account=["A"], contact=["Ada"], engaged=[1]), roles=["CFO"])
    assert str(refusal.value) == (
        "Contacts must have the column role for this KPI; got ['account', 'contact', 'engaged']"
    )


@pytest.mark.parametrize("roles", ["CFO", [], ["CFO", "CTO", "CFO"]])
def test_required_roles_are_a_list_of_different_ones(roles):
    with pytest.raises(MetricInputError) as refusal:
        committee_coverage_rate(PEOPLE, roles=roles)
    assert str(refusal.value) == f"roles must be a list of different roles, at least one; got {roles!r}"


def test_a_missing_required_role_is_refused():
    with pytest.raises(MetricInputError) as refusal:
        committee_coverage_rate(PEOPLE, roles=["CFO", ""])
    assert str(refusal.value) == "roles must be text or whole numbers in every row; got a missing value at row 1"


# --- Laws -------------------------------------------------------------------------------------------------------------

LAWFUL = {
    "coverage": lambda people, by: account_coverage_rate(LIST, people, by=by),
    "reach": lambda people, by: account_reach_rate(LIST, people, by=by),
    "penetration": lambda people, by: account_penetration_rate(people, by=by),
    "committee": lambda people, by: committee_coverage_rate(people, roles=ROLES, by=by),
    "committee of targets": lambda people, by: committee_coverage_rate(people, roles=ROLES, targets=LIST, by=by),
}


@pytest.mark.parametrize("kpi", LAWFUL.values(), ids=LAWFUL)
@given(rows=people, first=a_person, by=st.sampled_from([None, "tier"]), data=st.data())
def test_splitting_and_stacking_changes_nothing(kpi, rows, first, by, data):
    whole = contacts_of([("A", "CFO", *first[2:]), *rows])
    order = np.array(data.draw(st.permutations(range(len(whole)))))
    part = np.isin(np.arange(len(whole)), order[: data.draw(st.integers(0, len(whole)))])
    stacked = abm.concat([whole.where(part), whole.where(~part)])
    assert same(kpi(whole, by), kpi(stacked, by))


@pytest.mark.parametrize("kpi", LAWFUL.values(), ids=LAWFUL)
@given(rows=people)
def test_shares_lie_in_their_intervals(kpi, rows):
    found = kpi(contacts_of(rows), None)
    if math.isnan(float(found)):
        assert any(note.startswith("undefined: ") for note in found.notes)
    elif not math.isnan(found.low[0]):
        assert 0 <= found.low[0] <= found.value[0] <= found.high[0] <= 1


def test_confidence_is_passed_on():
    for kpi in (account_coverage_rate, account_reach_rate):
        assert kpi(LIST, PEOPLE, confidence=0.5).confidence == 0.5
        assert kpi(LIST, PEOPLE).confidence == 0.95
    assert account_penetration_rate(PEOPLE).confidence == 0.95


def test_public_names():
    assert set(targets.__all__) == {
        "Contacts",
        "TargetAccounts",
        "account_coverage_rate",
        "account_penetration_rate",
        "account_reach_rate",
        "committee_coverage_rate",
    }
