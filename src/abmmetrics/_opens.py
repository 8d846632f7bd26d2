"""Which mails count as opened: with or without machine opens, and with clicks as opens."""

import math
from collections.abc import Callable
from typing import Literal

import attrs

from abmmetrics import _checks
from abmmetrics._sums import AccountSums
from abmmetrics.estimation import Floats
from abmmetrics.results import Unit, format_value
from abmmetrics.tables import By, Table

MachineOpens = Literal["include", "exclude"]


@attrs.frozen(eq=False)
class Opens:
    """Which mails count as opened.

    Attributes:
        sums: the account sums that the figures belong to.
        every: for each cell the mails that anybody opened, machines too.
        people: for each cell those that no machine opened; None where that is not known.
        counted: which of the two counts.
        variants: what makes a variant of a figure of them.
    """

    sums: AccountSums
    every: Floats
    people: Floats | None
    counted: Floats
    variants: list[str]

    def bounds(self, unit: Unit, quotient: Callable[[Floats], tuple[Floats, Floats]]) -> list[str]:
        """Say the figure with machine opens and without, where there are any."""
        if self.people is None or (self.people == self.every).all():
            return []
        told: list[str] = []
        for opened in (self.every, self.people):
            part, whole = (float(figures.sum()) for figures in quotient(opened))
            told.append(format_value(part / whole if whole else math.nan, unit))
        together = "all groups together: " if self.sums.groups else ""
        return [f"{together}{told[0]} with machine opens, {told[1]} without; what people opened lies between"]


def count_opens(
    emails: Table, others: list[str], by: By, machine_opens: MachineOpens, *, click_implies_open: bool
) -> Opens:
    """Sum the mails that count as opened.

    Args:
        emails: mails.
        others: further columns to sum.
        by: how to group.
        machine_opens: ``"include"`` or ``"exclude"``.
        click_implies_open: True where a click counts as an open.
    """
    _checks.as_option("machine_opens", machine_opens, ("include", "exclude"))
    exclude = machine_opens == "exclude"
    if exclude and click_implies_open:
        requirement = (
            "be 'include' where a click implies an open: counts do not tell which clicked mails a machine opened"
        )
        raise _checks.refuse("machine_opens", requirement, machine_opens)
    opened = "opened_or_clicked" if click_implies_open else "opened"
    known = exclude or "machine_opened" in emails.columns()
    sums = emails.account_sums([opened, *(["machine_opened"] if known else []), *others], by)
    every = sums[opened]
    people, counted = None, every
    if known:
        people = every - sums["machine_opened"]
        counted = people if exclude else every
    variants = {"variant: without machine opens": exclude, "variant: a click implies an open": click_implies_open}
    return Opens(sums, every, people, counted, [name for name, held in variants.items() if held])
