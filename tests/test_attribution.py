"""Attribution by rule: published figures, fractions computed one journey at a time, and the identities of rules."""

import collections
import datetime as dt
import inspect
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError, Opportunities, markov, shapley
from abmmetrics.attribution import (
    first_touch,
    full_path,
    last_non_direct_touch,
    last_touch,
    linear_touch,
    position_based,
    time_decay,
    u_shaped,
    w_shaped,
)
from abmmetrics.touches import Journeys, Touches, build_journeys

ANY = {"first": 0.3, "last": 0.6}


def refusal(call, *arguments, **settings):
    with pytest.raises(MetricInputError) as caught:
        call(*arguments, **settings)
    return str(caught.value)


def credit(found):
    return dict(found.items())


def journey(days, labels=None, *, value=100.0, closed="2026-06-30", created=None, lead=None, lookback=None):
    """One deal's journey with touches on these days."""
    labels = [f"touch {place}" for place in range(len(days))] if labels is None else labels
    touches = Touches(account="Acme", campaign=labels, at=days)
    deal = Opportunities(account="Acme", created=created, closed=closed, outcome="won", amount=[value])
    return build_journeys(touches, deal, lookback_days=lookback, lead_created=lead)


# --- Published figures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "days", "shares"),
    [
        (linear_touch, 30, [100 / 3, 100 / 3, 100 / 3]),
        (linear_touch, 7, [50, 0, 50]),
        (first_touch, 7, [100, 0, 0]),
        (lambda held: position_based(held, first=0.2, last=0.6), 30, [20, 20, 60]),
        (lambda held: position_based(held, first=0.2, last=0.6), 7, [30, 0, 70]),
        (lambda held: position_based(held, first=0.2, last=0.6, two_touch="renormalise"), 7, [25, 0, 75]),  # Mixpanel
        (lambda held: position_based(held, first=0.05, last=0.75), 30, [20, 5, 75]),
    ],
)
def test_amplitude_s_table(model, days, shares):
    held = journey(["2026-05-01", "2026-05-07", "2026-05-10"], ["Google", "Facebook", "TikTok"], closed="2026-05-10",
                   lookback=days)  # fmt: skip
    found = credit(model(held))
    if days == 30:
        names = ["Facebook", "Google", "TikTok"]
        assert [found[name] for name in names] == pytest.approx(shares)
    else:
        assert [found[name] for name in ("Facebook", "Google", "TikTok")] == pytest.approx(shares)


def test_mixpanel_s_u_shape():
    six = position_based(Journeys.from_paths([list("ABCDEF")]), first=0.4, last=0.4)
    assert six.share.tolist() == pytest.approx([0.4, 0.05, 0.05, 0.05, 0.05, 0.4])
    for two_touch in ("split", "renormalise"):
        two = position_based(Journeys.from_paths([["A", "B"]]), first=0.4, last=0.4, two_touch=two_touch)
        assert two.share.tolist() == pytest.approx([0.5, 0.5])


def test_twelve_thousand_of_five_touches():
    ago = [38, 33, 26, 8, 0]
    days = [str(np.datetime64("2026-06-30") - age) for age in ago]
    held = journey(days, value=12_000.0)
    assert linear_touch(held).credit.tolist() == pytest.approx([2400] * 5)
    assert time_decay(held, half_life_days=7).credit.tolist() == pytest.approx(
        [175.1951756844, 287.4375936317, 574.8751872635, 3417.0449809603, 7545.4470624601], abs=1e-10
    )
    assert time_decay(held, half_life_days=22.5).credit.tolist() == pytest.approx(
        [1282.36, 1495.91, 1855.92, 3231.35, 4134.45], abs=0.005
    )
    assert position_based(held, first=0.4, last=0.4).credit.tolist() == pytest.approx([4800, 800, 800, 800, 4800])


def test_four_users_with_different_roads():
    held = Journeys.from_paths(
        ["organic > social > paid", "paid > email", "social > organic > social > paid", "email"],
        value=[100, 200, 150, 50],
    )
    assert credit(first_touch(held)) == {"organic": 100, "paid": 200, "social": 150, "email": 50}
    assert credit(last_touch(held)) == {"paid": 250, "email": 250, "organic": 0, "social": 0}
    assert credit(linear_touch(held)) == pytest.approx(
        {"email": 150, "organic": 70.8333, "paid": 170.8333, "social": 108.3333}, abs=5e-5
    )
    assert credit(position_based(held, first=0.4, last=0.4)) == pytest.approx(
        {"email": 150, "organic": 55, "paid": 200, "social": 95}
    )


