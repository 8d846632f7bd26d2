"""Reads a CSV file as text, keeping the line of every row for refusals."""

import csv
from collections.abc import Mapping
from pathlib import Path

import attrs

from abmmetrics import _reading
from abmmetrics._settings import reason
from abmmetrics.errors import MetricInputError


@attrs.frozen
class CsvFile:
    """The cells of a CSV file, as text.

    Attributes:
        name: the file's name.
        columns: column name to its cells.
        lines: for each row the line that it starts on.
    """

    name: str
    columns: Mapping[str, list[str]]
    lines: list[int]

    def column(self, name: str, asked_by: str) -> list[str]:
        """Return the cells of a column."""
        try:
            return list(_reading.take_column(self.columns, name, argument=asked_by))
        except MetricInputError as error:
            said = str(error).replace("of the frame", "of the file")
            raise MetricInputError(f"{self.name}, line 1: {said}") from None


def read_csv(folder: Path, name: str, *, delimiter: str = ",", encoding: str = "utf-8-sig") -> CsvFile:
    """Read a CSV file with a line of column names.

    Args:
        folder: where it lies.
        name: the file's name.
        delimiter: what stands between cells, one character.
        encoding: how its characters are coded.
    """
    path = folder / name
    rows = _rows(path, delimiter, encoding)
    if not rows:
        raise MetricInputError(f"{path} must start with a line of column names; got an empty file")
    header = rows[0][1]
    for heading in header:
        if header.count(heading) > 1:
            raise MetricInputError(f"{path}, line 1: must name each column once; got {heading!r} twice")
    for line, cells in rows:
        if len(cells) != len(header):
            wanted = f"{len(header)} cells, one for each column"
            raise MetricInputError(f"{path}, line {line}: must have {wanted}; got {len(cells)}")
    columns = {heading: [cells[place] for _, cells in rows[1:]] for place, heading in enumerate(header)}
    return CsvFile(name, columns, [line for line, _ in rows[1:]])


def _rows(path: Path, delimiter: str, encoding: str) -> list[tuple[int, list[str]]]:
    """Return the cells of each row, and the line that it starts on."""
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        with path.open(encoding=encoding, newline="") as stream:
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            for cells in reader:
                if cells:  # an empty line is no row
                    rows.append((line, cells))
                line = reader.line_num + 1
    except OSError as error:
        raise MetricInputError(f"{path} must be a file that can be read; {reason(error)}") from None
    except LookupError:
        raise MetricInputError(f"{path}: encoding must be one that Python knows; got {encoding!r}") from None
    except UnicodeDecodeError as error:
        raise MetricInputError(f"{path} must be text in {encoding} (or say encoding = ...); {error.reason}") from None
    except csv.Error as error:
        raise MetricInputError(f"{path}, line {line}: must be CSV; {error}") from None
    return rows
