"""What to know about a programme's data before reading its figures."""

from abmmetrics._quality import title
from abmmetrics.program import Program
from abmmetrics.quality import inspect

__all__ = ["findings", "title"]

_MOST = 12


def findings(program: Program) -> list[str]:
    """Say what would mislead a reader, the worst first; of more than a dozen findings, how many more there are.

    Args:
        program: the programme.
    """
    told = list(map(str, inspect(program)))
    more = len(told) - _MOST
    return [*told[:_MOST], f"And {more:,} more: abmmetrics.inspect lists them."] if more > 0 else told
