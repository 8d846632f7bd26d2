"""Matched controls: against neighbours searched one by one."""

import math
import statistics
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import ArmOutcomes, Emails, SurveyScores, TargetAccounts, match_controls

from .test_lifts import refusal

TABLE = TargetAccounts(
    account=list("ABCDEFG"),
    segments={
        "arm": ["target", "target", "target", "control", "control", "control", "pilot"],
        "tier": [1, 1, 2, 1, 1, 3, 1],
    },
)
SIZE, AGE = [10, 20, 30, 12, 18, 90, 11], [1.0, 5.0, 2.0, 4.0, 2.0, 9.0, 3.0]


def neighbours(target, controls, spread, inverse=None):
    """Weights of controls for each target, by distances computed pair by pair."""
    weight = [0.0] * len(controls)
    for one in target:
        apart = []
        for other in controls:
            difference = np.array([(a - b) / s for a, b, s in zip(one, other, spread, strict=True)])
            apart.append(math.sqrt(difference @ (np.eye(len(spread)) if inverse is None else inverse) @ difference))
        tied = [distance <= min(apart) + 1e-5 for distance in apart]
        for place, near in enumerate(tied):
            weight[place] += near / sum(tied)
    return weight


rows = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=8, unique=True)


@given(target=rows, control=rows)
def test_matches_are_the_nearest_neighbours(target, control):
    held = np.array([*target, *control], dtype=float)
    if (held.std(axis=0) == 0).any():
        return
    table = TargetAccounts(
        account=list(range(len(held))), segments={"arm": ["target"] * len(target) + ["control"] * len(control)}
    )
    covariates = {"one": held[:, 0], "two": held[:, 1]}
    spread = [statistics.stdev(column) for column in held.T.tolist()]
    found = match_controls(table, arm="arm", covariates=covariates)
    assert found.weight[: len(target)].tolist() == [1] * len(target)
    assert found.weight[len(target) :].tolist() == pytest.approx(neighbours(target, control, spread))
    assert found.matched == len(target)
    correlation = np.corrcoef(held, rowvar=False)
    if np.linalg.det(correlation) > 1e-6:
        found = match_controls(table, arm="arm", covariates=covariates, metric="mahalanobis")
        expected = neighbours(target, control, spread, np.linalg.inv(correlation))
        assert found.weight[len(target) :].tolist() == pytest.approx(expected)


def test_strata_must_be_the_same():
    found = match_controls(TABLE, arm="arm", covariates={"size": SIZE}, exact="tier")
    assert found.weight.tolist() == [1, 1, 0, 1, 1, 0, 0]
    assert (found.matched, found.unmatched, found.controls_used) == (2, 1, 2)
    assert found.difference([5, 7, 100, 4, 5, 100, 100]) == (5 + 7) / 2 - (4 + 5) / 2
    alone = match_controls(TABLE, arm="arm", covariates={}, exact=["tier"])
    assert alone.weight.tolist() == [1, 1, 0, 1, 1, 0, 0]
    assert alone.to_dict()["covariate"] == []
    assert str(alone).splitlines()[0] == "2 target accounts matched with 2 control accounts, 1 without a match"
    nobody = match_controls(TABLE, arm="arm", covariates={"size": SIZE}, exact=[[1, 1, 1, 2, 2, 2, 2]][0])
    assert (nobody.matched, nobody.unmatched) == (0, 3)
    assert math.isnan(nobody.difference(SIZE))
    assert math.isnan(nobody.balance["size"].matched_mean)
    unlabelled = match_controls(TABLE, arm="arm", covariates={"size": SIZE}, exact=[None, 1, 2, 1, 1, 3, 1])
    assert unlabelled.weight.tolist() == [0, 1, 0, 0, 1, 0, 0]


def test_balance_before_and_after():
    found = match_controls(TABLE, arm="arm", covariates={"size": SIZE, "age": AGE})
    size = found.balance["size"]
    target, control = SIZE[:3], SIZE[3:6]
    scale = math.sqrt((statistics.variance(target) + statistics.variance(control)) / 2)
    assert size.difference == pytest.approx((20 - 40) / scale)
    assert size.variance_ratio == pytest.approx(statistics.variance(target) / statistics.variance(control))
    assert (size.target_mean, size.control_mean) == (20, 40)
    weight = found.weight[3:6]
    mean = float(weight @ control) / 3
    assert size.matched_mean == pytest.approx(mean)
    assert size.matched_difference == pytest.approx((20 - mean) / scale)
    spread = float(weight @ (np.array(control) - mean) ** 2) / 2
    assert size.matched_variance_ratio == pytest.approx(statistics.variance(target) / spread)
    columns = found.to_dict()
    assert columns["covariate"] == ["size", "age"]
    assert columns["difference"] == [size.difference, found.balance["age"].difference]
    assert str(found).splitlines()[1] == (
        f"  size: standardised difference {size.difference:.3f}, matched {size.matched_difference:.3f}; "
        f"variance ratio {size.variance_ratio:.3f}, matched {size.matched_variance_ratio:.3f}"
    )
    assert str(found).splitlines()[-1] == (
        "  note: accounts may differ in what was not measured; alike is not the same as drawn by chance"
    )
    assert repr(found) == str(found)


def test_one_match_has_no_variance():
    pair = TargetAccounts(account=["A", "B"], segments={"arm": ["target", "control"]})
    found = match_controls(pair, arm="arm", covariates={"size": [1, 2]})
    assert math.isnan(found.balance["size"].matched_variance_ratio)
    assert str(found).startswith("1 target account matched with 1 control account, 0 without")


