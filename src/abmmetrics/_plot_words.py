"""Words of pictures: labels that are data, names of KPIs and units, and how much room a text takes."""

import itertools
import math
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from abmmetrics._checks import how_many
from abmmetrics._reading import is_listed
from abmmetrics.results import IN_HUNDREDTHS, Estimate, Unit, format_value

ELLIPSIS = "…"
LONGEST_LABEL = 28
_UNPRINTABLE = frozenset({"Cc", "Cs", "Cn", "Co"})
UNIT_WORDS: Mapping[str, str] = {"share": "percent", "return": "percent", "money": "money, in the data's currency"}


def clean(label: Any) -> str:  # noqa: ANN401 - a label, or a tuple of them
    """Write a label on one line, without characters that no page can hold."""
    text = ", ".join(map(str, label)) if is_listed(label) else str(label)
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in _UNPRINTABLE else character
        for character in " ".join(text.split())
    )


def short(text: str, most: int = LONGEST_LABEL) -> str:
    """Leave out the middle of a long text: names differ at their beginning or at their end."""
    if columns_of(text) <= most:
        return text
    head, tail = _fitting(text, most - 1 - most // 3), _fitting(text[::-1], most // 3)[::-1]
    return f"{head.rstrip()}{ELLIPSIS}{tail.lstrip()}"


def _fitting(text: str, most: int) -> str:
    """Return as much of the beginning as fits."""
    reach = itertools.accumulate(map(columns_of, text))
    return "".join(character for character, wide in zip(text, reach, strict=True) if wide <= most)


def short_labels(labels: Iterable[Any], most: int = LONGEST_LABEL) -> list[str]:
    """Write labels so that they fit and still differ: those that would be alike are numbered."""
    texts = [short(clean(label), most) for label in labels]
    alike = {text for text in texts if texts.count(text) > 1}
    seen: dict[str, int] = {}
    told: list[str] = []
    for text in texts:
        seen[text] = seen.get(text, 0) + 1
        told.append(f"{text} ({seen[text]})" if text in alike else text)
    return told


def columns_of(text: str) -> int:
    """Count the columns that a text takes where each letter takes one: letters of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Guess how many points wide a text of a size is; rather too wide than too narrow."""
    return columns_of(text) * size * (0.68 if bold else 0.61)


def wrapped(text: str, points: float, size: float, *, bold: bool = False) -> str:
    """Break a text into lines of at most so many points, by the same guess."""
    most = max(int(points / width_of("x", size, bold=bold)), 12)
    return "\n".join(textwrap.wrap(text, most))


def kpi_words(kpi: str) -> str:
    """Write the name of a KPI in words: open_rate is Open rate."""
    words = clean(kpi.replace("_", " "))
    return words[:1].upper() + words[1:]


def axis_words(kpi: str, unit: Unit) -> str:
    """Say what an axis shows, and in what unit."""
    words = clean(kpi.replace("_", " "))
    return f"{words} ({UNIT_WORDS.get(unit, unit)})"


def tick_text(value: float, unit: Unit) -> str:
    """Write a figure of an axis, without more digits than it has."""
    if unit in IN_HUNDREDTHS:
        return f"{round(100 * value, 6):g} %"
    return f"{round(value, 9):,.9f}".rstrip("0").rstrip(".")


def span_text(low: float, high: float, unit: Unit, write: Callable[[float, Unit], str] = format_value) -> str:
    """Write an interval."""
    if math.isnan(low) and math.isnan(high):
        return "no interval"
    return f"{write(low, unit)} to {write(high, unit)}"


def signed_text(value: float, unit: Unit) -> str:
    """Write a difference with its sign; of percentages in percentage points."""
    told = format_value(value, unit).removesuffix(" %")
    return told if value <= 0 or told.startswith("+") else f"+{told}"


def signed_tick(value: float, unit: Unit) -> str:
    """Write a difference of an axis; of percentages in percentage points."""
    return tick_text(value, unit).removesuffix(" %")


def slope_text(value: float, unit: Unit) -> str:
    """Write a change from period to period, which may be small."""
    return f"{100 * value:+.2f}" if unit in IN_HUNDREDTHS else f"{value:+,.3g}"


def difference_words(unit: Unit) -> str:
    """Say what differences are measured in."""
    return "percentage points" if unit in IN_HUNDREDTHS else UNIT_WORDS.get(unit, unit)


def by_words(groups: Mapping[str, Sequence[Any]]) -> str:
    """Say what a result is grouped by: " by tier and region"; nothing where it is pooled."""
    names = [clean(name) for name in groups]
    return f" by {' and '.join(names)}" if names else ""


def group_words(groups: Mapping[str, Sequence[Any]]) -> str:
    """Say which group a result is of: ", tier: Large"; nothing where it is pooled."""
    return "".join(f", {clean(name)}: {short(clean(labels[0]))}" for name, labels in groups.items())


def counted_words(estimate: Estimate) -> str:
    """Say how many accounts a result rests on, each counted once; rows where accounts are withheld."""
    influences = estimate.influences
    if influences is not None:
        return how_many(len(set(influences.account.tolist())), estimate.counted)
    rows = sum(count for count in estimate.rows.tolist() if not math.isnan(count))
    return how_many(rows, "rows")


def reason_of(estimate: Estimate, row: int) -> str:
    """Say why a group has no value."""
    if estimate.suppressed[row]:
        return "suppressed (protects small groups)"
    told = [remark.removeprefix("undefined: ") for remark, held in estimate.flags.items() if held[row]]
    return f"undefined ({'; '.join(told)})" if told else "undefined"


def variant_words(estimate: Estimate) -> list[str]:
    """Say which variant or scale a result is of."""
    return [
        remark.removeprefix("variant: ") for remark in estimate.remarks if remark.startswith(("variant: ", "scale "))
    ]
