"""Checks of stages: the ways that deals went, and whether their history agrees with what they are."""

from collections.abc import Iterator

import numpy as np

from abmmetrics import _labels, _stage_paths
from abmmetrics._labels import Labels
from abmmetrics._quality import Check, Found, Look, Mask, Sheet, as_keys, each, having, listed
from abmmetrics._quality_names import word_key
from abmmetrics._quality_rows import as_mask
from abmmetrics.errors import MetricInputError
from abmmetrics.histories import StageHistory, walk_through
from abmmetrics.opportunities import Opportunities

_MOVES = (
    ("regressed", "come to an earlier stage than the one before."),
    ("skipped ahead", "skip a stage."),
    ("reopened", "reopen a deal that was won or lost."),
    ("entered midway", "begin a deal in a later stage than the first."),
)


def _left_before_entered(sheet: Sheet) -> Iterator[Found]:
    if "left" in sheet.columns:
        yield from sheet.some(sheet.columns["left"] < sheet.columns["entered"], "are left before they are entered.")


def _two_accounts(sheet: Sheet) -> Iterator[Found]:
    deal, account = sheet.columns["opportunity"].codes(), as_keys(sheet.columns["account"])
    _, first, number = np.unique(deal, return_index=True, return_inverse=True)
    other = (account != account[first][number]) & (deal >= 0)
    yield from sheet.some(other, "are of another account than the first row of the same deal.")


def _unknown_stages(look: Look) -> Iterator[Found]:
    if look.stages:
        for sheet in look.of(StageHistory):
            labels: Labels = sheet.columns["stage"]
            known = {*look.stages, *look.lost_stages}
            names = [repr(name) for name in _labels.occurring(labels) if name not in known]
            unknown = ~labels.isin([*known]) & ~labels.missing()
            yield from sheet.some(unknown, f"are in stages that are not among those named: {listed(names)}.")


def _moves(look: Look) -> Iterator[Found]:
    for sheet in look.of(StageHistory):
        if look.stages and isinstance(sheet.table, StageHistory):
            try:
                walk = walk_through(sheet.table, look.stages, look.lost_stages, look.as_of)
            except MetricInputError:  # stages that are not named: another check says so
                continue
            moves = _stage_paths.moves(walk.visits, walk.path)
            for move, told in _MOVES:
                yield from sheet.some(as_mask(walk.visits.row[moves == move], len(sheet)), told)


def _last_rows(history: Sheet, look: Look) -> dict[object, int]:
    """Return the last row of each deal; of one moment, that which is further on the path."""
    deal, stage = history.columns["opportunity"], history.columns["stage"]
    path = {name: place for place, name in enumerate([*look.stages, *look.lost_stages])}
    places = [path.get(name, -1) for name in _labels.as_python_list(stage.categories)]
    place = np.array([*places, -1])[stage.codes()]
    order = np.lexsort([place, as_keys(history.columns["entered"]), deal.codes()])
    last = order[np.diff(deal.codes()[order], append=-1) != 0]
    return dict(zip(deal.where(last).to_list(), last.tolist(), strict=True))


def _contradictions(look: Look) -> Iterator[Found]:
    for history in look.of(StageHistory):
        last = _last_rows(history, look)
        for sheet in look.of(Opportunities):
            deals: Labels | None = sheet.columns.get("opportunity")
            if deals is not None:
                rows = [last.get(name, -1) for name in _labels.as_python_list(deals.categories)]
                row = np.array([*rows, -1], dtype=np.int64)[deals.codes()]
                known = row >= 0
                stages = history.columns["stage"].where(np.where(known, row, 0))
                told = f"are not where the {history.title} ends."
                noun = f"{sheet.title} with a history"
                yield from sheet.some(known & _differs(sheet, stages, look), told, among=known, noun=noun)


def _history_of_no_deal(look: Look) -> Iterator[Found]:
    known = {
        name
        for sheet in look.of(Opportunities)
        if "opportunity" in sheet.columns
        for name in _labels.occurring(sheet.columns["opportunity"])
    }
    if known:
        for history in look.of(StageHistory):
            labels: Labels = history.columns["opportunity"]
            strange = [code for code, name in enumerate(_labels.as_python_list(labels.categories)) if name not in known]
            yield from history.some(having(labels, strange), "are of deals that are not among the opportunities.")


def _differs(sheet: Sheet, stages: Labels, look: Look) -> Mask:
    """Compare deals with the last stage of their history: by stage, or else by outcome."""
    current = sheet.segments.get("stage")
    if current is not None:
        number: dict[str, int] = {}
        places = [
            [number.setdefault(word_key(str(name)), len(number)) for name in _labels.as_python_list(labels.categories)]
            for labels in (current, stages)
        ]
        now, last = np.array([*places[0], -1])[current.codes()], np.array([*places[1], -1])[stages.codes()]
        differs: Mask = (now != last) & ~current.missing()
        return differs
    if not look.stages:
        return np.zeros(len(sheet), dtype=bool)
    won, lost = stages == look.stages[-1], stages.isin(look.lost_stages)
    outcome: Labels = sheet.columns["outcome"]
    otherwise: Mask = (won != (outcome == "won")) | (lost != (outcome == "lost"))
    return otherwise


CHECKS = (
    Check(
        code="left_before_entered",
        severity="wrong",
        asks="Stages that are left before they are entered",
        advice="Correct the moments, or leave `left` out: a visit then ends when the next begins.",
        find=each(_left_before_entered, StageHistory),
    ),
    Check(
        code="deal_of_two_accounts",
        severity="wrong",
        asks="Deals with several accounts in one history",
        advice="Give the deal one account; where it has several companies, join anew.",
        find=each(_two_accounts, StageHistory),
    ),
    Check(
        code="unknown_stages",
        severity="wrong",
        asks="Stages that are not among those named",
        advice="Name every stage in stages or lost_stages.",
        find=_unknown_stages,
    ),
    Check(
        code="history_contradicts",
        severity="doubtful",
        asks="Deals whose stage or outcome is not what their history ends with",
        advice="Say which counts: stage_intervals takes contradiction=, and refuses where it is not said.",
        find=_contradictions,
    ),
    Check(
        code="history_of_no_deal",
        severity="to know",
        asks="Histories of deals that are not among the opportunities, where these have identifiers",
        advice="Nothing, where the two are of different deals; else look how deals are identified in each.",
        find=_history_of_no_deal,
    ),
    Check(
        code="stage_moves",
        severity="to know",
        asks="Moves back, skipped stages, reopened deals, and deals that begin midway, where stages are named",
        advice='Choose how steps are counted with stage_conversion_rate(method=): "strict", "forward" or another.',
        find=_moves,
    ),
)
