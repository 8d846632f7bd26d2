"""Reads the tables of a programme from CSV files; every refusal names the file, the line and the value."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import attrs
import numpy as np

from abmmetrics import _checks, _reading
from abmmetrics._csv_file import CsvFile, read_csv
from abmmetrics._settings import ANYTHING, TEXT, Settings
from abmmetrics.columns import CHECKS, COUNTS, LABELS, NULLABLE, TIMES, labels, optional_labels
from abmmetrics.errors import MetricInputError
from abmmetrics.tables import Table

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")
_FLAGS = {"true": True, "false": False}
_ROW = re.compile(r" at row (\d+)$")
_SHOWN = 3


def read_table(
    folder: Path, model: type[Table], settings: Settings, *, currency: str | None = None
) -> tuple[Table, list[str]]:
    """Read one table of a programme.

    Args:
        folder: where its files lie.
        model: what the table is.
        settings: its part of program.toml.
        currency: of the amounts, where neither a column nor the settings say it.

    Returns:
        The table, and what a reader must know about how it was read.
    """
    read = _TableReader(folder, model, settings)
    table = read.table(currency)
    settings.finish()
    return table, read.findings


class _TableReader:
    """Reads one table: the file, then its cells, then the model, then what to group by."""

    def __init__(self, folder: Path, model: type[Table], settings: Settings) -> None:
        fields: Sequence[Any] = attrs.fields(cast("Any", model))
        self.folder, self.model, self.settings = folder, model, settings
        self.kinds: dict[str, Callable[..., Any]] = {
            field.name: field.converter for field in fields if field.converter in CHECKS
        }
        self.required = [field.name for field in fields if field.name in self.kinds and field.default is attrs.NOTHING]
        self.own_settings = [field.name for field in fields if field.name not in {*self.kinds, "segments", "excluded"}]
        # What every row repeats may be a column of the file.
        self.kinds |= dict.fromkeys(model.constants, labels)
        self.findings: list[str] = []
        self.delimiter = settings.take("delimiter", TEXT, ",")
        if len(self.delimiter) != 1:
            raise MetricInputError(f"{settings.where}: delimiter must be one character; got {self.delimiter!r}")
        self.encoding = settings.take("encoding", TEXT, "utf-8-sig")
        self.missing = settings.take("missing", TEXT, "refuse")
        if self.missing not in {"refuse", "drop", "separate"}:
            raise MetricInputError(
                f"{settings.where}: missing must be one of ['refuse', 'drop', 'separate']; got {self.missing!r}"
            )
        self.missing_values = {"", *settings.texts("missing_values")}
        self.date_format = settings.take("date_format", TEXT)
        name = settings.take("file", TEXT)
        if name is None:
            raise MetricInputError(f"{settings.where} must name its file, such as file = 'export.csv'")
        self.file = self.read(name)

    def read(self, name: str) -> CsvFile:
        return read_csv(self.folder, name, delimiter=self.delimiter, encoding=self.encoding)

    def table(self, currency: str | None) -> Table:
        named = self.settings.names("columns")
        for name in named:
            if name not in self.kinds:
                raise MetricInputError(
                    f"{self.settings.where}.columns must have keys among {sorted(self.kinds)}; got {name!r}"
                )
        sources = {name: named.get(name, name) for name in self.kinds if name in named or name in self.file.columns}
        for name in self.required:
            if name not in sources:
                raise MetricInputError(
                    f"{self.file.name}, line 1: {name} must have a column, to be named in "
                    f"{self.settings.where}.columns; got the columns {list(self.file.columns)}"
                )
        cells = {name: self.present(self.file.column(source, name)) for name, source in sources.items()}
        segments = {
            name: self.present(self.file.column(source, f"segment {name}"))
            for name, source in self.settings.names("segments").items()
        }
        segments |= self.looked_up()
        self.rename({**cells, **segments})
        self.blank(cells)
        keep, excluded = self.complete(cells, sources)
        lines = [self.file.lines[row] for row in keep]
        columns = {
            name: [self.value(name, held[row], self.file.lines[row], sources[name]) for row in keep]
            for name, held in cells.items()
        }
        chosen: dict[str, Any] = {}
        if currency is not None and "currency" in self.own_settings and "currency" not in sources:
            chosen["currency"] = currency
        for name in self.own_settings:
            value = self.settings.take(name, ANYTHING)
            if value is not None:
                chosen[name] = _closed(value)
        try:
            table = self.model.from_frame(columns, missing="separate", tz=self.settings.take("tz", TEXT), **chosen)
            return attrs.evolve(
                table,
                excluded=excluded,
                segments={
                    name: _checks.as_optional_labels(name, _reading.read_column(name, [held[row] for row in keep]))
                    for name, held in segments.items()
                },
            )
        except MetricInputError as error:
            raise self.located(str(error), lines, sources) from None

    def present(self, cells: list[str]) -> list[str | None]:
        """Mark missing cells by None."""
        return [None if cell.strip() in self.missing_values else cell for cell in cells]

    def looked_up(self) -> dict[str, list[str | None]]:
        """Return segments that another file knows, such as the manager of each sales agent."""
        lookups = self.settings.inner("lookups")
        found: dict[str, list[str | None]] = {}
        for name in lookups.entries:
            lookup = lookups.inner(name)
            asked = {key: lookup.take(key, TEXT) for key in ("file", "on", "column")}
            for key, value in asked.items():
                if value is None:
                    raise MetricInputError(f"{lookup.where} must say its {key}; got {list(lookup.entries)}")
            other_key = lookup.take("key", TEXT, asked["on"])
            lookup.finish()
            other = self.read(asked["file"])
            keys = other.column(other_key, "key")
            values = dict(zip(keys, self.present(other.column(asked["column"], "column")), strict=True))
            if len(values) < len(keys):
                row = next(row for row, key in enumerate(keys) if key in keys[:row])
                raise MetricInputError(
                    f"{other.name}, line {other.lines[row]}: {other_key} must be there once; got {keys[row]!r} again"
                )
            mine = self.present(self.file.column(asked["on"], "on"))
            found[name] = [None if cell is None else values.get(cell) for cell in mine]
            lost = [cell for cell in mine if cell is not None and cell not in values]
            if lost:
                self.findings.append(
                    f"{len(lost):,} of {len(mine):,} rows of {self.file.name} have no {name}: "
                    f"{other.name} does not have {_some(lost)}."
                )
        return found

    def rename(self, cells: Mapping[str, list[str | None]]) -> None:
        """Replace the file's words by the model's, such as Closed Won by won; an empty word names missing cells."""
        renames = self.settings.inner("values")
        for name, held in cells.items():
            words = renames.inner(name)
            meaning = {word: ours for ours in words.entries for word in words.texts(ours)}
            held[:] = [meaning.get(cell or "", cell) for cell in held]
        renames.finish()

    def blank(self, cells: Mapping[str, list[str | None]]) -> None:
        """Take cells as missing where another column says so, such as the expected closing days of open deals."""
        wheres = self.settings.inner("missing_where")
        for name, held in cells.items():
            where = wheres.inner(name)
            for other, judged in cells.items():
                words = where.texts(other)
                wrong = [row for row, cell in enumerate(judged) if cell in words and held[row] is not None]
                for row in wrong:
                    held[row] = None
                if wrong:
                    self.findings.append(
                        f"{name} of {len(wrong):,} rows of {self.file.name} is taken as missing: {other} is "
                        f"{' or '.join(words)}."
                    )
            where.finish()
        wheres.finish()

    def complete(
        self, cells: Mapping[str, list[str | None]], sources: Mapping[str, str]
    ) -> tuple[list[int], dict[str, int]]:
        """Return the rows to keep, and why others are not; refuse a missing value unless told what to do."""
        keep = np.ones(len(self.file.lines), dtype=bool)
        excluded: dict[str, int] = {}
        for name, held in cells.items():
            gone = keep & np.array([cell is None for cell in held], dtype=bool)
            is_unit = name == self.model.unit
            # Whether a label may be unknown is for the model to say.
            left_to_model = self.kinds[name] in NULLABLE or (self.kinds[name] is optional_labels and not is_unit)
            if left_to_model or (is_unit and self.missing == "separate") or not gone.any():
                continue
            count = int(gone.sum())
            if self.missing != "drop":
                line = self.file.lines[int(np.flatnonzero(gone)[0])]
                raise MetricInputError(
                    f"{self.file.name}, line {line}: {sources[name]} must not be empty; got nothing for {name} in "
                    f"{count:,} of {len(held):,} rows (missing = 'drop' in {self.settings.where} leaves them out)"
                )
            excluded[f"missing {name}"] = count
            keep &= ~gone
        return np.flatnonzero(keep).tolist(), excluded

    def value(self, name: str, cell: str | None, line: int, source: str) -> Any:  # noqa: ANN401 - as the column is
        """Read one cell as what its column holds."""
        kind = self.kinds[name]
        if cell is None or kind in LABELS:
            return cell
        text = cell.strip()
        if kind in TIMES:
            if self.date_format is None:
                return text  # ISO, which the table reads
            try:
                return dt.datetime.strptime(text, self.date_format)  # noqa: DTZ007 - the format may hold %z
            except ValueError:
                raise self.unreadable(line, source, f"be a date written as {self.date_format}", cell) from None
        if kind in COUNTS and text.lower() in _FLAGS:
            return _FLAGS[text.lower()]
        if kind in COUNTS and _WHOLE.fullmatch(text):
            return int(text)
        if not _NUMBER.fullmatch(text):
            raise self.unreadable(line, source, "be a number such as 1014.50", cell)
        return float(text)

    def unreadable(self, line: int, source: str, requirement: str, cell: str) -> MetricInputError:
        return MetricInputError(f"{self.file.name}, line {line}: {source} must {requirement}; got {cell!r}")

    def located(self, message: str, lines: Sequence[int], sources: Mapping[str, str]) -> MetricInputError:
        """Say a refusal of the model in terms of the file."""
        row = _ROW.search(message)
        where = self.file.name if row is None else f"{self.file.name}, line {lines[int(row[1])]}"
        said = message if row is None else message[: row.start()]
        name = said.partition(" ")[0]
        source = sources.get(name, name)
        column = "" if source == name else f" (column {source!r})"
        return MetricInputError(f"{where}: {said}{column}")


def _closed(value: Any) -> Any:  # noqa: ANN401 - a setting
    """Return a list of TOML as the tuple that a model takes."""
    return tuple(cast("Sequence[Any]", value)) if isinstance(value, list) else value


def _some(values: Sequence[str]) -> str:
    distinct = sorted(set(values))
    more = f" and {len(distinct) - _SHOWN} more" if len(distinct) > _SHOWN else ""
    return ", ".join(map(repr, distinct[:_SHOWN])) + more
