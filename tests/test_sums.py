"""Sums by group and account equal those of a plain dictionary, whichever way they are taken."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import _sums

from .sheet import Costs, Log, Sheet

ACCOUNTS = {
    "text": st.sampled_from(["Acme", "Beta", "Ćao", "a\0", "a"]),
    "near ids": st.integers(-3, 4),
    "far ids": st.sampled_from([-(2**62), 5, 2**60 + 1, 2**60, 2**63 - 1]),
    "flags": st.booleans(),
}


@st.composite
def sheets(draw):
    """Accounts (some unknown), two segments (some without a label), and three columns."""
    rows = draw(st.integers(0, 40))
    kind = draw(st.sampled_from(sorted(ACCOUNTS)))

    def column(values):
        return draw(st.lists(values, min_size=rows, max_size=rows))

    account = column(st.none() | ACCOUNTS[kind]) if draw(st.booleans()) else column(ACCOUNTS[kind])
    return {
        "account": account,
        "tier": column(st.none() | st.sampled_from("xyz")),
        "size": column(st.integers(0, 3)),
        "flag": column(st.booleans()),
        "count": column(st.integers(0, 9)),
        "amount": column(st.integers(0, 400).map(lambda quarters: quarters / 4)),
    }


def summed(sheet, by):
    """Build the table and sum it; rows without an account are kept."""
    frame = {name: sheet[name] for name in ("account", "count", "amount")}
    table = Sheet.from_frame(frame, missing="separate")
    figures = {"flag": np.array(sheet["flag"], dtype=bool), "count": table.count, "amount": table.amount}
    return table.account_sums(figures, {name: sheet[name] for name in by})


def oracle(sheet, by):
    """Sum with dictionaries: (group labels, account or own row) to [rows, flag, count, amount]."""
    cells = defaultdict(lambda: [0, 0, 0, 0.0])
    excluded = defaultdict(int)
    for row, account in enumerate(sheet["account"]):
        labels = tuple(sheet[name][row] for name in by)
        if None in labels:
            excluded[f"no {by[labels.index(None)]}"] += 1
            continue
        # The kind of an account belongs to its name: True is not 1.
        cell = cells[labels, ("unknown", row) if account is None else ("known", account)]
        for place, figure in enumerate((1, sheet["flag"][row], sheet["count"][row], sheet["amount"][row])):
            cell[place] += figure
    return dict(cells), dict(excluded)


@pytest.mark.parametrize("path", ["dense", "sparse"])
@pytest.mark.parametrize("block", [3, 2**16], ids=["short blocks", "one block"])
@given(sheet=sheets(), by=st.sampled_from([(), ("tier",), ("size",), ("size", "tier"), ("tier", "size")]))
def test_sums_are_those_of_a_dictionary(path, block, sheet, by):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_sums, "_BLOCK", block)
        if path == "sparse":
            patch.setattr(_sums, "_CELLS_ALWAYS", 0)
            patch.setattr(_sums, "_CELLS_PER_ROW", 0)
        sums = summed(sheet, by)
    expected, excluded = oracle(sheet, by)
    assert dict(sums.excluded) == excluded
    groups = list(zip(*sums.groups.values(), strict=True)) if by else [()]
    assert groups == sorted({labels for labels, _ in expected}) or not by
    names = sums.account_names.tolist()
    found = {}
    for cell, (group, account) in enumerate(zip(sums.group.tolist(), sums.account.tolist(), strict=True)):
        key = ("known", names[account]) if account < len(names) else ("unknown", account)
        figures = [int(sums.rows[cell]), *(sums[name][cell] for name in ("flag", "count", "amount"))]
        found.setdefault((groups[group], key[0]), []).append((str(key[1]) if key[0] == "known" else "", figures))
    wanted = {}
    for (labels, key), figures in expected.items():
        wanted.setdefault((labels, key[0]), []).append((str(key[1]) if key[0] == "known" else "", figures))
    assert {key: sorted(cells) for key, cells in found.items()} == {key: sorted(cells) for key, cells in wanted.items()}
    assert sums.total(sums["count"]).tolist() == [
        sum(figures[2] for (labels, _), figures in expected.items() if labels == group) for group in groups
    ]


def test_the_same_unknown_account_is_one_account_in_every_group():
    table = Sheet.from_frame({"account": [None, None], "count": [1, 2]}, missing="separate")
    sums = table.account_sums(["count"], {"half": ["a", "b"]})
    assert len(set(sums.account.tolist())) == 2
    assert sums.unit == "row"


def test_groups_are_in_the_order_of_their_labels():
    table = abm.Emails(
        account="A", delivered=[1, 2, 3, 4], segments={"month": ["2026-10", "2026-02", "2025-12", "2026-02"]}
    )
    assert table.account_sums(["delivered"], "month").groups == {"month": ["2025-12", "2026-02", "2026-10"]}
    numbers = table.account_sums(["delivered"], [10, 9, -1, 9])
    assert numbers.groups == {"group": [-1, 9, 10]}
    assert numbers.total(numbers["delivered"]).tolist() == [3.0, 6.0, 1.0]


def test_combinations_that_do_not_occur_are_no_groups():
    table = Sheet(account="A", count=[1, 2, 3])
    sums = table.account_sums(["count"], {"one": ["a", "a", "b"], "two": [1, 2, 2]})
    assert sums.groups == {"one": ["a", "a", "b"], "two": [1, 2, 2]}
    assert sums.size == 3


def test_tables_without_accounts_count_rows():
    log = Log(day="2026-01-01", at="2026-01-01", cost=[1.5, 2.0], visits=1)
    sums = log.account_sums(["cost"])
    assert (sums.unit, sums["cost"].tolist(), sums.account.tolist()) == ("row", [1.5, 2.0], [0, 1])


def test_nothing_to_sum_is_one_empty_group_or_none():
    empty = abm.Emails.empty()
    pooled, grouped = empty.account_sums({"x": []}), empty.account_sums({"x": []}, "account")
    assert (pooled.size, pooled.total(pooled["x"]).tolist(), pooled.unit) == (1, [0.0], "account")
    assert (grouped.size, grouped.total(grouped["x"]).tolist()) == (0, [])


@pytest.mark.parametrize("kept", [0, 1, 5000], ids=["none", "one", "all"])
def test_more_combinations_than_memory_would_hold_are_found(kept):
    """5,000 accounts by 5,000 contacts would be 25 million cells; only those that occur are held."""
    ids = np.arange(5000) * 10**9
    costs = Costs(account=ids, campaign=ids[::-1], cost=np.ones(5000))
    rest = costs.where(np.arange(5000) < kept)
    sums = rest.account_sums(["cost"], "campaign")
    assert sums.groups["campaign"] == sorted(ids[::-1][:kept].tolist())
    assert sums.total(sums["cost"]).tolist() == [1.0] * kept
    assert len(rest.rollup()) == kept


def test_keys_whose_product_leaves_64_bits_are_kept_apart():
    rows = 70_000
    wide = {f"key {place}": np.random.default_rng(place).permutation(rows) * 7**5 for place in range(4)}
    sheet = Sheet(account=np.arange(rows) % 3, count=1)
    assert 3 * rows**4 > 2**64
    sums = sheet.account_sums(["count"], wide)
    assert sums.size == rows
    assert list(zip(*sums.groups.values(), strict=True)) == sorted(
        zip(*(column.tolist() for column in wide.values()), strict=True)
    )


@given(st.lists(st.tuples(*[st.booleans()] * 5), max_size=30))
def test_many_flags_at_once_are_counted_one_by_one(rows):
    flags = {f"flag {place}": np.array([row[place] for row in rows], dtype=bool) for place in range(5)}
    sheet = Sheet(account=[len(rows) % 2] * len(rows))
    sums = sheet.account_sums(flags)
    for place in range(5):
        assert sums[f"flag {place}"].sum() == sum(row[place] for row in rows)


def test_one_value_for_all_rows_is_summed_for_each():
    emails = abm.Emails(account=["A", "B", "A"], delivered=True, opened=1)
    sums = emails.account_sums(["delivered", "opened"])
    assert sums["delivered"].tolist() == [2.0, 1.0]
    assert sums["opened"].tolist() == [2.0, 1.0]


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "int32", "uint32"])
def test_labels_of_few_bytes_are_numbered_without_overflow(kind):
    """300 accounts in 2 and in 100 groups: cell numbers that no such type could hold where it has one byte."""
    account = np.arange(600) % 300 + 1000
    flag = np.arange(600) >= 300
    narrow = (np.arange(600) % 100).astype(kind)
    sheet = Sheet(
        account=account.astype(np.int16), count=np.ones(600, dtype=int), segments={"flag": flag, "place": narrow}
    )
    by_flag = sheet.account_sums(["count"], "flag")
    np.testing.assert_array_equal(by_flag.total(by_flag["count"]), [300, 300])
    by_part = sheet.account_sums(["count"], ("place", "flag"))
    assert by_part.size == 200
    np.testing.assert_array_equal(by_part.total(by_part["count"]), 3)
