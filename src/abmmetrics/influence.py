"""Pipeline and revenue that campaigns influenced, and what they sourced.

With journeys to the creation of deals (``anchor="created"``) it is pipeline, to their close it is revenue.
"""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _credit, _labels, _reading, _rules
from abmmetrics._credit import Weights
from abmmetrics._labels import Label, Labels
from abmmetrics.attributions import Attribution
from abmmetrics.touches import Journeys, Touches

__all__ = ["influenced_pipeline", "sourced_pipeline"]

Floats: TypeAlias = NDArray[np.float64]


def influenced_pipeline(
    journeys: Journeys,
    *,
    accounts: Any = None,  # noqa: ANN401 - a table, or any column
    resamples: int = 400,
    seed: int = 0,
    confidence: float = 0.95,
) -> Attribution:
    """Give every label the whole value of each conversion that it touched.

    influenced by a label = Σ value of the conversions whose journeys it touched;
    counted once = Σ value of the conversions that any label touched.

    Credit overlaps: never add it up. Beside it stand the total counted once, and the base rate: the share of all
    accounts that were touched at all. Where nearly every account is touched, nearly everything is "influenced".

    Leaves out: how much a touch mattered, and whether it did. The base rate counts touches at any time in the
    table of touches, so a table longer than the look-back window makes it larger.

    Args:
        journeys: journeys to the creation of deals for pipeline, to their close for revenue.
        accounts: all accounts that could have been touched, as a table with accounts (target accounts) or a column:
            the base of the base rate. Without it only accounts with a touch or a deal are known, and it is too high.
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The value that each label touched, with the ``base_rate`` of each: the share of accounts that it touched.
        ``attributed`` counts everything once. Not additive.

    Raises:
        MetricInputError: if accounts are named by text here and by numbers there, or an option is out of range.

    Example:
        >>> import abmmetrics as abm
        >>> touches = abm.Touches(account=["A", "A", "C"], campaign=["Mail", "Fair", "Mail"], at="2026-01-20")
        >>> deals = abm.Opportunities(
        ...     account=["A", "B"], created="2026-02-01", outcome="open", closed=[None, None], amount=[10_000, 6_000]
        ... )
        >>> journeys = abm.build_journeys(touches, deals, lookback_days=90, anchor="created")
        >>> found = abm.influenced_pipeline(journeys, accounts=["A", "B", "C", "D"])
        >>> dict(found.items()), found.attributed, found.total, found.base_rate
        ({'Fair': 10000.0, 'Mail': 10000.0}, 10000.0, 16000.0, 0.5)

    References:
        Salesforce help, "Campaign influence"; Amplitude, "Attribution models" (any touch).
    """
    how = _credit.sampling(resamples, seed, confidence)
    touch, journey = _rules.once_each(journeys)
    weights = Weights(touch, journey, np.ones(len(touch)))
    return _result("influenced_pipeline", journeys, weights, how, accounts, None, {}, additive=False)


def sourced_pipeline(
    journeys: Journeys,
    *,
    rule: Literal["first_touch", "before_sales"] = "first_touch",
    marketing: Label | Sequence[Label] = "marketing",
    sales: Label | Sequence[Label] = "sales",
    accounts: Any = None,  # noqa: ANN401 - a table, or any column
    resamples: int = 400,
    seed: int = 0,
    confidence: float = 0.95,
) -> Attribution:
    """Give what marketing began to the campaign that began it.

    sourced by a label = Σ value of the conversions whose journeys marketing began with it; the rest is unattributed.

    * ``rule="first_touch"``: marketing began a journey whose first touch is of a marketing kind. Of first touches at
      the same moment each has its part.
    * ``rule="before_sales"``: marketing began a journey with a marketing touch before the first touch of sales, whatever
      came before both; credit goes to the first marketing touch. At the same moment is not before.

    Leaves out: a lead source that somebody typed in, which is a third definition in use (group by that column
    instead), and everything after the beginning.

    Args:
        journeys: journeys built of touches with the column ``kind``, to the creation of deals for pipeline.
        rule: what it takes: ``"first_touch"`` or ``"before_sales"``.
        marketing: the kind, or kinds, of touches that are marketing's.
        sales: the kind, or kinds, that are sales'; they matter for ``"before_sales"`` alone.
        accounts: all accounts that could have been touched, see :func:`influenced_pipeline`.
        resamples: how often accounts are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        What each label sourced, with the ``base_rate`` of each: the share of accounts that its marketing touched.

    Raises:
        MetricInputError: if the journeys have no kinds of touches, a kind is not known, or ``rule`` is not.

    Example:
        >>> import abmmetrics as abm
        >>> touches = abm.Touches(
        ...     account=["A", "A", "B"],
        ...     campaign=["Fair", "Call", "Call"],
        ...     at=["2026-01-12", "2026-01-20", "2026-01-20"],
        ...     kind=["marketing", "sales", "sales"],
        ... )
        >>> deals = abm.Opportunities(
        ...     account=["A", "B"], created="2026-02-01", outcome="open", closed=[None, None], amount=[10_000, 6_000]
        ... )
        >>> journeys = abm.build_journeys(touches, deals, lookback_days=90, anchor="created")
        >>> found = abm.sourced_pipeline(journeys)
        >>> dict(found.items()), found.unattributed
        ({'Call': 0.0, 'Fair': 10000.0}, 6000.0)

    References:
        Petavue, "Sourced and influenced pipeline".
    """
    _checks.as_option("rule", rule, ("first_touch", "before_sales"))
    how = _credit.sampling(resamples, seed, confidence)
    if journeys.touches is None:
        raise _checks.refuse(
            "journeys", "be built of touches for sourced_pipeline", _checks.phrase("paths without kinds of touches")
        )
    journeys.touches.column("kind")
    kind = cast("Labels", journeys.touches.kind)
    is_marketing = _of_kind("marketing", marketing, kind)
    ours = is_marketing[journeys.rows]
    if rule == "first_touch":
        begun = _rules.end_of_journey(journeys, last=False)
        kept = ours[begun.touch]
        weights = Weights(begun.touch[kept], begun.journey[kept], begun.weight[kept])
    else:
        weights = _before(journeys, ours, _of_kind("sales", sales, kind)[journeys.rows])
    return _result("sourced_pipeline", journeys, weights, how, accounts, is_marketing, {"rule": rule}, additive=True)


