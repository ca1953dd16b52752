"""What each segment is like at one glance: its means beside the average. Takes the profile as it is."""

from __future__ import annotations

from typing import Any

import altair as alt

from segmentry.plots.picture import ONE_SEGMENT, Picture, absent
from segmentry.plots.style import DIVERGING, GRID, INK, LINE, MUTED, PAPER, drawn, ink_on, layered, names, styled, wrap
from segmentry.profiles.profile import Measure
from segmentry.profiles.wording import say
from segmentry.segmentation import Segmentation

KEY = "heatmap"
MOST = 14
ROW = 34
FULL = 2.0  # standard deviations at which a colour is full


def picture_heatmap(segmentation: Segmentation) -> Picture:
    """Means by segment: colour tells the difference from the average, text the mean in its unit."""
    measures = [m for m in segmentation.profile.measures if m.population.mean is not None]
    if not measures:
        return absent(KEY, "What sets the segments apart", "No measure rests on enough customers to be shown.")
    if len(segmentation.segments) < 2:
        return absent(KEY, "What sets the segments apart", ONE_SEGMENT)
    shown = sorted(measures, key=_strength, reverse=True)[:MOST]
    title = _title(segmentation, shown)
    left_out = len(measures) - len(shown)
    caption = (
        "Numbers are averages in their own unit; the last column is the average of all customers. Orange is above it, "
        "blue below, and the stronger the colour, the more unusual."
    )
    if left_out:
        caption += f" The {len(shown)} of {len(measures)} measures that differ most are shown."
    if any(m.segments[s.id].spread.mean is None for m in shown for s in segmentation.segments if s.id in m.segments):
        caption += f" A dash stands where fewer than {segmentation.profile.minimum_customers} customers have a value."
    return Picture(KEY, title, caption, styled(_chart(segmentation, shown), title), _table(segmentation, measures))


def _strength(measure: Measure) -> float:
    return max((abs(cell.difference) for cell in measure.segments.values() if cell.difference is not None), default=0.0)


def _mean(measure: Measure, segment_id: str) -> str:
    cell = measure.segments.get(segment_id)
    return say(measure, cell.spread.mean if cell else None)


def _title(segmentation: Segmentation, measures: list[Measure]) -> str:
    first = measures[0]
    known = [(abs(c.difference), name) for name, c in first.segments.items() if c.difference is not None]
    if not known:
        return "What customers are like on average"
    segment = segmentation.segment(max(known)[1])
    everyone = say(first, first.population.mean)
    return f"{first.label} stands out most: {_mean(first, segment.id)} for “{segment.name}”, {everyone} on average"


def _table(segmentation: Segmentation, measures: list[Measure]) -> tuple[dict[str, str], ...]:
    rows = []
    for m in measures:
        row = {"Measure": m.label}
        for s in segmentation.segments:
            name = s.name if s.name not in row else f"{s.name} ({s.id})"
            row[name] = _mean(m, s.id)
        row["All customers"] = say(m, m.population.mean)
        rows.append(row)
    return tuple(rows)


def _chart(segmentation: Segmentation, measures: list[Measure]) -> alt.LayerChart:
    cell = max(84, 560 // (len(segmentation.segments) + 1))
    cells: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for i, m in enumerate(measures):
        for j, s in enumerate(segmentation.segments):
            part = m.segments.get(s.id)
            difference = part.difference if part else None
            spot = {"x": j, "x2": j + 1, "y": i, "y2": i + 1}
            cells.append(spot | {"d": None if difference is None else max(-FULL, min(FULL, difference))})
            ink = INK if difference is None else ink_on(DIVERGING, (difference + FULL) / (2 * FULL))
            texts.append({"x": j + 0.5, "y": i + 0.5, "t": _mean(m, s.id), "ink": ink})
        everyone = say(m, m.population.mean)
        texts.append({"x": len(segmentation.segments) + 0.55, "y": i + 0.5, "t": everyone, "ink": MUTED})
    columns, rows = len(segmentation.segments) + 1, len(measures)
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, columns], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[rows, 0], nice=False, zero=False), axis=None)
    tint = alt.Color(
        "d:Q",
        scale=alt.Scale(domain=[-FULL, FULL], range=list(DIVERGING), interpolate="lab", clamp=True),
        legend=_legend(),
    )
    known = [c for c in cells if c["d"] is not None]
    layers = [
        drawn(cells).mark_rect(fill=GRID, stroke=PAPER, strokeWidth=2).encode(x=x, x2="x2:Q", y=y, y2="y2:Q"),
        drawn(known).mark_rect(stroke=PAPER, strokeWidth=2).encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=tint),
        drawn(texts).mark_text(fontSize=12).encode(x=x, y=y, text="t:N", fill=alt.Fill("ink:N", scale=None)),
        *_headings(segmentation, measures, x, y, cell),
    ]
    return layered(*layers).properties(width=cell * columns, height=ROW * rows)


def _legend() -> alt.Legend:
    return alt.Legend(
        title="Standard deviations below or above the average of all customers",
        orient="bottom",
        direction="horizontal",
        gradientLength=260,
        gradientThickness=10,
        values=[-2, -1, 0, 1, 2],
        titleFontSize=11,
        titleFontWeight="normal",
        titleColor=MUTED,
        titleLimit=420,
        labelFontSize=11,
        labelColor=MUTED,
        offset=18,
    )


def _headings(segmentation: Segmentation, measures: list[Measure], x: alt.X, y: alt.Y, cell: int) -> list[alt.Chart]:
    written = names(segmentation.segments, letters=max(11, int(cell / 6.4)), lines=3)
    tops: list[dict[str, Any]] = []
    for j, s in enumerate(segmentation.segments):
        tops.append({"x": j + 0.5, "t": written[s.id], "ink": INK})
    tops.append({"x": len(segmentation.segments) + 0.55, "t": "All\ncustomers", "ink": MUTED})
    for top in tops:
        # Text grows downwards from its first line; headings stand on the table, so each starts by its number of lines.
        top["up"] = top["t"].count("\n")
    sides = [
        {"y": i + 0.5 - 0.5 * LINE / ROW * wrap(m.label, 32).count("\n"), "t": wrap(m.label, 32)}
        for i, m in enumerate(measures)
    ]
    layers = []
    for lines in sorted({top["up"] for top in tops}):
        base = drawn([top for top in tops if top["up"] == lines])
        text = base.mark_text(baseline="bottom", lineBreak="\n", lineHeight=LINE, fontWeight=600, dy=-8 - LINE * lines)
        layers.append(text.encode(x=x, y=alt.value(0), text="t:N", fill=alt.Fill("ink:N", scale=None)))
    side = drawn(sides).mark_text(align="right", baseline="middle", lineBreak="\n", lineHeight=LINE)
    layers.append(side.encode(x=alt.value(-10), y=y, text="t:N"))
    return layers
