"""How often our 95 % intervals hold the true value, beside the interval of the textbook.

Each cell simulates thousands of programmes of some accounts, computes the KPI of all of them
in one call (the segment to group by is the number of the simulated programme) and counts the
intervals that hold the truth. **Truth** is the value of the population that accounts are drawn
from: E[numerator] / E[denominator] of one account for shares, ratios and scores; the same
formula of the expected sums for products; and for totals the expected total of a programme in
which the number of accounts that bring anything is itself Poisson. It is known in closed form,
never simulated.

The **textbook** interval takes rows (mails, answers, deals) as independent and the normal
quantile: Wilson on the trials, Wald on the answers, mean ± 1.96 standard errors of the deals or
of the linearised account figures, Garwood on the number of deals, and no pairing in a change.

A cell fails below 91 % (10 accounts), 93 % (25 and more; 92 % for a very heavy tail) or above
97 %, by more than 2 standard errors of the simulation (3 below 1,000 runs, as with --quick, where
hundreds of cells would fail by chance). Above 97 % is allowed, and marked +, for data that are
0 or 1 per account and for shares of money. It cannot be had where more than half of 5 % of the
programmes show no success at all (of rare clicks, say, in few mails): an interval that misses
those covers too little, one that holds them has nothing left to miss on that side, and its other
side may miss 2.5 %. Such cells are marked o; their lower bound stands.

`trend` must call at most 5 % (+ 2 standard errors) of series without a trend rising or declining.

    python benchmarks/coverage.py [--runs 4000] [--seed 1] [--quick]
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import estimation
from abmmetrics.columns import Amounts, Labels, amounts, labels
from abmmetrics.comparison import change
from abmmetrics.intervals import garwood, newcombe, wilson
from abmmetrics.results import Estimate
from abmmetrics.tables import Table
from abmmetrics.trends import trend

Floats = NDArray[np.float64]
Generator = np.random.Generator
Limits = tuple[Floats, Floats]

CONFIDENCE = 0.95
NORMAL = 1.959963984540054
SIZES = (10, 25, 50, 200)
SMALL = 10
LOW_SMALL, LOW, LOW_HEAVY, HIGH = 0.91, 0.93, 0.92, 0.97
FALSE_ALARMS = 0.05
# Of the simulation; hundreds of cells with few runs each would break their bounds by chance.
STANDARD_ERRORS, STANDARD_ERRORS_OF_FEW, FEW_RUNS = 2.0, 3.0, 1000
# Memory for the accounts of both periods.
CHANGED_CELLS_AT_ONCE = 400_000
CHANGE_RUNS = 2000
QUICK_RUNS = 200
QUICK_CHANGE_RUNS = 50
QUICK_CHANGE_SIZES = (25,)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Sample(Table):
    """Account sums of many simulated programmes, one row for each account of each."""

    account: Labels = attrs.field(converter=labels)
    first: Amounts = attrs.field(converter=amounts)
    second: Amounts = attrs.field(converter=amounts)
    third: Amounts = attrs.field(converter=amounts)


@attrs.frozen
class Draw:
    """Simulated programmes: account sums as arrays of runs by accounts.

    Attributes:
        columns: up to three columns of account sums.
        truth: the population's value.
        row_squares: sum of the squared amounts of the rows of each account, for the textbook.
    """

    columns: tuple[Floats, ...]
    truth: float
    row_squares: Floats | None = None


Simulate = Callable[[Generator, int, int], Draw]


@attrs.frozen
class Kind:
    """A kind of KPI: how we estimate it and how a textbook does."""

    estimate: Callable[[Sample], Estimate]
    textbook: Callable[[Draw], Limits]
    above_allowed: str = ""


@attrs.frozen
class Case:
    """One line of the table."""

    name: str
    kind: Kind
    simulate: Simulate
    heavy_tail: bool = False
    judged: bool = True


@attrs.frozen
class ChangeCase:
    """One line of the table of changes: two periods drawn together."""

    name: str
    kind: Kind
    simulate: Callable[[Generator, int, int], tuple[Draw, Draw]]
    paired: bool


# --- How KPIs are estimated, here and in textbooks. -------------------------------------------------------------------


def table_of(draw: Draw, start: int = 0, stop: int | None = None, *, first_account: int = 0) -> Sample:
    """Make one table of some runs."""
    first, *others = (column[start:stop] for column in draw.columns)
    runs, accounts = len(first), first.size // max(len(first), 1)
    nothing = np.zeros_like(first)
    second, third = [*others, nothing, nothing][:2]
    return Sample(
        account=np.tile(np.arange(first_account, first_account + accounts), runs),
        segments={"run": np.repeat(np.arange(runs), accounts)},
        first=first.ravel(),
        second=second.ravel(),
        third=third.ravel(),
    )


def our_share(sample: Sample, *, of_money: bool = False) -> Estimate:
    """Estimate first / second as a share."""
    sums = sample.account_sums(["first", "second"], "run")
    return estimation.share("share", sums, sums["first"], sums["second"], confidence=CONFIDENCE, of_money=of_money)


def our_money_share(sample: Sample) -> Estimate:
    """Estimate first / second as a share of money."""
    return our_share(sample, of_money=True)


def our_ratio(sample: Sample) -> Estimate:
    """Estimate first / second as a ratio."""
    sums = sample.account_sums(["first", "second"], "run")
    return estimation.ratio("ratio", sums, sums["first"], sums["second"], unit="ratio", confidence=CONFIDENCE)


def our_score(sample: Sample) -> Estimate:
    """Estimate a net promoter score from detractors, passives and promoters."""
    sums = sample.account_sums(["first", "second", "third"], "run")
    return estimation.net_score("score", sums, *(sums.sums.values()), confidence=CONFIDENCE)


def velocity(won: Floats, amount: Floats, days: Floats) -> Floats:
    """Sales velocity: deals × win rate × average amount / average cycle, of which the number of deals cancels."""
    return won * amount / days


def our_velocity(sample: Sample) -> Estimate:
    """Estimate sales velocity from deals won, their amount and their days."""
    sums = sample.account_sums(["first", "second", "third"], "run")
    inputs = list(sums.sums.values())
    return estimation.quantity("velocity", sums, velocity, inputs, unit="money per day", confidence=CONFIDENCE)


def our_total(sample: Sample) -> Estimate:
    """Estimate a total of first."""
    sums = sample.account_sums(["first"], "run")
    return estimation.total("total", sums, sums["first"], unit="count", confidence=CONFIDENCE)


def linearised(value: Floats, influence: Floats) -> Limits:
    """Value ± 1.96 standard errors from the linear influence of each account."""
    accounts = influence.shape[1]
    half = NORMAL * np.sqrt(accounts / (accounts - 1) * (influence**2).sum(axis=1))
    return value - half, value + half


def textbook_share(draw: Draw) -> Limits:
    """Wilson's interval with every trial independent."""
    found = wilson(*(column.sum(axis=1) for column in draw.columns[:2]))
    return np.asarray(found.low), np.asarray(found.high)


