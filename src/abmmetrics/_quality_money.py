"""Checks of money: what campaigns cost, what customers pay, what they bought."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from abmmetrics import _labels
from abmmetrics._labels import Labels
from abmmetrics._quality import FEW, Check, Found, Integers, Look, Sheet, as_keys, each, having, listed, names_of
from abmmetrics._quality_rows import as_mask, repeats
from abmmetrics.lifts import ArmOutcomes
from abmmetrics.opportunities import Opportunities
from abmmetrics.purchases import Purchases
from abmmetrics.recurring import RecurringRevenue, RevenueHistory
from abmmetrics.roi import CampaignCosts, CampaignResults
from abmmetrics.touches import Touches

_MOST = 0.8
_NEVER, _OPEN = -(2**62), 2**62  # microseconds, before and after any data


def _strangers(look: Look, sheet: Sheet, others: tuple[type[Any], ...], told: str) -> Iterator[Found]:
    """Find campaigns that other tables do not have, where there are such tables."""
    known = {name for other in look.of(*others) for name in other.columns["campaign"].to_list()}
    labels: Labels = sheet.columns["campaign"]
    strange = ~labels.isin([*known]) & ~labels.missing()
    if known and strange.any():
        names = [repr(name) for code, name in names_of(labels) if having(labels, [code])[strange].any()]
        yield from sheet.some(strange, f"{told}: {listed(names)}." if names else f"{told}.")


def _touches_without_cost(look: Look) -> Iterator[Found]:
    for sheet in look.of(Touches):
        yield from _strangers(look, sheet, (CampaignCosts, CampaignResults), "are of campaigns without a cost")


def _costs_without_touch(look: Look) -> Iterator[Found]:
    for sheet in look.of(CampaignCosts, CampaignResults):
        yield from _strangers(look, sheet, (Touches,), "are of campaigns without a touch")


def _last_closes(touches: Labels, deals: Sheet) -> Integers:
    """Return when the last deal of each account of the touches was closed: never, still open, or a moment."""
    names = {name: code for code, name in enumerate(_labels.as_python_list(touches.categories))}
    labels = deals.columns["account"]
    code = np.array([names.get(name, -1) for name in _labels.as_python_list(labels.categories)] + [-1])[labels.codes()]
    closed = deals.columns.get("closed")
    ends = np.full(len(deals), _OPEN)
    if closed is not None:
        ended = ~np.isnat(closed)
        ends[ended] = (closed[ended].astype("datetime64[D]") + 1).astype("datetime64[us]").view(np.int64)
    last = np.full(len(names) + 1, _NEVER)
    np.maximum.at(last, code, ends)
    last[-1] = _OPEN  # touches without an account
    return last[touches.codes()]


def _touches_of_no_deal(look: Look) -> Iterator[Found]:
    for sheet in look.of(Touches):
        for deals in look.of(Opportunities):
            strange = _last_closes(sheet.columns["account"], deals) == _NEVER
            if len(sheet) >= FEW and strange.sum() >= _MOST * len(sheet):
                yield from sheet.some(strange, f"are of accounts without a deal ({deals.title}).")


def _touches_after_close(look: Look) -> Iterator[Found]:
    for sheet in look.of(Touches):
        for deals in look.of(Opportunities):
            last = _last_closes(sheet.columns["account"], deals)
            over = (last > _NEVER) & (last < _OPEN)
            late = over & (as_keys(sheet.columns["at"]) >= last)
            if over.sum() >= FEW and late.sum() >= _MOST * over.sum():
                told = f"come after the last deal of their account was closed ({deals.title})."
                yield from sheet.some(late, told, among=over, noun="touches of accounts whose deals are over")


def _free_campaigns(sheet: Sheet) -> Iterator[Found]:
    campaign: Labels = sheet.columns["campaign"]
    codes, cost = campaign.codes(), np.nan_to_num(sheet.columns["cost"])
    spent = np.bincount(codes[codes >= 0], cost[codes >= 0], minlength=len(campaign.categories))
    free = (codes >= 0) & (spent[codes] == 0)
    names = [repr(campaign[int(row)]) for row in np.flatnonzero(free)[np.unique(codes[free], return_index=True)[1]]]
    yield from sheet.some(free, f"are of campaigns that cost nothing: {listed(names)}.")


def _credits(sheet: Sheet) -> Iterator[Found]:
    for name in ("amount", "opening", "closing"):
        if name in sheet.columns:
            yield from sheet.some(sheet.columns[name] < 0, f"have {name} below 0, a credit that counts as 0.")


def _too_much_expansion(sheet: Sheet) -> Iterator[Found]:
    grown: Any = sum(np.nan_to_num(sheet.columns.get(name, np.zeros(len(sheet)))) for name in ("cross_sell", "up_sell"))
    closing = np.maximum(np.nan_to_num(sheet.columns["closing"]), 0)
    yield from sheet.some(grown > closing, "have more cross-sell and up-sell than they close with.")


def _pauses(sheet: Sheet) -> Iterator[Found]:
    account, times = sheet.columns["account"].codes(), sheet.columns["period"]
    _, number = np.unique(times, return_inverse=True)
    paid = np.flatnonzero((sheet.columns["amount"] > 0) & (account >= 0) & ~np.isnat(times))
    account, period = account[paid], number[paid]
    order = np.lexsort([period, account])
    back = (np.diff(account[order]) == 0) & (np.diff(period[order]) > 1)
    rows = paid[order[1:][back]]
    yield from sheet.some(as_mask(rows, len(sheet)), "follow periods in which the same account paid nothing.")


def _missing_periods(sheet: Sheet) -> Iterator[Found]:
    periods = np.unique(sheet.columns["period"])
    periods = periods[~np.isnat(periods)]
    months = np.diff(periods.astype("datetime64[M]").astype(np.int64))
    if len(months) and months.max() > np.bincount(months).argmax():
        usual = int(np.bincount(months).argmax())
        gaps = np.flatnonzero(months > usual)
        between = listed([f"{periods[gap]} and {periods[gap + 1]}" for gap in gaps.tolist()], "; ")
        rows = np.flatnonzero(np.isin(sheet.columns["period"], periods[gaps + 1]))
        yield sheet.found(rows, f"No row of {sheet.title} lies between {between}.")


def _both_arms(sheet: Sheet) -> Iterator[Found]:
    account, arm = sheet.columns["account"], sheet.columns["arm"]
    pairs = np.unique(np.stack([account.codes(), arm.codes()]), axis=1)
    arms = np.bincount(pairs[0][pairs.min(axis=0) >= 0], minlength=len(account.categories))
    yield from sheet.some(having(account, np.flatnonzero(arms > 1)), "are of accounts in several arms.")


def _worthless_purchases(sheet: Sheet) -> Iterator[Found]:
    amounts = sheet.columns.get("amount")
    if amounts is not None:
        yield from sheet.some(~(amounts > 0), "have the amount 0 or none.")


def _same_day(sheet: Sheet) -> Iterator[Found]:
    known = np.flatnonzero(~sheet.columns["account"].missing())
    again = known[repeats([as_keys(sheet.columns[name])[known] for name in ("account", "day")])]
    told = "are of an account and a day that an earlier row has: all of a day are one purchase."
    yield from sheet.some(as_mask(again, len(sheet)), told)


CHECKS = (
    Check(
        code="campaigns_without_cost",
        severity="doubtful",
        asks="Touches of campaigns that the costs do not know, where there are any",
        advice="Add their costs, or give campaigns the same names: their credit has no cost, and their return no end.",
        find=_touches_without_cost,
    ),
    Check(
        code="campaigns_without_touch",
        severity="to know",
        asks="Costs of campaigns without a touch, where there are any",
        advice="Add their touches, or give campaigns the same names: without a touch they get no credit.",
        find=_costs_without_touch,
    ),
    Check(
        code="touches_of_no_deal",
        severity="to know",
        asks="Eight of ten touches, or more, of accounts without a deal, where there are opportunities",
        advice="Look whether both tables name accounts alike; touches of accounts without a deal are in no journey.",
        find=_touches_of_no_deal,
    ),
    Check(
        code="touches_after_close",
        severity="doubtful",
        asks="Eight of ten touches, or more, after the last deal of their account was closed",
        advice="Look whether both tables are of the same time: touches after the close get no credit.",
        find=_touches_after_close,
    ),
    Check(
        code="free_campaigns",
        severity="doubtful",
        asks="Campaigns that cost nothing",
        advice="Fill in what they cost, working time included: a return on nothing is undefined.",
        find=each(_free_campaigns, CampaignCosts, CampaignResults),
    ),
    Check(
        code="credits",
        severity="to know",
        asks="Recurring revenue below 0",
        advice="Book credits into the period that they correct.",
        find=each(_credits, RecurringRevenue, RevenueHistory),
    ),
    Check(
        code="too_much_expansion",
        severity="wrong",
        asks="More cross-sell and up-sell than revenue at the closing",
        advice="Give of the closing amount what is expansion, not what was once sold.",
        find=each(_too_much_expansion, RecurringRevenue),
    ),
    Check(
        code="pauses",
        severity="to know",
        asks="Accounts that pay again after periods without revenue",
        advice="Look whether they had left: a late invoice reads as churn and return.",
        find=each(_pauses, RevenueHistory),
    ),
    Check(
        code="missing_periods",
        severity="doubtful",
        asks="Periods in which no account at all has revenue",
        advice="Export them again: every customer seems to leave and to come back.",
        find=each(_missing_periods, RevenueHistory),
    ),
    Check(
        code="both_arms",
        severity="wrong",
        asks="Accounts that are in several arms of an experiment",
        advice="Give each account the arm that it was first drawn for.",
        find=each(_both_arms, ArmOutcomes),
    ),
    Check(
        code="worthless_purchases",
        severity="doubtful",
        asks="Purchases whose amount is 0 or missing",
        advice="Leave out what was a gift or a correction: it raises frequency, and lowers what is spent.",
        find=each(_worthless_purchases, Purchases),
    ),
    Check(
        code="same_day",
        severity="to know",
        asks="Several purchases of an account on one day",
        advice="Nothing: purchase_history takes all of a day as one.",
        find=each(_same_day, Purchases),
    ),
)
