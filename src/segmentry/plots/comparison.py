"""Methods side by side as one picture: how good and steady each is, and how far each pair agrees."""

from __future__ import annotations

from typing import Any

import altair as alt

from segmentry.plots.picture import Picture
from segmentry.plots.style import GRID, INK, MUTED, drawn, ink_on, layered, styled
from segmentry.profiles.comparison import Compared, Comparison

KEY = "comparison"
ROW, CELL = 34, 78
FIGURES = ("Segments", "Stability", "Silhouette", "In none")
BLUES = ("#f7f9fb", "#0b5cad")


def picture_comparison(comparison: Comparison) -> Picture:
    """A row a method: its figures, then its agreement with every other; the recommended one in bold."""
    names = [m.name for m in comparison.methods]
    first = comparison.recommended
    title = f"{first} is the method to take here" if first else "No method finds groups to act on"
    caption = (
        f"{comparison.reason} Figures on the left: the number of segments, how surely they come back when customers "
        "are drawn anew (1 is always), how well they are separated (-1 to 1), and the share of customers in none. "
        "Right: how far two methods agree (1 is the same grouping, 0 is chance)."
    )
    table = tuple(
        {"Method": m.name, **dict(zip(FIGURES, _figures(m), strict=True))}
        | {f"Agrees with {name}": f"{value:z.2f}" for name, value in zip(names, row, strict=True)}
        for m, row in zip(comparison.methods, comparison.agreement, strict=True)
    )
    return Picture(KEY, title, caption, styled(_chart(comparison), title), table)


def _figures(compared: Compared) -> tuple[str, str, str, str]:
    stability = "–" if compared.stability is None else f"{compared.stability:.2f}"
    silhouette = "–" if compared.silhouette is None else f"{compared.silhouette:z.2f}"
    return str(compared.k), stability, silhouette, f"{100 * compared.noise:.0f} %"


def _chart(comparison: Comparison) -> alt.LayerChart:
    n, wide = len(comparison.methods), len(FIGURES)
    cells: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for i, (m, row) in enumerate(zip(comparison.methods, comparison.agreement, strict=True)):
        ours = m.name == comparison.recommended
        texts += [{"x": j + 0.5, "y": i + 0.5, "t": t, "ink": INK, "bold": ours} for j, t in enumerate(_figures(m))]
        for j, value in enumerate(row):
            cells.append({"x": wide + j, "x2": wide + j + 1, "y": i, "y2": i + 1, "agreement": max(0.0, value)})
            ink = ink_on(BLUES, value)
            texts.append({"x": wide + j + 0.5, "y": i + 0.5, "t": f"{value:z.2f}", "ink": ink, "bold": False})
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, wide + n], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[n, 0], nice=False, zero=False), axis=None)
    tint = alt.Color("agreement:Q", scale=alt.Scale(domain=[0, 1], range=list(BLUES)), legend=None)
    heads = [{"x": j + 0.5, "t": t} for j, t in enumerate((*FIGURES, *(m.name for m in comparison.methods)))]
    sides = [
        {"y": i + 0.5, "t": m.name, "bold": m.name == comparison.recommended} for i, m in enumerate(comparison.methods)
    ]
    layers = [
        drawn(cells).mark_rect(stroke=GRID, strokeWidth=1).encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=tint),
        drawn(heads)
        .mark_text(baseline="bottom", dy=-8, fontSize=11, color=MUTED, limit=CELL - 4)
        .encode(x=x, y=alt.value(0), text="t:N"),
    ]
    for bold in (False, True):
        written = [t for t in texts if t["bold"] == bold]
        named = [t for t in sides if t["bold"] == bold]
        if written:
            text = drawn(written).mark_text(fontSize=12, fontWeight=700 if bold else 400)
            layers.append(text.encode(x=x, y=y, text="t:N", fill=alt.Fill("ink:N", scale=None)))
        if named:
            side = drawn(named).mark_text(align="right", fontWeight=700 if bold else 400, limit=200)
            layers.append(side.encode(x=alt.value(-10), y=y, text="t:N"))
    return layered(*layers).properties(width=CELL * (wide + n), height=ROW * n)