def textbook_ratio(draw: Draw) -> Limits:
    """Cochran's ratio estimator; of deals, where their squares are known, their mean ± 1.96 standard errors."""
    part, whole = draw.columns[:2]
    value = part.sum(axis=1) / whole.sum(axis=1)
    if draw.row_squares is None:
        return linearised(value, (part - value[:, None] * whole) / whole.sum(axis=1, keepdims=True))
    rows = whole.sum(axis=1)
    half = NORMAL * np.sqrt(np.maximum(draw.row_squares.sum(axis=1) / rows - value**2, 0) / (rows - 1))
    return value - half, value + half


def textbook_score(draw: Draw) -> Limits:
    """Wald's interval with every answer independent."""
    against, neutral, favour = (column.sum(axis=1) for column in draw.columns)
    answers = against + neutral + favour
    value = (favour - against) / answers
    half = NORMAL * np.sqrt(np.maximum((favour + against) / answers - value**2, 0) / answers)
    return 100 * (value - half), 100 * (value + half)


def textbook_velocity(draw: Draw) -> Limits:
    """Linearise the product."""
    with np.errstate(divide="ignore", invalid="ignore"):
        won, amount, days = (column / column.sum(axis=1, keepdims=True) for column in draw.columns)
        influence = won + amount - days - 1 / won.shape[1]
        value = velocity(*(column.sum(axis=1) for column in draw.columns))
        return linearised(value, value[:, None] * influence)


def textbook_count(draw: Draw) -> Limits:
    """Garwood's interval with every deal independent."""
    found = garwood(draw.columns[0].sum(axis=1))
    return np.asarray(found.low), np.asarray(found.high)


