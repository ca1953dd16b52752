"""From a picture to SVG and PNG: valid, safe, the same bytes each time, nothing fetched."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from segmentry.errors import NotEnoughDataError, OutputError
from segmentry.plots import Picture, draw_all, to_png, to_svg, write_pictures
from segmentry.plots.axes import linear_ticks, tick_text
from segmentry.plots.placing import place
from segmentry.plots.points import picture_scatter
from segmentry.plots.sizes import picture_sizes
from segmentry.plots.style import names
from segmentry.segmentation import Segmentation

MadeUp = Callable[..., Segmentation]
EVIL = ["<script>alert(1)</script>", "A & B \"x\" 'y'", "Same", "Same", "Very " * 30 + "long", "]+alert(1)+["]


@pytest.fixture(scope="module")
def evil(made_up: MadeUp) -> dict[str, Picture]:
    return {p.key: p for p in draw_all(made_up(6, names=EVIL, level="<b>"))}


@pytest.mark.parametrize("titled", [True, False])
def test_svg_is_well_formed_and_runs_nothing(evil: dict[str, Picture], titled: bool) -> None:
    """Names with markup are escaped; no script, no event, no address but the namespaces."""
    for picture in evil.values():
        svg = to_svg(picture, titled=titled)
        root = ET.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "<script" not in svg
        assert not re.search(r"\son\w+=", svg)
        assert not re.findall(r"https?://", re.sub(r'xmlns(:xlink)?="[^"]*"', "", svg))
        assert not re.search(r'href="(?!#)', svg)


def test_every_chart_is_of_the_grammar(evil: dict[str, Picture], tea_shop_segmentation: Segmentation) -> None:
    """Vega-Lite's own schema allows each: pictures are drawn without asking it, which would double their time."""
    for picture in (*evil.values(), *draw_all(tea_shop_segmentation)):
        if picture.chart is not None:
            assert picture.chart.to_dict(validate=True) == picture.chart.to_dict(validate=False)


def test_svg_has_a_name_and_a_description(evil: dict[str, Picture]) -> None:
    """Screen readers hear the finding and what to see in the picture."""
    for picture in evil.values():
        root = ET.fromstring(to_svg(picture, titled=False))
        assert root.get("role") == "img"
        children = {child.get("id"): child.text for child in root}
        assert [children[name] for name in str(root.get("aria-labelledby")).split()] == [picture.title, picture.caption]


def test_ids_of_two_pictures_never_meet(evil: dict[str, Picture]) -> None:
    """Pictures that stand in one page share no id."""
    found = [re.findall(r'\bid="([^"]+)"', to_svg(p, titled=False)) for p in evil.values()]
    flat = [name for names_ in found for name in names_]
    assert len(flat) == len(set(flat))


def test_png_is_wide_enough_for_a_slide(five: Segmentation) -> None:
    """At least 1,400 pixels, whatever the scale asked for."""
    picture = picture_sizes(five)
    for scale in (0.5, 2.0):
        png = to_png(picture, scale)
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">I", png[16:20])[0] >= 1400


def test_same_value_same_bytes(made_up: MadeUp) -> None:
    """Two equal segmentations give the same picture, byte by byte."""
    for make in (picture_scatter, picture_sizes):
        first, again = make(made_up()), make(made_up())
        assert first.spec == again.spec
        assert to_png(first) == to_png(again)


def test_pictures_are_written_by_key(made_up: MadeUp, tmp_path: Path) -> None:
    """The folder is made; a picture that is absent leaves no file."""
    pictures = [make(made_up(view=False)) for make in (picture_sizes, picture_scatter)]
    paths = write_pictures(pictures, tmp_path / "plots")
    assert [path.name for path in paths] == ["sizes.png"]
    assert [path.name for path in (tmp_path / "plots").iterdir()] == ["sizes.png"]


def test_a_folder_that_cannot_be_made_is_told_of(made_up: MadeUp, tmp_path: Path) -> None:
    """Where a file stands in its place, or nothing can be written, the error is one of ours."""
    (tmp_path / "afile").write_text("mine")
    with pytest.raises(OutputError, match="afile/plots cannot be made"):
        write_pictures([picture_sizes(made_up())], tmp_path / "afile" / "plots")


def test_an_absent_picture_has_no_svg(made_up: MadeUp) -> None:
    """Asking for one says why there is none."""
    picture = picture_scatter(made_up(view=False))
    with pytest.raises(NotEnoughDataError, match="fit again"):
        to_svg(picture)


def test_equal_names_are_told_apart(made_up: MadeUp) -> None:
    """The second of two equal names carries its id."""
    written = names(made_up(6, names=EVIL).segments)
    assert (written["s3"], written["s4"]) == ("Same", "Same (s4)")
    assert len(set(written.values())) == 6


def test_names_never_cover_each_other() -> None:
    """Ten names on one spot find ten places inside the area."""
    boxes = place([(300.0, 200.0)] * 10, ["Some segment"] * 10, 660, 430)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(b.width / 2 <= b.x <= 660 - b.width / 2 for b in boxes)


def test_ticks_are_round_and_few() -> None:
    """Axes carry round numbers as a reader says them."""
    assert linear_ticks(8_000, 105_000, 3) == [50_000, 100_000]
    assert tick_text(0.05, "share") == "5 %"
    assert tick_text(20_000, "money", "$") == "$20,000"
    assert tick_text(40, "years") == "40"
