"""Checks of rows that any table may have: repeated, without an account, left out, beyond what can be."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels
from abmmetrics._grouped import first_of_each
from abmmetrics._quality import FEW, Check, Found, Integers, Look, Mask, Sheet, as_keys, each, having, kinds
from abmmetrics.activities import Activities
from abmmetrics.columns import COUNTS, NULLABLE, SIGNED, SUMMED, amounts_or_nan
from abmmetrics.enps import OneOnOneMeetings, PulseInvitations
from abmmetrics.histories import StageHistory
from abmmetrics.journey import JourneyEvents
from abmmetrics.leads import Leads
from abmmetrics.machine_events import EmailEvents
from abmmetrics.meetings import MeetingLog
from abmmetrics.opportunities import Opportunities
from abmmetrics.purchases import Purchases
from abmmetrics.recurring import RevenueHistory
from abmmetrics.tables import Table
from abmmetrics.targets import Contacts, TargetAccounts
from abmmetrics.touches import Touches
from abmmetrics.web import PageEvents

_EVENTS = (
    Activities,
    EmailEvents,
    JourneyEvents,
    Leads,
    OneOnOneMeetings,
    PageEvents,
    Purchases,
    StageHistory,
    Touches,
)
"""Tables of what happened: two rows alike in all columns are probably one."""
_KEYS: Mapping[type[Table], tuple[str, ...]] = {
    Contacts: ("account", "contact"),
    MeetingLog: ("meeting",),
    Opportunities: ("opportunity",),
    PulseInvitations: ("employee", "wave"),
    RevenueHistory: ("account", "period"),
    TargetAccounts: ("account",),
}
"""What tells the rows of a table apart."""
_DELETED = frozenset({"is_deleted", "isdeleted", "deleted", "_fivetran_deleted", "is_merged"})
_ACTIVE = frozenset({"_fivetran_active"})
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_GIANT = 0.25
_FEW_ROWS = 20


def repeats(keys: list[Integers]) -> Integers:
    """Return the rows that equal an earlier one in all keys."""
    return np.flatnonzero(~as_mask(first_of_each(keys), len(keys[0])))


def as_mask(rows: Integers, length: int) -> Mask:
    """Return positions as a mask."""
    mask = np.zeros(length, dtype=bool)
    mask[rows] = True
    return mask


def _all_keys(sheet: Sheet, *without: str) -> list[Integers]:
    held = {**sheet.columns, **{f"segment {name}": labels for name, labels in sheet.segments.items()}}
    return [as_keys(values) for name, values in held.items() if name not in without]


def _unread(sheet: Sheet) -> Iterator[Found]:
    for name, why in sheet.unread.items():
        yield sheet.found(np.arange(len(sheet)), f"The column {name} of {sheet.title} is not read: {why}.")


def _missing(sheet: Sheet) -> Iterator[Found]:
    known = kinds(sheet.model)
    for name, values in sheet.columns.items():
        if name in known and known[name] not in NULLABLE and not (name == sheet.model.unit or _may_lack(sheet, name)):
            yield from sheet.some(missing(values), f"have no {name}.")


def _may_lack(sheet: Sheet, name: str) -> bool:
    """Tell whether a table keeps rows without something that models otherwise want."""
    return issubclass(sheet.model, Contacts) and name == "role"


def missing(values: Any) -> Mask:  # noqa: ANN401 - labels, numbers or times
    """Tell which rows have no value."""
    if isinstance(values, _labels.Labels):
        return values.missing()
    found: Mask = np.zeros(len(values), dtype=bool)
    if values.dtype.kind in "fM":
        found = values != values  # noqa: PLR0124 - NaN and NaT differ from themselves
    return found


def _nameless(sheet: Sheet) -> Iterator[Found]:
    unit = sheet.model.unit
    if (labels := sheet.columns.get(unit)) is not None:
        told = f"have no {unit}: each counts as an {unit} of its own."
        noun = sheet.title if sheet.title.endswith("s") else None
        yield from sheet.some(labels.missing(), told, noun=noun)


def _left_out(look: Look) -> Iterator[Found]:
    for sheet in look.sheets:
        for why, count in sheet.excluded.items():
            sentence = f"{_checks.how_many(count, 'rows')} of {sheet.title} left out: {why}."
            rows = np.empty(0, dtype=np.int64)
            yield Found(table=sheet.name, rows=rows, count=count, total=len(sheet) + count, sentence=sentence)


def _negative(sheet: Sheet) -> Iterator[Found]:
    for name, kind in kinds(sheet.model).items():
        values = sheet.columns.get(name)
        if values is not None and kind in (*SUMMED, amounts_or_nan) and kind not in SIGNED:
            yield from sheet.some(values < 0, f"have {name} below 0.")


def _fractions(sheet: Sheet) -> Iterator[Found]:
    for name, kind in kinds(sheet.model).items():
        values = sheet.columns.get(name)
        if values is not None and kind in COUNTS and values.dtype.kind == "f":
            yield from sheet.some(values % 1 > 0, f"have {name} that is no whole number.")


def _out_of_order(sheet: Sheet) -> Iterator[Found]:
    for smaller, larger in sheet.model.at_most:
        if smaller in sheet.columns and larger in sheet.columns:
            wrong = sheet.columns[smaller] > sheet.columns[larger]
            yield from sheet.some(wrong, f"have {smaller} above {larger}.")


def _identifiers(sheet: Sheet) -> Iterator[Found]:
    names: tuple[str, ...] = next((names for model, names in _KEYS.items() if issubclass(sheet.model, model)), ())
    held = [name for name in names if name in sheet.columns]  # a survey of one wave need not name it
    if held[:1] != list(names[:1]) or not held:
        return
    known = np.flatnonzero(~np.any([missing(sheet.columns[name]) for name in held], axis=0))
    again = known[repeats([as_keys(sheet.columns[name])[known] for name in held])]
    same = as_mask(repeats(_all_keys(sheet)), len(sheet))[again]
    other = int((~same).sum())
    if len(again):
        told = f"repeat the {' and '.join(held)} of an earlier row, {other:,} of them with other content."
        yield from sheet.some(as_mask(again, len(sheet)), told)


def _repeated(sheet: Sheet) -> Iterator[Found]:
    again = as_mask(repeats(_all_keys(sheet)), len(sheet))
    at = sheet.columns.get("at")
    if at is not None:  # of one day, several may well be alike
        again &= at != at.astype("datetime64[D]")
    yield from sheet.some(again, "repeat an earlier row in every column.")


def _marked(sheet: Sheet, names: frozenset[str], marks: frozenset[str], told: str) -> Iterator[Found]:
    """Find rows that a segment marks."""
    for name, labels in sheet.segments.items():
        if name.casefold() in names:
            known = enumerate(_labels.as_python_list(labels.categories))
            codes = [code for code, label in known if str(label).strip().casefold() in marks]
            yield from sheet.some(having(labels, codes), f"{told} ({name}).")


def _deleted(sheet: Sheet) -> Iterator[Found]:
    yield from _marked(sheet, _DELETED, _YES, "are marked as deleted")


def _superseded(sheet: Sheet) -> Iterator[Found]:
    yield from _marked(sheet, _ACTIVE, _NO, "are marked as superseded versions")


def _measure(sheet: Sheet) -> tuple[str, NDArray[Any]] | None:
    """Return what is summed in a table, or its rows where they cannot be."""
    if issubclass(sheet.model, TargetAccounts):
        return None
    if not sheet.model.additive:
        return sheet.noun, np.ones(len(sheet))
    known = kinds(sheet.model)
    name = next((name for name in sheet.columns if known.get(name) in SUMMED), None)
    return None if name is None else (f"{name} of {sheet.title}", sheet.columns[name].astype(np.float64))


def _giants(sheet: Sheet) -> Iterator[Found]:
    measured = _measure(sheet)
    if sheet.accounts is not None and measured is not None and len(sheet) >= _FEW_ROWS:
        yield from giant(sheet, sheet.accounts, *measured)


def giant(sheet: Sheet, accounts: _labels.Labels, what: str, values: NDArray[Any]) -> Iterator[Found]:
    """Find an account that has a quarter of everything, where there are ten accounts or more."""
    codes = accounts.codes()
    counted = (codes >= 0) & (values > 0)
    sums = np.bincount(codes[counted], values[counted], minlength=len(accounts.categories))
    whole, most = float(sums.sum()), int(sums.argmax()) if len(sums) else 0
    if (sums > 0).sum() >= FEW and sums[most] >= _GIANT * whole:
        name = repr(_labels.as_python(accounts.categories[most]))
        sentence = f"{name} has {100 * sums[most] / whole:.0f} % of all {what}: pooled figures are mostly its own."
        yield sheet.found(np.flatnonzero(codes == most), sentence)


_BY_ACCOUNT = "Read figures by account or by segment too, and without it; intervals know of it."

CHECKS = (
    Check(
        code="unread",
        severity="wrong",
        asks="Columns that cannot be what they should be",
        advice="Mend the values, or name another column.",
        find=each(_unread),
    ),
    Check(
        code="missing_values",
        severity="wrong",
        asks="Missing values where the model wants one",
        advice='Fill them, or leave the rows out with from_frame(..., missing="drop"), which counts them.',
        find=each(_missing),
    ),
    Check(
        code="negative_values",
        severity="wrong",
        asks="Counts and amounts below 0",
        advice="Find out what they stand for: credits and corrections belong to what they correct.",
        find=each(_negative),
    ),
    Check(
        code="fractions",
        severity="wrong",
        asks="Counts that are no whole numbers, such as rates",
        advice="Give the counts that the rates were computed from.",
        find=each(_fractions),
    ),
    Check(
        code="out_of_order",
        severity="wrong",
        asks="Counts that exceed what they are part of: more opened than delivered",
        advice="Count mails, visits and forms once each, rather than all of their events.",
        find=each(_out_of_order),
    ),
    Check(
        code="repeated_identifiers",
        severity="wrong",
        asks="Identifiers that occur twice: opportunities, meetings, contacts of an account, target accounts, periods",
        advice="Keep the latest version of each; where joins made copies (several companies of a deal), join anew.",
        find=each(_identifiers),
    ),
    Check(
        code="repeated_rows",
        severity="doubtful",
        asks="Events that equal an earlier one in every column; of days without a time of day, many may",
        advice="Leave the copies out, unless the same can happen twice at one moment.",
        find=each(_repeated, *_EVENTS),
    ),
    Check(
        code="deleted_rows",
        severity="wrong",
        asks="Rows that a segment such as is_deleted marks as deleted or merged",
        advice="Leave them out: connectors keep rows that the system has deleted.",
        find=each(_deleted),
    ),
    Check(
        code="superseded_rows",
        severity="wrong",
        asks="Rows that a segment _fivetran_active marks as superseded",
        advice="Keep the current version of each row, except in a stage history.",
        find=each(_superseded),
    ),
    Check(
        code="no_account",
        severity="to know",
        asks="Rows without an account (or employee)",
        advice="Match them to accounts, by domain or by contact, as far as that is sure.",
        find=each(_nameless),
    ),
    Check(
        code="left_out",
        severity="to know",
        asks="Rows that were left out when the table was read",
        advice="Look whether those left out differ from those kept.",
        find=_left_out,
    ),
    Check(
        code="giant_account",
        severity="to know",
        asks="An account with a quarter of all rows, or of what is summed, where there are ten accounts or more",
        advice=_BY_ACCOUNT,
        find=each(_giants),
    ),
)