def textbook_sum(draw: Draw) -> Limits:
    """Total ± 1.96 √Σ amount²."""
    value = draw.columns[0].sum(axis=1)
    half = NORMAL * np.sqrt((draw.columns[0] ** 2).sum(axis=1))
    return value - half, value + half


SHARE = Kind(our_share, textbook_share)
SHARE_OF_ACCOUNTS = Kind(our_share, textbook_share, "0/1 per account")
MONEY_SHARE = Kind(our_money_share, textbook_ratio, "share of money")
RATIO = Kind(our_ratio, textbook_ratio)
SCORE = Kind(our_score, textbook_score)
SCORE_OF_ACCOUNTS = Kind(our_score, textbook_score, "one answer per account")
VELOCITY = Kind(our_velocity, textbook_velocity)
COUNT = Kind(our_total, textbook_count)
COUNT_OF_ACCOUNTS = Kind(our_total, textbook_count, "0/1 per account")
SUM = Kind(our_total, textbook_sum)


# --- Populations. -----------------------------------------------------------------------------------------------------


def lognormal(rng: Generator, shape: tuple[int, ...], sigma: float) -> Floats:
    """Amounts of mean 1."""
    return rng.lognormal(-(sigma**2) / 2, sigma, shape)


def beta(rng: Generator, shape: tuple[int, ...], mean: float, correlation: float) -> Floats:
    """Success probabilities of accounts, with the intra-account correlation that they give their trials."""
    if correlation == 0:
        return np.full(shape, mean)
    weight = 1 / correlation - 1
    return rng.beta(mean * weight, (1 - mean) * weight, shape)


def mails(rng: Generator, shape: tuple[int, ...], mean: float, sigma: float) -> NDArray[np.int64]:
    """Mails of accounts: at least one, skewed."""
    return 1 + rng.poisson((mean - 1) * lognormal(rng, shape, sigma))


def emails(mean: float, sigma: float, probability: float, correlation: float) -> Simulate:
    """Opens or clicks of mails."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        sent = mails(rng, (runs, accounts), mean, sigma)
        clicked = rng.binomial(sent, beta(rng, sent.shape, probability, correlation))
        return Draw((clicked.astype(float), sent.astype(float)), probability)

    return simulate


def uneven_emails(rng: Generator, runs: int, accounts: int) -> Draw:
    """Opens where a third of the accounts get four times the mail and open less of it."""
    large = rng.random((runs, accounts)) < 1 / 3
    sent = 1 + rng.poisson(np.where(large, 39.0, 9.0) * lognormal(rng, large.shape, 0.7))
    opened = rng.binomial(sent, np.where(large, 0.2, 0.4) * beta(rng, large.shape, 0.8, 0.1) / 0.8)
    return Draw((opened.astype(float), sent.astype(float)), (40 / 3 * 0.2 + 20 / 3 * 0.4) / 20)


def one_trial(probability: float) -> Simulate:
    """One success or failure for each account: a renewal, a win."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        won = rng.random((runs, accounts)) < probability
        return Draw((won.astype(float), np.ones(won.shape)), probability)

    return simulate


def split(rng: Generator, answers: NDArray[np.int64], classes: Sequence[Floats]) -> tuple[Floats, ...]:
    """Draw how many answers fall into each of three classes of given probabilities."""
    first = rng.binomial(answers, classes[0])
    rest = np.maximum(1 - classes[0], 1e-300)
    second = rng.binomial(answers - first, np.minimum(classes[1] / rest, 1.0))
    return first.astype(float), second.astype(float), (answers - first - second).astype(float)


def tempers(rng: Generator, shape: tuple[int, ...], probabilities: Sequence[float], correlation: float) -> list[Floats]:
    """Class probabilities of accounts (Dirichlet)."""
    if correlation == 0:
        return [np.full(shape, probability) for probability in probabilities]
    drawn = [rng.gamma(probability * (1 / correlation - 1), 1.0, shape) for probability in probabilities]
    whole = np.maximum(sum(drawn, np.zeros(shape)), 1e-300)
    return [share / whole for share in drawn]


def survey(probabilities: Sequence[float], correlation: float, more: float) -> Simulate:
    """Detractors, passives and promoters; each account gives 1 answer and on average `more` further ones."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        answers = 1 + rng.poisson(more, (runs, accounts))
        classes = tempers(rng, answers.shape, probabilities, correlation)
        return Draw(split(rng, answers, classes), 100 * (probabilities[2] - probabilities[0]))

    return simulate


def net_retention(sigma: float) -> Simulate:
    """Closing over opening recurring revenue: 8 % of the accounts leave, the others grow or shrink."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        opening = lognormal(rng, (runs, accounts), sigma)
        kept = 1.05 * rng.binomial(1, 0.92, opening.shape)
        return Draw((opening * kept * lognormal(rng, opening.shape, 0.2), opening), 1.05 * 0.92)

    return simulate


