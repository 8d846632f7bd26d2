"""Touches of campaigns, and the journeys that they make up: which touches came before which deal.

A journey belongs to a deal and not to a person: the touches of all contacts of the account,
in a look-back window that ends with the deal.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _held, _html, _journeys, _labels, _paths, _reading, columns
from abmmetrics._checks import how_many
from abmmetrics._labels import Label, Labels
from abmmetrics._matching import add_up
from abmmetrics.columns import Dates
from abmmetrics.opportunities import Opportunities
from abmmetrics.results import format_value
from abmmetrics.tables import Table

__all__ = ["Journeys", "Touches", "build_journeys"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Collapse: TypeAlias = Literal["consecutive", "contact_day", "day", "distinct"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Touches(Table):
    """Touches of campaigns with accounts: one row for each.

    Attributes:
        account: the account that was touched; a touch without one belongs to no journey and is counted.
        campaign: what touched it: a campaign, a channel, a strategy; what credit is given to.
        at: when it happened; a day is its first moment.
        contact: who of the account it was.
        kind: whose touch it was, such as ``"marketing"`` or ``"sales"``.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Touches(account=["Acme", "Acme"], campaign=["Webinar", "Dinner"], at=["2026-01-12", "2026-02-03"])
        Touches(2 rows, 1 account; campaign, at)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    campaign: Labels = attrs.field(converter=columns.labels)
    at: Dates = attrs.field(converter=columns.moments)
    contact: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    kind: Labels | None = attrs.field(default=None, converter=columns.optional_labels)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Journeys:
    """The touches that came before each deal, in the order of time: what every attribution model starts from.

    Made by :func:`build_journeys`, or by :meth:`from_paths` of paths that were put together elsewhere.

    Attributes:
        labels: every campaign of the touches, in order.
        codes: for each touch of each journey the position of its campaign in ``labels``.
        offsets: where each journey begins in ``codes``, and at last where the last one ends.
        conversions: how often each journey led to a conversion (1 or 0 for a deal).
        losses: how often it did not.
        value: what its conversions are worth together; how many there are where amounts are not known.
        unit: ``"money"``, or ``"count"`` where amounts are not known.
        anchor: what a journey ends with: ``"closed"`` (a deal won is a conversion, and a deal lost is none),
            ``"created"`` (every deal is a conversion, whatever became of it), or ``"path"``.
        at: when each touch was; None where that is not known.
        rows: the row of ``touches`` that each touch of each journey is; None where there is no such table.
        account: the account of each journey; None where journeys are independent.
        milestones: name to the day of each journey, NaT where it has none.
        touches: the table that the journeys were built of.
        lookback_days: how long before its end a journey begins; None for any time.
        collapse: how repeated touches were collapsed.
        collapsed: how many touches of journeys were dropped as repetitions.
        censored: deals that are open, so that nobody knows how their journeys end.
        excluded: reason to the number of touches, or of deals, that are in no journey.
        remarks: what a reader must know of how the journeys were built.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Journeys.from_paths(["Mail > Fair", "Fair", "Mail"], conversions=[3, 1, 0], losses=[5, 2, 9])
        Journeys(3 journeys, 2 labels, 4 touches; converted: 4, lost: 16)
    """

    labels: list[Label]
    codes: Integers
    offsets: Integers
    conversions: Floats
    losses: Floats
    value: Floats
    unit: Literal["money", "count"]
    anchor: Literal["closed", "created", "path"]
    at: Dates | None = None
    rows: Integers | None = None
    account: Labels | None = None
    milestones: Mapping[str, Dates] = attrs.field(factory=dict[str, Dates])
    touches: Touches | None = None
    lookback_days: float | None = None
    collapse: Collapse | None = None
    collapsed: int = 0
    censored: int = 0
    excluded: Mapping[str, int] = attrs.field(factory=dict[str, int])
    remarks: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Close the arrays for writing."""
        for name in ("codes", "offsets", "conversions", "losses", "value", "at", "rows"):
            if (held := getattr(self, name)) is not None:
                object.__setattr__(self, name, _held.closed(held, None))

    def __len__(self) -> int:
        """Number of journeys, those without any touch included."""
        return len(self.value)

    def __repr__(self) -> str:
        """Say how many there are, how they ended, and what is in none."""
        held = [how_many(len(self), "journeys"), how_many(len(self.labels), "labels")]
        held.append("1 touch" if len(self.codes) == 1 else f"{len(self.codes):,} touches")
        converted, lost = (format_value(float(held.sum()), "count") for held in (self.conversions, self.losses))
        ended = f"converted: {converted}, lost: {lost}"
        notes = [f"{reason}: {count:,}" for reason, count in self.excluded.items()]
        censored = [f"{how_many(self.censored, 'deals')} open"] if self.censored else []
        return f"Journeys({'; '.join([', '.join(held), ended, *censored, *notes])})"

    def _repr_html_(self) -> str:
        """Show how many touches and journeys each label has as an HTML table in notebooks; every label is escaped."""
        journey = np.repeat(np.arange(len(self)), self.lengths)
        touched = np.bincount(np.unique(np.stack([self.codes, journey]), axis=1)[0], minlength=len(self.labels))
        touches = np.bincount(self.codes, minlength=len(self.labels))
        rows = ((str(label), f"{touches[place]:,}", f"{touched[place]:,}") for place, label in enumerate(self.labels))
        told = [f"{reason}: {count:,}" for reason, count in self.excluded.items()]
        converted, lost = (format_value(float(held.sum()), "count") for held in (self.conversions, self.losses))
        title = f"{how_many(len(self), 'journeys')}: {converted} converted, {lost} lost"
        heads = ("label", "touches", "journeys")
        return _html.shown(title, heads, rows, [*self.notes, *told], total=len(self.labels))

    @property
    def lengths(self) -> Integers:
        """Number of touches of each journey."""
        return np.diff(self.offsets)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any model's result must know."""
        censored = f"deals left out because they are open: {self.censored:,}"
        return (*self.remarks, *([censored] if self.censored else []))

    def where_touches(self, keep: NDArray[np.bool_]) -> "Journeys":
        """Keep some touches; every journey stays, if need be without touches.

        Args:
            keep: one True or False for each touch of each journey.
        """
        kept = np.concatenate([[0], np.cumsum(keep)])
        return attrs.evolve(
            self,
            codes=self.codes[keep],
            offsets=kept[self.offsets],
            at=None if self.at is None else self.at[keep],
            rows=None if self.rows is None else self.rows[keep],
        )

    @classmethod
    def from_paths(
        cls,
        paths: Any,  # noqa: ANN401 - a column of text, or a list of lists
        *,
        conversions: Any = 1,  # noqa: ANN401 - any column
        losses: Any = 0,  # noqa: ANN401 - any column
        value: Any = None,  # noqa: ANN401 - any column
        account: Any = None,  # noqa: ANN401 - any column
        separator: str = ">",
    ) -> "Journeys":
        """Read journeys that were put together elsewhere, one or many alike in a row.

        Leaves out: times. Models that need them (:func:`time_decay`, those with milestones) refuse such journeys,
        and which touches happened at once is not known.

        Args:
            paths: labels in the order of time: text such as ``"Mail > Fair > Mail"``, or lists of labels. An empty
                path is a journey without a touch.
            conversions: how many journeys along each path led to a conversion, >= 0.
            losses: how many did not, >= 0.
            value: what the conversions of each path are worth together; without it they are counted.
            account: whose journey each is, so that intervals know which are not independent.
            separator: what stands between labels in text; blanks around labels do not matter.

        Raises:
            MetricInputError: if paths are neither text nor lists, a label is empty, a figure is negative or missing,
                or columns differ in length.

        Example:
            >>> import abmmetrics as abm
            >>> abm.Journeys.from_paths(["Mail > Fair", "Fair"], value=[12_000, 8_000]).value.tolist()
            [12000.0, 8000.0]
        """
        labels, codes, offsets = _paths.read_paths(paths, separator)
        given = {"conversions": conversions, "losses": losses, **({} if value is None else {"value": value})}
        figures: dict[str, Floats] = {}
        for name, values in given.items():
            raw = _reading.read_column(name, values)
            if raw.values.dtype.kind == "b":  # a journey converts or does not
                raw = attrs.evolve(raw, values=raw.values.astype(np.int64))
            held = _checks.as_amounts(name, raw)
            figures[name] = np.repeat(held, len(offsets) - 1) if raw.scalar else held
        owners = None if account is None else _checks.as_labels("account", _reading.read_column("account", account))
        sizes = {name: len(held) for name, held in figures.items()} | (
            {} if owners is None else {"account": len(owners)}
        )
        _checks.same_length({"paths": len(offsets) - 1, **sizes})
        worthless = (figures["conversions"] == 0) & (figures.get("value", 0.0) > 0)
        if worthless.any():
            row = int(np.flatnonzero(worthless)[0])
            raise _checks.refuse("value", "be 0 where there are no conversions", figures["value"][row], row)
        return cls(
            labels=labels,
            codes=codes,
            offsets=offsets,
            conversions=figures["conversions"],
            losses=figures["losses"],
            value=figures.get("value", figures["conversions"]),
            unit="count" if value is None else "money",
            anchor="path",
            account=owners,
        )


