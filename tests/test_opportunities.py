from typing import Any

import numpy as np
import pandas as pd
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError
from abmmetrics.opportunities import Opportunities

from .deals import read_crm

GOOD: dict[str, Any] = {
    "account": ["Acme", "Acme", "Beta"],
    "opportunity": ["D1", "D2", "D3"],
    "created": ["2026-01-05", "2026-02-02", "2026-02-16"],
    "closed": ["2026-03-20", "2026-03-02", None],
    "outcome": ["won", "lost", "open"],
    "amount": [12_000, 8_000, None],
    "kind": ["new", "renewal", "new"],
}


def test_columns_are_days_amounts_and_labels():
    deals = Opportunities(**GOOD, currency="EUR")
    assert deals.created is not None
    assert deals.closed is not None
    assert deals.amount is not None
    assert deals.created.dtype == deals.closed.dtype == np.dtype("datetime64[D]")
    assert np.isnat(deals.closed).tolist() == [False, False, True]
    assert np.isnan(deals.amount).tolist() == [False, False, True]
    assert (deals.outcome == "won").tolist() == [True, False, False]
    assert deals.currency == "EUR"
    assert repr(deals) == "Opportunities(3 rows, 2 accounts; opportunity, created, closed, outcome, amount, kind)"


def test_only_account_and_outcome_are_needed():
    deals = Opportunities(account=["A"], outcome=["won"])
    assert (deals.opportunity, deals.created, deals.closed, deals.amount, deals.kind, deals.currency) == (None,) * 6
    assert len(Opportunities.empty()) == 0
    assert abm.concat([Opportunities.empty(), deals]) == deals


def test_deals_closed_on_the_day_they_were_created_are_fine():
    assert len(Opportunities(account="A", created="2026-01-05", closed="2026-01-05", outcome=["won"])) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"outcome": ["Won", "lost", "open"]},
            "outcome must be one of ['won', 'lost', 'open']; got 'Won' at row 0",
        ),
        (
            {"outcome": ["won", None, "open"]},
            "outcome must be text or whole numbers in every row; got a missing value at row 1",
        ),
        (
            {"closed": ["2026-03-20", None, None]},
            (
                "closed must be a date where the outcome is 'won' or 'lost'; "
                "got a missing value with outcome='lost' at row 1"
            ),
        ),
        (
            {"closed": [None, None, None]},
            (
                "closed must be a date where the outcome is 'won' or 'lost'; "
                "got a missing value with outcome='won' at row 0"
            ),
        ),
        (
            {"closed": ["2026-03-20", "2026-03-02", "2026-06-30"]},
            (
                "closed must be missing where the outcome is 'open' (an expected close is not a close); "
                "got 2026-06-30 with outcome='open' at row 2"
            ),
        ),
        (
            {"outcome": ["open", "open", "open"]},
            (
                "closed must be missing where the outcome is 'open' (an expected close is not a close); "
                "got 2026-03-20 with outcome='open' at row 0"
            ),
        ),
        (
            {"closed": ["2026-03-20", "2026-02-01", None]},
            (
                "closed must be on or after created (to look at all 1 such rows, select those of your data where "
                "closed < created); got 2026-02-01 with created=2026-02-02 at row 1"
            ),
        ),
        (
            {"closed": ["2025-03-20", "2026-02-01", None]},
            (
                "closed must be on or after created (to look at all 2 such rows, select those of your data where "
                "closed < created); got 2025-03-20 with created=2026-01-05 at row 0"
            ),
        ),
        ({"amount": [1, -2, None]}, "amount must be finite numbers >= 0 or missing; got -2.0 at row 1"),
        ({"amount": [1, "much", 3]}, "amount must be finite numbers >= 0 or missing; got 'much' at row 1"),
        ({"opportunity": ["D1", "D2", "D1"]}, "opportunity must be different in every row; got 'D1' again at row 2"),
        ({"opportunity": ["D2", "D2", "D2"]}, "opportunity must be different in every row; got 'D2' again at row 1"),
        ({"account": ["A", "B"]}, None),
        ({"currency": "euros"}, "currency must be a three-letter code such as 'EUR'; got 'euros'"),
        ({"currency": "EUROS"}, "currency must be a three-letter code such as 'EUR'; got 'EUROS'"),
        ({"currency": 978}, "currency must be a three-letter code such as 'EUR'; got 978"),
        ({"currency": ["EUR", "EUR", "USD"]}, "currency must be the same in every row; got 'EUR' and 'USD' at row 2"),
        ({"currency": ["EUR", "USD", "GBP"]}, "currency must be the same in every row; got 'EUR' and 'USD' at row 1"),
        (
            {"currency": ["EUR", None, "EUR"]},
            "currency must be text or whole numbers in every row; got a missing value at row 1",
        ),
        (
            {"currency": ["EUR", "EUR"]},
            (
                "account and opportunity and created and closed and outcome and amount and kind and currency "
                "must have the same length; got {'account': 3, 'opportunity': 3, 'created': 3, 'closed': 3, "
                "'outcome': 3, 'amount': 3, 'kind': 3, 'currency': 2}"
            ),
        ),
        (
            {"segments": {"currency": ["EUR", "EUR", "EUR"]}},
            (
                "segments must have names other than the columns ['account', 'opportunity', 'created', 'closed', "
                "'outcome', 'amount', 'kind', 'currency']; got 'currency'"
            ),
        ),
    ],
)
def test_deals_that_cannot_be_are_refused(changed, message):
    if message is None:
        message = (
            "account and opportunity and created and closed and outcome and amount and kind must have the same "
            "length; got {'account': 2, 'opportunity': 3, 'created': 3, 'closed': 3, 'outcome': 3, 'amount': 3, "
            "'kind': 3}"
        )
    with pytest.raises(MetricInputError) as refusal:
        Opportunities(**{**GOOD, **changed})
    assert str(refusal.value) == message


