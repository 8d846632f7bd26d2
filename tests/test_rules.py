import attrs
import pytest

from abmmetrics import MetricInputError, QualificationRule, rules

RULE = {"minutes": 100, "people": 2, "minutes_per_person": 20, "within_days": 90}


def refused(**given):
    with pytest.raises(MetricInputError) as refusal:
        QualificationRule(**given)
    return str(refusal.value)


def test_exits_are_the_thresholds_where_not_given():
    rule = QualificationRule(minutes=100, people={"one": 1, "two": 2}, segment="tier", within_days=90)
    assert rule.labels() == ["one", "two"]
    assert [rule.threshold(name, "two") for name in rules.THRESHOLDS] == [100, 2, 0, 100, 2]
    lower = attrs.evolve(rule, exit_minutes={"one": 10, "two": 20}, exit_people=0)
    assert [lower.threshold(name, "one") for name in rules.THRESHOLDS] == [100, 1, 0, 10, 0]
    plain = QualificationRule(minutes=3, within_days=30)
    assert plain.labels() == []
    assert [plain.threshold(name, None) for name in rules.THRESHOLDS] == [3, 0, 0, 3, 0]
    assert (plain.comparison, plain.source, plain.only_kinds) == ("at_least", "", None)


def test_kinds_and_accounts_may_be_one_or_several():
    rule = QualificationRule(**RULE, act_now_kinds="demo", excluded_accounts=["A", "B"], only_kinds={"demo"})
    assert (rule.act_now_kinds, rule.excluded_accounts, rule.only_kinds) == (("demo",), ("A", "B"), ("demo",))
    assert rule.excluded_kinds == ()


def test_kinds_count_unless_they_are_not_chosen_or_excluded():
    kinds = ["ad", "demo", "view"]
    assert QualificationRule(**RULE).counted_kinds(kinds) == [True, True, True]
    assert QualificationRule(**RULE, excluded_kinds="ad").counted_kinds(kinds) == [False, True, True]
    both = QualificationRule(**RULE, only_kinds=("ad", "view"), excluded_kinds="ad")
    assert both.counted_kinds(kinds) == [False, False, True]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"within_days": 0}, "within_days must be a whole number >= 1; got 0"),
        ({"minutes": 0}, "minutes must be a number in (0, inf); got 0"),
        ({"minutes": float("inf")}, "minutes must be a number in (0, inf); got inf"),
        ({"people": -1}, "people must be a whole number >= 0; got -1"),
        ({"people": 1.5}, "people must be a whole number >= 0; got 1.5"),
        ({"minutes_per_person": -1}, "minutes_per_person must be a number in [0, inf); got -1"),
        ({"exit_minutes": 101}, "exit_minutes must be at most minutes; got 101 with minutes=100"),
        ({"exit_minutes": -1}, "exit_minutes must be a number in [0, inf); got -1"),
        ({"exit_people": 3}, "exit_people must be at most people; got 3 with people=2"),
        ({"comparison": ">"}, "comparison must be one of ['at_least', 'more_than']; got '>'"),
        ({"predict_score": 101}, "predict_score must be a number in [0, 100]; got 101"),
        ({"predict_score": -1}, "predict_score must be a number in [0, 100]; got -1"),
        (
            {"act_now_kinds": ("demo", "ad"), "excluded_kinds": "ad"},
            "act_now_kinds must not be among excluded_kinds; got 'ad'",
        ),
        ({"minutes": {"one": 60}}, "segment must be named, for minutes is a mapping of its labels; got None"),
        ({"segment": "tier"}, "segment must be the one that some threshold is a mapping of; got 'tier'"),
        (
            {"minutes": {"one": 60, "two": 100}, "people": {"one": 1, "three": 2}, "segment": "tier"},
            "people must have a figure for each of ['one', 'two']; got ['one', 'three']",
        ),
        (
            {"minutes": {"one": 60, "two": 0}, "segment": "tier"},
            "minutes['two'] must be a number in (0, inf); got 0",
        ),
        (
            {"minutes": {"one": 60, "two": 40}, "exit_minutes": 50, "segment": "tier"},
            "exit_minutes must be at most minutes; got 50 with minutes=40",
        ),
        (
            {"exit_minutes": {"one": 60, "two": 101}, "segment": "tier"},
            "exit_minutes['two'] must be at most minutes; got 101 with minutes=100",
        ),
    ],
)
def test_rules_that_cannot_be_are_refused(given, message):
    assert refused(**{**RULE, **given}) == message


def test_a_rule_says_what_it_asks_for():
    assert str(rules.ENGAGIO_STARTER) == (
        "minutes=60, people=2, minutes_per_person=10, within_days=90, comparison='more_than'"
    )
    assert str(QualificationRule(minutes=5, within_days=3, act_now_kinds="demo", source="ours")) == (
        "minutes=5, within_days=3, act_now_kinds=('demo',)"
    )


def test_ends_of_thresholds_are_allowed():
    rule = QualificationRule(
        minutes=100, people=2, within_days=1, exit_minutes=100, exit_people=2, minutes_per_person=0, predict_score=100
    )
    assert rule.exit_minutes == 100
    assert QualificationRule(**RULE, exit_minutes=0, exit_people=0, predict_score=0).exit_people == 0


def test_published_rules_say_what_was_published_and_when():
    engagio, starter = rules.ENGAGIO_OUT_OF_THE_BOX, rules.ENGAGIO_STARTER
    assert (engagio.minutes, engagio.people, engagio.minutes_per_person) == (100, 2, 20)
    assert (engagio.comparison, engagio.within_days, engagio.predict_score) == ("at_least", 90, None)
    assert (starter.minutes, starter.people, starter.minutes_per_person) == (60, 2, 10)
    assert (starter.comparison, starter.within_days) == ("more_than", 90)
    demandbase = rules.DEMANDBASE_QUALIFIED
    assert (demandbase.minutes, demandbase.people, demandbase.predict_score) == (100, 0, 85)
    assert (demandbase.comparison, demandbase.within_days) == ("at_least", 90)
    for stage, views in ((rules.ROLLWORKS_AWARE, 1), (rules.ROLLWORKS_ENGAGED, 3)):
        assert (stage.minutes, stage.people, stage.within_days) == (views, 0, 30)
        assert (stage.only_kinds, stage.minutes_by_kind) == (("page view",), {"page view": 1})
    published = [getattr(rules, name) for name in rules.__all__ if name.isupper()]
    assert len(published) == 5
    assert all("read 2026-11-22" in rule.source for rule in published)


def test_public_names():
    assert set(rules.__all__) == {
        "DEMANDBASE_QUALIFIED",
        "ENGAGIO_OUT_OF_THE_BOX",
        "ENGAGIO_STARTER",
        "QualificationRule",
        "ROLLWORKS_AWARE",
        "ROLLWORKS_ENGAGED",
    }
