"""What `content_verdicts` is worth: do its intervals hold the truth, and does it mistake keep for drop?

    python benchmarks/content.py           # some minutes
    python benchmarks/content.py --quick   # a tenth of the runs

**Coverage**: assets have rates from Beta(8, 32); each is seen by some of the accounts, mostly by few and often by some;
accounts differ in what they like (the correlation of two exposures of one account to one asset is given). Counted is
how many of the 95 % intervals hold the asset's rate. A line fails below 93 % by more than
2 standard errors of the simulation (3 below 100 runs).

**Swaps**: each exposure is another account's, 40 on average and lognormal with a spread of 1; content is worth keeping
from 25 % and to be dropped up to 15 %. Counted is how many assets worth keeping are called drop, and the reverse: by
verdicts (80 % sure), by the leading label of each asset, and by raw rates held against the thresholds. A line fails
where verdicts swap 1 % or more; raw rates swap 3 to 4 %.

**Time**: 1,000 assets seen by 200 accounts, at most a minute.
"""

import argparse
import math
import sys
import time

import numpy as np
from numpy.typing import NDArray

from abmmetrics.content import ContentVerdicts, ContentViews, content_verdicts

KEEP_AT, DROP_AT = 0.25, 0.15
ALPHA, BETA = 8.0, 32.0
LEAST_COVERAGE, MOST_SWAPS, MOST_SECONDS = 0.93, 0.01, 60.0
# Of the simulation, where it has few runs; dozens of lines would break the bound by chance.
STANDARD_ERRORS, STANDARD_ERRORS_OF_FEW, FEW_RUNS = 2.0, 3.0, 100
COVERAGE_RUNS, SWAP_RUNS = 300, 600
EXPOSURES = 4.0  # of an account to an asset

Floats = NDArray[np.float64]


def judge(exposed: NDArray[np.int64], engaged: NDArray[np.int64]) -> ContentVerdicts:
    """Judge assets (rows) that accounts (columns) saw."""
    asset, account = (place.ravel() for place in np.indices(exposed.shape))
    views = ContentViews(account=account, asset=asset, exposed=exposed.ravel(), engaged=engaged.ravel())
    return content_verdicts(views, keep_at=KEEP_AT, drop_at=DROP_AT)


def clustered(
    draw: np.random.Generator, truth: Floats, accounts: int, correlation: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Show assets to accounts that differ from each other."""
    shape = (len(truth), accounts)
    seen = draw.random(shape) < draw.uniform(0.4, 1, (len(truth), 1))
    exposed = (1 + draw.poisson(EXPOSURES * draw.gamma(1, 1, shape))) * seen
    rates = np.repeat(truth[:, None], accounts, axis=1)
    if correlation:
        rates = draw.beta(rates * (1 / correlation - 1), (1 - rates) * (1 / correlation - 1))
    return exposed, draw.binomial(exposed, rates)


def coverage(draw: np.random.Generator, assets: int, accounts: int, correlation: float, runs: int) -> bool:
    """Count the intervals that hold the truth."""
    held = np.empty(runs)
    for run in range(runs):
        truth = draw.beta(ALPHA, BETA, assets)
        rates = judge(*clustered(draw, truth, accounts, correlation)).engagement
        held[run] = np.mean((rates.low <= truth) & (truth <= rates.high))
    error = float(held.std(ddof=1) / np.sqrt(runs))
    allowed = STANDARD_ERRORS_OF_FEW if runs < FEW_RUNS else STANDARD_ERRORS
    good = float(held.mean()) >= LEAST_COVERAGE - allowed * error
    told = f"{assets:>4} assets, {accounts:>3} accounts, correlation {correlation:<4}"
    print(f"  {told}  {100 * held.mean():5.1f} % (± {100 * error:.1f})  {'' if good else 'FAILS'}")
    return good


def swaps(draw: np.random.Generator, assets: int, runs: int) -> bool:
    """Count how often keep and drop are mistaken for each other."""
    counts = np.zeros(4)
    for _ in range(runs):
        truth = draw.beta(ALPHA, BETA, assets)
        exposures = np.asarray(1 + draw.lognormal(math.log(40) - 0.5, 1, assets), dtype=np.int64)
        # Every exposure is another account's.
        exposed = np.less(np.arange(int(exposures.max())), exposures[:, None]).astype(np.int64)
        engaged = draw.binomial(exposed, truth[:, None])
        found = judge(exposed, engaged)
        raw = engaged.sum(axis=1) / exposures
        by_raw = np.select([raw >= KEEP_AT, raw <= DROP_AT], ["keep", "drop"], "reformat")
        right = np.select([truth >= KEEP_AT, truth <= DROP_AT], ["keep", "drop"], "reformat")
        for place, labels in enumerate((np.array(found.verdict), np.array(found.lean), by_raw)):
            called = (labels == "keep") & (right == "drop") | (labels == "drop") & (right == "keep")
            counts[place] += called.mean() / runs
        counts[3] += sum(verdict != "undecided" for verdict in found.verdict) / assets / runs
    verdicts, lean, raw_rates, decided = (f"{100 * count:.2f} %" for count in counts)
    good = bool(counts[0] < MOST_SWAPS)
    told = (
        f"{assets:>4} assets: verdicts swap {verdicts} (and decide {decided}), leading labels {lean}, raw {raw_rates}"
    )
    print(f"  {told}  {'' if good else 'FAILS'}")
    return good


def many(draw: np.random.Generator) -> bool:
    """Time a thousand assets."""
    exposed, engaged = clustered(draw, draw.beta(ALPHA, BETA, 1000), 200, 0.1)
    started = time.perf_counter()
    judge(exposed, engaged)
    took = time.perf_counter() - started
    good = took <= MOST_SECONDS
    print(f"  1,000 assets, 200 accounts: {took:.1f} s  {'' if good else 'FAILS'}")
    return good


def main() -> int:
    """Run all three."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    share = 10 if options.quick else 1
    draw = np.random.default_rng(options.seed)
    print("coverage of 95 % intervals")
    good = True
    for assets in (5, 12, 50):
        for accounts in (10, 25, 100):
            for correlation in (0.0, 0.05, 0.3):
                runs = max(COVERAGE_RUNS * 5 // assets // share, 10)
                good &= coverage(draw, assets, accounts, correlation, runs)
    print("keep and drop swapped")
    for assets in (5, 10, 30):
        good &= swaps(draw, assets, max(SWAP_RUNS * 5 // assets // share, 5))
    print("time")
    good &= many(draw)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
