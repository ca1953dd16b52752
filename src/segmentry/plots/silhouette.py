"""How firmly customers sit in their segment. Takes the silhouettes from the view."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from segmentry.plots.picture import NO_VIEW, ONE_SEGMENT, Picture, absent
from segmentry.plots.sharing import in_runs
from segmentry.plots.style import INK, MUTED, beside, colour, drawn, layered, name_column, rows_scale, styled
from segmentry.plots.thinning import evenly
from segmentry.profiles.wording import say_number
from segmentry.segmentation import Segmentation

KEY = "silhouette"
HEIGHT = 400
BARS = 250  # customers drawn a segment, evenly spaced in the sorted order
THINNEST = 0.09  # of the height, so that a name fits beside the smallest band
GAP = 0.012


def picture_silhouette(segmentation: Segmentation) -> Picture:
    """The silhouette plot: each segment's customers, sorted by how much closer they are to their own segment."""
    heading = "How firmly customers sit in their segment"
    view = segmentation.view
    if len(segmentation.segments) < 2:
        return absent(KEY, heading, ONE_SEGMENT)
    if view is None:
        return absent(KEY, heading, NO_VIEW)
    owner = view.segment_ids[: len(view.silhouettes)]
    ids = [s.id for s in segmentation.segments]
    parts = {name: np.sort(view.silhouettes[owner == name])[::-1] for name in ids}
    counts = [len(parts[name]) for name in ids]
    if sum(counts) == 0:
        return absent(KEY, heading, "No silhouettes were computed for this segmentation.")
    everyone = np.concatenate(list(parts.values()))
    inside = say_number(float((everyone > 0).mean()), "share")
    title = f"{inside} of customers are closer to their own segment than to any other"
    caption = (
        "Each band is a segment, widest where customers fit best. Bars left of zero are customers who would fit "
        f"another segment better. The dashed line is the mean, {everyone.mean():.2f} (1 would be perfect, 0 is on the "
        f"border between two segments). Computed for {say_number(sum(counts))} customers."
    )
    floor = segmentation.mark_floor
    if floor > 1:
        caption += f" Each step is the mean of {floor} customers or more."
    table = tuple(
        {
            "Segment": s.name,
            "Customers": say_number(len(parts[s.id])),
            "Mean silhouette": f"{parts[s.id].mean():.2f}" if len(parts[s.id]) >= floor else "–",
            "Share below zero": say_number(float((parts[s.id] < 0).mean()), "share")
            if len(parts[s.id]) >= floor
            else "–",
        }
        for s in segmentation.segments
    )
    return Picture(KEY, title, caption, styled(_chart(segmentation, parts, float(everyone.mean())), title), table)


def _chart(segmentation: Segmentation, parts: dict[str, np.ndarray], mean: float) -> alt.HConcatChart:
    starts, ends = _bands([len(parts[s.id]) for s in segmentation.segments])
    rows: list[dict[str, Any]] = []
    for s, start, end in zip(segmentation.segments, starts, ends, strict=True):
        few, at_ends = _drawn(parts[s.id], segmentation.mark_floor)
        for at, value in zip(start + (end - start) * at_ends, few, strict=True):
            rows.append({"id": s.id, "y": round(float(at), 5), "value": round(float(value), 4)})
    lowest = min([0.0, *(row["value"] for row in rows)])
    scale = alt.Scale(domain=[lowest - 0.03 if lowest < 0 else 0, 1], nice=False, zero=False)
    axis = alt.Axis(title="Silhouette of a customer", tickCount=6, format=".1f", domain=False, tickSize=0)
    x = alt.X("value:Q", scale=scale, axis=axis)
    bars = (
        drawn(rows)
        .mark_area(orient="horizontal", opacity=1)
        .encode(x=x, x2=alt.datum(0), y=rows_scale(1), color=colour(segmentation.segments))
    )
    line = drawn([{"value": 0, "mean": mean, "text": f"mean {mean:.2f}"}])
    zero = line.mark_rule(color=INK, strokeWidth=1).encode(x=x)
    dashed = line.mark_rule(color=INK, strokeDash=[5, 4], strokeWidth=1.2).encode(x=alt.X("mean:Q", scale=scale))
    spot: dict[str, Any] = {"x": alt.X("mean:Q", scale=scale), "y": alt.value(-8), "text": "text:N"}
    word = line.mark_text(color=MUTED).encode(**spot)
    body = layered(bars, zero, dashed, word).properties(width=520, height=HEIGHT)
    middles = [(a + b) / 2 for a, b in zip(starts, ends, strict=True)]
    return beside(name_column(segmentation, middles, 1, HEIGHT), body, spacing=20)


def _drawn(ordered: np.ndarray, floor: int) -> tuple[np.ndarray, np.ndarray]:
    """The values that outline a band and where they stand in it, from 0 to 1: customers, or steps of several."""
    if floor == 1:
        few = ordered[evenly(len(ordered), BARS)]
        return few, np.linspace(0.0, 1.0, len(few))
    means = in_runs(ordered, floor, BARS)
    return np.repeat(means, 2), np.repeat(np.linspace(0.0, 1.0, len(means) + 1), 2)[1:-1]


def _bands(counts: list[int]) -> tuple[list[float], list[float]]:
    """Where each band starts and ends on 0 to 1: as high as its customers are many, but never too thin to name."""
    total = sum(counts)
    heights = [max(count / total, THINNEST) for count in counts]
    unit = (1 - GAP * (len(counts) - 1)) / sum(heights)
    starts: list[float] = []
    ends: list[float] = []
    at = 0.0
    for height in heights:
        starts.append(at)
        ends.append(at + height * unit)
        at = ends[-1] + GAP
    return starts, ends
