"""Pictures of a table as it came: gaps, distributions, boxes, levels. Takes an inspection, computes no finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt
import numpy as np

from segmentry.errors import plural
from segmentry.exploration import ColumnInspection, Inspection
from segmentry.exploration.values import UNSPREAD
from segmentry.features.feature import Unit
from segmentry.plots.axes import Span, axis_title, bin_edges, tick_text, whole, written_axis
from segmentry.plots.exploration_orders import picture_orders
from segmentry.plots.exploration_relations import picture_correlations, picture_pairs
from segmentry.plots.picture import Picture, absent
from segmentry.plots.style import (
    ACCENT,
    INK,
    MUTED,
    PAPER,
    below,
    beside,
    drawn,
    layered,
    panel_title,
    styled,
    wrap,
)
from segmentry.profiles.wording import say_number
from segmentry.tables.masking import FEWEST_TOLD

ACROSS = 4
PANEL = 158
TALL = 84
MOST = 24
BINS = 24
MOST_LEVELS = 8
ONE_SIDED = 2 / 3
_MONEY = frozenset({"income", "spend_total", "spend_part", "order_value", "money", "unit_price", "amount", "refunded"})
_TIME: dict[str, Unit] = {"age": "years", "recency_days": "days"}


def draw_exploration(inspection: Inspection) -> tuple[Picture, ...]:
    """Every picture of an inspection, in the order in which a reader wants them."""
    return (
        *((picture_orders(inspection),) if inspection.orders is not None else ()),
        picture_missing(inspection),
        picture_histograms(inspection),
        picture_column_boxes(inspection),
        picture_levels(inspection),
        picture_correlations(inspection),
        picture_pairs(inspection),
    )


def unit_of(column: ColumnInspection) -> Unit:
    return "money" if column.role in _MONEY else _TIME.get(column.role, "number")


def say_value(column: ColumnInspection, value: float) -> str:
    """A number of this column as a reader says it: years without a comma, dates as dates."""
    if column.kind == "date":
        return date.fromordinal(max(1, int(value))).isoformat()
    if column.role == "birth_year":
        return f"{value:.0f}"
    return say_number(value, unit_of(column), column.symbol)


def picture_missing(inspection: Inspection) -> Picture:
    """Share of rows without a value, for each column that has gaps."""
    key, heading = "missing", "No column has gaps"
    gaps = sorted((c for c in inspection.columns if c.n_missing), key=lambda c: (-c.n_missing, c.name))
    if not gaps:
        return absent(key, heading, "Every row holds a value in every column.")
    first = gaps[0]
    title = f"“{first.name}” has the most gaps: {say_number(first.share_missing, 'share')} of rows"
    shown = gaps[:MOST]
    caption = "The bar is the share of rows without a value; columns without gaps are not shown."
    rows = [
        {"y": i + 0.2, "y2": i + 0.8, "m": i + 0.5, "v": c.share_missing, "t": plural(c.n_missing, "row")}
        for i, c in enumerate(shown)
    ]
    names = [{"y": i + 0.5, "t": wrap(c.name, 34, 1)} for i, c in enumerate(shown)]
    top = min(1.0, max(0.02, 1.25 * first.share_missing))
    x = alt.X("v:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=_share_axis(top))
    y = alt.Scale(domain=[len(shown), 0], nice=False, zero=False)
    bars = (
        drawn(rows).mark_rect(fill=ACCENT).encode(x=x, x2=alt.value(0), y=alt.Y("y:Q", scale=y, axis=None), y2="y2:Q")
    )
    words = drawn(rows).mark_text(align="left", dx=6, baseline="middle", color=MUTED, fontSize=11)
    texts = words.encode(x=x, y=alt.Y("m:Q", scale=y, axis=None), text="t:N")
    sides = (
        drawn(names)
        .mark_text(align="right", baseline="middle")
        .encode(x=alt.value(-10), y=alt.Y("y:Q", scale=y, axis=None), text="t:N")
    )
    chart = layered(bars, texts, sides).properties(width=480, height=26 * len(shown))
    table = tuple(
        {"Column": c.name, "Empty": f"{c.n_missing:,}", "Share": say_number(c.share_missing, "share")} for c in gaps
    )
    return Picture(key, title, caption, styled(chart, title), table)


def _share_axis(top: float) -> alt.Axis:
    ticks = [float(t) for t in np.linspace(0, top, 3)]
    return written_axis(ticks, [say_number(t, "share") for t in ticks], "Share of rows without a value")


def measured_columns(inspection: Inspection, dates: bool = True) -> list[ColumnInspection]:
    """Columns with a distribution worth drawing, in the order of the table."""
    found = []
    for c in inspection.columns:
        numeric = c.spread is not None and c.n_distinct > 2 and c.role not in UNSPREAD
        if (numeric or (dates and c.first is not None and c.first != c.last)) and not c.private:
            values = inspection.sampled.columns.get(c.name)
            if values is not None and np.isfinite(values).any():
                found.append(c)
    return found


def picture_histograms(inspection: Inspection) -> Picture:
    """A histogram of each column of numbers or dates."""
    key, heading = "histograms", "How values spread"
    columns = measured_columns(inspection)
    if not columns:
        return absent(key, heading, "No column holds numbers or dates to draw.")
    shown = columns[:MOST]
    skewed = [c for c in shown if _is_skewed(c)]
    title = "How the values of each column spread"
    if skewed:
        said = "column bunches" if len(skewed) == 1 else "columns bunch"
        title = f"{len(skewed)} of {len(shown)} {said} up at low values with a long tail of high ones"
    caption = (
        f"The height of a bar is the number of {_rows(inspection)} at that value. "
        "Values far out are counted in the last bar."
    )
    caption += _sample_note(inspection) + _rest_note(columns)
    panels = [_histogram(c, inspection.sampled.columns[c.name]) for c in shown]
    table = tuple(_spread_row(c) for c in columns)
    return Picture(key, title, caption, styled(_grid(panels), title), table)


def _is_skewed(c: ColumnInspection) -> bool:
    s = c.spread
    return s is not None and s.minimum >= 0 and s.sd > 0 and s.mean - s.median > 0.3 * s.sd


def _spread_row(c: ColumnInspection) -> dict[str, str]:
    if c.spread is None:
        return {
            "Column": c.name, "Least": str(c.first), "Lower quartile": "–", "Median": "–", "Upper quartile": "–",
            "Largest": str(c.last),
        }  # fmt: skip
    s = c.spread
    return {
        "Column": c.name,
        "Least": say_value(c, s.minimum),
        "Lower quartile": say_value(c, s.q1),
        "Median": say_value(c, s.median),
        "Upper quartile": say_value(c, s.q3),
        "Largest": say_value(c, s.maximum),
    }


def _rows(inspection: Inspection) -> str:
    """What a row of the table is."""
    return "customers" if inspection.orders is None else "order lines"


def _sample_note(inspection: Inspection) -> str:
    n = inspection.sampled.n_rows
    return f" Drawn from a sample of {n:,} rows." if n < inspection.rows_read else ""


def _rest_note(columns: Sequence[Any]) -> str:
    return f" The first {MOST} of {len(columns)} columns are shown." if len(columns) > MOST else ""


def span_of_values(values: np.ndarray) -> Span:
    """An axis that shows all but far-away values."""
    known = np.sort(values[np.isfinite(values)])
    last = len(known) - 1
    q1, low, high, q3 = (float(known[round(q * last)]) for q in (0.25, 0.005, 0.995, 0.75))
    room = max(0.35 * (high - low), 0.5 * (q3 - q1))
    start = float(known[0]) if known[0] >= low - room else low
    end = float(known[-1]) if known[-1] <= high + room else high
    if end <= start:
        start, end = float(known[0]), float(known[-1])
    if end <= start:
        start, end = start - 1, end + 1
    pad = 0.02 * (end - start)
    first = max(start - pad, 0.0) if known[0] >= 0 else start - pad
    return Span(first, end + pad, False, start > known[0] or end < known[-1])


def _histogram(c: ColumnInspection, values: np.ndarray) -> alt.LayerChart:
    span = span_of_values(values)
    known = values[np.isfinite(values)]
    edges = bin_edges(span, known, BINS)
    counts = np.histogram(np.clip(known, edges[0], edges[-1]), bins=edges)[0]
    top = float(counts.max()) or 1.0
    rows = [{"x": float(edges[i]), "x2": float(edges[i + 1]), "y": float(n) / top} for i, n in enumerate(counts) if n]
    span = Span(min(span.low, float(edges[0])), max(span.high, float(edges[-1])), False, span.cut)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, 1.05], nice=False), axis=None)
    x = alt.X("x:Q", scale=span.scale(), axis=_axis(c, span))
    bars = (
        drawn(rows)
        .mark_rect(fill=ACCENT, stroke=PAPER, strokeWidth=0.4)
        .encode(x=x, x2="x2:Q", y=y, y2=alt.value(TALL))
    )
    return layered(bars).properties(width=PANEL, height=TALL, title=_heading(c))


def _axis(c: ColumnInspection, span: Span) -> alt.Axis:
    about = 2 if c.kind == "date" or unit_of(c) == "money" else 3
    if c.kind == "date":
        ticks = _date_ticks(span, about)
        texts = [date.fromordinal(int(t)).strftime("%b %Y") for t in ticks]
    else:
        ticks = whole(span.ticks(about), "count" if c.role == "birth_year" else unit_of(c))
        texts = [f"{t:.0f}" if c.role == "birth_year" else tick_text(t, unit_of(c), c.symbol) for t in ticks]
    return written_axis(ticks, texts, None, domain=False, tickSize=3, labelFlush=14, grid=False)


def _date_ticks(span: Span, about: int) -> list[float]:
    places = [span.value((i + 0.5) / about) for i in range(about)]
    firsts = [date.fromordinal(int(p)).replace(day=1).toordinal() for p in places]
    return sorted({float(f) for f in firsts if span.low <= f <= span.high})


def _heading(c: ColumnInspection) -> alt.TitleParams:
    words = axis_title(c.name, unit_of(c), "" if c.symbol and c.symbol in c.name else c.symbol)
    heading = panel_title(wrap(words, 25, 1))
    heading.fontSize = 12
    return heading


def _grid(panels: Sequence[alt.LayerChart]) -> alt.VConcatChart:
    lines = [beside(*panels[i : i + ACROSS], spacing=26, bounds="flush") for i in range(0, len(panels), ACROSS)]
    return below(*lines, spacing=16)


def picture_column_boxes(inspection: Inspection) -> Picture:
    """Quartiles of each column of numbers, with the values beyond Tukey's outer fence as marks."""
    key, heading = "column-boxes", "Typical values and those far out"
    columns = [c for c in measured_columns(inspection, dates=False) if c.n_distinct > 4]
    if not columns:
        return absent(key, heading, "No column holds numbers with quartiles to draw.")
    shown = columns[:MOST]
    far = sorted((c for c in columns if c.spread and c.spread.n_outliers), key=lambda c: (-_share_out(c), c.name))
    title = "No column has values far out"
    if far:
        said = "column has" if len(far) == 1 else "columns have"
        title = f"{len(far)} {said} values far out, “{far[0].name}” the most: {say_number(_share_out(far[0]), 'share')}"
    rows = _rows(inspection)
    caption = (
        f"The box holds the middle half of {rows}, its white line is the median, the thin line reaches to the last "
        f"value within three box lengths. Rings lie beyond (Tukey's outer fence); one ring may stand for many {rows}."
    )
    panels = [_box(c, inspection.sampled.columns[c.name]) for c in shown]
    caption += _sample_note(inspection) + _rest_note(columns)
    table = tuple(_outlier_row(c) for c in columns)
    return Picture(key, title, caption, styled(_grid(panels), title), table)


