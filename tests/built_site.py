"""Checks a built site: ``python tests/built_site.py FOLDER`` after ``mkdocs build --site-dir FOLDER``.

Every public name has an entry, the search finds what vendors and analysts call a KPI, and no page asks another host
for anything. Whether links and anchors lead somewhere, the strict build has checked.
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

ELSEWHERE = r"""["']?(?:https?:)?//[^"'\s>)]+"""
REQUESTS = re.compile(
    rf"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc={ELSEWHERE}"
    rf"|<object\b[^>]*\bdata={ELSEWHERE}"
    rf"|<link\b(?=[^>]*\bhref={ELSEWHERE})(?=[^>]*\brel=[\"']?(?:stylesheet|icon|preload|preconnect|prefetch))[^>]*>"
    rf"|(?:url\(|@import\s+){ELSEWHERE}"
)
PAGES_OF_TERMS = {
    "click-through rate": "reference/email/",
    "logo churn": "reference/retention/",
    "MQA": "reference/qualification/",
    "machine opens": "reference/email/",
    "U-shaped": "reference/attribution/",
    "no-show": "glossary/",
    "taux d'ouverture": "glossary/",
    "tasa de apertura": "glossary/",
    "tasso di apertura": "glossary/",
    "tingkat pembukaan": "glossary/",
    "открываемость": "glossary/",
}


def without_entry(site: Path) -> Iterator[str]:
    """Name what is public and has no entry, nor is told of in the text of a page, as a constant may be."""
    inventory = zlib.decompress((site / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode()
    entries = {line.partition(" ")[0] for line in inventory.splitlines()}
    modules = [f"abmmetrics.{module.name}" for module in pkgutil.iter_modules(abm.__path__) if module.name[0] != "_"]
    listed = {name: getattr(importlib.import_module(name), "__all__", ()) for name in modules}
    names = {*modules, *(f"{module}.{name}" for module in listed for name in listed[module])}
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    told = {word for entry in index["docs"] for word in re.findall(r"\w+", entry["text"])}
    yield from (f"{name} is on no page" for name in sorted(names - entries) if name.rpartition(".")[2] not in told)


def not_found(site: Path) -> Iterator[str]:
    """Name the terms that the search does not find on the page that is about them."""
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    for term, page in PAGES_OF_TERMS.items():
        texts = [entry["title"] + entry["text"] for entry in index["docs"] if entry["location"].startswith(page)]
        if not any(term.casefold() in text.casefold() for text in texts):
            yield f"the search does not find {term!r} on {page}"


def asked_elsewhere(site: Path) -> Iterator[str]:
    """Name what pages and styles would load from other hosts."""
    for file in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        for request in sorted(set(REQUESTS.findall(file.read_text(encoding="utf-8")))):
            yield f"{file.relative_to(site)} asks another host: {request}"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.exit("\n".join([*without_entry(folder), *not_found(folder), *asked_elsewhere(folder)]) or 0)
