"""What `funnel` costs beside hand-written polars and DuckDB queries for the same counts, in the same run.

    python benchmarks/funnel.py            # 10 million events of 10,000 accounts
    python benchmarks/funnel.py --quick    # 1 million, 3 rounds: does it run, is it far off

Every contender starts from columns in memory: whole numbers for accounts (of half the width for the engines), steps as
codes (which a `JourneyEvents` holds from the start), microseconds. The queries are the fastest of several tried. They take turns, so that a busy moment of the machine touches all alike. Prints for each case the median
wall-clock and processor seconds, and the ratio of wall-clock medians to each query; exits 1 where one passes the
bound, or where the counts differ. The queries count who reached which step; `funnel` also follows the deepest chain
for the times, and draws the intervals.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import duckdb
import numpy as np
import polars as pl

from abmmetrics.journey import JourneyEvents, funnel

BOUND = 1.5
STEPS = ["visit", "content", "form", "demo", "opportunity"]
OTHER = "unsubscribe"
SHARES = [0.5, 0.25, 0.1, 0.05, 0.02, 0.08]
DAY = 86_400_000_000
WITHIN_DAYS = 7

Counts = list[int]
Contender = Callable[[], Counts]


def polars_any_time(frame: pl.DataFrame) -> Counts:
    """The earliest time of each step at or after that of the step before, by account."""
    counts: Counts = []
    before: pl.DataFrame | None = None
    for place in range(len(STEPS)):
        events = frame.lazy().filter(pl.col("step") == place)
        if before is not None:
            events = events.join(before.lazy(), on="account", suffix="_before")
            events = events.filter(pl.col("time") >= pl.col("time_before"))
        before = events.group_by("account").agg(pl.col("time").min()).collect()
        counts.append(before.height)
    return counts


def duckdb_any_time(connection: duckdb.DuckDBPyConnection) -> Counts:
    """The same in SQL."""
    parts = ["s0 as materialized (select account, min(time) as time from events where step = 0 group by account)"]
    parts += [
        f"s{place} as materialized (select account, min(events.time) as time"  # noqa: S608 - our own numbers
        f" from events join s{place - 1} as before using (account)"
        f" where step = {place} and events.time >= before.time group by account)"
        for place in range(1, len(STEPS))
    ]
    return _counts(connection, parts, "count(*)")


def polars_within(frame: pl.DataFrame) -> Counts:
    """The latest possible beginning of a chain that ends in each event, carried forward in the order of time."""
    ordered = frame.filter(pl.col("step") < len(STEPS)).sort("account", "time", "step")
    ordered = ordered.with_columns(pl.when(pl.col("step") == 0).then("time").alias(STEPS[0]))
    for place, (before, step) in enumerate(pairwise(STEPS), start=1):
        begun = pl.col(before).forward_fill().over("account")
        ordered = ordered.with_columns(pl.when(pl.col("step") == place).then(begun).alias(step))
    in_time = [(pl.col("time") - pl.col(step)) <= pl.duration(days=WITHIN_DAYS) for step in STEPS]
    found = ordered.select(
        pl.col("account").filter(mask).n_unique().alias(step) for step, mask in zip(STEPS, in_time, strict=True)
    )
    return [int(count) for count in found.row(0)]


def duckdb_within(connection: duckdb.DuckDBPyConnection) -> Counts:
    """Every first step followed to the next step by as-of joins, as long as the window lasts."""
    parts = ["s0 as materialized (select account, time as begun, time from events where step = 0)"]
    parts += [
        f"s{place} as materialized (select before.account, begun, later.time"  # noqa: S608 - our own numbers
        f" from s{place - 1} as before asof join"
        f" (select account, time from events where step = {place}) as later"
        f" on before.account = later.account and later.time >= before.time"
        f" where later.time - begun <= interval {WITHIN_DAYS} day)"
        for place in range(1, len(STEPS))
    ]
    return _counts(connection, parts, "count(distinct account)")


def _counts(connection: duckdb.DuckDBPyConnection, parts: list[str], count: str) -> Counts:
    told = ", ".join(f"(select {count} from s{place})" for place in range(len(STEPS)))  # noqa: S608 - our own names
    row = connection.execute(f"with {', '.join(parts)} select {told}").fetchone()
    return [int(found) for found in row or ()]


def ours(events: JourneyEvents, within_days: float | None) -> Counts:
    """The counts, with accounts that entered too late to be judged put back: the queries know none."""
    as_of = None if within_days is None else np.datetime64("2100-01-01")
    found = funnel(events, STEPS, within_days=within_days, as_of=as_of)
    return [int(found.reached[step][0]) for step in STEPS]


def compare(case: str, contenders: dict[str, Contender], rounds: int) -> bool:
    """Time the contenders in turn; whether the first keeps within the bound of all others."""
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    busy: dict[str, list[float]] = {name: [] for name in contenders}
    answers: dict[str, Counts] = {}
    for _ in range(rounds):
        for name, run in contenders.items():
            started, used = time.perf_counter(), time.process_time()
            answers[name] = run()
            wall[name].append(time.perf_counter() - started)
            busy[name].append(time.process_time() - used)
    print(f"{case}: {answers['funnel']}")
    mine = statistics.median(wall["funnel"])
    good = True
    for name in contenders:
        took, used = statistics.median(wall[name]), statistics.median(busy[name])
        told = f"  {name:<8} {took:6.2f} s wall clock, {used:6.2f} s processor"
        if name != "funnel":
            same, ratio = answers[name] == answers["funnel"], mine / took
            good &= same and ratio <= BOUND
            told += f"; funnel takes {ratio:.2f} of it (bound {BOUND})"
            told += "" if same else f"; ANOTHER ANSWER: {answers[name]}"
        print(told)
    return good


def main() -> int:
    """Make the events, run both cases."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="events (default 10 million)")
    parser.add_argument("--accounts", type=int, default=10_000, help="accounts (default 10,000)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the events, 3 rounds")
    options = parser.parse_args()
    accounts: int = options.accounts
    rows: int = options.rows // 10 if options.quick else options.rows
    rounds = 3 if options.quick else 5
    draw = np.random.default_rng(20_260_301)
    account = draw.integers(0, accounts, rows)
    step = draw.choice(len(SHARES), rows, p=SHARES)
    at = np.datetime64("2026-01-01", "us") + draw.integers(0, 365 * DAY, rows)
    names = np.array([*STEPS, OTHER])
    events = JourneyEvents(account=account, step=names[step], at=at)
    frame = pl.DataFrame({"account": account.astype(np.int32), "step": step.astype(np.uint8), "time": at})
    connection = duckdb.connect()
    connection.execute("create table events as select * from frame")
    print(f"{rows:,} events of {accounts:,} accounts, median of {rounds} rounds in turn")
    any_time: dict[str, Contender] = {
        "funnel": lambda: ours(events, None),
        "polars": lambda: polars_any_time(frame),
        "duckdb": lambda: duckdb_any_time(connection),
    }
    within: dict[str, Contender] = {
        "funnel": lambda: ours(events, WITHIN_DAYS),
        "polars": lambda: polars_within(frame),
        "duckdb": lambda: duckdb_within(connection),
    }
    good = compare("any time", any_time, rounds)
    good &= compare(f"within {WITHIN_DAYS} days", within, rounds)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
