"""Reads the columns of a model without refusing anything, to say all that is wrong with them."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import numpy as np

from abmmetrics import _checks, _from_frame, _held, _reading
from abmmetrics._quality import Sheet, kinds, name_of, required
from abmmetrics._reading import RawColumn
from abmmetrics.columns import LABELS, TIMES
from abmmetrics.errors import MetricInputError
from abmmetrics.tables import Table


def read_sheet(
    model: type[Table],
    frame: Any,  # noqa: ANN401 - any mapping of columns or data frame
    segments: Any,  # noqa: ANN401 - see from_frame
    tz: str | None,
    columns: Mapping[str, Any],
) -> Sheet:
    """Read a sheet as from_frame reads a table, but take what is there.

    Args:
        model: what the rows should be.
        frame: mapping of column names to columns, or a data frame.
        segments: columns to group by.
        tz: whose days count where times carry a time zone; those of UTC where not given.
        columns: name of the model's column = name of the frame's column, and settings.
    """
    wanted = _wanted(model)
    opened = _from_frame.opened(frame, additive=False)
    sources = wanted.sources(_reading.column_names(opened), columns)
    named = _from_frame.named_segments(segments)
    taken, _ = _from_frame.read_columns(opened, {**sources, **named}, wanted, missing="refuse", tz=None)
    converters = {field.name: field.converter for field in attrs.fields(model)}
    settings = {
        name: converters[name](value)
        for name, value in columns.items()
        if name in wanted.settings and name not in sources
    }
    zone = _reading.time_zone(tz or "UTC")
    held: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for name, raw in taken.items():
        try:
            held[name] = _taken(name, raw, wanted.kinds.get(name), zone)
        except MetricInputError as error:
            unread[name] = str(error)
    length = _checks.same_length({name: len(raw) for name, raw in taken.items() if not raw.scalar})
    held = {name: _held.closed(values, length if taken[name].scalar else None) for name, values in held.items()}
    return Sheet(
        name=name_of(model),
        model=model,
        columns={name: held[name] for name in sources if name in held},
        segments={name: held[name] for name in named if name in held},
        length=length,
        excluded={},
        settings=settings,
        table=_accepted(model, frame, segments, tz, columns),
        confidential=model.unit == "employee",
        unread=unread,
    )


def _wanted(model: type[Table]) -> _from_frame.Model:
    """Describe a model of whose rows no sums are wanted."""
    known = kinds(model)
    return _from_frame.Model(
        name=model.__name__,
        kinds=known,
        required=required(model),
        settings=frozenset({field.name for field in attrs.fields(model)} - {*known, "segments", "excluded"}),
        constants=model.constants,
        unit=model.unit,
        additive=False,
        at_most=(),
    )


def _taken(name: str, raw: RawColumn, kind: Any, zone: ZoneInfo) -> Any:  # noqa: ANN401 - labels, numbers or times
    """Read a column of any kind, with whatever is missing in it."""
    if kind in TIMES:
        return _checks.as_optional_moments(name, _reading.localise(name, raw, zone))
    raw = raw.decoded() if raw.values.dtype.kind != "O" else raw
    if kind is None or kind in LABELS:
        return _checks.as_optional_labels(name, _as_text(raw) if raw.values.dtype.kind == "f" else raw)
    if raw.values.dtype.kind == "b":
        raw = attrs.evolve(raw, values=raw.values.astype(np.int64))
    return _checks.as_signed_or_nan(name, raw)


def _as_text(raw: RawColumn) -> RawColumn:
    """Write numbers out, since labels are no fractions."""
    return attrs.evolve(raw, values=np.array([f"{value:g}" for value in raw.values.tolist()], dtype=object))


def _accepted(
    model: type[Table],
    frame: Any,  # noqa: ANN401 - see read_sheet
    segments: Any,  # noqa: ANN401 - see read_sheet
    tz: str | None,
    columns: Mapping[str, Any],
) -> Table | None:
    """Return the table, where the model takes the rows as they are."""
    try:
        return model.from_frame(frame, segments=segments, missing="separate", tz=tz or "UTC", **columns)
    except MetricInputError:
        return None
