"""How steady the segments are: found again when customers are drawn anew, and from one number of them to the next.

Draws what `quality` measured at fitting.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from segmentry.plots.axes import written_axis
from segmentry.plots.picture import Picture, absent
from segmentry.plots.style import (
    ACCENT,
    FAINT,
    GRID,
    INK,
    MUTED,
    PAPER,
    beside,
    colour,
    drawn,
    layered,
    name_column,
    rows_scale,
    shape,
    styled,
)
from segmentry.profiles.stability import HIGHLY_STABLE, PATTERN, STABLE, SeriesNode, SolutionStability
from segmentry.profiles.wording import say_number
from segmentry.segmentation import Segmentation

NOT_MEASURED = "How stable the segments are was not measured."
ROW = 46
BANDS = ((0.0, PATTERN, "do not trust"), (PATTERN, STABLE, "doubtful"), (STABLE, HIGHLY_STABLE, "stable"),
         (HIGHLY_STABLE, 1.0, "highly stable"))  # fmt: skip
BAND_TINTS = ("#f6e3d0", "#faf1e6", "#eaf2f9", "#d6e6f4")
ORIGIN = ("#f4e7d3", "#9ec9e2", "#0b5cad")
MOST_SOLUTIONS = 9
STEP, NODE_ROW = 84, 46


def picture_stability(segmentation: Segmentation) -> Picture:
    """How much of each segment returns when the customers are drawn anew: the mean, and the range of 90 %."""
    key, heading = "stability", "How steady each segment is"
    floor = segmentation.mark_floor
    measured = [s for s in segmentation.segments if s.stability is not None and s.size >= floor]
    if not measured or segmentation.stability is None:
        return absent(key, heading, NOT_MEASURED)
    firm = sum(s.stability.mean >= STABLE for s in measured if s.stability)
    k = len(segmentation.segments)
    title = f"{firm} of {k} segments {'returns' if firm == 1 else 'return'} when the customers are drawn anew"
    if firm == k:
        title = f"All {k} segments return when the customers are drawn anew"
    whole, first = segmentation.stability, measured[0].stability
    caption = (
        f"The mark is the mean share of a segment that is found again (Jaccard index), the line holds 90 % of "
        f"{first.resamples if first else 0} bootstrap samples. Below {PATTERN} do not trust a segment; up to {STABLE} "
        f"there is a pattern, but who belongs to it is doubtful. Computed on {_rows(whole)}. "
        "Steady is not yet real: look at the separation as well."
    )
    table = tuple(
        {
            "Segment": s.name,
            "Stability": f"{s.stability.mean:.2f}" if s.stability else "–",
            "90 % of samples": f"{s.stability.low:.2f} to {s.stability.high:.2f}" if s.stability else "–",
            "Dissolved": str(s.stability.dissolved) if s.stability else "–",
            "Recovered": str(s.stability.recovered) if s.stability else "–",
        }
        for s in segmentation.segments
    )
    return Picture(key, title, caption, styled(_bars(segmentation), title), table)


def _rows(whole: SolutionStability) -> str:
    if whole.rows >= whole.customers:
        return f"all {say_number(whole.rows)} customers"
    return f"{say_number(whole.rows)} of {say_number(whole.customers)} customers"


def _bars(segmentation: Segmentation) -> alt.HConcatChart:
    n = len(segmentation.segments)
    rows = [
        {
            "id": s.id,
            "y": i + 0.5,
            "low": s.stability.low,
            "high": s.stability.high,
            "mean": s.stability.mean,
            "text": f"{s.stability.mean:.2f}",
        }
        for i, s in enumerate(segmentation.segments)
        if s.stability is not None and s.size >= segmentation.mark_floor
    ]
    ticks = [0, 0.2, 0.4, PATTERN, STABLE, HIGHLY_STABLE, 1.0]
    axis = written_axis(ticks, [f"{t:g}" for t in ticks], "Share of the segment found again", domain=False, tickSize=0,
                        labelOverlap=False, grid=False)  # fmt: skip
    scale = alt.Scale(domain=[0, 1.0], nice=False)
    x = alt.X("mean:Q", scale=scale, axis=axis)
    bands = [
        {"from": a, "to": b, "tint": tint, "word": word, "middle": (a + b) / 2}
        for (a, b, word), tint in zip(BANDS, BAND_TINTS, strict=True)
    ]
    ground = drawn(bands)
    shown: dict[str, Any] = {"scale": scale, "axis": axis}
    zones = ground.mark_rect().encode(
        x=alt.X("from:Q", **shown), x2="to:Q", y=alt.value(0), y2=alt.value(ROW * n),
        color=alt.Color("tint:N", scale=None, legend=None),
    )  # fmt: skip
    spot: dict[str, Any] = {"x": alt.X("middle:Q", **shown), "y": alt.value(-9), "text": "word:N"}
    words = ground.mark_text(color=MUTED, fontSize=10).encode(**spot)
    base = drawn(rows)
    lines = base.mark_rule(strokeWidth=3, opacity=0.85).encode(
        x=alt.X("low:Q", **shown), x2="high:Q", y=rows_scale(n), color=colour(segmentation.segments)
    )
    marks = base.mark_point(filled=True, size=120, opacity=1, stroke=INK, strokeWidth=0.8).encode(
        x=x, y=rows_scale(n), color=colour(segmentation.segments), shape=shape(segmentation.segments)
    )
    text = base.mark_text(dy=-13, fontWeight=600).encode(x=x, y=rows_scale(n), text="text:N")
    body = layered(zones, words, lines, marks, text).properties(width=520, height=ROW * n)
    middles = [i + 0.5 for i in range(n)]
    return beside(name_column(segmentation, middles, n, ROW * n), body, spacing=20)


def picture_series(segmentation: Segmentation) -> Picture:
    """The solutions tried, side by side: which segment of more comes from which of fewer (SLSA)."""
    key, heading = "series", "How the segments come about as their number grows"
    whole = segmentation.stability
    if whole is None or not whole.nodes:
        reason = NOT_MEASURED if whole is None else "One number of segments was tried only, so there is no series."
        return absent(key, heading, reason)
    ks = _shown(sorted({n.k for n in whole.nodes}), segmentation.k)
    nodes = [n for n in whole.nodes if n.k in ks and n.share * whole.rows >= segmentation.mark_floor - 0.5]
    own = [n for n in nodes if n.k == segmentation.k and n.origin is not None and n.k != ks[0]]
    pure = sum((n.origin or 0) >= 0.9 for n in own)
    title = f"From {ks[0]} to {ks[-1]} segments: which come from which"
    if own:
        come = "comes" if pure == 1 else "come"
        title = f"{pure} of {segmentation.k} segments {come} almost wholly from one segment of the solution before"
    caption = (
        "Each column is a solution, each circle a segment with its share of customers; the dashed frame is the "
        "solution that was chosen. Bands show where a segment's customers were before, as wide as their share. Dark "
        "circles come from one segment (SLSA near 1); pale ones are put together from several (near 0), so that "
        f"they change with the number of segments. Computed on {_rows(whole)}."
    )
    table = tuple(
        {
            "Segments": str(n.k),
            "Place": str(n.place + 1),
            "Segment": _called(segmentation, n) or "–",
            "Share of customers": say_number(n.share, "share"),
            "From one origin (SLSA)": "–" if n.origin is None or n.k == ks[0] else f"{n.origin:.2f}",
        }
        for n in nodes
    )
    return Picture(key, title, caption, styled(_series(segmentation, whole, nodes, ks), title), table)


def _shown(ks: list[int], chosen: int) -> list[int]:
    """At most nine solutions, the chosen one among them."""
    start = max(0, min(ks.index(chosen) - MOST_SOLUTIONS // 2, len(ks) - MOST_SOLUTIONS)) if chosen in ks else 0
    return ks[start : start + MOST_SOLUTIONS]


def _called(segmentation: Segmentation, node: SeriesNode) -> str:
    chosen = segmentation.stability.chosen if segmentation.stability and node.k == segmentation.k else {}
    return ", ".join(s.id for s in segmentation.segments if chosen.get(s.id) == node.place)


def _series(
    segmentation: Segmentation, whole: SolutionStability, nodes: list[SeriesNode], ks: list[int]
) -> alt.LayerChart:
    most, columns = max(ks), {k: i for i, k in enumerate(ks)}

    def y(k: int, place: int) -> float:
        # Spread over the full height, so that bands fan out instead of crossing.
        return (place + 0.5) * most / k

    rows = [
        {
            "x": columns[n.k],
            "y": y(n.k, n.place),
            "share": n.share,
            "origin": None if n.k == ks[0] else n.origin,
            "text": say_number(n.share, "share"),
            "ink": PAPER if n.k != ks[0] and (n.origin or 0) > 0.8 else INK,
            "name": _called(segmentation, n),
        }
        for n in nodes
    ]
    bands = [
        {"x": columns[e.k] - 1, "x2": columns[e.k], "y": y(e.k - 1, e.parent), "y2": y(e.k, e.place), "share": e.share}
        for e in whole.edges
        if e.k in columns and e.k - 1 in columns and e.share * whole.rows >= segmentation.mark_floor - 0.5
    ]
    width, height = STEP * (len(ks) - 1) + 60, NODE_ROW * most
    ends = alt.Scale(domain=[-0.4, len(ks) - 0.6], nice=False, zero=False)
    axis = written_axis(list(range(len(ks))), [str(k) for k in ks], "Number of segments", grid=False, tickSize=0,
                        domain=False)  # fmt: skip
    x, rows_y = alt.X("x:Q", scale=ends, axis=axis), rows_scale(most)
    frame = drawn([{"from": columns.get(segmentation.k, 0) - 0.32, "to": columns.get(segmentation.k, 0) + 0.32}])
    framed = frame.mark_rect(fill=GRID, stroke=ACCENT, strokeDash=[4, 3], opacity=0.7).encode(
        x=alt.X("from:Q", scale=ends, axis=axis), x2="to:Q", y=alt.value(-6), y2=alt.value(height - 2)
    )
    wide = alt.StrokeWidth("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.3, 16]), legend=None)
    lines = drawn(bands).mark_rule(color="#9aa7b5", opacity=0.55).encode(
        x=x, x2="x2:Q", y=rows_y, y2="y2:Q", strokeWidth=wide
    )  # fmt: skip
    legend = alt.Legend(title="From one origin", format=".1f", gradientLength=120, values=[0, 0.5, 1])
    tint = alt.Color("origin:Q", scale=alt.Scale(domain=[0, 0.5, 1], range=list(ORIGIN)), legend=legend)
    base = drawn(rows)
    circle: dict[str, Any] = {"filled": True, "opacity": 1.0, "stroke": INK, "strokeWidth": 0.7, "size": 900}
    first = base.transform_filter("datum.origin === null").mark_point(**circle, color=FAINT)
    later = base.transform_filter("datum.origin !== null").mark_point(**circle)
    text = base.mark_text(fontSize=10).encode(x=x, y=rows_y, text="text:N", color=alt.Color("ink:N", scale=None))
    called = base.mark_text(dy=-22, fontSize=10, fontWeight=600).encode(x=x, y=rows_y, text="name:N")
    marks = (framed, lines, first.encode(x=x, y=rows_y), later.encode(x=x, y=rows_y, color=tint), text, called)
    return layered(*marks).properties(width=width, height=height)