def _of_kind(name: str, wanted: Any, kind: Labels) -> NDArray[np.bool_]:  # noqa: ANN401 - whatever the caller gave
    """Tell which touches are of these kinds, all of which must be known."""
    named = list(wanted) if _reading.is_listed(wanted) else [wanted]
    known = sorted({label for label in kind.to_list() if label is not None}) if len(kind) else named
    for label in named:
        if label not in known:
            raise _checks.refuse(name, f"be among the kinds of the touches, {known[:20]}", label)
    return kind.isin(named)


def _before(journeys: Journeys, ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> Weights:
    """Give everything to the first of our touches, in journeys where it came before the first of theirs."""
    at = cast("NDArray[Any]", journeys.at).view(np.int64)
    journey = np.repeat(np.arange(len(journeys)), journeys.lengths)
    never = np.iinfo(np.int64).max
    first = np.full((2, len(journeys)), never)
    for place, mask in enumerate((ours, theirs)):
        np.minimum.at(first[place], journey[mask], at[mask])
    begun = first[0] < first[1]
    touch = np.flatnonzero(ours & begun[journey] & (at == first[0][journey]))
    tied = np.bincount(journey[touch], minlength=len(journeys))
    return Weights(touch, journey[touch], 1 / tied[journey[touch]])


def _result(  # noqa: PLR0917 - what, of what, how
    model: str,
    journeys: Journeys,
    weights: Weights,
    how: _credit.Sampling,
    accounts: Any,  # noqa: ANN401 - a table, or any column
    counts: NDArray[np.bool_] | None,
    parameters: dict[str, Any],
    *,
    additive: bool,
) -> Attribution:
    credit = _credit.by_weights(journeys, weights)
    if additive:  # of first touches at the same moment only some may be marketing's
        given = _credit.tally(weights.journey, weights.weight, len(journeys))
        credit = attrs.evolve(credit, attributed=np.round(given, 12))  # ten tenths are one
    base_rate: float | None = None
    notes: tuple[str, ...] = ("no base rate: paths do not tell which accounts were touched without a deal",)
    if journeys.touches is not None:
        each, base_rate, known = _base_rates(journeys, journeys.touches, accounts, counts)
        credit = attrs.evolve(credit, raw={"base_rate": each})
        notes = () if known else ("base rate among accounts with a touch or a deal: give accounts= for that of all",)
    return _credit.attribution(
        model,
        journeys,
        credit,
        how,
        _credit.weight_replicates(journeys, weights) if how.resamples else None,
        parameters=parameters,
        additive=additive,
        base_rate=base_rate,
        notes=notes,
        weights=weights,
    )


def _base_rates(
    journeys: Journeys,
    touches: Touches,
    accounts: Any,  # noqa: ANN401 - a table, or any column
    counts: NDArray[np.bool_] | None,
) -> tuple[Floats, float, bool]:
    """Return the share of accounts that each label touched, that any touched, and whether all accounts are known."""
    names = _labels.as_python_list(touches.account.categories)
    if accounts is None:
        codes = np.unique(touches.account.codes())
        everybody = {names[code] for code in codes[codes >= 0].tolist()}
        everybody |= set(cast("Labels", journeys.account).to_list()) - {None}
    else:
        listed = accounts if hasattr(accounts, "unit_labels") else None
        given = (
            _checks.as_labels("accounts", _reading.read_column("accounts", accounts))
            if listed is None
            else listed.unit_labels()
        )
        kinds = _labels.kind_of(touches.account), _labels.kind_of(given)
        if None not in kinds and kinds[0] != kinds[1]:
            raise _checks.refuse(
                "accounts", f"be named by {kinds[0]}, as the touches' are", _checks.phrase(str(kinds[1]))
            )
        everybody = set(given.to_list()) - {None}
    listed_codes = np.array([name in everybody for name in names] + [False], dtype=bool)
    keep = listed_codes[touches.account.codes()]
    if counts is not None:
        keep = keep & counts
    position = {label: place for place, label in enumerate(journeys.labels)}
    campaigns = _labels.as_python_list(touches.campaign.categories)
    place = np.array([position.get(name, -1) for name in campaigns] + [-1], dtype=np.int64)[touches.campaign.codes()][
        keep
    ]
    account = touches.account.codes()[keep]
    size = max(len(journeys.labels), 1)
    pairs = np.unique(account * size + place)
    whole = len(everybody)
    if whole == 0:
        return np.full(len(journeys.labels), np.nan), float("nan"), accounts is not None
    each = np.bincount(pairs % size, minlength=len(journeys.labels)) / whole
    return each, len(np.unique(account)) / whole, accounts is not None
