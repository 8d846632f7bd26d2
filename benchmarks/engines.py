"""What `from_frame` and a KPI cost beside the engine's own group-by, and beside the sums that numpy cannot do without.

    python benchmarks/engines.py            # 10 million e-mail rows; memory at 50 million
    python benchmarks/engines.py --quick    # does it run at all: few rows, no bound holds

Times are medians of interleaved runs, so that a busy moment of the machine touches all alike; the processor time of this
process stands beside them, without Spark's. Prints ratios beside their bounds, and exits 1 where one is broken.
"""

# Frames of other libraries have no types, or none that are complete:
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownLambdaType=false

import argparse
import functools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import abmmetrics as abm

ROWS = 10_000_000
MEMORY_ROWS = 50_000_000
QUICK_ROWS = 200_000
SMALL_ROWS = 1_000
ACCOUNTS = 10_000
CAMPAIGNS = 20
REPEATS = 5
MEGABYTE = 2**20

Columns = dict[str, NDArray[Any]]
Run = Callable[[], object]


def mails(rows: int, *, text: bool = False) -> Columns:
    """E-mails to accounts, as whole numbers and booleans, or with ids of 18 characters and names of campaigns."""
    random = np.random.default_rng(2026)
    account = random.integers(0, ACCOUNTS, rows, dtype=np.int64)
    campaign = random.integers(0, CAMPAIGNS, rows, dtype=np.int64)
    delivered = random.random(rows, dtype=np.float32) < 0.97  # noqa: PLR2004 - a share
    opened = delivered & (random.random(rows, dtype=np.float32) < 0.4)  # noqa: PLR2004 - a share
    columns: Columns = {"account": account, "campaign": campaign, "delivered": delivered, "opened": opened}
    if text:
        columns["account"] = np.array([f"0015g00000{number:05d}AAC" for number in range(ACCOUNTS)], dtype="S18")[
            account
        ]
        columns["campaign"] = np.array([f"campaign {number:02d}" for number in range(CAMPAIGNS)], dtype="S11")[campaign]
    return columns


def as_polars(columns: Columns) -> Any:  # noqa: ANN401 - a polars.DataFrame
    """The same as a polars frame, with text as text."""
    import polars as pl  # noqa: PLC0415 - a measurement of numpy alone does without

    frame = pl.DataFrame({name: pl.Series(values) for name, values in columns.items()})
    return frame.with_columns(pl.col(pl.Binary).cast(pl.String))


def rate(frame: Any) -> object:  # noqa: ANN401 - any frame
    """What is measured: a table out of a frame, and a KPI by campaign with its intervals."""
    return abm.open_rate(abm.Emails.from_frame(frame, segments=["campaign"]), by="campaign")


def rate_of_arrays(columns: Columns) -> object:
    """The same from numpy arrays."""
    emails = abm.Emails(
        account=columns["account"],
        delivered=columns["delivered"],
        opened=columns["opened"],
        segments={"campaign": columns["campaign"]},
    )
    return abm.open_rate(emails, by="campaign")