def build_journeys(
    touches: Touches,
    opportunities: Opportunities,
    *,
    lookback_days: float | None,
    anchor: Literal["closed", "created"] = "closed",
    collapse: Collapse | None = None,
    lead_created: Any = None,  # noqa: ANN401 - any column of dates
) -> Journeys:
    """Give every deal its journey: the touches of its account, of all contacts, in the window before it.

    journey of a deal = touches of its account from lookback_days before the anchor's day to the end of that day.

    Several deals of an account each have a journey of their own, and a touch can be in more than one. A deal
    without any touch keeps an empty journey, whose value no model can attribute.

    * ``anchor="closed"``: for revenue. Won deals are conversions with their amount, lost deals are journeys that do
      not convert, open deals are censored: left out and counted.
    * ``anchor="created"``: for pipeline. Every deal is a conversion with its amount, whatever became of it.

    Leaves out, and counts under the first reason that holds: touches without an account, of accounts without a deal
    that ended, after the last deal of the account ended, and in no deal's window. Touches at the same moment stand in the order of their
    labels; rules split their credit equally.

    Args:
        touches: what touched whom, and when.
        opportunities: deals with the column of the anchor; ``amount`` where money is to be attributed. A deal
            without an account has an empty journey, one without an amount counts as a conversion that is worth 0.
        lookback_days: how many days before the anchor's day a journey begins, that day included; None for any time.
        anchor: what ends a journey: ``"closed"`` or ``"created"``.
        collapse: how to keep ten clicks or seats from counting ten times: ``None`` keeps every touch;
            ``"consecutive"`` keeps the first of those of one campaign that follow each other; ``"contact_day"`` one
            of a campaign, contact and day; ``"day"`` one of a campaign and day;
            ``"distinct"`` the first of each campaign.
        lead_created: the day each deal's lead was created, one for each row of ``opportunities``, missing where
            there was none: for :func:`u_shaped`, :func:`w_shaped` and :func:`full_path`.

    Returns:
        The journeys.

    Raises:
        MetricInputError: if a column is not there, an option is not known, ``lookback_days`` is not above 0,
            accounts are named by text in one table and by numbers in the other, or ``lead_created`` differs in length.

    Example:
        >>> import abmmetrics as abm
        >>> touches = abm.Touches(
        ...     account=["Acme", "Acme", "Acme", "Beta"],
        ...     campaign=["Webinar", "Dinner", "Newsletter", "Webinar"],
        ...     at=["2026-01-12", "2026-02-03", "2026-06-01", "2026-01-12"],
        ... )
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta", "Core"],
        ...     closed=["2026-03-20", "2026-03-02", None],
        ...     outcome=["won", "lost", "open"],
        ...     amount=[12_000, 8_000, 20_000],
        ... )
        >>> abm.build_journeys(touches, deals, lookback_days=90)
        Journeys(2 journeys, 3 labels, 3 touches; converted: 1, lost: 1; 1 deal open; touches after the close: 1)

    References:
        Adobe, "Marketo Measure: attribution models"; Salesforce, "Customizable Campaign Influence".
    """
    _checks.as_option("anchor", anchor, ("closed", "created"))
    if collapse is not None:
        _checks.as_option("collapse", collapse, ("consecutive", "contact_day", "day", "distinct"))
    if lookback_days is not None:
        lookback_days = _checks.in_interval("lookback_days", lookback_days, 0, math.inf)
    leads = _lead_days(lead_created, opportunities)
    deals, lost, censored = _ended(opportunities, anchor)
    ends = opportunities.column(anchor)[deals]
    names, rank = _journeys.ranked(touches.campaign)
    account = _touch_accounts(touches, opportunities)[deals]
    found = _journeys.find_touches(
        _journeys.Log(touches.account.codes(), touches.at.view(np.int64), rank, len(names)),
        account,
        end=ends.astype("datetime64[us]").view(np.int64),
        lookback=None if lookback_days is None else round(min(lookback_days, _journeys.LONGEST_DAYS) * _journeys.DAY),
    )
    won = opportunities.outcome.where(deals) == "won" if anchor == "closed" else np.ones(len(deals), dtype=bool)
    value, remarks = _values(opportunities, deals, won)
    nameless = int(opportunities.account.where(deals).missing().sum())
    if nameless:
        remarks.append(f"deals without an account, whose touches are not known: {nameless:,}")
    dates = {
        "opportunity created": opportunities.created,
        "closed": opportunities.closed if anchor == "closed" else None,
    }
    milestones = {"lead created": leads, **dates}
    built = Journeys(
        labels=names,
        codes=rank[found.rows],
        offsets=found.offsets,
        conversions=won.astype(np.float64),
        losses=(~won).astype(np.float64),
        value=value,
        unit="count" if opportunities.amount is None else "money",
        anchor=anchor,
        at=touches.at[found.rows],
        rows=found.rows,
        account=opportunities.account.where(deals),
        milestones={name: days[deals] for name, days in milestones.items() if days is not None},
        touches=touches,
        lookback_days=lookback_days,
        collapse=collapse,
        censored=censored,
        excluded=add_up(
            {f"touches left out earlier, {reason}": count for reason, count in touches.excluded.items()},
            {f"deals left out earlier, {reason}": count for reason, count in opportunities.excluded.items()},
            lost,
            _fates(found.fates, anchor),
        ),
        remarks=tuple(remarks),
    )
    return built if collapse is None else _collapsed(built, touches, collapse)


