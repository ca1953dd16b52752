"""The house style of every picture, defined once: font, colours, sizes, names of segments. Draws nothing itself."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from typing import Any, Self

import altair as alt

from segmentry.segmentation import Segment, Segmentation

Chart = alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart

# Liberation Sans comes with the renderer and has the widths of Arial, so that text measured here fits elsewhere.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK = "#1b2430"
MUTED = "#5b6675"
FAINT = "#c9d0d9"
GRID = "#e8ebef"
ACCENT = "#0b5cad"
PAPER = "#ffffff"
NAME_WIDTH = 150
NAME_LETTERS = 22
LETTER = 6.4  # width of a letter in pixels at the size of the labels, on average
LABEL = 12
LINE = 14

# Blue below the average, orange above: the pair that the common forms of colour blindness keep apart.
DIVERGING = ("#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fde0b6", "#f1a340", "#b35806")


def wrap(text: str, letters: int = NAME_LETTERS, lines: int = 2) -> str:
    """Text broken into at most so many lines, cut with an ellipsis.

    >>> wrap("High-income champions of the north", 12)
    'High-income\\nchampions…'
    """
    if len(textwrap.wrap(text, letters)) <= lines:
        return "\n".join(balanced(text, letters)) or "…"
    return "\n".join(textwrap.wrap(text, letters, max_lines=lines, placeholder="…"))


def tight(text: str) -> str:
    """Numbers that stay on one line with their unit.

    >>> tight("14 % of customers") == "14\u00a0% of customers"
    True
    """
    return re.sub(r"(?<=\d) (?=%|M\b|bn\b|days\b|years\b)", "\u00a0", text)


def balanced(text: str, letters: int) -> list[str]:
    """Lines of about equal length, so that no line holds a single word.

    >>> balanced("Loyal customers", 13)
    ['Loyal', 'customers']
    """
    text = tight(text)
    lines = textwrap.wrap(text, letters) or [""]
    longest = max(map(len, text.split(" ")))  # narrower than that, words would be broken
    for narrower in range(max(-(-len(text) // len(lines)), longest), letters):
        tried = textwrap.wrap(text, narrower)
        if len(tried) == len(lines):
            return tried
    return lines


def ink_on(colours: Sequence[str], place: float) -> str:
    """Dark or white text, whichever stands out more from the colour at a place from 0 to 1 along a range of colours.

    >>> ink_on(("#ffffff", "#0b5cad"), 0.1) == INK, ink_on(("#ffffff", "#0b5cad"), 0.9) == PAPER
    (True, True)
    """
    at = min(max(place, 0.0), 1.0) * (len(colours) - 1)
    first = min(int(at), len(colours) - 2)
    ends = (_channels(colours[first]), _channels(colours[first + 1]))
    own = _luminance([a + (b - a) * (at - first) for a, b in zip(*ends, strict=True)])
    dark = _luminance(_channels(INK))
    # Contrast as WCAG 2 defines it.
    return PAPER if 1.05 / (own + 0.05) > (own + 0.05) / (dark + 0.05) else INK


def _channels(colour: str) -> list[float]:
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def _luminance(channels: Sequence[float]) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def names(segments: Sequence[Segment], letters: int = NAME_LETTERS, lines: int = 2) -> dict[str, str]:
    """What to write beside each segment's marks, by id; equal names get their id appended."""
    written: dict[str, str] = {}
    for segment in segments:
        name = wrap(segment.name, letters, lines)
        if name in written.values():
            name = f"{wrap(segment.name, letters - len(segment.id) - 3, lines)} ({segment.id})"
        written[segment.id] = name
    return written


def colour(segments: Sequence[Segment]) -> alt.Color:
    """The fixed colour of each segment, without a legend: names stand beside the marks."""
    return alt.Color("id:N", scale=_tints(segments), legend=None)


def outline(segments: Sequence[Segment]) -> alt.Stroke:
    """The same colours around marks that touch, so that no seam shows between them."""
    return alt.Stroke("id:N", scale=_tints(segments), legend=None)


def _tints(segments: Sequence[Segment]) -> alt.Scale:
    return alt.Scale(domain=[s.id for s in segments], range=[s.colour for s in segments])


def shape(segments: Sequence[Segment]) -> alt.Shape:
    """The fixed marker of each segment, so that it is told apart without colour."""
    scale = alt.Scale(domain=[s.id for s in segments], range=[s.marker for s in segments])
    return alt.Shape("id:N", scale=scale, legend=None)


def rows_scale(n: float, field: str = "y") -> alt.Y:
    """Rows numbered from the top, without an axis: names stand in a column of their own."""
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[n, 0], nice=False, zero=False), axis=None)


