"""Axes of a figure of their own, which notebooks show. This module needs matplotlib; no other imports it at once."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from abmmetrics._plot_svg import to_svg


class PictureAxes(Axes):
    """Axes that notebooks show, on light and dark pages alike, although no pyplot knows their figure."""

    def _repr_html_(self) -> str:
        """Show the picture in notebooks."""
        return to_svg(self, alt=self.get_title(loc="left") or "picture")


def new_axes(width: float, height: float) -> Axes:
    """Return the axes of a new figure of a size in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure.add_subplot(axes_class=PictureAxes)