def deals(rng: Generator, count: NDArray[np.int64], sigma: float) -> tuple[Floats, Floats]:
    """Sum of the amounts (mean 1) of some deals for each account, and of their squares."""
    amount, squares = np.zeros(count.shape), np.zeros(count.shape)
    for number in range(int(count.max(initial=0))):
        one = np.where(count > number, lognormal(rng, count.shape, sigma), 0.0)
        amount, squares = amount + one, squares + one**2
    return amount, squares


def deal_size(sigma: float) -> Simulate:
    """Average deal size: each account has a level of its own."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        count = 1 + rng.poisson(0.5, (runs, accounts))
        amount, squares = deals(rng, count, sigma)
        level = lognormal(rng, count.shape, 0.3)
        return Draw((level * amount, count.astype(float)), 1.0, level**2 * squares)

    return simulate


def gross_retention(sigma: float, leave: float, shrink: float) -> Simulate:
    """Kept over opening recurring revenue: some accounts leave, some keep two thirds on average, the rest all."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        opening = lognormal(rng, (runs, accounts), sigma)
        fate = rng.random(opening.shape)
        kept = np.where(fate < leave, 0.0, np.where(fate < leave + shrink, rng.beta(4, 2, opening.shape), 1.0))
        return Draw((opening * kept, opening), 1 - leave - shrink / 3)

    return simulate


def alike_but_few(leave: float) -> Simulate:
    """Kept over opening recurring revenue: all accounts keep about 85 %, but for the few that leave."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        kept = rng.beta(85, 15, (runs, accounts)) * (rng.random((runs, accounts)) >= leave)
        return Draw((kept, np.ones(kept.shape)), 0.85 * (1 - leave))

    return simulate


def value_win_rate(sigma: float, probability: float) -> Simulate:
    """Amount won over amount decided: one deal or more for each account, which wins with a probability of its own."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        count = 1 + rng.poisson(0.5, (runs, accounts))
        won = rng.binomial(count, beta(rng, count.shape, probability, 0.2))
        won_amount, _ = deals(rng, won, sigma)
        lost_amount, _ = deals(rng, count - won, sigma)
        return Draw((won_amount, won_amount + lost_amount), probability)

    return simulate


def sales(sigma: float) -> Simulate:
    """Deals won, their amounts and days: accounts differ in win rate, in level and in speed."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        count = 1 + rng.poisson(2, (runs, accounts))
        won = rng.binomial(count, beta(rng, count.shape, 0.35, 0.15))
        amount, _ = deals(rng, won, sigma)
        days, _ = deals(rng, won, 0.6)
        level, pace = lognormal(rng, count.shape, 0.4), lognormal(rng, count.shape, 0.3)
        expected = accounts * 3 * 0.35
        return Draw((won.astype(float), level * amount, 60 * pace * days), expected / 60)

    return simulate


def winners(rng: Generator, runs: int, accounts: int, listed: int | None) -> NDArray[np.bool_]:
    """Which accounts bring anything: a Poisson number, or each of a fixed list with the same probability."""
    counts = rng.poisson(accounts, runs) if listed is None else rng.binomial(listed, accounts / listed, runs)
    return np.arange(max(int(counts.max()), 1)) < counts[:, None]


def deals_won(dispersion: float, *, listed_times: int | None = None) -> Simulate:
    """Deals won: one for each winning account and an over-dispersed number of further ones (0: none)."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        wins = winners(rng, runs, accounts, None if listed_times is None else listed_times * accounts)
        further = rng.poisson(dispersion * rng.exponential(1.0, wins.shape))
        return Draw((np.where(wins, 1.0 + further, 0.0),), accounts * (1 + dispersion))

    return simulate


def revenue_won(sigma: float) -> Simulate:
    """Revenue won, each winning account bringing a lognormal amount."""

    def simulate(rng: Generator, runs: int, accounts: int) -> Draw:
        wins = winners(rng, runs, accounts, None)
        return Draw((np.where(wins, lognormal(rng, wins.shape, sigma), 0.0),), float(accounts))

    return simulate


