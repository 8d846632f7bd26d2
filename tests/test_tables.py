"""Tables hold what was given, checked once, and never change it."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import inspect

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError

from .sheet import Anonymous, Costs, Log, Sheet


def refusal(build, *arguments, **keywords):
    with pytest.raises(MetricInputError) as refused:
        build(*arguments, **keywords)
    return str(refused.value)


EXPORT = {"AccountId": ["A", "A", "B"], "Delivered": [1, 1, 1], "opened": [1, 0, 1], "tier": ["x", "y", "x"]}
FRAMES = {
    "mapping": EXPORT,
    "pandas": pd.DataFrame(EXPORT),
    "polars": pl.DataFrame(EXPORT),
    "pyarrow": pa.table(EXPORT),
    "record batch": pa.RecordBatch.from_pydict(EXPORT),
}
MAP = {"account": "AccountId", "delivered": "Delivered"}


def emails(**more):
    return abm.Emails(account=["A", "A", "B"], delivered=[1, 1, 1], opened=[1, 0, 1], **more)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_frames_give_the_same_table(frame):
    expected = emails(segments={"tier": ["x", "y", "x"]})
    assert abm.Emails.from_frame(frame, **MAP, segments=["tier"]) == expected
    assert abm.Emails.from_frame(frame, **MAP, segments="tier") == expected
    assert abm.Emails.from_frame(frame, **MAP, segments={"tier": "tier"}) == expected
    renamed = abm.Emails.from_frame(frame, **MAP, segments={"size": "tier"})
    assert list(renamed.segments) == ["size"]


def test_columns_of_the_model_s_own_name_are_found_unless_declined():
    assert abm.Emails.from_frame(EXPORT, **MAP).opened.tolist() == [1, 0, 1]
    assert abm.Emails.from_frame(EXPORT, **MAP, opened=None).opened is None


def test_a_pandas_column_called_like_an_attribute_is_a_column():
    frame = pd.DataFrame({"account": ["A"], "column_names": ["x"]})
    assert abm.Emails.from_frame(frame, segments=["column_names"]).segments["column_names"].to_list() == ["x"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"account": "AcountId"},
            "account must name a column of the frame; got 'AcountId' (close matches: ['AccountId'])",
        ),
        (
            {"account": "zzz"},
            "account must name a column of the frame; got 'zzz' (columns: ['AccountId', 'Delivered', 'opened', 'tier'])",
        ),
        (
            {"account": "AccountId", "segments": ["teir"]},
            "teir must name a column of the frame; got 'teir' (close matches: ['tier'])",
        ),
        (
            {"delivered": "Delivered"},
            "Emails.from_frame must be told the column for account; got ['AccountId', 'Delivered', 'opened', 'tier']",
        ),
        (
            {"account": None},
            "Emails.from_frame must be told the column for account; got ['AccountId', 'Delivered', 'opened', 'tier']",
        ),
        (
            {"account": "AccountId", "openned": "opened"},
            (
                "Emails must have the column, one of ['account', 'sent', 'delivered', 'opened', 'clicked', "
                "'machine_opened', 'opened_or_clicked', 'bounced', 'unsubscribed', 'replied', 'complained']; got 'openned'"
            ),
        ),
        ({"missing": "fill"}, "missing must be one of ['refuse', 'drop', 'separate']; got 'fill'"),
        (
            {"account": "AccountId", "segments": {"opened": "tier"}},
            (
                "segments must have names other than the columns ['account', 'sent', 'delivered', 'opened', 'clicked', "
                "'machine_opened', 'opened_or_clicked', 'bounced', 'unsubscribed', 'replied', 'complained']; got 'opened'"
            ),
        ),
    ],
    ids=["close", "far", "segment", "required", "declined", "unknown", "option", "taken"],
)
def test_what_a_frame_lacks_is_told(options, message):
    assert refusal(abm.Emails.from_frame, EXPORT, **options) == message


def test_two_columns_of_one_name_are_refused():
    frame = pd.DataFrame([["A", "B", 1]], columns=["account", "account", "opened"])
    assert refusal(abm.Emails.from_frame, frame) == (
        "account must name one column of the frame; got 'account', which 2 columns share"
    )


@pytest.mark.parametrize(
    "frame", [[1, 2], np.array([(1,)], dtype=[("account", int)]), None, 5, pd.Series([1])], ids=repr
)
def test_what_is_no_frame_is_refused(frame):
    assert refusal(abm.Emails.from_frame, frame, account="account") == (
        f"frame must be a mapping of columns or a pandas, polars or pyarrow frame; got {type(frame).__name__}"
    )


LOST = {
    "account": ["A", None, "B", None, "A"],
    "delivered": [1, 1, None, None, 1],
    "opened": [1, 0, 1, 1, 1],
    "tier": ["x", "x", "x", "x", ""],
}


@pytest.mark.parametrize(
    "make", [dict, pl.DataFrame, pa.table, pd.DataFrame], ids=["mapping", "polars", "pyarrow", "pandas"]
)
def test_rows_that_lack_a_value_are_dropped_and_counted_once(make):
    read = abm.Emails.from_frame(make(LOST), segments=["tier"], missing="drop")
    assert read == attrs.evolve(
        abm.Emails(account=["A"], delivered=[1], opened=[1], segments={"tier": ["x"]}),
        excluded={"missing account": 2, "missing delivered": 1, "missing tier": 1},
    )
    assert abm.open_rate(read).excluded == {"missing account": 2, "missing delivered": 1, "missing tier": 1}


def test_what_may_be_missing_is_not_dropped():
    read = Sheet.from_frame({"account": ["A", "B"], "amount": [None, 1.0], "closed": [None, None]}, missing="drop")
    assert (len(read), read.excluded) == (2, {})


def test_one_value_for_all_rows_is_kept_where_rows_are_dropped():
    read = abm.Emails.from_frame({"account": ["A", None], "delivered": 3, "opened": 1}, missing="drop")
    assert (read.delivered.tolist(), read.excluded) == ([3], {"missing account": 1})
    assert refusal(abm.Emails.from_frame, {"account": ["A"], "delivered": None}, missing="drop") == (
        "delivered must be whole numbers >= 0 in every row; got a missing value at row 0"
    )
    assert len(abm.Emails.from_frame({"account": "A", "delivered": 1}, missing="drop")) == 1


def test_unknown_accounts_can_stay_as_accounts_of_their_own():
    frame = {"account": [None, "A", None, "A"], "delivered": [1, 1, 1, 1], "opened": [1, 0, 0, 1]}
    read = abm.Emails.from_frame(frame, missing="separate")
    assert int(abm.open_rate(read).accounts[0]) == 3
    assert repr(read) == "Emails(4 rows, 3 accounts; delivered, opened)"
    assert abm.open_rate(read, by="account").excluded == {"no account": 2}
    with pytest.raises(MetricInputError, match=r"^delivered must be whole numbers >= 0 in every row; got a missing"):
        abm.Emails.from_frame({**frame, "delivered": [None, 1, 1, 1]}, missing="separate")
    assert len(abm.Emails.from_frame({"account": ["A"]}, missing="separate")) == 1
    assert (
        len(Log.from_frame({"day": "2026-01-01", "at": "2026-01-01", "cost": [1, 2], "visits": 1}, missing="separate"))
        == 2
    )


def test_rollup_keeps_unknown_accounts_apart():
    frame = {"account": [None, "A", None, "A"], "delivered": [2, 1, 1, 1], "opened": [1, 0, 0, 1]}
    read = abm.Emails.from_frame(frame, missing="separate")
    rolled = read.rollup()
    assert sorted(map(str, rolled.account)) == ["A", "None", "None"]
    rows, sums = abm.open_rate(read), abm.open_rate(rolled)
    assert (rows.value, rows.low, rows.accounts) == (sums.value, sums.low, sums.accounts)


def test_rollup_without_accounts_keeps_the_rows_apart():
    """Rows without an account are independent of each other, which their sum would hide."""
    rolled = Anonymous(answers=[1, 2, 3], segments={"month": ["a", "b", "a"]}).rollup("month")
    assert sorted(zip(rolled.answers.tolist(), rolled.segments["month"], strict=True)) == [(1, "a"), (2, "b"), (3, "a")]


def test_rollup_keeps_the_model_s_own_labels_and_the_segments_asked_for():
    costs = Costs(
        account=["A", "A", "A", "B"],
        campaign=["x", "x", "y", "x"],
        cost=[1.5, 2.5, 4.0, 8.0],
        sends=[1, 0, 1, 1],
        segments={"tier": ["t", "u", "t", "t"], "size": 1},
    )
    rolled = costs.rollup("tier")
    assert sorted(
        zip(
            rolled.account,
            rolled.campaign,
            rolled.segments["tier"],
            rolled.cost.tolist(),
            rolled.sends.tolist(),
            strict=True,
        )
    ) == [("A", "x", "t", 1.5, 1), ("A", "x", "u", 2.5, 0), ("A", "y", "t", 4.0, 1), ("B", "x", "t", 8.0, 1)]
    assert list(rolled.segments) == ["tier"]
    assert rolled.sends.dtype == np.int64
    assert list(costs.rollup().segments) == []
    assert costs.rollup().rollup() == costs.rollup()


def test_rollup_refuses_what_cannot_be_summed():
    assert refusal(Sheet(account=["A"]).rollup) == "rollup must be of a table whose rows can be summed; got Sheet"
    assert refusal(emails().rollup, "tier") == "by must name segments of the table, one of ['account']; got 'tier'"


def test_an_empty_table_is_rolled_up_to_none():
    assert abm.Emails.empty().rollup() == abm.Emails.empty()
    assert len(emails().where([False] * 3).rollup()) == 0


def test_empty_tables_are_neutral():
    table = attrs.evolve(emails(segments={"tier": ["x", "y", "x"]}), excluded={"missing account": 2})
    empty = abm.Emails.empty()
    assert len(empty) == 0
    for order in ([table, empty], [empty, table], [empty, table, empty], [table]):
        assert abm.concat(order) == table
    assert abm.concat([empty, empty]) == empty
    assert abm.concat([attrs.evolve(empty, excluded={"bots": 3}), table]).excluded == {"bots": 3, "missing account": 2}
    assert len(Log.empty()) == len(Sheet.empty()) == 0


def test_concat_stacks_rows_segments_and_exclusions():
    one = attrs.evolve(emails(segments={"tier": ["x", "y", "x"]}), excluded={"bots": 1})
    two = attrs.evolve(
        abm.Emails(account=["C"], delivered=[9], opened=[2], segments={"tier": ["z"]}), excluded={"bots": 2}
    )
    both = abm.concat([one, two])
    assert both.account.to_list() == ["A", "A", "B", "C"]
    assert both.delivered.tolist() == [1, 1, 1, 9]
    assert both.segments["tier"].to_list() == ["x", "y", "x", "z"]
    assert both.excluded == {"bots": 3}


def test_concat_of_wide_counts_is_exact():
    large = 2**53 + 1
    parts = [
        abm.Emails(account=["A"], sent=np.array([large], dtype=dtype)) for dtype in ("u8", "i8", "u4") if dtype != "u4"
    ]
    assert abm.concat(parts).sent.tolist() == [large, large]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Costs(account=["A"], cost=1), "tables must be of one model; got Costs and Emails"),
        (
            abm.Emails(account=["C"], delivered=1),
            (
                "tables must have the same columns and segments; "
                "got ['account', 'delivered', 'excluded', 'opened'] and ['account', 'delivered', 'excluded']"
            ),
        ),
        (
            abm.Emails(account=["C"], delivered=1, opened=1, segments={"tier": "x"}),
            (
                "tables must have the same columns and segments; got ['account', 'delivered', 'excluded', 'opened'] and "
                "['account', 'delivered', 'excluded', 'opened', 'segment tier']"
            ),
        ),
        (
            abm.Emails(account=[7], delivered=1, opened=1),
            "tables must have one kind of labels in account; got text and whole numbers",
        ),
    ],
    ids=["model", "columns", "segments", "kind"],
)
def test_tables_that_differ_are_not_stacked(other, message):
    assert refusal(abm.concat, [emails(), other]) == message


def test_tables_of_other_settings_are_not_stacked():
    assert refusal(abm.concat, [Sheet(account=["A"]), Sheet(account=["A"], scale=5)]) == (
        "tables must have the same scale; got 10 and 5"
    )
    assert refusal(abm.concat, [Sheet(account=["A"], currency="EUR"), Sheet(account=["A"], currency="USD")]) == (
        "tables must have the same currency; got EUR and USD"
    )
    assert refusal(abm.concat, []) == "tables must be at least one table; got none"


def test_labels_missing_in_one_part_only_are_stacked():
    months = abm.period(["2026-01-01", None], "month")
    one = abm.Emails(account=["A", "B"], delivered=1, segments={"month": months})
    two = abm.Emails(account=["A", "B"], delivered=1, segments={"month": abm.period([None, None], "month")})
    assert abm.concat([one, two]).segments["month"].to_list() == ["2026-01", None, None, None]


SEGMENTS = ["segments", "have names other than the columns"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"account": None}, "account must be given; got None"),
        ({"account": ["A"], "segments": {"tier": None}}, "tier must be given; got None"),
        ({"account": ["A"], "segments": ["tier"]}, "segments must be a mapping of names to labels; got ['tier']"),
        (
            {"account": ["A"], "segments": {5: ["x"]}},
            (
                "segments must have names other than the columns ['account', 'role', 'count', 'part', 'amount', 'closed', "
                "'currency']; got 5"
            ),
        ),
        (
            {"account": ["A"], "segments": {"currency": ["x"]}},
            (
                "segments must have names other than the columns ['account', 'role', 'count', 'part', 'amount', 'closed', "
                "'currency']; got 'currency'"
            ),
        ),
        (
            {"account": ["A", "B"], "role": abm.period(["2026-01-01", None], "month")},
            "role must be text or whole numbers in every row; got a missing value at row 1",
        ),
        (
            {"account": ["A"], "count": emails().account.where([True, False, False])},
            "count must be whole numbers >= 0; got 'A' at row 0",
        ),
        (
            {"account": ["A", "B"], "currency": ["EUR", "USD"]},
            "currency must be the same in every row; got 'EUR' and 'USD' at row 1",
        ),
    ],
    ids=["account", "segment", "list", "number", "constant", "role", "labels", "currencies"],
)
def test_what_a_table_cannot_hold_is_refused(columns, message):
    assert refusal(Sheet, **columns) == message


def test_labels_are_taken_as_they_are():
    months = abm.period(["2026-01-01", None], "month")
    table = Sheet(
        account=emails().account.where(np.array([0, 2])),
        role=emails().account.where(np.array([2, 0])),
        segments={"month": months},
    )
    assert table.segments["month"] is months
    assert (table.account.to_list(), table.role.to_list()) == (["A", "B"], ["B", "A"])
    whole = abm.Emails(account=["A", "B"], delivered=abm.Emails(account=[3, 4]).account)
    assert whole.delivered.tolist() == [3, 4]


def test_constants_say_one_thing():
    assert Sheet(account=["A", "B"], currency="EUR").currency == "EUR"
    assert Sheet(account=["A", "B"], currency=["EUR", "EUR"]).currency == "EUR"
    assert Sheet.from_frame({"account": ["A", "B"], "currency": ["EUR", "EUR"]}).currency == "EUR"
    assert Sheet.from_frame({"account": ["A", "B"], "money": ["EUR", "EUR"]}, currency="money").currency == "EUR"
    assert Sheet.from_frame({"account": ["A", "B"]}, currency="EUR").currency == "EUR"
    assert Sheet.from_frame({"account": ["A", "B"]}, scale=5).scale == 5
    assert Sheet(account=[], currency=[]).currency is None
    assert Sheet(account=["A"]).currency is None


def test_columns_are_closed_for_writing_and_the_caller_s_are_not():
    mine = np.array([1, 1, 1])
    table = abm.Emails(account=["A", "A", "B"], delivered=mine)
    with pytest.raises(ValueError, match="read-only"):
        table.delivered[0] = 0
    mine[0] = 1
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        table.delivered = mine


def test_a_table_copies_mappings():
    segments, excluded = {"tier": ["x"]}, {"bots": 1}
    table = abm.Emails(account=["A"], segments=segments, excluded=excluded)
    segments.clear()
    excluded.clear()
    assert (list(table.segments), table.excluded) == (["tier"], {"bots": 1})


def test_tables_are_equal_when_their_rows_are():
    assert emails() == emails()
    assert emails() != emails(segments={"tier": "x"})
    assert emails() != abm.Emails(account=["A", "A", "B"], delivered=[1, 1, 1], opened=[1, 0, 0])
    assert emails() != abm.Emails(account=["A", "A", "C"], delivered=[1, 1, 1], opened=[1, 0, 1])
    assert emails() != "emails"
    assert emails() != Costs(account=["A"], cost=1)
    assert Sheet(account=["A"]) != Sheet(account=["A"], scale=5)
    assert Sheet(account=["A"], amount=None) != Sheet(account=["A"], amount=[None])
    assert Sheet(account=["A"], amount=[None], closed=[None]) == Sheet(account=["A"], amount=[None], closed=[None])
    assert Sheet(account=["A"], role=["x"]) != Sheet(account=["A"], role=None)
    assert attrs.evolve(emails(), excluded={"bots": 1}) != emails()


def test_tables_are_no_keys():
    with pytest.raises(TypeError, match=r"^unhashable type: 'Emails'$"):
        hash(emails())


def test_tables_say_what_they_hold():
    assert repr(emails(segments={"tier": "x", "size": "y"})) == (
        "Emails(3 rows, 2 accounts; delivered, opened; segments: tier, size)"
    )
    assert repr(Anonymous(answers=[1, 2])) == "Anonymous(2 rows; answers)"


@given(st.lists(st.booleans(), max_size=12))
def test_where_keeps_the_rows_of_the_mask(mask):
    table = Sheet(account=np.arange(len(mask)), amount=[None] * len(mask), segments={"row": np.arange(len(mask))})
    expected = [row for row, kept in enumerate(mask) if kept]
    for given_as in (np.array(mask, dtype=bool), pd.Series(mask, dtype=bool), pl.Series(mask, dtype=pl.Boolean)):
        kept = table.where(given_as)
        assert kept.account.to_list() == kept.segments["row"].to_list() == expected
        assert len(kept.amount) == len(expected)


@pytest.mark.parametrize(
    ("keep", "shown"),
    [
        ([True], "bool of shape (1,)"),
        ([0, 1, 2], "int64 of shape (3,)"),
        ([True, None, False], "object of shape (3,)"),
        (True, "bool of shape ()"),
    ],
    ids=["short", "numbers", "missing", "one"],
)
def test_masks_are_booleans_for_each_row(keep, shown):
    assert refusal(emails().where, keep) == f"keep must be 3 booleans, one for each row; got {shown}"


def targets(**columns):
    return Sheet(**columns)


def test_segments_of_a_target_list_are_joined_by_account():
    listed = targets(account=["B", "A", "C"], segments={"tier": ["y", "x", "z"], "size": [1, 2, 3]})
    joined = abm.Emails(account=["A", "D", "B"], delivered=1, segments={"tier": "old", "month": "m"}).with_segments(
        listed
    )
    assert {name: labels.to_list() for name, labels in joined.segments.items()} == {
        "tier": ["x", None, "y"],
        "month": ["m"] * 3,
        "size": [2, None, 1],
    }
    assert abm.Emails.empty().with_segments(listed).segments["tier"].to_list() == []
    nobody = abm.Emails(account=["A"], delivered=1).with_segments(listed.where([False] * 3))
    assert nobody.segments["tier"].to_list() == [None]


def test_joins_that_cannot_match_are_refused():
    table = abm.Emails(account=["1", "2"], delivered=1)
    assert refusal(table.with_segments, targets(account=[1, 2])) == (
        "targets must name accounts by text, as the table does; got whole numbers"
    )
    assert refusal(table.with_segments, targets(account=["1", "2", "1"])) == (
        "targets must have one row for each account; got '1' twice"
    )
    assert refusal(table.with_segments, Anonymous(answers=[1])) == (
        "with_segments must join tables that both have the column account; got Anonymous(1 row; answers)"
    )
    assert refusal(Anonymous(answers=[1]).with_segments, targets(account=["1"])) == (
        "with_segments must join tables that both have the column account; got Sheet(1 row, 1 account)"
    )


TIERS = ["x", "y", "x"]
KNOWN = "by must name segments of the table, one of ['account', 'tier']; got"


@pytest.mark.parametrize(
    ("by", "names", "groups"),
    [
        ("tier", ["tier"], ["x", "y"]),
        (["tier"], ["tier"], ["x", "y"]),
        (("tier", "account"), ["tier", "account"], [("x", "A"), ("x", "B"), ("y", "A")]),
        ("account", ["account"], ["A", "B"]),
        (TIERS, ["group"], ["x", "y"]),
        (("p", 1)[:0] or np.array(TIERS), ["group"], ["x", "y"]),
        (pd.Series(TIERS, name="region"), ["region"], ["x", "y"]),
        (pd.Series(TIERS), ["group"], ["x", "y"]),
        (pl.Series("region", TIERS), ["region"], ["x", "y"]),
        (pl.Series(TIERS), ["group"], ["x", "y"]),
        (pa.array(TIERS), ["group"], ["x", "y"]),
        ({"region": TIERS, "size": [1, 1, 2]}, ["region", "size"], [("x", 1), ("x", 2), ("y", 1)]),
        ((3, 1, 3), ["group"], [1, 3]),
        ([True, False, True], ["group"], [False, True]),
        ([None, "y", ""], ["group"], ["y"]),
        (["q", "tier", "q"], ["group"], ["q", "tier"]),
    ],
    ids=str,
)
def test_groups_can_be_named_or_given(by, names, groups):
    rate = abm.open_rate(emails(segments={"tier": TIERS}), by=by)
    assert list(rate.groups) == names
    assert rate.labels == groups


def test_labels_can_be_given_as_they_are():
    table = emails(segments={"tier": TIERS})
    assert abm.open_rate(table, by=table.segments["tier"]).groups == {"group": ["x", "y"]}


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("teir", f"{KNOWN} 'teir'"),
        (["tier", "size"], f"{KNOWN} 'size'"),
        (("p", "q", "r"), f"{KNOWN} 'p'"),
        (["x", "y"], f"{KNOWN} 'x'"),
        ([1, 2], "by must have one label for each of the 3 rows; got 2 labels for group"),
        ({"region": [1]}, "by must have one label for each of the 3 rows; got 1 labels for region"),
        (pd.Series(["x"], name="region"), "by must have one label for each of the 3 rows; got 1 labels for region"),
        ([], "by must have one label for each of the 3 rows; got 0 labels for group"),
        ({"x"}, "by must be a column of values; got set"),
        (["x", 1, "y"], "by must be text or whole numbers, one kind in a column; got 1 at row 1"),
    ],
    ids=str,
)
def test_groups_that_are_not_there_are_refused(by, message):
    assert refusal(abm.open_rate, emails(segments={"tier": TIERS}), by=by) == message


def test_columns_that_are_not_there_are_told():
    table = abm.Emails(account=["A"], delivered=1)
    assert refusal(abm.open_rate, table) == (
        "Emails must have the column opened for this KPI; got ['account', 'delivered']"
    )
    assert refusal(table.account_sums, ["excluded"]) == (
        "Emails must have the column excluded for this KPI; got ['account', 'delivered']"
    )


def test_one_column_can_be_named_alone():
    assert emails().account_sums("opened")["opened"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["account"], "account must be finite numbers; got 'A' at row 0"),
        (["closed"], "closed must be finite numbers; got datetime.date(2026, 1, 1) at row 0"),
        (["amount"], "amount must be finite numbers in every row; got a missing value at row 1"),
        ({"x": [1, 2]}, "x must have one figure for each of the 3 rows; got 2 figures"),
        ({"x": [1, np.inf, 2]}, "x must be finite numbers; got inf at row 1"),
        ({"x": ["a", "b", "c"]}, "x must be finite numbers; got 'a' at row 0"),
        (
            {"x": np.ma.array([1, 2, 3], mask=[0, 0, 1])},
            "x must be finite numbers in every row; got a missing value at row 2",
        ),
    ],
    ids=str,
)
def test_only_finite_numbers_are_summed(columns, message):
    sheet = Sheet(account=["A", "B", "C"], amount=[1.0, None, 2.0], closed="2026-01-01")
    assert refusal(sheet.account_sums, columns) == message


def test_rows_left_out_do_not_count():
    sheet = Sheet(account=["A", "B", "C"], amount=[1.0, None, 2.0], excluded={"bots": 4})
    sums = sheet.account_sums(["amount"], {"tier": ["x", "x", "y"]}, keep=np.array([True, False, True]))
    assert sums.groups == {"tier": ["x", "y"]}
    assert sums.total(sums["amount"]).tolist() == [1.0, 2.0]
    assert sums.excluded == {"bots": 4}
    assert sums.rows.tolist() == [1, 1]
    log = Log(day="2026-01-01", at="2026-01-01", cost=[1.5, 2.0], visits=1)
    assert log.account_sums(["cost"], keep=np.array([False, True]))["cost"].tolist() == [2.0]
    assert sheet.account_sums({"x": [-1, -2, -3], "f": pd.Series([1, 0, 1]).astype("category")})["x"].sum() == -6


def test_numbers_of_categories_are_summed_not_their_codes():
    sums = Sheet(account=["A", "A"]).account_sums({"x": pd.Series([10, 20]).astype("category")})
    assert sums["x"].tolist() == [30.0]


def test_a_row_that_lacks_two_values_is_dropped_once():
    rows = {"account": ["A", None], "delivered": [1, None], "opened": [1, 0]}
    emails = abm.Emails.from_frame(rows, missing="drop")
    assert len(emails) == 1
    assert emails.excluded == {"missing account": 1}


MODELS = [
    model for model in (getattr(abm, name) for name in abm.__all__) if isinstance(model, type) and attrs.has(model)
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_models_cannot_be_changed_and_take_their_columns_by_name(model):
    assert model.__setattr__ is not object.__setattr__  # frozen
    if issubclass(model, abm.Table):
        kinds = {argument.kind for argument in inspect.signature(model).parameters.values()}
        assert kinds == {inspect.Parameter.KEYWORD_ONLY}
        assert model.__eq__ is abm.Table.__eq__  # column by column
        assert model.__repr__ is abm.Table.__repr__  # in one line, not every row
    elif any(field.eq and not field.eq_key and "ndarray" in str(field.type) for field in attrs.fields(model)):
        # An array has no one truth, so attrs must not compare it as if it had.
        code = getattr(model.__eq__, "__code__", None)
        assert code is None or not code.co_filename.startswith("<attrs generated")
