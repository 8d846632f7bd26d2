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
        for module in pkg.members.values():
            if isinstance(module, griffe.Module) and module.exports is not None:
                _show_once(module)

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
            if isinstance(member, griffe.Module | griffe.Class):
                self._rewrite(member, known)


def _show_once(module: griffe.Module) -> None:
    """Leave out what a module does not list, and what it lists of another public module, where it is shown."""
    listed = {str(name) for name in module.exports or ()}
    module.exports = [name for name in listed if not _is_of_public_module(module.members.get(name))]
    for name, member in module.members.items():
        if name not in listed and not member.is_alias and (member.is_function or member.is_class):
            member.docstring = None  # what has none is not shown


def _is_of_public_module(member: griffe.Object | griffe.Alias | None) -> bool:
    return isinstance(member, griffe.Alias) and "._" not in member.target_path


def _link(name: str, known: dict[str, str]) -> str:
    """Return a link to what a docstring names: a member, a public name, or one of its members."""
    short = name.removeprefix("abmmetrics.")
    first, *rest = short.split(".")
    path = ".".join([known[first], *rest]) if first in known else name
    return f"[`{short}`][{path}]" if first in known or name != short else f"`{short}`"
