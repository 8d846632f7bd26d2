"""Content: rates by hand, verdicts against integrals computed in another way, and what is refused."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math
from typing import Any

import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError

from .test_shrinkage import integrated

FIGURES: dict[str, Any] = {"exposed": [60, 40], "engaged": [20, 5], "completed": [4, 1], "shared": [7, 3]}
VIEWS = abm.ContentViews(account=["A", "B"], asset=["Guide", "Memo"], **FIGURES)
RATES = [
    (abm.content_engagement_rate, "engaged", "exposed", 25, 100),
    (abm.content_completion_rate, "completed", "engaged", 5, 25),
    (abm.content_share_rate, "shared", "exposed", 10, 100),
]


# --- rates


@pytest.mark.parametrize(("kpi", "part", "whole", "some", "all_of_them"), RATES)
def test_rates_are_these_quotients(kpi, part, whole, some, all_of_them):
    rate = kpi(VIEWS)
    assert float(rate) == some / all_of_them
    assert (rate.numerator.tolist(), rate.denominator.tolist()) == ([some], [all_of_them])
    assert (rate.kpi, rate.unit, rate.notes) == (kpi.__name__, "share", ())
    by_asset = kpi(VIEWS, by="asset")
    assert by_asset.groups == {"asset": ["Guide", "Memo"]}
    assert by_asset.value.tolist() == [one / other for one, other in zip(FIGURES[part], FIGURES[whole], strict=True)]
    narrow, wide = kpi(VIEWS, confidence=0.5), kpi(VIEWS, confidence=0.99)
    assert wide.low[0] < narrow.low[0] < narrow.high[0] < wide.high[0]


@pytest.mark.parametrize(("kpi", "part", "whole"), [case[:3] for case in RATES])
def test_rates_of_nothing_are_undefined_and_say_so(kpi, part, whole):
    rate = kpi(abm.ContentViews(account="A", asset=["Guide"], **{part: [0], whole: [0]}))
    assert math.isnan(float(rate))
    assert rate.notes == (f"undefined: {whole} is 0",)


@pytest.mark.parametrize(("kpi", "part", "whole"), [case[:3] for case in RATES])
def test_a_column_that_is_missing_is_named(kpi, part, whole):
    for lacking in (part, whole):
        views = abm.ContentViews(account="A", asset=["G"], **{name: 0 for name in FIGURES if name != lacking})
        with pytest.raises(MetricInputError) as refused:
            kpi(views)
        columns = [name for name in ("account", "asset", *FIGURES) if name != lacking]
        assert str(refused.value) == f"ContentViews must have the column {lacking} for this KPI; got {columns}"


@pytest.mark.parametrize(
    ("part", "whole"),
    [("engaged", "exposed"), ("completed", "engaged"), ("completed", "exposed"), ("shared", "exposed")],
)
def test_no_part_exceeds_its_whole(part, whole):
    assert len(abm.ContentViews(account="A", asset=["G"], **{part: 3, whole: 3})) == 1
    with pytest.raises(MetricInputError) as refused:
        abm.ContentViews(account="A", asset=["G"], **{part: 4, whole: 3})
    assert str(refused.value) == f"{part} must be at most {whole}; got 4 with {whole}=3 at row 0"


def test_who_never_began_may_pass_it_on():
    assert len(abm.ContentViews.at_most) == 4
    assert (
        float(abm.content_share_rate(abm.ContentViews(account="A", asset=["G"], exposed=4, engaged=0, shared=2))) == 0.5
    )


def test_content_without_assets_is_refused():
    with pytest.raises(MetricInputError) as refused:
        abm.ContentViews.from_frame({"account": ["A"], "exposed": [3]})
    assert str(refused.value) == (
        "ContentViews.from_frame must be told the column for asset; got ['account', 'exposed']"
    )
    with pytest.raises(MetricInputError) as refused:
        abm.ContentViews(account="A", asset=["Guide", None], exposed=1)
    assert str(refused.value) == "asset must be text or whole numbers in every row; got a missing value at row 1"


# --- verdicts


def independent(exposed, engaged, completed=None):
    """Exposures that each are an account's only one, so that they are independent; assets a, b, c, ..."""
    account, asset, begun, finished = [], [], [], []
    completed = completed or [0] * len(exposed)
    for place, (whole, some, few) in enumerate(zip(exposed, engaged, completed, strict=True)):
        account += [f"{place} {number}" for number in range(whole)]
        asset += ["abcdefghij"[place]] * whole
        begun += [number < some for number in range(whole)]
        finished += [number < few for number in range(whole)]
    return abm.ContentViews(account=account, asset=asset, exposed=1, engaged=begun, completed=finished)


