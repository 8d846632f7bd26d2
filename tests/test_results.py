"""Results read like sentences, index by label, and leave as columns."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError
from abmmetrics.results import Estimate, format_value
from tests.fragment import Fragment

TIERS = ["x", "x", "y", "y", "z", "x"]
EMAILS = abm.Emails(
    account=["A", "B", "A", "B", "A", "C"],
    sent=2000,
    delivered=[1000, 500, 400, 600, 0, 300],
    opened=[200, 110, 100, 90, 0, 66],
    segments={"tier": TIERS, "month": [1, 1, 2, 2, 2, 2]},
    excluded={"missing account": 1234},
)

POOLED = abm.open_rate(EMAILS)
TIERED = abm.open_rate(EMAILS, by="tier")


def made(value, unit="share", **more):
    """An estimate of given figures."""
    value = np.asarray(value, dtype=float)
    nothing = np.full(len(value), math.nan)
    return Estimate(
        **{
            "kpi": "kpi",
            "unit": unit,
            "value": value,
            "low": nothing,
            "high": nothing,
            "accounts": np.ones(len(value)),
            "rows": np.ones(len(value)),
            "confidence": 0.95,
            "method": "none",
            "suppressed": np.zeros(len(value), dtype=bool),
            **more,
        }
    )


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.63025, "share", "63.0 %"),
        (0.2225, "share", "22.3 %"),
        (0.00049, "share", "0.049 %"),
        (0.0004, "share", "0.04 %"),
        (0.00099999, "share", "0.1 %"),
        (0.001, "share", "0.1 %"),
        (0.0000099, "share", "0.0 %"),
        (0.00001, "share", "0.001 %"),
        (-0.00042, "return", "-0.042 %"),
        (1.0, "share", "100.0 %"),
        (-0.0333, "share", "-3.3 %"),
        (-0.000009, "share", "0.0 %"),
        (0.285, "ratio", "0.29"),
        (-0.285, "ratio", "-0.29"),
        (0.0, "ratio", "0.00"),
        (-0.0, "ratio", "0.00"),
        (-0.004, "ratio", "-0.004"),
        (0.0421, "ratio", "0.042"),
        (0.05, "ratio", "0.05"),
        (0.0999, "ratio", "0.10"),
        (0.00995, "ratio", "0.01"),
        (0.000001, "ratio", "0.000001"),
        (0.00000099, "ratio", "0.00"),
        (0.0042, "money", "0.0042"),
        (0.000001, "money", "0.000001"),
        (0.04, "days", "0.04 days"),
        (0.00099, "days", "0.0 days"),
        (0.001, "days", "0.001 days"),
        (1234.5678, "ratio", "1,234.57"),
        (36.32, "points", "+36.3"),
        (-36.35, "points", "-36.4"),
        (0.04, "points", "0.0"),
        (-0.04, "points", "0.0"),
        (0.05, "points", "+0.1"),
        (100, "points", "+100.0"),
        (42.25, "days", "42.3 days"),
        (90, "seconds", "90.0 seconds"),
        (7.5, "minutes", "7.5 minutes"),
        (3090594, "money", "3,090,594"),
        (12.5, "money", "12.50"),
        (99.999, "money", "100.00"),
        (100.5, "money", "101"),
        (-100.5, "money", "-101"),
        (-12.5, "money per day", "-12.50"),
        (3, "count", "3"),
        (3.25, "count", "3.25"),
        (-3.0, "count", "-3"),
        (math.nan, "share", "undefined"),
        (math.inf, "money", "no limit"),
        (-math.inf, "money", "-no limit"),
    ],
)
def test_figures_are_written_with_their_unit(value, unit, text):
    assert format_value(value, unit) == text


def test_a_pooled_result_is_a_number_and_a_sentence():
    assert float(POOLED) == 566 / 2800
    assert len(POOLED) == 1
    assert POOLED.labels == list(POOLED) == ["all"]
    low, high = format_value(POOLED.low[0], "share"), format_value(POOLED.high[0], "share")
    assert str(POOLED) == (
        f"open_rate: 20.2 % (95 % interval {low} to {high}; 566 of 2,800; 3 accounts)\n"
        "  left out: 1,234 rows, missing account"
    )
    assert repr(POOLED) == str(POOLED)


def test_a_grouped_result_has_a_line_for_each_group():
    lines = str(TIERED).splitlines()
    assert lines[0] == "open_rate by tier"
    assert [line[:5] for line in lines[1:4]] == ["  x  ", "  y  ", "  z  "]
    assert lines[3] == "  z  undefined (0 of 0; 0 accounts)"
    assert lines[4] == "  note: undefined: delivered is 0 (tier: z)"
    assert lines[5:] == ["  left out: 1,234 rows, missing account"]
    assert str(made([1.5], unit="ratio", confidence=0.9)) == "kpi: 1.50 (1 account)"
    wide = made([0.5, 0.25], groups={"tier": ["long", "s"]}, counted="employees")
    assert str(wide) == "kpi by tier\n  long  50.0 % (1 employee)\n  s     25.0 % (1 employee)"


def test_groups_of_several_segments_are_labelled_by_tuples():
    both = abm.open_rate(EMAILS, by=["tier", "month"])
    assert both.labels == [("x", 1), ("x", 2), ("y", 2), ("z", 2)]
    assert float(both["x", 2]) == 66 / 300
    assert str(both).splitlines()[1].startswith("  x, 1  20.7 % (")
    assert both["x", 2].groups == {"tier": ["x"], "month": [2]}
    assert both.to_dict()["month"] == [1, 2, 2, 2]


def test_an_open_end_is_written():
    open_ended = made([2.0], unit="ratio", low=np.array([1.0]), high=np.array([math.inf]))
    assert str(open_ended) == "kpi: 2.00 (95 % interval 1.00 to no limit; 1 account)"
    assert Fragment(open_ended._repr_html_()).rows == [["2.00", "1.00 to no limit", "1", "1"]]


def test_many_groups_are_named_in_part_in_notes():
    labels = ["a", "b", "c", "d", "e"]
    flags = {"odd": np.array([True, True, False, True, True]), "even": np.zeros(5, dtype=bool)}
    many = made([0.5] * 5, groups={"tier": labels}, flags=flags, remarks=("mind the gap",))
    assert many.notes == ("mind the gap", "odd (tier: a, b, d and 1 more)")
    assert many["d"].notes == ("mind the gap", "odd (tier: d)")
    assert many["c"].notes == ("mind the gap",)
    assert made([0.5], flags={"odd": np.array([True])}).notes == ("odd",)
    assert many.take(np.array([0, 1, 3])).notes[1] == "odd (tier: a, b, d)"


def test_one_group_of_a_result_is_what_its_rows_alone_give():
    alone = abm.open_rate(EMAILS.where(np.array(TIERS) == "x"))
    one = TIERED["x"]
    for name in ("value", "low", "high", "numerator", "denominator", "accounts", "rows"):
        np.testing.assert_allclose(getattr(one, name), getattr(alone, name), rtol=1e-12, err_msg=name)
    assert one.groups == {"tier": ["x"]}
    assert float(one) == 376 / 1800


def test_results_iterate_over_labels_and_items():
    assert list(TIERED) == ["x", "y", "z"]
    assert [(label, float(one)) for label, one in TIERED.items()][:2] == [("x", 376 / 1800), ("y", 190 / 1000)]


def test_groups_can_be_taken_by_position_in_any_order():
    taken = TIERED.take(np.array([1, 0]))
    assert taken.labels == ["y", "x"]
    assert taken.value.tolist() == [TIERED.value[1], TIERED.value[0]]
    assert taken.at_confidence(0.5).low.tolist() == TIERED.at_confidence(0.5).low[[1, 0]].tolist()
    squares = np.bincount(taken.influences.group, taken.influences.change**2)
    whole = np.bincount(TIERED.influences.group, TIERED.influences.change**2, minlength=3)
    assert squares.tolist() == [whole[1], whole[0]]
    bare = made([1.0, 2.0], groups={"tier": ["x", "y"]}).take(np.array([1]))
    assert (bare.spread, bare.influences, bare.numerator) == (None, None, None)


def test_unknown_labels_are_answered_with_those_there_are():
    with pytest.raises(MetricInputError, match=r"^label must be one of \['x', 'y', 'z'\]; got 'w'$"):
        TIERED["w"]
    with pytest.raises(MetricInputError, match=r"^label must be one of \['all'\]; got 'x'$"):
        POOLED["x"]
    assert float(POOLED["all"]) == float(POOLED)


def test_several_groups_are_no_number():
    with pytest.raises(TypeError, match=r"^open_rate has 3 groups; index one by its label, one of \['x', 'y', 'z'\]$"):
        float(TIERED)


def test_intervals_are_drawn_again_at_another_confidence():
    again = TIERED.at_confidence(0.8)
    asked = abm.open_rate(EMAILS, by="tier", confidence=0.8)
    np.testing.assert_equal((again.low, again.high, again.confidence), (asked.low, asked.high, 0.8))
    assert math.isnan(again.low[2])
    few = abm.open_rate(EMAILS.where(np.arange(6) == 0))
    assert math.isnan(few.at_confidence(0.5).low[0])


def test_intervals_that_cannot_be_drawn_again_are_not_relabelled():
    assert made([0.5]).at_confidence(0.5).confidence == 0.5
    drawn = made([0.5, 0.5], low=np.array([0.1, math.nan]), high=np.array([0.9, math.nan]))
    with pytest.raises(MetricInputError, match=r"^kpi must have a spread to be shown at another confidence; got none$"):
        drawn.at_confidence(0.5)
    open_ended = made([0.5], high=np.array([math.inf]))
    with pytest.raises(MetricInputError, match=r"^kpi must have a spread"):
        open_ended.at_confidence(0.5)


def test_an_infinite_limit_is_drawn_again():
    one_sided = attrs.evolve(POOLED, high=np.array([math.inf]), low=np.array([math.nan]))
    assert not math.isnan(one_sided.at_confidence(0.5).low[0])


HIDDEN = made(
    [0.5, 0.25, math.nan],
    groups={"tier": ["x", "y", "z"]},
    suppressed=np.array([False, True, False]),
    numerator=np.array([1.0, 1.0, 0.0]),
    denominator=np.array([2.0, 4.0, 0.0]),
)


def test_suppressed_groups_show_nothing():
    columns = HIDDEN.to_dict()
    assert [columns[name][1] for name in ("value", "low", "high", "numerator", "denominator", "accounts", "rows")] == [
        None
    ] * 7
    assert columns["status"] == ["ok", "suppressed", "undefined"]
    assert str(HIDDEN).splitlines()[2] == "  y  suppressed (protects small groups)"
    page = Fragment(HIDDEN._repr_html_())
    assert page.rows[1] == ["y", "suppressed", "", "", "", ""]
    assert page.rows[2] == ["z", "undefined", "none", "0 of 0", "1", "1"]
    assert page.tags.count("svg") == 1
    with pytest.raises(MetricInputError, match=r"^kpi must have enough answers to be shown; got a suppressed group$"):
        float(HIDDEN["y"])


def test_columns_are_plain_lists():
    columns = TIERED.to_dict()
    assert list(columns) == [
        "tier",
        "value",
        "low",
        "high",
        "numerator",
        "denominator",
        "accounts",
        "rows",
        "status",
        "kpi",
        "unit",
        "confidence",
        "method",
    ]
    assert {len(held) for held in columns.values()} == {3}
    assert columns["accounts"] == [3, 2, 0]
    assert [type(figure) for figure in columns["accounts"]] == [int] * 3
    assert [type(figure) for figure in columns["value"]] == [float] * 3
    assert columns["status"] == ["ok", "ok", "undefined"]
    assert (columns["kpi"], columns["unit"], columns["confidence"]) == (["open_rate"] * 3, ["share"] * 3, [0.95] * 3)
    assert list(made([1.0]).to_dict())[:3] == ["value", "low", "high"]
    assert "numerator" not in made([1.0]).to_dict()


@pytest.mark.parametrize("result", [POOLED, TIERED, HIDDEN], ids=["pooled", "tiers", "hidden"])
def test_any_frame_takes_the_columns(result):
    columns = result.to_dict()
    assert len(pd.DataFrame(columns)) == len(pl.DataFrame(columns)) == pa.table(columns).num_rows == len(result)
    assert pl.DataFrame(columns)["status"].to_list() == columns["status"]


@pytest.mark.parametrize("name", ["status", "value", "kpi", "rows", "numerator"])
def test_a_segment_named_like_a_figure_keeps_both(name):
    columns = abm.open_rate(EMAILS, by={name: TIERS}).to_dict()
    assert columns[f"segment {name}"] == ["x", "y", "z"]
    assert columns["value"][:2] == TIERED.value[:2].tolist()
    assert made([1.0], groups={"numerator": ["x"]}).to_dict()["segment numerator"] == ["x"]


def test_labels_are_escaped_in_notebooks():
    wicked = "<script>alert('x')</script>"
    rate = abm.open_rate(EMAILS, by={wicked: [wicked if tier == "z" else tier for tier in TIERS]})
    page = Fragment(attrs.evolve(rate, kpi="<b>", excluded={"<i>": 5})._repr_html_())
    assert page.captions == [f"<b> by {wicked}"]
    assert page.heads == [[wicked, "value", "95 % interval", "share of", "accounts", "rows"]]
    assert page.rows[0][:5] == [wicked, "undefined", "none", "0 of 0", "0"]
    assert "left out: 5 rows, <i>" in page.notes
    assert len(page.rows) == 3


def test_pooled_results_show_in_notebooks_without_labels():
    low, high = format_value(POOLED.low[0], "share"), format_value(POOLED.high[0], "share")
    page = Fragment(POOLED._repr_html_())
    assert page.captions == ["open_rate"]
    assert page.heads == [["value", "95 % interval", "share of", "accounts", "rows"]]
    counts = " of ".join(f"{held[0]:,.0f}" for held in (POOLED.numerator, POOLED.denominator))
    assert page.rows == [["20.2 %", f"{low} to {high}", counts, "3", "6"]]
    assert page.notes == ["left out: 1,234 rows, missing account"]
    assert Fragment(made([0.5])._repr_html_()).notes == []
    independent = Fragment(made([0.5], counted="rows")._repr_html_())
    assert independent.heads == [["value", "95 % interval", "rows"]]
