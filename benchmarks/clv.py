"""What customer lifetime value costs: beside the package lifetimes, beside one count, beside single fits.

    python benchmarks/clv.py --lifetimes PYTHON   # PYTHON: an interpreter that has the package lifetimes
    python benchmarks/clv.py                      # lifetimes' likelihood, minimised as it does it, in scipy
    python benchmarks/clv.py --quick              # a twentieth of the rows: does it run, is it far off

1. BG/NBD fitted to one million simulated customers, each contender in fresh processes that take turns: its time for the
   fit, its peak memory (of the process, and beyond what it held before the fit). lifetimes is deprecated and not among
   our requirements: `python -m venv VENV && VENV/bin/pip install lifetimes`.
2. The shifted beta-geometric counted, fitted and valued on 10 million accounts, beside one `numpy.bincount` over the
   same column.
3. 1,000 bootstrap fits in one call beside single fits.

Prints the ratios and exits 1 where one passes its bound or where the fits disagree. Memory is read as Linux tells it.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import abmmetrics as abm

TIMES_AS_FAST, SHARE_OF_MEMORY = 15, 0.2
COUNTS, SINGLE_FITS = 10.0, 20.0
TRUE = (0.25, 4.4, 0.8, 2.4)

# The highest resident memory in MB since the program began; getrusage would count what the parent held as well.
PEAK = """
def peak():
    status = open("/proc/self/status").read()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
"""

OURS = (
    PEAK
    + """
import json, sys, time
import numpy as np
import abmmetrics as abm
data = np.load(sys.argv[1])
history = abm.PurchaseHistory(
    account=np.arange(len(data["frequency"])), frequency=data["frequency"], recency=data["recency"], age=data["age"]
)
del data
before, started = peak(), time.perf_counter()
model = abm.fit_beta_geometric_nbd(history)
took = time.perf_counter() - started
print(json.dumps([took, peak(), peak() - before, model.r, model.alpha, model.a, model.b]))
"""
)

LIFETIMES = (
    PEAK
    + """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
from lifetimes import BetaGeoFitter
data = np.load(sys.argv[1])
frequency, recency, age = data["frequency"], data["recency"], data["age"]
before, started = peak(), time.perf_counter()
model = BetaGeoFitter()
model.fit(frequency, recency, age)
took = time.perf_counter() - started
print(json.dumps([took, peak(), peak() - before, *(float(model.params_[name]) for name in ("r", "alpha", "a", "b"))]))
"""
)

SCIPY = (
    PEAK
    + """
import json, sys, time
import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln
data = np.load(sys.argv[1])
x, t, age = data["frequency"], data["recency"], data["age"]
def negative(logs):
    r, alpha, a, b = np.exp(logs)
    first = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    alive = -(r + x) * np.log(alpha + age)
    gone = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t)
    return -(first + np.where(x > 0, np.logaddexp(alive, gone), alive)).mean()
