"""What a promotion did, and what it only brought forward."""

import datetime as dt
import math

import numpy as np
import pytest

from abmmetrics import ArmOutcomes, Opportunities, SurveyScores, TargetAccounts, lift, promotion_effect

from .test_lifts import refusal

ACCOUNTS = TargetAccounts(
    account=list("ABCDEFG"), segments={"arm": ["target"] * 3 + ["control"] * 3 + ["other"], "tier": list("xxyxxyx")}
)
MARCH = {"arm": "arm", "start": "2026-03-01", "end": "2026-03-31", "after_days": 30}


def sold(*deals, **more):
    """Won deals: account, day, amount."""
    account, closed, amount = zip(*deals, strict=True)
    return Opportunities(account=account, closed=closed, amount=amount, outcome="won", **more)


DEALS = sold(
    ("A", "2026-03-01", 10), ("A", "2026-03-31", 20), ("B", "2026-03-15", 5), ("B", "2026-04-30", 7),
    ("C", "2026-05-01", 100), ("D", "2026-03-10", 4), ("E", "2026-04-01", 6), ("F", "2026-02-28", 50),
    ("A", "2026-01-29", 8), ("C", "2026-01-28", 1000), ("G", "2026-03-10", 99), ("Z", "2026-03-10", 99),
)  # fmt: skip


def test_what_accounts_bought_during_after_and_together():
    found = promotion_effect(ACCOUNTS, DEALS, **MARCH)
    assert float(found.during) == pytest.approx(3 / 3 - 1 / 3)
    assert float(found.after) == pytest.approx(1 / 3 - 1 / 3)
    assert float(found.together) == pytest.approx(4 / 3 - 2 / 3)
    assert (found.during.kpi, found.during.unit) == ("promotion_effect, during", "count")
    assert found.during.excluded == {"account not on the target list": 1}
    assert found.during.accounts.tolist() == [6]
    assert found.during.notes[:2] == (
        "method: difference", "says what the programme changed only if chance decided which accounts it reached",
    )  # fmt: skip
    assert found.notes == ()
    money = promotion_effect(ACCOUNTS, DEALS, **MARCH, of="amount")
    assert float(money.during) == pytest.approx(35 / 3 - 4 / 3)
    assert float(money.after) == pytest.approx(7 / 3 - 6 / 3)
    assert money.after.unit == "money"
    assert str(money).startswith("during: promotion_effect, during: 10.33")
    assert repr(money) == str(money)


def test_days_before_count_for_as_many_days():
    """31 days before the promotion: from 29 January; 30 days after it count 30 / 31 of them."""
    for method in ("did", "cuped"):
        found = promotion_effect(ACCOUNTS, DEALS, **MARCH, of="amount", method=method, confidence=0.9, realistic=0.5)
        outcomes = {"during": [30, 5, 0, 4, 0, 0], "after": [0, 7, 0, 0, 6, 0], "together": [30, 12, 0, 4, 6, 0]}
        for name, days in (("during", 31), ("after", 30), ("together", 61)):
            before = [figure * days / 31 for figure in (8, 0, 0, 0, 0, 50)]
            expected = lift(
                ArmOutcomes(
                    account=list("ABCDEF"), arm=["target"] * 3 + ["control"] * 3, outcome=outcomes[name], before=before
                ),
                method=method, confidence=0.9, realistic=0.5, unit="money",
            )  # fmt: skip
            estimate = getattr(found, name)
            assert float(estimate) == pytest.approx(float(expected))
            assert (estimate.low[0], estimate.high[0]) == pytest.approx((expected.low[0], expected.high[0]))
            assert estimate.notes == expected.notes


