"""The axes that pictures are drawn on, with ink that shows on them, and colours that everybody can tell apart."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs

from abmmetrics import _checks
from abmmetrics._plot_words import short, width_of, wrapped
from abmmetrics.results import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito (2008), "Color universal design".
BLUE, SKY, GREEN, YELLOW = "#0072B2", "#56B4E9", "#009E73", "#F0E442"
ORANGE, VERMILLION, PURPLE = "#E69F00", "#D55E00", "#CC79A7"
PALE = "#C9CDD2"
INK, INK_ON_DARK = "#1b1c1d", "#e6e7e8"
BLACK, WHITE = "#000000", "#ffffff"

WIDTH = 7.2
SIZE, SMALL, LARGE = 9.0, 8.0, 11.0
SOFT, FAINT = 0.72, 0.18
_NARROW = 330.0
_LINE = 1.3
_LINEAR_TO = 0.04045

Align = Literal["left", "center", "right"]
VerticalAlign = Literal["bottom", "center", "top", "baseline"]


def lightness(colour: str) -> float:
    """Return how light a colour is, from 0 (black) to 100 (white), as it prints in grey (CIE L*)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= _LINEAR_TO else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * luminance ** (1 / 3) - 16 if luminance > 216 / 24389 else luminance * 24389 / 27


def text_on(colour: str) -> str:
    """Return black or white, whichever reads better on a colour."""
    return BLACK if lightness(colour) > 50 else WHITE  # noqa: PLR2004 - midway


@attrs.frozen
class Canvas:
    """Axes, with the ink that shows on them.

    Attributes:
        ax: the axes.
        ink: dark on a light background, light on a dark one.
        room: how many points wide they and what stands beside them may be.
        height: how many points high, by a guess.
    """

    ax: "Axes"
    ink: str
    room: float
    height: float

    @property
    def narrow(self) -> bool:
        """Tell whether there is too little room for figures beside the axes."""
        return self.room < _NARROW

    def free(self, left: float, right: float) -> float:
        """Guess how many points wide the axes are between what stands beside them."""
        return max(self.room - left - right - 20, 60.0)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        at: Any = "data",  # noqa: ANN401 - coordinates, as in Axes.annotate
        shift: tuple[float, float] = (0.0, 0.0),
        size: float = SIZE,
        colour: str | None = None,
        soft: bool = False,
        bold: bool = False,
        italic: bool = False,
        align: Align = "left",
        vertical: VerticalAlign = "center",
        takes_room: bool = True,
        behind: str | None = None,
        turned: float = 0.0,
        name: str = "text",
    ) -> None:
        """Write a text as it is: labels are data, and no formulas."""
        note = self.ax.annotate(
            text,
            (x, y),
            xycoords=at,
            xytext=shift,
            textcoords="offset points",
            fontsize=size,
            color=colour or self.ink,
            alpha=SOFT if soft else None,
            fontweight="bold" if bold else "normal",
            fontstyle="italic" if italic else "normal",
            ha=align,
            va=vertical,
            rotation=turned,
            annotation_clip=False,
            bbox=None if behind is None else {"facecolor": behind, "edgecolor": "none", "pad": 1.2},
            parse_math=False,
            usetex=False,
        )
        note.set_in_layout(takes_room)
        note.set_gid(name)

    def heading(self, title: str, told: Sequence[str], *, left: float = 0.0, above: float = 0.0) -> None:
        """Write the title and, in small print under it, what to know.

        Args:
            title: the title.
            told: what to know.
            left: how many points of the room labels take to the left of the axes.
            above: how many points over the axes are taken.
        """
        room = self.room - left - SIZE
        lines = wrapped(" · ".join(told), room, SMALL)
        pad = above + 6 + (len(lines.split("\n")) * SMALL * _LINE + 2 if lines else 0)
        self.ax.set_title(
            wrapped(title, room, LARGE, bold=True),
            loc="left",
            pad=pad,
            fontsize=LARGE,
            fontweight="bold",
            color=self.ink,
            parse_math=False,
            usetex=False,
        )
        if lines:
            self.text(0, 1, lines, at="axes fraction", shift=(0, above + 5), size=SMALL, soft=True, vertical="bottom",
                      takes_room=False, name="told")  # fmt: skip

    def frame(
        self, *, grid: Literal["x", "y", "none"], axis: Sequence[Literal["bottom", "left"]] = ("bottom",)
    ) -> None:
        """Draw lines only where they help to read."""
        ax = self.ax
        for side, spine in ax.spines.items():
            spine.set_visible(side in axis)
            spine.set_color(self.ink)
            spine.set_alpha(SOFT)
            spine.set_linewidth(0.8)
        ax.grid(visible=False, which="both", axis="both")
        if grid != "none":
            ax.grid(visible=True, which="major", axis=grid, color=self.ink, alpha=FAINT, linewidth=0.6, linestyle="-")
        ax.set_axisbelow(True)
        ax.tick_params(axis="both", which="both", colors=self.ink, labelsize=SMALL, length=0, pad=4)
        ax.tick_params(axis="y", labelsize=SIZE)

    def label_x(self, text: str) -> None:
        """Say what the horizontal axis shows."""
        self.ax.set_xlabel(text, fontsize=SMALL, color=self.ink, parse_math=False, usetex=False, labelpad=4)

    def label_y(self, text: str) -> None:
        """Say what the vertical axis shows."""
        self.ax.set_ylabel(text, fontsize=SMALL, color=self.ink, parse_math=False, usetex=False, labelpad=4)

    def name_rows(self, labels: Sequence[str]) -> float:
        """Name the rows from the top down, and return how many points the names take."""
        self.ax.set_ylim(len(labels) - 0.5, -0.5)
        self.ax.set_yticks(range(len(labels)), labels=list(labels), parse_math=False, usetex=False, fontsize=SIZE)
        return max((width_of(label, SIZE) for label in labels), default=0.0) + 8


