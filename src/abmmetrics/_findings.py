"""What to know about a programme's data before reading its figures."""

from collections.abc import Iterator

import numpy as np

from abmmetrics import _checks
from abmmetrics.opportunities import Opportunities
from abmmetrics.program import Program

__all__ = ["findings"]


def findings(program: Program) -> list[str]:
    """Look for what would mislead a reader.

    Args:
        program: the programme.
    """
    found: list[str] = []
    for name, table in program.tables().items():
        units = table.unit_labels()
        nameless = 0 if units is None else int(units.missing().sum())
        if nameless:
            found.append(
                f"{nameless:,} of {len(table):,} {title(name)} have no {table.unit}: "
                f"each counts as an {table.unit} of its own."
            )
        found += [
            f"{_checks.how_many(count, 'rows')} of {title(name)} left out: {why}."
            for why, count in table.excluded.items()
        ]
    if program.opportunities is not None:
        found += _of_deals(program.opportunities)
    return found


def title(table: str) -> str:
    """Return how a reader calls a table of a programme."""
    return table.replace("_", " ").replace("one on ones", "one-on-ones").replace("emails", "e-mails")


def _of_deals(deals: Opportunities) -> Iterator[str]:
    if deals.amount is None:
        return
    lost, worthless = deals.outcome == "lost", ~(deals.amount > 0)
    count = int(lost.sum())
    if count and worthless[lost].all():
        yield (
            f"All {count:,} lost deals have the amount 0 or none, so a win rate by value would read 100 %: it is left "
            "undefined. Keep what a lost deal would have been worth."
        )
    is_open = deals.outcome == "open"
    count, unpriced = int(is_open.sum()), int((is_open & worthless).sum())
    if unpriced:
        amount = "none" if unpriced == count else f"{count - unpriced:,}"
        yield f"Of {count:,} open deals {amount} has an amount: the open pipeline is larger than it reads."
    won = deals.outcome == "won"
    count, unpriced = int(won.sum()), int((won & np.isnan(deals.amount)).sum())
    if unpriced:
        yield f"{unpriced:,} of {count:,} won deals have no amount: the revenue won is larger than it reads."
