"""One panel a feature, one row a segment: box plots and distributions. Quartiles come from the profile."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import altair as alt
import numpy as np

from segmentry.plots.axes import Span, axis_title, levels_of, measure_axis, span_of
from segmentry.plots.picture import NO_VIEW, Picture, absent
from segmentry.plots.style import (
    INK,
    MUTED,
    PAPER,
    below,
    beside,
    colour,
    drawn,
    layered,
    name_column,
    outline,
    panel_title,
    rows_scale,
    styled,
    wrap,
)
from segmentry.profiles.profile import Measure
from segmentry.profiles.wording import lowered, say, say_number
from segmentry.segmentation import Segmentation
from segmentry.tables.masking import FEWEST_TOLD

ACROSS = 3
PANEL = 176
MOST = 12
BINS = 24
NOT_DRAWN = ("flag", "category")
FEW_VALUES = ("level",)  # their quartiles fall together, a histogram shows them better


def drawn_measures(segmentation: Segmentation, features: Sequence[str] = ()) -> list[Measure]:
    """The features that segments rest on, unless others are named, that have a distribution worth drawing; the most
    telling ones first."""
    measures = segmentation.profile.measures
    wanted = [m for m in measures if (m.name in features if features else m.clustered)]
    found = [m for m in wanted if m.unit not in NOT_DRAWN]
    found = [m for m in found if m.population.median is not None]
    return sorted(found, key=lambda m: m.apart, reverse=True)[:MOST]


def picture_boxes(segmentation: Segmentation, features: Sequence[str] = ()) -> Picture:
    """Quartiles of each clustered feature, or of those named, by segment; whiskers hold the middle 90 %."""
    key, heading = "boxes", "Typical values by segment"
    measures = [m for m in drawn_measures(segmentation, features) if m.unit not in FEW_VALUES]
    if not measures:
        return absent(
            key, heading, "No feature has quartiles to draw: there are too few customers, or only yes/no features."
        )
    panels = [_boxes(segmentation, m) for m in measures]
    first = measures[0]
    medians = [c.spread.median for c in first.segments.values() if c.spread.median is not None]
    title = f"{first.label} separates the segments most"
    if len(medians) > 1:
        low, high = (say(first, v) for v in (min(medians), max(medians)))
        title += f": medians from {low} to {high}"
    if len(segmentation.segments) == 1:
        title = "Typical values of all customers"
    whiskers = "the thin line holds the middle 90 %. " if segmentation.view is not None else ""
    caption = (
        f"The box holds the middle half of a segment's customers, its white line is the median; {whiskers}"
        "The dotted line is the median of all customers."
    )
    body = _grid(segmentation, panels, 36)
    table = tuple(
        {
            "Feature": axis_title(m.label, m.unit, m.symbol),
            "Segment": s.name,
            **{
                word: say(m, getattr(m.segments[s.id].spread, part))
                for word, part in (("Lower quartile", "q1"), ("Median", "median"), ("Upper quartile", "q3"))
            },
        }
        for m in measures
        for s in segmentation.segments
        if s.id in m.segments
    )
    return Picture(key, title, caption, styled(body, title), table)


def picture_distributions(segmentation: Segmentation, features: Sequence[str] = ()) -> Picture:
    """Histograms of each clustered feature, or of those named, by segment, over bins shared by all segments."""
    key, heading = "distributions", "How customers spread within each segment"
    view = segmentation.view
    if view is None:
        return absent(key, heading, NO_VIEW)
    measures = [
        m for m in drawn_measures(segmentation, features) if np.isfinite(view.values.get(m.name, np.zeros(0))).any()
    ]
    if not measures:
        return absent(
            key, heading, "No feature has a distribution to draw: there are too few customers, or only yes/no features."
        )
    spans = {m.name: span_of(segmentation, m.name, view.values[m.name]) for m in measures}
    shares = {m.name: _histograms(segmentation, m, spans[m.name]) for m in measures}
    panels = [_ridges(segmentation, m, spans[m.name], *shares[m.name]) for m in measures]
    title = _overlap_title({m.label: shares[m.name][1] for m in measures})
    caption = (
        "The height of a hill is the share of the segment's customers at that value, on the same bins for all "
        "segments; hills right above one another mean that segments do not differ there."
    )
    if any(span.cut for span in spans.values()):
        caption += " Values far out are counted in the first or last bin."
    if any(len(parts) < len(segmentation.segments) for _, parts in shares.values()):
        caption += f" A segment with fewer than {segmentation.profile.minimum_customers} customers has no hill."
    if segmentation.mark_floor > 1:
        caption += f" Steps of fewer than {segmentation.mark_floor} customers are left out."
    table = tuple(
        {
            "Feature": axis_title(m.label, m.unit, m.symbol),
            "Segment": s.name,
            "Most common": _mode(m, *shares[m.name], s.id),
        }
        for m in measures
        for s in segmentation.segments
    )
    return Picture(key, title, caption, styled(_grid(segmentation, panels, 46), title), table)


def _grid(segmentation: Segmentation, panels: list[alt.LayerChart], row: int) -> alt.VConcatChart:
    """Panels in rows, the names of the segments at the left of each row."""
    n = len(segmentation.segments)
    height = max(row * n, 60)
    middles = [i + 0.5 for i in range(n)]
    rows = []
    for i in range(0, len(panels), ACROSS):
        line = [p.properties(height=height) for p in panels[i : i + ACROSS]]
        rows.append(beside(name_column(segmentation, middles, n, height), *line, spacing=34, bounds="flush"))
    return below(*rows, spacing=22)


def _heading(measure: Measure) -> alt.TitleParams:
    heading = panel_title(wrap(axis_title(measure.label, measure.unit, measure.symbol), 27, 2).split("\n"))
    heading.fontSize = 12
    return heading


def _span(segmentation: Segmentation, measure: Measure) -> Span:
    view = segmentation.view
    if view is not None and np.isfinite(view.values.get(measure.name, np.zeros(0))).any():
        return span_of(segmentation, measure.name, view.values[measure.name])
    spreads = [measure.population] + [c.spread for c in measure.segments.values()]
    known = [v for s in spreads for v in (s.q1, s.median, s.q3) if v is not None]
    return span_of(segmentation, measure.name, np.array(known))


def _boxes(segmentation: Segmentation, measure: Measure) -> alt.LayerChart:
    span = _span(segmentation, measure)
    n = len(segmentation.segments)
    rows = []
    for i, s in enumerate(segmentation.segments):
        spread = measure.segments[s.id].spread if s.id in measure.segments else None
        if spread is None or spread.median is None:
            continue
        low, high = _whiskers(segmentation, measure, s.id)
        rows.append(
            {"id": s.id, "y": i + 0.5, "from": i + 0.22, "to": i + 0.78, "q1": spread.q1, "q3": spread.q3}
            | {"median": spread.median, "low": low, "high": high}
        )

    def x(field: str) -> alt.X:
        axis = measure_axis(measure, span, _ticks(measure), title=False, domain=False, tickSize=0)
        return alt.X(f"{field}:Q", scale=span.scale(), axis=axis)

    base = drawn(rows)
    middle = drawn([{"all": measure.population.median}])
    layers = [middle.mark_rule(color=MUTED, strokeDash=[1, 3], strokeWidth=1.4).encode(x=x("all"))]
    whiskers = [row for row in rows if row["low"] is not None]
    if whiskers:
        line = drawn(whiskers)
        layers.append(line.mark_rule(color=INK, strokeWidth=1).encode(x=x("low"), x2="high:Q", y=rows_scale(n)))
    box = base.mark_rect(stroke=INK, strokeWidth=0.6)
    layers.append(
        box.encode(x=x("q1"), x2="q3:Q", y=rows_scale(n, "from"), y2="to:Q", color=colour(segmentation.segments))
    )
    for tint, width in ((INK, 4.5), (PAPER, 2.2)):
        tick = base.mark_rule(color=tint, strokeWidth=width)
        layers.append(tick.encode(x=x("median"), y=rows_scale(n, "from"), y2="to:Q"))
    return layered(*layers).properties(width=PANEL, title=_heading(measure))


def _ticks(measure: Measure) -> int:
    """Longer words on an axis leave room for fewer of them."""
    return 3 if measure.unit in ("money", "share") else 4


def _whiskers(segmentation: Segmentation, measure: Measure, segment_id: str) -> tuple[float | None, float | None]:
    known = _values(segmentation, measure, segment_id)
    floor = segmentation.mark_floor
    # Beyond the end of a whisker lie five in a hundred.
    if len(known) < max(segmentation.profile.minimum_customers, FEWEST_TOLD, 20 * floor if floor > 1 else 0):
        return None, None
    known = np.sort(known)
    return float(known[round(0.05 * (len(known) - 1))]), float(known[round(0.95 * (len(known) - 1))])


def _values(segmentation: Segmentation, measure: Measure, segment_id: str) -> np.ndarray:
    view = segmentation.view
    if view is None or measure.name not in view.values:
        return np.zeros(0)
    own: np.ndarray = view.values[measure.name][view.segment_ids == segment_id]
    known: np.ndarray = own[np.isfinite(own)]
    return known


def _histograms(segmentation: Segmentation, measure: Measure, span: Span) -> tuple[list[float], dict[str, np.ndarray]]:
    """Edges of the shared bins, and the share of each segment's customers in each; small segments have none."""
    edges = _edges(span, segmentation, measure)
    shares = {}
    for s in segmentation.segments:
        known = _values(segmentation, measure, s.id)
        if len(known) >= segmentation.profile.minimum_customers:
            counts = np.histogram(np.clip(known, edges[0], edges[-1]), bins=np.array(edges))[0]
            shares[s.id] = np.where(counts >= segmentation.mark_floor, counts, 0) / len(known)
    return edges, shares