def test_dates_are_not_checked_against_a_column_that_is_not_there():
    without = {name: values for name, values in GOOD.items() if name not in {"created", "closed"}}
    assert Opportunities(**without).closed is None
    assert Opportunities(**without, created=GOOD["created"]).closed is None
    assert Opportunities(**without, closed=GOOD["closed"]).created is None


def test_unused_categories_of_a_frame_are_no_outcomes():
    frame = pd.DataFrame(GOOD).assign(outcome=pd.Categorical(GOOD["outcome"], ["won", "lost", "open", "stalled"]))
    assert Opportunities.from_frame(frame).outcome.to_list() == ["won", "lost", "open"]


def test_currency_is_a_setting_or_a_column_that_repeats_it():
    once = Opportunities(**GOOD, currency="EUR")
    throughout = Opportunities(**GOOD, currency=["EUR"] * 3)
    assert throughout == once
    assert throughout.currency == "EUR"
    assert once != Opportunities(**GOOD, currency="USD")
    assert once.where([True, False, True]).currency == "EUR"


def test_currency_is_read_from_a_frame_that_has_it():
    frame = {**GOOD, "CurrencyIsoCode": ["EUR"] * 3}
    assert Opportunities.from_frame(frame, currency="CurrencyIsoCode").currency == "EUR"
    assert Opportunities.from_frame(pd.DataFrame(frame), currency="CurrencyIsoCode").currency == "EUR"
    assert Opportunities.from_frame(frame, currency="CHF").currency == "CHF"
    assert Opportunities.from_frame(frame).currency is None
    assert Opportunities.from_frame({**GOOD, "currency": ["EUR"] * 3}).currency == "EUR"
    assert Opportunities.from_frame({**GOOD, "currency": ["EUR", "USD", None]}, currency=None).currency is None


def test_mixed_currencies_of_a_frame_are_refused():
    with pytest.raises(MetricInputError) as refusal:
        Opportunities.from_frame({**GOOD, "iso": ["EUR", "EUR", "USD"]}, currency="iso")
    assert str(refusal.value) == "currency must be the same in every row; got 'EUR' and 'USD' at row 2"