STORY = [
    "AdWords",
    "LinkedIn form",
    "search form",
    "webinar mail",
    "pricing page",
    "conference",
    "case study",
    "dinner",
]


@pytest.mark.parametrize(
    ("model", "shares"),
    [
        (u_shaped, [50, 50, 0, 0, 0, 0, 0, 0]),
        (w_shaped, [30, 30, 5, 5, 30, 0, 0, 0]),
        (full_path, [22.5, 22.5, 2.5, 2.5, 22.5, 2.5, 2.5, 22.5]),
    ],
)
def test_marketo_measure_s_story(model, shares):
    days = [f"2026-0{month}-10T09:30" for month in range(1, 9)]
    held = journey(days, STORY, closed="2026-08-12", created="2026-05-10", lead="2026-02-10")
    assert [model(held)[label] for label in STORY] == pytest.approx(shares)


def test_five_touches_between_of_full_path_share_a_tenth():
    # Marketo Nation: five middle touches are given 2 % each.
    days = [f"2026-01-{day:02}" for day in range(1, 10)]
    found = full_path(journey(days, closed="2026-01-09", created="2026-01-03", lead="2026-01-02"))
    assert found.credit.tolist() == pytest.approx([22.5, 22.5, 22.5, 2, 2, 2, 2, 2, 22.5])


# --- One journey at a time, in fractions ------------------------------------------------------------------------------


def exact_weights(model, times, *, milestones=None):
    """Weights of one journey in fractions; touches at the same time share what their places are given."""
    size = len(times)
    if model == "first":
        weights = [Fraction(place == 0) for place in range(size)]
    elif model == "last":
        weights = [Fraction(place == size - 1) for place in range(size)]
    elif model == "linear":
        weights = [Fraction(1, size)] * size
    elif model == "position":
        first, last = Fraction(3, 10), Fraction(6, 10)
        rest = 1 - first - last
        if size == 1:
            weights = [Fraction(1)]
        elif size == 2:
            weights = [first + rest / 2, last + rest / 2]
        else:
            weights = [first, *[rest / (size - 2)] * (size - 2), last]
    else:
        parts, rest = milestones
        weights, held = [Fraction(0)] * size, []
        for day, part in parts:
            place = 0 if day is None else max((p for p in range(size) if times[p] <= day), default=None)
            if place is not None:
                weights[place] += part
                held.append(place)
        between = [place for place in range(max(held)) if place not in held]
        for place in between:
            weights[place] = rest / len(between)
        weights = [weight / sum(weights) for weight in weights]
    return [
        sum(weights[other] for other in range(size) if times[other] == times[place]) / times.count(times[place])
        for place in range(size)
    ]


a_journey = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ABC")), max_size=7)
some_journeys = st.lists(
    st.tuples(a_journey, st.integers(0, 5), st.integers(-1, 8), st.integers(0, 8)), min_size=1, max_size=6
)
FIRST = dt.date(2026, 1, 1)


def day(number):
    return FIRST + dt.timedelta(number)


def built(journeys):
    """Journeys of plain rows: touches with their day, the value, and the days of lead and creation."""
    touches = [(place, label, day(at)) for place, (path, *_) in enumerate(journeys) for at, label in path]
    touches += [(999, label, day(0)) for label in "ABC"]
    account, campaign, at = zip(*touches, strict=True)
    deals = Opportunities(
        account=list(range(len(journeys))),
        created=[day(created) for *_, created in journeys],
        closed=day(9),
        outcome="won",
        amount=[float(value) for _, value, *_ in journeys],
    )
    leads = [None if lead < 0 else day(lead) for _, _, lead, _ in journeys]
    return build_journeys(
        Touches(account=list(account), campaign=list(campaign), at=list(at)),
        deals,
        lookback_days=30,
        lead_created=leads,
    )


MODELS = {
    "first": first_touch,
    "last": last_touch,
    "linear": linear_touch,
    "position": lambda held: position_based(held, **ANY),
    "u": u_shaped,
    "w": w_shaped,
    "full": full_path,
}