# --- Two periods. -----------------------------------------------------------------------------------------------------


def two_email_periods(correlation: float, *, paired: bool) -> Callable[[Generator, int, int], tuple[Draw, Draw]]:
    """Opens in two periods: 30 % now, 24 % before; the same accounts, or others."""

    def simulate(rng: Generator, runs: int, accounts: int) -> tuple[Draw, Draw]:
        level = beta(rng, (runs, accounts), 0.3, correlation)
        earlier = level if paired else beta(rng, level.shape, 0.3, correlation)
        sizes = [mails(rng, level.shape, 20, 1.0) for _ in range(2)]
        now, before = rng.binomial(sizes[0], level), rng.binomial(sizes[1], 0.8 * earlier)
        return (
            Draw((now.astype(float), sizes[0].astype(float)), 0.3),
            Draw((before.astype(float), sizes[1].astype(float)), 0.24),
        )

    return simulate


def two_surveys(*, paired: bool) -> Callable[[Generator, int, int], tuple[Draw, Draw]]:
    """Scores of two surveys with the same expectation, correlation 0.3 inside accounts."""
    probabilities = (0.2, 0.3, 0.5)

    def simulate(rng: Generator, runs: int, accounts: int) -> tuple[Draw, Draw]:
        shape = (runs, accounts)
        classes = tempers(rng, shape, probabilities, 0.3)
        earlier = classes if paired else tempers(rng, shape, probabilities, 0.3)
        now, before = (split(rng, 1 + rng.poisson(3, shape), drawn) for drawn in (classes, earlier))
        return Draw(now, 30.0), Draw(before, 30.0)

    return simulate


def two_retentions(*, paired: bool) -> Callable[[Generator, int, int], tuple[Draw, Draw]]:
    """Net retention in two years; of the same accounts those that grew in one year tend to grow in the next."""

    def simulate(rng: Generator, runs: int, accounts: int) -> tuple[Draw, Draw]:
        shape = (runs, accounts)
        opening, habit = lognormal(rng, shape, 1.0), lognormal(rng, shape, 0.25)
        other, other_habit = (opening, habit) if paired else (lognormal(rng, shape, 1.0), lognormal(rng, shape, 0.25))
        closing = opening * habit * 1.08 * lognormal(rng, shape, 0.15)
        closed = other * other_habit * lognormal(rng, shape, 0.15)
        return Draw((closing, opening), 1.08), Draw((closed, other), 1.0)

    return simulate