def name_column(segmentation: Segmentation, middles: Sequence[float], end: float, height: float) -> alt.LayerChart:
    """The segments' names and markers as the column to the left of rows."""
    segments = segmentation.segments
    written = names(segments)
    line = LINE * end / height
    rows = [
        {"id": s.id, "y": y, "name": written[s.id], "first": y - line * written[s.id].count("\n") / 2}
        for s, y in zip(segments, middles, strict=True)
    ]
    return named_marks(rows, segments, end, height)


def named_marks(
    rows: Sequence[dict[str, Any]], segments: Sequence[Segment], end: float, height: float
) -> alt.LayerChart:
    """Markers at `y` and, beside each, the lines of its `name`, of which `first` is where the first one stands."""
    base = drawn(rows)
    marks = base.mark_point(filled=True, size=70, opacity=1, stroke=INK, strokeWidth=0.6).encode(
        y=rows_scale(end), x=alt.value(NAME_WIDTH - 8), color=colour(segments), shape=shape(segments)
    )
    text = base.mark_text(align="right", baseline="middle", lineBreak="\n", lineHeight=LINE).encode(
        y=rows_scale(end, "first"), x=alt.value(NAME_WIDTH - 20), text="name:N"
    )
    return layered(marks, text).properties(width=NAME_WIDTH, height=height)


def drawn(rows: Sequence[dict[str, Any]]) -> alt.Chart:
    """A chart of these rows. They travel as text, which Altair does not go through cell by cell."""
    return _Drawn(alt.InlineData(values=json.dumps(list(rows)), format={"type": "json"}))


def layered(*charts: alt.Chart) -> alt.LayerChart:
    """Marks over one another on shared axes."""
    return _Layered(layer=list(charts))


def beside(*charts: Chart, **more: Any) -> alt.HConcatChart:
    """Charts in a line, from left to right."""
    return _Beside(hconcat=list(charts), **more)


def below(*charts: Chart, **more: Any) -> alt.VConcatChart:
    """Charts in a column, from the top down."""
    return _Below(vconcat=list(charts), **more)


class _Shared:
    """Copies share their parts.

    Altair copies each chart, with all that is in it, whenever it is put into another, and what holds others copies them
    again as it is made: over half of the time of describing a picture. It puts other parts in the place of those of a
    copy and changes none of them, nor do we.
    """

    _args: tuple[Any, ...]
    _kwds: dict[str, Any]

    def __deepcopy__(self, memo: object) -> Self:
        twin = object.__new__(type(self))
        object.__setattr__(twin, "_args", self._args)
        object.__setattr__(twin, "_kwds", dict(self._kwds))
        return twin


class _Drawn(_Shared, alt.Chart):
    def encode(self, *args: Any, **channels: Any) -> Self:
        return super().encode(*args, **{name: _channel(name, given) for name, given in channels.items()})


class _Layered(_Shared, alt.LayerChart):
    pass


class _Beside(_Shared, alt.HConcatChart):
    pass


class _Below(_Shared, alt.VConcatChart):
    pass


def _channel(name: str, given: Any) -> Any:
    """A field, value or datum as the channel that Altair would find by going through all its classes."""
    kind = name[0].upper() + name[1:]
    if isinstance(given, str):
        return getattr(alt, kind)(given)
    if isinstance(given, dict) and given.keys() == {"value"}:
        return getattr(alt, f"{kind}Value")(given["value"])
    if isinstance(given, dict) and given.keys() == {"datum"}:
        return getattr(alt, f"{kind}Datum")(given["datum"])
    return given


def panel_title(text: str | list[str]) -> alt.TitleParams:
    return alt.TitleParams(text=text, anchor="start", frame="group", fontSize=13, fontWeight=600, color=INK, offset=8)


# One setting, for each call of `configure_...` would make the whole chart once more.
CONFIG: dict[str, Any] = {
    "font": FONT,
    "aria": False,
    "view": {"stroke": None},
    "text": {"fontSize": LABEL, "color": INK},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": 11,
        "titleColor": INK,
        "titleFontSize": LABEL,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "gridColor": GRID,
        "domainColor": FAINT,
        "tickColor": FAINT,
        "labelPadding": 4,
        "labelOverlap": "greedy",
        "labelFlush": False,
    },
    "concat": {"spacing": 18},
    "title": {"anchor": "start", "fontSize": 17, "fontWeight": 600, "color": INK, "offset": 16},
}


def styled(chart: Chart, title: str) -> Chart:
    """The finished chart: the house style, and the finding as its title."""
    finished: Chart = chart.properties(title=alt.TitleParams(text=balanced(title, 84)), background=PAPER, config=CONFIG)
    return finished
