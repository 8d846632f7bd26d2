"""Pictures of results, drawn with matplotlib (``pip install "abmmetrics[plot]"``).

Every function takes ``ax=`` and returns it, draws on nothing else, and changes no setting of matplotlib. Without
``ax`` it draws on a figure of its own, which notebooks show, and which ``ax.figure.savefig("picture.png")`` saves; a
window of one's own is ``abm.plot.estimates(rate, ax=plt.subplots()[1])``. Colours are those of Okabe and Ito, which
everybody can tell apart, and differ in lightness, form or hatching too, so that pictures can be printed in grey.
Intervals are always drawn, figures always written; what is undefined says why.
"""

from abmmetrics._plot_estimates import estimates
from abmmetrics._plot_svg import to_svg

__all__ = ["estimates", "to_svg"]
