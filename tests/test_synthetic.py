"""What is made up must be what it says: the same for a seed, and of the truth that it states."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from abmmetrics import (
    _synthetic_revenue,
    buyers,
    churn,
    content,
    email,
    engagement,
    enps,
    forms,
    leads,
    lifts,
    meetings,
    nps,
    pipeline,
    projections,
    promotions,
    purchases,
    qualification,
    retention,
    roi,
    rules,
    social,
    stages,
    survivors,
    synthetic,
    targets,
    trends,
    web,
    winrate,
)
from abmmetrics.attribution import linear_touch
from abmmetrics.errors import MetricInputError
from abmmetrics.influence import influenced_pipeline
from abmmetrics.results import Estimate
from abmmetrics.touches import build_journeys

SEEDS = range(40)
LEAST_SHARE = 0.85  # of the intervals of 95 %, with as few seeds

TRUE_FIGURES: dict[str, Callable[[Any, Any], Estimate]] = {
    "open_rate": lambda world, by: email.open_rate(world.emails, by=by),
    "open_rate without machines": lambda world, by: email.open_rate(world.emails, by=by, machine_opens="exclude"),
    "click_rate": lambda world, by: email.click_rate(world.emails, by=by),
    "reply_rate": lambda world, by: email.reply_rate(world.emails, by=by),
    "delivery_rate": lambda world, by: email.delivery_rate(world.emails, by=by),
    "bounce_rate": lambda world, by: email.bounce_rate(world.emails, by=by),
    "unsubscribe_rate": lambda world, by: email.unsubscribe_rate(world.emails, by=by),
    "complaint_rate": lambda world, by: email.complaint_rate(world.emails, by=by),
    "time_on_site_seconds": lambda world, by: web.time_on_site_seconds(world.web_visits, by=by),
    "time_on_site_seconds by the visit": lambda world, by: web.time_on_site_seconds(
        world.web_visits, by=by, per="visit"
    ),
    "pages_per_visit_ratio": lambda world, by: web.pages_per_visit_ratio(world.web_visits, by=by),
    "form_start_rate": lambda world, by: forms.form_start_rate(world.forms, by=by),
    "form_completion_rate": lambda world, by: forms.form_completion_rate(world.forms, by=by),
    "form_abandonment_rate": lambda world, by: forms.form_abandonment_rate(world.forms, by=by),
    "form_view_to_submission_rate": lambda world, by: forms.form_view_to_submission_rate(world.forms, by=by),
    "form_field_completeness_share": lambda world, by: forms.form_field_completeness_share(world.forms, by=by),
    "content_engagement_rate": lambda world, by: content.content_engagement_rate(world.content_views, by=by),
    "content_completion_rate": lambda world, by: content.content_completion_rate(world.content_views, by=by),
    "content_share_rate": lambda world, by: content.content_share_rate(world.content_views, by=by),
    "social_engagement_rate": lambda world, by: social.social_engagement_rate(world.social_posts, by=by),
    "social_click_rate": lambda world, by: social.social_click_rate(world.social_posts, by=by),
    "account_coverage_rate": lambda world, by: targets.account_coverage_rate(
        world.target_accounts, world.contacts, by=by
    ),
    "account_penetration_rate": lambda world, by: targets.account_penetration_rate(world.contacts, by=by),
    "win_rate": lambda world, by: winrate.win_rate(world.opportunities, by=by),
    "win_probability in 180 days": lambda world, by: winrate.win_probability(
        world.opportunities, horizon_days=180, as_of=world.as_of, by=by
    ),
    **{
        f"stage_conversion_rate {begin} to {end}": lambda world, by, step=(begin, end): stages.stage_conversion_rate(
            # Deals of the last year may still be on their way.
            world.stage_history.where(world.stage_history.segments["began"] != "2025"),
            stages=world.stages,
            lost=world.lost_stages,
            step=step,
            by=by,
        )
        for begin, end in (("Discovery", "Proposal"), ("Proposal", "Negotiation"))
    },
    "time_in_stage_days Discovery": lambda world, by: stages.time_in_stage_days(
        world.stage_history, stages=world.stages, lost=world.lost_stages, stage="Discovery", as_of=world.as_of, by=by
    ),
    "lift": lambda world, by: lifts.lift(world.arm_outcomes, by=by),
    "lift by cuped": lambda world, by: lifts.lift(world.arm_outcomes, method="cuped", by=by),
    "average_deal_size": lambda world, by: winrate.average_deal_size(world.opportunities, by=by),
    "account_to_opportunity_rate": lambda world, by: pipeline.account_to_opportunity_rate(
        world.target_accounts, world.opportunities, by=by
    ),
    "meetings_booked_count": lambda world, by: meetings.meetings_booked_count(world.meetings, by=by),
    "meeting_show_rate": lambda world, by: meetings.meeting_show_rate(world.meetings, by=by),
    "meeting_to_opportunity_rate in 90 days": lambda world, by: meetings.meeting_to_opportunity_rate(
        world.meeting_log, world.opportunities, days=90, as_of=world.as_of, by=by
    ),
    "engaged_account_rate": lambda world, by: engagement.engaged_account_rate(
        world.target_accounts, world.activities, minimum_minutes=10, within_days=90, as_of=world.as_of, by=by
    ),
    "account_qualification_rate": lambda world, by: qualification.account_qualification_rate(
        world.target_accounts, world.activities, rules.ENGAGIO_OUT_OF_THE_BOX, as_of=world.as_of, by=by
    ),
    "lead_count": lambda world, by: leads.lead_count(world.leads, by=by),
    "marketing_qualified_lead_count": lambda world, by: leads.marketing_qualified_lead_count(
        world.leads, threshold=world.lead_threshold, by=by
    ),
    "lead_qualification_rate": lambda world, by: leads.lead_qualification_rate(
        world.leads, threshold=world.lead_threshold, by=by
    ),
    "net_promoter_score": lambda world, by: nps.net_promoter_score(world.survey_scores, by=by),
    "net_revenue_retention": lambda world, by: retention.net_revenue_retention(world.recurring_revenue, by=by),
    "gross_revenue_retention": lambda world, by: retention.gross_revenue_retention(world.recurring_revenue, by=by),
    "expansion_rate": lambda world, by: retention.expansion_rate(world.recurring_revenue, by=by),
    "cross_sell_rate": lambda world, by: retention.cross_sell_rate(world.recurring_revenue, by=by),
    "logo_retention_rate": lambda world, by: retention.logo_retention_rate(world.recurring_revenue, by=by),
    "return_on_ad_spend_ratio": lambda world, by: roi.return_on_ad_spend_ratio(world.campaign_results, by=by),
    "campaign_roi": lambda world, by: roi.campaign_roi(world.campaign_results, margin=world.margin, by=by),
    "campaign_roi of linear credit": lambda world, by: roi.campaign_roi(
        roi.CampaignResults.from_attribution(
            linear_touch(
                build_journeys(world.touches, world.opportunities, lookback_days=world.lookback_days), resamples=0
            ),
            world.campaign_costs,
        ),
        margin=world.margin,
        by=by,
    ),
    **{
        f"promotion_effect {when}": lambda world, by, when=when: getattr(
            promotions.promotion_effect(
                world.arm_outcomes,
                world.opportunities,
                arm="arm",
                start=world.promotion_start,
                end=world.promotion_end,
                after_days=61,
                by=by,
            ),
            when,
        )
        for when in ("during", "after", "together")
    },
    "cost_per engaged": lambda world, by: roi.cost_per(world.campaign_results, per="engaged", by=by),
    "customer_acquisition_cost": lambda world, by: roi.customer_acquisition_cost(world.campaign_results, by=by),
    "employee_net_promoter_score": lambda world, by: enps.employee_net_promoter_score(world.employee_scores, by=by),
    "participation_rate": lambda world, by: enps.participation_rate(world.pulse_invitations, by=by),
    "one_on_one_coverage_rate in 30 days": lambda world, by: enps.one_on_one_coverage_rate(
        world.one_on_ones, days=30, as_of=world.as_of, by=by
    ),
}


def made(accounts: int = 200, *, seed: int = 2026) -> Any:
    """Make up a programme, which has every table."""
    return synthetic.program(accounts, seed=seed)


@pytest.fixture(scope="module")
def coverage():
    """For each true figure and label the share of worlds whose interval contains it."""
    hits: Counter[tuple[str, Any]] = Counter()
    trials: Counter[tuple[str, Any]] = Counter()
    for seed in SEEDS:
        world = made(accounts=60, seed=seed)
        for name, kpi in TRUE_FIGURES.items():
            truth = world.truth[name]
            groupings = [
                by
                for by, label in (
                    (None, "all"),
                    ("tier", "Tier 1"),
                    ("year", "2025"),
                    ("team", "Sales"),
                    ("asset", "Benchmark report"),
                )
                if label in truth
            ]
            for by in groupings:
                for label, found in kpi(world, by).items():
                    if not np.isnan(found.low[0]):  # without an interval nothing is claimed
                        trials[name, label] += 1
                        hits[name, label] += int(found.low[0] <= truth[label] <= found.high[0])
    return {key: hits[key] / trials[key] for key in trials}


@pytest.mark.parametrize("name", TRUE_FIGURES)
def test_intervals_contain_the_truth(coverage, name):
    shares = {label: share for (kpi, label), share in coverage.items() if kpi == name}
    assert shares
    assert min(shares.values()) >= LEAST_SHARE, shares


def test_the_truth_that_is_not_observed_lies_between_the_two_open_rates():
    world = made()
    of_their_own = {"read_rate", "attributed share", "influenced share", *LIFETIMES}
    of_their_own |= {"shifted_beta_geometric", "beta_geometric_nbd", "gamma_gamma"}
    assert set(world.truth) == {*TRUE_FIGURES, *of_their_own}
    for label, read in world.truth["read_rate"].items():
        assert world.truth["open_rate without machines"][label] < read < world.truth["open_rate"][label]


def test_what_people_read_lies_between_the_rates_with_and_without_machine_opens():
    """For every tier and year of many worlds, though the machines' share is not known to the estimates."""
    for seed in SEEDS:
        world = made(accounts=60, seed=seed)
        for by, labels in ((None, ["all"]), ("tier", ["Tier 1", "Tier 2", "Tier 3"]), ("year", ["2024", "2025"])):
            most, least = (
                email.open_rate(world.emails, by=by, machine_opens=opens) for opens in ("include", "exclude")
            )
            for label in labels:
                read = world.truth["read_rate"][label]
                assert least[label].value[0] < read < most[label].value[0]