def _share_out(c: ColumnInspection) -> float:
    return c.spread.n_outliers / c.n_values if c.spread and c.n_values else 0.0


def _outlier_row(c: ColumnInspection) -> dict[str, str]:
    assert c.spread is not None
    fences = c.spread.fences
    return {
        "Column": c.name,
        "Lower fence": say_value(c, fences[0]) if fences else "–",
        "Upper fence": say_value(c, fences[1]) if fences else "–",
        "Far out": f"{c.spread.n_outliers:,}",
        "Share": say_number(_share_out(c), "share"),
    }


def _box(c: ColumnInspection, values: np.ndarray) -> alt.LayerChart:
    s = c.spread
    assert s is not None
    known = values[np.isfinite(values)]
    low, high = s.fences or (s.minimum, s.maximum)
    inside = known[(known >= low) & (known <= high)]
    span = Span(*_padded(float(known.min()), float(known.max())), False, False)
    line = [{"a": float(inside.min()), "b": float(inside.max())}] if len(inside) else []
    height = 44
    x_axis = _axis(c, span)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=span.scale(), axis=x_axis)

    middle = alt.value(height / 2)
    box = drawn([{"a": s.q1, "b": s.q3}]).mark_rect(fill="#8fb9e0", stroke=INK, strokeWidth=0.8)
    layers = [
        drawn(line).mark_rule(color=INK).encode(x=x("a"), x2="b:Q", y=middle),
        box.encode(x=x("a"), x2="b:Q", y=alt.value(height / 2 - 11), y2=alt.value(height / 2 + 11)),
    ]
    for tint, width in ((INK, 4.0), (PAPER, 2.0)):
        tick = drawn([{"a": s.median}]).mark_rule(color=tint, strokeWidth=width)
        layers.append(tick.encode(x=x("a"), y=alt.value(height / 2 - 11), y2=alt.value(height / 2 + 11)))
    # Places along the axis, not values: marks at one place are one mark, and none tells a value to the digit.
    beyond = known[(known < low) | (known > high)]
    places = sorted({round(span.place(float(v)), 2) for v in beyond})
    if places:
        rings = drawn([{"a": span.value(p)} for p in places]).mark_point(
            shape="circle", size=26, stroke="#b35806", strokeWidth=1.3, fill=None, opacity=1
        )
        layers.append(rings.encode(x=x("a"), y=middle))
    return layered(*layers).properties(width=PANEL, height=height, title=_heading(c))