CASES = (
    *(
        Case(f"share: mails 20 each, p {probability}, correlation {correlation}", SHARE, simulate)
        for probability in (0.03, 0.25, 0.5)
        for correlation in (0.0, 0.05, 0.1, 0.3)
        for simulate in [emails(20, 1.0, probability, correlation)]
    ),
    Case("share: mails 5 each, p 0.25, correlation 0.1", SHARE, emails(5, 0.7, 0.25, 0.1)),
    Case("share: mails 5 each, p 0.03, correlation 0.1", SHARE, emails(5, 0.7, 0.03, 0.1)),
    Case("share: large accounts get more and open less", SHARE, uneven_emails),
    Case("share of accounts, p 0.1", SHARE_OF_ACCOUNTS, one_trial(0.1)),
    Case("share of accounts, p 0.4", SHARE_OF_ACCOUNTS, one_trial(0.4)),
    Case("NPS +30, 4 answers each, correlation 0", SCORE, survey((0.2, 0.3, 0.5), 0.0, 3)),
    Case("NPS +30, 4 answers each, correlation 0.1", SCORE, survey((0.2, 0.3, 0.5), 0.1, 3)),
    Case("NPS +30, 4 answers each, correlation 0.3", SCORE, survey((0.2, 0.3, 0.5), 0.3, 3)),
    Case("NPS +65, 4 answers each, correlation 0.2", SCORE, survey((0.08, 0.19, 0.73), 0.2, 3)),
    Case("NPS +30, one answer each", SCORE_OF_ACCOUNTS, survey((0.2, 0.3, 0.5), 0.0, 0)),
    Case("net revenue retention, sizes σ 1", RATIO, net_retention(1.0)),
    Case("net revenue retention, sizes σ 1.3", RATIO, net_retention(1.3)),
    Case("average deal size, σ 0.8", RATIO, deal_size(0.8)),
    Case("average deal size, σ 1.2 (heavy tail)", RATIO, deal_size(1.2), heavy_tail=True),
    Case("gross revenue retention 87 %", MONEY_SHARE, gross_retention(1.0, 0.08, 0.15)),
    Case("gross revenue retention 70 %", MONEY_SHARE, gross_retention(1.0, 0.20, 0.30)),
    Case("value win rate 30 %, σ 0.8", MONEY_SHARE, value_win_rate(0.8, 0.3)),
    Case("value win rate 50 %, σ 1.2", MONEY_SHARE, value_win_rate(1.2, 0.5)),
    Case("sales velocity, σ 0.8", VELOCITY, sales(0.8)),
    Case("sales velocity, σ 1.2 (heavy tail)", VELOCITY, sales(1.2), heavy_tail=True),
    Case("new customers", COUNT_OF_ACCOUNTS, deals_won(0.0)),
    Case("deals won, over-dispersed", COUNT, deals_won(1.0)),
    Case("deals won, strongly over-dispersed", COUNT, deals_won(3.0)),
    Case("deals won, of a fixed list 3 times as long", COUNT, deals_won(1.0, listed_times=3), judged=False),
    Case("revenue won, σ 0.8", SUM, revenue_won(0.8)),
    Case("revenue won, σ 1.2 (heavy tail)", SUM, revenue_won(1.2), heavy_tail=True),
    Case("average deal size, σ 1.5 (extreme tail)", RATIO, deal_size(1.5), heavy_tail=True, judged=False),
    Case("revenue won, σ 1.5 (extreme tail)", SUM, revenue_won(1.5), heavy_tail=True, judged=False),
    Case("gross revenue retention 87 %, sizes alike", MONEY_SHARE, gross_retention(0.0, 0.08, 0.15)),
    Case("gross revenue retention 60 %, all alike shrink", MONEY_SHARE, gross_retention(0.0, 0.1, 0.9)),
    Case("gross revenue retention 93 %, sizes σ 1.3", MONEY_SHARE, gross_retention(1.3, 0.02, 0.15)),
    Case("gross revenue retention 82 %, few leave, all shrink", MONEY_SHARE, alike_but_few(0.03)),
)

CHANGES = (
    ChangeCase("share, same accounts, correlation 0", SHARE, two_email_periods(0.0, paired=True), paired=True),
    ChangeCase("share, same accounts, correlation 0.1", SHARE, two_email_periods(0.1, paired=True), paired=True),
    ChangeCase("share, same accounts, correlation 0.3", SHARE, two_email_periods(0.3, paired=True), paired=True),
    ChangeCase("share, other accounts, correlation 0.1", SHARE, two_email_periods(0.1, paired=False), paired=False),
    ChangeCase("NPS, same accounts", SCORE, two_surveys(paired=True), paired=True),
    ChangeCase("NPS, other accounts", SCORE, two_surveys(paired=False), paired=False),
    ChangeCase("net revenue retention, same accounts", RATIO, two_retentions(paired=True), paired=True),
    ChangeCase("net revenue retention, other accounts", RATIO, two_retentions(paired=False), paired=False),
)


# --- Measuring. -------------------------------------------------------------------------------------------------------


@attrs.frozen
class Cell:
    """Coverage of one case at one number of accounts."""

    ours: float
    textbook: float
    broken: bool
    excused: str

    def __str__(self) -> str:
        """Show ours and the textbook's in per cent; * breaks a bound, + and o are above 97 % with a reason."""
        mark = "*" if self.broken else self.excused or " "
        return f"{100 * self.ours:5.1f}{mark}({100 * self.textbook:4.1f})"


def held(limits: Limits, truth: float, defined: NDArray[np.bool_]) -> float:
    """Share of the defined intervals that hold the truth."""
    low, high = limits
    return float(((low <= truth) & (truth <= high))[defined].mean())


def slack(bound: float, runs: int) -> float:
    """How far a simulated share may lie beyond a bound that holds."""
    return (STANDARD_ERRORS if runs >= FEW_RUNS else STANDARD_ERRORS_OF_FEW) * math.sqrt(bound * (1 - bound) / runs)


def judge(
    ours: float,
    textbook: float,
    runs: int,
    accounts: int,
    *,
    heavy_tail: bool,
    above_allowed: bool,
    judged: bool,
    without_success: float = 0.0,
) -> Cell:
    """Compare a coverage with its bounds, give or take the error of the simulation."""
    low = LOW_SMALL if accounts <= SMALL else LOW_HEAVY if heavy_tail else LOW
    above = ours > HIGH + slack(HIGH, runs)
    below = ours < low - slack(low, runs)
    excused = "+" if above_allowed else "o" if without_success > (1 - CONFIDENCE) / 2 else ""
    return Cell(ours, textbook, judged and (below or (above and not excused)), excused if above else "")


