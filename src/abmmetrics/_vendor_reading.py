"""Reads a vendor's export through its column map, and tells what is the matter with it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _from_frame, _labels, _reading, _stage_paths
from abmmetrics._matching import add_up, count_rows
from abmmetrics._reading import RawColumn
from abmmetrics._vendor_maps import ColumnMap, Words
from abmmetrics.columns import CHECKS, Dates, Values
from abmmetrics.errors import MetricInputError
from abmmetrics.histories import OPEN_ENDS
from abmmetrics.opportunities import Opportunities
from abmmetrics.tables import AnyTable

Mask = NDArray[np.bool_]
Backwards = Literal["drop", "forget", "refuse"]

_TRUTH = {"true": True, "false": False, "1": True, "0": False}


@attrs.frozen(eq=False)
class Export:
    """An export and the map to read it by.

    Attributes:
        frame: a mapping of columns, or a data frame.
        columns: what is known of it.
        sources: our column to the export's, with what the caller gave beside the map.
        tz: whose days count where times carry a time zone.
    """

    frame: Any
    columns: ColumnMap[Any]
    sources: Mapping[str, str]
    tz: str | None

    def has(self, source: str) -> bool:
        """Tell whether the export has a column."""
        return source in _reading.column_names(self.frame)

    def column(self, source: str, argument: str) -> RawColumn:
        """Return a column of the export."""
        raw = _reading.read_column(argument, _reading.take_column(self.frame, source, argument=argument))
        if raw.scalar:
            raise _checks.refuse(argument, "be a column of the export", _checks.phrase("one value for all rows"))
        return raw

    def missing(self, source: str, argument: str) -> Mask:
        """Tell which rows have nothing in a column."""
        raw = self.column(source, argument)
        gone = _checks.missing_rows(raw)
        return np.zeros(len(raw), dtype=bool) if gone is None else gone

    def moments(self, name: str) -> Dates:
        """Return the times of one of our columns."""
        raw = self.column(self.sources[name], name)
        if self.tz is not None:
            raw = _reading.localise(name, raw, _reading.time_zone(self.tz))
        return _checks.as_optional_moments(name, raw)

    def days(self, name: str) -> Dates:
        """Return the days of one of our columns."""
        days: Dates = self.moments(name).astype("datetime64[D]")
        return days

    def flag(self, source: str, *, needed: bool) -> Mask:
        """Return a column of true and false; what says nothing says no, unless it is needed."""
        return _flags(source, self.column(source, source), needed=needed)


def _flags(name: str, raw: RawColumn, *, needed: bool) -> Mask:
    """Return true and false as a frame or an export says them; what says nothing says no, unless it is needed."""
    labels = _checks.as_optional_labels(name, _whole(raw))
    gone = np.flatnonzero(labels.missing())
    if needed and len(gone):
        raise _checks.refuse(name, "be true or false in every row", _checks.phrase("a missing value"), int(gone[0]))
    for label in _labels.occurring(labels):
        if _word(label) not in _TRUTH:
            raise _checks.refuse(name, "be true or false", label, int(np.flatnonzero(labels == label)[0]))
    meant = [_TRUTH.get(_word(label), False) for label in _labels.as_python_list(labels.categories)]
    return np.array([*meant, False], dtype=bool)[labels.codes()]


def _word(label: object) -> str:
    """Return a label as words are compared: their case does not count."""
    return str(label).strip().casefold()


def _whole(raw: RawColumn) -> RawColumn:
    """Return flags that a frame holds as fractions, since some are missing, as whole numbers."""
    held = np.where(raw.missing, 0, raw.values) if raw.missing is not None else raw.values
    if raw.values.dtype.kind != "f" or not np.isin(held, (0, 1)).all():
        return raw
    return attrs.evolve(raw, values=held.astype(np.int64))


def _opened(
    frame: Any,  # noqa: ANN401 - any mapping of columns or data frame
    columns: ColumnMap[Any],
    others: Mapping[str, Any],
    tz: str | None,
    more: Sequence[str] = (),
) -> Export:
    """Open an export; of a frame that computes elsewhere the columns that matter come over.

    Args:
        frame: the export.
        columns: its map.
        others: what the caller gave beside the map; a column that is None is not there.
        tz: whose days count.
        more: further columns of the export that matter.
    """
    fields: Any = attrs.fields(columns.model)
    kinds = {field.name for field in fields if field.converter in CHECKS}
    told = {**columns, **{name: given for name, given in others.items() if name in kinds}}
    sources = {name: source for name, source in told.items() if source is not None}
    opened = _from_frame.opened(frame, additive=False)
    if isinstance(opened, _from_frame.EngineFrame):
        from abmmetrics import frames  # noqa: PLC0415 - only who has such a frame needs it

        for name, source in sources.items():
            _reading.take_column(opened, source, argument=name)
        wanted = {*sources.values(), *columns.mentioned, *more}
        opened = frames.read_rows(opened, [name for name in opened.columns if name in wanted])
    return Export(opened, columns, sources, tz)


def read(
    frame: Any,  # noqa: ANN401 - any mapping of columns or data frame
    columns: ColumnMap[AnyTable],
    *,
    words: Words | None,
    backwards: Backwards,
    missing: _from_frame.Missing,
    tz: str | None,
    segments: Sequence[str] | Mapping[str, str],
    others: Mapping[str, Any],
) -> AnyTable:
    """Read an export, see :func:`abmmetrics.vendors.read`."""
    _checks.as_option("backwards", backwards, ("drop", "forget", "refuse"))
    named = _from_frame.named_segments(segments).values()
    export = _opened(frame, columns, others, tz, [*named, *(held for held in others.values() if isinstance(held, str))])
    lost = _left_out(export)
    taken: dict[str, Any] = {}
    if columns.says:
        taken[columns.says], without = _said(export, words)
        lost |= without
    if columns.unreachable and "reachable" not in export.sources:
        flags = [export.flag(source, needed=False) for source in columns.unreachable]
        taken["reachable"] = ~np.logical_or.reduce(flags)
    if columns.model is Opportunities and "closed" in export.sources:
        dated, without = _dated(export, taken["outcome"], backwards)
        taken |= dated
        lost |= without
    settings = {name: given for name, given in others.items() if given is not None and name not in export.sources}
    table: AnyTable = _built(export, taken, lost, missing, segments, settings)
    return table


def _left_out(export: Export) -> dict[str, Mask]:
    """Tell which rows are none of ours, and why; an export without such a column has none."""
    return {
        reason: export.flag(source, needed=False)
        for source, reason in export.columns.leave_out.items()
        if export.has(source)
    }


def _said(export: Export, words: Words | None) -> tuple[RawColumn, dict[str, Mask]]:
    """Put our words in the place of the vendor's; return them, and the rows that we have no place for."""
    says, flags = export.columns.says, export.columns.flags
    source = export.sources.get(says)
    if source is None:
        if words is not None or flags is None:
            raise _checks.refuse(says, "be told its column, whose words are to be replaced", None)
        return _outcomes(export, *flags), {}
    given = export.columns.words if words is None else words
    if not given:
        raise _checks.refuse("words", f"say what each {source} means in our words (see the note of the map)", words)
    labels = _checks.as_optional_labels(says, export.column(source, says))
    meaning = {_word(theirs): ours for theirs, ours in given.items()}
    ours = sorted({word for word in meaning.values() if word is not None})
    codes: list[int] = []
    lost: dict[str, Mask] = {}
    for name in _labels.occurring(labels):
        here = labels == name
        if _word(name) not in meaning:
            known = f"be one of {list(given)} in {source} (words= says what others mean)"
            raise _checks.refuse(says, known, name, int(np.flatnonzero(here)[0]))
        if meaning[_word(name)] is None:
            lost[f"{source} is {name}"] = here
    for name in _labels.as_python_list(labels.categories):
        word = meaning.get(_word(name))
        codes.append(-1 if word is None else ours.index(word))
    return _as_column(np.array([*codes, -1], dtype=np.int64)[labels.codes()], ours), lost


