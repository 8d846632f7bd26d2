"""What is left of the accounts once a value is known: enough to draw its interval at any confidence.

One small class for each way of drawing it, whose fields hold one figure for each group. An estimate keeps its spread, so that a change
between two estimates and its p-value come from the same intervals that were shown.
"""

import math
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _limits, _special

Floats = NDArray[np.float64]

_ROUNDING = 1e-9  # what a product of shares may lack of a level that it should reach
_FREEDOM_OF_ONE_TRIAL = 8.0  # how much must be known of accounts' differences to let each count as a trial more


def _critical(freedom: Floats, confidence: float) -> Floats:
    return _special.t_quantile(0.5 + confidence / 2, freedom)


def _normal(confidence: float) -> Floats:
    return _special.normal_quantile(0.5 + confidence / 2)


@attrs.frozen(eq=False)
class ShareSpread:
    """Wilson's score interval for a share of trials.

    The variance has two parts. That of independent trials is known once the share is, and
    takes the normal quantile; only what the accounts' differences add to it is estimated,
    and takes Student's t. (t on all of it covers 97 to 98 % at 10 accounts where trials are
    independent; this 96 to 97.5 %.) With nothing added it is Wilson's interval itself.

    Each limit has degrees of freedom of its own: how far the share may lie above what was seen
    rests on the accounts with successes, how far below on those with failures.
    """

    share: Floats
    trials: Floats
    effective: Floats
    freedom_low: Floats
    freedom_high: Floats

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits."""
        normal = _normal(confidence)
        low, high = _limits.wilson_limits(self.share, self.trials_at(confidence, self.freedom_low), normal)
        if not np.array_equal(self.freedom_low, self.freedom_high, equal_nan=True):
            _, high = _limits.wilson_limits(self.share, self.trials_at(confidence, self.freedom_high), normal)
        return low, high

    def trials_at(self, confidence: float, freedom: Floats) -> Floats:
        """Return the number of independent trials that would have a limit of this confidence."""
        with np.errstate(divide="ignore", invalid="ignore"):
            chance = 1 / self.trials
            added = np.maximum(1 / self.effective - chance, 0.0)
            widening = (_critical(freedom, confidence) / _normal(confidence)) ** 2
            return 1 / (chance + widening * added)


@attrs.frozen(eq=False)
class MoneyShareSpread:
    """Wilson's score interval for a share of money, whose parts are no trials: accounts keep all, some or nothing.

    Accounts that keep nearly the same share differ by less than trials would, and so make for more trials than there
    are accounts. That is believed as far as the differences are known: few accounts may show none of the losses that
    are to come. So trials are at most accounts · (1 + freedom / 8). Where all of 25 accounts keep about 85 % and 3 %
    of them leave, this covers 99 %, without a bound it is 58 %; a bound at the number of accounts itself would leave
    intervals of accounts alike in size a sixth too wide, however many there are.
    """

    share: Floats
    accounts: Floats
    effective: Floats
    freedom: Floats

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits."""
        normal = _normal(confidence)
        narrowing = (normal / _critical(self.freedom, confidence)) ** 2
        most = self.accounts * (1 + self.freedom / _FREEDOM_OF_ONE_TRIAL)
        return _limits.wilson_limits(self.share, np.minimum(most, self.effective * narrowing), normal)


@attrs.frozen(eq=False)
class ScoreSpread:
    """Tango's score interval, in points from -100 to 100; its variance has the two parts of :class:`ShareSpread`."""

    detractors: Floats
    passives: Floats
    promoters: Floats
    effective: Floats
    freedom: Floats

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits."""
        normal = _normal(confidence)
        with np.errstate(divide="ignore", invalid="ignore"):
            answers = self.detractors + self.passives + self.promoters
            added = np.maximum(answers / self.effective - 1, 0.0)
            scale = 1 / (1 + (_critical(self.freedom, confidence) / normal) ** 2 * added)
            low, high = _limits.tango_limits(
                self.detractors * scale, self.passives * scale, self.promoters * scale, normal
            )
        return 100 * low, 100 * high


@attrs.frozen(eq=False)
class TotalSpread:
    """Fay and Feuer's interval of a sum of account totals, each as likely as a Poisson event.

    Of the sum of squares, (Σ a)² / accounts is the variance of the number of events, known
    with their mean, and takes the normal quantile; the rest is that of differing amounts, and
    takes Student's t. (The normal quantile alone covers 89 % at 10 accounts whose totals have
    a heavy tail; this 91.5 %.) Equal totals leave Garwood's interval.
    """

    total: Floats
    squares: Floats
    largest: Floats
    accounts: Floats
    freedom: Floats

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits."""
        widening = (_critical(self.freedom, confidence) / _normal(confidence)) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            chance = np.where(self.accounts > 0, self.total**2 / self.accounts, 0.0)
        # Never below the sum of squares itself: for equal totals the two differ by their last digit.
        squares = self.squares + (widening - 1) * np.maximum(self.squares - chance, 0.0)
        return _limits.fay_feuer_limits(self.total, squares, self.largest, confidence)


