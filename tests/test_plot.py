"""What pictures show, read off what was drawn; and pictures as SVG."""

from xml.etree import ElementTree as ET

import pytest
from matplotlib.figure import Figure

import abmmetrics as abm

TIERS = ["Large", "Large", "Large", "Mid", "Mid", "Small"]


def by_tier(labels=TIERS, outcomes=("won", "lost", "won", "lost", "won", "open")):
    accounts = [f"A{place}" for place in range(len(labels))]
    return abm.win_rate(
        abm.Opportunities(account=accounts, outcome=list(outcomes), segments={"tier": labels}), by="tier"
    )


def parts(ax, name):
    """The parts of a picture of a name, by the number that ends it."""
    artists = [*ax.lines, *ax.patches, *ax.texts, *ax.collections]
    return {
        int(found.get_gid().split()[-1]): found
        for found in artists
        if (found.get_gid() or "").rpartition(" ")[0] == name
    }


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - it is our own


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_dots_and_lines_are_at_the_figures():
    found = by_tier()
    ax = abm.plot.estimates(found)
    for place, dot in parts(ax, "value").items():
        assert dot.get_xdata().tolist() == pytest.approx([found.value[place]], abs=1e-12)
        assert list(dot.get_ydata()) == [place]
    lines = parts(ax, "interval")
    assert list(lines) == [0, 1]
    for place, line in lines.items():
        assert list(line.get_xdata()) == pytest.approx([found.low[place], found.high[place]], abs=1e-12)
    assert texts(ax)[0] == "undefined (no deal is closed)"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Large", "Mid", "Small"]
    assert ax.get_title(loc="left") == "Win rate by tier (5 accounts)"
    assert ax.get_xlabel() == "win rate (percent)"


def test_svg_is_valid_the_same_every_time_and_free_of_scripts():
    labels = ['$x_1$ <script>alert("&")</script>', "中文", "عربى", "a\x00b\ud800\nc", "-", "-"]
    svgs = [abm.plot.to_svg(abm.plot.estimates(by_tier(labels)), alt='50 % "won" <b>') for _ in range(2)]
    assert svgs[0] == svgs[1]
    root = parsed(svgs[0])
    namespace = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{namespace}svg"
    assert root[0].tag == f"{namespace}title"
    assert root[0].text == root.attrib["aria-label"] == '50 % "won" <b>'
    assert root.attrib["role"] == "img"
    assert not {"width", "height"} & set(root.attrib)
    tags = {element.tag.removeprefix(namespace) for element in root.iter()}
    assert not {"script", "metadata", "style", "image"} & tags
    assert "currentColor" in svgs[0]
    shown = [element.text for element in root.iter(f"{namespace}text")]
    assert "$x_1$ <script>aler…</script>" in shown
    assert "a�b� c" in shown
    assert "\n" not in svgs[0]


def test_ids_of_pictures_differ_and_are_all_referred_to():
    first = abm.plot.to_svg(abm.plot.estimates(by_tier()), alt="one")
    second = abm.plot.to_svg(abm.plot.estimates(by_tier()), alt="two")
    ids = [
        {element.attrib["id"] for element in parsed(svg).iter() if "id" in element.attrib} for svg in (first, second)
    ]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, names in zip((first, second), ids, strict=True):
        assert all(f'"#{name}"' in svg or f"url(#{name})" in svg for name in names)


def test_a_picture_draws_on_the_axes_given_alone():
    figure = Figure(layout="constrained")
    left, right = figure.subplots(1, 2)
    assert abm.plot.estimates(by_tier(), ax=left) is left
    assert not right.lines
    assert not right.texts
