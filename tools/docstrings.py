"""How the site reads docstrings: examples are code, references a paragraph, and names of functions are links.

The docstrings are written for whoever reads the source or asks ``help()``. The headings ``Example:`` and
``References:`` and roles such as :func:`win_rate` read well there; the site's parser takes the first two for boxes of
text, and the last for words.
"""

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"^( *)Example:$", re.MULTILINE)
_REFERENCES = re.compile(r"^( *)References:$", re.MULTILINE)
_ROLE = re.compile(r":(?:func|meth|class|mod):`~?([\w.]+)`")


class Docstrings(griffe.Extension):
    """Rewrite the docstrings of the package once it is loaded."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:  # noqa: ANN401 - whatever griffe passes along
        """Rewrite the docstrings of everything that the package defines."""
        exported = pkg["_public"].members.items()
        public = {name: member.final_target.path for name, member in exported if member.is_alias and name[0] != "_"}
        self._rewrite(pkg, public)

    def _rewrite(self, parent: griffe.Module | griffe.Class, public: dict[str, str]) -> None:
        own = {name: member.path for name, member in parent.members.items() if not member.is_alias}
        known = {**public, **own}
        for member in [parent, *parent.members.values()]:
            if member.is_alias or member.docstring is None:
                continue
            text = _EXAMPLE.sub(r"\1Examples:", member.docstring.value)
            text = _REFERENCES.sub(r"\1**References:**", text)
            member.docstring.value = _ROLE.sub(lambda found: _link(found[1], known), text)
        for member in parent.members.values():
            if not member.is_alias and (member.is_module or member.is_class):
                self._rewrite(member, known)


def _link(name: str, known: dict[str, str]) -> str:
    """Return a link to what a docstring names: a member, a public name, or one of its members."""
    short = name.removeprefix("abmmetrics.")
    first, *rest = short.split(".")
    path = ".".join([known[first], *rest]) if first in known else name
    return f"[`{short}`][{path}]" if first in known or name != short else f"`{short}`"
