"""Histories of purchases: the facts of CDNOW, a plain loop, refusals."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError
from abmmetrics.purchases import PurchaseHistory, Purchases, purchase_history

from .cdnow import cdnow

rows = st.lists(
    st.tuples(st.sampled_from(["A", "b", "Çe"]), st.integers(0, 40), st.integers(0, 400)), min_size=0, max_size=25
)


def refusal(function, *arguments, **options):
    with pytest.raises(MetricInputError) as caught:
        function(*arguments, **options)
    return str(caught.value)


def test_facts_of_cdnow(shared_data):
    history = purchase_history(cdnow(shared_data), until="1997-09-30")
    assert len(cdnow(shared_data)) == 6919
    assert len(history) == 2357
    assert history.frequency.sum() == 2457
    assert (history.frequency > 0).sum() == 946
    assert history.frequency.max() == 29
    assert (round(history.age.min(), 2), round(history.age.max(), 3)) == (27.00, 38.857)
    whole = purchase_history(cdnow(shared_data), until="1998-06-30")
    assert whole.frequency.sum() - history.frequency.sum() == 1882
    assert (whole.frequency + 1).sum() == 6696  # days with a purchase
    assert whole.excluded == {}
    late = int((cdnow(shared_data).day > np.datetime64("1997-09-30")).sum())
    assert history.excluded == {"purchase after the end of observation": late}
    back = history.frequency > 0
    assert round(np.corrcoef(history.frequency[back], history.mean_spend[back])[0, 1], 3) == 0.114


@given(rows, st.integers(0, 40), st.sampled_from([1, 7.0, 30.5]))
def test_histories_are_those_of_a_plain_loop(bought, last, length):
    start = dt.date(2026, 1, 1)
    days = [start + dt.timedelta(days=day) for _, day, _ in bought]
    purchases = Purchases(
        account=[name for name, _, _ in bought], day=days, amount=[amount / 4 for _, _, amount in bought]
    )
    until = start + dt.timedelta(days=last)
    history = purchase_history(purchases, until=until, period_days=length)
    seen = {}
    for name, day, amount in bought:
        if day <= last:
            by_day = seen.setdefault(name, {})
            by_day[day] = by_day.get(day, 0) + amount / 4
    assert sorted(history.account.to_list()) == sorted(seen)
    for place, name in enumerate(history.account.to_list()):
        on = sorted(seen[name])
        spent = [seen[name][day] for day in on[1:]]
        assert history.frequency[place] == len(on) - 1
        assert history.recency[place] == pytest.approx((on[-1] - on[0]) / length)
        assert history.age[place] == pytest.approx((last - on[0]) / length)
        expected = sum(spent) / len(spent) if spent else float("nan")
        assert history.mean_spend[place] == pytest.approx(expected, nan_ok=True)
    late = sum(day > last for _, day, _ in bought)
    assert history.excluded == ({"purchase after the end of observation": late} if late else {})


def test_purchases_without_amounts_have_no_mean_spend():
    bought = Purchases(account=["A", "A"], day=["2026-01-05", "2026-02-05"])
    assert purchase_history(bought, until="2026-03-01").mean_spend is None


def test_what_a_table_left_out_stays_known():
    bought = Purchases.from_frame({"account": ["A", None], "day": ["2026-01-05", "2026-01-05"]}, missing="drop")
    assert purchase_history(bought, until="2026-03-01").excluded == {"missing account": 1}


def test_purchases_that_cannot_be_are_refused():
    bought = Purchases(account=["A", "A", "B"], day=["2026-01-05", "2026-02-05", "2026-02-05"], amount=[1, None, 2])
    message = "amount must be given for every purchase; got a missing value at row 1"
    assert refusal(purchase_history, bought, until="2026-03-01") == message
    assert len(purchase_history(bought, until="2026-01-31")) == 1
    message = "period_days must be a number in (0, inf); got 0"
    assert refusal(purchase_history, bought, until="2026-03-01", period_days=0) == message
    nobody = Purchases.from_frame({"account": ["A", None], "day": ["2026-01-05", "2026-01-05"]}, missing="separate")
    message = "account must be text or whole numbers in every row; got a missing value at row 1"
    assert refusal(purchase_history, nobody, until="2026-03-01") == message
    assert refusal(Purchases, account=["A"], day=["2026-01-05"], amount=[-1]).startswith(
        "amount must be finite numbers >= 0"
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"account": ["A", "A"]}, "account must be different in every row; got 'A' again at row 1"),
        ({"recency": [3, 5]}, "recency must be at most age; got 5.0 with age=4.0 at row 1"),
        (
            {"frequency": [0, 2]},
            "recency must be above 0 with repeat purchases and 0 without; got 3 with frequency=0 at row 0",
        ),
        (
            {"recency": [3, 0]},
            "recency must be above 0 with repeat purchases and 0 without; got 0 with frequency=2 at row 1",
        ),
        ({"frequency": [1.5, 2]}, "frequency must be whole numbers >= 0; got 1.5 at row 0"),
    ],
)
def test_histories_that_cannot_be_are_refused(columns, message):
    given_columns = {"account": ["A", "B"], "frequency": [1, 2], "recency": [3, 4], "age": [4, 4]}
    assert len(PurchaseHistory(**given_columns)) == 2
    assert refusal(PurchaseHistory, **{**given_columns, **columns}) == message
