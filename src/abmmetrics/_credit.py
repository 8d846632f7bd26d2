"""Credit of labels from the weights of touches, and the intervals of it by resampling accounts."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks
from abmmetrics.attributions import Attribution, Given
from abmmetrics.touches import Journeys

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

# Tables of this many figures, and draws of as many accounts at once, stay within 128 MB.
_CELLS = 2**24  # mutation: equivalent, other sizes are only slower
_DRAWS = 2**20  # mutation: equivalent, the same


@attrs.frozen
class Sampling:
    """How intervals are drawn.

    Attributes:
        resamples: how often accounts are drawn anew; 0 for no intervals.
        seed: the same seed draws the same accounts.
        confidence: confidence level of the intervals.
    """

    resamples: int
    seed: int
    confidence: float


def sampling(resamples: Any, seed: Any, confidence: Any) -> Sampling:  # noqa: ANN401 - whatever the caller gave
    """Check how intervals are to be drawn."""
    return Sampling(
        _checks.as_whole("resamples", resamples, 0),
        _checks.as_whole("seed", seed, 0),
        _checks.in_interval("confidence", confidence, 0, 1),
    )


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class Weights:
    """How much of its journey's value each touch is given.

    Attributes:
        touch: which touches; ``slice(None)`` for all of them.
        journey: the journey of each.
        weight: its part; those of a journey add up to 1 in an additive model.
    """

    touch: Any
    journey: Integers
    weight: Floats


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class Credit:
    """What a model gives each label, before intervals.

    Attributes:
        value: credit of each label.
        conversions: the same of conversions.
        attributed: the part of each journey that is given to anything, 1 or 0 but for ties.
        raw: figures of the model's own.
    """

    value: Floats
    conversions: Floats
    attributed: Floats
    raw: Mapping[str, Floats] = attrs.field(factory=dict[str, Floats])


Replicates: TypeAlias = Callable[[Floats], Floats]
"""Gives the credit of each label for each of some samples; a sample says how often each account was drawn."""


def tally(places: Integers, amounts: Floats, size: int) -> Floats:
    """Add up the amounts of each place."""
    return np.bincount(places, amounts, minlength=size).astype(
        np.float64, copy=False
    )  # of nothing it counts in integers


def by_weights(journeys: Journeys, weights: Weights) -> Credit:
    """Add the weights of touches up to the credit of labels."""
    codes, size = journeys.codes[weights.touch], len(journeys.labels)
    value = tally(codes, journeys.value[weights.journey] * weights.weight, size)
    if journeys.unit == "count":
        conversions = value
    else:
        conversions = tally(codes, journeys.conversions[weights.journey] * weights.weight, size)
    given = np.zeros(len(journeys))
    given[weights.journey] = 1.0
    return Credit(value, conversions, given)


def weight_replicates(journeys: Journeys, weights: Weights) -> Replicates:
    """Return how credit by weights follows from how often accounts were drawn."""
    owner, accounts = owners(journeys)
    row = owner[weights.journey]
    codes = journeys.codes[weights.touch]
    amounts = journeys.value[weights.journey] * weights.weight
    size = len(journeys.labels)
    if accounts * size <= _CELLS:  # mutation: equivalent, both ways give the same
        table = tally(row * size + codes, amounts, accounts * size).reshape(accounts, size)
        return lambda drawn: drawn @ table
    # Too many accounts and labels for a table of all: the touches are gone through for each sample.
    return lambda drawn: np.array([tally(codes, amounts * one[row], size) for one in drawn])


def owners(journeys: Journeys) -> tuple[Integers, int]:
    """Number the accounts of journeys in their order; a journey without one is an account of its own."""
    if journeys.account is None:
        return np.arange(len(journeys)), len(journeys)
    rank = journeys.account.ranks()
    missing = journeys.account.missing()
    rank = np.where(missing, len(rank) + rank.max(initial=0) + np.arange(len(rank)), rank)
    found, number = np.unique(rank, return_inverse=True)
    return number, len(found)


def _count_accounts(journeys: Journeys) -> int:
    """Count the accounts as :func:`owners` numbers them."""
    if journeys.account is None:
        return len(journeys)
    codes = journeys.account.codes()
    return int(np.count_nonzero(np.bincount(codes[codes >= 0]))) + int((codes < 0).sum())


def draws(accounts: int, how: Sampling) -> Iterator[Floats]:
    """Draw as many accounts as there are, with replacement, again and again; yield how often each was drawn."""
    random = np.random.default_rng(how.seed)
    at_once = max(_DRAWS // accounts, 1)
    for start in range(0, how.resamples, at_once):
        samples = min(at_once, how.resamples - start)
        drawn = random.integers(accounts, size=(samples, accounts))
        drawn += accounts * np.arange(samples)[:, None]
        yield np.bincount(drawn.ravel(), minlength=samples * accounts).reshape(samples, accounts).astype(np.float64)


def _limits(
    journeys: Journeys, replicates: Replicates | None, how: Sampling
) -> tuple[dict[str, Floats], str, list[str]]:
    """Return the limits of credit and share, how they were drawn, and why there are none."""
    size = len(journeys.labels)
    nothing = {name: np.full(size, math.nan) for name in ("low", "high", "share_low", "share_high")}
    accounts = _count_accounts(journeys)
    counted = "accounts" if journeys.account is not None else "journeys"
    if how.resamples == 0:
        return nothing, "none", []
    if accounts < 2:  # noqa: PLR2004 - one account drawn again is the same account
        return nothing, "none", [f"no interval: fewer than 2 {counted}"]
    if replicates is None:
        return nothing, "none", ["no interval: the model is too large to be fitted again and again"]
    owner, _ = owners(journeys)
    worth = tally(owner, journeys.value, accounts)
    credit_drawn: list[Floats] = []
    totals: list[Floats] = []
    for drawn in draws(accounts, how):
        credit_drawn.append(replicates(drawn))
        totals.append(drawn @ worth)
    credit, total = np.concatenate(credit_drawn), np.concatenate(totals)
    tails = [(1 - how.confidence) / 2, (1 + how.confidence) / 2]
    low, high = np.quantile(credit, tails, axis=0)
    some = total > 0  # a sample without any conversion has no shares
    limits = {**nothing, "low": low, "high": high}
    if some.any():
        limits["share_low"], limits["share_high"] = np.quantile(credit[some] / total[some, None], tails, axis=0)
    return limits, f"bootstrap of {counted}, {how.resamples} samples, seed {how.seed}", []


def attribution(
    model: str,
    journeys: Journeys,
    credit: Credit,
    how: Sampling,
    replicates: Replicates | None,
    *,
    parameters: Mapping[str, Any] | None = None,
    additive: bool = True,
    base_rate: float | None = None,
    notes: tuple[str, ...] = (),
    weights: Weights | None = None,
) -> Attribution:
    """Make the result of a model; weights say what each touch was given, where the model says so."""
    limits, method, why = _limits(journeys, replicates, how)
    without = 1.0 - credit.attributed
    total, total_conversions = float(journeys.value.sum()), float(journeys.conversions.sum())
    undefined = () if total > 0 else ("undefined: the total is 0",)
    return Attribution(
        model=model,
        parameters=dict(parameters or {}),
        unit=journeys.unit,
        additive=additive,
        labels=list(journeys.labels),
        credit=credit.value,
        share=credit.value / total if total > 0 else np.full(len(journeys.labels), math.nan),
        conversions=credit.conversions,
        total=total,
        unattributed=float(journeys.value @ without),
        total_conversions=total_conversions,
        unattributed_conversions=float(journeys.conversions @ without),
        journeys=len(journeys),
        accounts=_count_accounts(journeys),
        base_rate=base_rate,
        raw=credit.raw,
        confidence=how.confidence,
        method=method,
        excluded=dict(journeys.excluded),
        notes=(*notes, *undefined, *why, *journeys.notes),
        given=None
        if weights is None
        else Given(journeys.account, journeys.value, journeys.codes[weights.touch], weights.journey, weights.weight),
        **limits,
    )
