"""Attribution by models that are fitted to journeys: a Markov chain's removal effects, and Shapley values.

They describe which labels journeys pass through. What would have happened without a campaign only a control
group can tell.
"""

from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _credit, _markov, _rules, _shapley
from abmmetrics._credit import Credit, Replicates, Weights
from abmmetrics.attributions import Attribution
from abmmetrics.results import format_value
from abmmetrics.touches import Journeys

__all__ = ["markov", "shapley"]

Floats: TypeAlias = NDArray[np.float64]

# Four matrices of floats, each of states × states, are held at once: 0.8 GB.
_MOST_STATES = 5_000
_MATRICES = 4
# A larger model is not fitted again for every sample: it would take minutes.
_STATES_RESAMPLED = 300
_MOST_PLAYERS = 20
_PLAYERS_RESAMPLED = 12


def markov(
    journeys: Journeys, *, order: int = 1, resamples: int = 400, seed: int = 0, confidence: float = 0.95
) -> Attribution:
    """Split credit in proportion to the conversions that a chain of labels loses when a label is removed.

    removal effect of a label = 1 − P(conversion without it) / P(conversion); credit = attributed total × effect / Σ effects.

    A journey moves from label to label as journeys on average do from the last ``order`` labels. Whoever comes
    to a removed label is lost. All effects come from one matrix inverse, exactly: there is no simulation.
    Money is split by the effects on the value of conversions, counts by those on their number.

    What it is: the removal effect equals the share of conversions whose journeys pass the label, under the chain. The
    chain's conversion rate is the observed one, with any order; as the order grows, the effects become the plain share
    of conversions that a label touched (:func:`influenced_pipeline`). It is not causal. Without journeys that did
    not convert it still works, and says less.

    Leaves out: time, but for the order of touches (those at the same moment stand in the order of their labels).
    Other packages compute other things under this name: some re-normalise inside each journey, some simulate.

    Args:
        journeys: the journeys, with those that did not convert.
        order: how many labels a journey remembers, >= 1. With order 1 repeated touches of a label do not matter.
        resamples: how often accounts are drawn anew for the intervals; 0 for none. Chains of more than 300 states
            have none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit, with the ``removal_effect`` of each; effects are NaN, and all
        credit is 0, where nothing converts.

    Raises:
        MetricInputError: if ``order`` is no whole number >= 1, or its states need more than 0.8 GB.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(
        ...     ["C1 > C2 > C3", "C1", "C2 > C3"], conversions=[1, 0, 0], losses=[0, 1, 1]
        ... )
        >>> credit = abm.markov(journeys)
        >>> credit.raw["removal_effect"].round(3).tolist(), credit.share.round(3).tolist()
        ([0.5, 1.0, 1.0], [0.2, 0.4, 0.4])

    References:
        Anderl, Becker, von Wangenheim and Schumann (2016), International Journal of Research in Marketing 33,
        457–474.
    """
    order = _checks.as_whole("order", order, 1)
    how = _credit.sampling(resamples, seed, confidence)
    states = _markov.find_states(journeys, order)
    size = len(states.label)
    if size > _MOST_STATES:
        most = _gigabytes(_MOST_STATES)
        came = f"order={order}, which needs {size:,} states ({_gigabytes(size)})"
        raise _checks.refuse("order", f"need at most {_MOST_STATES:,} states ({most})", _checks.phrase(came))
    effects = _markov.removal_effects(_markov.count_moves(journeys, states), states, len(journeys.labels))
    attributed = (journeys.lengths > 0).astype(np.float64)
    money = journeys.unit == "money"
    credit = Credit(
        value=_proportional(effects.removal_of_value, float(journeys.value @ attributed)),
        conversions=_proportional(effects.removal, float(journeys.conversions @ attributed)),
        attributed=attributed,
        raw={
            "removal_effect": effects.removal,
            **({"removal_effect_of_value": effects.removal_of_value} if money else {}),
        },
    )
    replicates = None
    if how.resamples and size <= _STATES_RESAMPLED:
        replicates = _chain_replicates(journeys, states)
    return _credit.attribution(
        "markov",
        journeys,
        credit,
        how,
        replicates,
        parameters={"order": order},
        notes=(
            f"conversion rate of the chain, as observed: {format_value(effects.rate, 'share')}",
            "removal effects tell which labels conversions pass through, not what caused them",
        ),
    )


def _gigabytes(states: int) -> str:
    return f"{_MATRICES * 8 * states**2 / 1e9:,.1f} GB"


def _proportional(effects: Floats, whole: float) -> Floats:
    """Split a whole in proportion to effects; nothing where there are none."""
    sum_of_effects = effects.sum()
    return whole * effects / sum_of_effects if sum_of_effects > 0 else np.zeros(len(effects))