def test_what_was_only_brought_forward_is_said():
    names = [f"{arm}{row}" for arm in "tc" for row in range(30)]
    arms = ["target"] * 30 + ["control"] * 30
    accounts = TargetAccounts(account=names, segments={"arm": arms, "half": ["x", "y"] * 30})
    # Every account buys once; under the promotion most do so before its end.
    during = [
        name for row, name in enumerate(names) if (name[0] == "t" and row % 10) or name in {"c0", "c1", "c2", "c3"}
    ]
    deals = Opportunities(
        account=names,
        closed=[dt.date(2026, 3, 5) if name in during else dt.date(2026, 4, 5) for name in names],
        outcome="won",
    )
    found = promotion_effect(accounts, deals, **MARCH)
    assert found.notes == ("pull-forward: 100 % of the gain was given back after the promotion",)
    assert float(found.together) == 0
    assert str(found).endswith("note: pull-forward: 100 % of the gain was given back after the promotion")
    halves = promotion_effect(accounts, deals, **MARCH, by="half")
    assert halves.notes == (
        "pull-forward: 100 % of the gain was given back after the promotion (half: x)",
        "pull-forward: 100 % of the gain was given back after the promotion (half: y)",
    )
    # Half of what was gained is never bought later.
    lasting = Opportunities(
        account=[*names, *names[:30]],
        closed=[*deals.closed.tolist(), *[dt.date(2026, 3, 6)] * 30],
        outcome="won",
    )
    kept = promotion_effect(accounts, lasting, **MARCH)
    gained, given_back = float(kept.during), -float(kept.after)
    assert kept.notes == (
        f"pull-forward: {100 * given_back / gained:.0f} % of the gain was given back after the promotion",
    )


def test_won_deals_without_an_amount_are_counted_where_they_matter():
    deals = sold(
        ("A", "2026-03-05", None), ("A", "2026-01-28", None), ("B", "2026-01-29", None), ("D", "2026-04-30", None),
        ("E", "2026-05-01", None), ("F", "2026-03-09", 3),
    )  # fmt: skip
    found = promotion_effect(ACCOUNTS, deals, **MARCH, of="amount")
    assert found.during.excluded == {"no amount": 3}
    assert float(found.during) == -1.0
    assert promotion_effect(ACCOUNTS, deals, **MARCH).during.excluded == {}
    lost = Opportunities(account=["A", "B"], closed=["2026-03-05"] * 2, outcome=["lost", "won"])
    assert float(promotion_effect(ACCOUNTS, lost, **MARCH).during) == pytest.approx(1 / 3)


def test_one_day_is_a_promotion():
    found = promotion_effect(ACCOUNTS, DEALS, arm="arm", start="2026-03-31", end="2026-03-31", after_days=1)
    assert float(found.during) == pytest.approx(1 / 3)
    assert float(found.after) == pytest.approx(-1 / 3)
    grouped = promotion_effect(ACCOUNTS, DEALS, **MARCH, by="tier", target="control", control="target")
    assert grouped.during.value.tolist() == pytest.approx([1 / 2 - 3 / 2, 0])
    assert math.isnan(grouped.during.low[1])
    assert np.isnan(grouped.after.high[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"of": "leads"}, "of must be one of ['deals', 'amount']; got 'leads'"),
        ({"method": "rdd"}, "method must be one of ['difference', 'did', 'cuped']; got 'rdd'"),
        ({"after_days": 0}, "after_days must be a whole number >= 1; got 0"),
        ({"realistic": 0}, "realistic must be a number in (0, inf); got 0"),
        ({"confidence": 1}, "confidence must be a number in (0, 1); got 1"),
        ({"start": "2026-04-01"}, "start must be at or before end; got 2026-04-01 with end=2026-03-31"),
        ({"arm": ["arm", "tier"]}, "arm must be one column of labels; got 2"),
        ({"control": "none"}, "control must be one of the arms ['target', 'control', 'other']; got 'none'"),
    ],
)
def test_what_a_promotion_takes_is_checked(options, message):
    assert refusal(promotion_effect, ACCOUNTS, DEALS, **{**MARCH, **options}) == message


def test_both_tables_need_accounts():
    survey = SurveyScores(score=[9, 8])
    assert refusal(promotion_effect, survey, DEALS, **{**MARCH, "arm": ["target", "control"]}) == (
        "targets must be a table with the column account; got SurveyScores(2 rows; score)"
    )
