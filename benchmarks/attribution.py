"""What attribution costs beside a DuckDB query and the packages of the field, in the same run.

    python benchmarks/attribution.py            # 1 million touches and 100,000 deals; 1 million journeys
    python benchmarks/attribution.py --quick    # a tenth of both: does it run, is it far off
    python benchmarks/attribution.py --peers PYTHON    # with ChannelAttribution and DP6's package, see below

1. `build_journeys` against a DuckDB query for the same touches of the same deals, in the same order.
2. First, last and linear touch, by number and value, and the Markov chain of order 1, on encoded journeys, against
   plain implementations that go through the journeys one by one (on a tenth of them, times ten), and against
   the packages where they are installed in the Python given by `--peers` (they need other releases of what they
   share with the tests: `python -m venv peers && peers/bin/pip install ChannelAttribution
   marketing_attribution_models`).
3. From path strings to removal effects.

Prints the median seconds, the memory that each needs beyond its data (a process of its own for every peer), and
ratios; exits 1 where a bound is broken or the answers differ.
"""

import argparse
import collections
import json
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

import duckdb
import numpy as np
import polars as pl

from abmmetrics.attribution import first_touch, last_touch, linear_touch
from abmmetrics.data_driven import markov
from abmmetrics.opportunities import Opportunities
from abmmetrics.touches import Journeys, Touches, build_journeys

JOURNEYS_BOUND = 1.5  # times DuckDB
RULES_BOUND = 8.0  # times as fast as ChannelAttribution
MARKOV_BOUND = 25.0
MARKOV_DP6_BOUND = 40.0
STRINGS_BOUND = 3.0
LOOKBACK_DAYS = 90
DAY = 86_400_000_000

Answer = Any


def timed(run: Callable[[], Answer], rounds: int) -> tuple[float, Answer]:
    """Return the median wall-clock seconds and the last answer."""
    took: list[float] = []
    answer: Answer = None
    for _ in range(rounds):
        started = time.perf_counter()
        answer = run()
        took.append(time.perf_counter() - started)
    return statistics.median(took), answer


def extra_memory(run: Callable[[], Answer]) -> float:
    """Return the most memory in MB that Python and numpy held at once beyond what was there."""
    tracemalloc.start()
    run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


# --- Journeys ---------------------------------------------------------------------------------------------------------

QUERY = f"""
    select deals.id, touches.campaign, touches.at
    from deals join touches
      on touches.account = deals.account
     and touches.at >= deals.closed - interval {LOOKBACK_DAYS} day and touches.at < deals.closed + interval 1 day
    order by deals.id, touches.at, touches.campaign
"""  # noqa: S608 - our own numbers


