"""The result of a model, and several side by side: what they show, and how they become frames."""

import math
import re

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from abmmetrics import MetricInputError, Opportunities
from abmmetrics.attribution import first_touch, last_touch, linear_touch
from abmmetrics.attributions import compare_models
from abmmetrics.data_driven import markov
from abmmetrics.influence import influenced_pipeline
from abmmetrics.touches import Journeys, Touches, build_journeys
from tests.fragment import Fragment

PATHS = Journeys.from_paths(["Mail > Fair", "Fair", ""], value=[12_000, 8_000, 5_000], account=["A", "B", "C"])
FOUND = linear_touch(PATHS, resamples=0)


def refusal(call, *arguments, **settings):
    with pytest.raises(MetricInputError) as caught:
        call(*arguments, **settings)
    return str(caught.value)


def test_a_result_is_read_by_label():
    assert (len(FOUND), list(FOUND), FOUND["Fair"], FOUND["Mail"]) == (2, ["Fair", "Mail"], 14_000, 6_000)
    assert dict(FOUND.items()) == {"Fair": 14_000, "Mail": 6_000}
    assert FOUND.share.tolist() == [0.56, 0.24]
    assert (FOUND.total, FOUND.unattributed, FOUND.attributed) == (25_000, 5_000, 20_000)
    assert (FOUND.total_conversions, FOUND.unattributed_conversions, FOUND.journeys, FOUND.accounts) == (3, 1, 3, 3)
    with pytest.raises(MetricInputError) as caught:
        FOUND["Ad"]
    assert str(caught.value) == "label must be one of ['Fair', 'Mail']; got 'Ad'"


def test_credit_by_label_joins_with_costs():
    columns = FOUND.credit_by_label()
    assert columns == {"campaign": ["Fair", "Mail"], "credit": [14_000, 6_000], "conversions": [1.5, 0.5]}
    costs = pd.DataFrame({"campaign": ["Ad", "Fair"], "cost": [100, 7_000]})
    joined = pd.DataFrame(columns).merge(costs, on="campaign", how="outer").sort_values("campaign")
    assert joined["campaign"].tolist() == ["Ad", "Fair", "Mail"]


def test_a_result_becomes_any_frame():
    found = markov(PATHS, resamples=20)
    columns = found.to_dict()
    assert list(columns) == [
        "label", "credit", "low", "high", "share", "share_low", "share_high", "conversions", "removal_effect",
        "removal_effect_of_value", "model", "unit", "additive", "total", "unattributed", "confidence", "method",
    ]  # fmt: skip
    assert columns["model"] == ["markov(order=1)"] * 2
    assert columns["total"] == [25_000] * 2
    assert columns["method"][0] == "bootstrap of accounts, 20 samples, seed 0"
    for like in (pd.DataFrame(), pl.DataFrame(), pa.table({"a": [1]})):
        frame = found.to_frame(like)
        assert type(frame) is type(like)
        assert list(frame["credit"].to_pylist() if isinstance(like, pa.Table) else frame["credit"]) == columns["credit"]
    relation = found.to_frame(duckdb.sql("select 1"))
    assert [row[0] for row in relation.select("label").fetchall()] == ["Fair", "Mail"]
    assert pa.table(found)["credit"].to_pylist() == columns["credit"]
    assert refusal(found.to_frame, 5).startswith("like must be a frame of pandas")
    both = compare_models(FOUND, found)
    assert both.to_frame(pd.DataFrame())["spread"].tolist() == both.spread.tolist()


def test_a_result_is_shown_as_a_table():
    touches = Touches(account=["A", "A", "B", "Z"], campaign=["Mail", "Fair", "Mail", "Fair"], at="2026-01-20")
    deals = Opportunities(account=["A", "B", "C"], closed=["2026-02-01", "2026-02-01", None],
                          outcome=["won", "lost", "open"], amount=[10_000, 6_000, 1_000])  # fmt: skip
    found = influenced_pipeline(build_journeys(touches, deals, lookback_days=90), resamples=0)
    shown = """influenced_pipeline: credit in money, which overlaps and must not be summed; 2 journeys
  label         credit  95 % interval    share  conversions  base_rate
  Fair          10,000           none  100.0 %            1     0.6667
  Mail          10,000           none  100.0 %            1     0.6667
  counted once  10,000                 100.0 %            1
  unattributed       0                   0.0 %            0
  total         10,000                 100.0 %            1
  note: accounts touched at all: 100.0 %
  note: base rate among accounts with a touch or a deal: give accounts= for that of all
  note: deals left out because they are open: 1
  note: touches of accounts without a deal: 1"""
    assert str(found) == repr(found) == shown
    assert (
        str(FOUND)
        == """linear_touch: credit in money; 3 journeys
  label         credit  95 % interval    share  conversions
  Fair          14,000           none   56.0 %         1.50
  Mail           6,000           none   24.0 %         0.50
  unattributed   5,000                  20.0 %            1
  total         25,000                 100.0 %            3"""
    )
    drawn = str(linear_touch(Journeys.from_paths(["A"] * 9), confidence=0.9))
    assert drawn.splitlines()[:3] == [
        "linear_touch: credit in conversions; 9 journeys",
        "  label         credit  90 % interval    share  conversions",
        "  A                  9         9 to 9  100.0 %            9",
    ]
    lost = str(markov(Journeys.from_paths(["A"], conversions=0, losses=1)))
    assert lost.splitlines()[2] == "  A                  0           none  undefined            0       undefined"
    assert lost.splitlines()[4] == "  total              0                 undefined            0"


