"""Removal effects and Shapley values: published figures, every label removed in turn, and all subsets enumerated."""

import collections
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError, _markov, _shapley, data_driven
from abmmetrics.attribution import linear_touch
from abmmetrics.data_driven import markov, shapley
from abmmetrics.influence import influenced_pipeline
from abmmetrics.touches import Journeys


def refusal(call, *arguments, **settings):
    with pytest.raises(MetricInputError) as caught:
        call(*arguments, **settings)
    return str(caught.value)


def removal(found):
    return dict(zip(found.labels, found.raw["removal_effect"].tolist(), strict=True))


# --- Removal effects: published figures -------------------------------------------------------------------------------


def test_vignette_of_channelattribution():
    found = markov(Journeys.from_paths(["A>B>A>B>B>A", "A>B>B>A>A", "A>A"]))
    assert removal(found) == pytest.approx({"A": 1, "B": 0.5})
    assert found.conversions.tolist() == pytest.approx([2, 1])


def test_the_three_campaigns_of_analyzecore():
    found = markov(Journeys.from_paths(["C1>C2>C3", "C1", "C2>C3"], conversions=[1, 0, 0], losses=[0, 1, 1]))
    assert removal(found) == pytest.approx({"C1": 0.5, "C2": 1, "C3": 1})
    assert found.share.tolist() == pytest.approx([0.2, 0.4, 0.4])
    assert found.notes[0] == "conversion rate of the chain, as observed: 33.3 %"


def test_two_channels_of_puzyrov():
    found = markov(Journeys.from_paths(["G", "M", "G>M", "G"], conversions=[2, 1, 1, 0], losses=[0, 0, 0, 1]))
    assert removal(found) == pytest.approx({"G": 0.75, "M": 0.5})
    assert found.conversions.tolist() == pytest.approx([2.4, 1.6])
    assert found.notes[0] == "conversion rate of the chain, as observed: 80.0 %"


# --- Removal effects: against the chain, solved again for every label -------------------------------------------------