def test_opens_and_clicks_fall_and_the_trend_says_so():
    """Mails are read 15 % less in the second year: is it time for other subjects, content and calls to action?"""
    verdicts: Counter[tuple[str, str]] = Counter()
    for seed in range(10):
        mails = made(accounts=200, seed=seed).emails
        for kpi, options in (
            (email.open_rate, {"machine_opens": "exclude"}),
            (email.click_rate, {}),
            (email.delivery_rate, {}),
        ):
            found = trends.trend(kpi(mails, by="month", **options))
            assert found.periods == 24
            verdicts[kpi.__name__, found.verdict] += 1
    assert verdicts["open_rate", "declining"] >= 9
    assert verdicts["click_rate", "declining"] >= 5  # clicks are rarer, so a fall is harder to see
    assert verdicts["delivery_rate", "no_clear_change"] >= 9  # it does not fall
    assert not any(verdict == "rising" for _, verdict in verdicts)


def test_credit_where_no_campaign_causes_anything_is_the_part_of_all_touches():
    """The truth of one world lies within limits drawn by account, of shares of what is attributed and of deals."""
    hits: Counter[str] = Counter()
    trials: Counter[str] = Counter()
    for seed in range(12):
        world = made(accounts=150, seed=seed)
        journeys = build_journeys(world.touches, world.opportunities, lookback_days=90, anchor="created")
        linear, influenced = linear_touch(journeys), influenced_pipeline(journeys, accounts=world.target_accounts)
        part = linear.attributed / linear.total
        for truth, low, high in (
            ("attributed share", linear.share_low / part, linear.share_high / part),
            ("influenced share", influenced.share_low, influenced.share_high),
        ):
            for place, label in enumerate(journeys.labels):
                trials[truth] += 1
                hits[truth] += int(low[place] <= world.truth[truth][label] <= high[place])
        assert abs(influenced.attributed / influenced.total - world.truth["influenced share"]["all"]) < 0.08
        assert influenced.base_rate > 0.95
    assert {truth: hits[truth] / trials[truth] >= LEAST_SHARE for truth in trials} == {
        "attributed share": True,
        "influenced share": True,
    }


