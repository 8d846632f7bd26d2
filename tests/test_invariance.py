"""Order of rows and names of accounts mean nothing to results that are no estimates: journeys, bridges, fits, lifts.

Estimates are held to this by tests/test_contracts.py. Here every other public function that looks at rows of accounts
is a case: what it says of the rows as they are, of the rows in another order, and of accounts by other names.
"""

# Figures of many kinds are compared, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import attrs
import numpy as np
import pytest

import abmmetrics as abm

from .registry import ENTRIES

Frame = dict[str, Any]
ACCOUNTS = np.array(["Acme", "Beta", "Core", "Dent", "Élan", "Fern", "Gale", "Hale"], dtype=object)
STAGES, LOST = ["Discovery", "Proposal", "Won"], "Lost"
RULES = ("first_touch", "last_touch", "linear_touch", "shapley", "markov")
DATED_RULES = ("u_shaped", "w_shaped", "full_path")


def days(draw, size, first="2026-01-01", spread=150):
    return np.datetime64(first, "s") + draw.permutation(spread * 24)[:size] * np.timedelta64(3_600, "s")


def touches(draw) -> Frame:
    return {
        "account": draw.choice(ACCOUNTS, 60),
        "campaign": draw.choice(np.array(["Call", "Fair", "Mail"], dtype=object), 60),
        "at": days(draw, 60),
        "kind": draw.choice(np.array(["marketing", "sales"], dtype=object), 60),
        "contact": draw.choice(np.array(["x", "y"], dtype=object), 60),
    }


def deals(draw) -> Frame:
    created = days(draw, 16, "2026-02-01", 60).astype("datetime64[D]")
    outcome = draw.choice(np.array(["won", "lost", "open"], dtype=object), 16, p=[0.5, 0.3, 0.2])
    closed = np.where(outcome == "open", np.datetime64("NaT"), created + draw.integers(1, 90, 16))
    return {
        "account": draw.choice(ACCOUNTS, 16),
        "created": created,
        "closed": closed,
        "outcome": outcome,
        "amount": draw.integers(1, 99, 16) * 250.0,
    }


def history(draw) -> Frame:
    """Revenue of every account and month, with gaps and credits."""
    account, month = (place.ravel() for place in np.indices((len(ACCOUNTS), 7)))
    amount = draw.integers(-1, 9, len(account)) * 25.0
    return {
        "account": ACCOUNTS[account],
        "period": np.datetime64("2026-01", "M") + month,
        "amount": np.where(draw.random(len(account)) < 0.3, 0.0, amount),
    }


def ends(draw) -> Frame:
    opening, closing = draw.integers(0, 9, (2, 20)) * 25.0
    return {
        "account": draw.choice(ACCOUNTS, 20),
        "opening": opening,
        "closing": closing,
        "paid_before": draw.integers(0, 2, 20),
    }


def stays(draw) -> Frame:
    return {"account": np.arange(40), "tenure": draw.integers(1, 6, 40) * 1.0, "ended": draw.random(40) < 0.6}


def bought(draw) -> Frame:
    """Customers who buy at rates of their own until they leave, and spend amounts of their own."""
    rate, leaves, spend = draw.gamma(0.5, 1 / 4, 400), draw.beta(0.8, 2.4, 400), draw.gamma(4, 1 / 15, 400)
    gaps = draw.exponential(7 / np.maximum(rate, 1e-9)[:, None], (400, 40))
    begun = draw.integers(0, 90, 400)
    at = begun[:, None] + np.cumsum(np.column_stack([np.zeros(400), gaps]), axis=1)
    seen = (at < 300) & (np.arange(41) < draw.geometric(leaves)[:, None])
    account, _ = np.nonzero(seen)
    return {
        "account": account,
        "day": np.datetime64("2025-01-01") + at[seen].astype(int),
        "amount": np.round(draw.gamma(6, 1 / spend[account]), 2) + 0.01,
    }


def walks(draw) -> Frame:
    """Deals that go through stages, each at a moment of its own."""
    deal = np.repeat(np.arange(24), 3)
    return {
        "account": ACCOUNTS[deal % len(ACCOUNTS)],
        "opportunity": deal,
        "stage": draw.choice(np.array([*STAGES, LOST], dtype=object), len(deal)),
        "entered": days(draw, len(deal)),
        "amount": draw.integers(1, 9, len(deal)) * 1_000.0,
    }


