"""What a revenue bridge costs beside hand-written polars queries for the same lines, in the same run.

    python benchmarks/retention.py            # 12 million rows: 1 million accounts, 12 months each
    python benchmarks/retention.py --quick    # 1.2 million, 3 rounds: does it run, is it far off

Every contender starts from columns in memory: whole numbers for accounts (of half the width for polars), days,
amounts. A `RevenueHistory` has been made of them before, which takes the time that is printed first: it refuses an
account that is twice in a month, and puts the rows in the order of time once for every view. The contenders take turns, so that a busy moment of the machine touches all alike. Three cases:

* ends: a history of accounts and months, bridged from one month to a later one;
* movements: the same, followed month by month;
* products: a table of opening and closing amounts, 12 rows for each account.

Prints for each case the median wall-clock and processor seconds and the ratio of wall-clock medians; exits 1 where
one passes the bound, or where a line differs by more than a billionth. The queries give the lines alone; the bridge
also counts the accounts of each line, and `revenue_between` who left and came back.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from abmmetrics.bridges import RevenueBridge, revenue_bridge
from abmmetrics.recurring import LINES, RecurringRevenue, RevenueHistory, revenue_between, revenue_movements

BOUND = 1.5
MONTHS = 12
OPENING, CLOSING = 2, MONTHS - 1

Lines = list[float]
Contender = Callable[[], Lines]


def _told(bridge: RevenueBridge) -> Lines:
    return [float(getattr(bridge, name)[0]) for name in LINES]


def _bridged(opening: pl.Expr, closing: pl.Expr, before: pl.Expr | None) -> list[pl.Expr]:
    """The lines of a bridge of what accounts paid at both ends, never below 0."""
    came, stayed = opening == 0, (opening > 0) & (closing > 0)
    ever = pl.lit(value=False) if before is None else before
    return [
        opening.sum().alias("opening"),
        closing.filter(came & ~ever).sum().alias("new"),
        closing.filter(came & ever).sum().alias("reactivated"),
        (closing - opening).filter(stayed & (closing > opening)).sum().alias("expansion"),
        (opening - closing).filter(stayed & (opening > closing)).sum().alias("contraction"),
        opening.filter(closing == 0).sum().alias("churned"),
        closing.sum().alias("closing"),
    ]


def _numbers(row: tuple[object, ...]) -> Lines:
    return [float(str(number)) for number in row]


def polars_ends(frame: pl.DataFrame, first: np.datetime64, last: np.datetime64) -> Lines:
    """One pass that sums each account's two ends and asks whether it paid before."""
    amount, month, start, end = pl.col("amount"), pl.col("month"), pl.lit(first), pl.lit(last)
    accounts = (
        frame.lazy()
        .filter((month <= start) | (month == end))
        .group_by("account")
        .agg(
            amount.filter(month == start).sum().clip(0).alias("opening"),
            amount.filter(month == end).sum().clip(0).alias("closing"),
            ((month < start) & (amount > 0)).any().alias("before"),
        )
    )
    return _numbers(accounts.select(_bridged(pl.col("opening"), pl.col("closing"), pl.col("before"))).collect().row(0))


def polars_movements(frame: pl.DataFrame, first: np.datetime64, last: np.datetime64) -> Lines:
    """Each account's months in order, each beside the one before; every account has a row in every month."""
    amount, month, start, end = pl.col("amount").clip(0), pl.col("month"), pl.lit(first), pl.lit(last)
    ordered = (
        frame.lazy()
        .sort("account", "month")
        .with_columns(
            amount.alias("now"),
            pl.when(month > month.first()).then(amount.shift(1)).otherwise(0.0).alias("then"),
            (pl.col("account") != pl.col("account").shift(1)).fill_null(value=True).alias("begins"),
        )
        .with_columns(pl.when("begins").then(0.0).otherwise(pl.col("then")).alias("then"))
        .with_columns((pl.col("now") > 0).cast(pl.Int32).cum_sum().over("account").alias("paid"))
    )
    now, then = pl.col("now"), pl.col("then")
    within, stayed = (month > start) & (month <= end), (pl.col("now") > 0) & (pl.col("then") > 0)
    lines = [
        now.filter(month == start).sum().alias("opening"),
        now.filter(within & (then == 0) & (pl.col("paid") == 1)).sum().alias("new"),
        now.filter(within & (then == 0) & (pl.col("paid") > 1)).sum().alias("reactivated"),
        (now - then).filter(within & stayed & (now > then)).sum().alias("expansion"),
        (then - now).filter(within & stayed & (then > now)).sum().alias("contraction"),
        then.filter(within & (now == 0)).sum().alias("churned"),
        now.filter(month == end).sum().alias("closing"),
    ]
    return _numbers(ordered.select(lines).collect().row(0))


