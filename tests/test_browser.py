"""The scorecard's page in a browser: readable by everybody, on every screen and on paper, and alone with itself."""

import os
import shutil

import numpy as np
import pytest

from abmmetrics import synthetic
from abmmetrics.opportunities import Opportunities
from abmmetrics.program import Program
from abmmetrics.results import Estimate
from abmmetrics.scorecards import scorecard
from abmmetrics.winrate import win_rate

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
WICKED = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{display:none}</style>",
    "</svg><h1>",
]
NAMES = ("ABMMETRICS_CHROMIUM", "chromium", "google-chrome")


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: abmmetrics[browser]")
    found = os.environ.get(NAMES[0]) or next(filter(None, map(shutil.which, NAMES[1:])), None)
    if found is None:
        pytest.skip(f"there is no Chromium: put one on the path, or say where it is by {NAMES[0]}")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The page of the sample, with pictures where there is matplotlib, and one whose labels are wicked."""
    folder = tmp_path_factory.mktemp("pages")
    world = synthetic.program(accounts=60, seed=4)
    card = scorecard(world.where("year", "2025", others="keep"), baseline=world.where("year", "2024"), by="tier")
    (folder / "sample.html").write_text(card.to_html(), encoding="utf-8")
    (folder / "plain.html").write_text(card.to_html(pictures=False), encoding="utf-8")
    deals = Opportunities(
        account=WICKED * 5,
        outcome=["won", "lost"] * 10,
        closed=np.arange("2026-01-01", "2026-01-21", dtype="datetime64[D]"),
        created="2026-01-01",
        amount=10,
        segments={WICKED[1]: WICKED * 5},
    )
    program = Program(name=WICKED[0], opportunities=deals, by=[WICKED[1]], findings=WICKED, currency=WICKED[2])
    wicked = scorecard(program, baseline=program)
    (folder / "wicked.html").write_text(wicked.to_html(), encoding="utf-8")
    shown: Estimate = win_rate(deals, by=WICKED[1])
    (folder / "notebook.html").write_text(
        f'<!DOCTYPE html><html lang="en"><title>t</title><body><p id="mine">x</p>{shown._repr_html_()}'
        f"{wicked._repr_html_()}{deals._repr_html_()}</body></html>",
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def opened(browser, files):
    """Opens a file in a page of its own; what it asks of the network, complains of or pops up fails the test."""
    contexts, told = [], []

    def opening(name, viewport=DESKTOP, scheme="light"):
        context = browser.new_context(viewport=viewport, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith("file:") or told.append(request.url))
        page.goto((files / name).as_uri())
        return page

    yield opening
    for context in contexts:
        context.close()
    assert told == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everybody_can_read_it(opened, viewport, scheme, tmp_path):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed: abmmetrics[browser]"
    )
    # Pictures take axe long, and are looked at once.
    page = opened("sample.html" if (viewport, scheme) == (PHONE, "dark") else "plain.html", viewport, scheme)
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    for name in ("Summary", "Pipeline", "Customers", "The data"):
        assert page.get_by_role("heading", name=name, exact=True).is_visible()
    picture = page.screenshot(path=tmp_path / "page.png")
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(picture[place : place + 4], "big") for place in (16, 20)] == list(viewport.values())
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(int(part) for part in background.strip("rgb()").split(","))
    assert light > 700 if scheme == "light" else light < 100


def test_nothing_sticks_out_at_any_width(opened):
    page = opened("sample.html")
    for width in (320, 390, 600, 768, 1024, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_light_and_dark_differ(opened):
    light, dark = (opened("sample.html", DESKTOP, scheme).screenshot() for scheme in ("light", "dark"))
    assert light != dark
    assert min(len(light), len(dark)) > 20_000  # a blank page is a tenth of that


def test_a_narrow_page_stacks_its_tables_and_scrolls_its_pictures(opened):
    page = opened("sample.html", PHONE)
    row = page.get_by_role("row").filter(has_text="Click rate").first
    cells = row.get_by_role("cell")
    assert cells.nth(1).bounding_box()["y"] > cells.nth(0).bounding_box()["y"]
    heads = page.locator("table thead").first.bounding_box()
    assert (heads["width"], heads["height"]) == (1, 1)  # for readers of screens only
    for box in page.locator(".wide").all():
        assert box.bounding_box()["width"] <= PHONE["width"]


def test_the_keyboard_gets_everywhere(opened):
    page = opened("sample.html")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the figures")
    assert skip.bounding_box()["x"] > 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "figures"
    link = page.get_by_role("navigation").get_by_role("link", name="Sales", exact=True)
    link.click()
    assert page.locator(page.evaluate("location.hash")).get_by_role("heading", name="Sales", exact=True).is_visible()
    definitions = page.get_by_text("How these figures are defined").first
    formula = page.locator("dd .formula").first
    assert not formula.is_visible()
    definitions.focus()
    page.keyboard.press("Enter")
    assert formula.is_visible()


def test_it_prints(opened):
    page = opened("sample.html", scheme="dark")
    written = page.pdf(format="A4")
    assert written.startswith(b"%PDF")
    assert 4 <= written.count(b"/Type /Page\n") + written.count(b"/Type /Page ") + written.count(b"/Type /Page/") <= 30
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.get_by_role("navigation").is_visible()
    notes, definitions = page.locator("details.notes").first, page.get_by_text("How these figures are defined").first
    assert notes.locator("li").first.is_visible()
    assert not definitions.is_visible()


def test_wicked_labels_are_shown_as_they_are(opened):
    page = opened("wicked.html")
    assert page.locator("img, script, iframe").count() == 0
    assert page.locator("h1").count() == 1
    assert page.locator("style").count() == 1
    assert page.locator("h1").inner_text() == f"Scorecard: {WICKED[0]}"
    for label in WICKED:
        assert page.locator("tbody th").filter(has_text=label).first.is_visible()
    notebook = opened("notebook.html", scheme="dark")
    assert notebook.locator("img, script, h1").count() == 0
    assert notebook.locator("#mine").is_visible()
    for label in WICKED:
        assert notebook.locator("tbody th").filter(has_text=label).first.is_visible()


def test_a_table_takes_the_ink_of_the_notebook_and_changes_nothing_else(opened):
    page = opened("notebook.html")
    plain = "getComputedStyle(document.getElementById('mine')).cssText"
    before = page.evaluate(plain)
    page.evaluate("document.body.style.color = 'rgb(1, 2, 3)'")
    ink = page.evaluate("getComputedStyle(document.querySelector('.abmmetrics td')).color")
    assert ink == "rgb(1, 2, 3)"
    page.evaluate(
        "document.body.style.color = ''; document.querySelectorAll('.abmmetrics').forEach(one => one.remove())"
    )
    assert page.evaluate(plain) == before