def arms(draw) -> Frame:
    return {
        "account": np.arange(30),
        "arm": np.array(["target", "control"], dtype=object)[draw.integers(2, size=30)],
        "outcome": draw.normal(50, 9, 30),
        "before": draw.normal(50, 9, 30),
        "tier": draw.integers(2, size=30),
    }


def scores(draw) -> Frame:
    return {
        "account": np.arange(40),
        "usage": np.where(draw.random(40) < 0.2, np.nan, draw.random(40)),
        "support": draw.random(40),
        "left": draw.random(40) < 0.4,
    }


def spent(draw) -> Frame:
    return {
        "account": draw.choice(ACCOUNTS, 30),
        "campaign": draw.choice(np.array(["Call", "Fair", "Mail"], dtype=object), 30),
        "cost": draw.integers(1, 9, 30) * 100.0,
        "revenue": draw.integers(1, 9, 30) * 250.0,
    }


# --- What is said: figures by what they are of; an account in a name stands as ("account", label) --------------------


def by_account(accounts: Any, **columns: Any) -> dict[Any, Any]:
    return {
        (name, ("account", label)): figure
        for name, column in columns.items()
        for label, figure in zip(accounts, column, strict=True)
    }


def held_by(table: Any) -> dict[Any, Any]:
    """The columns of a table with one row for each account."""
    return by_account(table.account, **{name: held for name, held in table.columns().items() if name != "account"})


def fields_of(found: Any, *, but: tuple[str, ...] = ()) -> dict[Any, Any]:
    """Numbers and arrays of a result that has no rows of accounts."""
    held = {field.name: getattr(found, field.name) for field in attrs.fields(type(found)) if field.name not in but}
    return {name: value for name, value in held.items() if isinstance(value, int | float | np.ndarray)}


def journeys(touched: Frame, sold: Frame) -> Any:
    made = abm.Opportunities(**sold)
    return abm.build_journeys(
        abm.Touches(**touched), made, lookback_days=90, lead_created=np.asarray(sold["created"]) - 5
    )


def of_attribution(found: Any) -> dict[Any, Any]:
    amounts = ("total", "unattributed", "total_conversions", "unattributed_conversions", "accounts", "base_rate")
    return {
        **{("credit", label): figure for label, figure in found.items()},
        **{(name, label): one for name, held in found.raw.items() for label, one in zip(found, held, strict=True)},
        **{name: getattr(found, name) for name in amounts if getattr(found, name) is not None},
        **{("left out", reason): count for reason, count in found.excluded.items()},
    }


def attributed(model: Callable[..., Any], touched: Frame, sold: Frame) -> dict[Any, Any]:
    return of_attribution(model(journeys(touched, sold), resamples=0))


def of_journeys(touched: Frame, sold: Frame) -> dict[Any, Any]:
    found = journeys(touched, sold)
    account = found.account.to_list()
    paths = sorted(
        (str(end), [found.labels[code] for code in found.codes[begin:stop]], value)
        for begin, stop, end, value in zip(
            found.offsets[:-1], found.offsets[1:], found.milestones["closed"], found.value, strict=True
        )
    )
    return {"paths": paths, **{("number", ("account", name)): account.count(name) for name in set(account)}}


def compared(touched: Frame, sold: Frame) -> dict[Any, Any]:
    held = journeys(touched, sold)
    found = abm.compare_models(abm.first_touch(held, resamples=0), abm.linear_touch(held, resamples=0))
    return {"least": found.least, "most": found.most}


def returned(touched: Frame, sold: Frame) -> dict[Any, Any]:
    costs = abm.CampaignCosts(campaign=["Fair", "Ad"], cost=[500, 400])
    credit = abm.linear_touch(journeys(touched, sold), resamples=0)
    found = abm.campaign_roi(abm.CampaignResults.from_attribution(credit, costs), margin=0.5, by="campaign")
    return {
        (name, label): one
        for name in ("value", "low", "high")
        for label, one in zip(found, getattr(found, name), strict=True)
    }


def of_cohorts(rows: Frame) -> dict[Any, Any]:
    found = abm.cohort_retention(abm.RevenueHistory(**rows), unit="month")
    return {"sizes": found.sizes, "logos": found.logos.value, "low": found.revenue.low, "revenue": found.revenue.value}


