"""Checks that a release says one thing: ``python tests/release.py v1.2.3`` compares the tag, the version and the dates."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def version_of(source: str) -> str:
    """Return the version that the package states."""
    return re.findall(r'^__version__ = "(.+)"$', source, re.MULTILINE)[0]


def differences(version: str, changelog: str, citation: str, *, released: bool) -> Iterator[str]:
    """Say where the changelog or the citation differ from the version."""
    dates = dict(re.findall(r"^## \[(.+?)\] - (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE))
    cited = dict(re.findall(r"^(version|date-released): (\S+)$", citation, re.MULTILINE))
    if released and version not in dates:
        yield f"CHANGELOG.md must have the heading '## [{version}] - ' with the day of the release"
    if cited.get("version") != version:
        yield f"CITATION.cff must have the version {version}; got {cited.get('version')}"
    if cited.get("date-released") != dates.get(version):
        yield f"CITATION.cff must have the date-released {dates.get(version)}; got {cited.get('date-released')}"


if __name__ == "__main__":
    stated = version_of((ROOT / "src" / "abmmetrics" / "__init__.py").read_text(encoding="utf-8"))
    texts = ((ROOT / name).read_text(encoding="utf-8") for name in ("CHANGELOG.md", "CITATION.cff"))
    found = list(differences(stated, *texts, released=True))
    if sys.argv[1] != f"v{stated}":
        found.append(f"the tag must be v{stated}; got {sys.argv[1]}")
    sys.exit("\n".join(found) or 0)