LIFETIMES = {
    "projected_survival in 5 years": lambda model: projections.projected_survival(model, [5]),
    "expected_lifetime in 10 years": lambda model: projections.expected_lifetime(model, horizon=10),
}


def test_lifetimes_and_the_churn_of_accounts_are_found_again():
    """From tenures alone, many of which go on: what a model expects, and the model's own parameters."""
    hits: Counter[str] = Counter()
    truth = made(accounts=10).truth
    for seed in SEEDS:
        tables: dict[str, Any] = {}
        random = np.random.default_rng(seed)
        assert _synthetic_revenue.tenures(random, synthetic._accounts(random, 400), tables).items() <= truth.items()
        ended = tables["tenures"].ended
        counted = survivors.count_survivors((tables["tenures"].tenure - ended).astype(int), ended)
        model = churn.fit_shifted_beta_geometric(counted)
        for name, expected in LIFETIMES.items():
            found = expected(model)
            hits[name] += int(found.low[0] <= truth[name]["all"] <= found.high[0])
        for name, span in model.intervals().items():
            hits[name] += int(float(span.low) <= truth["shifted_beta_geometric"][name] <= float(span.high))
    assert len(hits) == 4
    assert min(hits.values()) >= LEAST_SHARE * len(SEEDS), hits


def test_buying_and_spending_are_found_again():
    """From purchases alone: the parameters of BG/NBD and Gamma-Gamma, in intervals that are symmetric on the log scale."""
    hits: Counter[str] = Counter()
    truth = made(accounts=10).truth
    for seed in SEEDS[:20]:
        tables: dict[str, Any] = {}
        random = np.random.default_rng(seed)
        assert _synthetic_revenue.purchases(random, synthetic._accounts(random, 400), tables).items() <= truth.items()
        history = purchases.purchase_history(tables["purchases"], until="2025-12-31")
        for name, fit in (
            ("beta_geometric_nbd", buyers.fit_beta_geometric_nbd),
            ("gamma_gamma", buyers.fit_gamma_gamma),
        ):
            model = fit(history)
            for parameter, error in model.standard_errors.items():
                value = getattr(model, parameter)
                away = abs(np.log(truth[name][parameter] / value)) / (error / value)
                hits[parameter] += int(away <= 1.96)
    assert len(hits) == 7
    assert min(hits.values()) >= LEAST_SHARE * 20, hits