@given(journeys=some_journeys, model=st.sampled_from(list(MODELS)))
def test_rules_give_what_fractions_give(journeys, model):
    held = built(journeys)
    expected = collections.Counter()
    for path, value, lead, created in journeys:
        ordered = sorted(path)
        times = [at for at, _ in ordered]
        if not ordered:
            continue
        lead_day = -9 if lead < 0 else lead
        milestones = {
            "u": ([(None, Fraction(1, 2)), (lead_day, Fraction(1, 2))], 0),
            "w": ([(None, Fraction(3, 10)), (lead_day, Fraction(3, 10)), (created, Fraction(3, 10))], Fraction(1, 10)),
            "full": ([(None, Fraction(9, 40)), (lead_day, Fraction(9, 40)), (created, Fraction(9, 40)), (9, Fraction(9, 40))],
                     Fraction(1, 10)),
        }.get(model)  # fmt: skip
        for (_, label), weight in zip(ordered, exact_weights(model, times, milestones=milestones), strict=True):
            expected[label] += value * weight
    found = MODELS[model](held)
    assert credit(found) == pytest.approx({label: float(expected[label]) for label in "ABC"}, abs=1e-12)
    assert found.total == sum(value for _, value, *_ in journeys)
    assert found.unattributed == pytest.approx(sum(value for path, value, *_ in journeys if not path))
    assert found.credit.sum() + found.unattributed == pytest.approx(found.total)
    assert found.conversions.sum() + found.unattributed_conversions == pytest.approx(found.total_conversions)
    assert found.total_conversions == len(journeys)
    assert (found.additive, found.journeys, found.accounts) == (True, len(journeys), len(journeys))


RULES = {
    **MODELS,
    "last non-direct": lambda held: last_non_direct_touch(held, exclude="A"),
    "decay": lambda held: time_decay(held, half_life_days=2),
    "renormalised": lambda held: position_based(held, **ANY, two_touch="renormalise"),
}
rules = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


@rules
@given(journeys=some_journeys)
def test_what_is_given_and_what_is_not_add_up(rule, journeys):
    found = rule(built(journeys))
    assert found.credit.sum() + found.unattributed == pytest.approx(found.total, abs=1e-12)
    assert (found.credit >= 0).all()
    assert found.attributed == pytest.approx(found.credit.sum(), abs=1e-12)
    if found.total:
        assert found.share.tolist() == pytest.approx((found.credit / found.total).tolist())
    else:
        assert np.isnan(found.share).all()


@rules
@given(journeys=some_journeys, factor=st.sampled_from([0.25, 8.0]))
def test_credit_has_the_scale_of_the_values(rule, journeys, factor):
    one = rule(built(journeys))
    other = rule(built([(path, value * factor, *rest) for path, value, *rest in journeys]))
    assert other.credit.tolist() == pytest.approx((one.credit * factor).tolist())
    assert other.high.tolist() == pytest.approx((one.high * factor).tolist(), nan_ok=True)
    assert other.conversions.tolist() == one.conversions.tolist()


@pytest.mark.parametrize("name", [name for name in RULES if name != "last non-direct"])
@given(journeys=some_journeys)
def test_two_labels_as_one_have_the_credit_of_both(name, journeys):
    # Touches at once stand in the order of labels, whose weights they share, so that merging does not matter.
    apart = credit(RULES[name](built(journeys)))
    merged = [([(at, "B" if label == "C" else label) for at, label in path], *rest) for path, *rest in journeys]
    together = credit(RULES[name](built(merged)))
    assert (together["A"], together["B"]) == pytest.approx((apart["A"], apart["B"] + apart["C"]), abs=1e-12)


@rules
@given(label=st.sampled_from("ABC"), value=st.integers(0, 9), at=st.integers(0, 8))
def test_of_one_touch_all_models_are_equal(rule, label, value, at):
    assert credit(rule(built([([(at, label)], value, 3, 5)])))[label] == value
    assert credit(shapley(built([([(at, label)], value, 3, 5)])))[label] == value


@given(journeys=some_journeys)
def test_half_lives_lead_from_the_last_touch_to_all_alike(journeys):
    held = built(journeys)
    assert credit(time_decay(held, half_life_days=1e12)) == pytest.approx(credit(linear_touch(held)), abs=1e-9)
    for tiny in (1e-3, 1e-300):
        assert credit(time_decay(held, half_life_days=tiny)) == pytest.approx(credit(last_touch(held)), abs=1e-12)


