"""Why this number of segments: each criterion over the numbers tried. Decides nothing; `selection` did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from segmentry.plots.axes import linear_ticks, tick_texts, written_axis
from segmentry.plots.picture import Picture, Row, absent
from segmentry.plots.style import ACCENT, INK, MUTED, PAPER, below, beside, drawn, layered, panel_title, styled
from segmentry.profiles.wording import say_number
from segmentry.segmentation import Candidate, Segmentation

KEY = "criteria"
PANEL_WIDTH, PANEL_HEIGHT = 316, 170


@dataclass(frozen=True)
class Criterion:
    """One panel: what it is called, which way is better, and where its number comes from."""

    name: str
    better: str
    value: Callable[[Candidate], float | None]


CRITERIA = (
    Criterion("Distance to segment centres (elbow)", "lower; look for the bend", lambda c: c.inertia),
    Criterion("Silhouette", "higher is better", lambda c: c.silhouette),
    Criterion("Calinski-Harabasz", "higher is better", lambda c: c.calinski_harabasz),
    Criterion("Davies-Bouldin", "lower is better", lambda c: c.davies_bouldin),
    Criterion("Silhouette beyond chance", "deviations; higher is better", lambda c: c.silhouette_beyond_chance),
    Criterion("Tightness beyond chance", "deviations; higher is better", lambda c: c.tightness_beyond_chance),
    Criterion("Gap statistic", "higher; the first that the next does not beat", lambda c: c.gap),
    Criterion("Prediction strength", "largest number above 0.8", lambda c: c.prediction_strength),
    Criterion("Stability (adjusted Rand)", "higher is better", lambda c: c.stability),
    Criterion("BIC", "lower is better", lambda c: c.bic),
)


def picture_criteria(segmentation: Segmentation) -> Picture:
    """The elbow curve with its knee and every criterion over the number of segments."""
    tried = sorted({c.k for c in segmentation.candidates})
    if len(tried) < 2:
        return absent(
            KEY, "How many segments", "One number of segments was tried only, so there is nothing to compare."
        )
    shown = [c for c in CRITERIA if sum(c.value(one) is not None for one in segmentation.candidates) > 1]
    missing = [c.name for c in CRITERIA[:4] if c not in shown]
    panels = [_panel(segmentation, criterion, tried) for criterion in shown]
    rows = [beside(*panels[i : i + 2], spacing=36) for i in range(0, len(panels), 2)]
    title = _title(segmentation, tried)
    caption = (
        f"Each panel is one way to judge a grouping, for {tried[0]} to {tried[-1]} segments; the filled point is the "
        f"grouping that was chosen. {segmentation.reason}"
    )
    if segmentation.knee is not None:
        caption += f" The elbow curve bends at {segmentation.knee}; it is drawn for orientation and does not decide."
    if missing:
        caption += f" Not computed: {', '.join(missing)}."
    return Picture(KEY, title, caption, styled(below(*rows, spacing=26), title), _table(segmentation))


def _title(segmentation: Segmentation, tried: Sequence[int]) -> str:
    scored = [(c.silhouette, c.k) for c in segmentation.candidates if c.silhouette is not None]
    span = f"{tried[0]} to {tried[-1]} tried"
    words = "1 segment was chosen" if segmentation.k == 1 else f"{segmentation.k} segments were chosen"
    if not scored:
        return f"{words} of {span}"
    best = max(scored, key=lambda pair: (pair[0], -pair[1]))
    if best[1] == segmentation.k:
        return f"{segmentation.k} segments separate customers best of {span} (silhouette {best[0]:.2f})"
    return f"{words} of {span}; by silhouette alone it would be {best[1]}"


def _panel(segmentation: Segmentation, criterion: Criterion, tried: Sequence[int]) -> alt.LayerChart:
    rows: list[dict[str, Any]] = []
    for one in segmentation.candidates:
        value = criterion.value(one)
        if value is not None:
            rows.append({"k": one.k, "value": value, "method": one.method, "own": one.method == segmentation.method})
    values = [row["value"] for row in rows]
    low, high = min(values), max(values)
    room = 0.16 * (high - low) or 0.1 * abs(high) or 1.0
    domain = [low - room, high + room]
    ticks = linear_ticks(domain[0], domain[1], 4)
    every = tried if len(tried) <= 12 else tried[:: len(tried) // 10 + 1]
    x = alt.X(
        "k:Q",
        scale=alt.Scale(domain=[tried[0] - 0.4, tried[-1] + 0.4], nice=False, zero=False),
        axis=alt.Axis(values=list(every), title="Number of segments", grid=False, format="d", tickSize=0),
    )
    y = alt.Y(
        "value:Q",
        scale=alt.Scale(domain=domain, nice=False, zero=False),
        axis=written_axis(ticks, tick_texts(ticks, "number"), domain=False, tickSize=0),
    )
    layers = _lines(rows, x, y) + _marked(segmentation, criterion, rows, x, y, sum(domain) / 2)
    title = panel_title(criterion.name)
    title.subtitle = criterion.better
    title.subtitleColor, title.subtitleFontSize = MUTED, 11
    return layered(*layers).properties(width=PANEL_WIDTH, height=PANEL_HEIGHT, title=title)


def _lines(rows: list[dict[str, Any]], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    base = drawn(rows).encode(x=x, y=y, detail="method:N")
    tint = alt.condition("datum.own", alt.value(ACCENT), alt.value(MUTED))
    layers = [
        base.transform_filter("datum.own").mark_line(color=ACCENT, strokeWidth=2),
        base.transform_filter("!datum.own").mark_line(color=MUTED, strokeWidth=1.2, strokeDash=[4, 3]),
        base.mark_point(filled=True, size=30, fill=PAPER, strokeWidth=1.6, opacity=1).encode(stroke=tint),
    ]
    others = sorted({str(row["method"]) for row in rows if not row["own"]})
    ends = [max((r for r in rows if r["method"] == m), key=lambda r: r["k"]) for m in others]
    if ends:
        text = drawn(ends).encode(x=x, y=y, text="method:N")
        layers.append(text.mark_text(align="right", dy=-9, fontSize=11, color=MUTED))
    return layers


def _marked(
    segmentation: Segmentation, criterion: Criterion, rows: list[dict[str, Any]], x: alt.X, y: alt.Y, middle: float
) -> list[alt.Chart]:
    """The chosen number and, on the elbow curve, its knee; each with its word beside the mark."""
    marks: list[alt.Chart] = []
    own = {row["k"]: row for row in rows if row["own"]}
    knee = segmentation.knee if criterion is CRITERIA[0] else None
    chosen = own.get(segmentation.k)
    if chosen is not None:
        word = f"chosen and elbow: {segmentation.k}" if knee == segmentation.k else f"chosen: {segmentation.k}"
        base = drawn([chosen | {"word": word}]).encode(x=x)
        rule = base.mark_rule(color=ACCENT, strokeDash=[2, 3], opacity=0.7)
        marks.append(rule.encode(y=alt.value(0), y2=alt.value(PANEL_HEIGHT)))
        marks.append(base.mark_point(filled=True, size=110, color=ACCENT, opacity=1).encode(y=y))
        # The word stands at the end of the line that the curve is farther from.
        high = chosen["value"] > middle
        late = segmentation.k > (min(own) + max(own)) / 2
        place = base.encode(y=alt.value(PANEL_HEIGHT - 12 if high else 8), text="word:N")
        marks += _words(place, ACCENT, "right" if late else "left", -7 if late else 7, 0)
    if knee is not None and knee != segmentation.k and knee in own:
        base = drawn([own[knee] | {"word": f"elbow: {knee}"}]).encode(x=x, y=y)
        marks.append(base.mark_point(size=150, color=INK, strokeWidth=1.4, opacity=1))
        marks += _words(base.encode(text="word:N"), INK, "right", -8, 14)
    return marks


def _words(base: alt.Chart, tint: str, align: Literal["left", "right"], dx: int, dy: int) -> list[alt.Chart]:
    halo = base.mark_text(align=align, dx=dx, dy=dy, stroke=PAPER, strokeWidth=4, fontWeight=600)
    return [halo, base.mark_text(align=align, dx=dx, dy=dy, fontWeight=600, color=tint)]


def _table(segmentation: Segmentation) -> tuple[Row, ...]:
    return tuple(
        {
            "Segments": str(c.k),
            "Method": c.method,
            "Distance (inertia)": say_number(c.inertia),
            "Silhouette": say_fraction(c.silhouette),
            "Calinski-Harabasz": say_number(c.calinski_harabasz),
            "Davies-Bouldin": say_fraction(c.davies_bouldin),
            "Silhouette beyond chance": say_fraction(c.silhouette_beyond_chance),
            "Tightness beyond chance": say_fraction(c.tightness_beyond_chance),
            "Gap": say_fraction(c.gap),
            "Prediction strength": say_fraction(c.prediction_strength),
            "Stability": say_fraction(c.stability),
            "Smallest segment": say_number(min(c.sizes)) if c.sizes else "–",
        }
        for c in segmentation.candidates
    )


def say_fraction(value: float | None) -> str:
    """A criterion between 0 and a few, with two decimals.

    >>> say_fraction(0.4136), say_fraction(None)
    ('0.41', '–')
    """
    return "–" if value is None else f"{value:.2f}"
