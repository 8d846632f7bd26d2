"""Checks of days and moments: those that are no real ones, and those that tell how the data were made."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abmmetrics._quality import FEW, Check, Found, Integers, Look, Mask, Sheet, amount, each, listed
from abmmetrics.histories import StageHistory
from abmmetrics.meetings import MeetingLog
from abmmetrics.periods import last_moment

Times = NDArray[np.datetime64]

_FIRST = np.datetime64("1980-01-01")
_LAST = np.datetime64("2050-01-01")
"""Before the one and from the other on nobody keeps records: such days stand for something else."""
_DAY, _HOUR = 86_400_000_000, 3_600_000_000  # microseconds
_STARTS = ("at", "entered", "started", "created")
_TO_COME = ("left", "expected")
"""Columns that may lie in the future."""


def _no_day(times: Times) -> Mask:
    return (times < _FIRST) | (times >= _LAST)


def _most_frequent(days: Times) -> str:
    """Write the days that occur, the most frequent first."""
    found, count = np.unique(days.astype("datetime64[D]"), return_counts=True)
    return listed(found[np.argsort(-count, kind="stable")].tolist())


def _placeholders(sheet: Sheet) -> Iterator[Found]:
    for name, times in sheet.times().items():
        none = _no_day(times)
        if issubclass(sheet.model, StageHistory) and name == "left":
            none &= times < _FIRST
        told = f"have {name} on days that stand for none: {_most_frequent(times[none])}."
        yield from sheet.some(none, told)


def _open_ends(sheet: Sheet) -> Iterator[Found]:
    left: Times | None = sheet.columns.get("left")
    if left is not None:
        ends = left >= _LAST
        yield from sheet.some(ends, f"are left on {_most_frequent(left[ends])}, which says that they go on.")


def _after_as_of(look: Look) -> Iterator[Found]:
    if look.as_of is None:
        return
    end = np.datetime64(last_moment(look.as_of), "us")
    for sheet in look.of():
        for name, times in sheet.times().items():
            late = (times > end) & ~_no_day(times)
            if issubclass(sheet.model, MeetingLog):
                outcome = sheet.columns.get("outcome")
                late &= False if outcome is None else ~(outcome.missing() | (outcome == "scheduled"))
            if name not in _TO_COME:
                yield from sheet.some(late, f"have {name} after {look.as_of}, the day that the data stand for.")


def _one_moment(sheet: Sheet) -> Iterator[Found]:
    for name in _STARTS:
        times = sheet.times().get(name)
        if times is None or len(times) < FEW:
            continue
        found, number, count = np.unique(times, return_inverse=True, return_counts=True)
        most = int(count.argmax())
        if 2 * count[most] > len(times) and not np.isnat(found[most]):
            yield from sheet.some(
                number == most, f"share one moment of {name}, {_moment(found[most])}, as after an import."
            )


def _moment(time: Any) -> str:  # noqa: ANN401 - a day or a moment
    return str(time.astype("datetime64[s]").item()).removesuffix(" 00:00:00").removesuffix(":00")


def _distinct(values: Integers) -> Integers:
    """Return the values that occur; sorting is faster than the hash table of numpy, which has many rows to fill it."""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def _clock(sheet: Sheet) -> Iterator[Found]:
    for name, times in sheet.times().items():
        held = ~np.isnat(times) & ~_no_day(times)
        moments: Integers = times[held].astype("datetime64[us]").view(np.int64)
        hours = _distinct(moments % _DAY)
        # Local midnights stand at one time of day in another zone, or at two an hour apart where clocks change.
        apart = int(hours[-1] - hours[0]) if len(hours) else 0
        same = len(hours) == 1 or (len(hours) == 2 and apart in {_HOUR, _DAY - _HOUR})  # noqa: PLR2004 - see above
        if same and hours.any() and len(moments) >= FEW and len(_distinct(moments // _DAY)) > 1:
            at = " or ".join(f"{hour // _HOUR:02}:{hour % _HOUR // 60_000_000:02}" for hour in hours.tolist())
            count = amount(len(moments), len(sheet))
            told = f"{count} {sheet.noun} have {name} at {at}, as midnights of another time zone do."
            yield sheet.found(np.flatnonzero(held), told)


CHECKS = (
    Check(
        code="placeholder_dates",
        severity="wrong",
        asks="Days before 1980 or from 2050 on, such as 1900-01-01, 1970-01-01 and 9999-12-31",
        advice="Leave the day empty: systems write such days where there is none.",
        find=each(_placeholders),
    ),
    Check(
        code="open_ends",
        severity="to know",
        asks="Stages that are left from 2050 on: they go on",
        advice="Nothing: stage_intervals takes 9999-12-31 and 2050-01-01 as open ends, and others with open_ends=.",
        find=each(_open_ends, StageHistory),
    ),
    Check(
        code="after_as_of",
        severity="doubtful",
        asks="Things that happened after the day that the data stand for",
        advice="Set as_of to the last day that the data cover, or find out who records what has not happened yet.",
        find=_after_as_of,
    ),
    Check(
        code="one_moment",
        severity="doubtful",
        asks="More than half of all rows at one moment, as after an import",
        advice="Look for the column of when it happened; this one says when it was written.",
        find=each(_one_moment),
    ),
    Check(
        code="one_time_of_day",
        severity="doubtful",
        asks="All moments at one time of day (or two, an hour apart) that is not midnight",
        advice="Read the times with from_frame(..., tz=) of where they were written: else days, months and years shift.",
        find=each(_clock),
    ),
)