def coverage(case: Case, rng: Generator, runs: int, accounts: int) -> Cell:
    """Simulate one cell."""
    draw = case.simulate(rng, runs, accounts)
    found = case.kind.estimate(table_of(draw))
    # A run without any interval (no answer at all, a single winner) is none of the intervals counted.
    defined = ~np.isnan(found.low)
    textbook = case.kind.textbook(draw)
    return judge(
        held((found.low, found.high), draw.truth, defined),
        held(textbook, draw.truth, ~np.isnan(textbook[0])),
        int(defined.sum()),
        accounts,
        heavy_tail=case.heavy_tail,
        above_allowed=bool(case.kind.above_allowed),
        judged=case.judged,
        without_success=float((draw.columns[0].sum(axis=1) == 0).mean()) if case.kind is SHARE else 0.0,
    )


def textbook_change(case: ChangeCase, now: Draw, before: Draw) -> Limits:
    """Compare two periods as if they were independent: Newcombe's interval, or squared half-widths that add up."""
    if case.kind is SHARE:
        found = newcombe(*(column.sum(axis=1) for draw in (now, before) for column in draw.columns))
        return np.asarray(found.low), np.asarray(found.high)
    (low1, high1), (low0, high0) = case.kind.textbook(now), case.kind.textbook(before)
    middle = (low1 + high1 - low0 - high0) / 2
    half = np.hypot(high1 - low1, high0 - low0) / 2
    return middle - half, middle + half


