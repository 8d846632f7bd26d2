"""Deals for the tests of opportunities, pipeline and win rate: drawn at random, and a real pipeline."""

import csv
import datetime as dt
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from abmmetrics.opportunities import Opportunities
from abmmetrics.results import Estimate

DAY_ONE = dt.date(2026, 1, 1)


class Deal(NamedTuple):
    """A row as plain Python holds it."""

    account: str | None
    created: Any  # a date or None, as are the others that may be missing
    closed: Any
    outcome: str
    amount: Any
    tier: str


DAYS = [DAY_ONE + dt.timedelta(days) for days in (0, 1, 2, 15, 31, 40)]
LIVES = [
    (created, closed, outcome)
    for created, closed in itertools.product([*DAYS, None], [*DAYS, None])
    for outcome in (["open"] if closed is None else ["won", "lost"])
    if created is None or closed is None or created <= closed
]
# Quarters are exact in floating point, so that sums do not depend on their order.
AMOUNTS = [None, 0.0, 0.25, 1.0, 1.0, 2.5, 10.0, 32.0, 99.75, 1_000.0]

a_deal = st.builds(
    lambda account, life, amount, tier: Deal(account, life[0], life[1], life[2], amount, tier),
    st.sampled_from(["A", "B", "C", "D", None]),
    st.sampled_from(LIVES),
    st.sampled_from(AMOUNTS),
    st.sampled_from(["one", "two", "three"]),
)
deals = st.lists(a_deal, max_size=25)


def table(rows: Iterable[Deal], currency: str | None = None) -> Opportunities:
    names = Deal._fields
    held = list(rows)
    frame = dict(zip(names, zip(*held, strict=True), strict=True)) if held else dict.fromkeys(names, ())
    return Opportunities.from_frame(frame, missing="separate", segments=["tier"], currency=currency)


def by_group(rows: Iterable[Deal], by: str | None) -> dict[Any, list[Deal]]:
    """Rows by the label of their group; all of them where there is no grouping."""
    if by is None:
        return {"all": list(rows)}
    ordered = sorted(rows, key=lambda deal: deal.tier)
    return {label: list(group) for label, group in itertools.groupby(ordered, key=lambda deal: deal.tier)}


def values(estimate: Estimate) -> dict[Any, float]:
    return dict(zip(estimate.labels, estimate.value.tolist(), strict=True))


def quotient(estimate: Estimate) -> tuple[list[float], list[float]]:
    assert estimate.numerator is not None
    assert estimate.denominator is not None
    return estimate.numerator.tolist(), estimate.denominator.tolist()


def read_crm(shared_data: Path) -> Opportunities:
    """The sales pipeline of one region: 2,291 opportunities."""
    with (shared_data / "crm" / "sales_pipeline.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    frame: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    frame["outcome"] = [{"Won": "won", "Lost": "lost", "Engaging": "open"}[stage] for stage in frame["deal_stage"]]
    frame["close_value"] = [float(value) if value else None for value in frame["close_value"]]
    return Opportunities.from_frame(
        frame,
        missing="separate",
        opportunity="opportunity_id",
        created="engage_date",
        closed="close_date",
        amount="close_value",
        segments=["product", "sales_agent"],
    )
