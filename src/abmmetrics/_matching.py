"""Finds the accounts of a target list in another table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels
from abmmetrics._held import account_rows
from abmmetrics._labels import Labels
from abmmetrics.tables import Table


def target_rows(targets: Table, argument: str, table: Table) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Say for each row of a table which row of a target list has its account.

    Args:
        targets: a target list, one row for each account.
        argument: what the caller calls the table.
        table: any table with accounts.

    Returns:
        The rows of the target list, -1 where it lacks the account; and the number of rows
        left out by reason, with what was left out when the table was read.
    """
    listed, accounts = _accounts("targets", targets), _accounts(argument, table)
    row_of: dict[Any, int] = account_rows(listed)
    if None in row_of or len(row_of) < len(targets):
        raise _checks.refuse("targets", "have one row for each account", _checks.phrase(repr(targets)))
    same_kind(listed, argument, accounts, "the targets do")
    names = _labels.as_python_list(accounts.categories)
    rows = np.array([row_of.get(name, -1) for name in names] + [-1], dtype=np.int64)[accounts.codes()]
    nameless = accounts.missing()
    lost = {"no account": nameless, "account not on the target list": ~nameless & (rows < 0)}
    return rows, add_up(table.excluded, count_rows(lost))


def account_codes(whose: str, table: Table, argument: str, other: Table) -> NDArray[np.int64]:
    """Say for each row of another table which code its account has in a table.

    Args:
        whose: what the caller calls the table.
        table: any table with accounts.
        argument: what the caller calls the other table.
        other: any other table with accounts.

    Returns:
        Codes; -1 for an account that the table does not have, and for none.
    """
    mine, theirs = _accounts(whose, table), _accounts(argument, other)
    same_kind(mine, argument, theirs, f"the {whose} does")
    code_of = {name: code for code, name in enumerate(_labels.as_python_list(mine.categories))}
    names = _labels.as_python_list(theirs.categories)
    return np.array([code_of.get(name, -1) for name in names] + [-1], dtype=np.int64)[theirs.codes()]


def same_kind(mine: Labels, argument: str, theirs: Labels, who: str) -> None:
    """Refuse accounts that are named by another kind of label than a table's."""
    kinds = _labels.kind_of(mine), _labels.kind_of(theirs)
    if None not in kinds and kinds[0] != kinds[1]:
        raise _checks.refuse(argument, f"name accounts by {kinds[0]}, as {who}", _checks.phrase(str(kinds[1])))


def _accounts(argument: str, table: Table) -> Labels:
    found = table.unit_labels()
    if found is None or table.unit != "account":
        raise _checks.refuse(argument, "be a table with the column account", _checks.phrase(repr(table)))
    return found


def count_rows(lost: Mapping[str, NDArray[np.bool_]]) -> dict[str, int]:
    """Count the rows of each reason that has any."""
    return {reason: int(rows.sum()) for reason, rows in lost.items() if rows.any()}


def add_up(*exclusions: Mapping[str, int]) -> dict[str, int]:
    """Add exclusions by reason."""
    reasons = dict.fromkeys(reason for excluded in exclusions for reason in excluded)
    return {reason: sum(excluded.get(reason, 0) for excluded in exclusions) for reason in reasons}