def counted(rows: Frame) -> Any:
    return abm.count_survivors((rows["tenure"] - rows["ended"]).astype(int), rows["ended"])


def fitted(fit: Callable[..., Any], rows: Frame) -> dict[Any, Any]:
    model = fit(counted(rows))
    return {**fields_of(model, but=("findings",)), "errors": list(model.standard_errors.values())}


def counted_by(rows: Frame) -> dict[Any, Any]:
    found = abm.count_survivors_by(rows["ended"], (rows["tenure"] - rows["ended"]).astype(int), rows["ended"])
    return {(label, name): getattr(one, name) for label, one in found.items() for name in ("alive_at", "accounts")}


def base_value(rows: Frame) -> dict[Any, Any]:
    model = abm.ShiftedBetaGeometric(alpha=1.2, beta=4.8)
    renewals = (rows["tenure"] - rows["ended"]).astype(int)
    found = abm.customer_base_value(
        model, renewals=renewals, margin=rows["tenure"] * 9, discount=0.1, accounts=rows["tenure"].astype(int)
    )
    return {"value": found.value}


def purchases(rows: Frame) -> Any:
    return abm.purchase_history(abm.Purchases(**rows), until="2026-01-01")


def expected(rows: Frame) -> dict[Any, Any]:
    held = purchases(rows)
    buying, spending = abm.BetaGeometricNBD(r=0.3, alpha=4, a=0.8, b=2.4), abm.GammaGamma(p=6, q=4, gamma=15)
    return by_account(
        held.account,
        alive=abm.probability_alive(buying, held),
        more=abm.conditional_expected_purchases(buying, held, periods=39),
        spend=abm.expected_average_spend(spending, held),
    )


def of_visits(rows: Frame) -> dict[Any, Any]:
    found = abm.stage_intervals(abm.StageHistory(**rows), stages=STAGES, lost=LOST, as_of="2026-08-01")
    visits = found.history
    cells = zip(visits.account, visits.opportunity, visits.stage, visits.entered, visits.left, found.move, strict=True)
    return {
        (("account", account), deal, str(entered)): (stage, str(left), move)
        for account, deal, stage, entered, left, move in cells
    }


def of_stages(kpi: Callable[..., Any], rows: Frame) -> dict[Any, Any]:
    found = kpi(abm.StageHistory(**rows), stages=STAGES, lost=LOST, start="2026-02-15", end="2026-04-15", by="account")
    names = [field.name for field in attrs.fields(type(found)) if isinstance(getattr(found, field.name), np.ndarray)]
    return by_account(found.groups["account"], **{name: getattr(found, name) for name in names})


def matched(rows: Frame) -> dict[Any, Any]:
    outcomes = abm.ArmOutcomes(
        **{name: rows[name] for name in ("account", "arm", "outcome", "before")}, segments={"tier": rows["tier"]}
    )
    found = abm.match_controls(outcomes, arm="arm", covariates={"before": rows["before"]}, exact="tier")
    balance = {
        ("balance", name): list(column.values())
        for name, column in {"before": attrs.asdict(found.balance["before"])}.items()
    }
    return {
        **balance,
        **by_account(rows["account"], weight=found.weight),
        "difference": found.difference(rows["outcome"]),
        "matched": [found.matched, found.unmatched, found.controls_used],
    }


def promoted(sold: Frame) -> dict[Any, Any]:
    # The list is of the deals' accounts, the first by what they are called here: names must not matter, so arms are by size.
    size = {name: sum(sold["account"] == name) for name in set(sold["account"])}
    listed = abm.TargetAccounts(
        account=list(size), segments={"arm": ["target" if number % 2 else "control" for number in size.values()]}
    )
    found = abm.promotion_effect(
        listed, abm.Opportunities(**sold), arm="arm", start="2026-03-01", end="2026-03-31", after_days=31, of="amount"
    )
    return {
        (when, name): getattr(getattr(found, when), name)
        for when in ("during", "after", "together")
        for name in ("value", "low", "high")
    }


def healthy(rows: Frame) -> dict[Any, Any]:
    weights = {"usage": 2.0, "support": 1.0}
    scales = {"usage": (0.0, 1.0), "support": (0.0, 1.0)}
    found = abm.account_health_score(
        {name: rows[name] for name in weights}, weights, account=rows["account"], scales=scales
    )
    return by_account(found.account, score=found.score, known=found.coverage_share)