def polars_products(frame: pl.DataFrame) -> Lines:
    """One pass that sums each account's rows."""
    accounts = frame.lazy().group_by("account").agg(pl.col("opening").sum().clip(0), pl.col("closing").sum().clip(0))
    return _numbers(accounts.select(_bridged(pl.col("opening"), pl.col("closing"), None)).collect().row(0))


def compare(case: str, contenders: dict[str, Contender], rounds: int) -> bool:
    """Time the contenders in turn; whether ours keeps within the bound."""
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    busy: dict[str, list[float]] = {name: [] for name in contenders}
    answers: dict[str, Lines] = {}
    for _ in range(rounds):
        for name, run in contenders.items():
            started, used = time.perf_counter(), time.process_time()
            answers[name] = run()
            wall[name].append(time.perf_counter() - started)
            busy[name].append(time.process_time() - used)
    print(f"{case}: {', '.join(f'{name} {value:,.0f}' for name, value in zip(LINES, answers['ours'], strict=True))}")
    same = np.allclose(answers["ours"], answers["polars"], rtol=1e-9, atol=0)
    ratio = statistics.median(wall["ours"]) / statistics.median(wall["polars"])
    for name in contenders:
        took, used = statistics.median(wall[name]), statistics.median(busy[name])
        print(f"  {name:<6} {took:6.2f} s wall clock, {used:6.2f} s processor")
    other = "" if same else f"; OTHER LINES: {answers['polars']}"
    print(f"  ours takes {ratio:.2f} of polars (bound {BOUND}){other}")
    return same and ratio <= BOUND


def main() -> int:
    """Make the tables, run the cases."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=1_000_000, help="accounts, of 12 rows each (default 1 million)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the accounts, 3 rounds")
    options = parser.parse_args()
    accounts: int = options.accounts // 10 if options.quick else options.accounts
    rounds = 3 if options.quick else 5
    draw = np.random.default_rng(20_260_301)
    days = np.arange("2025-01", "2026-01", dtype="datetime64[M]").astype("datetime64[D]")
    rows = draw.permutation(accounts * MONTHS)  # in no order
    account, month = rows // MONTHS, days[rows % MONTHS]
    amount = np.where(draw.random(len(rows)) < 0.7, np.round(draw.lognormal(5, 1, len(rows)), 2), 0.0)  # noqa: PLR2004 - most pay
    amount[draw.random(len(rows)) < 0.01] *= -1  # noqa: PLR2004 - few have credits
    first, last = days[OPENING], days[CLOSING]
    started = time.perf_counter()
    history = RevenueHistory(account=account, period=month, amount=amount)
    built = time.perf_counter() - started
    frame = pl.DataFrame({"account": account.astype(np.int32), "month": month, "amount": amount})
    print(
        f"{len(rows):,} rows of {accounts:,} accounts, median of {rounds} rounds in turn; checked and put in order in {built:.2f} s"
    )
    good = compare(
        "ends",
        {
            "ours": lambda: _told(revenue_bridge(revenue_between(history, opening=first, closing=last))),
            "polars": lambda: polars_ends(frame, first, last),
        },
        rounds,
    )
    good &= compare(
        "movements",
        {
            "ours": lambda: _told(revenue_bridge(revenue_movements(history, opening=first, closing=last))),
            "polars": lambda: polars_movements(frame, first, last),
        },
        rounds,
    )
    now = np.where(draw.random(len(rows)) < 0.9, amount * draw.lognormal(0, 0.3, len(rows)), 0.0)  # noqa: PLR2004 - most stay
    both = RecurringRevenue(account=account, opening=amount, closing=now)
    ends = pl.DataFrame({"account": account.astype(np.int32), "opening": amount, "closing": now})
    good &= compare(
        "products",
        {
            "ours": lambda: _told(revenue_bridge(both, reactivation="as_new")),
            "polars": lambda: polars_products(ends),
        },
        rounds,
    )
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
