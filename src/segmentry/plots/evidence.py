"""What tells the segments apart: the gorge, the profile with its markers, and who stands between which.

Draws what was worked out at fitting.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from segmentry.plots.axes import PERCENT
from segmentry.plots.picture import Picture, absent
from segmentry.plots.style import (
    FAINT,
    INK,
    LINE,
    MUTED,
    PAPER,
    below,
    beside,
    colour,
    drawn,
    ink_on,
    layered,
    name_column,
    names,
    outline,
    panel_title,
    rows_scale,
    styled,
    wrap,
)
from segmentry.profiles.evidence import BINS, BORDER, Evidence, Gorge
from segmentry.profiles.profile import Measure
from segmentry.profiles.wording import say, say_number
from segmentry.segmentation import Segmentation

NOT_THERE = "It was not worked out for this segmentation: fit again with two segments or more."
GORGE_HEIGHT, PER_ROW = 120, 3
MOST_MEASURES, ROW, PANEL = 12, 22, 112
FARTHEST = 2.5  # standard deviations at which a bar ends
MOST_PER_LINE = 5  # panels of the segment profile plot
CELL = 58
SHARES = ("#f3f6f9", "#0b3c6f")


def picture_gorge(segmentation: Segmentation) -> Picture:
    """For each segment how similar customers are to it: two hills and a gorge between them mean well separated."""
    key, heading = "gorge", "How clearly customers belong to a segment or not"
    evidence = segmentation.evidence
    if evidence is None:
        return absent(key, heading, NOT_THERE)
    between = {g.segment: _middle(g) for g in evidence.gorge}
    clearest = min(segmentation.segments, key=lambda s: between.get(s.id, 1.0))
    share = between.get(clearest.id, 0.0)
    who = f"{say_number(share, 'share')} of customers are half like it"
    if share < 0.01:
        who = "hardly any customer is half like it"
    title = f"“{clearest.name}” is told apart most clearly: {who}"
    caption = (
        "Each panel shows how similar all customers are to one segment, from 0 (not at all) to 1 (to it alone). Hills "
        "at both ends with a gorge between them mean that a segment is well separated; a flat hill in the middle means "
        f"that customers belong to it by degrees. Computed on {say_number(evidence.gorge_rows)} customers; between is "
        "0.4 to 0.7."
    )
    table = tuple(
        {
            "Segment": s.name,
            "Below 0.4": say_number(_share(g, 0, 8), "share"),
            "Between": say_number(_share(g, 8, 14), "share"),
            "Above 0.7": say_number(_share(g, 14, BINS), "share"),
        }
        for s in segmentation.segments
        for g in evidence.gorge
        if g.segment == s.id
    )
    return Picture(key, title, caption, styled(_gorge(segmentation, evidence), title), table)


def _share(gorge: Gorge, first: int, last: int) -> float:
    return sum(gorge.counts[first:last]) / max(sum(gorge.counts), 1)


def _middle(gorge: Gorge) -> float:
    return _share(gorge, 8, 14)


def _gorge(segmentation: Segmentation, evidence: Evidence) -> alt.VConcatChart:
    written = names(segmentation.segments, 30, 3)
    counts = {g.segment: g.counts for g in evidence.gorge}
    tint = colour(segmentation.segments)  # one scale for all panels: they share it
    panels = []
    for s in segmentation.segments:
        total = max(sum(counts[s.id]), 1)
        rows = [
            {"id": s.id, "from": i / BINS, "to": (i + 1) / BINS, "share": n / total}
            for i, n in enumerate(counts[s.id])
            if n >= segmentation.mark_floor
        ]
        x = alt.X(
            "from:Q",
            scale=alt.Scale(domain=[0, 1], nice=False),
            axis=alt.Axis(values=[0, 0.5, 1], format=".1f", title=None, grid=False, tickSize=0, labelFlush=True),
        )
        y = alt.Y("share:Q", axis=alt.Axis(labelExpr=PERCENT, tickCount=3, title=None, domain=False, tickSize=0))
        bars = drawn(rows).mark_rect(stroke=PAPER, strokeWidth=0.6)
        panels.append(
            layered(bars.encode(x=x, x2="to:Q", y=y, y2=alt.datum(0), color=tint)).properties(
                width=196, height=GORGE_HEIGHT, title=panel_title(written[s.id].split("\n"))
            )
        )
    lines = [beside(*panels[i : i + PER_ROW], spacing=22) for i in range(0, len(panels), PER_ROW)]
    return below(*lines, spacing=18)


def picture_markers(segmentation: Segmentation) -> Picture:
    """The segment profile plot: each segment's means beside everyone's, its marker variables in colour."""
    key, heading = "markers", "What characterises each segment"
    evidence = segmentation.evidence
    if evidence is None:
        return absent(key, heading, NOT_THERE)
    shown = _measures(segmentation, evidence)
    if not shown:
        return absent(key, heading, "No measure rests on enough customers to be shown.")
    marked = {(e.segment, e.measure) for e in evidence.effects if e.marker and not e.level}
    counts = [sum((s.id, m.name) in marked for m in shown) for s in segmentation.segments]
    with_markers = sum(n > 0 for n in counts)
    k = len(segmentation.segments)
    have = "has features that mark it" if with_markers == 1 else "have features that mark them"
    title = f"{with_markers} of {k} segments {have}"
    if with_markers == k:
        title = f"Each of the {k} segments has features that mark it"
    caption = (
        "Bars show how far a segment's mean is from everyone's, in standard deviations. Coloured bars are marker "
        "features: the usual customer lies outside of the segment's middle half (shares: differs by a quarter, or half "
        "of everyone's), beyond chance. Grey bars characterise nothing. A dot after the name: the segments were made "
        f"from it, so that a difference there proves nothing. Means of all {say_number(evidence.customers)} customers, "
        f"spreads of {say_number(evidence.spread_rows)}."
    )
    table = tuple(
        {"Feature": m.label, "Everyone": say(m, m.population.mean)}
        | {
            s.name if [o.name for o in segmentation.segments].count(s.name) == 1 else s.id: _told(m, s.id, marked)
            for s in segmentation.segments
        }
        for m in shown
    )
    return Picture(key, title, caption, styled(_profile(segmentation, shown, marked), title), table)


def _told(measure: Measure, segment: str, marked: set[tuple[str, str]]) -> str:
    mean = say(measure, measure.segments[segment].spread.mean)
    return f"{mean} (marker)" if (segment, measure.name) in marked else mean


def _measures(segmentation: Segmentation, evidence: Evidence) -> list[Measure]:
    """The clustered features first, then those that mark most; all of them sorted by their largest effect."""
    largest: dict[str, float] = {}
    for e in evidence.effects:
        if not e.level:
            largest[e.measure] = max(largest.get(e.measure, 0.0), abs(e.effect))
    known = [m for m in segmentation.profile.measures if m.name in largest]
    chosen = sorted(known, key=lambda m: (not m.clustered, -largest[m.name]))[:MOST_MEASURES]
    return sorted(chosen, key=lambda m: (-largest[m.name], m.name))


def _profile(
    segmentation: Segmentation, shown: list[Measure], marked: set[tuple[str, str]]
) -> alt.HConcatChart | alt.VConcatChart:
    n = len(shown)
    labels = [{"y": i + 0.5, "text": wrap(m.label, 30, 1) + (" •" if m.clustered else "")} for i, m in enumerate(shown)]
    column = drawn(labels).mark_text(align="right", baseline="middle", fontSize=11)
    heads = layered(column.encode(x=alt.value(186), y=rows_scale(n), text="text:N")).properties(
        width=190, height=ROW * n, title=panel_title(" ")
    )
    panels = [_panel(segmentation, i, shown, marked) for i in range(len(segmentation.segments))]
    lines_needed = -(-len(panels) // MOST_PER_LINE)
    per_row = -(-len(panels) // lines_needed)  # as many in each line, rather than one left over in the last
    lines = [beside(heads, *panels[i : i + per_row], spacing=8) for i in range(0, len(panels), per_row)]
    return lines[0] if len(lines) == 1 else below(*lines, spacing=16)


def _panel(
    segmentation: Segmentation, place: int, shown: list[Measure], marked: set[tuple[str, str]]
) -> alt.LayerChart:
    s, n = segmentation.segments[place], len(shown)
    rows = [
        {
            "id": s.id,
            "y": i + 0.5,
            "from": i + 0.18,
            "to": i + 0.82,
            "difference": max(-FARTHEST, min(FARTHEST, m.segments[s.id].difference or 0.0)),
            "marker": (s.id, m.name) in marked,
        }
        for i, m in enumerate(shown)
    ]
    signed = "datum.value == 0 ? '0' : format(datum.value, '+d')"
    axis = alt.Axis(values=[-2, 0, 2], title=None, tickSize=0, domain=False, labelExpr=signed)
    scale = alt.Scale(domain=[-FARTHEST, FARTHEST], nice=False)
    x = alt.X("difference:Q", scale=scale, axis=axis)
    base = drawn(rows).encode(x=x, x2=alt.datum(0), y=rows_scale(n, "from"), y2="to:Q")
    plain = base.transform_filter("!datum.marker").mark_rect(color=FAINT)
    bold = base.transform_filter("datum.marker").mark_rect(stroke=INK, strokeWidth=0.7)
    bold = bold.encode(color=colour(segmentation.segments))
    zero = drawn([{"zero": 0}]).mark_rule(color=MUTED).encode(x=alt.X("zero:Q", scale=scale, axis=axis))
    title = panel_title(wrap(s.name, 17, 4).split("\n"))
    title.fontSize = 11
    return layered(plain, bold, zero).properties(width=PANEL, height=ROW * n, title=title)


def picture_switching(segmentation: Segmentation) -> Picture:
    """Who would go where: each segment's customers by their runner-up, and how sure their place is."""
    key, heading = "switching", "Where customers would go next"
    evidence = segmentation.evidence
    if evidence is None or not evidence.switches:
        return absent(key, heading, NOT_THERE)
    sizes = {s.id: sum(w.n for w in evidence.switches if w.segment == s.id) for s in segmentation.segments}
    border = sum(w.border for w in evidence.switches)
    share = say_number(border / max(sum(sizes.values()), 1), "share")
    title = f"{share} of customers stand on the border to another segment"
    caption = (
        "Each row is a segment, each cell the share of its customers whose second-best segment is that of the column; "
        "beneath it their mean confidence, from 0 (on the border) to 1 (at the heart). Darker is more. On the border "
        f"is a confidence below {BORDER}. Computed on all {say_number(evidence.customers)} customers."
    )
    called = {s.id: s.name for s in segmentation.segments}
    table = tuple(
        {
            "Segment": called[w.segment],
            "Next": called[w.runner_up],
            "Customers": say_number(w.n),
            "Confidence": f"{w.confidence:.2f}",
            "On the border": "–" if 0 < w.border < segmentation.mark_floor else say_number(w.border / w.n, "share"),
        }
        for w in evidence.switches
        if w.segment in called and w.runner_up in called and w.n >= segmentation.profile.minimum_customers
    )
    return Picture(key, title, caption, styled(_matrix(segmentation, evidence, sizes), title), table)


