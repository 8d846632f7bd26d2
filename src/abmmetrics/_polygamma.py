"""Derivatives of log Γ, and differences of log Γ that keep their digits, for likelihoods."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _special

Array: TypeAlias = NDArray[np.float64]

# From here on Stirling's series and its derivatives are right to the last digits.
_LARGE = 10.0
_STEPS = np.arange(10.0)
# Beyond this the series is 0, and the square of its argument would overflow.
_BOUNDLESS = 1e100


def digamma(x: Array) -> Array:
    """Return the derivative of log Γ at x > 0."""
    at, lifted = _lifted(x)
    w = 1 / at**2
    series = w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132 - w * 691 / 32760)))))
    below = (1 / (x[..., None] + _STEPS)).sum(axis=-1)
    return np.asarray(np.log(at) - 0.5 / at - series - np.where(lifted, below, 0.0))


def trigamma(x: Array) -> Array:
    """Return the second derivative of log Γ at x > 0."""
    at, lifted = _lifted(x)
    w = 1 / at**2
    series = w * (1 / 6 - w * (1 / 30 - w * (1 / 42 - w * (1 / 30 - w * (5 / 66 - w * 691 / 2730)))))
    below = ((x[..., None] + _STEPS) ** -2.0).sum(axis=-1)
    return np.asarray((1 + 0.5 / at + series) / at + np.where(lifted, below, 0.0))


def _lifted(x: Array) -> tuple[Array, NDArray[np.bool_]]:
    lifted = x < _LARGE
    return np.where(lifted, x + len(_STEPS), x), lifted


def log_gamma_rise(x: Array, rise: Array) -> Array:
    """Return log Γ(x + rise) - log Γ(x) for x > 0 and rise >= 0, without cancelling where x is large."""
    at, lifted = _lifted(x)
    # Stirling's formula, its difference taken term by term.
    large = (at + rise - 0.5) * np.log1p(rise / at) + rise * np.log(at) - rise
    from_end, to_end = np.minimum(at, _BOUNDLESS), np.minimum(at + rise, _BOUNDLESS)
    large = large + _special.stirling_remainder_of_large(to_end) - _special.stirling_remainder_of_large(from_end)
    # Γ(x + rise + 10) / Γ(x + 10) has ten factors too many above and below.
    surplus = np.log1p(np.asarray(rise)[..., None] / (x[..., None] + _STEPS)).sum(axis=-1)
    return np.asarray(large - np.where(lifted, surplus, 0.0))
