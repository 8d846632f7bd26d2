"""The glossary names every KPI in six languages, and nothing that is not public."""

import importlib
import inspect
import re
import unicodedata
from pathlib import Path

import pytest

import abmmetrics as abm
from abmmetrics import _kpi_list

PAGE = Path(__file__).parents[1] / "docs" / "glossary.md"
HEAD = ["English", "Function", "French", "Spanish", "Italian", "Indonesian", "Russian"]
LINK = re.compile(r"\[`(\w+)`\]\[([\w.]+)\]")


def rows_of(text):
    """Return the rows of all tables as lists of cells; a table without the usual head is an error."""
    rows = []
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        head, rule, *body = (
            [cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()
        )
        assert head == HEAD
        assert set("".join(rule)) == {"-"}
        rows += body
    return rows


ROWS = rows_of(PAGE.read_text(encoding="utf-8"))
FUNCTIONS = [LINK.sub(r"\1", row[1]) for row in ROWS]


def kpis():
    """Return every public function whose result is an Estimate, but the one that has no formula of its own."""
    named = {name: getattr(abm, name) for name in abm.__all__}
    return [
        name
        for name, function in named.items()
        if inspect.isfunction(function)
        and inspect.signature(function).return_annotation is abm.Estimate
        and name != "estimate"
    ]


def test_every_kpi_is_in_the_glossary():
    assert len(kpis()) > 60
    assert sorted(set(kpis()) - set(FUNCTIONS)) == []


def test_everything_on_the_scorecard_is_in_the_glossary():
    named = {kpi.function.__name__ for kpi in (*_kpi_list.KPIS, *_kpi_list.YEARLY)}
    # The others only settle arguments of public KPIs, or take a figure out of their results.
    assert len(named & set(abm.__all__)) > 50
    assert sorted((named & set(abm.__all__)) - set(FUNCTIONS)) == []


@pytest.mark.parametrize("function", ["classify", "classify_employees"])
def test_the_categories_of_both_surveys_are_in_the_glossary(function):
    assert [row[0] for row, name in zip(ROWS, FUNCTIONS, strict=True) if name == function] == [
        "Promoter",
        "Passive",
        "Detractor",
    ]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}, {name}" for row, name in zip(ROWS, FUNCTIONS, strict=True)])
def test_a_row_has_a_public_function_and_a_name_in_every_language(row):
    assert len(row) == len(HEAD)
    assert all(row)
    name, path = LINK.fullmatch(row[1]).groups()
    module, _, attribute = path.rpartition(".")
    assert attribute == name
    assert name in abm.__all__
    assert getattr(importlib.import_module(module), name) is getattr(abm, name)
    assert getattr(abm, name).__module__ == module
    *latin, russian = (row[0], *row[2:])
    assert {script for cell in latin for word in cell.split() for script in scripts(word)} == {"LATIN"}
    assert "CYRILLIC" in scripts(russian)
    # A Latin letter that looks like a Cyrillic one would hide the word from a search.
    assert [word for word in re.findall(r"[^\W\d_]+", russian) if len(scripts(word)) > 1] == []


def scripts(text):
    return {unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()}


def test_names_of_one_language_tell_kpis_apart():
    for place, language in enumerate(HEAD):
        named = [row[place] for row, name in zip(ROWS, FUNCTIONS, strict=True) if not name.startswith("classify")]
        assert sorted(name for name in set(named) if named.count(name) > 1) == [], language


def test_a_table_of_another_shape_is_noticed():
    with pytest.raises(AssertionError):
        rows_of("| English | French |\n|---|---|\n| Open rate | taux d'ouverture |\n")
