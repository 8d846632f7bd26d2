"""Reads a TOML file key by key, so that a key that means nothing is refused."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import attrs

from abmmetrics.errors import MetricInputError

TEXT, WHOLE, NUMBER = "text in quotes", "a whole number", "a number"
LIST, TABLE, DAY, ANYTHING = "a list", "a table of its own", "a date such as 2026-03-31, without quotes", "a setting"
_KINDS: dict[str, tuple[type, ...]] = {
    TEXT: (str,),
    WHOLE: (int,),
    NUMBER: (int, float),
    LIST: (list,),
    TABLE: (dict,),
    DAY: (dt.date,),
    ANYTHING: (str, int, float, bool, list, dt.date),
}


def reason(error: OSError) -> str:
    """Say why a file cannot be read."""
    return (error.strerror or str(error)).lower()


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MetricInputError(f"{path} must be a file that can be read; {reason(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MetricInputError(f"{path} must be TOML; {error}") from None


@attrs.define
class Settings:
    """One table of a TOML file, whose keys are taken one by one; a key that nobody took is a typing error.

    Attributes:
        where: what to call it in a refusal: the file and the table's name.
        entries: what it holds.
        known: keys that were asked for.
    """

    where: str
    entries: Mapping[str, Any]
    known: list[str] = attrs.field(factory=list[str])

    def take(self, key: str, kind: str, default: Any = None) -> Any:  # noqa: ANN401 - whatever the kind holds
        """Return the value of a key, or the default where it is not given.

        Args:
            key: the key.
            kind: what it must be, one of those below.
            default: what holds where it is not given.
        """
        self.known.append(key)
        if key not in self.entries:
            return default
        value = self.entries[key]
        if type(value) not in _KINDS[kind]:
            raise MetricInputError(f"{self.where}: {key} must be {kind}; got {value!r}")
        return value

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        found = self.take(key, LIST, [])
        if not _all_text(found):
            raise MetricInputError(f"{self.where}: {key} must be a list of texts; got {found!r}")
        return cast("list[str]", found)

    def names(self, key: str) -> dict[str, str]:
        """Return a mapping of texts; a list of them maps each to itself."""
        self.known.append(key)
        given = self.entries.get(key, {})
        if isinstance(given, list) and _all_text(given):
            return {name: name for name in cast("list[str]", given)}
        if isinstance(given, dict) and _all_text(cast("dict[str, Any]", given).values()):
            return cast("dict[str, str]", given)
        raise MetricInputError(f"{self.where}: {key} must be names of columns; got {given!r}")

    def inner(self, key: str) -> "Settings":
        """Return a table inside this one; an empty one where it is not given."""
        return Settings(f"{self.where.removesuffix(']')}.{key}]", self.take(key, TABLE, {}))

    def finish(self) -> None:
        """Refuse keys that nothing asked for."""
        for key in self.entries:
            if key not in self.known:
                raise MetricInputError(f"{self.where} must have keys among {sorted(self.known)}; got {key!r}")


def _all_text(values: Any) -> bool:  # noqa: ANN401 - whatever the file holds
    return all(isinstance(value, str) for value in values)