def _matrix(segmentation: Segmentation, evidence: Evidence, sizes: dict[str, int]) -> alt.HConcatChart:
    place = {s.id: i for i, s in enumerate(segmentation.segments)}
    n = len(place)
    wide = max(CELL, 110 if n < 5 else 84 if n < 8 else CELL)
    rows: list[dict[str, Any]] = []
    for w in evidence.switches:
        if w.segment not in place or w.runner_up not in place or w.n < segmentation.profile.minimum_customers:
            continue
        share = w.n / sizes[w.segment]
        rows.append(
            {
                "x": place[w.runner_up] + 0.5, "left": place[w.runner_up], "right": place[w.runner_up] + 1,
                "y": place[w.segment] + 0.5, "from": place[w.segment], "to": place[w.segment] + 1,
                "share": share, "text": say_number(share, "share"), "sure": f"{w.confidence:.2f}",
                "ink": ink_on(SHARES, share),
            }
        )  # fmt: skip
    ends = alt.Scale(domain=[0, n], nice=False)
    x = alt.X("left:Q", scale=ends, axis=None)
    tint = alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=list(SHARES)), legend=None)
    base = drawn(rows)
    cells = base.mark_rect(stroke=PAPER, strokeWidth=2).encode(
        x=x, x2="right:Q", y=rows_scale(n, "from"), y2="to:Q", color=tint
    )
    ink = alt.Color("ink:N", scale=None)
    middle = alt.X("x:Q", scale=ends, axis=None)
    share_text = base.mark_text(dy=-7, fontWeight=600).encode(x=middle, y=rows_scale(n), text="text:N", color=ink)
    sure = base.mark_text(dy=9, fontSize=10).encode(x=middle, y=rows_scale(n), text="sure:N", color=ink)
    own = [{"left": i, "right": i + 1, "from": i, "to": i + 1, "id": s.id} for s, i in
           ((s, place[s.id]) for s in segmentation.segments)]  # fmt: skip
    diagonal = drawn(own).mark_rect(filled=False, strokeWidth=2, strokeDash=[3, 3]).encode(
        x=x, x2="right:Q", y=rows_scale(n, "from"), y2="to:Q", stroke=outline(segmentation.segments)
    )  # fmt: skip
    written = names(segmentation.segments, max(8, int(wide / 6.4)), 3)
    heads = [{"x": place[s.id] + 0.5, "text": written[s.id]} for s in segmentation.segments]
    head = drawn(heads).mark_text(baseline="bottom", lineBreak="\n", lineHeight=LINE, fontSize=11).encode(
        x=middle, y=alt.value(-8 - LINE * 2), text="text:N"
    )  # fmt: skip
    body = layered(cells, diagonal, share_text, sure, head).properties(width=wide * n, height=CELL * n)
    middles = [i + 0.5 for i in range(n)]
    return beside(name_column(segmentation, middles, n, CELL * n), body, spacing=20)