def _as_column(codes: NDArray[np.int64], words: list[str]) -> RawColumn:
    """Return words as a column; -1 is none."""
    return RawColumn(codes, codes < 0 if (codes < 0).any() else None, categories=words)


def _outcomes(export: Export, closed: str, won: str) -> RawColumn:
    """Make outcomes of what says whether a deal is closed and whether it is won."""
    is_closed, is_won = export.flag(closed, needed=True), export.flag(won, needed=True)
    wrong = np.flatnonzero(is_won & ~is_closed)
    if len(wrong):
        raise _checks.refuse(won, f"be false where {closed} is", _checks.phrase("true"), int(wrong[0]))
    return _as_column(np.where(is_won, 2, np.where(is_closed, 0, 1)).astype(np.int64), ["lost", "open", "won"])


def _dated(export: Export, outcome: RawColumn, backwards: Backwards) -> tuple[dict[str, Any], dict[str, Mask]]:
    """Take away the expected closing days of open deals, and look at those that closed before they were created."""
    over = _checks.as_optional_labels("outcome", outcome).isin(["won", "lost"])
    closed = export.days("closed")
    taken: dict[str, Any] = {"closed": np.where(over, closed, np.datetime64("NaT"))}
    if "created" not in export.sources or backwards == "refuse":
        return taken, {}
    created = export.days("created")
    wrong = over & (closed < created)
    if backwards == "drop":
        return taken, {"closed before created": wrong}
    return {**taken, "created": np.where(wrong, np.datetime64("NaT"), created)}, {}


