"""Withholding results of small groups, so that nobody's answers can be read off them.

A group is withheld when fewer people than a minimum are in it. That alone does not protect
them: the result of everybody, less the groups that are shown, is the result of those that
are not. So further groups are withheld, the smallest first, until what is left over holds
at least two groups and together the minimum of people. Groups of several segments (team and
site) are protected in the same way within every result by fewer of them (team), and shown
only where those show what they are part of, so that drilling down gives nothing away.

This cannot protect against two groupings of the same people side by side (by team and by
age), nor against two waves that differ by one person: publish one, and let groups be large.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks
from abmmetrics._labels import Label, Labels, as_python_list
from abmmetrics._spread import Spread
from abmmetrics._sums import AccountSums, sum_cells
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = ["Respondents", "estimate_protected", "respondents", "suppress"]

Group: TypeAlias = tuple[Label | None, ...]
"""The labels of a group, one for each segment; None where its rows have no label."""


@attrs.frozen(eq=False, repr=False)  # mutation: equivalent, never compared
class Respondents:
    """Who is in which group: what decides whether a group may be shown. It has no printed form.

    Attributes:
        groups: the labels of each group; a group with None in them is shown in no result.
        group: for each pair of a person and a group of theirs the position of the group.
        person: for each pair the number of the person.
    """

    groups: list[Group]
    group: NDArray[np.int64]
    person: NDArray[np.int64]


def respondents(table: Table, by: By = None) -> Respondents:
    """Find out who is in which group of a table.

    Args:
        table: its unit (employees, accounts) are the people; without such a column, or label in it, each row is one.
        by: how the result is grouped, as in any KPI.

    Returns:
        What :func:`suppress` takes.

    Example:
        >>> import abmmetrics as abm
        >>> from abmmetrics.suppression import respondents
        >>> answers = abm.SurveyScores(score=[9, 8, 7, 3], segments={"team": ["North", "North", "North", "South"]})
        >>> respondents(answers, "team").groups
        [('North',), ('South',)]
    """
    segments = table.grouping(by)
    rows, units = np.arange(len(table)), table.unit_labels()
    codes = rows if units is None else np.where(units.missing(), len(units.categories) + rows, units.codes())
    size = int(codes.max(initial=-1)) + 1  # mutation: equivalent, more categories than codes do no harm
    people = Labels(codes, np.arange(size))
    *keys, person = sum_cells(len(table), [*segments.values(), people], {}).keys
    distinct, group = np.unique(np.stack([np.zeros_like(person), *keys]), axis=1, return_inverse=True)
    names = [[*as_python_list(found.categories), None] for found in segments.values()]
    groups = [tuple(name[code] for name, code in zip(names, column[1:])) for column in distinct.T.tolist()]  # noqa: B905 - a number for each segment
    return Respondents(groups, group, person)


def _shown(people: Respondents, minimum: int) -> NDArray[np.bool_]:
    """Tell which groups may be shown."""
    count = np.bincount(people.group, minlength=len(people.groups))
    labelled = np.array([None not in group for group in people.groups], dtype=bool)
    shown = labelled & (count >= minimum)
    # People without a label are in no group shown, but the result of everybody tells of them too.
    protect = labelled | (count < minimum)
    totals: list[NDArray[np.int64]] = []
    segments = range(len(people.groups[0]) if people.groups else 0)
    for kept in itertools.chain.from_iterable(itertools.combinations(segments, size) for size in segments):
        total, part = _by_fewer(people, kept)
        told = _shown(total, minimum)
        shown &= told[part]
        totals += [np.flatnonzero(part == position) for position in np.flatnonzero(told)]
    settled = False
    while not settled:
        settled = True
        for members in totals:
            hidden, visible = members[~shown[members]], members[shown[members]]
            if not protect[hidden].any() or len(visible) == 0:
                continue
            if len(hidden) == 1 or _people_in(people, hidden) < minimum:
                shown[visible[count[visible].argmin()]] = False
                settled = False
    return shown


def _by_fewer(people: Respondents, kept: Sequence[int]) -> tuple[Respondents, NDArray[np.int64]]:
    """Return who is in which group by some of the segments, and the group there that each group here is part of."""
    keys = [tuple(group[segment] for segment in kept) for group in people.groups]
    place = {key: position for position, key in enumerate(dict.fromkeys(keys))}
    part = np.array([place[key] for key in keys], dtype=np.int64)
    group, person = np.unique(np.stack([part[people.group], people.person]), axis=1)
    return Respondents(list(place), group, person), part


def _people_in(people: Respondents, groups: NDArray[np.int64]) -> int:
    """Count the distinct people of some groups."""
    return len(np.unique(people.person[np.isin(people.group, groups)]))


def whole_number(name: str, value: Any) -> int:  # noqa: ANN401 - whatever the caller gave
    """Return a whole number >= 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise _checks.refuse(name, "be a whole number >= 1", cast("object", value))
    return int(cast("int", value))


