"""Pictures of results, drawn with matplotlib (``pip install "abmmetrics[plot]"``).

Every function takes ``ax=`` and returns it, draws on nothing else, and changes no setting of matplotlib. Without
``ax`` it draws on a figure of its own, which notebooks show, and which ``ax.figure.savefig("picture.png")`` saves; a
window of one's own is ``abm.plot.estimates(rate, ax=plt.subplots()[1])``. Colours are those of Okabe and Ito, which
everybody can tell apart, and differ in lightness, form or hatching too, so that pictures can be printed in grey.
Intervals are always drawn, figures always written; what is undefined says why.
"""

from abmmetrics._plot_attribution import attribution, budget
from abmmetrics._plot_bridges import bridge
from abmmetrics._plot_content import content_verdicts
from abmmetrics._plot_estimates import estimates, lift
from abmmetrics._plot_funnels import funnel
from abmmetrics._plot_periods import trend
from abmmetrics._plot_retention import cohorts, survival
from abmmetrics._plot_scores import net_promoter
from abmmetrics._plot_stages import stage_flow
from abmmetrics._plot_svg import to_svg

__all__ = [
    "attribution",
    "bridge",
    "budget",
    "cohorts",
    "content_verdicts",
    "estimates",
    "funnel",
    "lift",
    "net_promoter",
    "stage_flow",
    "survival",
    "to_svg",
    "trend",
]