def validated(rows: Frame) -> dict[Any, Any]:
    found = abm.health_validation(rows["support"], rows["left"])
    return {**fields_of(found), **{("bins", name): column for name, column in found.bins.items()}}


def yearly(sold: Frame) -> dict[Any, Any]:
    table = abm.Opportunities(**sold)
    found = abm.year_over_year(abm.revenue_won(table, by={"month": abm.period(table.closed, "month")}))
    return {"difference": found.difference, "low": found.difference_low, "p": found.p_value}


def joined(rows: Frame) -> dict[Any, Any]:
    costs = abm.CampaignCosts(campaign=["Call", "Ad"], cost=[500, 400])
    results = abm.campaign_results(
        costs, campaign=rows["campaign"], revenue=rows["revenue"], account=rows["account"]
    ).rollup()
    cells = zip(results.account, results.campaign, results.cost, results.revenue, strict=True)
    # Costs have no account; each is an account of its own.
    return {
        (("account", account) if account is not None else None, campaign): [cost, revenue]
        for account, campaign, cost, revenue in cells
    }


def allocated(rows: Frame) -> dict[Any, Any]:
    found = abm.allocate_budget(abm.CampaignResults(**rows), elasticity=0.4, bounds=(0.5, 2.0))
    return fields_of(found)


@dataclass(frozen=True)
class Case:
    """A function, or several, and what it says of frames."""

    of: tuple[str, ...]
    frames: tuple[Callable[..., Frame], ...]
    say: Callable[..., dict[Any, Any]]
    name: str = field(default="")


def case(of: str, frames: tuple[Callable[..., Frame], ...], say: Callable[..., dict[Any, Any]], name: str = "") -> Case:
    return Case(tuple(of.split()), frames, say, name or of.split(maxsplit=1)[0])


def one(model: str, **options: Any) -> Case:
    chosen = functools.partial(getattr(abm, model), **options)
    return case(model, (touches, deals), functools.partial(attributed, chosen), f"{model} {options or ''}")


CASES = [
    case("build_journeys", (touches, deals), of_journeys),
    *(one(model) for model in (*RULES, *DATED_RULES)),
    one("position_based", first=0.4, last=0.3),
    one("time_decay", half_life_days=14),
    one("last_non_direct_touch", exclude="Call"),
    one("markov", order=2),
    one("shapley", game="conversion_rate"),
    one("influenced_pipeline"),
    one("sourced_pipeline"),
    one("sourced_pipeline", rule="before_sales"),
    case("compare_models", (touches, deals), compared),
    case("campaign_results", (spent,), joined),
    case("campaign_results", (touches, deals), returned, "CampaignResults.from_attribution"),
    case("allocate_budget", (spent,), allocated),
    case("revenue_between", (history,), lambda rows: held_by(
        abm.revenue_between(abm.RevenueHistory(**rows), opening="2026-02-01", closing="2026-06-01"))),
    case("revenue_movements", (history,), lambda rows: held_by(
        abm.revenue_movements(abm.RevenueHistory(**rows), opening="2026-02-01", closing="2026-06-01"))),
    case("revenue_bridge", (ends,), lambda rows: {
        **fields_of(found := abm.revenue_bridge(abm.RecurringRevenue(**rows))), **found.accounts}),
    case("cohort_retention", (history,), of_cohorts),
    case("tenures", (history,), lambda rows: held_by(abm.tenures(abm.RevenueHistory(**rows), unit="month"))),
    case("survival_curve", (stays,), lambda rows: fields_of(abm.survival_curve(abm.Tenures(**rows)))),
    case("count_survivors", (stays,), lambda rows: fields_of(counted(rows))),
    case("count_survivors_by", (stays,), counted_by),
    case("fit_shifted_beta_geometric", (stays,), functools.partial(fitted, abm.fit_shifted_beta_geometric)),
    case("fit_beta_discrete_weibull", (stays,), functools.partial(fitted, abm.fit_beta_discrete_weibull)),
    case("bootstrap_shifted_beta_geometric", (stays,), lambda rows: fields_of(
        abm.bootstrap_shifted_beta_geometric(counted(rows), resamples=20, seed=1))),
    case("customer_base_value", (stays,), base_value),
    case("purchase_history", (bought,), lambda rows: held_by(purchases(rows))),
    case("fit_beta_geometric_nbd", (bought,), lambda rows: fields_of(abm.fit_beta_geometric_nbd(purchases(rows)))),
    case("fit_gamma_gamma", (bought,), lambda rows: fields_of(abm.fit_gamma_gamma(purchases(rows)))),
    case("probability_alive conditional_expected_purchases expected_average_spend", (bought,), expected),
    case("stage_intervals", (walks,), of_visits),
    case("stage_progression", (walks,), functools.partial(of_stages, abm.stage_progression)),
    case("pipeline_movement", (walks,), functools.partial(of_stages, abm.pipeline_movement)),
    case("match_controls", (arms,), matched),
    case("promotion_effect", (deals,), promoted),
    case("account_health_score", (scores,), healthy),
    case("health_validation", (scores,), validated),
    case("year_over_year", (deals,), yearly),
]  # fmt: skip

