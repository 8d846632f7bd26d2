"""Target accounts: how many are covered by contacts, reached, and engaged across their buying committee."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _reading, columns, estimation
from abmmetrics._labels import Labels
from abmmetrics._matching import add_up, count_rows, target_rows
from abmmetrics.columns import Counts
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = [
    "Contacts",
    "TargetAccounts",
    "account_coverage_rate",
    "account_penetration_rate",
    "account_reach_rate",
    "committee_coverage_rate",
]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TargetAccounts(Table):
    """The accounts that a programme aims at: one row for each.

    Attributes:
        account: the account.

    Example:
        >>> import abmmetrics as abm
        >>> abm.TargetAccounts(account=["Acme", "Beta"], segments={"tier": ["A", "B"]})
        TargetAccounts(2 rows, 2 accounts; segments: tier)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)

    def check_rows(self) -> None:
        """Refuse an account without a name and an account listed twice."""
        nameless = np.flatnonzero(self.account.missing())
        if len(nameless):
            raise _checks.refuse(
                "account", "have a name on a target list", _checks.phrase("a missing value"), int(nameless[0])
            )
        row = _checks.first_repeat(self.account.codes())
        if row is not None:
            raise _checks.refuse("account", "be listed once", _checks.phrase(f"{self.account[row]!r} again"), row)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Contacts(Table):
    """The people known at accounts: one row for each contact of an account.

    Attributes:
        account: the account that the contact belongs to.
        contact: the contact's name or identifier, different in every row of an account.
        role: the part the contact plays in buying; a missing one is unknown, not another role.
        reachable: 1 where the contact can be written to (not bounced, not opted out), else 0.
        engaged: 1 where the contact has responded, else 0.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Contacts(account=["Acme", "Acme"], contact=["Ada", "Bo"], role=["CFO", None], engaged=[1, 0])
        Contacts(2 rows, 1 account; contact, role, engaged)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    contact: Labels = attrs.field(converter=columns.labels)
    role: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    reachable: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    engaged: Counts | None = attrs.field(default=None, converter=columns.optional_counts)

    def __attrs_post_init__(self) -> None:
        """Convert and check every column, once; contacts without a role are kept."""
        role: Any = self.role
        if role is not None and not isinstance(role, Labels):
            raw = _reading.read_column("role", role)
            role = raw if _checks.missing_rows(raw) is None else _checks.as_optional_labels("role", raw)
        unknown = role if isinstance(role, Labels) and role.missing().any() else None
        # The base refuses labels that are missing; a role that nobody knows is a fact.
        object.__setattr__(self, "role", role if unknown is None else None)
        super().__attrs_post_init__()
        if unknown is not None:
            _checks.same_length({"contact": len(self), "role": len(unknown)})
            object.__setattr__(self, "role", unknown)

    def check_rows(self) -> None:
        """Refuse a contact listed twice, and figures other than 0 and 1."""
        for name in ("reachable", "engaged"):
            figures: Any = getattr(self, name)
            if figures is not None and (figures > 1).any():
                row = int(np.flatnonzero(figures > 1)[0])
                raise _checks.refuse(name, "be 0 or 1", figures[row], row)
        named = np.flatnonzero(~self.account.missing())
        pairs = self.account.codes()[named] * len(self.contact.categories) + self.contact.codes()[named]
        place = _checks.first_repeat(pairs)
        if place is not None:
            row = int(named[place])
            again = _checks.phrase(f"{self.contact[row]!r} of {self.account[row]!r} again")
            raise _checks.refuse("contact", "be different in every row of an account", again, row)


def _share_of_targets(  # noqa: PLR0917 - the settings of one estimate
    kpi: str, targets: Table, held: NDArray[np.bool_], excluded: dict[str, int], by: By, confidence: float
) -> Estimate:
    """Estimate the share of target accounts of which something holds."""
    sums = targets.account_sums({"held": held}, by)
    sums = attrs.evolve(sums, excluded=add_up(sums.excluded, excluded))
    return estimation.share(
        kpi,
        sums,
        sums["held"],
        sums.rows.astype(np.float64),
        confidence=confidence,
        undefined="there are no target accounts",
    )


def account_coverage_rate(
    targets: Table, contacts: Contacts, *, minimum_contacts: int = 1, by: By = None, confidence: float = 0.95
) -> Estimate:
    """Share of target accounts of which enough contacts can be reached.

    account coverage rate = target accounts with >= k reachable contacts / target accounts.

    Leaves out: whether they are the right people (:func:`committee_coverage_rate`) and whether
    they respond (:func:`account_penetration_rate`). Where the contacts have no column
    ``reachable``, every known contact counts.

    Args:
        targets: the target list.
        contacts: the people known; those of other accounts, or of none, are left out and counted.
        minimum_contacts: k, a whole number >= 1.
        by: a segment name of the targets, several, ``"account"``, or labels of the target list's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where there are no target accounts.

    Raises:
        MetricInputError: if ``minimum_contacts`` is not a whole number >= 1, or a table lacks its accounts.

    Example:
        >>> import abmmetrics as abm
        >>> targets = abm.TargetAccounts(account=["Acme", "Beta", "Core", "Dent"])
        >>> contacts = abm.Contacts(account=["Acme", "Acme", "Beta"], contact=["Ada", "Bo", "Cy"], reachable=[1, 1, 0])
        >>> float(abm.account_coverage_rate(targets, contacts))
        0.25

    References:
        Engagio, "The big 5 metrics for account-based marketing": coverage.
    """
    least = _whole_number("minimum_contacts", minimum_contacts)
    rows, excluded = target_rows(targets, "contacts", contacts)
    counts = rows >= 0
    if contacts.reachable is not None:
        counts &= contacts.reachable > 0
    found = np.bincount(rows[counts], minlength=len(targets))
    return _share_of_targets("account_coverage_rate", targets, found >= least, excluded, by, confidence)


def _whole_number(name: str, value: Any) -> int:  # noqa: ANN401 - whatever the caller gave
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise _checks.refuse(name, "be a whole number >= 1", cast("object", value))
    return int(cast("int", value))


def account_reach_rate(targets: Table, activity: Table, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of target accounts that anything touched.

    account reach rate = target accounts with >= 1 row of activity / target accounts.

    Leaves out: how much. Any row is a touch, whatever its figures; take ``activity.where(...)``
    for those that are (impressions seen, mails delivered, meetings held). 6sense's account
    reach is a score of its own model and something else.

    Args:
        targets: the target list.
        activity: any table with accounts; rows of other accounts, or of none, are left out and counted.
        by: a segment name of the targets, several, ``"account"``, or labels of the target list's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where there are no target accounts.

    Raises:
        MetricInputError: if a table lacks its accounts.

    Example:
        >>> import abmmetrics as abm
        >>> targets = abm.TargetAccounts(account=["Acme", "Beta", "Core", "Dent"])
        >>> emails = abm.Emails(account=["Acme", "Acme", "Beta", "Zeta"], delivered=[1, 1, 1, 1])
        >>> reach = abm.account_reach_rate(targets, emails)
        >>> float(reach), reach.excluded
        (0.5, {'account not on the target list': 1})

    References:
        The ABM Pulse, glossary: coverage and reach.
    """
    rows, excluded = target_rows(targets, "activity", activity)
    touched = np.bincount(rows[rows >= 0], minlength=len(targets)) > 0
    return _share_of_targets("account_reach_rate", targets, touched, excluded, by, confidence)