@given(journeys=some_journeys, half_life=st.floats(0.5, 40))
def test_time_decay_halves_with_every_half_life(journeys, half_life):
    expected = collections.Counter()
    for path, value, *_ in journeys:
        ages = [(9 - at, label) for at, label in path]
        whole = sum(0.5 ** (age / half_life) for age, _ in ages)
        for age, label in ages:
            expected[label] += value * 0.5 ** (age / half_life) / whole
    found = time_decay(built(journeys), half_life_days=half_life)
    assert credit(found) == pytest.approx({label: expected[label] for label in "ABC"}, abs=1e-9)


def test_a_very_old_journey_decays_like_any_other():
    held = journey(["1990-01-01", "1990-01-08"], closed="2026-01-01")
    assert time_decay(held, half_life_days=7).share.tolist() == pytest.approx([1 / 3, 2 / 3])


@given(paths=st.lists(st.lists(st.sampled_from("ABC"), min_size=2, max_size=2), min_size=1, max_size=6))
def test_two_halves_of_two_touches_are_linear(paths):
    held = Journeys.from_paths(paths)
    assert credit(position_based(held, first=0.5, last=0.5)) == pytest.approx(credit(linear_touch(held)))


def test_firsts_at_the_same_time_share_the_credit():
    held = journey(["2026-01-01", "2026-01-01", "2026-01-01T08:00", "2026-02-01", "2026-02-01"], list("BAACB"))
    assert credit(first_touch(held)) == {"A": 50, "B": 50, "C": 0}
    assert credit(last_touch(held)) == {"A": 0, "B": 50, "C": 50}
    # Of the last at once only those that count share it.
    assert credit(last_non_direct_touch(held, exclude="C")) == {"A": 0, "B": 100, "C": 0}
    assert credit(last_non_direct_touch(held, exclude=["B", "C"])) == {"A": 100, "B": 0, "C": 0}
    assert credit(last_non_direct_touch(held, exclude=["A", "B", "C"])) == {"A": 0, "B": 50, "C": 50}


def test_last_non_direct_falls_back_to_the_last():
    held = Journeys.from_paths(["A > D", "D > D", "D", "", "B > D > A > D"], value=[1, 2, 4, 8, 16])
    found = last_non_direct_touch(held, exclude="D")
    assert credit(found) == {"A": 17, "B": 0, "D": 6}
    assert (found.unattributed, found.parameters) == (8, {"exclude": ["D"]})


def test_milestones_that_nobody_holds_are_shared_in_proportion():
    days = ["2026-01-05", "2026-01-10", "2026-01-15"]
    none = {"closed": "2026-02-01", "created": "2026-01-12", "lead": [None]}
    assert credit(u_shaped(journey(days, **none)))["touch 0"] == 100
    # First touch and creation are left, with nothing between: 30 to 30.
    assert w_shaped(journey(days, **none)).credit.tolist() == pytest.approx([50, 50, 0])
    # The lead was made before any touch in the window, so no touch holds it.
    early = journey(days, closed="2026-02-01", created="2026-01-20", lead="2026-01-04")
    assert w_shaped(early).credit.tolist() == pytest.approx([300 / 7, 100 / 7, 300 / 7])
    # On the very day of a touch, at whatever hour, that touch holds it.
    late = journey(["2026-01-05T23:59:59", "2026-01-06T00:00"], closed="2026-02-01", lead="2026-01-05")
    assert u_shaped(late).credit.tolist() == [100, 0]
    assert u_shaped(journey(days, closed="2026-02-01", lead="2026-01-10")).credit.tolist() == [50, 50, 0]
    assert u_shaped(journey(days, closed="2026-02-01", lead="2026-01-15")).credit.tolist() == [50, 0, 50]


# --- Conversions, intervals, and what is refused -----------------------------------------------------------------------


def test_conversions_are_credited_as_the_value_is():
    held = Journeys.from_paths(["A > B", "B"], conversions=[2, 1], losses=[7, 0], value=[10, 4])
    found = linear_touch(held)
    assert (found.credit.tolist(), found.conversions.tolist()) == ([5, 9], [1, 2])
    assert (found.unit, found.total, found.total_conversions) == ("money", 14, 3)
    assert linear_touch(Journeys.from_paths(["A"])).unit == "count"


