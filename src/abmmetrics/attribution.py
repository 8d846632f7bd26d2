"""Attribution by rule: which touches of a journey are given credit for how it ended.

Rules describe; they do not tell what a campaign caused. Data-driven models are in :mod:`abmmetrics.data_driven`,
influenced and sourced pipeline in :mod:`abmmetrics.influence`.

Every rule gives the touches of a journey weights that add up to 1:
credit of a label = Σ over journeys of value × Σ weights of the label's touches.
What journeys without a touch are worth stays unattributed, so that Σ credit + unattributed = total.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from abmmetrics import _checks, _credit, _journeys, _reading, _rules
from abmmetrics._credit import Weights
from abmmetrics._labels import Label
from abmmetrics.attributions import Attribution
from abmmetrics.touches import Journeys

__all__ = [
    "first_touch",
    "full_path",
    "last_non_direct_touch",
    "last_touch",
    "linear_touch",
    "position_based",
    "time_decay",
    "u_shaped",
    "w_shaped",
]


def _rule(  # noqa: PLR0917 - what, of what, how
    model: str,
    journeys: Journeys,
    weights: Weights,
    resamples: int,
    seed: int,
    confidence: float,
    **parameters: Any,  # noqa: ANN401 - shown as they are
) -> Attribution:
    how = _credit.sampling(resamples, seed, confidence)
    return _credit.attribution(
        model,
        journeys,
        _credit.by_weights(journeys, weights),
        how,
        _credit.weight_replicates(journeys, weights) if how.resamples else None,
        parameters=parameters,
        weights=weights,
    )


def first_touch(journeys: Journeys, *, resamples: int = 400, seed: int = 0, confidence: float = 0.95) -> Attribution:
    """Give all credit to the first touch of each journey.

    weight of a touch = 1 if it is the journey's first, else 0; first touches at the same moment share it.

    Leaves out: everything after the first touch, and what came before the look-back window.

    Args:
        journeys: the journeys.
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit; shares are NaN where the total is 0.

    Raises:
        MetricInputError: if ``resamples``, ``seed`` or ``confidence`` is out of range.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(["Mail > Fair > Demo", "Fair"], value=[12_000, 8_000])
        >>> dict(abm.first_touch(journeys).items())
        {'Demo': 0.0, 'Fair': 8000.0, 'Mail': 12000.0}

    References:
        Adobe, "Marketo Measure: attribution models".
    """
    weights = _rules.end_of_journey(journeys, last=False)
    return _rule("first_touch", journeys, weights, resamples, seed, confidence)


def last_touch(journeys: Journeys, *, resamples: int = 400, seed: int = 0, confidence: float = 0.95) -> Attribution:
    """Give all credit to the last touch of each journey.

    weight of a touch = 1 if it is the journey's last, else 0; last touches at the same moment share it.

    Leaves out: everything before the last touch. What captures demand that others made looks best.

    Args:
        journeys: the journeys.
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit; shares are NaN where the total is 0.

    Raises:
        MetricInputError: if ``resamples``, ``seed`` or ``confidence`` is out of range.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(["Mail > Fair > Demo", "Fair"], value=[12_000, 8_000])
        >>> dict(abm.last_touch(journeys).items())
        {'Demo': 12000.0, 'Fair': 8000.0, 'Mail': 0.0}

    References:
        Google Ads help, "About attribution models".
    """
    weights = _rules.end_of_journey(journeys, last=True)
    return _rule("last_touch", journeys, weights, resamples, seed, confidence)


def last_non_direct_touch(
    journeys: Journeys,
    *,
    exclude: Label | Sequence[Label],
    resamples: int = 400,
    seed: int = 0,
    confidence: float = 0.95,
) -> Attribution:
    """Give all credit to the last touch of each journey that is not of certain labels.

    weight of a touch = 1 if it is the journey's last outside ``exclude``, or its last where all are inside.

    Leaves out: everything else. Which labels count as direct is yours to say; no name is magic.

    Args:
        journeys: the journeys.
        exclude: the label, or labels, that only count where a journey has no other.
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit; shares are NaN where the total is 0.

    Raises:
        MetricInputError: if a label is not among those of the journeys (the message lists them), or an option is
            out of range.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(["Mail > Fair > Direct", "Direct"], value=[12_000, 8_000])
        >>> dict(abm.last_non_direct_touch(journeys, exclude="Direct").items())
        {'Direct': 8000.0, 'Fair': 12000.0, 'Mail': 0.0}

    References:
        Google Analytics help, "Last non-direct click".
    """
    named = list(exclude) if _reading.is_listed(exclude) else [exclude]
    for label in named:
        if label not in journeys.labels:
            raise _checks.refuse("exclude", f"be among the labels of the journeys, {journeys.labels[:20]}", label)
    direct = np.array([label in named for label in journeys.labels], dtype=bool)[journeys.codes]
    journey = np.repeat(np.arange(len(journeys)), journeys.lengths)
    has_other = np.zeros(len(journeys), dtype=bool)
    has_other[journey[~direct]] = True
    kept = journeys.where_touches(~direct | ~has_other[journey])
    weights = _rules.end_of_journey(kept, last=True)
    return _rule("last_non_direct_touch", kept, weights, resamples, seed, confidence, exclude=named)


def linear_touch(journeys: Journeys, *, resamples: int = 400, seed: int = 0, confidence: float = 0.95) -> Attribution:
    """Give every touch of a journey the same credit.

    weight of a touch = 1 / touches of the journey.

    Leaves out: when a touch was. A label that touches often is given more; build the journeys with
    ``collapse="distinct"`` (or see :func:`shapley`) for the same credit to every label of a journey.

    Args:
        journeys: the journeys.
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit; shares are NaN where the total is 0.

    Raises:
        MetricInputError: if ``resamples``, ``seed`` or ``confidence`` is out of range.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(["Mail > Fair > Demo", "Fair"], value=[12_000, 8_000])
        >>> dict(abm.linear_touch(journeys).items())
        {'Demo': 4000.0, 'Fair': 12000.0, 'Mail': 4000.0}

    References:
        Mixpanel documentation, "Attribution".
    """
    return _rule("linear_touch", journeys, _rules.evenly(journeys), resamples, seed, confidence)


def position_based(
    journeys: Journeys,
    *,
    first: float,
    last: float,
    two_touch: Literal["split", "renormalise"] = "split",
    resamples: int = 400,
    seed: int = 0,
    confidence: float = 0.95,
) -> Attribution:
    """Give parts of the credit to the first and the last touch, and the rest to those between.

    weight = first, last, and (1 − first − last) / (touches − 2) each between; 1 for a single touch.

    The 40/20/40 that Google, Mixpanel and Amplitude call U-shaped is ``first=0.4, last=0.4``;
    :func:`u_shaped` is Marketo Measure's model of that name. Touches at the same moment share their weights.

    Leaves out: when a touch was, but for its place.

    Args:
        journeys: the journeys.
        first: part of the first touch, in [0, 1].
        last: part of the last touch, in [0, 1]; both together at most 1.
        two_touch: where nothing lies between two touches, ``"split"`` gives each half of the rest (Amplitude: 0.2
            and 0.6 become 0.3 and 0.7), ``"renormalise"`` shares it in proportion (Mixpanel: 0.25 and 0.75).
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit; shares are NaN where the total is 0.

    Raises:
        MetricInputError: if a part is not in [0, 1], both exceed 1 together, or an option is not known.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(["Mail > Fair > Demo"], value=[10_000])
        >>> {label: round(credit) for label, credit in abm.position_based(journeys, first=0.4, last=0.4).items()}
        {'Demo': 4000, 'Fair': 2000, 'Mail': 4000}

    References:
        Amplitude, "Attribution models"; Mixpanel documentation, "Attribution".
    """
    first = _checks.in_interval("first", first, 0, 1, low_open=False, high_open=False)
    last = _checks.in_interval("last", last, 0, 1, low_open=False, high_open=False)
    _checks.in_interval("first + last", first + last, 0, 1, low_open=False, high_open=False)
    _checks.as_option("two_touch", two_touch, ("split", "renormalise"))
    if two_touch == "renormalise" and first + last == 0:
        raise _checks.refuse("first + last", "be above 0 for two_touch='renormalise'", 0)
    weights = _rules.by_position(journeys, first, last, renormalise=two_touch == "renormalise")
    told = {"first": first, "last": last, "two_touch": two_touch}
    return _rule("position_based", journeys, weights, resamples, seed, confidence, **told)


def time_decay(
    journeys: Journeys,
    *,
    half_life_days: float,
    resamples: int = 400,
    seed: int = 0,
    confidence: float = 0.95,
) -> Attribution:
    """Give a touch half the credit of one that is a half-life younger.

    weight of a touch = 2^(−age / half_life_days) / Σ over the journey of the same.

    There is no default: the 7 days that vendors use for shops give five touches over 38 days 63 % to the last one.
    A very long half-life is :func:`linear_touch`, a very short one :func:`last_touch`.

    Leaves out: how much a touch is worth otherwise. Ages run on; the steps of a week that some packages take make
    other figures.

    Args:
        journeys: journeys with times.
        half_life_days: in days, above 0.
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit; shares are NaN where the total is 0.

    Raises:
        MetricInputError: if ``half_life_days`` is not above 0, or the journeys have no times.

    Example:
        >>> import abmmetrics as abm
        >>> touches = abm.Touches(account="Acme", campaign=["Mail", "Fair"], at=["2026-01-02", "2026-02-01"])
        >>> deals = abm.Opportunities(account="Acme", closed="2026-02-20", outcome="won", amount=[9_000])
        >>> journeys = abm.build_journeys(touches, deals, lookback_days=90)
        >>> dict(abm.time_decay(journeys, half_life_days=30).items())
        {'Fair': 6000.0, 'Mail': 3000.0}

    References:
        Google Ads API reference, ``AttributionModel``; Mixpanel documentation, "Attribution".
    """
    days = _checks.in_interval("half_life_days", half_life_days, 0, math.inf)
    if journeys.at is None:
        raise _checks.refuse("journeys", "have times for time_decay", _checks.phrase("paths without times"))
    weights = _rules.by_age(journeys, days * _journeys.DAY)
    return _rule("time_decay", journeys, weights, resamples, seed, confidence, half_life_days=days)


def _by_milestones(  # noqa: PLR0917 - what, of what, how
    model: str,
    journeys: Journeys,
    parts: Mapping[str, float],
    rest: float,
    resamples: int,
    seed: int,
    confidence: float,
) -> Attribution:
    """Give parts to the touches that hold milestones, once the journeys are known to have them."""
    for name in parts:
        if name != "first touch" and name not in journeys.milestones:
            ways = {
                "lead created": "build_journeys takes lead_created=",
                "opportunity created": "opportunities take created=",
                "closed": "build_journeys with anchor='closed'",
            }
            known = ["first touch", *journeys.milestones] if journeys.at is not None else []
            requirement = f"have the milestone {name!r} for {model} ({ways[name]})"
            raise _checks.refuse("journeys", requirement, _checks.phrase(str(known)))
    weights = _rules.by_milestones(journeys, parts, rest)
    return _rule(model, journeys, weights, resamples, seed, confidence)


def u_shaped(journeys: Journeys, *, resamples: int = 400, seed: int = 0, confidence: float = 0.95) -> Attribution:
    """Give half of the credit to the first touch and half to the one that made the lead: Marketo Measure's model.

    weight = 0.5 first touch, 0.5 lead created.

    Others call 40/20/40 by place U-shaped: that is :func:`position_based`. A milestone is held by the account's
    last touch up to the end of its day. Where no touch holds it, the others take its part in proportion; one touch
    can hold several. Touches at the same moment share their weights.

    Leaves out: all other touches.

    Args:
        journeys: journeys with ``lead_created``.
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit; shares are NaN where the total is 0.

    Raises:
        MetricInputError: if the journeys lack the milestone.

    Example:
        >>> import abmmetrics as abm
        >>> touches = abm.Touches(account="Acme", campaign=["Ad", "Form"], at=["2026-01-02", "2026-02-01"])
        >>> deals = abm.Opportunities(account="Acme", closed="2026-03-20", outcome="won", amount=[9_000])
        >>> journeys = abm.build_journeys(touches, deals, lookback_days=90, lead_created="2026-02-01")
        >>> dict(abm.u_shaped(journeys).items())
        {'Ad': 4500.0, 'Form': 4500.0}

    References:
        Adobe, "Marketo Measure: attribution models".
    """
    parts = {"first touch": 0.5, "lead created": 0.5}
    return _by_milestones("u_shaped", journeys, parts, 0.0, resamples, seed, confidence)


def w_shaped(journeys: Journeys, *, resamples: int = 400, seed: int = 0, confidence: float = 0.95) -> Attribution:
    """Give 30 % each to the first touch, lead and opportunity creation, and 10 % to the touches between.

    weight = 0.3 first touch, 0.3 lead created, 0.3 opportunity created, 0.1 evenly to the others between them.

    Milestones are held as in :func:`u_shaped`; where nothing lies between, the milestones take its part in proportion.

    Leaves out: touches after the opportunity was created.

    Args:
        journeys: journeys with ``lead_created``, of opportunities with ``created``.
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit; shares are NaN where the total is 0.

    Raises:
        MetricInputError: if the journeys lack a milestone.

    Example:
        >>> import abmmetrics as abm
        >>> days = ["2026-01-02", "2026-01-20", "2026-02-01", "2026-02-10"]
        >>> touches = abm.Touches(account="Acme", campaign=["Ad", "Mail", "Form", "Demo"], at=days)
        >>> deals = abm.Opportunities(
        ...     account="Acme", created="2026-02-11", closed="2026-03-20", outcome="won", amount=[9_000]
        ... )
        >>> journeys = abm.build_journeys(touches, deals, lookback_days=90, lead_created="2026-02-01")
        >>> {label: round(credit) for label, credit in abm.w_shaped(journeys).items()}
        {'Ad': 2700, 'Demo': 2700, 'Form': 2700, 'Mail': 900}

    References:
        Adobe, "Marketo Measure: attribution models".
    """
    parts = {"first touch": 0.3, "lead created": 0.3, "opportunity created": 0.3}
    return _by_milestones("w_shaped", journeys, parts, 0.1, resamples, seed, confidence)


def full_path(journeys: Journeys, *, resamples: int = 400, seed: int = 0, confidence: float = 0.95) -> Attribution:
    """Give 22.5 % each to first touch, lead creation, opportunity creation and close, and 10 % to the touches between.

    weight = 0.225 first touch, 0.225 lead created, 0.225 opportunity created, 0.225 closed, 0.1 evenly to the others.

    Milestones are held as in :func:`u_shaped`; where nothing lies between, the milestones take its part in proportion.

    Leaves out: nothing of the journey.

    Args:
        journeys: journeys that end with the close, with ``lead_created``, of opportunities with ``created``.
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The credit of each label, in the journeys' unit; shares are NaN where the total is 0.

    Raises:
        MetricInputError: if the journeys lack a milestone.

    Example:
        >>> import abmmetrics as abm
        >>> days = ["2026-01-02", "2026-02-01", "2026-02-10", "2026-03-01", "2026-03-18"]
        >>> touches = abm.Touches(account="Acme", campaign=["Ad", "Form", "Demo", "Case", "Dinner"], at=days)
        >>> deals = abm.Opportunities(
        ...     account="Acme", created="2026-02-11", closed="2026-03-20", outcome="won", amount=[9_000]
        ... )
        >>> journeys = abm.build_journeys(touches, deals, lookback_days=90, lead_created="2026-02-01")
        >>> {label: round(credit) for label, credit in abm.full_path(journeys).items()}
        {'Ad': 2025, 'Case': 900, 'Demo': 2025, 'Dinner': 2025, 'Form': 2025}

    References:
        Adobe, "Marketo Measure: attribution models"; Marketo Nation, "Full path attribution".
    """
    parts = dict.fromkeys(["first touch", "lead created", "opportunity created", "closed"], 0.225)
    return _by_milestones("full_path", journeys, parts, 0.1, resamples, seed, confidence)
