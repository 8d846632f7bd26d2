"""Pictures as SVG that is part of a page: in its ink, with its fonts, and told to those who cannot see it."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

import hashlib
import io
import re
import warnings
from typing import TYPE_CHECKING, Any, cast
from xml.etree import ElementTree as ET

from abmmetrics import _checks
from abmmetrics._plot_canvas import INK, INK_ON_DARK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "abmmetrics", "svg.image_inline": True}
_PIXELS_A_POINT = 4 / 3
_REFERENCE = re.compile(r"(?<=url\(#)[^)]+")
_PAINTED = ("style", "fill", "stroke")
_TEXTS = ("text", "tspan", "title")
_LEFT_OUT = ("metadata", "style")  # a date, and rules of style that would be those of the whole page


def to_svg(ax: "Axes", *, alt: str) -> str:
    """Write the figure that axes are on as SVG to be put into a page of HTML.

    It is as wide as the page lets it be, up to its own size; text is text, in the page's font for it; what is drawn
    in ink takes the colour of the text around it, so that it can be read on light and on dark pages. The same
    figure gives the same text: there is no date in it. Its names begin with a figure that tells pictures apart.

    Leaves out: what lies behind the picture, which is the page.

    Args:
        ax: the axes; others on the same figure are written too.
        alt: what the picture says, in a sentence, for those who cannot see it.

    Returns:
        An ``<svg>`` element on one line.

    Raises:
        MetricInputError: if ``ax`` is not axes, or ``alt`` says nothing.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(account=["A", "B", "C", "D"], outcome=["won", "lost", "lost", "won"])
        >>> svg = abm.plot.to_svg(abm.plot.estimates(abm.win_rate(deals)), alt="Half of the deals were won.")
        >>> svg.startswith("<svg"), "<title>Half of the deals were won.</title>" in svg
        (True, True)
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - the library works without matplotlib
        from matplotlib.axes import Axes  # noqa: PLC0415 - likewise
    except ModuleNotFoundError as missing:
        raise ImportError("pictures need matplotlib, which comes with abmmetrics[plot]") from missing
    given = cast("object", ax)
    if not isinstance(given, Axes):
        raise _checks.refuse("ax", "be axes of matplotlib", _checks.phrase(type(given).__name__))
    words = cast("object", alt)
    if not isinstance(words, str) or not words.strip():
        raise _checks.refuse("alt", "say what the picture says", words)
    written = io.BytesIO()
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        # Text stays text, so the reader's fonts draw the letters that the fonts here lack.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        ax.figure.canvas.figure.savefig(written, format="svg", transparent=True)
    return _for_pages(written.getvalue().decode(), " ".join(alt.split()))


def _for_pages(svg: str, alt: str) -> str:
    """Make a file of its own part of a page."""
    root = ET.fromstring(svg)  # noqa: S314 - written by matplotlib just before
    for element in root.iter():
        element.tag = _plain(element.tag)
        element.attrib = {_plain(name): _painted(_plain(name), value) for name, value in element.attrib.items()}
        for child in list(element):
            if _plain(child.tag) in _LEFT_OUT:
                element.remove(child)
        if element.tag not in _TEXTS:
            element.text = None
        element.tail = None
    written = ET.tostring(root, encoding="unicode")  # without the date, which was in the metadata
    _rename(root, hashlib.sha256(f"{alt}\n{written}".encode()).hexdigest()[:10])
    width = float(root.attrib["viewBox"].split()[2])
    root.attrib = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-label": alt,
        "style": f"width: 100%; max-width: {width * _PIXELS_A_POINT:.0f}px; height: auto; "
        "stroke-linejoin: round; stroke-linecap: butt",
    }
    title = ET.Element("title")
    title.text = alt
    root.insert(0, title)
    return ET.tostring(root, encoding="unicode")


def _plain(name: str) -> str:
    """Leave out the namespace: an element inside of HTML has none."""
    return name.rpartition("}")[2]


def _painted(name: str, value: str) -> str:
    """Take ink and fonts from the page."""
    if name not in _PAINTED:
        return value
    painted = re.sub(f"{INK}|{INK_ON_DARK}", "currentColor", value)
    return re.sub(r"(font:[^;]*?[\d.]+px |font-family: )[^;]*", rf"\1{_FONT}", painted)


def _rename(root: ET.Element, digest: str) -> None:
    """Give what is referred to a name that no other picture on the page has, and nothing else a name."""
    names: dict[str, str] = {}

    def new(name: str) -> str:
        return names.setdefault(name, f"abm-{digest}-{len(names)}")

    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "href" and value.startswith("#"):
                element.set(key, f"#{new(value[1:])}")
            else:
                element.set(key, _REFERENCE.sub(lambda found: new(found[0]), value))
    for element in root.iter():
        name = element.attrib.pop("id", "")
        if name in names:
            element.set("id", names[name])