def test_a_result_is_shown_in_notebooks_with_labels_escaped():
    found = first_touch(Journeys.from_paths([["<b>"], ["<b>"]], value=[1, 2]), resamples=0)
    page = Fragment(found._repr_html_())
    assert page.captions == ["first_touch: credit in money; 2 journeys"]
    assert page.heads == [["label", "credit", "95 % interval", "share", "conversions"]]
    assert page.rows == [
        ["<b>", "3", "none", "100.0 %", "2"],
        ["unattributed", "0", "", "0.0 %", "0"],
        ["total", "3", "", "100.0 %", "2"],
    ]
    assert page.tags.count("svg") == 1
    noted = first_touch(Journeys.from_paths(["A"], conversions=0), resamples=0)
    assert Fragment(noted._repr_html_()).notes == ["undefined: the total is 0"]


def test_models_stand_side_by_side():
    models = [first_touch(PATHS), last_touch(PATHS), influenced_pipeline(PATHS)]
    both = compare_models(*models)
    assert both.labels == ["Fair", "Mail"]
    assert list(both.attributions) == ["first_touch", "last_touch", "influenced_pipeline"]
    assert both.least.tolist() == pytest.approx([8 / 25, 0])
    assert both.most.tolist() == pytest.approx([20 / 25, 12 / 25])
    assert both.spread.tolist() == pytest.approx([12 / 25, 12 / 25])
    assert both.to_dict() == {
        "label": ["Fair", "Mail"],
        "first_touch": pytest.approx([0.32, 0.48]),
        "last_touch": pytest.approx([0.8, 0]),
        "influenced_pipeline": pytest.approx([0.8, 0.48]),
        "spread": pytest.approx([0.48, 0.48]),
    }
    assert (
        str(both)
        == repr(both)
        == """share of credit by 3 models
  label         first_touch  last_touch  influenced_pipeline  spread
  Fair               32.0 %      80.0 %               80.0 %  48.0 %
  Mail               48.0 %       0.0 %               48.0 %  48.0 %
  unattributed       20.0 %      20.0 %               20.0 %
  note: shares overlap and do not add up: influenced_pipeline"""
    )
    page = Fragment(both._repr_html_())
    assert page.captions == ["share of credit by 3 models"]
    assert page.heads == [["label", "first_touch", "last_touch", "influenced_pipeline", "spread"]]
    assert page.rows[1] == ["Mail", "48.0 %", "0.0 %", "48.0 %", "48.0 %"]
    assert page.rows[2] == ["unattributed", "20.0 %", "20.0 %", "20.0 %", ""]
    assert page.notes == ["shares overlap and do not add up: influenced_pipeline"]
    # The spread of Mail is drawn from 0 to 48 % of the 80 % that is the most.
    places = re.findall(r'd="M([0-9.]+) 8H([0-9.]+)"', both._repr_html_())
    assert [[(float(place) - 6) / 108 * 0.8 for place in ends] for ends in places] == [
        pytest.approx([0.32, 0.8], abs=1e-3),
        pytest.approx([0, 0.48], abs=1e-3),
    ]
    assert compare_models(*models[:2]).notes == ()
    assert len(compare_models(markov(PATHS), markov(PATHS, order=2)).attributions) == 2
    worthless = Journeys.from_paths(["A"], conversions=0)
    assert math.isnan(compare_models(first_touch(worthless), last_touch(worthless)).spread[0])


OTHER = Journeys.from_paths(["Mail > Fair", "Fair", ""], value=[12_000, 8_000, 4_000])
SHORTER = Journeys.from_paths(["Mail > Fair", "Fair"], value=[12_000, 13_000])
RELABELLED = Journeys.from_paths(["Mail > Ad", "Ad", ""], value=[12_000, 8_000, 5_000])


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ([], "attributions must be at least two; got 0"),
        ([FOUND], "attributions must be at least two; got 1"),
        ([FOUND, PATHS], "attributions must be results of attribution models; got Journeys"),
        ([FOUND, last_touch(PATHS), FOUND], "attributions must differ from each other; got linear_touch twice"),
        *[
            ([FOUND, last_touch(other)],
             ("attributions must be of the same journeys as linear_touch; "
             "got last_touch with another total, or other labels"))
            for other in (OTHER, SHORTER, RELABELLED)
        ],
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(models, message):
    assert refusal(compare_models, *models) == message


def test_limits_bracket_the_credit_and_widen_with_confidence():
    held = Journeys.from_paths(["A > B", "B", "A"] * 10, value=[5, 1, 2] * 10)
    narrow, wide = (first_touch(held, confidence=level) for level in (0.5, 0.99))
    assert (wide.low <= narrow.low).all()
    assert (narrow.low <= narrow.credit).all()
    assert (narrow.credit <= narrow.high).all()
    assert (narrow.high <= wide.high).all()
    assert (narrow.share_low <= narrow.share).all()
    assert (narrow.share <= narrow.share_high).all()
    assert not np.isnan(wide.share_high).any()