before, started = peak(), time.perf_counter()
found = minimize(negative, np.full(4, 0.1), method="L-BFGS-B", tol=1e-7)
took = time.perf_counter() - started
print(json.dumps([took, peak(), peak() - before, *np.exp(found.x).tolist()]))
"""
)


def simulate(customers: int, folder: Path) -> Path:
    """Draw customers of BG/NBD who were observed for 27 to 39 weeks, their times in days as an export has them."""
    draw = np.random.default_rng(20_260_322)
    r, alpha, a, b = TRUE
    age = draw.integers(189, 273, customers).astype(np.float64)
    rate = draw.gamma(r, 1 / alpha, customers) / 7
    leave = draw.beta(a, b, customers)
    frequency, recency = np.zeros(customers, dtype=np.int64), np.zeros(customers)
    there = np.arange(customers)
    now = np.zeros(customers)
    while len(there):
        now = now + np.maximum(np.ceil(draw.exponential(1 / rate[there])), 1)
        bought = now <= age[there]
        there, now = there[bought], now[bought]
        frequency[there] += 1
        recency[there] = now
        stays = draw.random(len(there)) > leave[there]
        there, now = there[stays], now[stays]
    path = folder / "customers.npz"
    np.savez(path, frequency=frequency, recency=recency / 7, age=age / 7)
    return path


def run(python: str, code: str, path: Path) -> list[float]:
    """Fit in a fresh process."""
    done = subprocess.run([python, "-c", code, str(path)], capture_output=True, text=True, check=True)
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def purchases(customers: int, lifetimes: str | None, rounds: int) -> bool:
    """Compare the fits of BG/NBD."""
    theirs, code = ("lifetimes", LIFETIMES) if lifetimes else ("scipy", SCIPY)
    with tempfile.TemporaryDirectory() as folder:
        path = simulate(customers, Path(folder))
        mine: list[list[float]] = []
        others: list[list[float]] = []
        for _ in range(rounds):
            mine.append(run(sys.executable, OURS, path))
            others.append(run(lifetimes or sys.executable, code, path))
    print(f"BG/NBD, {customers:,} customers, median of {rounds} fresh processes in turn")
    seconds, whole, more = ([statistics.median(row[k] for row in rows) for rows in (mine, others)] for k in range(3))
    for k, name in enumerate(("abmmetrics", theirs)):
        print(f"  {name:<10} {seconds[k]:7.2f} s, peak {whole[k]:5.0f} MB, of it for the fit {more[k]:5.0f} MB")
    shapes = [[statistics.median(row[k] for row in rows) for k in range(3, 7)] for rows in (mine, others)]
    print(f"  r, alpha, a, b: {np.round(shapes[0], 4).tolist()}; {theirs}: {np.round(shapes[1], 4).tolist()}")
    fast, memory = seconds[1] / seconds[0], whole[0] / whole[1]
    print(f"  {fast:.1f} times as fast (bound {TIMES_AS_FAST}), {memory:.2f} of its memory (bound {SHARE_OF_MEMORY})")
    # A minimiser that compares values stops where they are flat; ours goes on to where the slope is 0.
    agree = bool(np.allclose(shapes[0], shapes[1], rtol=0.01))
    return agree and fast >= TIMES_AS_FAST and memory <= SHARE_OF_MEMORY


def in_turn(contenders: list[Callable[[], object]], rounds: int) -> list[float]:
    """Time contenders in turn."""
    took: list[list[float]] = [[] for _ in contenders]
    for _ in range(rounds):
        for place, contender in enumerate(contenders):
            started = time.perf_counter()
            contender()
            took[place].append(time.perf_counter() - started)
    return [statistics.median(times) for times in took]


def contracts(accounts: int, rounds: int) -> bool:
    """Count, fit and value accounts under contract."""
    draw = np.random.default_rng(20_260_323)
    leaves = draw.geometric(draw.beta(0.668, 3.806, accounts))
    watched = draw.integers(1, 13, accounts)
    renewals, churned = np.minimum(leaves - 1, watched), leaves <= watched

    def value() -> float:
        survivors = abm.count_survivors(renewals, churned)
        model = abm.fit_shifted_beta_geometric(survivors)
        active = survivors.active
        return float(
            abm.customer_base_value(model, renewals=np.arange(len(active)), accounts=active, margin=100, discount=0.1)
        )

    mine, count = in_turn([value, lambda: np.bincount(renewals)], rounds)
    print(f"shifted beta-geometric, {accounts:,} accounts, median of {rounds} rounds in turn")
    print(
        f"  counted, fitted and valued in {mine:.3f} s, one bincount {count:.3f} s: {mine / count:.1f} (bound {COUNTS:g})"
    )
    return mine / count <= COUNTS


def resamples(rounds: int) -> bool:
    """Fit 1,000 resamples at once."""
    survivors = abm.Survivors.from_cohorts([1000, 869, 743, 653, 593, 551, 517, 491])
    many, single = in_turn(
        [
            lambda: abm.bootstrap_shifted_beta_geometric(survivors, resamples=1000, seed=1),
            lambda: abm.fit_shifted_beta_geometric(survivors),
        ],
        rounds,
    )
    print(
        f"1,000 bootstrap fits {1000 * many:.1f} ms, one fit {1000 * single:.2f} ms, median of {rounds} rounds in turn"
    )
    print(f"  as long as {many / single:.1f} single fits (bound {SINGLE_FITS:g})")
    return many / single <= SINGLE_FITS


def main() -> int:
    """Run all three."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lifetimes", help="an interpreter that has the package lifetimes")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the rows")
    options = parser.parse_args()
    lifetimes: str | None = options.lifetimes
    share = 20 if options.quick else 1
    good = purchases(1_000_000 // share, lifetimes, 1 if options.quick else 3)
    good &= contracts(10_000_000 // share, 5)
    good &= resamples(31)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