def compare_journeys(touches: int, deals: int, rounds: int) -> bool:
    """Time `build_journeys` and the query in turn."""
    draw = np.random.default_rng(11)
    accounts = max(deals // 4, 1)
    account = draw.integers(0, accounts, touches)
    campaign = draw.integers(0, 30, touches)
    at = np.datetime64("2024-01-01", "us") + (draw.integers(0, 730 * DAY, touches) // 1_000_000) * 1_000_000
    owner = draw.integers(0, accounts, deals)
    closed = np.datetime64("2024-04-01") + draw.integers(0, 640, deals)
    ours = Touches(account=account, campaign=campaign, at=at)
    held = Opportunities(account=owner, closed=closed, outcome="won", amount=draw.random(deals))
    names = pl.DataFrame({"account": account.astype(np.int32), "campaign": campaign.astype(np.int32), "at": at})
    rows = pl.DataFrame({"id": np.arange(deals, dtype=np.int32), "account": owner.astype(np.int32), "closed": closed})
    connection = duckdb.connect()
    connection.register("names", names)
    connection.register("rows", rows)
    connection.execute("create table touches as select * from names")
    connection.execute("create table deals as select * from rows")

    def ask() -> Any:  # noqa: ANN401 - DuckDB has no types
        return connection.execute(QUERY).fetchnumpy()

    def unordered() -> Any:  # noqa: ANN401 - DuckDB has no types
        return connection.execute(QUERY.partition("order by")[0]).fetchnumpy()

    mine: list[float] = []
    theirs: list[float] = []
    built: Any = None
    found: Any = None
    for _ in range(rounds):  # in turn, so that a busy moment touches both
        took, built = timed(lambda: build_journeys(ours, held, lookback_days=LOOKBACK_DAYS), 1)
        mine.append(took)
        took, found = timed(ask, 1)
        theirs.append(took)
    loose, _ = timed(unordered, rounds)
    ratio = statistics.median(mine) / statistics.median(theirs)
    same = (
        np.array_equal(np.repeat(np.arange(deals), built.lengths), found["id"])
        and np.array_equal(built.codes, found["campaign"])
        and np.array_equal(built.at, found["at"])
    )
    print(
        f"build_journeys, {touches:,} touches and {deals:,} deals, {len(built.codes):,} touches in journeys:\n"
        f"  abmmetrics {statistics.median(mine):.3f} s, DuckDB {statistics.median(theirs):.3f} s"
        f" ({loose:.3f} s without any order); abmmetrics takes {ratio:.2f} of it (bound {JOURNEYS_BOUND})"
        f"{'' if same else '; ANOTHER ANSWER'}"
    )
    return same and ratio <= JOURNEYS_BOUND


# --- Models -----------------------------------------------------------------------------------------------------------


def make_paths(journeys: int, labels: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return labels of all touches, the length of each journey, and whether it converts."""
    draw = np.random.default_rng(7)
    lengths = np.minimum(draw.geometric(1 / 6, journeys), 40)
    codes = draw.choice(labels, size=int(lengths.sum()), p=draw.dirichlet(np.full(labels, 2.0)))
    return codes, lengths, draw.random(journeys) < 0.15  # noqa: PLR2004 - a share that converts


def plain_rules(paths: list[list[int]], value: list[float], labels: int) -> list[list[float]]:
    """First, last and linear touch, journey by journey."""
    first, last, linear = ([0.0] * labels for _ in range(3))
    for path, worth in zip(paths, value, strict=True):
        first[path[0]] += worth
        last[path[-1]] += worth
        for label in path:
            linear[label] += worth / len(path)
    return [first, last, linear]


def plain_markov(paths: list[list[int]], won: list[bool], labels: int) -> list[float]:
    """Count the moves journey by journey, and solve the chain again for every label that is removed."""
    start, lost = labels, labels + 1
    moves: collections.Counter[tuple[int, int]] = collections.Counter()
    for path, converts in zip(paths, won, strict=True):
        before = start
        for label in path:
            moves[before, label] += 1
            before = label
        moves[before, labels + 2 if converts else lost] += 1
    counts = np.zeros((labels + 1, labels + 3))
    for (before, after), count in moves.items():
        counts[before, after] = count
    chances: np.ndarray[Any, Any] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def rate(removed: int | None) -> float:
        keep = [state for state in range(labels + 1) if state != removed]
        inner = chances[np.ix_(keep, keep)]
        solved: list[float] = np.linalg.solve(np.eye(len(keep)) - inner, chances[keep, labels + 2]).tolist()
        return solved[-1]

    whole = rate(None)
    return [1 - rate(label) / whole for label in range(labels)]


PEER = """
import json, resource, sys, time
import numpy as np, pandas as pd
which, folder = sys.argv[1:]
paths = open(folder + "/paths.txt").read().split("\\n")
won = np.load(folder + "/won.npy")
frame = pd.DataFrame({"path": paths, "conversions": won.astype(int), "value": won * 10.0, "nulls": 1 - won.astype(int)})
del paths
took = {}
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e3
def clock(name, run):
    started = time.perf_counter(); answer = run(); took[name] = time.perf_counter() - started; return answer
effects = {}
if which == "ChannelAttribution":
    import ChannelAttribution as ca
    before = resident()
    clock("rules", lambda: ca.heuristic_models(frame, "path", "conversions", var_value="value"))
    found = clock("markov", lambda: ca.markov_model(frame, "path", "conversions", var_value="value", var_null="nulls", order=1, out_more=True, verbose=False, ncore=1))
    removal = found["removal_effects"]
    effects = dict(zip(removal.iloc[:, 0].astype(str), removal.iloc[:, 1].astype(float)))
else:
    import polars as pl
    from mam import MAM
    data = pl.DataFrame({"path": frame["path"].tolist(), "won": won.tolist(), "times": [1] * len(won)})
    before = resident()
    model = clock("reading", lambda: MAM(data, "grouped_journey", "path", "won", occurrences_colname="times", path_separator=">"))
    clock("rules", lambda: [model.run_first_click(), model.run_last_click(), model.run_linear()])
    clock("markov", lambda: model.run_markov())
memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
print("RESULT" + json.dumps({"took": took, "memory": memory, "effects": effects}))
"""


def ask_peer(python: str, which: str, folder: str) -> dict[str, Any] | None:
    """Run a package in a process of its own; None where it fails, with its last words."""
    done = subprocess.run([python, "-c", PEER, which, folder], capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if not lines:
        print(f"  {which}: no result ({(done.stderr.strip().splitlines() or ['no word'])[-1][:200]})")
        return None
    found: dict[str, Any] = json.loads(lines[0].removeprefix("RESULT"))
    return found


def compare_models(journeys: int, labels: int, rounds: int, peers: str | None) -> bool:
    """Time the models on the same journeys."""
    codes, lengths, won = make_paths(journeys, labels)
    names = [f"c{number:02}" for number in range(labels)]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    held = Journeys(
        labels=list(names),
        codes=codes,
        offsets=offsets,
        conversions=won.astype(np.float64),
        losses=(~won).astype(np.float64),
        value=won * 10.0,
        unit="money",
        anchor="path",
    )

    def rules() -> list[Any]:
        return [model(held, resamples=0).credit for model in (first_touch, last_touch, linear_touch)]

    def chain() -> Any:  # noqa: ANN401 - an array
        return markov(held, resamples=0).raw["removal_effect"]

    took_rules, credit = timed(rules, rounds)
    took_chain, effects = timed(chain, rounds)
    memory = max(extra_memory(rules), extra_memory(chain))
    print(
        f"{journeys:,} encoded journeys, {len(codes):,} touches, {labels} labels:\n"
        f"  abmmetrics: first, last and linear {took_rules:.3f} s, Markov {took_chain:.3f} s, {memory:,.0f} MB more"
    )
    part = journeys // 10
    plain = [path.tolist() for path in np.split(codes[: offsets[part]], offsets[1:part])]
    share = journeys / part
    head = head_of(held, part)
    slow_rules, plain_credit = timed(lambda: plain_rules(plain, (won[:part] * 10.0).tolist(), labels), 1)
    slow_chain, plain_effects = timed(lambda: plain_markov(plain, won[:part].tolist(), labels), 1)
    good = np.allclose(
        [model(head, resamples=0).credit for model in (first_touch, last_touch, linear_touch)], plain_credit
    )
    good &= np.allclose(markov(head, resamples=0).raw["removal_effect"], plain_effects, atol=1e-12)
    good &= bool(np.isclose(sum(map(np.sum, credit)), 3 * held.value.sum()))
    print(
        f"  plain loops over a tenth, times {share:g}: {slow_rules * share:.2f} s ({slow_rules * share / took_rules:.0f} times),"
        f" {slow_chain * share:.2f} s ({slow_chain * share / took_chain:.0f} times){'' if good else '; ANOTHER ANSWER'}"
    )
    texts = [
        ">".join(map(names.__getitem__, path)) for path in (row.tolist() for row in np.split(codes, offsets[1:-1]))
    ]
    took_text, _ = timed(lambda: markov(Journeys.from_paths(texts, conversions=won, losses=1 - won), resamples=0), 1)
    print(f"  abmmetrics from path strings to removal effects: {took_text:.2f} s")
    if peers is None:
        return bool(good)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "paths.txt").write_text("\n".join(texts), encoding="utf-8")
        np.save(Path(folder, "won.npy"), won)
        for which, bounds in (
            ("ChannelAttribution", {"rules": (took_rules, RULES_BOUND), "markov": (took_chain, MARKOV_BOUND)}),
            ("DP6 2.x", {"markov": (took_chain, MARKOV_DP6_BOUND)}),
        ):
            found = ask_peer(peers, which, folder)
            if found is None:
                continue
            for what, (mine, bound) in bounds.items():
                times = found["took"][what] / mine
                good &= times >= bound
                print(f"  {which}, {what}: {found['took'][what]:.2f} s, {times:.0f} times as long (bound {bound:g})")
            print(f"  {which}: {found['memory']:,.0f} MB more, of both: {found['took']}")
            times = found["took"]["markov"] / took_text
            good &= times >= STRINGS_BOUND
            print(f"  {which}, Markov from path strings: {times:.1f} times as long (bound {STRINGS_BOUND:g})")
            if which != "ChannelAttribution":
                good &= memory < found["memory"]
            else:
                apart = max(abs(found["effects"][name] - effect) for name, effect in zip(names, effects, strict=True))
                good &= apart < 0.05  # noqa: PLR2004 - they simulate
                print(f"  {which}: removal effects differ by at most {apart:.4f} (they simulate)")
    return bool(good)


def head_of(held: Journeys, part: int) -> Journeys:
    """Return the first journeys."""
    return Journeys(
        labels=held.labels,
        codes=held.codes[: held.offsets[part]],
        offsets=held.offsets[: part + 1],
        conversions=held.conversions[:part],
        losses=held.losses[:part],
        value=held.value[:part],
        unit=held.unit,
        anchor=held.anchor,
    )


def main() -> int:
    """Run both comparisons."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the data, 3 rounds")
    parser.add_argument("--peers", help="a Python that has ChannelAttribution and marketing_attribution_models")
    options = parser.parse_args()
    tenth, rounds = (10, 3) if options.quick else (1, 5)
    good = compare_journeys(1_000_000 // tenth, 100_000 // tenth, rounds)
    good &= compare_models(1_000_000 // tenth, 30, rounds, options.peers)
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
