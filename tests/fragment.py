"""Reads HTML back: the tables and notes that a browser would show, and whether it is whole and harmless."""

from html.parser import HTMLParser

VOID = {"meta", "link", "br"}
HARMLESS = {
    *[
        "a",
        "article",
        "br",
        "caption",
        "circle",
        "code",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "g",
        "h1",
        "h2",
        "h3",
        "h4",
        "head",
        "header",
        "html",
        "li",
    ],
    *[
        "line",
        "main",
        "meta",
        "nav",
        "p",
        "path",
        "rect",
        "section",
        "small",
        "span",
        "strong",
        "style",
        "summary",
        "svg",
        "table",
        "tbody",
        "td",
        "text",
        "th",
        "thead",
        "title",
    ],
    *["body", "clippath", "defs", "pattern", "polygon", "polyline", "tr", "tspan", "ul", "use"],
}


class Fragment(HTMLParser):
    """What HTML shows: captions, heads and rows of its tables as text, list items, and its tags and attributes."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []
        self.captions, self.heads, self.rows, self.notes, self.text = [], [], [], [], ""
        self.feed(page)
        self.close()
        assert self.open == []
        assert set(self.tags) <= HARMLESS
        assert not [name for _, name, _ in self.attributes if name.startswith("on")]

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "tr":
            (self.heads if "thead" in self.open else self.rows).append([])
        for name, texts in (("caption", self.captions), ("li", self.notes)):
            if tag == name:
                texts.append("")
        if tag in {"td", "th"}:
            (self.heads if "thead" in self.open else self.rows)[-1].append("")
        if tag == "small" and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += " / "

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"style", "svg"} & set(self.open):
            return
        self.text += data
        if {"td", "th"} & set(self.open):
            (self.heads if "thead" in self.open else self.rows)[-1][-1] += data
        for name, texts in (("caption", self.captions), ("li", self.notes)):
            if name in self.open:
                texts[-1] += data
