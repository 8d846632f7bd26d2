"""Hypothesis profiles, chosen by HYPOTHESIS_PROFILE: `dev` explores, `ci` repeats itself, `mutation` is quick."""

import os
from pathlib import Path

import pytest
from hypothesis import Phase, settings

settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True, database=None)
settings.register_profile(
    "mutation",
    deadline=None,
    max_examples=15,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # a mutant need not die by the smallest example
)
in_ci = os.environ.get("CI", "").lower() == "true"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if in_ci else "dev"))


@pytest.fixture(scope="session")
def shared_data():
    """The folder of public data to check against, which is not part of the package."""
    folder = Path(os.environ.get("ABMMETRICS_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"there is no public data in {folder}: set ABMMETRICS_SHARED_DATA to have it checked")
    return folder