def interleaved(runs: dict[str, Run], repeats: int) -> dict[str, tuple[float, float]]:
    """Median wall-clock and processor seconds of each run, taken in turn after one to warm up."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for repeat in range(repeats + 1):
        for name, run in runs.items():
            wall, processor = time.perf_counter(), time.process_time()
            run()
            if repeat:
                taken[name].append((time.perf_counter() - wall, time.process_time() - processor))
    return {name: tuple(map(statistics.median, zip(*times, strict=True))) for name, times in taken.items()}


class Report:
    """Prints figures beside their bounds, and remembers what is broken."""

    def __init__(self, *, binding: bool) -> None:
        """Start with nothing broken; bounds that are not binding are printed only."""
        self.binding = binding
        self.broken: list[str] = []

    def ratio(self, what: str, ours: tuple[float, float], theirs: tuple[float, float], bound: float) -> None:
        """Print a ratio of wall-clock times, and that of processor times beside it."""
        wall = ours[0] / theirs[0]
        processor = ours[1] / theirs[1] if theirs[1] > ours[0] / 100 else float("nan")
        self.figure(f"{what}: {wall:.2f} (processor time {processor:.2f})", wall, bound)

    def figure(self, what: str, value: float, bound: float) -> None:
        """Print a figure beside its bound."""
        broken = value > bound
        print(f"{what}; bound {bound:g}{' BROKEN' if broken else ''}", flush=True)
        if broken and self.binding:
            self.broken.append(what)


def engine_runs(columns: Columns, folder: Path, *, text: bool) -> dict[str, tuple[Run, Run]]:
    """For each engine what is measured, and its own group-by written by hand."""
    import duckdb  # noqa: PLC0415 - a measurement of numpy alone does without
    import polars as pl  # noqa: PLC0415 - the same

    frame = as_polars(columns)
    path = folder / f"mails-{'text' if text else 'whole'}.parquet"
    frame.write_parquet(path, row_group_size=max(len(frame) // 8, 1))
    lazy, pandas_frame = frame.lazy(), frame.to_pandas()
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE mails AS FROM '{path}'")
    sums = [pl.col("delivered").sum(), pl.col("opened").sum()]
    by_hand = "SELECT account, campaign, sum(delivered::INT) AS d, sum(opened::INT) AS o FROM mails GROUP BY ALL"
    keys = ["account", "campaign"]
    return {
        "polars lazy": (lambda: rate(lazy), lambda: lazy.group_by(keys).agg(sums).collect()),
        "DuckDB": (lambda: rate(connection.table("mails")), lambda: connection.sql(by_hand).to_arrow_table()),
        "pandas": (lambda: rate(pandas_frame), lambda: pandas_frame.groupby(keys)[["delivered", "opened"]].sum()),
    }


def spark_runs(folder: Path) -> tuple[Run, Run] | None:
    """The same for PySpark, with the rows held in its memory; None where there is no PySpark."""
    try:
        from pyspark.sql import SparkSession, functions  # noqa: PLC0415 - it may not be there
    except ImportError:
        return None
    settings = {"spark.sql.shuffle.partitions": "4", "spark.ui.enabled": "false", "spark.driver.memory": "4g"}
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    frame: Any = session.read.parquet(str(folder / "mails-whole.parquet")).cache()
    frame.count()
    sums = [functions.sum(functions.col(name).cast("int")).alias(name) for name in ("delivered", "opened")]
    return lambda: rate(frame), lambda: frame.groupBy("account", "campaign").agg(*sums).toArrow()


def measure_engines(report: Report, rows: int, repeats: int) -> None:
    """Compare every engine with its own group-by, and the numpy path with polars and the memory-bandwidth floor."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for text in (False, True):
            columns = mails(rows, text=text)
            kind = "text ids" if text else "whole-number ids"
            floor = {"floor": functools.partial(sum_columns, columns)} if not text else {}
            runs = engine_runs(columns, folder, text=text)
            flat = {
                f"{engine} {side}": run for engine, pair in runs.items() for side, run in zip("oh", pair, strict=True)
            }
            taken = interleaved({**flat, "numpy": functools.partial(rate_of_arrays, columns), **floor}, repeats)
            for engine in runs:
                report.ratio(f"{engine}, {kind}", taken[f"{engine} o"], taken[f"{engine} h"], 1.25)
            bound = 1.6 if text else 0.9
            report.ratio(f"numpy / polars lazy by hand, {kind}", taken["numpy"], taken["polars lazy h"], bound)
            if not text:
                report.ratio("numpy / np.sum over the same columns", taken["numpy"], taken["floor"], 6)
        pair = spark_runs(folder)
        if pair is None:
            print("PySpark is not installed")
        else:
            taken = interleaved(dict(zip("oh", pair, strict=True)), repeats)
            report.ratio("PySpark, whole-number ids", taken["o"], taken["h"], 1.4)


def sum_columns(columns: Columns) -> list[Any]:
    """Read every column once: what the memory's bandwidth allows."""
    return [np.sum(values) for values in columns.values()]


def bare_numpy(columns: Columns) -> list[NDArray[Any]]:
    """The checks, sums, leave-one-out values and limits of the rate as one would write them for these columns alone."""
    account, campaign = columns["account"], columns["campaign"]
    delivered, opened = columns["delivered"], columns["opened"]
    if not len(account) == len(campaign) == len(delivered) == len(opened) or (opened > delivered).any():
        raise ValueError("opened must be at most delivered")
    low, size = int(account.min()), int(account.max()) - int(account.min()) + 1
    first, groups = int(campaign.min()), int(campaign.max()) - int(campaign.min()) + 1
    cell = (campaign - first) * size + (account - low)
    rows = np.bincount(cell, minlength=groups * size)
    held = np.flatnonzero(rows)
    group = held // size
    part = np.bincount(cell, opened, minlength=groups * size)[held]
    whole = np.bincount(cell, delivered, minlength=groups * size)[held]
    parts, wholes = np.bincount(group, part, groups), np.bincount(group, whole, groups)
    units = np.bincount(group, minlength=groups)
    value = parts / wholes
    left_out = (parts[group] - part) / np.maximum(wholes[group] - whole, 1)
    influence = left_out - (np.bincount(group, left_out, groups) / units)[group]
    squares = np.bincount(group, influence**2, groups)
    variance = (units - 1) / units * squares
    freedom = 2 * squares**2 / (np.bincount(group, influence**4, groups) - squares**2 / units)
    effective = np.minimum(wholes, value * (1 - value) / variance)
    quantile = 1.96 + 2.4 / np.minimum(freedom, units - 1)  # near enough to Student's t for a timing
    centre = (value + quantile**2 / (2 * effective)) / (1 + quantile**2 / effective)
    spread = quantile / (1 + quantile**2 / effective)
    half = spread * np.sqrt(value * (1 - value) / effective + quantile**2 / (4 * effective**2))
    return [value, centre - half, centre + half]


