"""What e-mail rates by account cost beside polars' bare group sums of the same columns.

    python benchmarks/email_rates.py            # 10 million rows
    python benchmarks/email_rates.py --quick    # does it run at all: few rows, no bound holds

Ours builds the table from numpy arrays, with every check, sums it to accounts and gives the open rate with its
interval, pooled and for each account; polars' eager frame only adds up two columns by account. Times are medians of
interleaved runs. Prints ratios beside their bounds, and exits 1 where one is broken.
"""

# Frames of other libraries have no types, or none that are complete:
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import argparse
import functools
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

import abmmetrics as abm

ROWS, QUICK_ROWS, ACCOUNTS, REPEATS = 10_000_000, 100_000, 10_000, 5
BOUNDS = {"whole-number ids": 1.0, "ids of 18 characters": 2.5}

Columns = dict[str, Any]


def mails(rows: int, *, text: bool) -> Columns:
    """E-mails to accounts."""
    random = np.random.default_rng(2026)
    account: NDArray[Any] = random.integers(0, ACCOUNTS, rows)
    if text:
        account = np.array([f"0015g00000{number:05d}AAC" for number in range(ACCOUNTS)], dtype="S18")[account]
    delivered = random.random(rows) < 0.97  # noqa: PLR2004 - a share
    opened = delivered & (random.random(rows) < 0.4)  # noqa: PLR2004 - a share
    return {"account": account, "delivered": delivered, "opened": opened}


def rate(columns: Columns, by: str | None) -> object:
    """The open rate with its interval."""
    return abm.open_rate(abm.Emails(**columns), by=by)


def group_sums(frame: pl.DataFrame) -> object:
    """What is compared with."""
    return frame.group_by("account").agg(pl.col("delivered").sum(), pl.col("opened").sum())


def medians(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each run, taken in turn after one to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(REPEATS + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if repeat:
                taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rows, and no bound is binding")
    options = parser.parse_args()
    broken = False
    for (kind, bound), text in zip(BOUNDS.items(), (False, True), strict=True):
        columns = mails(QUICK_ROWS if options.quick else ROWS, text=text)
        frame = pl.DataFrame({name: pl.Series(values) for name, values in columns.items()})
        frame = frame.with_columns(pl.col(pl.Binary).cast(pl.String))
        taken = medians(
            {
                "pooled": functools.partial(rate, columns, None),
                "by account": functools.partial(rate, columns, "account"),
                "polars": functools.partial(group_sums, frame),
            }
        )
        for name in ("pooled", "by account"):
            ratio = taken[name] / taken["polars"]
            above = ratio > bound
            broken |= above
            print(f"{kind}, {name}: {ratio:.2f} of polars' group sums; bound {bound:g}{' BROKEN' if above else ''}")
    return int(broken and not options.quick)


if __name__ == "__main__":
    sys.exit(main())
