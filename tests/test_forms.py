"""Forms: the worked example, undefined shares, and what is refused."""

# Optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math

import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError

COUNTS = {
    "viewed": [60, 40],
    "started": [20, 5],
    "submitted": [12, 3],
    "fields_asked": [96, 24],
    "fields_filled": [80, 10],
}
FORMS = abm.Forms(account=["A", "B"], **COUNTS)

CASES = [
    (abm.form_start_rate, ("started", "viewed"), 25, 100),
    (abm.form_completion_rate, ("submitted", "started"), 15, 25),
    (abm.form_abandonment_rate, ("submitted", "started"), 10, 25),
    (abm.form_view_to_submission_rate, ("submitted", "viewed"), 15, 100),
    (abm.form_field_completeness_share, ("fields_filled", "fields_asked"), 90, 120),
]
every = pytest.mark.parametrize(
    ("kpi", "needed", "part", "whole"), CASES, ids=lambda value: getattr(value, "__name__", str(value))
)


@every
def test_shares_are_these_quotients(kpi, needed, part, whole):
    share = kpi(FORMS)
    assert float(share) == part / whole
    assert (share.numerator.tolist(), share.denominator.tolist()) == ([part], [whole])
    assert (share.kpi, share.unit, share.notes) == (kpi.__name__, "share", ())
    assert share.accounts.tolist() == [2]
    # No other column is needed.
    held = abm.Forms(account=["A", "B"], **{name: COUNTS[name] for name in needed})
    assert float(kpi(held)) == part / whole


@every
def test_groups_and_confidence_reach_every_share(kpi, needed, part, whole):
    assert needed[1] in COUNTS
    assert part < whole
    assert kpi(FORMS, by="account").groups == {"account": ["A", "B"]}
    narrow, wide = kpi(FORMS, confidence=0.5), kpi(FORMS, confidence=0.99)
    assert (narrow.confidence, wide.confidence) == (0.5, 0.99)
    assert wide.low[0] < narrow.low[0] < narrow.high[0] < wide.high[0]


@every
def test_shares_of_nothing_are_undefined_and_say_so(kpi, needed, part, whole):
    assert part < whole
    share = kpi(abm.Forms(account=["A", "B"], **dict.fromkeys(COUNTS, 0)))
    assert math.isnan(float(share))
    assert share.notes == (f"undefined: {needed[1]} is 0",)


@every
def test_a_column_that_is_missing_is_named(kpi, needed, part, whole):
    assert part < whole
    for lacking in needed:
        forms = abm.Forms(account=["A"], **{name: 0 for name in COUNTS if name != lacking})
        with pytest.raises(MetricInputError) as refused:
            kpi(forms)
        columns = list(forms.columns())
        assert str(refused.value) == f"Forms must have the column {lacking} for this KPI; got {columns}"


@pytest.mark.parametrize(("part", "whole"), abm.Forms.at_most, ids=str)
def test_no_part_exceeds_its_whole(part, whole):
    assert len(abm.Forms(account=["A"], **{part: 3, whole: 3})) == 1
    with pytest.raises(MetricInputError) as refused:
        abm.Forms(account=["A"], **{part: 4, whole: 3})
    assert str(refused.value) == f"{part} must be at most {whole}; got 4 with {whole}=3 at row 0"


def test_what_may_not_exceed_what():
    assert set(abm.Forms.at_most) == {
        ("started", "viewed"),
        ("submitted", "started"),
        ("submitted", "viewed"),
        ("fields_filled", "fields_asked"),
    }


def test_those_who_gave_up_and_those_who_did_not_are_all():
    by_account = (abm.form_completion_rate(FORMS, by="account"), abm.form_abandonment_rate(FORMS, by="account"))
    np.testing.assert_allclose(by_account[0].value + by_account[1].value, 1)
    np.testing.assert_allclose(by_account[0].low, 1 - by_account[1].high)