LABELS = "ABCD"
a_path = st.lists(st.sampled_from(LABELS), max_size=6)
some_paths = st.lists(
    st.tuples(a_path, st.integers(0, 3), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=8
)


def built(rows):
    paths, conversions, losses, worth = zip(*rows, strict=True)
    value = [amount * bool(count) for amount, count in zip(worth, conversions, strict=True)]
    return Journeys.from_paths(
        [*paths, list(LABELS)], conversions=[*conversions, 0], losses=[*losses, 0], value=[*value, 0]
    )


def naive(rows, order, removed=None):
    """Rate and worth of a chain of plain dictionaries, whose states with a removed label lead nowhere."""
    moves = collections.defaultdict(collections.Counter)
    ends = collections.defaultdict(float)
    left = collections.Counter()
    for path, conversions, losses, worth in rows:
        if not path:
            continue
        states = ["START", *(tuple(path[max(0, place - order + 1) : place + 1]) for place in range(len(path)))]
        weight = conversions + losses
        for state, following in itertools.pairwise(states):
            moves[state][following] += weight
            left[state] += weight
        left[states[-1]] += weight
        ends[states[-1], "rate"] += conversions
        ends[states[-1], "worth"] += worth * bool(conversions)
    states = [state for state in left if left[state] and (state == "START" or removed not in state)]
    if "START" not in states:
        return math.nan, math.nan
    matrix = np.eye(len(states))
    reward = np.array([[ends[state, what] / left[state] for what in ("rate", "worth")] for state in states])
    for row, state in enumerate(states):
        for column, following in enumerate(states):
            matrix[row, column] -= moves[state][following] / left[state]
    return np.linalg.solve(matrix, reward)[states.index("START")]


@given(rows=some_paths, order=st.integers(1, 7))
def test_one_inverse_is_every_label_removed_in_turn(rows, order):
    held = built(rows)
    found = markov(held, order=order, resamples=0)
    rate, worth = naive(rows, order)
    for what, whole, raw in ((0, rate, "removal_effect"), (1, worth, "removal_effect_of_value")):
        if whole > 0:
            expected = [1 - naive(rows, order, label)[what] / whole for label in LABELS]
            np.testing.assert_allclose(found.raw[raw], expected, atol=1e-12)
        else:
            assert np.isnan(found.raw[raw]).all()


@given(rows=some_paths, order=st.integers(1, 7))
def test_the_chain_converts_at_the_observed_rate(rows, order):
    held = built(rows)
    states = _markov.find_states(held, order)
    effects = _markov.removal_effects(_markov.count_moves(held, states), states, len(held.labels))
    touched = [(conversions, losses) for path, conversions, losses, _ in rows if path]
    journeys = sum(map(sum, touched))
    if journeys:
        assert effects.rate == pytest.approx(sum(conversions for conversions, _ in touched) / journeys, abs=1e-12)
    else:
        assert effects.rate == 0
    shown = effects.removal[~np.isnan(effects.removal)]
    assert ((shown >= -1e-12) & (shown <= 1 + 1e-12)).all()
    if effects.rate > 0:
        assert shown.sum() >= 1 - 1e-12


@given(rows=some_paths, order=st.integers(1, 7))
def test_credit_is_in_proportion_to_removal_effects(rows, order):
    found = markov(built(rows), order=order, resamples=0)
    touched = [row for row in rows if row[0]]
    for given_credit, raw, whole in (
        (found.credit, "removal_effect_of_value", sum(worth * bool(count) for _, count, _, worth in touched)),
        (found.conversions, "removal_effect", sum(count for _, count, _, _ in touched)),
    ):
        assert given_credit.sum() == pytest.approx(whole, abs=1e-9)
        if whole:
            assert given_credit.tolist() == pytest.approx((whole * found.raw[raw] / found.raw[raw].sum()).tolist())
        else:
            assert given_credit.tolist() == [0] * 4
    assert found.credit.sum() + found.unattributed == pytest.approx(found.total)
    assert found.conversions.sum() + found.unattributed_conversions == pytest.approx(found.total_conversions)


@given(rows=some_paths)
def test_a_saturated_order_is_the_plain_influence(rows):
    held = built(rows)
    found = markov(held, order=9, resamples=0)
    touched = influenced_pipeline(held, resamples=0)
    for effects, part, whole in (
        (found.raw["removal_effect"], touched.conversions, found.total_conversions - found.unattributed_conversions),
        (found.raw["removal_effect_of_value"], touched.credit, found.attributed),
    ):
        if whole > 0:
            np.testing.assert_allclose(effects, part / whole, atol=1e-12)


@given(rows=some_paths, place=st.integers(0, 7), more=st.integers(1, 3))
def test_repeated_touches_do_not_matter_to_order_1(rows, place, more):
    place %= len(rows)
    path, *rest = rows[place]
    longer = [label for label in path for _ in range(more)]
    one, other = markov(built(rows)), markov(built([*rows[:place], (longer, *rest), *rows[place + 1 :]]))
    np.testing.assert_allclose(one.raw["removal_effect"], other.raw["removal_effect"], atol=1e-9)


@given(rows=some_paths)
def test_journeys_one_by_one_are_counted_as_those_in_rows(rows):
    """Where every journey weighs 1 moves are counted another way."""
    single = [
        (path, int(place < conversions), int(place >= conversions), worth)
        for path, conversions, losses, worth in rows
        for place in range(conversions + losses)
    ]
    if single:
        worths = [(path, conversions, losses, 1) for path, conversions, losses, _ in rows]
        one = Journeys.from_paths([row[0] for row in single], conversions=[row[1] for row in single],
                                  losses=[row[2] for row in single])  # fmt: skip
        many = Journeys.from_paths([row[0] for row in worths], conversions=[row[1] for row in worths],
                                   losses=[row[2] for row in worths])  # fmt: skip
        for order in (1, 2):
            found = removal(markov(one, order=order, resamples=0))
            expected = removal(markov(many, order=order, resamples=0))
            assert found == pytest.approx({label: expected[label] for label in found}, abs=1e-12, nan_ok=True)


def test_long_rows_of_journeys_are_counted_in_blocks(monkeypatch):
    random = np.random.default_rng(5)
    paths = [random.choice(list("ABC"), size=random.integers(0, 5)).tolist() for _ in range(200)]
    won = random.integers(0, 2, 200)
    held = Journeys.from_paths(paths, conversions=won, losses=1 - won)
    whole = removal(markov(held))
    monkeypatch.setattr(_markov, "_BLOCK", 7)
    assert removal(markov(held)) == pytest.approx(whole, abs=1e-15)
    rows = [(path, int(count), 1 - int(count), 0) for path, count in zip(paths, won, strict=True)]
    assert whole["B"] == pytest.approx(1 - naive(rows, 1, "B")[0] / naive(rows, 1)[0], abs=1e-12)


def test_the_currency_s_size_and_names_do_not_matter_to_the_chain():
    rows = [("A>B>A", 2, 1, 5), ("B", 1, 3, 7), ("C>A", 1, 0, 2), ("C", 0, 2, 0)]
    paths, conversions, losses, value = zip(*rows, strict=True)
    one = markov(Journeys.from_paths(list(paths), conversions=conversions, losses=losses, value=value))
    scaled = markov(Journeys.from_paths(list(paths), conversions=conversions, losses=losses, value=np.array(value) * 8))
    np.testing.assert_allclose(scaled.credit, 8 * one.credit)
    renamed = [path.replace("A", "Z") for path in paths]
    other = markov(Journeys.from_paths(renamed, conversions=conversions, losses=losses, value=value))
    assert other["Z"] == pytest.approx(one["A"])


def naive_limits(model, rows, accounts, *, resamples, seed, **settings):
    """Accounts drawn with replacement, and the model fitted again, sample by sample."""
    random = np.random.default_rng(seed)
    names = sorted(set(accounts))
    drawn_credit = []
    for _ in range(resamples):
        drawn = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        times = np.array([drawn[names.index(account)] for account in accounts])
        paths, conversions, losses, value = (list(column) for column in zip(*rows, strict=True))
        held = Journeys.from_paths(
            paths, conversions=times * conversions, losses=times * losses, value=times * np.array(value)
        )
        drawn_credit.append(model(held, resamples=0, **settings).credit)
    return np.quantile(drawn_credit, [0.025, 0.975], axis=0)


ROWS = [
    (["A", "B", "A"], 1, 0, 5.0),
    (["B"], 0, 1, 0.0),
    (["C", "A"], 1, 0, 7.0),
    ([], 1, 0, 2.0),
    (["C"], 0, 1, 0.0),
    (["A", "C", "C", "B"], 1, 0, 3.0),
    (["B", "A"], 1, 1, 4.0),
]
OWNERS = ["u", "v", "w", "u", "v", "x", "y"]


@pytest.mark.parametrize(
    ("model", "settings"),
    [(markov, {"order": 1}), (markov, {"order": 2}), (shapley, {"game": "conversions"}), (shapley, {"game": "conversion_rate"})],
)  # fmt: skip
def test_limits_come_from_drawing_accounts_anew(model, settings):
    paths, conversions, losses, value = (list(column) for column in zip(*ROWS, strict=True))
    held = Journeys.from_paths(paths, conversions=conversions, losses=losses, value=value, account=OWNERS)
    found = model(held, resamples=60, seed=4, **settings)
    expected = naive_limits(model, ROWS, OWNERS, resamples=60, seed=4, **settings)
    np.testing.assert_allclose([found.low, found.high], expected, atol=1e-9)
    assert found.method == "bootstrap of accounts, 60 samples, seed 4"


def test_large_models_are_not_fitted_again_and_again(monkeypatch):
    assert (data_driven._STATES_RESAMPLED, data_driven._PLAYERS_RESAMPLED) == (300, 12)
    monkeypatch.setattr("abmmetrics.data_driven._STATES_RESAMPLED", 3)
    monkeypatch.setattr("abmmetrics.data_driven._PLAYERS_RESAMPLED", 3)
    why = "no interval: the model is too large to be fitted again and again"
    three, four = (Journeys.from_paths([path, path[0]]) for path in ("A>B>C", "A>B>C>D"))
    for model, settings in ((markov, {}), (shapley, {"game": "conversion_rate"})):
        small, large = model(three, **settings), model(four, **settings)
        assert why not in small.notes
        assert small.method == "bootstrap of journeys, 400 samples, seed 0"
        assert why in large.notes
        assert np.isnan(large.low).all()
        assert why not in model(four, resamples=0, **settings).notes


def test_a_chain_that_needs_too_much_memory_is_refused():
    random = np.random.default_rng(1)
    paths = random.integers(0, 100, size=(6_000, 3)).tolist()
    held = Journeys.from_paths(paths)
    states = {tuple(path[max(0, end - 2) : end]) for path in paths for end in (1, 2, 3)}
    assert refusal(markov, held, order=2) == (
        f"order must need at most 5,000 states (0.8 GB); got order=2, which needs {len(states):,} states "
        f"({len(states) ** 2 * 32 / 1e9:.1f} GB)"
    )
    assert markov(held, resamples=0).credit.sum() == pytest.approx(6_000)


def test_the_bound_itself_is_allowed(monkeypatch):
    monkeypatch.setattr("abmmetrics.data_driven._MOST_STATES", 3)
    assert markov(Journeys.from_paths(["A>B>C"]), resamples=0).credit.tolist() == pytest.approx([1 / 3] * 3)
    assert refusal(markov, Journeys.from_paths(["A>B>C>D"]), resamples=0).startswith("order must need at most 3 states")


@pytest.mark.parametrize("order", [0, 1.5, True])
def test_an_order_is_a_whole_number(order):
    assert refusal(markov, Journeys.from_paths(["A"]), order=order) == (
        f"order must be a whole number >= 1; got {order!r}"
    )


@pytest.mark.parametrize("model", [markov, shapley, lambda held: shapley(held, game="conversion_rate")])
def test_without_conversions_or_touches_there_is_no_credit(model):
    lost = model(Journeys.from_paths(["A>B"], conversions=0, losses=1))
    assert (lost.credit.tolist(), lost.total, lost.unattributed) == ([0, 0], 0, 0)
    untouched = model(Journeys.from_paths(["", ""]))
    assert (untouched.labels, untouched.credit.tolist(), untouched.unattributed) == ([], [], 2)
    nothing = model(Journeys.from_paths([]))
    assert (nothing.total, len(nothing)) == (0, 0)
    weightless = model(Journeys.from_paths(["A"], conversions=0, losses=0))
    assert weightless.credit.tolist() == [0]


def test_what_a_chain_says_of_itself():
    money = markov(Journeys.from_paths(["A>B", "B"], value=[3, 4]), order=2)
    assert list(money.raw) == ["removal_effect", "removal_effect_of_value"]
    assert list(markov(Journeys.from_paths(["A"])).raw) == ["removal_effect"]
    assert (money.name, money.additive) == ("markov(order=2)", True)
    assert money.notes == (
        "conversion rate of the chain, as observed: 100.0 %",
        "removal effects tell which labels conversions pass through, not what caused them",
    )


# --- Shapley values ---------------------------------------------------------------------------------------------------


def subsets(players):
    return [frozenset(some) for size in range(len(players) + 1) for some in itertools.combinations(players, size)]


def by_permutations(players, reached):
    """What each player adds, on average over all orders of joining."""
    values = dict.fromkeys(players, 0.0)
    for order in itertools.permutations(players):
        for place, player in enumerate(order):
            values[player] += reached(frozenset(order[: place + 1])) - reached(frozenset(order[:place]))
    return {player: value / math.factorial(len(players)) for player, value in values.items()}


def table(players, reached):
    """The table of a game, with a bit for each player."""
    return np.array([
        reached(frozenset(player for place, player in enumerate(players) if number >> place & 1))
        for number in range(2 ** len(players))
    ])  # fmt: skip


def test_three_channels_of_tds():
    paths = ["F", "O", "L", "F>O", "F>L", "L>O", "F>L>O"]
    found = shapley(Journeys.from_paths(paths, conversions=[0.2, 0.1, 0.17, 0.17, 0.3, 0, 0.06]))
    assert dict(found.items()) == pytest.approx({"F": 0.455, "L": 0.34, "O": 0.205})
    assert found.raw["shapley_value"].tolist() == found.credit.tolist()


@pytest.mark.parametrize(
    ("reached", "expected"),
    [
        ({"A": 2 / 10, "B": 1 / 10, "AB": 5 / 10, "ABC": 3 / 4}, [6.5333, 4.3333, 0.1333]),
        ({"A": 2, "B": 1, "AB": 5, "ABC": 3}, [7.3333, 4.8333, -1.1667]),
    ],
)
def test_values_of_every_set_that_dp6_rescales(reached, expected):
    """DP6 plays a game of its own for each set of labels seen, and scales its values to that set's conversions."""
    conversions = {"A": 2, "B": 1, "AB": 5, "ABC": 3}
    total = collections.Counter()
    for names, brought in conversions.items():
        values = _shapley.shapley_values(table(names, lambda some: reached.get("".join(sorted(some)), 0.0)), len(names))
        for name, value in zip(names, values * brought / values.sum(), strict=True):
            total[name] += value
    assert [total[name] for name in "ABC"] == pytest.approx(expected, abs=5e-5)


@given(figures=st.lists(st.floats(-5, 5), min_size=16, max_size=16))
def test_shapley_values_are_the_average_over_all_orders(figures):
    reached = {some: figures[place] for place, some in enumerate(subsets("ABCD"))}
    expected = by_permutations("ABCD", reached.__getitem__)
    found = _shapley.shapley_values(table("ABCD", reached.__getitem__), 4)
    assert found.tolist() == pytest.approx([expected[player] for player in "ABCD"], abs=1e-9)


@given(rows=some_paths)
def test_by_conversions_it_is_linear_over_distinct_labels_and_the_game_of_all_subsets(rows):
    held = built(rows)
    found = shapley(held, resamples=0)
    once = Journeys.from_paths(
        [*(sorted(set(path)) for path, *_ in rows), list(LABELS)],
        conversions=[*(row[1] for row in rows), 0],
        value=[*(worth * bool(count) for _, count, _, worth in rows), 0],
    )
    assert found.credit.tolist() == pytest.approx(linear_touch(once, resamples=0).credit.tolist(), abs=1e-12)
    assert found.conversions.tolist() == pytest.approx(linear_touch(once, resamples=0).conversions.tolist(), abs=1e-12)
    expected = by_permutations(
        LABELS, lambda some: sum(worth * bool(count) for path, count, _, worth in rows if path and set(path) <= some)
    )
    assert found.credit.tolist() == pytest.approx([expected[label] for label in LABELS], abs=1e-9)
    assert found.credit.sum() + found.unattributed == pytest.approx(found.total)


@given(rows=some_paths)
def test_the_rate_game_is_that_of_all_subsets(rows):
    found = shapley(built(rows), game="conversion_rate", resamples=0)
    for raw, what in (
        ("shapley_value", lambda row: row[1]),
        ("shapley_value_of_value", lambda row: row[3] * bool(row[1])),
    ):

        def reached(some, what=what):
            inside = [row for row in rows if row[0] and set(row[0]) <= some]
            weight = sum(row[1] + row[2] for row in inside)
            return sum(map(what, inside)) / weight if weight else 0.0

        expected = by_permutations(LABELS, reached)
        assert found.raw[raw].tolist() == pytest.approx([expected[label] for label in LABELS], abs=1e-9)
        assert found.raw[raw].sum() == pytest.approx(reached(frozenset(LABELS)), abs=1e-9)
    assert found.credit.sum() + found.unattributed == pytest.approx(found.total)
    assert found.conversions.sum() + found.unattributed_conversions == pytest.approx(found.total_conversions)
    told = "some values are negative: these labels are in journeys that convert less"
    assert (told in found.notes) == bool((found.raw["shapley_value"] < 0).any())


def test_twenty_labels_are_played_and_one_more_is_refused_with_its_cost():
    most = Journeys.from_paths([[place, (place + 1) % 20] for place in range(20)])
    found = shapley(most, game="conversion_rate", resamples=0)
    assert found.credit.tolist() == pytest.approx([1] * 20)
    assert found.name == "shapley(game=conversion_rate)"
    more = Journeys.from_paths([list(range(21))])
    assert refusal(shapley, more, game="conversion_rate") == (
        "journeys must have at most 20 labels for game='conversion_rate'; got 21 labels, which need a table of "
        "2^21 = 2,097,152 sets"
    )
    assert shapley(more).credit.tolist() == pytest.approx([1 / 21] * 21)


def test_other_games_are_refused():
    assert refusal(shapley, Journeys.from_paths(["A"]), game="exact") == (
        "game must be one of ['conversions', 'conversion_rate']; got 'exact'"
    )


def test_what_games_say_of_themselves():
    counted = shapley(Journeys.from_paths(["A"]), game="conversion_rate")
    assert (list(counted.raw), counted.additive) == (["shapley_value"], True)
    money = shapley(Journeys.from_paths(["A"], value=[5]), game="conversion_rate")
    assert list(money.raw) == ["shapley_value", "shapley_value_of_value"]
    assert shapley(Journeys.from_paths(["A"])).name == "shapley(game=conversions)"