def test_a_currency_that_is_a_misspelt_column_is_refused():
    with pytest.raises(MetricInputError) as refusal:
        Opportunities.from_frame({**GOOD, "CurrencyIsoCode": ["EUR"] * 3}, currency="CurrencyIsoCod")
    assert str(refusal.value) == "currency must be a three-letter code such as 'EUR'; got 'CurrencyIsoCod'"


def test_rows_without_a_currency_can_be_dropped():
    frame = {**GOOD, "amount": [1, 2, 3], "iso": ["EUR", None, "EUR"]}
    deals = Opportunities.from_frame(frame, currency="iso", missing="drop")
    assert deals.currency == "EUR"
    assert len(deals) == 2
    assert deals.excluded == {"missing currency": 1}


def test_tables_of_different_currencies_do_not_stack():
    euros, dollars = (Opportunities(account=["A"], outcome=["won"], currency=code) for code in ("EUR", "USD"))
    with pytest.raises(MetricInputError) as refusal:
        abm.concat([euros, dollars])
    assert str(refusal.value) == "tables must have the same currency; got EUR and USD"
    assert abm.concat([euros, euros]).currency == "EUR"


def test_deals_do_not_roll_up():
    with pytest.raises(MetricInputError) as refusal:
        Opportunities(**GOOD).rollup()
    assert str(refusal.value) == "rollup must be of a table whose rows can be summed; got Opportunities"


def test_rows_without_an_account_are_accounts_of_their_own():
    deals = Opportunities.from_frame({"account": ["A", None, None, "A"], "outcome": ["won"] * 4}, missing="separate")
    sums = deals.deal_sums(np.ones(4, dtype=bool))
    assert sorted(sums["deals"].tolist()) == [1, 1, 2]
    assert len(set(sums.account.tolist())) == 3


def test_sums_of_the_deals_that_count():
    deals = Opportunities(account=["A", "A", "B", "C", "C"], outcome=["won", "won", "won", "open", "lost"])
    counts = np.array([True, True, True, False, False])
    figures = {"amount": np.array([1.0, 2.0, 4.0, np.nan, 16.0])}
    labels = {"month": ["Jan", "Feb", None, None, "Mar"]}
    lacking = {"no colour": ~counts, "no weight": np.zeros(5, dtype=bool)}
    sums = deals.deal_sums(counts, labels, figures, excluded=lacking)
    # March has no deal that counts and stays; the open deal without a month is no loss, the won one is.
    assert sums.groups == {"month": ["Feb", "Jan", "Mar"]}
    assert sums.size == 3
    assert sums.total(sums["amount"]).tolist() == [2, 1, 0]
    assert sums.rows.tolist() == [1, 1]
    assert sums.rows.dtype == np.int64
    assert len(sums.group) == len(sums.account) == 2
    assert sums.excluded == {"no month": 1, "no colour": 2}
    pooled = deals.deal_sums(counts)
    assert (pooled.groups, pooled.excluded) == ({}, {})
    assert sorted(pooled["deals"].tolist()) == [1, 2]


def test_groups_of_two_segments_need_both_labels():
    deals = Opportunities(account=["A", "B", "C"], outcome=["open", "open", "won"])
    labels = {"month": [None, "Jan", "Jan"], "tier": ["one", None, "one"]}
    sums = deals.deal_sums(deals.outcome == "won", labels)
    assert sums.groups == {"month": ["Jan"], "tier": ["one"]}
    assert sums.excluded == {}


def test_amounts_say_what_they_are_in():
    assert Opportunities(**GOOD, currency="EUR").money_remarks() == ("scale of amounts: EUR",)
    assert Opportunities(**GOOD).money_remarks() == ()


def test_the_real_pipeline(shared_data):
    deals = read_crm(shared_data)
    assert len(deals) == 2_291
    assert int(deals.account.missing().sum()) == 296
    assert {outcome: int((deals.outcome == outcome).sum()) for outcome in ("won", "lost", "open")} == {
        "won": 1_171,
        "lost": 687,
        "open": 433,
    }