def _chain_replicates(journeys: Journeys, states: _markov.States) -> Replicates:
    resampled = _markov.resampled_effects(journeys, states)
    owner, accounts = _credit.owners(journeys)
    attributed = journeys.lengths > 0
    worth = _credit.tally(owner[attributed], journeys.value[attributed], accounts)

    def credit(drawn: Floats) -> Floats:
        return np.array([_proportional(resampled(one).removal_of_value, float(one @ worth)) for one in drawn])

    return credit


def shapley(
    journeys: Journeys,
    *,
    game: Literal["conversions", "conversion_rate"] = "conversions",
    resamples: int = 400,
    seed: int = 0,
    confidence: float = 0.95,
) -> Attribution:
    """Split credit by Shapley values: what a label adds, on average over all orders in which labels may join.

    value of a label = Σ over sets S without it of |S|! (m − |S| − 1)! / m! × (v(S with it) − v(S)), of m labels.

    * ``game="conversions"``: v(S) is what the journeys that touch no label outside S brought. What it really is: every
      conversion is split evenly among the distinct labels of its journey, :func:`linear_touch` with each label once.
      That is exact, and takes no more time. Journeys that did not convert do not matter.
    * ``game="conversion_rate"``: v(S) is the conversion rate of the journeys that touch no label outside S, 0
      where there are none. The values add up to the overall rate, and credit is in proportion to them. It is noisy
      for labels with few journeys, can be negative, and takes a table of all 2^m sets: at most 20 labels.

    Leaves out: order, repetition and time. A set "without the label" is seen in other journeys, not in an
    experiment: it is not causal.

    Args:
        journeys: the journeys.
        game: what a set of labels reaches: ``"conversions"`` or ``"conversion_rate"``.
        resamples: how often accounts are drawn anew for the intervals; 0 for none. The game of rates has none
            with more than 12 labels.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit, with the ``shapley_value`` of each.

    Raises:
        MetricInputError: if ``game`` is not known, or there are more than 20 labels for the conversion rate.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(["Mail > Fair > Mail", "Fair"])
        >>> dict(abm.shapley(journeys).items())
        {'Fair': 1.5, 'Mail': 0.5}

    References:
        Shapley (1953), "A value for n-person games"; Zhao, Mahboobi and Bagheri (2018), arXiv:1804.05327.
    """
    _checks.as_option("game", game, ("conversions", "conversion_rate"))
    how = _credit.sampling(resamples, seed, confidence)
    told = {"game": game}
    if game == "conversions":
        touch, journey = _rules.once_each(journeys)
        weights = Weights(touch, journey, 1 / np.bincount(journey, minlength=len(journeys))[journey])
        credit = _credit.by_weights(journeys, weights)
        credit = attrs.evolve(credit, raw={"shapley_value": credit.value})
        replicates = _credit.weight_replicates(journeys, weights) if how.resamples else None
        return _credit.attribution("shapley", journeys, credit, how, replicates, parameters=told, weights=weights)
    return _rate_game(journeys, how, told)


def _rate_game(journeys: Journeys, how: _credit.Sampling, told: dict[str, Any]) -> Attribution:
    players = len(journeys.labels)
    if players > _MOST_PLAYERS:
        cost = f"{players} labels, which need a table of 2^{players} = {2**players:,} sets"
        raise _checks.refuse(
            "journeys", f"have at most {_MOST_PLAYERS} labels for game='conversion_rate'", _checks.phrase(cost)
        )
    attributed = journeys.lengths > 0
    sets = _shapley.label_sets(journeys)[attributed]
    weight = (journeys.conversions + journeys.losses)[attributed]

    def values(amounts: Floats, weights: Floats) -> Floats:
        counted, brought = (
            _shapley.within(_credit.tally(sets, held, 1 << players), players) for held in (weights, amounts)
        )
        return _shapley.shapley_values(
            np.divide(brought, counted, out=np.zeros_like(counted), where=counted > 0), players
        )

    conversions, worth = journeys.conversions[attributed], journeys.value[attributed]
    by_number, by_value = values(conversions, weight), values(worth, weight)
    credit = Credit(
        value=_proportional(by_value, float(worth.sum())),
        conversions=_proportional(by_number, float(conversions.sum())),
        attributed=attributed.astype(np.float64),
        raw={
            "shapley_value": by_number,
            **({"shapley_value_of_value": by_value} if journeys.unit == "money" else {}),
        },
    )
    owner, _ = _credit.owners(journeys)
    row = owner[attributed]

    def replicates(drawn: Floats) -> Floats:
        return np.array(
            [
                _proportional(values(worth * one[row], weight * one[row]), float((worth * one[row]).sum()))
                for one in drawn
            ]
        )

    negative = (
        ("some values are negative: these labels are in journeys that convert less",) if (by_number < 0).any() else ()
    )
    return _credit.attribution(
        "shapley",
        journeys,
        credit,
        how,
        replicates if players <= _PLAYERS_RESAMPLED else None,
        parameters=told,
        notes=negative,
    )