def measure_small(report: Report, repeats: int) -> None:
    """Compare a call on few rows with bare numpy, and with pandas that only sums."""
    columns = mails(SMALL_ROWS)
    frame = as_polars(columns).to_pandas()

    def often(run: Run) -> Run:
        def runs() -> None:
            for _ in range(20):
                run()

        return runs

    taken = interleaved(
        {
            "ours": often(functools.partial(rate_of_arrays, columns)),
            "bare": often(functools.partial(bare_numpy, columns)),
            "pandas": often(lambda: frame.groupby(["account", "campaign"])[["delivered", "opened"]].sum()),
        },
        4 * repeats,
    )
    report.ratio(f"{SMALL_ROWS:,} rows / bare numpy with checks", taken["ours"], taken["bare"], 2)
    report.ratio(f"{SMALL_ROWS:,} rows / the sums in pandas", taken["ours"], taken["pandas"], 1)


def peak_of_numpy(rows: int) -> float:
    """Peak megabytes beside the input of the path from arrays with whole-number ids."""
    columns = mails(rows)
    rate_of_arrays(mails(SMALL_ROWS))
    tracemalloc.start()
    rate_of_arrays(columns)
    return tracemalloc.get_traced_memory()[1] / MEGABYTE


def peak_of_engine(engine: str, side: str, path: str) -> float:
    """Peak megabytes that an engine takes for a Parquet file, beside what it takes for a small one."""
    import duckdb  # noqa: PLC0415 - a measurement of numpy alone does without
    import polars as pl  # noqa: PLC0415 - the same

    def run(file: str) -> object:
        if engine == "polars":
            lazy = pl.scan_parquet(file)
            sums = [pl.col("delivered").sum(), pl.col("opened").sum()]
            return rate(lazy) if side == "ours" else lazy.group_by("account", "campaign").agg(sums).collect()
        connection = duckdb.connect()
        sql = f"SELECT account, campaign, sum(delivered::INT), sum(opened::INT) FROM '{file}' GROUP BY ALL"  # noqa: S608 - our own file
        return rate(connection.sql(f"FROM '{file}'")) if side == "ours" else connection.sql(sql).to_arrow_table()

    small = str(Path(path).with_name("small.parquet"))
    run(small)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(path)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def in_process(*arguments: str) -> float:
    """Measure in a process of its own, whose peak is of this measurement alone."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=True)
    return float(done.stdout)


def measure_memory(report: Report, rows: int) -> None:
    """Print the peak memory of the numpy path, and of engines that read Parquet."""
    peak = in_process("--peak", "numpy", "", str(rows))
    report.figure(f"numpy, {rows:,} rows, whole-number ids: {peak:.0f} MB beside the input", peak, 64)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "mails.parquet"
        subprocess.run([sys.executable, __file__, "--peak", "write", str(path), str(rows)], check=True)
        for engine in ("polars", "duckdb"):
            ours, own = (in_process("--peak", engine, side, str(path)) for side in ("ours", "own"))
            report.figure(f"{engine}, {rows:,} rows of Parquet: {ours:.0f} MB (by hand {own:.0f} MB)", ours, 2048)


def write(path: str, rows: int) -> float:
    """Write the rows, and a few of them beside."""
    for file, length in ((path, rows), (str(Path(path).with_name("small.parquet")), SMALL_ROWS)):
        as_polars(mails(length)).write_parquet(file)
    return 0.0


def main() -> int:
    """Measure, or measure one thing in the process that was started for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS, help="e-mails to measure times with")
    parser.add_argument("--memory-rows", type=int, default=MEMORY_ROWS, help="e-mails to measure memory with")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="runs to take the median of")
    parser.add_argument("--quick", action="store_true", help="few rows, and no bound is binding")
    parser.add_argument("--only", choices=["engines", "small", "memory"], help="a part of it")
    parser.add_argument("--peak", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        what, first, second = options.peak
        if what == "numpy":
            print(peak_of_numpy(int(second)))
        elif what == "write":
            write(first, int(second))
        else:
            print(peak_of_engine(what, first, second))
        return 0
    rows, memory_rows = (QUICK_ROWS, QUICK_ROWS) if options.quick else (options.rows, options.memory_rows)
    report = Report(binding=not options.quick)
    print(f"{rows:,} rows, {ACCOUNTS:,} accounts, {CAMPAIGNS} campaigns; load {os.getloadavg()[0]:.1f}", flush=True)
    if options.only in {None, "small"}:
        measure_small(report, options.repeats)
    if options.only in {None, "memory"}:
        measure_memory(report, memory_rows)
    if options.only in {None, "engines"}:
        measure_engines(report, rows, options.repeats)
    print(f"load {os.getloadavg()[0]:.1f}")
    return int(bool(report.broken))


if __name__ == "__main__":
    sys.exit(main())
