"""E-mail: delivery, opens, clicks and what follows them, by account.

Opens and clicks are unique: of one mail to one person at most one of each counts.
"""

from typing import ClassVar, Literal

import attrs
import numpy as np

from abmmetrics import _checks, columns, estimation
from abmmetrics._labels import Labels
from abmmetrics._opens import MachineOpens, count_opens
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
        opened_or_clicked: mails opened or clicked: a mail with both counts once, so sums of the two do not tell it.
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
        ("opened", "opened_or_clicked"),
        ("clicked", "opened_or_clicked"),
        ("opened_or_clicked", "delivered"),
        ("bounced", "sent"),
        ("unsubscribed", "delivered"),
        ("replied", "delivered"),
        ("complained", "delivered"),
        ("opened", "sent"),
        ("clicked", "sent"),
        ("opened_or_clicked", "sent"),
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
    opened_or_clicked: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    bounced: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    unsubscribed: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    replied: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    complained: Counts | None = attrs.field(default=None, converter=columns.optional_counts)

    def check_rows(self) -> None:
        """Refuse more mails opened or clicked than were opened and were clicked together."""
        if self.opened is not None and self.clicked is not None and self.opened_or_clicked is not None:
            together = self.opened.astype(np.int64) + self.clicked
            _checks.at_most("opened_or_clicked", "opened + clicked", self.opened_or_clicked, together)


def _rate_per(kpi: str, emails: Emails, part: str, *, per: Per, by: By, confidence: float) -> Estimate:
    return estimation.share_of_columns(kpi, emails, part, per, by, confidence=confidence, remarks=_denominator(per))


def _denominator(per: Per) -> list[str]:
    """Check the denominator and say which it is, unless it is the ordinary one."""
    _checks.as_option("per", per, ("delivered", "sent"))
    return ["variant: of mails sent"] if per == "sent" else []


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
    return estimation.share_of_columns("delivery_rate", emails, "delivered", "sent", by, confidence=confidence)


def open_rate(
    emails: Emails,
    *,
    by: By = None,
    per: Per = "delivered",
    machine_opens: MachineOpens = "include",
    click_implies_open: bool = False,
    confidence: float = 0.95,
) -> Estimate:
    """Share of mails that were opened.

    open rate = Σ opened / Σ delivered, or Σ (opened − machine_opened) / Σ delivered without machine opens, or
    Σ opened_or_clicked / Σ delivered where a click implies an open.

    Leaves out: opens that blocked images hide. Machine opens inflate the figure; without
    them readers behind such a machine are missing, so the truth lies between the two: where
    machine opens are known, a note gives both. ``trend(open_rate(emails, by="month"))`` tells
    whether opens fall.

    Args:
        emails: mails with the columns ``opened`` (``opened_or_clicked`` where a click implies an open), the
            denominator, and ``machine_opened`` to exclude them.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        per: the denominator, ``"delivered"`` (HubSpot, Account Engagement) or ``"sent"``
            (Salesforce Marketing Cloud, Mailchimp integrations).
        machine_opens: ``"include"`` or ``"exclude"``.
        click_implies_open: True counts a mail as opened whose link was clicked, though blocked images hid the open
            (HubSpot, Account Engagement; not listmonk). How many mails were both opened and clicked does not
            follow from the sums, hence it takes the column ``opened_or_clicked``.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where the denominator is 0. The variants are named in
        the result, and :func:`change` does not compare one with another.

    Raises:
        MetricInputError: if a column is not there or an option is not known, or where a click
            implies an open and machine opens are to be excluded, which counts cannot tell.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(account=["A", "B"], delivered=[500, 400], opened=[120, 80], machine_opened=[50, 30])
        >>> round(float(abm.open_rate(emails)), 4)
        0.2222
        >>> round(float(abm.open_rate(emails, machine_opens="exclude")), 4)
        0.1333
        >>> abm.open_rate(emails).notes
        ('22.2 % with machine opens, 13.3 % without; what people opened lies between',)

    References:
        HubSpot, "How does HubSpot calculate delivery rate, open rate, and click rate for emails";
        Mailchimp, "About open tracking"; Salesforce, "Account Engagement email metrics".
    """
    of_sent = _denominator(per)
    opens = count_opens(emails, [per], by, machine_opens, click_implies_open=click_implies_open)
    whole = opens.sums[per]
    return estimation.share(
        "open_rate",
        opens.sums,
        opens.counted,
        whole,
        confidence=confidence,
        undefined=f"{per} is 0",
        remarks=[*of_sent, *opens.variants, *opens.bounds("share", lambda opened: (opened, whole))],
    )


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
    emails: Emails,
    *,
    by: By = None,
    machine_opens: MachineOpens = "include",
    click_implies_open: bool = False,
    confidence: float = 0.95,
) -> Estimate:
    """Clicked mails for each opened mail; HubSpot calls this the click-through rate.

    click-to-open rate = Σ clicked / Σ opened, or Σ clicked / Σ (opened − machine_opened), or
    Σ clicked / Σ opened_or_clicked where a click implies an open.

    Leaves out: clicks are counted whether or not the mail's open was seen, since blocked
    images hide opens; hence the figure may exceed 1 unless a click implies an open, and then
    says so. Where machine opens are known, a note gives the figure with them and without.

    Args:
        emails: mails with the columns ``clicked`` and ``opened`` (``opened_or_clicked`` where a click implies an
            open), and ``machine_opened`` to exclude them.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        machine_opens: ``"include"`` or ``"exclude"``.
        click_implies_open: as in :func:`open_rate`.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0; undefined where nothing was opened.

    Raises:
        MetricInputError: as :func:`open_rate`.

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
    opens = count_opens(emails, ["clicked"], by, machine_opens, click_implies_open=click_implies_open)
    clicked = opens.sums["clicked"]
    above = opens.sums.total(clicked) > opens.sums.total(opens.counted)
    return estimation.ratio(
        "click_to_open_rate",
        opens.sums,
        clicked,
        opens.counted,
        unit="ratio",
        confidence=confidence,
        undefined="opened is 0",
        remarks=[*opens.variants, *opens.bounds("ratio", lambda opened: (clicked, opened))],
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
    return estimation.share_of_columns("bounce_rate", emails, "bounced", "sent", by, confidence=confidence)


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
