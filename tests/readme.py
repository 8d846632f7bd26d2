"""The README's first example and its picture; ``python tests/readme.py`` draws the picture anew."""

import contextlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import abmmetrics as abm

ROOT = Path(__file__).parents[1]
EXPORT = ROOT / "docs" / "assets" / "deals.csv"
PICTURE = ROOT / "docs" / "assets" / "win-rate.svg"


def first_block() -> str:
    """Return the code that a newcomer begins with."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[0]


def drawn(rate: abm.Estimate) -> str:
    """Draw the picture on white, since a README is read on light and on dark pages."""
    svg = abm.plot.to_svg(abm.plot.estimates(rate), alt="Win rate by industry: dots with 95 % intervals")
    return svg.replace('style="width: 100%; ', 'style="color: #1b1b1b; background: #fff; width: 100%; ', 1) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copy(EXPORT, "deals.csv")
        names: dict[str, Any] = {}
        exec(first_block(), names)  # noqa: S102 - it is our own code
    PICTURE.write_text(drawn(names["rate"]), encoding="utf-8")
