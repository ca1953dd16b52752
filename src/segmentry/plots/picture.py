"""A picture as a value, and its way to SVG and PNG. Leaves what is drawn to the modules beside it."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape
from pathlib import Path
from typing import Any

import vl_convert

from segmentry.errors import NotEnoughDataError, OutputError
from segmentry.plots.style import FONT, INK, MUTED, PAPER, Chart, balanced, tight
from segmentry.tables import as_path, check_kind, write_bytes_atomically

VEGA_LITE = "6.4"
PAD = 28
SLIDE = 1400  # pixels that a picture on a slide is wide, at least
Row = dict[str, str]

ONE_SEGMENT = "All customers are in one segment, so there is nothing to compare."
NO_VIEW = "It is drawn from the customers' rows, which a stored segmentation does not hold: fit again to see it."


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: the finding, what to see in it, the chart, and its numbers as rows for screen readers.

    `chart` is None when the segmentation lacks what the picture needs; `absent` then says what.
    """

    key: str
    title: str
    caption: str
    chart: Chart | None
    table: tuple[Row, ...] = ()
    absent: str | None = None

    @cached_property
    def spec(self) -> str:
        """The chart without its title, as Vega-Lite text: always the same for the same segmentation."""
        # Checking it against the grammar takes as long as drawing it; the tests do that with each picture.
        spec: dict[str, Any] = self.shown().to_dict(validate=False)
        spec.pop("title", None)
        return json.dumps(spec, sort_keys=True)

    def __repr__(self) -> str:
        return f"<Picture {self.key}: {self.absent if self.chart is None else self.title}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the titled picture, which needs neither a script nor the network."""
        return f"<p>{escape(self.absent or '')}</p>" if self.chart is None else to_svg(self)

    def shown(self) -> Chart:
        """The chart, or an error that says why there is none."""
        if self.chart is None:
            raise NotEnoughDataError(f"The picture '{self.key}' cannot be drawn.", remedy=self.absent or "")
        return self.chart


def absent(key: str, title: str, reason: str) -> Picture:
    """A picture that cannot be drawn, with the reason that is shown in its place."""
    return Picture(key, title, "", None, (), reason)


def to_svg(picture: Picture, *, titled: bool = True) -> str:
    """The picture as SVG: with its title and caption for a slide, or bare for a page that has its own."""
    body = _convert(picture.spec)
    # Several pictures share one page, so that an id needs its picture's name.
    body = re.sub(r'(id="|url\(#|xlink:href="#)', rf"\g<1>{picture.key}-", body)
    width, height = _size(body)
    if not titled:
        return _labelled(body, picture)
    return _labelled(_slide(body, picture, width, height), picture)


def to_png(picture: Picture, scale: float = 2.0) -> bytes:
    """The titled picture as PNG, at least wide enough for a slide."""
    svg = to_svg(picture)
    return vl_convert.svg_to_png(svg, scale=max(scale, SLIDE / _size(svg)[0]))


def write_pictures(pictures: Sequence[Picture], folder: str | Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """The pictures that could be drawn, as `<folder>/<key>.png`; the paths come back in the same order.

    Raises OutputError when a file is there already (unless `overwrite`) or cannot be written.
    """
    folder = as_path(folder)
    remedy = "Pass a list of them, as sg.draw_all(segmentation) gives."
    check_kind(pictures, Iterable, "Pictures come in a list.", remedy)
    for picture in pictures:
        check_kind(picture, Picture, "This is not a picture.", remedy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder {folder} cannot be made.", found=error.strerror or "", remedy="Name another folder."
        ) from error
    paths = []
    for picture in pictures:
        if picture.chart is not None:
            path = folder / f"{picture.key}.png"
            write_bytes_atomically(path, to_png(picture), overwrite=overwrite)
            paths.append(path)
    return tuple(paths)


@lru_cache(maxsize=64)
def _convert(spec: str) -> str:
    """Vega-Lite to SVG, once a specification: the PNG and the page are made from the same one."""
    svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    return re.sub(r"<[^>]*>", _tidy_tag, svg)


def _tidy_tag(match: re.Match[str]) -> str:
    """Two decimals are finer than any screen; hints for scripts are of no use without any."""
    tag = re.sub(r' (?:pointer-events|aria-hidden|aria-roledescription|role)="[^"]*"', "", match.group(0))
    return re.sub(
        r"-?\d+\.\d{3,}(?:e-?\d+)?", lambda number: f"{float(number.group(0)):.2f}".rstrip("0").rstrip("."), tag
    )


def _size(svg: str) -> tuple[float, float]:
    found = re.search(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"', svg)
    assert found is not None
    return float(found.group(1)), float(found.group(2))


def _slide(body: str, picture: Picture, width: float, height: float) -> str:
    full = max(width, 640) + 2 * PAD
    title = balanced(picture.title, max(24, int((full - 2 * PAD) / 9.6)))
    caption = textwrap.wrap(tight(picture.caption), max(30, int((full - 2 * PAD) / 5.9)))
    top = PAD + 24 * len(title) + 14
    bottom = top + height + 18
    end = bottom + 17 * len(caption) + PAD - 10
    inner = body.replace("<svg ", f'<svg x="{PAD}" y="{top}" ', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{full:g}" height="{end:g}" viewBox="0 0 {full:g} {end:g}">'
        f'<rect width="{full:g}" height="{end:g}" fill="{PAPER}"/>'
        + _lines(title, PAD + 16, 24, 19, INK, "bold")
        + inner
        + _lines(caption, bottom + 12, 17, 12, MUTED, "normal")
        + "</svg>"
    )


def _lines(lines: Sequence[str], first: float, step: float, size: int, fill: str, weight: str) -> str:
    font = f'font-family="{FONT}" font-size="{size}px" font-weight="{weight}" fill="{fill}"'
    return "".join(
        f'<text x="{PAD}" y="{first + i * step:g}" {font}>{escape(line)}</text>' for i, line in enumerate(lines)
    )


def _labelled(svg: str, picture: Picture) -> str:
    """An image with a name and a description, as screen readers expect it."""
    start = f'<svg role="img" aria-labelledby="{picture.key}-title {picture.key}-desc" '
    label = (
        f'<title id="{picture.key}-title">{escape(picture.title)}</title>'
        f'<desc id="{picture.key}-desc">{escape(picture.caption)}</desc>'
    )
    opened, rest = svg.replace("<svg ", start, 1).split(">", 1)
    return f"{opened}>{label}{rest}"