def test_how_near_is_equal_is_a_choice():
    table = TargetAccounts(account=[1, 2, 3], segments={"arm": ["target", "control", "control"]})
    size = {"size": [10.0, 11.0, 9.0 + 1e-4]}
    assert match_controls(table, arm="arm", covariates=size).weight.tolist() == [1, 0, 1]
    assert match_controls(table, arm="arm", covariates=size, tolerance=0.001).weight.tolist() == [1, 0.5, 0.5]
    exact = {"size": [10.0, 11.0, 9.0]}
    assert match_controls(table, arm="arm", covariates=exact, tolerance=0).weight.tolist() == [1, 0.5, 0.5]


def test_many_accounts_are_matched_in_parts(monkeypatch):
    random = np.random.default_rng(4)
    table = TargetAccounts(account=np.arange(200), segments={"arm": ["target", "control"] * 100})
    covariates = {"size": random.random(200)}
    whole = match_controls(table, arm="arm", covariates=covariates).weight
    monkeypatch.setattr("abmmetrics.matched._BLOCK", 250)
    assert match_controls(table, arm="arm", covariates=covariates).weight.tolist() == whole.tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "euclid"}, "metric must be one of ['inverse_variance', 'mahalanobis']; got 'euclid'"),
        ({"tolerance": -1}, "tolerance must be a number in [0, inf); got -1"),
        ({"arm": ["arm", "tier"]}, "arm must be one column of labels; got 2"),
        ({"control": "none"}, "control must be an arm of some account, ['target', 'control', 'pilot']; got 'none'"),
        ({"target": "none"}, "target must be an arm of some account, ['target', 'control', 'pilot']; got 'none'"),
        ({"covariates": {}}, "covariates must name at least one figure, unless exact names segments; got {}"),
        ({"covariates": {"size": [1, 2]}}, "size must have one figure for each of the 7 rows; got 2"),
        ({"covariates": {"size": [math.inf] * 7}}, "size must be finite numbers; got inf at row 0"),
        ({"covariates": {"size": [3] * 7}}, "size must differ between accounts; got one figure for all"),
        ({"covariates": {"size": SIZE, "twice": [2 * size for size in SIZE]}, "metric": "mahalanobis"},
         "covariates must not follow from each other; got ['size', 'twice']"),
    ],
)  # fmt: skip
def test_what_matching_takes_is_checked(options, message):
    assert refusal(match_controls, TABLE, **{"arm": "arm", "covariates": {"size": SIZE}, **options}) == message


def test_accounts_are_there_once():
    twice = Emails(account=["A", "A", "B"], sent=1)
    message = refusal(match_controls, twice, arm=["target", "target", "control"], covariates={"size": [1, 2, 3]})
    assert message == (
        "accounts must have one row for each account (rollup() adds up); got Emails(3 rows, 2 accounts; sent)"
    )
    survey = SurveyScores(score=[9, 8, 3])
    found = match_controls(survey, arm=["target", "control", "control"], covariates={"score": survey.score})
    assert found.weight.tolist() == [1, 1, 0]
    outcomes = ArmOutcomes(account=["A", "B"], arm=["target", "control"], outcome=[5, 3])
    assert match_controls(outcomes, arm="arm", covariates={"x": [1, 2]}).difference(outcomes.outcome) == 2.0
    assert refusal(match_controls(outcomes, arm="arm", covariates={"x": [1, 2]}).difference, [1]) == (
        "outcome must have one figure for each of the 2 rows; got 1"
    )


def test_published_matches_of_mothers_who_smoke():
    """Cattaneo (2010), as Stata's manual has it: ``teffects nnmatch (bweight mage prenatal1 mmarried fbaby) (mbsmoke)``."""
    statsmodels = pytest.importorskip("statsmodels")
    file = Path(statsmodels.__file__).parent / "treatment" / "tests" / "results" / "cataneo2.csv"
    if not file.exists():
        pytest.skip("this release of statsmodels comes without the births of Cattaneo (2010)")
    births = np.genfromtxt(file, delimiter=",", names=True, dtype=None, encoding="utf-8")
    names = {"mage": "mage", "prenatal1": "prenatal1_", "mmarried": "mmarried_", "fbaby": "fbaby_"}
    covariates = {name: births[column].astype(float) for name, column in names.items()}
    strata = births["prenatal1_"] * 4 + births["mmarried_"] * 2 + births["fbaby_"]
    mothers = TargetAccounts(
        account=np.arange(len(births)), segments={"arm": births["mbsmoke"].tolist(), "stratum": strata.tolist()}
    )
    arms = {"target": "smoker", "control": "nonsmoker"}
    weight = births["bweight"].astype(float)
    for metric in ("mahalanobis", "inverse_variance"):
        smokers = match_controls(mothers, arm="arm", covariates=covariates, metric=metric, **arms)
        others = match_controls(
            mothers, arm="arm", covariates=covariates, metric=metric, target="nonsmoker", control="smoker"
        )
        # The effect on everybody is that on each arm, by their numbers.
        both = smokers.matched * smokers.difference(weight) - others.matched * others.difference(weight)
        assert both / (smokers.matched + others.matched) == pytest.approx(-240.33064764, abs=1e-8)
    balance = {name: (held.difference, held.variance_ratio) for name, held in smokers.balance.items()}
    assert balance["mage"] == pytest.approx((-0.300179, 0.8818025), abs=5e-7)
    assert balance["prenatal1"] == pytest.approx((-0.3242695, 1.496155), abs=5e-7)
    assert balance["mmarried"] == pytest.approx((-0.5953009, 1.335944), abs=5e-7)
    assert balance["fbaby"] == pytest.approx((-0.1663271, 0.9430944), abs=5e-7)
    alike = match_controls(mothers, arm="arm", covariates={}, exact="stratum", **arms)
    assert alike.difference(weight) == pytest.approx(-223.3793468, abs=1e-7)
