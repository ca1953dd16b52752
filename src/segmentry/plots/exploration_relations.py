"""How features hang together: a heat map of correlations, and a matrix of scatters. Computes nothing new."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from segmentry.exploration import Inspection
from segmentry.features.feature import Feature
from segmentry.features.levels import step_names
from segmentry.plots.axes import Span, bin_edges, tick_texts, whole, written_axis
from segmentry.plots.picture import Picture, absent
from segmentry.plots.style import (
    ACCENT,
    DIVERGING,
    GRID,
    INK,
    MUTED,
    PAPER,
    below,
    beside,
    drawn,
    layered,
    styled,
    wrap,
)
from segmentry.plots.thinning import evenly
from segmentry.profiles.wording import lowered

MOST_FEATURES = 16
CELL = 34
MOST_PAIRED = 6
POINTS = 260
SIDE = 112
_LETTER = 6  # pixels that a figure of a tick is wide


def picture_correlations(inspection: Inspection) -> Picture:
    """Correlation of each pair of numeric features; blue falls together, orange rises together."""
    key, heading = "correlations", "How features move together"
    names, matrix = inspection.correlations
    if len(names) < 2:
        return absent(key, heading, "Fewer than two features vary.")
    label = {f.name: f.label for f in inspection.features}
    shown = _strongest(inspection)
    at = {name: i for i, name in enumerate(names)}
    pairs = [
        (matrix[at[a]][at[b]], a, b) for i, a in enumerate(shown) for b in shown[i + 1 :] if not _kin(inspection, a, b)
    ]
    title = heading
    if pairs:
        r, a, b = max(pairs, key=lambda pair: (abs(pair[0]), pair[1]))
        way = "rise together" if r > 0 else "move against each other"
        degree = "hardly " if abs(r) < 0.3 else ""
        title = f"{label[a]} and {lowered(label[b])} {degree}{way} most: correlation {r:.2f}"
        if degree:
            title = f"No two features move together much: at most {r:.2f}"
    caption = (
        "1 means that two features always rise together, -1 that one falls as the other rises, 0 that they have "
        "nothing to do with each other. Features beyond ±0.9 say the same thing twice."
    )
    if len(shown) < len(names):
        caption += f" The {len(shown)} of {len(names)} features that hang together most are shown."
    table = tuple({"Feature": label[a], **{label[b]: f"{matrix[at[a]][at[b]]:.2f}" for b in shown}} for a in shown)
    values = [[matrix[at[a]][at[b]] for b in shown] for a in shown]
    chart = _heat(values, [label[n] for n in shown])
    return Picture(key, title, caption, styled(chart, title), table)


def _kin(inspection: Inspection, a: str, b: str) -> bool:
    """Whether both are derived from one column, so that their moving together is arithmetic."""
    of = {f.name: {*f.sources, *f.over} for f in inspection.features}
    return bool(of[a] & of[b])


def _strongest(inspection: Inspection) -> list[str]:
    names, matrix = inspection.correlations
    strength = {
        a: max(abs(r) for j, r in enumerate(row) if j != i)
        for i, (a, row) in enumerate(zip(names, matrix, strict=True))
    }
    ranked = sorted(names, key=lambda n: (n not in inspection.chosen, n.startswith("spend_share_"), -strength[n], n))
    return sorted(ranked[:MOST_FEATURES])


def _heat(values: list[list[float]], labels: list[str]) -> alt.LayerChart:
    n = len(labels)
    cells: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for i in range(n):
        for j in range(i):
            r = values[i][j]
            cells.append({"x": j, "x2": j + 1, "y": i, "y2": i + 1, "r": r})
            texts.append({"x": j + 0.5, "y": i + 0.5, "t": _short(r), "ink": PAPER if abs(r) > 0.85 else INK})
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, n - 1], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[n, 1], nice=False, zero=False), axis=None)
    tint = alt.Color(
        "r:Q",
        scale=alt.Scale(domain=[-1, 1], range=list(DIVERGING), interpolate="lab", clamp=True),
        legend=None,
    )
    side = [{"y": i + 0.5, "t": wrap(labels[i], 30, 1)} for i in range(1, n)]
    stairs = [{"x": j + 0.5, "y": j + 1, "t": wrap(labels[j], 30, 1)} for j in range(n - 1)]
    layers = [
        drawn(cells).mark_rect(stroke=PAPER, strokeWidth=1.5).encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=tint),
        drawn(texts).mark_text(fontSize=10).encode(x=x, y=y, text="t:N", fill=alt.Fill("ink:N", scale=None)),
        drawn(side).mark_text(align="right", baseline="middle").encode(x=alt.value(-8), y=y, text="t:N"),
        drawn(stairs)
        .mark_text(align="left", baseline="middle", angle=315, fontSize=11, color=MUTED, dx=4, dy=-6)
        .encode(x=x, y=y, text="t:N"),
    ]
    return layered(*layers).properties(width=CELL * (n - 1), height=CELL * (n - 1))


def _short(r: float) -> str:
    """
    >>> _short(0.873), _short(-0.051), _short(-0.004)
    ('0.87', '-0.05', '0')
    """
    text = f"{r:.2f}"
    return "0" if text in ("0.00", "-0.00") else text


def picture_pairs(inspection: Inspection) -> Picture:
    """Customers by each pair of the features that a fit clusters on."""
    key, heading = "pairs", "Features two by two"
    numeric = inspection.sampled.features
    chosen = [f for f in inspection.features if f.name in inspection.chosen and f.name in numeric]
    chosen = [f for f in chosen if np.isfinite(numeric[f.name]).any()][:MOST_PAIRED]
    if len(chosen) < 2:
        return absent(key, heading, "A fit would cluster on fewer than two numeric features.")
    title = f"The {len(chosen)} features that a fit clusters on, two by two"
    n = min(inspection.sampled.n_customers, POINTS)
    caption = (
        "Each dot is a customer, each hill on the diagonal the distribution of one feature. Clouds that fall apart "
        f"hint at groups, lines at features that say the same. {n:,} of {inspection.n_customers:,} "
        "customers are drawn; values far out stand on the edge."
    )
    table = tuple({"Feature": f.label, "Formula": f.formula} for f in chosen)
    return Picture(key, title, caption, styled(_matrix(inspection, chosen), title), table)


def _matrix(inspection: Inspection, chosen: list[Feature]) -> alt.VConcatChart:
    values = inspection.sampled.features
    rows = evenly(inspection.sampled.n_customers, POINTS)
    spans = {f.name: _span(values[f.name]) for f in chosen}
    size = 108 if len(chosen) > 4 else 150
    lines = []
    for i, down in enumerate(chosen):
        panels: list[alt.Chart] = [_side(down, size)]
        for j, across in enumerate(chosen[: i + 1]):
            bottom = i == len(chosen) - 1
            axis = _axis(across, spans[across.name], size) if bottom else None
            x = alt.X("x:Q", scale=spans[across.name].scale(), axis=axis)
            if i == j:
                panel = _hill(values[across.name], spans[across.name], x, size)
            else:
                panel = _cloud(
                    values[across.name][rows], values[down.name][rows], spans[across.name], spans[down.name], x
                )
            panels.append(panel.properties(width=size, height=size, view=alt.ViewConfig(stroke=GRID)))
        lines.append(beside(*panels, spacing=10, bounds="flush"))
    return below(*lines, spacing=10)


def _span(values: np.ndarray) -> Span:
    known = np.sort(values[np.isfinite(values)])
    last = len(known) - 1
    low, high = (float(known[round(q * last)]) for q in (0.005, 0.995))
    if high <= low:
        low, high = float(known[0]), float(known[-1])
    if high <= low:
        low, high = low - 1, high + 1
    pad = 0.05 * (high - low)
    return Span(low - pad, high + pad, False, False)


def _axis(feature: Feature, span: Span, size: int) -> alt.Axis:
    ticks = whole(span.ticks(2), feature.unit)
    texts = tick_texts(ticks, feature.unit, feature.symbol)
    if feature.levels and feature.unit == "level":
        names = step_names(feature.levels)
        ticks = [float(i) for i in range(len(names)) if span.low <= i <= span.high]
        texts = [_cut(names[int(t)]) for t in ticks]
    shown = _apart([size * span.place(t) for t in ticks], texts, size)
    return written_axis(
        [ticks[i] for i in shown],
        [texts[i] for i in shown],
        wrap(feature.label, 18, 2).split("\n"),
        grid=False, domain=False, tickSize=3, labelFlush=14, titleFontSize=11,
    )  # fmt: skip


def _apart(places: Sequence[float], texts: Sequence[str], size: int) -> list[int]:
    """Which ticks to label so that no label touches the next: the last, and every one before that leaves it room.

    >>> _apart([43, 90], ["50,000", "100,000"], 108), _apart([20, 90], ["20", "60"], 108)
    ([1], [0, 1])
    """
    shown: list[int] = []
    left = math.inf
    for i in reversed(range(len(places))):
        half = len(texts[i]) * _LETTER / 2
        # A label that would stand out of its panel is moved in.
        middle = min(max(places[i], half), size - half)
        if middle + half + _LETTER <= left:
            shown.insert(0, i)
            left = middle - half
    return shown


def _cut(level: str) -> str:
    return level if len(level) <= 9 else f"{level[:8]}…"


def _side(feature: Feature, size: int) -> alt.Chart:
    """The name of a row, in a column of its own, so that all rows begin at one place."""
    words = wrap(feature.label, 18, 2)
    text = drawn([{"t": words}]).mark_text(
        align="right", baseline="middle", lineBreak="\n", fontSize=11, dy=-6.0 * words.count("\n")
    )
    side: alt.Chart = text.encode(x=alt.value(SIDE - 6), y=alt.value(size / 2), text="t:N")
    return side.properties(width=SIDE, height=size)


def _cloud(across: np.ndarray, down: np.ndarray, x_span: Span, y_span: Span, x: alt.X) -> alt.Chart:
    known = np.isfinite(across) & np.isfinite(down)
    points = [{"x": _place(a, x_span), "y": _place(b, y_span)} for a, b in zip(across[known], down[known], strict=True)]
    y = alt.Y("y:Q", scale=y_span.scale(), axis=None)
    cloud: alt.Chart = drawn(points).mark_circle(size=9, color=ACCENT, opacity=0.45).encode(x=x, y=y)
    return cloud


def _place(value: float, span: Span) -> float:
    # To a half of a hundredth of the axis: as fine as the eye, and no value to the digit.
    return round(span.value(round(min(1.0, max(0.0, span.place(float(value)))) * 200) / 200), 6)


def _hill(values: np.ndarray, span: Span, x: alt.X, size: int) -> alt.Chart:
    known = values[np.isfinite(values)]
    edges = bin_edges(span, known, 16)
    counts = np.histogram(np.clip(known, edges[0], edges[-1]), bins=edges)[0]
    top = 1.1 * (float(counts.max()) or 1.0)
    rows = [
        {"x": max(float(edges[i]), span.low), "x2": min(float(edges[i + 1]), span.high), "y": float(n) / top}
        for i, n in enumerate(counts)
        if n
    ]
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None)
    hill: alt.Chart = drawn(rows).mark_rect(fill="#8fb9e0").encode(x=x, x2="x2:Q", y=y, y2=alt.value(size))
    return hill
