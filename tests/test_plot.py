"""What all pictures have in common: where they draw, what they refuse, how they look in grey, and as SVG."""

import importlib
import itertools
import os
import subprocess
import sys
import warnings
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import abmmetrics as abm
from abmmetrics import MetricInputError, plot
from abmmetrics._plot_attribution import _CREDIT, _NOBODY
from abmmetrics._plot_bridges import _GAIN, _LOSS, _WHOLE
from abmmetrics._plot_canvas import BLACK, INK, INK_ON_DARK, WHITE, lightness, text_on
from abmmetrics._plot_retention import shade_of
from abmmetrics._plot_scores import _LOOKS as ANSWERS
from abmmetrics._plot_stages import _ENTERED, _MOVES
from abmmetrics._plot_words import columns_of, short, short_labels, tick_text, width_of

from .pictures import assert_readable, pixels, rows, title

NAMESPACE = "{http://www.w3.org/2000/svg}"
INJECTED = ['$x_1$ <script>alert("&")</script>', "中文标签", "عربى", "a\x00b\ud800\nc", "\\frac{1}{2}$", "100 % & <b>"]


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - it is our own


def win_rate(labels):
    accounts = [f"A{place}" for place in range(2 * len(labels))]
    outcome = ["won", "lost"] * len(labels)
    deals = abm.Opportunities(account=accounts, outcome=outcome, segments={"tier": [*labels, *labels]})
    return abm.win_rate(deals, by="tier")


@pytest.fixture(scope="module")
def world():
    return abm.synthetic.program(accounts=40, seed=4)


@pytest.fixture(scope="module")
def results(world):
    """A result for every picture, by its name."""
    stages = world.stage_history
    events = abm.JourneyEvents(account=stages.account, step=stages.stage, at=stages.entered)
    paid = {"account": [], "period": [], "amount": []}
    for account, (first, months) in enumerate([(0, 6), (0, 2), (1, 5), (1, 3), (2, 4), (2, 1), (3, 3), (4, 2), (5, 1)]):
        for month in range(first, first + months):
            for name, value in (
                ("account", f"C{account}"), ("period", f"2025-0{month + 1}-01"), ("amount", 100 + 10 * month + account)
            ):  # fmt: skip
                paid[name].append(value)
    history = abm.RevenueHistory(**paid)
    journeys = abm.build_journeys(world.touches, world.opportunities, lookback_days=60, anchor="closed")
    quarter = abm.period(world.opportunities.created, "quarter")
    span = {"stages": world.stages, "lost": world.lost_stages, "start": "2025-03-31", "end": "2025-09-30"}
    return {
        "attribution": abm.compare_models(abm.first_touch(journeys), abm.last_touch(journeys)),
        "bridge": abm.revenue_bridge(world.recurring_revenue),
        "budget": abm.allocate_budget(world.campaign_results, elasticity=0.4, bounds=(0.5, 1.5)),
        "cohorts": abm.cohort_retention(history, unit="month"),
        "content_verdicts": abm.content_verdicts(world.content_views, keep_at=0.25, drop_at=0.15),
        "estimates": abm.win_rate(world.opportunities, by="tier"),
        "funnel": abm.funnel(events, ["Discovery", "Proposal", "Won"], within_days=90, as_of=world.as_of),
        "lift": {way: abm.lift(world.arm_outcomes, method=way, unit="money") for way in ("difference", "did")},
        "net_promoter": abm.net_promoter_score(world.survey_scores, by="tier"),
        "stage_flow": abm.stage_progression(stages, **span, by="tier"),
        "survival": abm.survival_curve(abm.tenures(history, unit="month")),
        "trend": abm.win_rate(world.opportunities, by=quarter),
    }


