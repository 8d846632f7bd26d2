"""What every family of the synthetic world needs to know of the accounts."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Truth: TypeAlias = dict[str, dict[str, float]]

YEARS = ("2024", "2025")
AS_OF = np.datetime64("2025-12-31")
TIERS = ("Tier 1", "Tier 2", "Tier 3")
DEALS_A_YEAR = (1.6, 1.1, 0.7)  # of an account, by tier
ACCOUNTS_ALIKE = 14.0  # the larger, the less accounts of a tier differ in their rates


@attrs.frozen(eq=False)
class World:
    """What every family needs to know of the accounts.

    Attributes:
        accounts: their names.
        tier: the position of each account's tier.
        size: how large each account is, about 1.
        segments: tier and industry of each account, by segment name.
    """

    accounts: NDArray[Any]
    tier: NDArray[np.int64]
    size: Floats
    segments: Mapping[str, NDArray[Any]]

    def by_tier(self, figures: tuple[float, ...]) -> Floats:
        """Return each account's figure of its tier."""
        return np.array(figures)[self.tier]

    def rows(self, account: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Return the segments of rows, by the position of each row's account."""
        return {name: labels[account] for name, labels in self.segments.items()}

    def truth(self, weights: tuple[float, ...], rates: tuple[float, ...]) -> dict[str, float]:
        """Return a rate of each tier and of all, where tiers weigh by their denominators."""
        weight = np.bincount(self.tier, minlength=len(TIERS)) * np.array(weights)
        return {"all": float(np.average(rates, weights=weight)), **dict(zip(TIERS, rates, strict=True))}


Family: TypeAlias = Callable[[Generator, World, dict[str, Any]], Truth]


def alike(random: Generator, mean: Floats) -> Floats:
    """Draw a rate for each account about the mean of its kind."""
    return random.beta(mean * ACCOUNTS_ALIKE, (1 - mean) * ACCOUNTS_ALIKE)
