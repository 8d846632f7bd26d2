"""The code of the README and of the documentation runs, block after block, in a folder of its own."""

import importlib
import pkgutil
import re
import shutil
from pathlib import Path

import pytest

import abmmetrics as abm
from abmmetrics._kpi_list import KPIS

from . import readme

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
    shutil.copy(readme.EXPORT, "deals.csv")  # what a newcomer exports
    names = {"__name__": "page"}
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1))
        exec(compile("\n" * line + block[1], page, "exec"), names)  # noqa: S102 - it is our own code


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [page for page in DOCS if page.removeprefix("docs/") not in navigation] == []


def test_the_readme_prints_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(readme.EXPORT, "deals.csv")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = {"__name__": "README"}
    for code, printed in re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - it is our own code
        assert capsys.readouterr().out == printed
    assert texts_of(readme.PICTURE.read_text(encoding="utf-8")) == texts_of(readme.drawn(names["rate"])), (
        "python tests/readme.py draws it anew"
    )


def texts_of(svg):
    return re.findall(r"<(?:text|title)[^>]*>([^<]+)", svg)


def test_a_newcomer_writes_ten_lines_at_most():
    assert len([line for line in readme.first_block().splitlines() if line.strip()]) <= 10


def test_local_links_of_the_readme_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    assert len(targets) > 15
    workflows = "../../actions/workflows/"  # of the repository's pages
    files = [
        f".github/workflows/{target.removeprefix(workflows).removesuffix('/badge.svg')}"
        if target.startswith(workflows)
        else target
        for target in targets
        if not target.startswith("https://")
    ]
    assert [file for file in files if not (ROOT / file).is_file()] == []


MODULES = [module.name for module in pkgutil.iter_modules(abm.__path__) if not module.name.startswith("_")]


def test_every_public_module_is_on_a_page():
    text = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in DOCS)
    shown = re.findall(r"^::: abmmetrics\.([\w.]+)$", text, re.MULTILINE)
    assert sorted(set(MODULES) - {"__main__"} - set(shown)) == []


def test_every_public_name_is_in_the_list_of_a_public_module():
    # A page shows what its module lists.
    listed = {
        name for module in MODULES for name in getattr(importlib.import_module(f"abmmetrics.{module}"), "__all__", ())
    }
    listed.add("MetricInputError")  # alone in its module
    assert sorted(set(abm.__all__) - listed) == []


def test_every_kpi_of_the_scorecard_serves_a_decision():
    told = (ROOT / "docs/decisions.md").read_text(encoding="utf-8")
    functions = {kpi.function for kpi in KPIS if kpi.function.__name__ in abm.__all__}
    assert len(functions) > 50
    assert sorted(kpi.__name__ for kpi in functions if f".{kpi.__name__})" not in told) == []