@attrs.frozen(eq=False)
class ReturnSpread(TotalSpread):
    """The interval of what a cost brought, as a multiple of it, less the cost itself."""

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits."""
        low, high = super().limits(confidence)
        return low - 1, high - 1


@attrs.frozen(eq=False)
class CostSpread(TotalSpread):
    """The interval of a cost for each of the things that it brought, whose number is uncertain and the cost is not."""

    cost: Floats

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits; without limit where there may be none of the things."""
        low, high = super().limits(confidence)
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.cost / high, self.cost / low


@attrs.frozen(eq=False)
class StudentSpread:
    """Student's t around a value, on the logarithmic scale where that is positive throughout.

    Attributes:
        value: the value.
        error: its standard error, on the scale used.
        freedom: degrees of freedom of that.
        logarithmic: True where the scale is logarithmic.
        least: the smallest value that there can be.
    """

    value: Floats
    error: Floats
    freedom: Floats
    logarithmic: NDArray[np.bool_]
    least: Floats

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits."""
        half = _critical(self.freedom, confidence) * self.error
        # An extreme half-width on the logarithmic scale is an infinite limit, not an error.
        with np.errstate(over="ignore"):
            factor = np.exp(np.where(self.logarithmic, half, 0.0))
        low = np.where(self.logarithmic, self.value / factor, np.maximum(self.value - half, self.least))
        high = np.where(self.logarithmic, self.value * factor, self.value + half)
        return low, high


@attrs.frozen(eq=False)
class QuantileSpread:
    """Where a curve of rising shares crosses Wilson's limits for the share that a quantile is of (Woodruff's interval).

    Attributes:
        share: the share that the quantile is of, 0.5 for the median.
        trials: as in :class:`ShareSpread`, of the share at the quantile.
        effective: likewise.
        freedom_low: likewise.
        freedom_high: likewise.
        curve: for each group the times and the shares reached at them.
    """

    share: Floats
    trials: Floats
    effective: Floats
    freedom_low: Floats
    freedom_high: Floats
    curve: NDArray[np.object_]

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits; infinite where the curve does not come so far."""
        spread = ShareSpread(self.share, self.trials, self.effective, self.freedom_low, self.freedom_high)
        low, high = (
            np.array([_crossing(curve[0], curve[1], level) for curve, level in zip(self.curve, levels, strict=True)])
            for levels in spread.limits(confidence)
        )
        return low, high


def _crossing(times: Floats, shares: Floats, level: float) -> float:
    """Return the first time at which a rising curve reaches a level."""
    place = int(np.searchsorted(shares, level - _ROUNDING))
    return math.nan if math.isnan(level) else float(times[place]) if place < len(times) else math.inf


Spread: TypeAlias = (
    ShareSpread
    | MoneyShareSpread
    | ScoreSpread
    | TotalSpread
    | ReturnSpread
    | CostSpread
    | StudentSpread
    | QuantileSpread
)


def take(spread: Spread, rows: NDArray[np.int64]) -> Spread:
    """Return the spread of some groups."""
    return attrs.evolve(
        spread, **{field.name: getattr(spread, field.name)[rows] for field in attrs.fields(type(spread))}
    )


def at_freedom(spread: Spread, freedom: Floats) -> Spread:
    """Return the spread with other degrees of freedom, where those are not NaN."""
    named = [field.name for field in attrs.fields(type(spread)) if field.name.startswith("freedom")]
    known: dict[str, Any] = {name: np.where(np.isnan(freedom), getattr(spread, name), freedom) for name in named}
    return attrs.evolve(spread, **known)
