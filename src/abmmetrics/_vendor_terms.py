"""What a vendor's term is: its formula, and the code that gives the same number."""

import html

import attrs

from abmmetrics._vendor_maps import READ_ON


@attrs.frozen(kw_only=True, repr=False)
class VendorTerm:
    """What a vendor means by a KPI's name, and how to have its number.

    Attributes:
        vendor: who says so.
        term: what the vendor calls it.
        family: the family of ours that it belongs to.
        formula: how the vendor computes it.
        code: the expression that gives the vendor's number; where ``reproduces`` is False, ours in its place.
        difference: why ours differs by default.
        reproduces: whether the code gives the vendor's number.
        source: where the vendor says so.
        read_on: when that was read. Vendors change what they count.
        also: other names of the term.

    Example:
        >>> import abmmetrics as abm
        >>> abm.vendors.explain("HubSpot", "click-through rate").code
        'abm.click_to_open_rate(emails)'
    """

    vendor: str
    term: str
    family: str
    formula: str
    code: str
    difference: str
    reproduces: bool = True
    source: str
    read_on: str = READ_ON
    also: tuple[str, ...] = ()

    @property
    def ours(self) -> str:
        """What the code is."""
        return "with abmmetrics" if self.reproduces else "not offered; instead"

    def _lines(self) -> list[tuple[str, str]]:
        named = [("also called", ", ".join(self.also))] if self.also else []
        return [
            *named,
            ("their formula", self.formula),
            (self.ours, self.code),
            ("why ours differs" if self.reproduces else "why not", self.difference),
            ("source", f"{self.source} (read {self.read_on})"),
        ]

    def __str__(self) -> str:
        """Say whose number it is, and how to have it."""
        width = max(len(name) for name, _ in self._lines())
        lines = [f"{self.vendor}: {self.term}", *(f"  {name:<{width}}  {text}" for name, text in self._lines())]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Show the same as a table in notebooks."""
        rows = "".join(
            f"<tr><th scope='row'>{name}</th><td>{_as_html(text, is_code=name == self.ours)}</td></tr>"
            for name, text in self._lines()
        )
        return f"<table><caption>{html.escape(f'{self.vendor}: {self.term}')}</caption>{rows}</table>"


def _as_html(text: str, *, is_code: bool) -> str:
    escaped = html.escape(text)
    return f"<code>{escaped}</code>" if is_code else escaped


def key(name: str) -> str:
    """Return a name without case, hyphens and spaces, which writers put in or leave out."""
    return name.casefold().replace("-", "").replace(" ", "")
