"""How results name, find and list their groups, the same in all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from abmmetrics._labels import Label
from abmmetrics.errors import MetricInputError

Groups = Mapping[str, list[Label]]


def group_labels(groups: Groups) -> list[Any]:
    """Return the label of each group; tuples where there are several segments, ``"all"`` when pooled."""
    columns = list(groups.values())
    if not columns:
        return ["all"]
    return list(columns[0]) if len(columns) == 1 else list(zip(*columns, strict=True))


def place_of(labels: Sequence[Any], label: Any) -> int:  # noqa: ANN401 - a label, or a tuple of them
    """Return which group a label is of; an unknown one is answered with those there are."""
    if label not in labels:
        raise MetricInputError(f"label must be one of {list(labels[:20])}; got {label!r}")
    return labels.index(label)


def one_group(groups: Groups, place: int) -> dict[str, list[Label]]:
    """Return the labels of one group."""
    return {name: labels[place : place + 1] for name, labels in groups.items()}


def beside(groups: Groups, columns: Mapping[str, list[Any]], rows: int = 1) -> dict[str, list[Any]]:
    """Put the labels of groups, of so many rows each, before columns; a segment named like one gets another name."""
    told = {
        f"segment {name}" if name in columns else name: [label for label in labels for _ in range(rows)]
        for name, labels in groups.items()
    }
    return {**told, **columns}