def change_coverage(case: ChangeCase, rng: Generator, runs: int, accounts: int) -> tuple[Cell, float]:
    """Simulate one cell of changes: coverage of the difference, and of the relative change."""
    now, before = case.simulate(rng, runs, accounts)
    limits: list[Floats] = []
    at_once = max(CHANGED_CELLS_AT_ONCE // accounts, 1)
    for start in range(0, runs, at_once):
        stop = min(start + at_once, runs)
        estimate = case.kind.estimate(table_of(now, start, stop))
        baseline = case.kind.estimate(table_of(before, start, stop, first_account=0 if case.paired else accounts))
        found = change(estimate, baseline=baseline)
        limits.append(np.array([found.difference_low, found.difference_high, found.relative_low, found.relative_high]))
    low, high, relative_low, relative_high = np.concatenate(limits, axis=1)
    drawn = np.ones(runs, dtype=bool)
    cell = judge(
        held((low, high), now.truth - before.truth, drawn),
        held(textbook_change(case, now, before), now.truth - before.truth, drawn),
        runs,
        accounts,
        heavy_tail=False,
        above_allowed=False,
        judged=True,
    )
    relative = held((relative_low, relative_high), now.truth / before.truth - 1, drawn)
    return cell, math.nan if case.kind is SCORE else relative


# --- Trends. ----------------------------------------------------------------------------------------------------------


@attrs.frozen
class Series:
    """A population of series: opens of 100 accounts with about 4 mails each in every period."""

    name: str
    stable: float = 0.0
    passing: float = 0.0
    shock: float = 0.0
    decline: float = 0.0


SERIES = (
    Series("trials independent"),
    Series("accounts differ (correlation 0.1)", stable=0.1),
    Series("accounts differ anew in each period (0.1)", passing=0.1),
    Series("accounts differ, periods have shocks (0.15 on the logit)", stable=0.1, shock=0.15),
    Series("accounts differ, 30 % decline over the series", stable=0.1, decline=0.3),
    Series("the same with shocks", stable=0.1, shock=0.15, decline=0.3),
)
PERIODS = (6, 12)


def trend_calls(series: Series, rng: Generator, runs: int, periods: int) -> float:
    """Share of simulated series that `trend` calls rising or declining."""
    shape = (runs, 100)
    level = beta(rng, shape, 0.25, series.stable)
    opened, sent = np.empty((2, runs, periods, 100))
    for period in range(periods):
        probability = level * (1 - series.decline * period / (periods - 1))
        if series.passing:
            probability = beta(rng, shape, 0.25, series.passing)
        if series.shock:
            odds = probability / np.maximum(1 - probability, 1e-12) * np.exp(rng.normal(0, series.shock, (runs, 1)))
            probability = odds / (1 + odds)
        sent[:, period] = 1 + rng.poisson(3, shape)
        opened[:, period] = rng.binomial(sent[:, period].astype(np.int64), probability)
    # One group for each period of each series; labels that count up are periods to `trend`.
    flat = Draw((opened.reshape(-1, 100), sent.reshape(-1, 100)), math.nan)
    found = attrs.evolve(our_share(table_of(flat)), influences=None)
    called = 0
    for start in range(0, runs * periods, periods):
        verdict = trend(found.take(np.arange(start, start + periods))).verdict
        called += verdict in {"rising", "declining"}
    return called / runs


# --- The report. ------------------------------------------------------------------------------------------------------


def report_coverage(runs: int, seed: int) -> int:
    """Print coverage by case and number of accounts; return how many cells break a bound."""
    broken = 0
    print(f"{'coverage of 95 % intervals: ours (textbook)':<52}" + "".join(f"{size:>9} acc." for size in SIZES))
    for number, case in enumerate(CASES):
        cells = [coverage(case, np.random.default_rng([seed, number, size]), runs, size) for size in SIZES]
        broken += sum(cell.broken for cell in cells)
        note = "" if case.judged else "  no bound"
        print(f"{case.name:<52}" + "".join(f"{cell!s:>14}" for cell in cells) + note, flush=True)
    return broken


def report_changes(runs: int, seed: int, sizes: Sequence[int] = SIZES) -> int:
    """Print coverage of changes; return how many cells break a bound."""
    broken = 0
    print(f"\n{'change: difference (textbook), relative change':<52}" + "".join(f"{size:>15} acc." for size in sizes))
    for number, case in enumerate(CHANGES):
        texts: list[str] = []
        for size in sizes:
            cell, relative = change_coverage(case, np.random.default_rng([seed, 1000 + number, size]), runs, size)
            broken += cell.broken
            texts.append(f"{cell}" + (" " * 6 if math.isnan(relative) else f" {100 * relative:5.1f}"))
        print(f"{case.name:<52}" + "".join(f"{text:>20}" for text in texts), flush=True)
    return broken


def report_trends(runs: int, seed: int) -> int:
    """Print how often `trend` calls a trend; return how many false-alarm rates break the bound."""
    broken = 0
    allowed = FALSE_ALARMS + slack(FALSE_ALARMS, runs)
    print(
        f"\n{'trend: series called rising or declining, %':<58}" + "".join(f"{count:>6} periods" for count in PERIODS)
    )
    for number, series in enumerate(SERIES):
        texts: list[str] = []
        for periods in PERIODS:
            called = trend_calls(series, np.random.default_rng([seed, 2000 + number, periods]), runs, periods)
            wrong = called > allowed and not series.shock and not series.decline
            broken += wrong
            texts.append(f"{100 * called:12.1f}{'*' if wrong else ' '} ")
        print(f"{series.name:<58}" + "".join(texts), flush=True)
    return broken


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description="Simulated coverage of the 95 % intervals and false alarms of trends.")
    parser.add_argument("--runs", type=int, default=4000, help="simulated programmes for each cell (4000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the simulation (1)")
    parser.add_argument("--quick", action="store_true", help="200 programmes for each cell: a look, under 20 s")
    options = parser.parse_args(arguments)
    runs = QUICK_RUNS if options.quick else options.runs
    change_runs = QUICK_CHANGE_RUNS if options.quick else min(CHANGE_RUNS, runs)
    start = time.perf_counter()
    broken = report_coverage(runs, options.seed)
    broken += report_changes(change_runs, options.seed, QUICK_CHANGE_SIZES if options.quick else SIZES)
    broken += report_trends(change_runs, options.seed)
    print(
        f"\n{runs} programmes for each cell ({change_runs} for changes and trends), seed {options.seed},"
        f" {time.perf_counter() - start:.0f} s.\nBounds: 93 to 97 % from 25 accounts (92 % for a heavy tail),"
        f" 91 % with 10; trend 5 %; each ± {STANDARD_ERRORS:g} standard errors of the simulation"
        f" ({STANDARD_ERRORS_OF_FEW:g} below {FEW_RUNS} runs).\n"
        f"+ above 97 %, allowed: 0/1 per account, shares of money.\n"
        f"o above 97 %, not to be had: more than 2.5 % of the programmes show no success at all.\n"
        f"* breaks its bound: {broken} cells."
    )
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
