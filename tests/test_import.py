"""What `import abmmetrics` loads, and what it exports."""

import os
import subprocess
import sys

import pytest

import abmmetrics

HEAVY = ("scipy", "pandas", "polars", "pyarrow", "matplotlib", "narwhals", "duckdb", "importlib.metadata")


def run(code: str) -> str:
    """Run code in a fresh interpreter, without a coverage measurement that would import modules of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("statement", ["import abmmetrics", "from abmmetrics import *"])
def test_import_leaves_heavy_modules_alone(statement):
    loaded = run(
        f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    ).split()
    assert "abmmetrics" in loaded
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_star_import_brings_every_listed_name():
    names = run("from abmmetrics import *; print(*sorted(globals()))").split()
    assert set(abmmetrics.__all__) <= set(names)


def test_listed_names_exist_sorted_and_once():
    assert [name for name in abmmetrics.__all__ if not hasattr(abmmetrics, name)] == []
    constants_first = sorted(set(abmmetrics.__all__), key=lambda name: (not name.isupper(), name))
    assert list(abmmetrics.__all__) == constants_first


def test_no_public_name_looks_like_a_test_or_is_private():
    assert [name for name in abmmetrics.__all__ if name.startswith(("_", "test_")) and name != "__version__"] == []


def test_a_module_that_cannot_be_loaded_says_which_it_lacks(monkeypatch):
    def lacking(_name):
        raise ModuleNotFoundError("No module named 'numpy'", name="numpy")

    monkeypatch.setattr(abmmetrics.importlib, "import_module", lacking)
    with pytest.raises(ModuleNotFoundError, match="No module named 'numpy'"):
        abmmetrics.__getattr__("synthetic")


def test_a_name_that_is_not_there_is_no_attribute():
    with pytest.raises(AttributeError, match="module 'abmmetrics' has no attribute 'winrates'"):
        abmmetrics.__getattr__("winrates")
    with pytest.raises(AttributeError, match="module 'abmmetrics' has no attribute '_winrates'"):
        abmmetrics.__getattr__("_winrates")
