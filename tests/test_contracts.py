"""The laws that every KPI keeps, held against all of them at once (tests/registry.py)."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import datetime as dt
import inspect
import math
import typing

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import Estimate, Table, columns

from .registry import ENTRIES, Entry

examples = settings.get_profile(settings.get_current_profile_name()).max_examples
laws = settings(max_examples=max(examples // 5, 4))  # for each of the KPIs
costly = settings(max_examples=max(examples // 10, 2))
every = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
seeds = st.integers(0, 2**32 - 1)
FIGURES = ("value", "low", "high", "numerator", "denominator", "accounts", "rows")


def drawn(data, entry):
    return [data.draw(strategy) for _, strategy in entry.frames]


def figures(estimate, *, but=()):
    """The figures of each group by its label, and what was left out."""
    held = [name for name in FIGURES if name not in but and getattr(estimate, name) is not None]
    rows = zip(*(getattr(estimate, name).tolist() for name in held), strict=True)
    return held, dict(zip(estimate.labels, rows, strict=True))


def assert_same(one, other, *, but=(), rename=None, factor=1.0):
    """Two results say the same: the values to the last digits, intervals to what sums in another order leave."""
    names, mine = figures(one, but=but)
    other_names, theirs = figures(other, but=but)
    assert names == other_names
    mine = {(rename or {}).get(label, label): row for label, row in mine.items()}
    assert mine.keys() == theirs.keys()
    for label, row in mine.items():
        scaled = [
            figure * factor if name in {"value", "low", "high"} else figure
            for name, figure in zip(names, row, strict=True)
        ]
        np.testing.assert_allclose(scaled, theirs[label], rtol=1e-8, atol=1e-10 * factor, err_msg=f"{label} {names}")
    # Remarks are on the whole table, also where its groups are looked at one by one.
    assert len(one.notes) - len(one.remarks) == len(other.notes) - len(other.remarks)


def public_kpis():
    functions = {name: getattr(abm, name) for name in abm.__all__ if inspect.isfunction(getattr(abm, name))}
    return {name for name, kpi in functions.items() if typing.get_type_hints(kpi).get("return") is Estimate}


def test_every_public_kpi_is_held_to_the_laws():
    assert public_kpis() == {entry.kpi.__name__ for entry in ENTRIES}


def test_names_of_entries_are_different():
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)


MODELS = [found for name in abm.__all__ if inspect.isclass(found := getattr(abm, name)) and issubclass(found, Table)]


@pytest.mark.parametrize("model", [model for model in MODELS if model.additive and model is not Table])
def test_rows_of_additive_models_can_be_summed(model):
    """Only labels and what adds up: a rollup would lose anything else."""
    converters = {field.converter for field in attrs.fields(model)}
    assert converters <= {*columns.LABELS, *columns.SUMMED, columns.segment_labels, None}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_models_without_rows_are_neutral(model):
    assert len(model.empty()) == 0
    assert abm.concat([model.empty(), model.empty()]) == model.empty()


@pytest.mark.parametrize("name", sorted(public_kpis()))
def test_signatures_are_alike(name):
    parameters = inspect.signature(getattr(abm, name)).parameters
    assert (parameters["by"].default, parameters["confidence"].default) == (None, 0.95)
    for option in parameters.values():
        keyword_only = option.kind is inspect.Parameter.KEYWORD_ONLY
        assert keyword_only == (option.default is not inspect.Parameter.empty or option.name in KEYWORDS)


KEYWORDS = {  # required and by keyword
    *("as_of", "columns", "days", "horizon_days", "margin", "per", "quota", "roles", "stages"),
    *("half_life_days", "minimum_minutes", "threshold", "within_days"),
}


@every
def test_empty_tables_are_undefined_or_zero_and_say_so(entry: Entry):
    tables = [model.empty() for model in entry.models]
    found = entry.measure(tables)
    np.testing.assert_equal(found.value, [entry.when_empty])
    assert math.isnan(found.accounts[0]) or found.accounts[0] == 0
    assert found.notes
    unit = entry.models[0].unit
    assert len(entry.measure(tables, by=unit)) == 0


@every
@laws
@given(data=st.data())
def test_figures_are_in_range_and_nothing_is_missing_without_a_word(entry: Entry, data):
    tables = entry.tables(drawn(data, entry))
    by = data.draw(st.sampled_from([None, "tier", ("tier", entry.models[0].unit)]))
    found = entry.measure(tables, by=by)
    assert isinstance(found, Estimate)
    assert found.kpi == entry.kpi.__name__
    defined = ~np.isnan(found.value)
    assert ((found.value >= entry.low) & (found.value <= entry.high))[defined].all()
    assert defined.all() or any(note.startswith(("undefined", "suppressed")) for note in found.notes)
    drawn_interval = ~np.isnan(found.low)
    assert (drawn_interval == ~np.isnan(found.high)).all()
    assert not (drawn_interval & ~defined).any()
    assert (drawn_interval | ~defined).all() or any("no interval" in note for note in found.notes)
    # Limits and values are rounded on different ways.
    slack = 1e-9 * (1 + np.abs(found.value))
    assert ((found.low <= found.value + slack) & (found.value <= found.high + slack))[drawn_interval].all()
    assert ((found.low >= entry.low - 1e-9) & (found.high <= entry.high + 1e-9))[drawn_interval].all()
    assert np.isnan(found.low[found.accounts < 2]).all()
    columns = found.to_dict()
    assert {len(held) for held in columns.values()} <= {len(found)}
    assert columns.keys() >= {"value", "low", "high", "accounts", "rows", "status", "kpi", "unit"}
    again = entry.measure(tables, by=by)
    for name in FIGURES:
        np.testing.assert_array_equal(getattr(found, name), getattr(again, name))
    assert (found.notes, found.excluded, found.groups) == (again.notes, again.excluded, again.groups)
    assert str(found).startswith(found.kpi)


@every
@laws
@given(data=st.data(), seed=seeds)
def test_order_and_parts_of_the_rows_do_not_matter(entry: Entry, data, seed):
    frames = drawn(data, entry)
    random = np.random.default_rng(seed)
    by = data.draw(st.sampled_from([None, "tier"]))
    tables = entry.tables(frames)
    found = entry.measure(tables, by=by)
    shuffled = []
    for frame in frames:
        order = random.permutation(len(frame["tier"])).tolist()
        shuffled.append({name: [column[row] for row in order] for name, column in frame.items()})
    assert_same(entry.measure(entry.tables(shuffled), by=by), found)
    stacked = []
    for table in tables:
        mask = random.random(len(table)) < random.random()
        stacked.append(abm.concat([table.where(mask), table.where(~mask)]))
    assert_same(entry.measure(stacked, by=by), found)


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if any(model.additive for model in entry.models)], ids=lambda entry: entry.name
)
@laws
@given(data=st.data())
def test_grain_does_not_matter(entry: Entry, data):
    tables = entry.tables(drawn(data, entry))
    rolled = [table.rollup("tier") if table.additive else table for table in tables]
    for by in (None, "tier"):
        assert_same(entry.measure(rolled, by=by), entry.measure(tables, by=by), but={"rows"})
    whole = [table.rollup() if table.additive else table for table in tables]
    assert_same(entry.measure(whole), entry.measure(tables), but={"rows"})


@every
@laws
@given(data=st.data(), seed=seeds, whole=st.booleans())
def test_names_do_not_matter(entry: Entry, data, seed, whole):
    frames = drawn(data, entry)
    random = np.random.default_rng(seed)
    unit = entry.models[0].unit
    known = sorted({name for frame in frames for name in frame[unit]})
    numbers = random.permutation(len(known)).tolist()
    fresh = [number * 10**14 if whole else f"id {number}" for number in numbers]
    accounts = dict(zip(known, fresh, strict=True))
    groups = {"x": "u", "y": "v", "z": "w"} if entry.ordered else {"x": "c", "y": "b", "z": "a"}
    renamed = [
        {**frame, unit: [accounts[name] for name in frame[unit]], "tier": [groups[name] for name in frame["tier"]]}
        for frame in frames
    ]
    before, after = entry.tables(frames), entry.tables(renamed)
    assert_same(entry.measure(before, by="tier"), entry.measure(after, by="tier"), rename=groups)
    assert_same(entry.measure(before), entry.measure(after))
    assert_same(entry.measure(before, by=unit), entry.measure(after, by=unit), rename=accounts)


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.money], ids=lambda entry: entry.name)
@laws
@given(data=st.data(), power=st.sampled_from([-3, 1, 10]))
def test_the_currency_s_size_does_not_matter(entry: Entry, data, power):
    factor = 2.0**power
    frames = drawn(data, entry)
    scaled = [
        {
            name: [None if cell is None else cell * factor for cell in column] if name in entry.money else column
            for name, column in frame.items()
        }
        for frame in frames
    ]
    options = {name: entry.options[name] * factor for name in entry.scaled}
    for by in (None, "tier"):
        one = entry.measure(entry.tables(frames), by=by)
        other = entry.measure(entry.tables(scaled), by=by, **options)
        assert_same(one, other, factor=factor**entry.degree, but={"numerator", "denominator"})


def as_arrays(frame):
    """The columns as numpy arrays that are closed for writing."""
    arrays = {}
    for name, column in frame.items():
        if any(isinstance(cell, dt.date) for cell in column):
            array = np.array(column, dtype="datetime64[D]")
        elif name == "amount":
            array = np.array([math.nan if cell is None else cell for cell in column], dtype=float)
        else:
            array = np.array(column, dtype=object if None in column else None)
        array.flags.writeable = False
        arrays[name] = array
    return arrays


@every
@costly
@given(data=st.data())
def test_every_library_gives_the_same_and_nothing_given_is_changed(entry: Entry, data):
    frames = drawn(data, entry)
    expected = entry.measure(entry.tables(frames), by="tier")
    if any(not frame["tier"] for frame in frames):
        return  # without rows libraries cannot tell what a column holds
    arrays = [as_arrays(frame) for frame in frames]
    copies = [{name: array.copy() for name, array in frame.items()} for frame in arrays]
    for make in (dict, pd.DataFrame, pa.table, pl.DataFrame):
        read = [entry.table(place, make(frame)) for place, frame in enumerate(frames)]
        # polars sums additive tables itself, hence the rows that come back are fewer.
        assert_same(entry.measure(read, by="tier"), expected, but={"rows"} if make is pl.DataFrame else ())
    assert_same(entry.measure([entry.table(place, frame) for place, frame in enumerate(arrays)], by="tier"), expected)
    for make in (list, np.asarray, pd.Series, pl.Series, pa.array):
        built = [
            model(
                **{
                    name: make(column)
                    for name, column in (arrays if make is np.asarray else frames)[place].items()
                    if name != "tier"
                },
                segments={"tier": make(frames[place]["tier"])},
                **(entry.settings if place == 0 else {}),
            )
            for place, model in enumerate(entry.models)
        ]
        assert_same(entry.measure(built, by="tier"), expected)
    for frame, copied in zip(arrays, copies, strict=True):
        for name, array in frame.items():
            np.testing.assert_array_equal(array, copied[name])


@every
@laws
@given(data=st.data())
def test_a_group_is_what_its_rows_alone_give(entry: Entry, data):
    tables = entry.tables(drawn(data, entry))
    first, *others = tables
    pooled = entry.measure(tables)
    single = entry.measure(tables, by=["one"] * len(first)) if len(first) else None
    if single is not None and len(single):
        assert single.labels == ["one"]
        assert_same(single, pooled, rename={"one": "all"})
    grouped = entry.measure(tables, by="tier")
    if entry.apart:
        for label, one in grouped.items():
            alone = entry.measure([first.where(first.segments["tier"] == label), *others])
            assert_same(one, alone, rename={label: "all"})


@every
@laws
@given(data=st.data())
def test_confidence_only_widens(entry: Entry, data):
    tables = entry.tables(drawn(data, entry))
    narrow, wide = entry.measure(tables, by="tier", confidence=0.8), entry.measure(tables, by="tier", confidence=0.99)
    np.testing.assert_array_equal(narrow.value, wide.value)
    shown = ~np.isnan(narrow.low)
    slack = 1e-9 * (1 + np.abs(narrow.value[shown]))
    assert (wide.low[shown] <= narrow.low[shown] + slack).all()
    assert (wide.high[shown] >= narrow.high[shown] - slack).all()
    again = narrow.at_confidence(0.99)
    np.testing.assert_allclose((again.low, again.high), (wide.low, wide.high), rtol=1e-12)
