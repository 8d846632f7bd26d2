"""The command: a scorecard of made-up data, or of a folder of CSV files."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from abmmetrics import __version__, synthetic
from abmmetrics.errors import MetricInputError
from abmmetrics.program import Program, read_program
from abmmetrics.scorecards import Scorecard, scorecard

_ABOUT = """\
Account-based-marketing KPIs, each with its interval.

Without a command: the scorecard of a made-up programme, to see what one looks like.
"""

_ABOUT_FOLDER = """\
Print the scorecard of a programme whose tables are CSV files in FOLDER.

A file program.toml in FOLDER says which file is which table:

    name = "My programme"
    currency = "EUR"
    as_of = 2026-03-31

    [opportunities]
    file = "deals.csv"
    segments = ["product"]

    [opportunities.columns]      # column of the table = column of the file
    account = "AccountName"
    created = "CreatedDate"
    closed = "CloseDate"
    outcome = "StageName"
    amount = "Amount"

    [opportunities.values.outcome]
    won = ["Closed Won"]
    lost = ["Closed Lost"]
    open = ["Prospecting", "Proposal"]

All of it is described by: python -c "import abmmetrics.program as p; help(p)"
"""


def _parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m abmmetrics", description=_ABOUT, formatter_class=layout)
    parser.add_argument("--version", action="version", version=f"abmmetrics {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    folder = commands.add_parser(
        "scorecard",
        help="the scorecard of CSV files in a folder",
        description=_ABOUT_FOLDER,
        formatter_class=layout,
    )
    folder.add_argument("folder", metavar="FOLDER", type=Path, help="where the CSV files lie")
    folder.add_argument(
        "--program", metavar="FILE", type=Path, help="what says which file is which table (FOLDER/program.toml)"
    )
    folder.add_argument(
        "--baseline",
        metavar="PATH",
        type=Path,
        help="what to compare with: another folder with its program.toml, or another such file for FOLDER",
    )
    folder.add_argument(
        "--by", metavar="SEGMENT", action="append", help="a segment to break figures down by; may be repeated"
    )
    folder.add_argument("--confidence", metavar="LEVEL", type=float, default=0.95, help="of the intervals (0.95)")
    for made in (parser, folder):
        made.add_argument(
            "--html", metavar="FILE", type=Path, default=argparse.SUPPRESS, help="write the page as HTML too"
        )
        made.add_argument(
            "--markdown", metavar="FILE", type=Path, default=argparse.SUPPRESS, help="write the page as Markdown too"
        )
    return parser


def _sample() -> Scorecard:
    world = synthetic.program()
    return scorecard(world.where("year", "2025", others="keep"), baseline=world.where("year", "2024"))


def _of_folder(asked: argparse.Namespace) -> Scorecard:
    baseline: Program | None = None
    if asked.baseline is not None:
        folder, file = (asked.baseline, None) if asked.baseline.is_dir() else (asked.folder, asked.baseline)
        baseline = read_program(folder, file)
    program = read_program(asked.folder, asked.program)
    return scorecard(program, baseline=baseline, by=asked.by, confidence=asked.confidence)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: what stands after the command's name; those of the process where not given.

    Returns:
        0, or 2 where the input cannot be used; the reason is then on the standard error.
    """
    asked = _parser().parse_args(arguments)
    try:
        card = _sample() if asked.command is None else _of_folder(asked)
        for name, text in (("html", card.to_html), ("markdown", card.to_markdown)):
            if name in asked:
                getattr(asked, name).write_text(text(), encoding="utf-8")
    except MetricInputError as error:
        print(f"abmmetrics: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"abmmetrics: {error.filename} cannot be written; {error.strerror}", file=sys.stderr)
        return 2
    print(card, end="")
    if asked.command is None:
        print("\nFor your own data: python -m abmmetrics scorecard --help")
    return 0


if __name__ == "__main__":
    code: int = 0
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
