"""Revenue for the tests of retention: drawn at random, computed in plain Python, and every edge case in ten accounts."""

import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from abmmetrics.recurring import RevenueHistory

MONTHS = [f"2026-{month:02d}-01" for month in range(1, 8)]
DAYS = {"p_minus3": "2025-10-01", "p0": "2026-01-01", "p4": "2026-05-01", "p9": "2026-10-01", "p12": "2027-01-01"}
# Quarters are exact in floating point, so that sums do not depend on their order.
AMOUNTS = st.sampled_from([0.0, 0.0, -2.25, 0.25, 1.0, 3.5, 10.0, 64.0])


class Paid(NamedTuple):
    """A row as plain Python holds it."""

    account: str
    period: str
    amount: float
    tier: str


histories = st.dictionaries(
    st.tuples(st.sampled_from("ABCDEF"), st.sampled_from(MONTHS)),
    st.tuples(AMOUNTS, st.sampled_from("xy")),
    max_size=30,
).map(lambda cells: [Paid(account, period, *said) for (account, period), said in cells.items()])


def history(rows: list[Paid]) -> RevenueHistory:
    return RevenueHistory(
        account=[row.account for row in rows],
        period=np.array([row.period for row in rows], dtype="datetime64[D]"),
        amount=[row.amount for row in rows],
        segments={"tier": [row.tier for row in rows]},
    )


def paid_by_account(rows: list[Paid]) -> dict[str, list[float]]:
    """What each account paid in every period that any row has, never below 0."""
    periods = sorted({row.period for row in rows})
    said = {(row.account, row.period): max(row.amount, 0.0) for row in rows}
    return {
        account: [said.get((account, period), 0.0) for period in periods]
        for account in sorted({row.account for row in rows})
    }


def read_edges(shared_data: Path) -> RevenueHistory:
    """Ten accounts with every edge case of retention."""
    with (shared_data / "subscriptions" / "retention_edges.csv").open(newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    return RevenueHistory(
        account=[row["account"] for row in rows for _ in DAYS],
        period=list(DAYS.values()) * len(rows),
        amount=[float(row[name]) for row in rows for name in DAYS],
    )