def _padded(low: float, high: float) -> tuple[float, float]:
    pad = 0.05 * (high - low) or 1.0
    return low - pad, high + pad


def picture_levels(inspection: Inspection) -> Picture:
    """Customers by level, for each category and each column of a few values."""
    rows = _rows(inspection)
    key, heading = "levels", f"How {rows} split by category"
    columns = [c for c in inspection.columns if _has_levels(c)]
    if not columns:
        return absent(key, heading, "No column holds categories to draw.")
    shown = columns[:MOST]
    title = _levels_title(columns, rows)
    caption = f"The bar is the share of {rows} with that level; at most {MOST_LEVELS} levels a column are drawn."
    if any(c.sensitive and _few(c) for c in columns):
        caption += f" Levels of a sensitive attribute with fewer than {FEWEST_TOLD} {rows} are not named."
    caption += _rest_note(columns)
    lines = [[_bars(c) for c in shown[i : i + 3]] for i in range(0, len(shown), 3)]
    chart = below(*(beside(*line, spacing=128, bounds="flush") for line in lines), spacing=20)
    table = tuple(
        {"Column": c.name, "Level": level, rows.capitalize(): f"{n:,}", "Share": say_number(n / c.n_values, "share")}
        for c in columns
        for level, n in _named(c)
    )
    return Picture(key, title, caption, styled(chart, title), table)


