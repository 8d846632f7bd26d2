"""How verdicts are shown, taken apart and handed on."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math

import attrs
import numpy as np
import pandas as pd
import pytest

from abmmetrics import ContentVerdicts, MetricInputError, ShrunkenRates
from tests.fragment import Fragment


def rates(kpi="content_engagement_rate", observed=(0.4, math.nan)):
    figures = {"value": [0.36, 0.3], "low": [0.21, 0.05], "high": [0.5, 0.625], "observed": observed}
    figures |= {"denominator": [1200, 0], "effective": [800.5, 0], "own_weight": [0.75, 0]}
    return ShrunkenRates(
        kpi=kpi, common_rate=0.3, confidence=0.9, **{name: np.array(column) for name, column in figures.items()}
    )


FOUND = ContentVerdicts(
    rule="keep from 25 % engagement, drop up to 15 %; 80 % sure",
    confidence=0.8,
    assets=["<b>Guide</b>", "Memo"],
    verdict=["keep", "undecided"],
    lean=["keep", "drop"],
    probability={
        "keep": np.array([0.9, 0.3]),
        "reformat": np.array([0.1, 0.2]),
        "drop": np.array([0.0, 0.5]),
        "undecided": np.array([0.0, 0.0]),
    },
    engagement=rates(),
    excluded={"missing account": 1200},
    remarks=("all of it is made up",),
    flags={"seen by nobody": np.array([False, True]), "never": np.array([False, False])},
)
BOTH = attrs.evolve(
    FOUND,
    completion=rates("content_completion_rate", (0.1, 0.2)),
    probability={**FOUND.probability, "undecided": np.array([0.0, 0.125])},
    excluded={},
    flags={},
)


def test_verdicts_read_like_a_table():
    assert str(FOUND) == repr(FOUND)
    assert str(FOUND).split("\n") == [
        "content verdicts: keep from 25 % engagement, drop up to 15 %; 80 % sure",
        "  <b>Guide</b>  keep                   keep 90.0 %, reformat 10.0 %, drop 0.0 %   engagement 36.0 % (90 % interval 21.0 % to 50.0 %; observed 40.0 % of 1,200)",
        "  Memo          undecided, leans drop  keep 30.0 %, reformat 20.0 %, drop 50.0 %  engagement 30.0 % (90 % interval 5.0 % to 62.5 %; nothing observed)",
        "  note: all of it is made up",
        "  note: seen by nobody (Memo)",
        "  left out: 1,200 rows, missing account",
    ]


def test_two_rates_are_shown_beside_each_other():
    assert str(BOTH).split("\n")[2] == (
        "  Memo          undecided, leans drop  keep 30.0 %, reformat 20.0 %, drop 50.0 %, none 12.5 %  "
        "engagement 30.0 % (90 % interval 5.0 % to 62.5 %; nothing observed)           "
        "completion 30.0 % (90 % interval 5.0 % to 62.5 %; observed 20.0 % of 0)"
    )
    assert "note" in str(BOTH)


def test_columns_are_plain_lists():
    columns = FOUND.to_dict()
    assert columns["asset"] == ["<b>Guide</b>", "Memo"]
    assert (columns["verdict"], columns["lean"]) == (["keep", "undecided"], ["keep", "drop"])
    assert columns["drop_probability"] == [0.0, 0.5]
    assert columns["engagement_rate"] == [0.36, 0.3]
    assert (columns["engagement_rate_low"], columns["engagement_rate_high"]) == ([0.21, 0.05], [0.5, 0.625])
    np.testing.assert_equal(columns["engagement_rate_observed"], [0.4, math.nan])
    assert columns["engagement_own_weight"] == [0.75, 0]
    assert columns["exposed"] == [1200, 0]
    assert type(columns["exposed"][0]) is int
    assert list(columns) == [
        "asset",
        "verdict",
        "lean",
        *(f"{label}_probability" for label in ("keep", "reformat", "drop", "undecided")),
        *(f"engagement_{name}" for name in ("rate", "rate_low", "rate_high", "rate_observed", "own_weight")),
        "exposed",
    ]
    assert BOTH.to_dict()["completion_rate_observed"] == [0.1, 0.2]


def test_any_frame_takes_the_columns():
    frame = FOUND.to_frame(like=pd.DataFrame())
    assert isinstance(frame, pd.DataFrame)
    assert frame["keep_probability"].tolist() == [0.9, 0.3]
    with pytest.raises(MetricInputError, match="^like must be a frame of "):
        FOUND.to_frame(like=[])


def test_one_asset_is_taken_by_its_name():
    for one in (BOTH["Memo"], dict(BOTH.items())["Memo"], BOTH.take(np.array([1]))):
        assert (len(one), list(one), one.verdict, one.lean) == (1, ["Memo"], ["undecided"], ["drop"])
        assert one.probability["drop"].tolist() == [0.5]
        assert one.engagement.high.tolist() == one.completion.high.tolist() == [0.625]
        assert one.completion.observed.tolist() == [0.2]
        assert one.engagement.common_rate == 0.3
    assert FOUND["Memo"].notes == ("all of it is made up", "seen by nobody (Memo)")
    assert FOUND["<b>Guide</b>"].notes == ("all of it is made up",)
    assert list(FOUND) == FOUND.assets
    with pytest.raises(MetricInputError) as refused:
        FOUND["Video"]
    assert str(refused.value) == "asset must be one of ['<b>Guide</b>', 'Memo']; got 'Video'"


def test_many_assets_are_named_in_part():
    many = FOUND.take(np.array([1, 1, 1, 1, 0]))
    assert many.notes[-1] == "seen by nobody (Memo, Memo, Memo and 1 more)"
    assert many.take(np.arange(3)).notes[-1] == "seen by nobody (Memo, Memo, Memo)"
    with pytest.raises(MetricInputError) as refused:
        FOUND.take(np.array([1] * 25))["Video"]
    assert str(refused.value).count("Memo") == 20


def test_labels_are_escaped_in_notebooks():
    page = Fragment(FOUND._repr_html_())
    assert "<b>Guide</b>" in [row[0] for row in page.rows]
    assert page.heads == [["asset", "verdict", "probability", "engagement", "90 % interval", "observed"]]
    assert "undecided, leans drop" in [row[1] for row in page.rows]
    assert page.captions[0].startswith("content verdicts: keep from 25 % engagement")
    assert page.notes[-1] == "left out: 1,200 rows, missing account"
    assert Fragment(BOTH._repr_html_()).heads[0][6:] == ["completion", "90 % interval", "observed"]
    bare = attrs.evolve(FOUND, remarks=(), flags={}, excluded={})
    assert Fragment(bare._repr_html_()).notes == []
    alone = Fragment(FOUND.engagement._repr_html_())
    assert [row[1:] for row in alone.rows] == [row[3:] for row in page.rows]
    assert alone.notes == [f"common rate: {100 * FOUND.engagement.common_rate:.1f} %"]
    assert "nothing" in [row[5] for row in page.rows]