def _edges(span: Span, segmentation: Segmentation, measure: Measure) -> list[float]:
    """Equal steps along the axis; for whole numbers, steps of whole numbers, or some bins would hold more of them."""
    assert segmentation.view is not None
    known = segmentation.view.values[measure.name]
    known = known[np.isfinite(known)]
    low, high = span.low, span.high
    if not span.log and bool((known == np.round(known)).all()):
        step = max(1.0, float(np.ceil((high - low) / BINS)))
        first = float(np.floor(low)) - 0.5
        return [float(v) for v in np.arange(first, high + step, step)]
    return [span.value(i / BINS) for i in range(BINS + 1)]


def _ridges(
    segmentation: Segmentation, measure: Measure, span: Span, edges: list[float], shares: dict[str, np.ndarray]
) -> alt.LayerChart:
    n = len(segmentation.segments)
    top = max((float(s.max()) for s in shares.values()), default=1.0) or 1.0
    rows, bases = [], []
    for i, s in enumerate(segmentation.segments):
        bases.append({"y": i + 0.9})
        for j, share in enumerate(shares.get(s.id, np.zeros(0))):
            if share > 0:
                height = 0.82 * float(share) / top
                rows.append({"id": s.id, "x": edges[j], "x2": edges[j + 1], "y": i + 0.9, "y2": i + 0.9 - height})
    span = Span(min(span.low, edges[0]), max(span.high, edges[-1]), span.log, span.cut)
    levels = levels_of(segmentation, measure.name)
    axis = measure_axis(
        measure,
        span,
        _ticks(measure),
        title=False,
        levels=levels,
        domain=False,
        tickSize=0,
    )
    x = alt.X("x:Q", scale=span.scale(), axis=axis)
    bars = (
        drawn(rows)
        .mark_rect(strokeWidth=0.6)
        .encode(
            x=x,
            x2="x2:Q",
            y=rows_scale(n),
            y2="y2:Q",
            color=colour(segmentation.segments),
            stroke=outline(segmentation.segments),
        )
    )
    line = drawn(bases).mark_rule(color=INK, strokeWidth=0.8).encode(y=rows_scale(n))
    return layered(bars, line).properties(width=PANEL, title=_heading(measure))


def _overlap_title(shares: dict[str, dict[str, np.ndarray]]) -> str:
    overlaps = {}
    for label, parts in shares.items():
        pairs = [float(np.minimum(a, b).sum()) for a, b in combinations(parts.values(), 2)]
        if pairs:
            overlaps[label] = sum(pairs) / len(pairs)
    if not overlaps:
        return "How customers spread within the segment"
    label = min(overlaps, key=lambda name: overlaps[name])
    common = say_number(overlaps[label], "share")
    return f"Segments overlap least in {lowered(label)}: any two of them have {common} in common on average"


def _mode(measure: Measure, edges: list[float], shares: dict[str, np.ndarray], segment_id: str) -> str:
    part = shares.get(segment_id)
    if part is None or not part.any():
        return "–"
    at = int(part.argmax())
    ends = [max(v, 0) if edges[0] >= 0 else v for v in edges[at : at + 2]]
    at_level = measure.levels and say(measure, sum(ends) / 2)
    held = at_level or f"{say(measure, ends[0])} to {say(measure, ends[1])}"
    return f"{held} ({say_number(float(part[at]), 'share')} of the segment)"