def _ended(opportunities: Opportunities, anchor: str) -> tuple[Integers, dict[str, int], int]:
    """Return the deals whose journeys have an end, how many lack what it takes, and how many are censored."""
    dated = ~np.isnat(opportunities.column(anchor))
    undated = int((~dated).sum())
    if anchor == "closed":  # a deal without a close is open
        return np.flatnonzero(dated), {}, undated
    return np.flatnonzero(dated), {"deals without a day of creation": undated} if undated else {}, 0


def _values(opportunities: Opportunities, deals: Integers, won: NDArray[np.bool_]) -> tuple[Floats, list[str]]:
    """Return what each journey's conversion is worth."""
    if opportunities.amount is None:
        return won.astype(np.float64), ["credit is of deals, for they have no amounts"]
    amount = opportunities.amount[deals]
    unknown = np.isnan(amount) & won
    remarks = list(opportunities.money_remarks())
    if unknown.any():
        remarks.append(f"conversions without an amount, which are worth 0 here: {int(unknown.sum()):,}")
    return np.where(won & ~unknown, amount, 0.0), remarks


def _lead_days(given: Any, opportunities: Opportunities) -> Dates | None:  # noqa: ANN401 - any column of dates
    if given is None:
        return None
    raw = _reading.read_column("lead_created", given)
    days = _checks.as_optional_dates("lead_created", raw)
    if raw.scalar:
        return np.repeat(days, len(opportunities))
    if len(days) != len(opportunities):
        raise _checks.refuse(
            "lead_created",
            f"have one day for each of the {len(opportunities)} opportunities",
            _checks.phrase(f"{len(days)} days"),
        )
    return days


