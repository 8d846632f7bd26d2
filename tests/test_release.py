"""The version stands alike wherever it stands, and badges say what the package says."""

import re
import tomllib
from pathlib import Path

import abmmetrics as abm

from . import release

ROOT = Path(__file__).parents[1]
CHANGELOG = "## [Unreleased]\n\n## [1.2.0] - 2026-05-04\n\n### Added\n"
CITATION = "version: 1.2.0\ndate-released: 2026-05-04\n"


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_changelog_and_citation_agree_with_the_version():
    assert list(release.differences(abm.__version__, read("CHANGELOG.md"), read("CITATION.cff"), released=False)) == []


def test_the_readme_cites_this_version():
    assert f"*abmmetrics: account-based-marketing KPIs in Python*, version {abm.__version__}." in read("README.md")


def test_a_release_that_agrees_is_let_through():
    assert list(release.differences("1.2.0", CHANGELOG, CITATION, released=True)) == []


def test_what_does_not_agree_is_told():
    assert list(release.differences("1.3.0", CHANGELOG, CITATION, released=True)) == [
        "CHANGELOG.md must have the heading '## [1.3.0] - ' with the day of the release",
        "CITATION.cff must have the version 1.3.0; got 1.2.0",
        "CITATION.cff must have the date-released None; got 2026-05-04",
    ]
    assert list(release.differences("1.2.0", CHANGELOG, "version: 1.2.0\n", released=True)) == [
        "CITATION.cff must have the date-released 2026-05-04; got None"
    ]


def test_the_version_is_read_from_the_source():
    assert release.version_of('"""Text."""\n\n__version__ = "4.5.6"\n') == "4.5.6"


def texts(badge):
    return re.findall(r"<text[^>]*>([^<]+)</text>", read(f"docs/assets/badges/{badge}.svg"))


def test_badges_say_what_the_package_says():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    versions = [name.rpartition(" ")[2] for name in project["classifiers"] if re.search(r":: 3\.\d+$", name)]
    assert texts("pypi") == ["PyPI", project["name"]]
    assert texts("python") == ["Python", " | ".join(versions)]
    assert texts("licence") == ["licence", project["license"]]