def _built(  # noqa: PLR0917 - what of which export, and how
    export: Export,
    taken: Mapping[str, Any],
    lost: Mapping[str, Mask],
    missing: _from_frame.Missing,
    segments: Sequence[str] | Mapping[str, str],
    settings: Mapping[str, Any],
) -> Any:  # noqa: ANN401 - a table of the map's model
    """Make the table of the rows that are left."""
    # A setting may be a column that repeats it, such as the currency.
    repeated = {name: given for name, given in settings.items() if isinstance(given, str) and export.has(given)}
    named = {**export.sources, **_from_frame.named_segments(segments), **repeated}
    raw = {source: export.column(source, name) for name, source in named.items()}
    keep = np.ones(_checks.same_length({name: len(column) for name, column in raw.items()}), dtype=bool)
    excluded: dict[str, int] = {}
    for reason, rows in lost.items():  # each row under the first reason that holds
        excluded = add_up(excluded, count_rows({reason: keep & rows}))
        keep &= ~rows
    # No column of an export is called like these.
    sources = {**export.sources, **{name: f"\0{name}" for name in taken}}
    held: dict[str, Any] = {**raw, **{f"\0{name}": values for name, values in taken.items()}}
    kept = {name: held[name].where(keep) if isinstance(held[name], RawColumn) else held[name][keep] for name in held}
    try:
        table = export.columns.model.from_frame(
            kept, segments=segments, missing=missing, tz=export.tz, **sources, **settings
        )
    except MetricInputError as error:
        raise MetricInputError(_of_the_export(str(error), np.flatnonzero(keep))) from None
    return attrs.evolve(table, excluded=add_up(excluded, table.excluded))


def _of_the_export(message: str, rows: NDArray[np.int64]) -> str:
    """Say a refusal with the row of the export, not that among the rows that are left."""
    said, at, row = message.rpartition(" at row ")
    return f"{said}{at}{rows[int(row)]}" if row.isdigit() else message