def naive_limits(rule, paths, values, accounts, *, resamples, seed, confidence):
    """Journeys of accounts drawn with replacement, put together and attributed again, sample by sample."""
    random = np.random.default_rng(seed)
    names = sorted(set(accounts))
    drawn_credit, shares = [], []
    for _ in range(resamples):
        drawn = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        times = [int(drawn[names.index(account)]) for account in accounts]
        held = Journeys.from_paths(
            paths, conversions=times, value=[value * n for value, n in zip(values, times, strict=True)]
        )
        found = rule(held, resamples=0)
        drawn_credit.append(found.credit)
        if found.total:
            shares.append(found.share)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    return np.quantile(drawn_credit, tails, axis=0), np.quantile(shares, tails, axis=0)


@pytest.mark.parametrize("cells", [2**24, 4])
def test_limits_come_from_drawing_accounts_anew(cells, monkeypatch):
    monkeypatch.setattr("abmmetrics._credit._CELLS", cells)
    monkeypatch.setattr("abmmetrics._credit._DRAWS", 20)
    paths = ["A > B", "B", "A > A > B", "", "B > A"]
    values, accounts = [5.0, 3.0, 2.0, 4.0, 0.0], ["x", "y", "x", "z", "w"]
    held = Journeys.from_paths(paths, value=values, account=accounts)
    found = linear_touch(held, resamples=57, seed=3, confidence=0.8)
    limits, shares = naive_limits(linear_touch, paths, values, accounts, resamples=57, seed=3, confidence=0.8)
    np.testing.assert_allclose([found.low, found.high], limits, rtol=1e-12)
    np.testing.assert_allclose([found.share_low, found.share_high], shares, rtol=1e-12)
    assert (found.method, found.confidence, found.accounts) == ("bootstrap of accounts, 57 samples, seed 3", 0.8, 4)


def test_limits_do_not_depend_on_the_order_of_rows_and_do_on_the_seed():
    paths = [list("AB"), list("B"), list("CAB"), list("C"), list("A")]
    accounts, values = ["e", "d", "c", "b", "a"], [1.0, 2.0, 3.0, 4.0, 5.0]
    one = linear_touch(Journeys.from_paths(paths, value=values, account=accounts))
    other = linear_touch(Journeys.from_paths(paths[::-1], value=values[::-1], account=accounts[::-1]))
    np.testing.assert_allclose([one.low, one.high], [other.low, other.high], rtol=1e-12)
    means = [
        linear_touch(Journeys.from_paths(paths, value=values), resamples=5, seed=seed).low.mean() for seed in range(9)
    ]
    assert len(set(means)) > 4
    assert one.method == "bootstrap of accounts, 400 samples, seed 0"
    alone = linear_touch(Journeys.from_paths(paths, value=values))
    assert alone.method == "bootstrap of journeys, 400 samples, seed 0"
    assert (alone.low < alone.high).all()


def test_journeys_without_an_account_are_accounts_of_their_own():
    deals = Opportunities.from_frame(
        {"account": ["A", None, None], "closed": "2026-01-05", "outcome": "won", "amount": [1, 2, 4]},
        missing="separate",
    )
    held = build_journeys(Touches(account="A", campaign="x", at="2026-01-01"), deals, lookback_days=9)
    found = first_touch(held, resamples=200)
    assert (found.accounts, found.unattributed) == (3, 6)
    assert found.high.tolist() == [3]  # drawn three times of three


def test_without_samples_or_with_one_account_there_are_no_intervals():
    held = Journeys.from_paths(["A", "B"], account=["x", "x"])
    found = first_touch(held)
    assert (found.method, found.notes) == ("none", ("no interval: fewer than 2 accounts",))
    assert np.isnan([found.low, found.high, found.share_low, found.share_high]).all()
    found = first_touch(Journeys.from_paths(["A", "B"]), resamples=0)
    assert (found.method, found.notes) == ("none", ())
    assert np.isnan(found.low).all()
    worthless = first_touch(Journeys.from_paths(["A", "B"], conversions=0, losses=1))
    assert (worthless.low.tolist(), worthless.high.tolist()) == ([0, 0], [0, 0])
    assert np.isnan(worthless.share_low).all()
    assert worthless.notes == ("undefined: the total is 0",)


PATHS = Journeys.from_paths(["A > B"])
CREATED = build_journeys(
    Touches(account="A", campaign="x", at="2026-01-01"),
    Opportunities(account="A", created="2026-01-01", closed="2026-01-05", outcome="won"),
    lookback_days=5, anchor="created", lead_created="2026-01-01",
)  # fmt: skip