# Functions that look at no rows of accounts, or have tests of this of their own in their families.
OTHERS = {
    "plain numbers": (
        "clopper_pearson", "cochran_armitage", "garwood", "jeffreys", "miettinen_nurminen", "mover_ratio", "newcombe",
        "nps_sample_size", "required_accounts", "tango", "wilson", "clv_to_cac_ratio", "customer_lifetime_value",
        "payback_months", "period", "period_to_date",
    ),
    "fitted models": (
        "discounted_expected_lifetime", "discounted_expected_residual_lifetime", "expected_lifetime",
        "expected_purchases", "likelihood_ratio_test", "projected_survival",
    ),
    "estimates, tables and programmes": ("change", "trend", "concat", "read_program", "scorecard"),
    "rows one by one": ("classify", "classify_employees", "inspect", "inspect_frame"),
    "other families": (
        "content_verdicts", "content_verdicts_by_completion", "count_emails", "engaged_seconds", "engagement_history",
        "flag_machine_events", "funnel", "qualification_history", "qualified_accounts", "web_sessions",
    ),
}  # fmt: skip


def test_no_public_function_is_forgotten():
    public = {name for name in abm.__all__ if inspect.isfunction(getattr(abm, name))}
    cases = {name for held in CASES for name in held.of}
    others = {name for names in OTHERS.values() for name in names}
    assert cases | others | {entry.kpi.__name__ for entry in ENTRIES} == public
    assert not cases & others


def shuffled(frame: Frame, draw: np.random.Generator) -> Frame:
    order = draw.permutation(len(frame["account"]))
    return {name: np.asarray(column)[order] for name, column in frame.items()}


def renamed(name: Any, names: dict[Any, Any]) -> Any:
    if isinstance(name, tuple):
        return ("account", names[name[1]]) if name[0] == "account" else tuple(renamed(part, names) for part in name)
    return name


def assert_same(said: dict[Any, Any], again: dict[Any, Any], rtol: float) -> None:
    assert said.keys() == again.keys()
    for name, figure in said.items():
        if isinstance(figure, list | tuple | str) and any(isinstance(part, str | tuple) for part in figure):
            assert figure == again[name], name
        else:
            np.testing.assert_allclose(
                np.asarray(figure, dtype=float),
                np.asarray(again[name], dtype=float),
                rtol=rtol,
                atol=1e-9,
                err_msg=str(name),
            )


@pytest.mark.parametrize("held", CASES, ids=lambda held: held.name)
@pytest.mark.parametrize("seed", [1, 2])
def test_order_of_rows_and_names_of_accounts_do_not_matter(held: Case, seed: int) -> None:
    draw = np.random.default_rng(seed)
    frames = [make(draw) for make in held.frames]
    said = held.say(*frames)
    assert said
    # An optimum is found to about half of the digits of a double.
    rtol = 1e-6 if any(name.startswith(("fit_", "bootstrap")) for name in held.of) else 1e-9
    assert_same(said, held.say(*(shuffled(frame, draw) for frame in frames)), rtol)
    known = sorted({name for frame in frames for name in frame["account"].tolist()}, key=str)
    fresh = draw.permutation(len(known)).tolist()
    names = dict(zip(known, [f"id {number}" for number in fresh], strict=True))
    others = [
        {**frame, "account": np.array([names[name] for name in frame["account"].tolist()], dtype=object)}
        for frame in frames
    ]
    assert_same({renamed(name, names): figure for name, figure in said.items()}, held.say(*others), rtol)