def findings(
    frame: Any,  # noqa: ANN401 - any mapping of columns or data frame
    columns: ColumnMap[Any],
    *,
    tz: str | None,
    others: Mapping[str, Any],
) -> dict[str, int]:
    """Count what is the matter with an export, see :func:`abmmetrics.vendors.findings`."""
    export = _opened(frame, columns, others, "UTC" if tz is None else tz)
    found = {f"rows to leave out: {reason}": rows for reason, rows in _left_out(export).items()}
    for name, source in export.sources.items():
        found[f"rows without {name} ({source})"] = export.missing(source, name)
    if columns.probability is not None and export.has(columns.probability[0]):
        source, sure = columns.probability
        likely = _checks.as_signed_or_nan(source, export.column(source, source))
        found[f"rows with a {source} outside 0 to {sure:g}"] = (likely < 0) | (likely > sure)
    if columns.model is Opportunities and {"created", "closed"} <= set(export.sources):
        found |= _of_closes(export)
    if "left" in export.sources:
        left = export.days("left")
        for end in OPEN_ENDS:
            found[f"rows are left on {end}, which says that they go on"] = left == np.datetime64(end)
    told = count_rows(found)
    if columns.stage and export.has(columns.stage):
        labels = _checks.as_optional_labels(columns.stage, export.column(columns.stage, columns.stage))
        told |= _stage_paths.look_alikes(labels)
    return told


def _of_closes(export: Export) -> dict[str, Mask]:
    """Find deals that close before they were created, and closing times that are a day of another time zone."""
    moments = export.moments("closed")
    days = moments.astype("datetime64[D]")
    known = ~np.isnat(days)
    times = np.unique((moments - days)[known])
    elsewhere = known if len(times) == 1 and times[0] else np.zeros(len(days), dtype=bool)
    return {
        "closing days before the creation": days < export.days("created"),
        "closing times all at one time of day: midnight of another time zone, to be given as tz=": elsewhere,
    }


def stage_outcomes(
    stage: Values, probability: Values, is_closed: Values, closed_won: Values | None, unclosed_zero: str
) -> dict[str, str | None]:
    """Say what stages mean, see :func:`abmmetrics.vendors.hubspot_stage_outcomes`."""
    _checks.as_option("unclosed_zero", unclosed_zero, ("refuse", "lost", "open"))
    given = {"stage": stage, "probability": probability, "is_closed": is_closed, "closed_won": closed_won}
    raw = {name: _reading.read_column(name, values) for name, values in given.items() if values is not None}
    _checks.same_length({name: len(column) for name, column in raw.items()})
    names = _checks.as_labels("stage", raw["stage"])
    likely = _checks.as_amounts("probability", raw["probability"])
    closed = _flags("is_closed", raw["is_closed"], needed=True)
    won = likely == 1
    if "closed_won" in raw:
        won |= _flags("closed_won", raw["closed_won"], needed=True)
    row = _checks.first_repeat(names.codes())
    if row is not None:
        raise _checks.refuse("stage", "be different in every row", _checks.phrase(f"{names[row]!r} again"), row)
    above = np.flatnonzero(likely > 1)
    if len(above):
        raise _checks.refuse("probability", "be from 0 to 1", likely[above[0]], int(above[0]))
    either = (likely == 0) & ~closed & ~won
    if either.any() and unclosed_zero == "refuse":
        row = int(np.flatnonzero(either)[0])
        stages = _checks.how_many(int(either.sum()), "stages")
        requirement = (
            f"be true where the probability is 0, as it is of {stages} (or say unclosed_zero='lost' or 'open')"
        )
        raise _checks.refuse("is_closed", requirement, _checks.phrase("false"), row)
    lost = (closed & ~won) | (either & (unclosed_zero == "lost"))
    meant: list[str] = np.where(won, "won", np.where(lost, "lost", "open")).tolist()
    return dict(zip(map(str, names.to_list()), meant, strict=True))