def _hidden(groups: Mapping[str, list[Label]], people: Respondents, minimum: int) -> NDArray[np.bool_]:
    """Tell which groups of a result to withhold."""
    told = _shown(people, whole_number("min_responses", minimum))
    shown = {people.groups[position] for position in np.flatnonzero(told)}
    keys: list[Group] = list(zip(*groups.values())) if groups else [()]  # noqa: B905 - a label for each group
    return np.array([key not in shown for key in keys], dtype=bool)


def suppress(estimate: Estimate, people: Respondents, minimum: int) -> Estimate:
    """Withhold the results of small groups, and of others that would give them away.

    Args:
        estimate: any result; not one of its figures for a withheld group is kept.
        people: who is in which group.
        minimum: the fewest people of a group that may be shown.

    Returns:
        The result with ``suppressed`` groups. Where there are any, the influences of single
        people and the number of rows without a label are dropped for all groups, so changes
        are then not paired by person; where all are suppressed, so is what was left out.

    Raises:
        MetricInputError: if ``minimum`` is not a whole number >= 1.

    Example:
        >>> import abmmetrics as abm
        >>> from abmmetrics.suppression import respondents, suppress
        >>> answers = abm.SurveyScores(score=[9, 8, 9, 9, 3, 7], segments={"team": ["North"] * 3 + ["South"] * 3})
        >>> pooled = abm.net_promoter_score(answers)
        >>> suppress(pooled, respondents(answers), 5).suppressed.tolist()
        [False]
        >>> by_team = abm.net_promoter_score(answers, by="team")
        >>> suppress(by_team, respondents(answers, "team"), 5).suppressed.tolist()
        [True, True]

    References:
        Willenborg and de Waal (2001), Elements of Statistical Disclosure Control, Springer.
    """
    hidden = _hidden(estimate.groups, people, minimum)
    if not hidden.any():
        return estimate
    figures = ("value", "low", "high", "numerator", "denominator", "accounts", "rows")
    blanked: dict[str, Any] = {
        name: _blank(held, hidden) for name in figures if (held := getattr(estimate, name)) is not None
    }
    unlabelled = [reason for reason in estimate.excluded if reason in {f"no {name}" for name in estimate.groups}]
    remarks = [f"suppressed: groups of fewer than {minimum} people, and others that would give them away"]
    if unlabelled:
        remarks.append(f"rows left out, their number withheld: {', '.join(unlabelled)}")
    left_out = {reason: count for reason, count in estimate.excluded.items() if reason not in unlabelled}
    return attrs.evolve(
        estimate,
        **blanked,
        excluded={} if hidden.all() else left_out,
        suppressed=hidden,
        remarks=(*estimate.remarks, *remarks),
        flags={remark: held & ~hidden for remark, held in estimate.flags.items()},
        spread=None if estimate.spread is None else _blank_spread(estimate.spread, hidden),
        influences=None,
    )


def _blank(figures: NDArray[Any], hidden: NDArray[np.bool_]) -> NDArray[Any]:
    """Replace what belongs to withheld groups by NaN, or False where it is True or False."""
    return np.where(hidden, False if figures.dtype == bool else math.nan, figures)


def _blank_spread(spread: Spread, hidden: NDArray[np.bool_]) -> Spread:
    kind = cast("type[attrs.AttrsInstance]", type(spread))
    held = {field.name: getattr(spread, field.name) for field in attrs.fields(kind)}
    return cast("Spread", kind(**{name: _blank(figures, hidden) for name, figures in held.items()}))


def estimate_protected(
    table: Table,
    columns: Mapping[str, NDArray[Any]],
    by: By,
    minimum: int,
    kpi: Callable[[AccountSums], Estimate],
) -> Estimate:
    """Compute a KPI of the groups that may be shown; the others never enter it.

    Args:
        table: its unit (employees, accounts) are the people.
        columns: what the KPI sums, for each row.
        by: how the result is grouped.
        minimum: the fewest people of a group that may be shown.
        kpi: makes the result of the account sums.
    """
    segments = table.grouping(by)
    people = respondents(table, segments)
    sums = table.account_sums(columns, segments)
    keep = ~_hidden(sums.groups, people, minimum)[sums.group]
    visible = attrs.evolve(
        sums,
        group=sums.group[keep],
        account=sums.account[keep],
        rows=sums.rows[keep],
        sums={name: cells[keep] for name, cells in sums.sums.items()},
    )
    return suppress(kpi(visible), people, minimum)
