"""The code of the README and of the documentation runs, block after block, in a folder of its own."""

import re
from pathlib import Path

import pytest

from abmmetrics._kpi_list import KPIS

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(
    r"^```python[^\n]*\n(?!>>>)(.*?)^```$", re.DOTALL | re.MULTILINE
)  # pytest runs the others as doctests
DOCS = sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))
PAGES = [page for page in ["README.md", *DOCS] if BLOCK.search((ROOT / page).read_text(encoding="utf-8"))]


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch, request):
    text = (ROOT / page).read_text(encoding="utf-8")
    if "SparkSession" in text:
        request.getfixturevalue("spark")  # the page's builder gets this session
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1))
        exec(compile("\n" * line + block[1], page, "exec"), names)  # noqa: S102 - it is our own code


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [page for page in DOCS if page.removeprefix("docs/") not in navigation] == []


def test_every_kpi_of_the_scorecard_serves_a_decision():
    told = (ROOT / "docs/decisions.md").read_text(encoding="utf-8")
    names = {kpi.function.__name__ for kpi in KPIS}
    assert sorted(name for name in names if not name.startswith("_") and f".{name})" not in told) == []
