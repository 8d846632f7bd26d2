"""Parts of a scorecard that are no single figures: what campaigns are credited with, and how long customers stay."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np

from abmmetrics import _checks, attribution, buyers, churn, influence, projections, survival, survivors
from abmmetrics._entries import told
from abmmetrics._page import Block
from abmmetrics.attributions import Attribution
from abmmetrics.errors import MetricInputError
from abmmetrics.program import Program
from abmmetrics.projections import Projection
from abmmetrics.purchases import purchase_history
from abmmetrics.results import format_value
from abmmetrics.touches import Journeys, build_journeys

__all__ = ["Buyers", "CampaignPipeline", "CampaignRevenue", "Lifetimes", "Part", "parts_of"]

_AFTER = (1, 3, 5)
_HORIZON = 10
_WEEKS_AHEAD = 52


@attrs.frozen(kw_only=True, eq=False)
class CampaignRevenue:
    """What campaigns are credited with of the revenue won, by three rules.

    Attributes:
        first: all to the first touch.
        linear: the same to every touch.
        last: all to the last touch.
        lookback_days: how many days before a close touches count.
    """

    first: Attribution
    linear: Attribution
    last: Attribution
    lookback_days: float

    def block(self) -> Block:
        """Tell it, a row for each campaign."""
        found = self.linear
        confidence = f"{100 * found.confidence:g} % interval"
        heads = ("", "linear credit", confidence, "share by first touch", "share, linear", "share by last touch")
        rows = [
            (
                str(found.labels[place]),
                _money(found.credit[place]),
                _span(found.low[place], found.high[place]),
                *(_share(model.share[place]) for model in (self.first, found, self.last)),
            )
            for place in _by_credit(found)
        ]
        without = _share(found.unattributed / found.total if found.total else math.nan)
        rows += [
            ("no campaign", _money(found.unattributed), "", without, without, without),
            ("total", _money(found.total), "", "", "", ""),
        ]
        return Block(
            title=f"Revenue won by campaign, of touches in the {self.lookback_days:g} days before the close",
            heads=heads,
            rows=tuple(rows),
            remarks=(
                "Where the rules are far apart, it is the rule that speaks; none says what a campaign caused.",
                *_notes(found),
            ),
        )


@attrs.frozen(kw_only=True, eq=False)
class CampaignPipeline:
    """What pipeline campaigns influenced and sourced.

    Attributes:
        influenced: of each campaign all deals that it touched.
        sourced: of each campaign the deals that it began as marketing's; None where touches have no kinds.
        lookback_days: how many days before a deal's creation touches count.
    """

    influenced: Attribution
    sourced: Attribution | None
    lookback_days: float

    def block(self) -> Block:
        """Tell it, a row for each campaign."""
        found = self.influenced
        heads = ["", "influenced", f"{100 * found.confidence:g} % interval", "share", "accounts touched"]
        heads += [] if self.sourced is None else ["sourced", f"{100 * found.confidence:g} % interval", "share sourced"]
        rows: list[tuple[str, ...]] = []
        for place in _by_credit(found):
            cells = [
                str(found.labels[place]),
                _money(found.credit[place]),
                _span(found.low[place], found.high[place]),
                _share(found.share[place]),
                _share(found.raw["base_rate"][place]),
            ]
            if self.sourced is not None:
                low, high = self.sourced.low[place], self.sourced.high[place]
                cells += [_money(self.sourced.credit[place]), _span(low, high), _share(self.sourced.share[place])]
            rows.append(tuple(cells))
        for name, of in (("counted once", _attributed), ("no campaign", _unattributed)):
            amounts = [of(found), *([] if self.sourced is None else [of(self.sourced)])]
            shares = [_share(amount / found.total if found.total else math.nan) for amount in amounts]
            base = _share(math.nan if found.base_rate is None else found.base_rate) if of is _attributed else ""
            row = [name, _money(amounts[0]), "", shares[0], base]
            row += [] if self.sourced is None else [_money(amounts[1]), "", shares[1]]
            rows.append(tuple(row))
        return Block(
            title=f"Pipeline by campaign, of touches in the {self.lookback_days:g} days before a deal's creation",
            heads=tuple(heads),
            rows=tuple(rows),
            remarks=(
                "Influenced pipeline overlaps: never add it up. What every account is touched by influences everything.",
                *_notes(found),
            ),
        )


@attrs.frozen(kw_only=True, eq=False)
class Lifetimes:
    """How long customers stay, as seen and as a model of churn expects it.

    Attributes:
        curve: the share that was seen to stay.
        model: the shifted beta-geometric model, whose survival goes on after the last tenure seen.
        kept: its survival after 1, 3 and 5 periods.
        lifetime: expected periods of the first ten.
        discounted: discounted periods of a new account; None where the programme says no discount rate.
        worth: lifetime value of a new account at the margin and the average revenue of today's customers.
        discount_rate: of a period.
    """

    curve: survival.SurvivalCurve
    model: churn.ShiftedBetaGeometric
    kept: Projection
    lifetime: Projection
    discounted: Projection | None
    worth: Projection | None
    discount_rate: float | None

    def block(self) -> Block:
        """Tell it, a row for each figure."""
        confidence = f"{100 * self.curve.confidence:g} % interval"
        rows = [self._kept(place, time) for place, time in enumerate(_AFTER)]
        rows.append((f"Periods of the first {_HORIZON}", "", "", *_expected(self.lifetime, _periods)))
        if self.discounted is not None:
            name = f"Periods at a discount of {100 * (self.discount_rate or 0.0):g} % each"
            rows.append((name, "", "", *_expected(self.discounted, _periods)))
        if self.worth is not None:
            rows.append(("Lifetime value of a new account", "", "", *_expected(self.worth, _money)))
        model = self.model
        accounts = _checks.how_many(model.accounts, "accounts")
        remarks = [f"Expected of {accounts} by a shifted beta-geometric model: each leaves in a way of its own."]
        if self.worth is not None:
            remarks.append(
                "The lifetime value counts the first payment and takes what today's customers pay on average as given; "
                "periods of payments must be those of the tenures."
            )
        return Block(
            title="Customer lifetime",
            heads=("", "seen", confidence, "expected", confidence),
            rows=tuple(rows),
            remarks=(*remarks, *(finding.text for finding in model.findings)),
        )

    def _kept(self, place: int, time: int) -> tuple[str, ...]:
        seen = self.curve.at(time)[0]
        rows = np.flatnonzero(self.curve.times <= time)
        low, high = (
            (float(limits[0, rows[-1]]) if len(rows) and not math.isnan(seen) else math.nan)
            for limits in (self.curve.low, self.curve.high)
        )
        expected = (_share(figures[place]) for figures in (self.kept.value, self.kept.low, self.kept.high))
        value, *limits = expected
        model_span = "none" if math.isnan(self.kept.low[place]) else " to ".join(limits)
        seen_span = "none" if math.isnan(low) else f"{_share(low)} to {_share(high)}"
        name = f"Customers that stay longer than {_checks.how_many(time, 'periods')}"
        return (name, "not seen" if math.isnan(seen) else _share(seen), seen_span, value, model_span)


@attrs.frozen(kw_only=True, eq=False)
class Buyers:
    """What accounts that buy without a contract are expected to buy.

    Attributes:
        buying: the BG/NBD model of when they buy, in weeks.
        spending: the Gamma-Gamma model of what they spend; None where amounts are not known.
        alive: expected number of accounts that still buy.
        purchases: expected purchases of all in the next 52 weeks.
        revenue: what those are worth; None where amounts are not known.
    """

    buying: buyers.BetaGeometricNBD
    spending: buyers.GammaGamma | None
    alive: float
    purchases: float
    revenue: float | None

    def block(self) -> Block:
        """Tell it, a row for each figure."""
        rows = [
            ("Accounts", f"{self.buying.customers:,}"),
            ("of these still buying", f"{self.alive:,.1f}"),
            (f"Purchases in the next {_WEEKS_AHEAD} weeks", f"{self.purchases:,.1f}"),
        ]
        rows += [] if self.revenue is None else [("Their revenue", _money(self.revenue))]
        return Block(
            title="Accounts without a contract, as expected",
            heads=("", "expected"),
            rows=tuple(rows),
            remarks=("Expected by BG/NBD (and Gamma-Gamma for spend), without an interval.",),
        )


Part: TypeAlias = CampaignRevenue | CampaignPipeline | Lifetimes | Buyers


def _expected(found: Projection, write: Callable[[float], str]) -> tuple[str, str]:
    low, high = float(found.low[0]), float(found.high[0])
    return write(float(found)), "none" if math.isnan(low) else f"{write(low)} to {write(high)}"


def _by_credit(found: Attribution) -> list[int]:
    """Return the positions of labels, the one with most credit first."""
    order: list[int] = np.argsort(-found.credit, kind="stable").tolist()
    return order


def _money(amount: float) -> str:
    return format_value(float(amount), "money")


def _periods(number: float) -> str:
    return format_value(number, "ratio")


def _share(share: float) -> str:
    return told(float(share), "share")


def _span(low: float, high: float) -> str:
    return "none" if math.isnan(low) else f"{_money(low)} to {_money(high)}"


def _attributed(found: Attribution) -> float:
    return found.attributed


def _unattributed(found: Attribution) -> float:
    return found.unattributed


def _notes(found: Attribution) -> Iterator[str]:
    # The currency stands once, above everything.
    yield from (note for note in found.notes if not note.startswith("scale of amounts"))
    yield from (f"left out: {count:,}, {reason}" for reason, count in found.excluded.items())


def parts_of(program: Program, confidence: float) -> tuple[list[Part], list[str]]:
    """Make the parts that a programme's tables allow, and say why others are not there.

    Args:
        program: the programme.
        confidence: confidence level of the intervals.
    """
    makers: Sequence[tuple[str, Callable[[Program, float], Any]]] = (
        ("Revenue won by campaign", _revenue),
        ("Pipeline by campaign", _pipeline),
        ("Customer lifetime", _lifetimes),
        ("Accounts without a contract", _buyers),
    )
    parts: list[Part] = []
    lacking: list[str] = []
    for title, make in makers:
        try:
            part = make(program, confidence)
        except MetricInputError as error:
            lacking.append(f"{title}: {error}")
        else:
            parts += [] if part is None else [part]
    return parts, lacking


def journeys_of(program: Program, anchor: Any) -> Journeys | None:  # noqa: ANN401 - one of two words
    """Return the journeys of a programme's deals, None where a table is not there."""
    if program.touches is None or program.opportunities is None:
        return None
    if program.lookback_days is None:
        raise MetricInputError("the programme does not say its lookback_days")
    return build_journeys(program.touches, program.opportunities, lookback_days=program.lookback_days, anchor=anchor)