def canvas(ax: "Axes | None", *, width: float = WIDTH, height: float) -> Canvas:
    """Return the axes to draw on: those given, or those of a new figure of a size in inches."""
    try:
        from matplotlib.axes import Axes  # noqa: PLC0415 - the library works without matplotlib

        from abmmetrics._plot_axes import new_axes  # noqa: PLC0415 - likewise
    except ModuleNotFoundError as missing:
        raise ImportError("pictures need matplotlib, which comes with abmmetrics[plot]") from missing
    if ax is None:
        drawn: Axes = new_axes(width, height)
        share = (1.0, 1.0)
    elif isinstance(ax, Axes):
        drawn = ax
        place = ax.get_position()
        share = (place.width, place.height)
    else:
        raise _checks.refuse("ax", "be axes of matplotlib, or None", _checks.phrase(type(ax).__name__))
    figure = drawn.figure.canvas.figure
    return Canvas(
        ax=drawn,
        ink=_ink_on(drawn),
        room=72 * share[0] * float(figure.get_figwidth()),
        height=72 * share[1] * float(figure.get_figheight()),
    )


def _ink_on(ax: "Axes") -> str:
    """Return dark ink on a light background, and light ink on a dark one; nothing behind is a light one."""
    from matplotlib.colors import to_hex, to_rgba  # noqa: PLC0415 - the library works without matplotlib

    for face in (ax.get_facecolor(), ax.figure.get_facecolor()):
        if to_rgba(face)[3] > 0.5:  # noqa: PLR2004 - more there than not
            return INK if lightness(to_hex(face)) > 50 else INK_ON_DARK  # noqa: PLR2004 - midway
    return INK


def refuse_other(name: str, given: object, wanted: type | tuple[type, ...], words: str) -> None:
    """Refuse a result of another kind."""
    if not isinstance(given, wanted):
        raise _checks.refuse(name, f"be {words}", _checks.phrase(f"{type(given).__name__}"))


def refuse_number(name: str, count: int, most: int, nouns: str, hint: str) -> None:
    """Refuse a result with nothing to draw, or with more than anybody could read."""
    if count == 0:
        raise _checks.refuse(name, f"have {nouns} to draw", _checks.phrase("none"))
    if count > most:
        raise _checks.refuse(name, f"have at most {most} {nouns} to be read ({hint})", _checks.phrase(f"{count}"))


def refuse_groups(name: str, count: int, hint: str) -> None:
    """Refuse a result of several groups where a picture shows one."""
    if count != 1:
        raise _checks.refuse(name, "be of one group", _checks.phrase(f"{count}; {hint} takes one"))


def unit_ticks(canvas: Canvas, unit: Unit, axis: Literal["x", "y"], write: Callable[[float, Unit], str]) -> None:
    """Write the figures of an axis in its unit."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415 - the library works without matplotlib

    held = canvas.ax.xaxis if axis == "x" else canvas.ax.yaxis
    held.set_major_locator(MaxNLocator(nbins=3 if canvas.narrow else 5))

    def told(value: float, _: int | None) -> str:
        return write(value, unit)

    held.set_major_formatter(FuncFormatter(told))


def whole_ticks(canvas: Canvas) -> None:
    """Write whole numbers along the horizontal axis."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - the library works without matplotlib

    canvas.ax.xaxis.set_major_locator(MaxNLocator(nbins=3 if canvas.narrow else 8, integer=True))


def fitted(text: str, points: float, size: float) -> str:
    """Shorten a text to so many points."""
    return short(text, max(int(points / width_of("x", size)), 12))
