"""E-mail: delivery, opens, clicks and what follows them, by account.

Opens and clicks are unique: of one mail to one person at most one of each counts.
"""

from typing import ClassVar, Literal

import attrs

from abmmetrics import _checks, columns, estimation
from abmmetrics._labels import Labels
from abmmetrics._sums import AccountSums
from abmmetrics.columns import Counts
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = [
    "Emails",
    "bounce_rate",
    "click_rate",
    "click_to_open_rate",
    "complaint_rate",
    "delivery_rate",
    "open_rate",
    "reply_rate",
    "unsubscribe_rate",
]

Per = Literal["delivered", "sent"]
MachineOpens = Literal["include", "exclude"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Emails(Table):
    """E-mails to accounts: one row for each mail, or sums of any number of them.

    Attributes:
        account: the account that the recipient belongs to.
        sent: mails sent.
        delivered: mails that the recipient's server accepted.
        opened: mails opened at least once, by a person or a machine.
        clicked: mails of which at least one link was clicked.
        machine_opened: opened mails that a machine opened (Apple Mail Privacy Protection and other prefetching).
        bounced: mails that came back.
        unsubscribed: mails that led to an unsubscription.
        replied: mails that were answered.
        complained: mails marked as spam.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Emails(account=["Acme", "Acme", "Beta"], delivered=[1, 1, 1], opened=[1, 0, 1], clicked=[0, 0, 1])
        Emails(3 rows, 2 accounts; delivered, opened, clicked)
    """

    at_most: ClassVar[tuple[tuple[str, str], ...]] = (
        ("delivered", "sent"),
        ("opened", "delivered"),
        ("clicked", "delivered"),
        ("machine_opened", "opened"),
        ("bounced", "sent"),
        ("unsubscribed", "delivered"),
        ("replied", "delivered"),
        ("complained", "delivered"),
        ("opened", "sent"),
        ("clicked", "sent"),
        ("unsubscribed", "sent"),
        ("replied", "sent"),
        ("complained", "sent"),
    )

    account: Labels = attrs.field(converter=columns.labels)
    sent: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    delivered: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    opened: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    clicked: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    machine_opened: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    bounced: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    unsubscribed: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    replied: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    complained: Counts | None = attrs.field(default=None, converter=columns.optional_counts)


def _rate(kpi: str, emails: Emails, part: str, whole: str, *, by: By, confidence: float) -> Estimate:
    sums = emails.account_sums([part, whole], by)
    return estimation.share(kpi, sums, sums[part], sums[whole], confidence=confidence, undefined=f"{whole} is 0")


def _rate_per(kpi: str, emails: Emails, part: str, *, per: Per, by: By, confidence: float) -> Estimate:
    _checks.as_option("per", per, ("delivered", "sent"))
    return _rate(kpi, emails, part, per, by=by, confidence=confidence)


def delivery_rate(emails: Emails, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of mails sent that the recipients' servers accepted.

    delivery rate = Σ delivered / Σ sent.

    Leaves out: whether a mail reached the inbox. A bounce may arrive after a mail counted as
    delivered, so recent figures fall.

    Args:
        emails: mails with the columns ``delivered`` and ``sent``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nothing was sent.

    Raises:
        MetricInputError: if a column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.delivery_rate(abm.Emails(account=["A", "B"], sent=[600, 400], delivered=[560, 340])))
        0.9

    References:
        HubSpot, "How does HubSpot calculate delivery rate, open rate, and click rate for emails".
    """
    return _rate("delivery_rate", emails, "delivered", "sent", by=by, confidence=confidence)


def open_rate(
    emails: Emails,
    *,
    by: By = None,
    per: Per = "delivered",
    machine_opens: MachineOpens = "include",
    confidence: float = 0.95,
) -> Estimate:
    """Share of mails that were opened.

    open rate = Σ opened / Σ delivered, or Σ (opened − machine_opened) / Σ delivered without machine opens.

    Leaves out: opens that blocked images hide. Machine opens inflate the figure; without
    them readers behind such a machine are missing, so the truth lies between the two.

    Args:
        emails: mails with the columns ``opened``, the denominator, and ``machine_opened`` to exclude them.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        per: the denominator, ``"delivered"`` (HubSpot, Account Engagement) or ``"sent"``
            (Salesforce Marketing Cloud, Mailchimp integrations).
        machine_opens: ``"include"`` or ``"exclude"``.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where the denominator is 0.

    Raises:
        MetricInputError: if a column is not there or an option is not known.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(account=["A", "B"], delivered=[500, 400], opened=[120, 80], machine_opened=[50, 30])
        >>> round(float(abm.open_rate(emails)), 4)
        0.2222
        >>> round(float(abm.open_rate(emails, machine_opens="exclude")), 4)
        0.1333

    References:
        HubSpot, "How does HubSpot calculate delivery rate, open rate, and click rate for emails";
        Mailchimp, "About open tracking".
    """
    _checks.as_option("per", per, ("delivered", "sent"))
    sums, opened = _opens(emails, machine_opens, [per], by)
    return estimation.share("open_rate", sums, opened, sums[per], confidence=confidence, undefined=f"{per} is 0")


def _opens(
    emails: Emails, machine_opens: MachineOpens, others: list[str], by: By
) -> tuple[AccountSums, estimation.Floats]:
    _checks.as_option("machine_opens", machine_opens, ("include", "exclude"))
    if machine_opens == "include":
        sums = emails.account_sums(["opened", *others], by)
        return sums, sums["opened"]
    sums = emails.account_sums(["opened", "machine_opened", *others], by)
    return sums, sums["opened"] - sums["machine_opened"]


def click_rate(emails: Emails, *, by: By = None, per: Per = "delivered", confidence: float = 0.95) -> Estimate:
    """Share of mails in which a link was clicked.

    click rate = Σ clicked / Σ delivered.

    Leaves out: how many links, and clicks by security scanners unless they were taken out
    before. What some call click-through rate is :func:`click_to_open_rate`.

    Args:
        emails: mails with the columns ``clicked`` and the denominator.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        per: the denominator, ``"delivered"`` or ``"sent"``.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where the denominator is 0.

    Raises:
        MetricInputError: if a column is not there or ``per`` is not known.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(account=["A", "B"], sent=[600, 400], delivered=[500, 400], clicked=[12, 8])
        >>> round(float(abm.click_rate(emails)), 4), float(abm.click_rate(emails, per="sent"))
        (0.0222, 0.02)

    References:
        HubSpot, "How does HubSpot calculate delivery rate, open rate, and click rate for emails".
    """
    return _rate_per("click_rate", emails, "clicked", per=per, by=by, confidence=confidence)


def click_to_open_rate(
    emails: Emails, *, by: By = None, machine_opens: MachineOpens = "include", confidence: float = 0.95
) -> Estimate:
    """Clicked mails for each opened mail; HubSpot calls this the click-through rate.

    click-to-open rate = Σ clicked / Σ opened, or Σ clicked / Σ (opened − machine_opened).

    Leaves out: clicks are counted whether or not the mail's open was seen, since blocked
    images hide opens; hence the figure may exceed 1, and then says so.

    Args:
        emails: mails with the columns ``clicked`` and ``opened``, and ``machine_opened`` to exclude them.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        machine_opens: ``"include"`` or ``"exclude"``.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0; undefined where nothing was opened.

    Raises:
        MetricInputError: if a column is not there or ``machine_opens`` is not known.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(
        ...     account=["A", "B"], delivered=[500, 400], opened=[120, 80], machine_opened=[50, 30], clicked=[12, 8]
        ... )
        >>> float(abm.click_to_open_rate(emails))
        0.1
        >>> round(float(abm.click_to_open_rate(emails, machine_opens="exclude")), 4)
        0.1667

    References:
        HubSpot community, "Email Click-Through Rate VS Click rate".
    """
    sums, opened = _opens(emails, machine_opens, ["clicked"], by)
    above = sums.total(sums["clicked"]) > sums.total(opened)
    return estimation.ratio(
        "click_to_open_rate",
        sums,
        sums["clicked"],
        opened,
        unit="ratio",
        confidence=confidence,
        undefined="opened is 0",
        flags={"more clicks than opens: blocked images hide opens": above},
    )


def bounce_rate(emails: Emails, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of mails sent that came back.

    bounce rate = Σ bounced / Σ sent.

    Leaves out: whether the address is gone (hard) or busy (soft); keep them as segments to tell them apart.

    Args:
        emails: mails with the columns ``bounced`` and ``sent``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nothing was sent.

    Raises:
        MetricInputError: if a column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.bounce_rate(abm.Emails(account=["A", "B"], sent=[300, 200], bounced=[7, 3])))
        0.02

    References:
        Salesforce, "Account Engagement email metrics".
    """
    return _rate("bounce_rate", emails, "bounced", "sent", by=by, confidence=confidence)


def unsubscribe_rate(emails: Emails, *, by: By = None, per: Per = "delivered", confidence: float = 0.95) -> Estimate:
    """Share of mails that led to an unsubscription.

    unsubscribe rate = Σ unsubscribed / Σ delivered.

    Leaves out: unsubscriptions that a scanner clicked, and those made elsewhere.

    Args:
        emails: mails with the columns ``unsubscribed`` and the denominator.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        per: the denominator, ``"delivered"`` or ``"sent"`` (Account Engagement).
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where the denominator is 0.

    Raises:
        MetricInputError: if a column is not there or ``per`` is not known.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.unsubscribe_rate(abm.Emails(account=["A", "B"], delivered=[300, 200], unsubscribed=[2, 3])))
        0.01

    References:
        Salesforce, "Account Engagement email metrics".
    """
    return _rate_per("unsubscribe_rate", emails, "unsubscribed", per=per, by=by, confidence=confidence)


def reply_rate(emails: Emails, *, by: By = None, per: Per = "delivered", confidence: float = 0.95) -> Estimate:
    """Share of mails that were answered.

    reply rate = Σ replied / Σ delivered.

    Leaves out: what the answer said; automatic replies count unless they were taken out before.

    Args:
        emails: mails with the columns ``replied`` and the denominator.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        per: the denominator, ``"delivered"`` or ``"sent"`` (Odoo).
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where the denominator is 0.

    Raises:
        MetricInputError: if a column is not there or ``per`` is not known.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.reply_rate(abm.Emails(account=["A", "B"], delivered=[300, 200], replied=[9, 6])))
        0.03

    References:
        Odoo documentation, "Email marketing: statistics".
    """
    return _rate_per("reply_rate", emails, "replied", per=per, by=by, confidence=confidence)


def complaint_rate(emails: Emails, *, by: By = None, per: Per = "delivered", confidence: float = 0.95) -> Estimate:
    """Share of mails that were marked as spam.

    complaint rate = Σ complained / Σ delivered.

    Leaves out: complaints that mailbox providers do not pass on; Gmail shows its own figure,
    of mails that reached the inbox, only in its postmaster tools.

    Args:
        emails: mails with the columns ``complained`` and the denominator.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        per: the denominator, ``"delivered"`` or ``"sent"`` (Account Engagement).
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where the denominator is 0.

    Raises:
        MetricInputError: if a column is not there or ``per`` is not known.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.complaint_rate(abm.Emails(account=["A", "B"], delivered=[600, 400], complained=[1, 0])))
        0.001

    References:
        Suped, "How does Google Postmaster Tools calculate spam complaints and volume".
    """
    return _rate_per("complaint_rate", emails, "complained", per=per, by=by, confidence=confidence)