@pytest.mark.parametrize(
    ("model", "held", "settings", "message"),
    [
        (first_touch, PATHS, {"resamples": -1}, "resamples must be a whole number >= 0; got -1"),
        (last_touch, PATHS, {"seed": 0.5}, "seed must be a whole number >= 0; got 0.5"),
        (linear_touch, PATHS, {"confidence": 1}, "confidence must be a number in (0, 1); got 1"),
        (last_non_direct_touch, PATHS, {"exclude": ["A", "Z"]},
         "exclude must be among the labels of the journeys, ['A', 'B']; got 'Z'"),
        (position_based, PATHS, {"first": -0.1, "last": 0.4}, "first must be a number in [0, 1]; got -0.1"),
        (position_based, PATHS, {"first": 0.4, "last": 1.1}, "last must be a number in [0, 1]; got 1.1"),
        (position_based, PATHS, {"first": 0.75, "last": 0.5}, "first + last must be a number in [0, 1]; got 1.25"),
        (position_based, PATHS, {"first": 0.4, "last": 0.4, "two_touch": "even"},
         "two_touch must be one of ['split', 'renormalise']; got 'even'"),
        (position_based, PATHS, {"first": 0, "last": 0, "two_touch": "renormalise"},
         "first + last must be above 0 for two_touch='renormalise'; got 0"),
        (time_decay, PATHS, {"half_life_days": 0}, "half_life_days must be a number in (0, inf); got 0"),
        (time_decay, PATHS, {"half_life_days": 7}, "journeys must have times for time_decay; got paths without times"),
        (u_shaped, PATHS, {},
         "journeys must have the milestone 'lead created' for u_shaped (build_journeys takes lead_created=); got []"),
        (w_shaped, journey(["2026-01-01"], lead="2026-01-01"), {},
         ("journeys must have the milestone 'opportunity created' for w_shaped (opportunities take created=); "
         "got ['first touch', 'lead created', 'closed']")),
        (full_path, CREATED, {},
         ("journeys must have the milestone 'closed' for full_path (build_journeys with anchor='closed'); "
         "got ['first touch', 'lead created', 'opportunity created']")),
    ],
)  # fmt: skip
def test_other_settings_are_refused(model, held, settings, message):
    assert refusal(model, held, **settings) == message


def test_a_half_life_is_required():
    with pytest.raises(TypeError, match="half_life_days"):
        time_decay(PATHS)


def test_the_edges_of_parts_are_allowed():
    held = Journeys.from_paths(["A > B > C", "A > C"])
    assert credit(position_based(held, first=1, last=0)) == {"A": 2, "B": 0, "C": 0}
    assert credit(position_based(held, first=0, last=1)) == {"A": 0, "B": 0, "C": 2}
    assert credit(position_based(held, first=0.9, last=0.1))["B"] == 0
    assert credit(position_based(held, first=0, last=0)) == {"A": 0.5, "B": 1, "C": 0.5}
    assert credit(position_based(held, first=0, last=0.5, two_touch="renormalise")) == {"A": 0, "B": 0.5, "C": 1.5}
    named = position_based(held, first=0, last=0.5)
    assert named.name == "position_based(first=0.0, last=0.5, two_touch=split)"
    decayed = time_decay(journey(["2026-01-01"]), half_life_days=7)
    assert (decayed.model, decayed.name) == ("time_decay", "time_decay(half_life_days=7.0)")
    names = [found(PATHS).name for found in (first_touch, last_touch, linear_touch)]
    assert names == ["first_touch", "last_touch", "linear_touch"]
    lead = journey(["2026-01-01"], created="2026-01-01", lead="2026-01-01")
    assert [found(lead).name for found in (u_shaped, w_shaped, full_path)] == ["u_shaped", "w_shaped", "full_path"]
    assert last_non_direct_touch(PATHS, exclude="A").name == "last_non_direct_touch(exclude=['A'])"


@pytest.mark.parametrize(
    "model",
    [
        first_touch, last_touch, last_non_direct_touch, linear_touch, position_based, time_decay, u_shaped, w_shaped,
        full_path, markov, shapley,
    ],
)  # fmt: skip
def test_models_draw_the_same_accounts_so_that_they_compare(model):
    options = inspect.signature(model).parameters
    assert [options[name].default for name in ("resamples", "seed", "confidence")] == [400, 0, 0.95]
