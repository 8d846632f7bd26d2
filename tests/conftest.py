"""Hypothesis profiles, chosen by HYPOTHESIS_PROFILE: `dev` explores, `ci` repeats itself, `quick` does little.

`quick` is for mutants, and for the installed wheel, whose code has just passed as `ci`.
"""

import os
import shutil
import warnings
from pathlib import Path

import pytest
from hypothesis import Phase, settings

settings.register_profile("dev", deadline=None, max_examples=30)
settings.register_profile("ci", deadline=None, max_examples=40, derandomize=True, database=None)
settings.register_profile(
    "quick",
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


@pytest.fixture(scope="session")
def spark():
    """A local Spark session with two threads; one for all tests, since it takes long to start."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("there is no Java for Spark: put java on the path or set JAVA_HOME")
    settings = {"spark.sql.shuffle.partitions": "4", "spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC"}
    builder = sql.SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Spark says about itself is not about this library
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