def _levels_title(columns: Sequence[ColumnInspection], rows: str) -> str:
    plain = [c for c in columns if not c.sensitive] or list(columns)
    first = max(plain, key=lambda c: (c.levels[0][1] / c.n_values, c.name))
    top = first.levels[0][1] / first.n_values
    if top < ONE_SIDED:
        return f"No category is one-sided: no level holds more than two thirds of {rows}"
    share = say_number(top, "share")
    return f"“{first.name}” is the most one-sided category: {share} are “{wrap(first.levels[0][0], 24, 1)}”"


def _has_levels(c: ColumnInspection) -> bool:
    few = c.kind == "text" or c.role in UNSPREAD
    return few and not c.private and c.n_distinct > 1 and bool(c.levels) and c.n_distinct <= 40 and c.role != "constant"


def _few(c: ColumnInspection) -> bool:
    return any(n < FEWEST_TOLD for _, n in c.levels)


def _named(c: ColumnInspection) -> list[tuple[str, int]]:
    named = [(level, n) for level, n in c.levels if n >= FEWEST_TOLD or not c.sensitive]
    rest = sum(n for _, n in c.levels) - sum(n for _, n in named)
    return [*named, ("not named", rest)] if rest >= FEWEST_TOLD else named


def _bars(c: ColumnInspection) -> alt.LayerChart:
    named = _named(c)
    if len(named) > MOST_LEVELS:
        rest = named[MOST_LEVELS - 1 :]
        named = [*named[: MOST_LEVELS - 1], (f"{len(rest)} others", sum(n for _, n in rest))]
    n_lines = len(named)
    rows: list[dict[str, Any]] = []
    widest = max(n for _, n in named) / c.n_values
    for i, (level, n) in enumerate(named):
        share = n / c.n_values
        rows.append(
            {"y": i + 0.18, "y2": i + 0.82, "m": i + 0.5, "v": share, "t": say_number(share, "share"),
             "name": wrap(level, 15, 1)}
        )  # fmt: skip
    width = 110
    x = alt.X("v:Q", scale=alt.Scale(domain=[0, widest], nice=False), axis=None)
    scale = alt.Scale(domain=[n_lines, 0], nice=False, zero=False)
    base = drawn(rows)
    middle = alt.Y("m:Q", scale=scale, axis=None)
    bars = base.mark_rect(fill=ACCENT).encode(x=x, x2=alt.value(0), y=alt.Y("y:Q", scale=scale, axis=None), y2="y2:Q")
    texts = base.mark_text(align="left", dx=5, baseline="middle", fontSize=11, color=MUTED).encode(
        x=x, y=middle, text="t:N"
    )
    names = base.mark_text(align="right", baseline="middle", fontSize=11).encode(
        x=alt.value(-8), y=middle, text="name:N"
    )
    return layered(bars, texts, names).properties(width=width, height=22 * n_lines, title=_heading(c))
