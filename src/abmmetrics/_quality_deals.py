"""Checks of deals: what they were worth, when they were closed, and in which words."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _labels
from abmmetrics._labels import Labels
from abmmetrics._quality import Check, Found, Look, Mask, Sheet, amount, as_keys, each, listed, names_of
from abmmetrics._quality_rows import as_mask, giant, repeats
from abmmetrics.opportunities import Opportunities

_OUTCOMES = ("won", "lost", "open")
_CURRENCIES = ("currency", "currency_code", "currencyisocode", "deal_currency_code")
_HUNDRED = 100


def _days(sheet: Sheet, name: str) -> NDArray[np.datetime64] | None:
    times = sheet.columns.get(name)
    return None if times is None else times.astype("datetime64[D]")


def _outcome(sheet: Sheet, word: str) -> Mask:
    found: Mask = sheet.columns["outcome"] == word
    return found


def _closed_before_created(sheet: Sheet) -> Iterator[Found]:
    created, closed = _days(sheet, "created"), _days(sheet, "closed")
    if created is not None and closed is not None:
        before = closed < created
        longest = int((created - closed)[before].astype(np.int64).max(initial=0))
        yield from sheet.some(before, f"are closed before they are created, by up to {longest:,} days.")


def _ended_without_close(sheet: Sheet) -> Iterator[Found]:
    closed = _days(sheet, "closed")
    if closed is not None:
        ended = _outcome(sheet, "won") | _outcome(sheet, "lost")
        yield from sheet.some(
            ended & np.isnat(closed), "have no day on which they were closed.", among=ended, noun="deals won or lost"
        )


def _open_with_close(sheet: Sheet) -> Iterator[Found]:
    closed = _days(sheet, "closed")
    if closed is not None:
        going = _outcome(sheet, "open")
        yield from sheet.some(
            going & ~np.isnat(closed), "have a day on which they were closed.", among=going, noun="open deals"
        )


def _no_creation(sheet: Sheet) -> Iterator[Found]:
    created = _days(sheet, "created")
    if created is not None:
        yield from sheet.some(np.isnat(created), "have no day of creation.")


def _other_outcomes(sheet: Sheet) -> Iterator[Found]:
    outcome: Labels = sheet.columns["outcome"]
    other = ~outcome.isin(_OUTCOMES) & ~outcome.missing()
    words = listed([repr(name) for _, name in names_of(outcome) if name not in _OUTCOMES])
    yield from sheet.some(other, f"have an outcome other than 'won', 'lost' or 'open': {words}.")


def _lost_amounts(sheet: Sheet) -> Iterator[Found]:
    amounts = sheet.columns.get("amount")
    if amounts is None:
        return
    lost, worthless = _outcome(sheet, "lost"), ~(amounts > 0)
    count, total = int((lost & worthless).sum()), int(lost.sum())
    rows = np.flatnonzero(lost & worthless)
    if 0 < count < total:
        told = f"{amount(count, total)} lost deals have the amount 0 or none, so a win rate by value reads too high."
        yield sheet.found(rows, told, total)
    elif count:
        told = (
            f"All {count:,} lost deals have the amount 0 or none, so a win rate by value would read 100 %: it is left "
            "undefined. Keep what a lost deal would have been worth."
        )
        yield sheet.found(rows, told, total)


def _open_amounts(sheet: Sheet) -> Iterator[Found]:
    amounts = sheet.columns.get("amount")
    if amounts is None:
        return
    going = _outcome(sheet, "open")
    unpriced = np.flatnonzero(going & ~(amounts > 0))
    count = int(going.sum())
    if len(unpriced):
        priced = "none" if len(unpriced) == count else f"{count - len(unpriced):,}"
        told = f"Of {count:,} open deals {priced} has an amount: the open pipeline is larger than it reads."
        yield sheet.found(unpriced, told, count)


def _won_amounts(sheet: Sheet) -> Iterator[Found]:
    amounts = sheet.columns.get("amount")
    if amounts is None:
        return
    won = _outcome(sheet, "won")
    count = int(won.sum())
    for unpriced, told in (
        (won & np.isnan(amounts), "have no amount: the revenue won is larger than it reads."),
        (won & (amounts == 0), "have the amount 0: if they were not free, the revenue won is larger than it reads."),
    ):
        rows = np.flatnonzero(unpriced)
        if len(rows):
            yield sheet.found(rows, f"{len(rows):,} of {count:,} won deals {told}", count)


def _copies(sheet: Sheet) -> Iterator[Found]:
    columns = sheet.columns
    if not {"created", "amount"} <= columns.keys():
        return
    told = ~np.isnat(columns["created"]) & (columns["amount"] > 0) & ~columns["account"].missing()
    held = {**columns, **{f"segment {name}": labels for name, labels in sheet.segments.items()}}
    rows = np.flatnonzero(told)
    keys = [as_keys(values)[rows] for name, values in held.items() if name != "opportunity"]
    copies = rows[repeats(keys)]
    yield from sheet.some(as_mask(copies, len(sheet)), "repeat an earlier one in everything but the identifier.")


def _currencies(sheet: Sheet) -> Iterator[Found]:
    for name, labels in {**sheet.columns, **sheet.segments}.items():
        if name.casefold().replace(" ", "_") in _CURRENCIES and isinstance(labels, Labels):
            names = [text for _, text in names_of(labels)]
            if len(names) > 1:
                other = ~(labels == names[0]) & ~labels.missing()
                told = f"are in another currency than {names[0]}: {listed(names[1:])}. Amounts of both do not add up."
                yield from sheet.some(other, told)


def _other_currency(look: Look) -> Iterator[Found]:
    said = look.currency
    for sheet in look.of(Opportunities):
        own = sheet.settings.get("currency")
        if own is not None and said is not None and own != said:
            told = f"Amounts of {sheet.title} are in {own}, others in {said}."
            yield sheet.found(np.arange(len(sheet)), told)
        said = said or own


def _probabilities(sheet: Sheet) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for name, labels in sheet.segments.items():
        if "probability" in name.casefold():
            figures = [_number(label) for label in _labels.as_python_list(labels.categories)]
            yield name, np.array([*figures, np.nan])[labels.codes()]


def _number(label: Any) -> float:  # noqa: ANN401 - text or a whole number
    try:
        return float(str(label).strip().removesuffix("%"))
    except ValueError:
        return np.nan


def _wrong_probabilities(sheet: Sheet) -> Iterator[Found]:
    for name, figures in _probabilities(sheet):
        wrong = (figures < 0) | (figures > _HUNDRED)
        most = f"{figures[wrong].max(initial=-np.inf):g}"
        yield from sheet.some(wrong, f"have a {name} that is none, below 0 or above 100; the highest is {most}.")


def _scales_of_probability(sheet: Sheet) -> Iterator[Found]:
    for name, figures in _probabilities(sheet):
        shares, percentages = (figures > 0) & (figures < 1), (figures > 1) & (figures <= _HUNDRED)
        if shares.any():
            told = f"have a {name} above 1, and {int(shares.sum()):,} one between 0 and 1: two scales in one column."
            yield from sheet.some(percentages, told)
        else:
            yield from sheet.some(percentages, f"have a {name} above 1: they are percentages, not shares.")


def _giant_deals(sheet: Sheet) -> Iterator[Found]:
    amounts = sheet.columns.get("amount")
    if amounts is not None:
        won = np.where(_outcome(sheet, "won"), np.nan_to_num(amounts), 0.0)
        yield from giant(sheet, sheet.columns["account"], "revenue won", won)


CHECKS = (
    Check(
        code="closed_before_created",
        severity="wrong",
        asks="Deals that are closed before they are created",
        advice="Correct the days, or leave the deals out: they were entered late, or a time zone moved them.",
        find=each(_closed_before_created, Opportunities),
    ),
    Check(
        code="ended_without_close",
        severity="wrong",
        asks="Deals won or lost without a day of closing",
        advice="Fill in the day: without it a deal is in no month, and its length is not known.",
        find=each(_ended_without_close, Opportunities),
    ),
    Check(
        code="open_with_close",
        severity="wrong",
        asks="Open deals with a day of closing",
        advice="Leave the day empty where a deal is open: an expected close is not a close.",
        find=each(_open_with_close, Opportunities),
    ),
    Check(
        code="unknown_outcomes",
        severity="wrong",
        asks="Deals whose outcome is neither won, lost nor open",
        advice="Map the stages of the export to these three words; several stages may be won.",
        find=each(_other_outcomes, Opportunities),
    ),
    Check(
        code="no_creation",
        severity="doubtful",
        asks="Deals without a day of creation",
        advice="Fill it in from the history: these deals are in no cohort, and their length is not known.",
        find=each(_no_creation, Opportunities),
    ),
    Check(
        code="lost_without_amount",
        severity="doubtful",
        asks="Lost deals whose amount is 0 or missing",
        advice="Take the last offer or the list price, or read the win rate by number.",
        find=each(_lost_amounts, Opportunities),
    ),
    Check(
        code="open_without_amount",
        severity="doubtful",
        asks="Open deals whose amount is 0 or missing",
        advice="Fill in what they may be worth; until then count them, rather than sum.",
        find=each(_open_amounts, Opportunities),
    ),
    Check(
        code="won_without_amount",
        severity="doubtful",
        asks="Won deals whose amount is 0 or missing",
        advice="Fill in what they were sold for.",
        find=each(_won_amounts, Opportunities),
    ),
    Check(
        code="copied_deals",
        severity="doubtful",
        asks="Deals that equal an earlier one in everything but the identifier",
        advice="Merge those that are one deal: merged deals often stay in an export.",
        find=each(_copies, Opportunities),
    ),
    Check(
        code="mixed_currencies",
        severity="wrong",
        asks="Deals in several currencies",
        advice="Convert each amount at the rate of its day, and leave empty what has no rate.",
        find=each(_currencies, Opportunities),
    ),
    Check(
        code="other_currency",
        severity="wrong",
        asks="A table in another currency than the programme, or than an earlier table",
        advice="Convert one of them.",
        find=_other_currency,
    ),
    Check(
        code="impossible_probability",
        severity="wrong",
        asks="A segment named probability below 0 or above 100",
        advice="Correct it: 1000 is a slip.",
        find=each(_wrong_probabilities, Opportunities),
    ),
    Check(
        code="probability_scale",
        severity="to know",
        asks="A segment named probability in percent, or on both scales",
        advice="Divide percentages by 100 before amounts are weighted with them.",
        find=each(_scales_of_probability, Opportunities),
    ),
    Check(
        code="giant_deals",
        severity="to know",
        asks="An account with a quarter of the revenue won, where ten accounts or more have any",
        advice="Read figures by account too, and without it; intervals know of it.",
        find=each(_giant_deals, Opportunities),
    ),
)