def account_penetration_rate(contacts: Contacts, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of known contacts that are engaged.

    account penetration rate = Σ engaged contacts / Σ known contacts.

    Leaves out: people at the accounts whom nobody knows yet; an account with few known
    contacts looks well penetrated. Indices that mix in the products owned are something else.

    Args:
        contacts: the people known, with the column ``engaged``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where no contact is known.

    Raises:
        MetricInputError: if the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> contacts = abm.Contacts(account=["Acme", "Acme", "Beta"], contact=["Ada", "Bo", "Cy"], engaged=[1, 0, 0])
        >>> round(float(abm.account_penetration_rate(contacts)), 4)
        0.3333

    References:
        The Pedowitz Group, "What's the best way to measure account penetration?".
    """
    sums = contacts.account_sums(["engaged"], by)
    return estimation.share(
        "account_penetration_rate",
        sums,
        sums["engaged"],
        sums.rows.astype(np.float64),
        confidence=confidence,
        undefined="there are no contacts",
    )


def committee_coverage_rate(
    contacts: Contacts,
    *,
    roles: Sequence[str],
    targets: Table | None = None,
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Share of the buying committees' roles in which someone is engaged.

    committee coverage rate = Σ required roles with >= 1 engaged contact / (accounts × required roles).

    Leaves out: who is known but silent. A contact without a role covers none and is counted
    in ``excluded``; a second contact in a role adds nothing.

    Args:
        contacts: the people known, with the columns ``role`` and ``engaged``.
        roles: the roles that a buying committee must have, the same for every account.
        targets: the target list, all of whose accounts count, and no others; without it the
            accounts are those with any contact.
        by: a segment name, several, ``"account"``, or labels: of the targets where they are
            given, else of the contacts.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where there are no accounts.

    Raises:
        MetricInputError: if a column is not there, or ``roles`` is not a list of different roles.

    Example:
        >>> import abmmetrics as abm
        >>> contacts = abm.Contacts(
        ...     account=["Acme", "Acme", "Beta"],
        ...     contact=["Ada", "Bo", "Cy"],
        ...     role=["CFO", "CTO", "CFO"],
        ...     engaged=[1, 1, 0],
        ... )
        >>> float(abm.committee_coverage_rate(contacts, roles=["CFO", "CTO"]))
        0.5
        >>> targets = abm.TargetAccounts(account=["Acme", "Beta", "Core", "Dent"])
        >>> float(abm.committee_coverage_rate(contacts, roles=["CFO", "CTO"], targets=targets))
        0.25

    References:
        The Pedowitz Group, "What's the best way to measure account penetration?".
    """
    required = _required_roles(roles)
    held: Any = contacts.column("role")
    engaged = contacts.column("engaged") > 0
    filled = {f"role {place}": engaged & (held == role) for place, role in enumerate(required)}
    lost = count_rows({"no role": held.missing()})
    if targets is None:
        sums = contacts.account_sums(filled, by)
        covered = np.zeros(len(sums.rows))
        for name in filled:
            covered += sums[name] > 0
    else:
        rows, unlisted = target_rows(targets, "contacts", contacts)
        lost = add_up(unlisted, lost)
        found = np.zeros(len(targets))
        for mask in filled.values():
            found += np.bincount(rows[mask & (rows >= 0)], minlength=len(targets)) > 0
        sums = targets.account_sums({"covered": found}, by)
        covered = sums["covered"]
    unknown = [role for role in required if not (held == role).any()]
    return estimation.share(
        "committee_coverage_rate",
        attrs.evolve(sums, excluded=add_up(sums.excluded, lost)),
        covered,
        np.full(len(covered), float(len(required))),
        confidence=confidence,
        undefined="there are no accounts",
        remarks=[f"no contact has the role {role!r}" for role in unknown],
    )


def _required_roles(roles: Sequence[str]) -> list[Any]:
    raw = _reading.read_column("roles", roles)
    named = _checks.as_labels("roles", raw)
    listed: list[Any] = named.to_list()
    if raw.scalar or not listed or len(set(listed)) < len(listed):
        raise _checks.refuse("roles", "be a list of different roles, at least one", roles)
    return listed