def test_a_seed_makes_one_world():
    one, same, other = (made(accounts=20, seed=seed) for seed in (7, 7, 8))
    assert one.truth == same.truth
    for name, table in one.tables().items():
        assert table == same.tables()[name]
    assert one.emails != other.emails
    assert one.opportunities != other.opportunities


def test_a_family_that_joins_leaves_the_others_as_they_are(monkeypatch):
    before = made(accounts=20, seed=3)

    def visits(random, world, _tables):
        random.random(len(world.accounts))
        return {"visits": {"all": 1.0}}

    monkeypatch.setattr(synthetic, "_FAMILIES", (*synthetic._FAMILIES, visits))
    after = made(accounts=20, seed=3)
    assert after.truth["visits"] == {"all": 1.0}
    for name, table in before.tables().items():
        assert table == after.tables()[name]


def test_a_world_holds_what_makes_measuring_hard():
    world = made(accounts=200)
    deals, mails = world.opportunities, world.emails
    assert world.synthetic
    assert set(deals.outcome.to_list()) == {"won", "lost", "open"}
    assert set(deals.kind.to_list()) == {"new business", "expansion"}
    assert mails.machine_opened.sum() > 0
    # Two years and more, so that a year has a year before it.
    years = deals.closed[~np.isnat(deals.closed)].astype("datetime64[Y]").astype(int) + 1970
    assert set(years.tolist()) == {2023, 2024, 2025}
    assert set(mails.segments["year"].to_list()) == {"2024", "2025"}
    # No deal closes after the day that the world stands for.
    assert deals.closed[~np.isnat(deals.closed)].max() <= world.as_of
    # A team too small to be shown.
    assert Counter(world.one_on_ones.segments["team"].to_list())["Legal"] == 3
    assert np.isnat(world.one_on_ones.held).any()
    tiers = Counter(world.target_accounts.segments["tier"].to_list())
    assert tiers == {"Tier 1": 40, "Tier 2": 60, "Tier 3": 100}


def test_expansion_comes_after_the_first_win():
    deals = made(accounts=40, seed=5).opportunities
    days = (deals.created.tolist(), deals.closed.tolist())
    rows = list(zip(deals.account, deals.kind, deals.outcome, *days, strict=True))
    first_win: dict[Any, Any] = {}
    for account, _, outcome, _, closed in rows:
        if outcome == "won":
            first_win[account] = min(closed, first_win.get(account, closed))
    for account, kind, _, created, _ in rows:
        later = account in first_win and created > first_win[account]
        assert kind == ("expansion" if later else "new business")


def test_customers_answer_from_the_year_of_their_first_win():
    world = made(accounts=40, seed=5)
    deals = world.opportunities
    first: dict[Any, int] = {}
    for account, outcome, closed in zip(deals.account, deals.outcome, deals.closed.tolist(), strict=True):
        if outcome == "won":
            first[account] = min(closed.year, first.get(account, closed.year))
    answers = zip(world.survey_scores.account, world.survey_scores.segments["year"], strict=True)
    assert all(first[account] <= int(year) for account, year in answers)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"accounts": 9}, "accounts must be a whole number >= 10; got 9"),
        ({"accounts": 20.0}, "accounts must be a whole number >= 10; got 20.0"),
        ({"seed": -1}, "seed must be a whole number >= 0; got -1"),
        ({"seed": True}, "seed must be a whole number >= 0; got True"),
    ],
)
def test_other_sizes_and_seeds_are_refused(given, message):
    with pytest.raises(MetricInputError) as refused:
        synthetic.program(**given)
    assert str(refused.value) == message


def test_the_smallest_world_is_one():
    assert len(made(accounts=10, seed=0).target_accounts) == 10
