"""Newton's method for many small maximisation problems at once.

One row is one problem: a fit has one row, a bootstrap has one for each resample. Everything is computed for all rows
that are still moving, so that a thousand fits cost little more than one.
"""

from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.int64]
Objective: TypeAlias = Callable[[Array, Rows], tuple[Array, Array, Array]]
"""Value, gradient and Hessian at the points given, for the problems whose rows are given."""

_MOST_STEPS = 200
# No parameter (a logarithm) moves by more than this in one step: far from the top the parabola is no guide.
_LONGEST = 2.0
# The step still to go would raise a log-likelihood by less than this: it is taken, and is the last.
_NEAR = 1e-9
# Values are sums of many terms: a fall by less than this, relatively, is rounding.
_ROUNDING = 1e-12
_FIRST_DAMPING, _LEAST_DAMPING = 1e-2, 1e-6


@attrs.frozen(eq=False)
class Top:
    """Where each problem has its maximum.

    Attributes:
        at: the point, one row for each problem.
        value: the value there.
        covariance: the inverse of the negative Hessian there; NaN where the top is not curved in every direction.
    """

    at: Array
    value: Array
    covariance: Array


def maximise(objective: Objective, start: Array) -> Top:
    """Climb from each start to the top of its problem.

    Newton's step is damped (Levenberg, Marquardt) where the surface is not concave, and where it does not climb.
    """
    at = np.array(start, dtype=np.float64)
    pending = np.arange(len(at))
    value, gradient, hessian = objective(at, pending)
    damping = np.zeros(len(at))
    for _ in range(_MOST_STEPS):  # pragma: no branch - a dozen suffice, and a ridge flattens out
        step, concave = _step(-hessian[pending], gradient[pending], damping[pending])
        near = concave & ((step * gradient[pending]).sum(axis=1) < _NEAR)
        trial = at[pending] + step
        found = objective(trial, pending)
        slack = _ROUNDING * np.abs(value[pending])
        climbed = concave & (found[0] >= value[pending] - slack)
        moved = pending[climbed]
        at[moved], value[moved] = trial[climbed], found[0][climbed]
        gradient[moved], hessian[moved] = found[1][climbed], found[2][climbed]
        eased = np.where(damping[pending] > _LEAST_DAMPING, damping[pending] / 10, 0.0)
        damping[pending] = np.where(climbed, eased, np.maximum(10 * damping[pending], _FIRST_DAMPING))
        pending = pending[~near]
        if not len(pending):
            break
    return Top(at, value, _inverse(-hessian))


def _step(curvature: Array, gradient: Array, damping: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Solve (curvature + damping) step = gradient; whether that matrix was positive definite, else no step."""
    size = gradient.shape[1]
    diagonal = np.maximum(np.abs(np.einsum("bii->bi", curvature)), _LEAST_DAMPING)
    damped = curvature + (damping[:, None] * diagonal)[:, :, None] * np.eye(size)
    solution, definite = _solve(damped, gradient[:, :, None])
    step = np.where(definite[:, None], solution[:, :, 0], 0.0)
    longest = np.abs(step).max(axis=1, keepdims=True)
    return step * (_LONGEST / np.maximum(longest, _LONGEST)), definite


def _inverse(curvature: Array) -> Array:
    """Invert where the matrix is positive definite."""
    units = np.broadcast_to(np.eye(curvature.shape[1]), curvature.shape)
    inverse, definite = _solve(curvature, units)
    return np.where(definite[:, None, None], inverse, np.nan)


def _solve(matrix: Array, right: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Gauss-Jordan elimination of all matrices at once; whether each is positive definite, which its pivots tell."""
    size = matrix.shape[1]
    rows = np.concatenate([matrix, right], axis=2)
    definite = np.ones(len(rows), dtype=bool)
    with np.errstate(all="ignore"):  # what a singular matrix leaves is told by the second result
        for pivot in range(size):
            definite &= rows[:, pivot, pivot] > 0
            rows[:, pivot] /= rows[:, pivot, pivot, None]
            for other in range(size):
                if other != pivot:
                    rows[:, other] -= rows[:, other, pivot, None] * rows[:, pivot]
    solution = rows[:, :, size:]
    return solution, definite & np.isfinite(solution).all(axis=(1, 2))
