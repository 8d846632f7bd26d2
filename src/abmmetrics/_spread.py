"""What is left of the accounts once a value is known: enough to draw its interval at any confidence.

One small class for each way of drawing it. An estimate keeps its spread, so that a change
between two estimates and its p-value come from the same intervals that were shown.
"""

from typing import Protocol, Self, TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _special, intervals

Floats = NDArray[np.float64]


AnySpread = TypeVar("AnySpread", bound=attrs.AttrsInstance)


class Spread(Protocol):
    """Draws the intervals of the groups of an estimate."""

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits; NaN where there is no interval."""
        ...

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the spread of some groups."""
        ...


def _critical(freedom: Floats, confidence: float) -> Floats:
    return np.asarray(_special.t_quantile(0.5 + confidence / 2, freedom), dtype=np.float64)


@attrs.frozen(eq=False)
class ShareSpread:
    """Wilson's score interval on an effective number of trials."""

    share: Floats
    effective: Floats
    freedom: Floats

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits."""
        return intervals.wilson_limits(self.share, self.effective, _critical(self.freedom, confidence))

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the spread of some groups."""
        return _take(self, rows)


@attrs.frozen(eq=False)
class ScoreSpread:
    """Tango's score interval on effective counts, in points from -100 to 100."""

    detractors: Floats
    passives: Floats
    promoters: Floats
    freedom: Floats

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits."""
        critical = _critical(self.freedom, confidence)
        low, high = intervals.tango_limits(self.detractors, self.passives, self.promoters, critical)
        return 100 * low, 100 * high

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the spread of some groups."""
        return _take(self, rows)


@attrs.frozen(eq=False)
class TotalSpread:
    """Fay and Feuer's interval of a sum of account totals, each as likely as a Poisson event."""

    total: Floats
    squares: Floats
    largest: Floats

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits."""
        return intervals.fay_feuer_limits(self.total, self.squares, self.largest, confidence)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the spread of some groups."""
        return _take(self, rows)


@attrs.frozen(eq=False)
class StudentSpread:
    """Student's t around a value, on the logarithmic scale where that is positive throughout."""

    value: Floats
    error: Floats
    freedom: Floats
    logarithmic: NDArray[np.bool_]

    def limits(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the lower and upper limits."""
        half = _critical(self.freedom, confidence) * self.error
        # An extreme half-width on the logarithmic scale is an infinite limit, not an error.
        with np.errstate(over="ignore"):
            factor = np.exp(np.where(self.logarithmic, half, 0.0))
        low = np.where(self.logarithmic, self.value / factor, self.value - half)
        high = np.where(self.logarithmic, self.value * factor, self.value + half)
        return low, high

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the spread of some groups."""
        return _take(self, rows)


def _take(spread: AnySpread, rows: NDArray[np.int64]) -> AnySpread:
    names = [field.name for field in attrs.fields(type(spread))]
    return attrs.evolve(spread, **{name: getattr(spread, name)[rows] for name in names})
