"""What a KPI is, as its docstring says: for readers of a page who cannot look into the code."""

import html
import inspect
import re
from collections.abc import Callable

import attrs

from abmmetrics._kpi_list import Kpi

_CODE = re.compile(r":\w+:`~?([^`]+)`|``([^`]+)``|`([^`]+)`")
_REST = "Leaves out:"


@attrs.frozen(kw_only=True)
class Definition:
    """What a KPI is.

    Attributes:
        function: the name of the function.
        meaning: what it says, in a sentence.
        formula: how it is computed, paragraph by paragraph.
        leaves_out: what it does not say.
        options: what the function was told.
    """

    function: str
    meaning: str
    formula: tuple[str, ...]
    leaves_out: str
    options: str


def definition(kpi: Kpi) -> Definition | None:
    """Return the definition of a KPI; None where Python was started without docstrings.

    Args:
        kpi: the KPI.
    """
    told = inspect.getdoc(kpi.function)
    if told is None:
        return None
    meaning, *paragraphs = [" ".join(part.split()) for part in told.split("\nArgs:")[0].split("\n\n") if part.strip()]
    rest = next((part for part in paragraphs if part.startswith(_REST)), "")
    before = paragraphs[: paragraphs.index(rest)] if rest else paragraphs
    options = {name: value for name, value in kpi.options.items() if isinstance(value, str | int | float)}
    return Definition(
        function=_name(kpi.function),
        meaning=meaning,
        formula=tuple(before),
        leaves_out=rest.removeprefix(_REST).strip(),
        options=", ".join(f"{name}={value!r}" for name, value in options.items()),
    )


def _name(function: Callable[..., object]) -> str:
    return getattr(function, "__name__", "")


def as_html(text: str) -> str:
    """Write a paragraph of a docstring as HTML: names of code as such, the rest escaped."""
    return _CODE.sub(_code, html.escape(text))


def _code(found: re.Match[str]) -> str:
    named, *plain = found.groups()
    name = named.rsplit(".", maxsplit=1)[-1] if named else next(text for text in plain if text)
    return f"<code>{name}</code>"
