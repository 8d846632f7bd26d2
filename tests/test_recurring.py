"""Two ends and the movements in between, against plain Python; what histories refuse."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError, RecurringRevenue, RevenueHistory, RevenueMovements, _revenue_periods
from abmmetrics.recurring import GAINS, LINES, LOSSES, revenue_between, revenue_movements

from .revenue import Paid, histories, history, paid_by_account


def refusal(run):
    with pytest.raises(MetricInputError) as refused:
        run()
    return str(refused.value)


def window(data, rows):
    """Two of the periods that there are, or None."""
    periods = sorted({row.period for row in rows})
    if len(periods) < 2:
        return None
    first, last = sorted(data.draw(st.lists(st.sampled_from(periods), min_size=2, max_size=2, unique=True)))
    return first, last, periods.index(first), periods.index(last)


def by_account(table, *columns):
    return {
        account: tuple(float(getattr(table, name)[row]) for name in columns)
        for row, account in enumerate(table.account.to_list())
    }


@given(rows=histories, data=st.data())
def test_two_ends_are_what_plain_python_reads(rows, data):
    if (found := window(data, rows)) is None:
        return
    first, last, start, end = found
    table = revenue_between(history(data.draw(st.permutations(rows))), opening=first, closing=last)
    said = {(row.account, row.period): row for row in rows}
    expected, tiers = {}, {}
    for account, paid in paid_by_account(rows).items():
        ends = [said.get((account, day)) for day in (first, last)]
        if any(ends):
            stayed = paid[start] > 0 and paid[end] > 0
            expected[account] = (
                *(0.0 if row is None else row.amount for row in ends),
                float(any(amount > 0 for amount in paid[:start])),
                float(stayed and not all(amount > 0 for amount in paid[start:end])),
            )
            tiers[account] = (ends[0] or ends[1]).tier
    assert by_account(table, "opening", "closing", "paid_before", "back_between") == expected
    assert dict(zip(table.account, table.segments["tier"], strict=True)) == tiers


@given(rows=histories, data=st.data())
def test_movements_are_those_of_each_period_to_the_next(rows, data):
    if (found := window(data, rows)) is None:
        return
    first, last, start, end = found
    table = revenue_movements(history(data.draw(st.permutations(rows))), opening=first, closing=last)
    expected, tiers = {}, {}
    for account, paid in paid_by_account(rows).items():
        line = dict.fromkeys(LINES, 0.0) | {"opening": paid[start], "closing": paid[end]}
        for place, (then, now) in enumerate(itertools.pairwise(paid[start : end + 1]), start=start):
            if then == 0:
                line["reactivated" if any(paid[: place + 1]) else "new"] += now
            elif now == 0:
                line["churned"] += then
            else:
                line["expansion"] += max(now - then, 0)
                line["contraction"] += max(then - now, 0)
        if any(paid[start : end + 1]):
            expected[account] = tuple(line[name] for name in LINES)
            tiers[account] = next(
                row.tier
                for row in sorted(rows, key=lambda row: row.period)
                if row.account == account and first <= row.period <= last and row.amount > 0
            )
    assert by_account(table, *LINES) == expected
    assert dict(zip(table.account, table.segments["tier"], strict=True)) == tiers
    floored = sum(first <= row.period <= last and row.amount < 0 for row in rows)
    assert table.excluded == ({"a negative amount, which counts as 0": floored} if floored else {})


def test_the_line_s_signs():
    assert (GAINS, LOSSES) == (("new", "reactivated", "expansion"), ("contraction", "churned"))


def test_accounts_without_a_name_are_accounts_of_their_own():
    frame = {"account": [None, None, "A"], "period": ["2026-01-01", "2026-01-01", "2026-02-01"], "amount": [1, 2, 4]}
    rows = RevenueHistory.from_frame(frame, missing="separate")
    table = revenue_between(rows, opening="2026-01-01", closing="2026-02-01")
    assert table.account.to_list() == ["A", None, None]
    assert sorted(table.opening.tolist()) == [0, 1, 2]
    assert float(abm.logo_churn_rate(table)) == 1
    moved = revenue_movements(rows, opening="2026-01-01", closing="2026-02-01")
    assert sorted(moved.churned.tolist()) == [0, 1, 2]


def test_what_was_left_out_of_a_history_stays_known():
    frame = {"account": ["A", "B", "A"], "period": ["2026-01-01"] * 2 + ["2026-02-01"], "amount": [1, None, -4]}
    rows = RevenueHistory.from_frame(frame, missing="drop")
    ends = {"opening": "2026-01-01", "closing": "2026-02-01"}
    assert revenue_between(rows, **ends).excluded == {"missing amount": 1}
    expected = {"missing amount": 1, "a negative amount, which counts as 0": 1}
    assert revenue_movements(rows, **ends).excluded == expected


def test_periods_far_apart_and_many_accounts_in_few_periods_are_numbered_in_order():
    """Days of a wide span are not numbered by their order, and cells are too many for a table."""
    days = np.array(["1000-01-01", "9000-01-01", "2026-01-01", "2025-01-01"], dtype="datetime64[D]")
    rows = RevenueHistory(account=["A"] * 4, period=days, amount=[1, 2, 3, 4])
    assert rows.in_time_order.days.astype(str).tolist() == ["1000-01-01", "2025-01-01", "2026-01-01", "9000-01-01"]
    assert rows.in_time_order.amount.tolist() == [1, 4, 3, 2]


@pytest.mark.parametrize("always", [0, 2**20])
def test_an_account_twice_in_a_period_is_refused(always, monkeypatch):
    monkeypatch.setattr(_revenue_periods, "_CELLS_ALWAYS", always)
    monkeypatch.setattr(_revenue_periods, "_CELLS_PER_ROW", 0 if always == 0 else 16)
    columns = {"account": ["A", "B", "A", "A"], "period": ["2026-01-01"] * 3 + ["2026-02-01"], "amount": 1}
    assert refusal(lambda: RevenueHistory(**columns)) == (
        "period must come once for each account (add up an account's products first); "
        "got 2026-01-01 for 'A' again at row 2"
    )
    columns["account"] = ["A", "B", "C", "A"]
    assert len(RevenueHistory(**columns)) == 4


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        (
            {"opening": "2026-02-01", "closing": "2026-01-01"},
            "closing must be after opening; got 2026-01-01 with opening=2026-02-01",
        ),
        (
            {"opening": "2026-02-01", "closing": "2026-02-01"},
            "closing must be after opening; got 2026-02-01 with opening=2026-02-01",
        ),
        (
            {"opening": "2026-01-02", "closing": "2026-02-01"},
            (
                "opening must be the day of a period of the history (2026-01-01 to 2026-02-01); "
                "got 2026-01-02, of which there are no rows"
            ),
        ),
        (
            {"opening": "2026-01-01", "closing": "2026-03-01"},
            (
                "closing must be the day of a period of the history (2026-01-01 to 2026-02-01); "
                "got 2026-03-01, of which there are no rows"
            ),
        ),
        ({"opening": "soon", "closing": "2026-03-01"}, "opening must be dates (datetime64, date objects or ISO text"),
    ],
)
def test_windows_that_are_none_are_refused(ends, message):
    rows = history([Paid("A", "2026-01-01", 1, "x"), Paid("A", "2026-02-01", 1, "x")])
    for view in (revenue_between, revenue_movements):
        assert refusal(lambda view=view: view(rows, **ends)).startswith(message)


def test_an_empty_history_has_no_period():
    message = "opening must be the day of a period of the history (none); got 2026-01-01, of which there are no rows"
    rows = RevenueHistory.empty()
    assert refusal(lambda: revenue_between(rows, opening="2026-01-01", closing="2026-02-01")) == message


@pytest.mark.parametrize("kind", [pl.Float64, pl.Int64, pl.UInt8, pl.Decimal(10, 2)])
def test_engines_sum_credits_too(kind):
    amount = [5, 7, 2] if kind == pl.UInt8 else [5, -7, 2]
    frame = pl.DataFrame(
        {"account": ["A", "A", "B"], "opening": pl.Series(amount).cast(kind), "closing": [1.5, 0.0, -4.0]}
    )
    expected = RecurringRevenue(account=["A", "A", "B"], opening=amount, closing=[1.5, 0.0, -4.0])
    for made in (frame, frame.lazy()):
        found = RecurringRevenue.from_frame(made)
        assert by_account(found, "opening", "closing") == by_account(expected.rollup(), "opening", "closing")
    for wrong in (float("inf"), float("nan"), None):
        bad = frame.with_columns(closing=pl.Series([1.5, wrong, 2.0]))
        assert refusal(lambda bad=bad: RecurringRevenue.from_frame(bad)).startswith("closing must be finite numbers")


def test_queries_sum_credits_too():
    query = RecurringRevenue.rollup_sql("revenue", columns=["cross_sell"])
    assert 'CASE WHEN SUM(CASE WHEN "opening" IS NULL THEN 1 ELSE 0 END) = 0 THEN SUM("opening") END' in query
    assert 'WHEN "cross_sell" IS NULL OR "cross_sell" < 0 THEN' in query


def test_movements_must_lead_to_the_closing():
    given = {"opening": 100, "new": 0, "reactivated": 0, "expansion": 30, "contraction": 10, "churned": 0}
    assert len(RevenueMovements(account=["A"], closing=120, **given)) == 1
    assert len(RevenueMovements(account=["A"], closing=120 + 2e-7, **given)) == 1  # less than 1e-9 of 260
    message = (
        "closing must be opening + new + reactivated + expansion - contraction - churned; got "
        "120.0000003 where they make 120.0 at row 1"
    )
    columns = {name: [value, value] for name, value in given.items()}
    wrong = refusal(lambda: RevenueMovements(account=["A", "B"], closing=[120, 120 + 3e-7], **columns))
    assert wrong == message


def test_amounts_may_be_credits_but_not_missing():
    assert RecurringRevenue(account=["A"], opening=[-3], closing=[2.5]).opening.tolist() == [-3]
    for amount, came in ((float("inf"), "inf"), (None, "a missing value")):
        wrong = refusal(lambda amount=amount: RecurringRevenue(account=["A", "B"], opening=1, closing=[2, amount]))
        assert wrong.startswith("closing must be finite numbers")
        assert wrong.endswith(f"got {came} at row 1")
    wrong = refusal(lambda: RecurringRevenue(account=["A"], opening=1, closing=1, cross_sell=-1))
    assert wrong == "cross_sell must be finite numbers >= 0; got -1.0 at row 0"


def test_revenue_is_read_from_a_file(tmp_path):
    (tmp_path / "revenue.csv").write_text("account,opening,closing\nAcme,100,-20.5\nBeta,80,90\n")
    (tmp_path / "program.toml").write_text("margin = 1\n[recurring_revenue]\nfile = 'revenue.csv'\n")
    program = abm.read_program(tmp_path)
    assert by_account(program.recurring_revenue, "opening", "closing") == {"Acme": (100, -20.5), "Beta": (80, 90)}
    titles = [entry.title for entry in abm.scorecard(program).entries]
    assert titles[:3] == ["Net revenue retention", "Gross revenue retention", "Customers kept"]
