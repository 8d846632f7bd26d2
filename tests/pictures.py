"""What tests of pictures share: parts of a picture by name, and its texts."""

import io
import itertools

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg


def parts(ax, name):
    """The parts of a picture of a name, by the number, or the numbers, that end it."""
    found = {}
    for artist in [*ax.lines, *ax.patches, *ax.texts, *ax.collections]:
        words = (artist.get_gid() or "").split()
        numbers = [int(word) for word in words if word.isdecimal()]
        if " ".join(word for word in words if not word.isdecimal()) == name:
            assert tuple(numbers) not in found or name in {"limit", "model limit", "no limit", "threshold"}
            found[tuple(numbers) if len(numbers) > 1 else numbers[0] if numbers else 0] = artist
    return found


def texts(ax, name):
    return {place: text.get_text() for place, text in parts(ax, name).items()}


def rows(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def ends(lines):
    """Where horizontal lines begin and end."""
    return {place: tuple(line.get_xdata()) for place, line in lines.items()}


def widths(bars):
    return {place: (bar.get_x(), bar.get_width()) for place, bar in bars.items()}


def told(ax):
    return texts(ax, "told").get(0, "").replace("\n", " ")


def title(ax):
    return ax.get_title(loc="left").replace("\n", " ")


def assert_readable(ax):
    """Draw it: all texts are on the figure, and figures do not lie on each other."""
    figure = ax.figure
    FigureCanvasAgg(figure).draw()
    renderer = figure.canvas.get_renderer()
    page = figure.bbox
    boxes = []
    low, high = sorted(ax.get_ylim())
    ticks = [label for label in ax.get_yticklabels() if low <= label.get_position()[1] <= high]
    for text in [*ax.texts, *ticks, ax.xaxis.label, ax.yaxis.label, ax._left_title]:
        if text.get_text() and text.get_visible():
            box = text.get_window_extent(renderer)
            assert box.x0 >= page.x0 - 1, text.get_text()
            assert box.x1 <= page.x1 + 1, text.get_text()
            assert box.y0 >= page.y0 - 1, text.get_text()
            assert box.y1 <= page.y1 + 1, text.get_text()
            boxes.append((text.get_text(), box.padded(-0.5)))
    for (first, one), (second, other) in itertools.combinations(boxes, 2):
        assert not one.overlaps(other), (first, second)


def pixels(ax):
    written = io.BytesIO()
    ax.figure.savefig(written, format="raw", dpi=50)
    return np.frombuffer(written.getvalue(), dtype=np.uint8)