PICTURES = sorted(set(plot.__all__) - {"to_svg"})


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_can_be_read_and_is_the_same_every_time(results, name):
    ax = getattr(plot, name)(results[name])
    assert title(ax)
    assert ax.get_xlabel() or ax.get_ylabel()
    svg = plot.to_svg(ax, alt=f"a picture of {name}")
    root = parsed(svg)
    assert root.tag == f"{NAMESPACE}svg"
    assert (root[0].tag, root[0].text) == (f"{NAMESPACE}title", f"a picture of {name}")
    assert len(svg) < 150_000
    assert INK not in svg
    again = getattr(plot, name)(results[name])
    assert svg == plot.to_svg(again, alt=f"a picture of {name}")
    assert_readable(again)


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_draws_on_the_axes_given_however_narrow_and_nowhere_else(results, name):
    figure = Figure(figsize=(9, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    before = dict(mpl.rcParams)
    assert getattr(plot, name)(results[name], ax=left) is left
    assert dict(mpl.rcParams) == before
    assert figure.axes == [left, right]
    assert not [*right.lines, *right.texts, *right.patches, *right.collections]
    assert not right.get_title(loc="left")
    assert not [text for text in left.texts if " to " in text.get_text() and text.get_gid() != "told"]
    figure.draw_without_rendering()


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_refuses_what_it_is_not_of(name):
    with pytest.raises(MetricInputError, match=r"^\w+ must be .*; got Table$"):
        getattr(plot, name)(type("Table", (), {})())


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_refuses_axes_that_are_none(results, name):
    with pytest.raises(MetricInputError, match=r"^ax must be axes of matplotlib, or None; got Figure$"):
        getattr(plot, name)(results[name], ax=Figure())


def test_labels_are_text_as_they_are_and_no_markup():
    found = win_rate(INJECTED)
    ax = plot.estimates(found)
    # Sorted, as results sort their labels.
    shown = ["$x_1$ <script>aler…</script>", "100 % & <b>", "\\frac{1}{2}$", "a\ufffdb\ufffd c", "عربى", "中文标签"]
    assert rows(ax) == shown
    svg = plot.to_svg(ax, alt='50 % "won" <b>\n&amp;')
    root = parsed(svg)
    assert root[0].text == root.attrib["aria-label"] == '50 % "won" <b> &amp;'
    assert set(shown) <= {element.text for element in root.iter(f"{NAMESPACE}text")}
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} <= {
        "svg", "title", "g", "path", "text", "defs", "use", "clipPath", "rect",
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        pixels(ax)


def test_svg_is_part_of_a_page():
    ax = plot.estimates(win_rate(["A", "B"]))
    svg = plot.to_svg(ax, alt="one")
    root = parsed(svg)
    assert root.attrib["role"] == "img"
    assert set(root.attrib) == {"viewBox", "role", "aria-label", "style"}
    width = float(root.attrib["viewBox"].split()[2])
    assert width == pytest.approx(7.2 * 72)
    assert root.attrib["style"].startswith("width: 100%; max-width: 691px; height: auto; ")
    assert "\n" not in svg
    assert "DejaVu" not in svg
    assert "font-family: system-ui, " in svg or "px system-ui, " in svg
    assert "currentColor" in svg
    assert "#0072b2" in svg


def test_names_in_svg_are_those_of_one_picture_and_all_referred_to():
    svgs = [plot.to_svg(plot.estimates(win_rate(["A", "B"])), alt=alt) for alt in ("one", "two")]
    ids = [[element.attrib["id"] for element in parsed(svg).iter() if "id" in element.attrib] for svg in svgs]
    for svg, names in zip(svgs, ids, strict=True):
        assert names
        assert len(set(names)) == len(names)
        assert all(f'"#{name}"' in svg or f"url(#{name})" in svg for name in names)
        assert svg.count("#abm-") == sum(svg.count(f"#{name}") for name in names)
    assert not set(ids[0]) & set(ids[1])


def test_svg_of_axes_of_others_keeps_their_colours():
    ax = Figure().add_subplot()
    ax.bar([0], [1], color="#123456", hatch="/")
    ax.text(0, 0, "#1b1c1d")
    svg = plot.to_svg(ax, alt="theirs")
    assert "#123456" in svg
    assert ">#1b1c1d</text>" in svg


@pytest.mark.parametrize(
    ("ax", "alt", "message"),
    [
        ("figure", "a", r"^ax must be axes of matplotlib; got str$"),
        (None, "a", r"^ax must be axes of matplotlib; got NoneType$"),
        (Figure().add_subplot(), " ", r"^alt must say what the picture says; got ' '$"),
        (Figure().add_subplot(), None, r"^alt must say what the picture says; got None$"),
    ],
)
def test_svg_refuses(ax, alt, message):
    with pytest.raises(MetricInputError, match=message):
        plot.to_svg(ax, alt=alt)


def test_a_picture_shows_itself_in_notebooks():
    ax = plot.estimates(win_rate(["A", "B"]))
    assert ax._repr_html_() == plot.to_svg(ax, alt="Win rate by tier (4 accounts)")
    ax.set_title("", loc="left")
    assert parsed(ax._repr_html_())[0].text == "picture"


@pytest.mark.parametrize(
    ("figure", "axes", "ink"),
    [
        ("white", "white", INK),
        ("black", "none", INK_ON_DARK),
        ("white", "#101010", INK_ON_DARK),
        ("none", "none", INK),
        ("black", "#eeeeee", INK),
    ],
)
def test_ink_shows_on_its_background(figure, axes, ink):
    ax = Figure(facecolor=figure).add_subplot(facecolor=axes)
    plot.estimates(win_rate(["A"]), ax=ax)
    assert ax._left_title.get_color() == ink
    assert INK_ON_DARK not in plot.to_svg(ax, alt="dark")


def test_settings_of_the_user_leave_labels_as_they_are():
    with mpl.rc_context({"axes.grid": True, "axes.grid.axis": "both"}):
        ax = plot.estimates(win_rate(["$a$", "b"]))
    assert rows(ax) == ["$a$", "b"]
    assert not any(line.get_visible() for line in ax.get_ygridlines())
    assert not ax.yaxis.get_ticklabels()[0].get_parse_math()


def test_colours_that_touch_differ_in_grey_or_in_hatching():
    for looks in (ANSWERS, [*_MOVES.values(), _ENTERED], (_WHOLE, _GAIN, _LOSS), (_CREDIT, _NOBODY)):
        for one, other in itertools.combinations(looks, 2):
            assert one.hatch != other.hatch or abs(lightness(one.colour) - lightness(other.colour)) > 10
    shades = [lightness(shade_of(share)) for share in np.linspace(0, 1, 21).tolist()]
    assert all(np.diff(shades) < -2)


@given(colour=st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}"))
def test_text_reads_on_any_colour(colour):
    """The ratio of contrast (WCAG 2) of black or white on it is at least 4.5."""
    light = lightness(colour)
    luminance = ((light + 16) / 116) ** 3 if light > 8 else light / (24389 / 27)
    ratio = (luminance + 0.05) / 0.05 if text_on(colour) == BLACK else 1.05 / (luminance + 0.05)
    assert ratio > 4.4


def test_lightness_is_that_of_the_standard():
    assert lightness(BLACK) == 0
    assert lightness(WHITE) == pytest.approx(100, abs=1e-3)
    # sRGB's mid grey, and a nearly black colour on the straight parts of both curves.
    assert lightness("#777777") == pytest.approx(50.03, abs=0.01)
    assert lightness("#0a0a0a") == pytest.approx(10 / 255 / 12.92 * 24389 / 27, abs=1e-9)
    assert lightness("#ff0000") == pytest.approx(53.24, abs=0.01)
    assert lightness("#00ff00") == pytest.approx(87.74, abs=0.01)
    assert lightness("#0000ff") == pytest.approx(32.30, abs=0.01)


@given(labels=st.lists(st.text(max_size=50), min_size=1, max_size=4, unique=True), most=st.integers(12, 40))
def test_short_labels_fit_and_differ(labels, most):
    told = short_labels(labels, most)
    assert len(set(told)) == len(labels)
    assert all(columns_of(text) <= most + len(" (4)") for text in told)
    assert all(text.isprintable() or any(not character.isprintable() for character in labels[place])
               for place, text in enumerate(told))  # fmt: skip


def test_long_labels_keep_their_beginning_and_their_end():
    assert short("North American enterprise accounts, wave 12", 28) == "North American ent…, wave 12"
    assert short("x" * 28, 28) == "x" * 28
    assert short_labels(["a" * 40 + "b" * 40, "a" * 41 + "b" * 40], 12) == ["aaaaaaa…bbbb (1)", "aaaaaaa…bbbb (2)"]
    assert short_labels([("Large", 2025), ("Large", 2026)]) == ["Large, 2025", "Large, 2026"]
    assert short("中" * 20, 12) == "中" * 3 + "…" + "中" * 2
    assert width_of("中", 10) == 2 * width_of("x", 10) < 2 * width_of("x", 10, bold=True)


def test_figures_of_axes_have_no_more_digits_than_they_need():
    told = [
        tick_text(0.1 + 0.2, "share"),
        tick_text(-0.025, "return"),
        tick_text(1_250_000, "money"),
        tick_text(0.1 + 0.2, "ratio"),
    ]
    assert told == ["30 %", "-2.5 %", "1,250,000", "0.3"]
    assert [tick_text(0.0, "days"), tick_text(10.0, "count")] == ["0", "10"]


def test_matplotlib_is_loaded_only_to_draw_and_its_lack_is_told(monkeypatch):
    code = "import sys; import abmmetrics as abm; abm.plot.estimates; print('matplotlib' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    ax = Figure().add_subplot()
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    wanted = r"^pictures need matplotlib, which comes with abmmetrics\[plot\]$"
    with pytest.raises(ImportError, match=wanted):
        plot.estimates(win_rate(["A"]))
    with pytest.raises(ImportError, match=wanted):
        plot.to_svg(ax, alt="one")


@pytest.fixture(scope="module")
def browser():
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip("there is no Chromium to look at pages with")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as started:
        options = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
        ]
        found = started.chromium.launch(executable_path=str(chromium), args=options)
        yield found
        found.close()


def test_ink_is_that_of_the_page_in_a_browser(browser):
    svg = plot.to_svg(plot.estimates(win_rate(["A", "B"])), alt="one")
    page = browser.new_page(viewport={"width": 500, "height": 400})
    page.set_content(f'<body style="margin:0;color:rgb(230, 237, 243);background:#0d1117">{svg}')
    inks = page.eval_on_selector_all("text", "found => found.map(one => getComputedStyle(one).fill)")
    assert set(inks) == {"rgb(230, 237, 243)"}
    box = page.eval_on_selector("svg", "found => [found.getBoundingClientRect().width, getComputedStyle(found).color]")
    assert box == [500, "rgb(230, 237, 243)"]
    page.close()


@settings(max_examples=3)
@given(values=st.lists(st.sampled_from(["won", "lost", "open"]), min_size=1, max_size=12))
def test_pictures_of_any_outcomes_are_valid(values):
    deals = abm.Opportunities(
        account=list(map(str, range(len(values)))),
        outcome=values,
        segments={"half": [place % 2 for place in range(len(values))]},
    )
    assert parsed(plot.to_svg(plot.estimates(abm.win_rate(deals, by="half")), alt="any")).tag == f"{NAMESPACE}svg"


def test_modules_of_pictures_load_without_matplotlib():
    assert importlib.import_module("abmmetrics.plot") is plot