def _touch_accounts(touches: Touches, opportunities: Opportunities) -> Integers:
    """Return the code that each deal's account has among the touches, -1 where it has none."""
    kinds = _labels.kind_of(touches.account), _labels.kind_of(opportunities.account)
    if None not in kinds and kinds[0] != kinds[1]:
        raise _checks.refuse(
            "opportunities", f"name accounts by {kinds[0]}, as the touches do", _checks.phrase(str(kinds[1]))
        )
    code_of = {name: code for code, name in enumerate(_labels.as_python_list(touches.account.categories))}
    names: Sequence[Any] = _labels.as_python_list(opportunities.account.categories)
    return np.array([code_of.get(name, -1) for name in names] + [-1], dtype=np.int64)[opportunities.account.codes()]


def _fates(counts: _journeys.Fates, anchor: str) -> dict[str, int]:
    """Name why touches are in no journey."""
    end = {"closed": "close", "created": "creation"}[anchor]
    told = {
        "touches without an account": counts.nameless,
        "touches of accounts without a deal": counts.strangers,
        f"touches after the {end}": counts.late,
        "touches in no look-back window": counts.outside,
    }
    return {reason: count for reason, count in told.items() if count}


def _collapsed(journeys: Journeys, touches: Touches, collapse: Collapse) -> Journeys:
    """Drop repeated touches."""
    journey = np.repeat(np.arange(len(journeys)), journeys.lengths)
    keys = [journey, journeys.codes]
    days = touches.at[journeys.rows].astype("datetime64[D]").view(np.int64)
    match collapse:
        case "consecutive":
            keep = _journeys.first_of_runs(keys)
        case "contact_day":
            touches.column("contact")
            contact = cast("Labels", touches.contact).codes()
            keep = _journeys.first_of_each([*keys, days, contact[journeys.rows]])
        case "day":
            keep = _journeys.first_of_each([*keys, days])
        case _:  # "distinct"
            keep = _journeys.first_of_each(keys)
    kept = journeys.where_touches(keep)
    return attrs.evolve(kept, collapsed=len(journeys.codes) - len(kept.codes))
