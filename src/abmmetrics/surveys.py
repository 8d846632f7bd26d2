"""Survey answers: scores on a stated scale, and who counts as promoter, passive and detractor on it."""

from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, columns
from abmmetrics.columns import Counts
from abmmetrics.tables import Labels, Table

__all__ = ["SurveyScores"]

Scale: TypeAlias = tuple[int, ...]
"""``(low, high)`` of a scale with published cut points, or ``(low, passive_from, promoter_from, high)``."""

CLASSES = ("detractor", "passive", "promoter")
PUBLISHED: dict[Scale, Scale] = {(0, 10): (0, 7, 9, 10), (1, 10): (1, 7, 9, 10), (1, 5): (1, 4, 5, 5)}
"""Scales on which vendors agree where passives and promoters begin."""


@attrs.frozen
class CutPoints:
    """Where the classes of a scale begin.

    Attributes:
        low: the lowest score; detractors begin here.
        passive_from: the lowest score of passives.
        promoter_from: the lowest score of promoters.
        high: the highest score.
    """

    low: int
    passive_from: int
    promoter_from: int
    high: int

    @property
    def remark(self) -> str:
        """What a result says of its scale, so that only results on one scale are compared."""
        return (
            f"scale {self.low} to {self.high} (passives from {self.passive_from}, promoters from {self.promoter_from})"
        )

    def codes(self, scores: Counts) -> NDArray[np.int64]:
        """Return the position in ``CLASSES`` of each score."""
        return (scores >= self.passive_from).astype(np.int64) + (scores >= self.promoter_from)

    def refuse_outside(self, scores: Counts) -> None:
        """Refuse scores that are not on the scale."""
        hint = " (scale=(0, 10) takes a 0)" if (self.low, self.high) == (1, 10) else ""
        # True is no score, although numpy would read it as 1.
        wrong = (scores < self.low) | (scores > self.high) | (scores.dtype.kind == "b")
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            requirement = f"be whole numbers from {self.low} to {self.high}{hint}"
            raise _checks.refuse("score", requirement, scores[row], row)


def _as_scale(given: Any) -> Scale | None:  # noqa: ANN401 - whatever a caller says
    """Return a scale in its shortest form: the ends alone where the cut points are the published ones."""
    if given is None:
        return None
    parts = list(cast("Sequence[Any]", given)) if isinstance(given, tuple | list) else []
    whole = all(isinstance(part, int) and not isinstance(part, bool) for part in parts)
    ends = tuple(parts)
    if whole and ends in PUBLISHED:
        return ends
    if whole and len(parts) == 4:  # noqa: PLR2004 - low, passive_from, promoter_from, high
        low, passive_from, promoter_from, high = parts
        if 0 <= low < passive_from < promoter_from <= high:
            return (low, high) if PUBLISHED.get((low, high)) == ends else ends
    raise _checks.refuse(
        "scale",
        f"be one of {list(PUBLISHED)} or rising cut points (low, passive_from, promoter_from, high)",
        cast("object", given),
    )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SurveyScores(Table):
    """Answers to a question with a score: one row for each answer, of a customer or an employee.

    Attributes:
        account: the account that the answer comes from; in a survey of employees the employee.
            Without it every answer counts as independent.
        score: the answer, a whole number on the scale.
        scale: ``(0, 10)``, ``(1, 10)`` or ``(1, 5)``, which have published cut points; any other
            scale as ``(low, passive_from, promoter_from, high)``. Where it is not given, KPIs of
            customers read 0 to 10 and KPIs of employees 1 to 10.

    Example:
        >>> import abmmetrics as abm
        >>> abm.SurveyScores(account=["Acme", "Acme", "Beta"], score=[9, 7, 4])
        SurveyScores(3 rows, 2 accounts; score)
        >>> abm.SurveyScores(score=[5, 4, 2], scale=(1, 5)).scale
        (1, 5)
    """

    additive: ClassVar[bool] = False

    account: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    score: Counts = attrs.field(converter=columns.counts)
    scale: Scale | None = attrs.field(default=None, converter=_as_scale)

    def check_rows(self) -> None:
        """Refuse scores that are not on the scale."""
        self.cut_points((0, 10))

    def cut_points(self, usual: Scale) -> CutPoints:
        """Return the cut points of the table's scale, or of the usual one where the table does not say.

        Args:
            usual: the scale that is meant where none is given.

        Raises:
            MetricInputError: if a score is not on the scale.
        """
        scale = usual if self.scale is None else self.scale
        cuts = CutPoints(*PUBLISHED.get(scale, scale))
        cuts.refuse_outside(self.score)
        return cuts


def classes(scores: SurveyScores, usual: Scale) -> Labels:
    """Return the class of each answer.

    Args:
        scores: the answers.
        usual: the scale that is meant where the table does not say.
    """
    return _labels.from_codes(scores.cut_points(usual).codes(scores.score), CLASSES)


def class_columns(scores: SurveyScores, cuts: CutPoints) -> dict[str, NDArray[np.bool_]]:
    """Return for each class whether each answer is of it.

    Args:
        scores: the answers.
        cuts: where the classes begin.
    """
    codes = cuts.codes(scores.score)
    return {name: codes == code for code, name in enumerate(CLASSES)}


def share_columns(scores: SurveyScores, lowest: int) -> dict[str, NDArray[np.bool_]]:
    """Return whether each answer is high enough, and that it is an answer.

    Args:
        scores: the answers.
        lowest: the lowest score that is high enough.
    """
    return {"high": scores.score >= lowest, "answers": np.ones(len(scores), dtype=bool)}