EXPOSED, ENGAGED = [40, 30, 60, 25, 12], [17, 6, 3, 6, 4]
THRESHOLDS: dict[str, Any] = {"keep_at": 0.25, "drop_at": 0.15}


def test_verdicts_follow_from_the_probabilities_of_the_mixture():
    found = abm.content_verdicts(independent(EXPOSED, ENGAGED), **THRESHOLDS)
    mean, own, below_keep, common = integrated(ENGAGED, EXPOSED, 0.25, 30)
    _, _, below_drop, _ = integrated(ENGAGED, EXPOSED, 0.15, 30)
    assert list(found) == ["a", "b", "c", "d", "e"]
    np.testing.assert_allclose(found.probability["keep"], 1 - below_keep, atol=1e-3)
    np.testing.assert_allclose(found.probability["reformat"], below_keep - below_drop, atol=1e-3)
    np.testing.assert_allclose(found.probability["drop"], below_drop, atol=1e-3)
    assert found.probability["undecided"].tolist() == [0] * 5
    assert found.verdict == ["keep", "undecided", "drop", "undecided", "undecided"]
    assert found.lean == ["keep", "reformat", "drop", "reformat", "keep"]
    rates = found.engagement
    np.testing.assert_allclose(rates.value, mean, atol=1e-3)
    np.testing.assert_allclose(rates.own_weight, own, atol=1e-3)
    assert rates.common_rate == pytest.approx(common, abs=1e-3)
    assert rates.observed.tolist() == [some / whole for some, whole in zip(ENGAGED, EXPOSED, strict=True)]
    assert rates.denominator.tolist() == rates.effective.tolist() == EXPOSED
    assert (rates.kpi, rates.confidence) == ("content_engagement_rate", 0.95)
    assert (found.completion, found.notes, found.excluded) == (None, (), {})
    assert found.rule == "keep from 25 % engagement, drop up to 15 %; 80 % sure"


def test_a_verdict_between_the_thresholds_is_reformat():
    found = abm.content_verdicts(independent([200, 200], [42, 40]), keep_at=0.35, drop_at=0.1)
    assert found.verdict == ["reformat", "reformat"]


def test_limits_hold_the_probability_that_was_asked():
    views = independent(EXPOSED, ENGAGED)
    for confidence in (0.95, 0.6):
        rates = abm.content_verdicts(views, **THRESHOLDS, interval_confidence=confidence).engagement
        assert rates.confidence == confidence
        for limit, share in ((rates.low, (1 - confidence) / 2), (rates.high, (1 + confidence) / 2)):
            for place in (0, 2):
                below = integrated(ENGAGED, EXPOSED, limit[place], 30)[2]
                assert below[place] == pytest.approx(share, abs=1e-3)


def test_a_verdict_has_to_be_as_probable_as_was_asked():
    views = independent(EXPOSED, ENGAGED)
    found = abm.content_verdicts(views, **THRESHOLDS)
    just = float(found.probability["keep"][0])
    assert abm.content_verdicts(views, **THRESHOLDS, confidence=just).verdict[0] == "keep"
    more = abm.content_verdicts(views, **THRESHOLDS, confidence=math.nextafter(just, 1))
    assert (more.verdict[0], more.lean[0]) == ("undecided", "keep")
    assert more.confidence == math.nextafter(just, 1)