def _revenue(program: Program, confidence: float) -> CampaignRevenue | None:
    journeys = journeys_of(program, "closed")
    if journeys is None:
        return None
    first, last = (
        rule(journeys, resamples=0, confidence=confidence) for rule in (attribution.first_touch, attribution.last_touch)
    )
    linear = attribution.linear_touch(journeys, confidence=confidence)
    return CampaignRevenue(first=first, linear=linear, last=last, lookback_days=journeys.lookback_days or 0.0)


def _pipeline(program: Program, confidence: float) -> CampaignPipeline | None:
    journeys = journeys_of(program, "created")
    if journeys is None:
        return None
    touches = program.touches
    everybody = program.target_accounts
    return CampaignPipeline(
        influenced=influence.influenced_pipeline(journeys, accounts=everybody, confidence=confidence),
        sourced=None
        if touches is None or touches.kind is None
        else influence.sourced_pipeline(journeys, accounts=everybody, confidence=confidence),
        lookback_days=journeys.lookback_days or 0.0,
    )


def _lifetimes(program: Program, confidence: float) -> Lifetimes | None:
    table = program.tenures
    if table is None:
        return None
    made = table.tenure - table.ended
    odd = np.flatnonzero((made < 0) | (made != np.floor(made)))
    if len(odd):
        row = int(odd[0])
        raise _checks.refuse("tenure", "be whole periods, at least 1 of who left", float(table.tenure[row]), row)
    counted = survivors.count_survivors(made.astype(np.int64), table.ended)
    model = churn.fit_shifted_beta_geometric(counted)
    discounted = worth = None
    if program.discount_rate is not None:
        discounted = projections.discounted_expected_lifetime(
            model, discount=program.discount_rate, confidence=confidence
        )
        revenue = program.recurring_revenue
        if program.margin is not None and revenue is not None:
            paid = revenue.account_sums("closing")["closing"]
            paying = paid[paid > 0]
            if len(paying):
                each = program.margin * float(paying.mean())
                worth = attrs.evolve(
                    discounted, value=each * discounted.value, low=each * discounted.low, high=each * discounted.high
                )
    return Lifetimes(
        curve=survival.survival_curve(table, confidence=confidence),
        model=model,
        kept=projections.projected_survival(model, _AFTER, confidence=confidence),
        lifetime=projections.expected_lifetime(model, horizon=_HORIZON, confidence=confidence),
        discounted=discounted,
        worth=worth,
        discount_rate=program.discount_rate,
    )


def _buyers(program: Program, _: float) -> Buyers | None:
    if program.purchases is None:
        return None
    if program.as_of is None:
        raise MetricInputError("the programme does not say its as_of")
    history = purchase_history(program.purchases, until=program.as_of)
    buying = buyers.fit_beta_geometric_nbd(history)
    ahead = buyers.conditional_expected_purchases(buying, history, periods=_WEEKS_AHEAD)
    spending = None if history.mean_spend is None else buyers.fit_gamma_gamma(history)
    return Buyers(
        buying=buying,
        spending=spending,
        alive=float(buyers.probability_alive(buying, history).sum()),
        purchases=float(ahead.sum()),
        revenue=None if spending is None else float(ahead @ buyers.expected_average_spend(spending, history)),
    )