def clustered(rows=1):
    """Three assets seen by eight accounts that differ in what they like; each account's rows in so many parts."""
    random = np.random.default_rng(4)
    exposed = random.integers(2, 20, (3, 8))
    engaged = random.binomial(exposed, random.beta(1.5, 3, (3, 8)))
    asset, account = (np.repeat(place.ravel(), rows) for place in np.indices(exposed.shape))
    parts = np.tile(np.arange(rows), exposed.size)
    split = [figures.ravel().repeat(rows) for figures in (exposed, engaged)]
    exposed, engaged = (figures // rows + (parts < figures % rows) for figures in split)
    return abm.ContentViews(account=account, asset=asset, exposed=exposed, engaged=engaged)


def test_exposures_are_worth_as_many_independent_ones_as_have_the_interval_of_the_rate():
    views = clustered()
    rate = abm.content_engagement_rate(views, by="asset")
    rates = abm.content_verdicts(views, **THRESHOLDS, interval_confidence=0.8).engagement
    assert (rates.effective < rates.denominator).all()
    own = rates.effective
    same = abm.wilson(rate.value * own, own)
    # Each limit of a rate has degrees of freedom of its own: the wider of the two says what the exposures are worth.
    beyond = np.array([rate.low - same.low, same.high - rate.high])
    np.testing.assert_allclose(beyond.min(axis=0), 0, atol=1e-10)
    assert (beyond > -1e-10).all()
    # How assets differ is learned from what the jackknife variance itself says: p (1 - p) / n.
    exposed, engaged = (np.asarray(views.column(name)).reshape(3, 8) for name in ("exposed", "engaged"))
    rest = (engaged.sum(axis=1, keepdims=True) - engaged) / (exposed.sum(axis=1, keepdims=True) - exposed)
    variance = 7 / 8 * ((rest - rest.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    likely = rate.value * (1 - rate.value) / variance
    assert (own < likely).all()
    assert (likely < rates.denominator).all()
    mean, weight, *_ = integrated(rate.value * likely, likely, 0.2, np.median(likely), own=own)
    np.testing.assert_allclose(rates.value, mean, atol=1e-3)
    np.testing.assert_allclose(rates.own_weight, weight, atol=1e-3)


def test_grain_and_order_do_not_matter():
    expected = abm.content_verdicts(clustered(), **THRESHOLDS).to_dict()
    parts = clustered(rows=3)
    for views in (parts, parts.rollup(), abm.concat([parts.where(parts.asset == 2), parts.where(parts.asset != 2)])):
        found = abm.content_verdicts(views, **THRESHOLDS).to_dict()
        assert found.keys() == expected.keys()
        for name, column in found.items():
            if isinstance(column[0], float):
                np.testing.assert_allclose(column, expected[name], rtol=1e-7)
            else:
                assert column == expected[name]


def test_what_an_account_alone_saw_is_one_exposure_and_few_accounts_are_no_less():
    views = abm.ContentViews(
        account=["A", "A", "B", "C", "A", "B", "C", "A", "B"],
        asset=["alone", "alone", "few", "few", "many", "many", "many", "two", "two"],
        exposed=[30, 20, 200, 100, 40, 45, 50, 40, 45],
        engaged=[10, 20, 0, 0, 11, 12, 14, 11, 12],
    )
    found = abm.content_verdicts(views, **THRESHOLDS)
    rates = found.engagement
    assert rates.effective[:2].tolist() == [1, 1]
    assert (rates.effective[2:] > [100, 40]).all()
    assert rates.denominator.tolist() == [50, 300, 135, 85]
    assert found.notes == ("seen by one account only, hence as good as one exposure (alone)",)


def test_assets_with_few_exposures_are_not_judged():
    views = independent([40, 39, 200], [20, 19, 10])
    found = abm.content_verdicts(views, **THRESHOLDS, min_exposures=40)
    assert found.verdict == ["keep", "undecided", "drop"]
    assert found.lean[1] == "keep"
    assert found.notes == ("fewer than 40 exposures: not judged (b)",)


def test_what_nobody_saw_is_known_by_the_others_and_not_judged():
    views = abm.ContentViews(
        account=[1, 2, 3, 1, 2, 3, 1],
        asset=list("aaabbbc"),
        exposed=[90, 80, 95, 100, 90, 85, 0],
        engaged=[40, 38, 44, 46, 41, 40, 0],
    )
    found = abm.content_verdicts(views, keep_at=0.2, drop_at=0.1, confidence=0.6)
    assert (found.verdict, found.lean) == (["keep", "keep", "undecided"], ["keep"] * 3)
    assert found.probability["keep"][2] > 0.6
    assert math.isnan(found.engagement.observed[2])
    assert found.engagement.effective[2] == found.engagement.own_weight[2] == 0
    assert found.engagement.value[2] == pytest.approx(found.engagement.common_rate, rel=1e-12)
    assert found.notes == ("fewer than 1 exposures: not judged (c)",)


def test_one_asset_shows_nothing_of_how_assets_differ():
    found = abm.content_verdicts(independent([40], [14]), **THRESHOLDS)
    assert found.engagement.value.tolist() == pytest.approx([15 / 42])
    assert found.notes == ("content_engagement_rate: fewer than 2 assets to learn from, so that the prior is uniform",)
    assert found.verdict == ["keep"]
    two = abm.content_verdicts(independent([40, 40], [14, 9]), **THRESHOLDS)
    assert two.notes == ()


def test_no_assets_have_no_verdicts():
    found = abm.content_verdicts(abm.ContentViews.empty(), **THRESHOLDS)
    assert (len(found), found.verdict, found.lean, list(found)) == (0, [], [], [])
    assert found.notes == ("content_engagement_rate: fewer than 2 assets to learn from, so that the prior is uniform",)
    assert str(found).startswith("content verdicts: keep from 25 % engagement, drop up to 15 %; 80 % sure\n  note: ")


def test_rows_that_were_left_out_are_told():
    rows = {"account": ["A", None, "B"], "asset": ["a", "a", "b"], "exposed": [5, 5, 5], "engaged": [1, 2, 3]}
    found = abm.content_verdicts(abm.ContentViews.from_frame(rows, missing="drop"), **THRESHOLDS)
    assert found.excluded == {"missing account": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep_at": 1}, "keep_at must be a number in (0, 1); got 1"),
        ({"keep_at": "high"}, "keep_at must be a number in (0, 1); got 'high'"),
        ({"drop_at": 0}, "drop_at must be a number in (0, 1); got 0"),
        ({"drop_at": 0.25}, "keep_at must be above drop_at=0.25; got 0.25"),
        ({"drop_at": 0.3}, "keep_at must be above drop_at=0.3; got 0.25"),
        ({"confidence": 0.5}, "confidence must be a number in (0.5, 1); got 0.5"),
        ({"confidence": 1}, "confidence must be a number in (0.5, 1); got 1"),
        ({"min_exposures": 0}, "min_exposures must be a whole number >= 1; got 0"),
        ({"interval_confidence": 95}, "interval_confidence must be a number in (0, 1); got 95"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(MetricInputError) as refused:
        abm.content_verdicts(VIEWS, **{**THRESHOLDS, **options})
    assert str(refused.value) == message


# --- verdicts by completion

CORNERS = independent([200, 200, 200, 200], [80, 84, 24, 12], [60, 12, 3, 10])
HIGH: dict[str, Any] = {"engagement_at": 0.25, "completion_at": 0.5}


def test_form_and_topic_are_told_apart():
    """Many begin and finish; begin and do not finish; few do either; few begin and those finish."""
    found = abm.content_verdicts_by_completion(CORNERS, **HIGH)
    assert found.verdict == ["keep", "reformat", "drop", "undecided"]
    assert found.lean == ["keep", "reformat", "drop", "undecided"]
    assert found.notes == ("few begin it and most of those finish: show it to more (d)",)
    assert found.rule == "high is from 25 % engagement and 50 % completion; 80 % sure"


def test_both_rates_are_learned_across_assets():
    exposed, engaged, completed = [40, 30, 60, 25], [14, 6, 8, 9], [9, 1, 5, 3]
    found = abm.content_verdicts_by_completion(
        independent(exposed, engaged, completed), engagement_at=0.2, completion_at=0.4, interval_confidence=0.9
    )
    few_begin = integrated(engaged, exposed, 0.2, 30)[2]
    mean, _, few_finish, _ = integrated(completed, engaged, 0.4, 8)
    expected = {
        "keep": (1 - few_begin) * (1 - few_finish),
        "reformat": (1 - few_begin) * few_finish,
        "drop": few_begin * few_finish,
        "undecided": few_begin * (1 - few_finish),
    }
    assert list(found.probability) == list(expected)
    for label, probability in expected.items():
        np.testing.assert_allclose(found.probability[label], probability, atol=2e-3)
    np.testing.assert_allclose(found.completion.value, mean, atol=1e-3)
    assert found.completion.denominator.tolist() == engaged
    assert (found.completion.kpi, found.engagement.kpi) == ("content_completion_rate", "content_engagement_rate")
    assert found.completion.confidence == found.engagement.confidence == 0.9


def test_what_nobody_began_has_the_completion_of_the_others():
    found = abm.content_verdicts_by_completion(
        independent([100, 100, 100], [40, 30, 0], [30, 4, 0]), **HIGH, min_exposures=100
    )
    assert found.verdict[2] == "undecided"
    assert found.completion.value[2] == pytest.approx(found.completion.common_rate, rel=1e-12)
    assert found.notes == ("nobody engaged: completion is that of the other assets (c)",)


def test_what_nobody_saw_is_not_judged_by_completion():
    views = abm.ContentViews(
        account=[1, 2, 3], asset=list("abc"), exposed=[1, 1, 0], engaged=[1, 1, 0], completed=[1, 1, 0]
    )
    found = abm.content_verdicts_by_completion(views, **HIGH)
    assert found.notes[0] == "fewer than 1 exposures: not judged (c)"
    assert found.engagement.confidence == found.completion.confidence == 0.95


def test_each_rate_says_where_it_had_nothing_to_learn_from():
    found = abm.content_verdicts_by_completion(independent([30, 30], [9, 0], [4, 0]), **HIGH, min_exposures=31)
    assert found.notes == (
        "content_completion_rate: fewer than 2 assets to learn from, so that the prior is uniform",
        "fewer than 31 exposures: not judged (a, b)",
        "nobody engaged: completion is that of the other assets (b)",
    )


def test_that_none_fits_is_told_from_the_probability_that_was_asked():
    found = abm.content_verdicts_by_completion(CORNERS, **HIGH)
    just = float(found.probability["undecided"][3])
    assert abm.content_verdicts_by_completion(CORNERS, **HIGH, confidence=just).notes != ()
    assert abm.content_verdicts_by_completion(CORNERS, **HIGH, confidence=math.nextafter(just, 1)).notes == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engagement_at": 0}, "engagement_at must be a number in (0, 1); got 0"),
        ({"completion_at": 1.0}, "completion_at must be a number in (0, 1); got 1.0"),
        ({"confidence": 0.5}, "confidence must be a number in (0.5, 1); got 0.5"),
        ({"min_exposures": 2.5}, "min_exposures must be a whole number >= 1; got 2.5"),
        ({"interval_confidence": 0}, "interval_confidence must be a number in (0, 1); got 0"),
    ],
)
def test_options_of_two_rates_out_of_range_are_refused(options, message):
    with pytest.raises(MetricInputError) as refused:
        abm.content_verdicts_by_completion(VIEWS, **{**HIGH, **options})
    assert str(refused.value) == message


def test_verdicts_need_their_columns():
    views = abm.ContentViews(account="A", asset=["Guide"], exposed=3, engaged=2)
    with pytest.raises(MetricInputError) as refused:
        abm.content_verdicts_by_completion(views, **HIGH)
    assert str(refused.value).startswith("ContentViews must have the column completed for this KPI; got ")
    with pytest.raises(MetricInputError) as refused:
        abm.content_verdicts(abm.ContentViews(account="A", asset=["Guide"], engaged=2), **THRESHOLDS)
    assert str(refused.value).startswith("ContentViews must have the column exposed for this KPI; got ")


def test_content_is_given_by_name_compared_by_row_and_shown_in_short():
    columns = {"account": ["Acme", "Beta"], "asset": ["Guide"] * 2, "exposed": [40, 20], "engaged": [12, 3]}
    views = abm.ContentViews(**columns)
    assert views == abm.ContentViews(**columns)
    assert views != abm.ContentViews(**{**columns, "engaged": [12, 4]})
    assert repr(views) == "ContentViews(2 rows, 2 accounts; asset, exposed, engaged)"
    with pytest.raises(TypeError, match="positional"):
        abm.ContentViews(["Acme"], ["Guide"])


def test_one_exposure_counts():
    """One person who was shown an asset and engaged says a little for it, one who did not a little against it."""

    def lonely(engaged):
        views = independent([*EXPOSED, 1], [*ENGAGED, engaged])
        return abm.content_verdicts(views, **THRESHOLDS).engagement.value[-1]

    assert lonely(1) > lonely(0) + 1e-4
