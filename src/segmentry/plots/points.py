"""Customers as points: by the two features that separate the segments best, and by principal components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from segmentry.plots.axes import Span, axis_title, levels_of, measure_axis, span_of, tick_texts, written_axis
from segmentry.plots.picture import NO_VIEW, Picture, Row, absent
from segmentry.plots.placing import place
from segmentry.plots.sharing import grouped
from segmentry.plots.style import INK, LABEL, LINE, PAPER, colour, drawn, layered, names, shape, styled
from segmentry.plots.thinning import evenly
from segmentry.profiles.profile import Measure
from segmentry.profiles.wording import lowered, say, say_number
from segmentry.segmentation import Segmentation, View

POINTS = 2000
FEW = 600  # points up to which they can be larger without covering one another
MOST_ON_A_PLACE = 20  # customers on average, beyond which a point no longer tells how many it stands for
WIDE, HIGH = 660, 430


@dataclass(frozen=True)
class Cloud:
    """Points to draw: parallel arrays of both axes and segment ids, and the range of each axis."""

    x: np.ndarray
    y: np.ndarray
    ids: np.ndarray
    across: Span
    up: Span

    def centre(self, segment_id: str) -> tuple[float, float]:
        """The median point of a segment: a few far-away customers do not move it."""
        own = self.ids == segment_id
        return float(np.median(self.x[own])), float(np.median(self.y[own]))


def picture_scatter(segmentation: Segmentation, features: tuple[str, str] | None = None) -> Picture:
    """Two features in original units: those that tell the segments apart best, unless others are named."""
    key, heading = "scatter", "The two main features"
    view = segmentation.view
    if view is None:
        return absent(key, heading, NO_VIEW)
    first, second = features or view.two_main
    if first == second or first not in view.values or second not in view.values:
        return absent(
            key, heading, "The segments rest on one numeric feature, so there is no second one to draw it against."
        )
    cloud = _cloud(segmentation, view, view.values[first], view.values[second], (first, second))
    if cloud is None:
        return absent(key, heading, f"No customer has a value of both {first} and {second}.")
    a, b = segmentation.profile.measure(first), segmentation.profile.measure(second)
    title = f"{a.label} and {lowered(b.label)} tell the segments apart best"
    if features is not None and set(features) != set(view.two_main):
        title = f"{a.label} and {lowered(b.label)} by segment"
    if len(segmentation.segments) == 1:
        title = f"{a.label} and {lowered(b.label)} of all customers"
    body = _draw(segmentation, cloud, *_feature_axes(segmentation, cloud, a, b))
    table = tuple(
        {
            "Segment": s.name,
            f"Median: {axis_title(a.label, a.unit, a.symbol)}": say(a, a.segments[s.id].spread.median),
            f"Median: {axis_title(b.label, b.unit, b.symbol)}": say(b, b.segments[s.id].spread.median),
        }
        for s in segmentation.segments
    )
    return Picture(key, title, _caption(segmentation, cloud), styled(body, title), table)


def picture_components(segmentation: Segmentation) -> Picture:
    """The customers on the two principal components of the prepared features."""
    key, heading = "components", "All features at once"
    view = segmentation.view
    if view is None:
        return absent(key, heading, NO_VIEW)
    if view.explained[1] <= 0 or len(segmentation.recipe.axes) < 2:
        return absent(
            key, heading, "The segments rest on one feature, so there is nothing to fold into two directions."
        )
    places = len(np.unique(view.components.round(6), axis=0))
    if len(view.components) > MOST_ON_A_PLACE * places:
        return absent(key, heading, f"All customers stand on {places} places, where points would hide one another.")
    cloud = _cloud(segmentation, view, view.components[:, 0], view.components[:, 1], ("", ""))
    if cloud is None:
        return absent(key, heading, "No customer could be drawn.")
    share = say_number(sum(view.explained), "share")
    title = f"Two directions hold {share} of the differences between customers"
    caption = (
        "All features folded into the two directions in which customers differ most. "
        f"{_caption(segmentation, cloud)} Segments that overlap here can still be apart in the remaining "
        f"{say_number(1 - sum(view.explained), 'share')}."
    )
    axes = [_plain_axis(span, i, view.explained[i]) for i, span in enumerate((cloud.across, cloud.up))]
    body = _draw(segmentation, cloud, axes[0], axes[1])
    return Picture(key, title, caption, styled(body, title), _component_table(segmentation, cloud))


def _component_table(segmentation: Segmentation, cloud: Cloud) -> tuple[Row, ...]:
    rows = []
    for s in segmentation.segments:
        known = (cloud.ids == s.id).sum() >= segmentation.mark_floor
        x, y = cloud.centre(s.id) if known else (None, None)
        rows.append({"Segment": s.name, "Centre across": _one(x), "Centre up": _one(y)})
    return tuple(rows)


def _one(value: float | None) -> str:
    return "–" if value is None else f"{value:z.1f}"


def _feature_axes(segmentation: Segmentation, cloud: Cloud, a: Measure, b: Measure) -> tuple[alt.Axis, alt.Axis]:
    bottom = measure_axis(a, cloud.across, 6, levels=levels_of(segmentation, a.name))
    return bottom, measure_axis(b, cloud.up, 6, levels=levels_of(segmentation, b.name))


def _plain_axis(span: Span, which: int, explained: float) -> alt.Axis:
    ticks = span.ticks(6)
    title = f"{('First', 'Second')[which]} principal component ({say_number(explained, 'share')} of the variance)"
    return written_axis(ticks, tick_texts(ticks, "number"), title, domain=False, tickSize=0)


def _cloud(
    segmentation: Segmentation, view: View, x: np.ndarray, y: np.ndarray, features: tuple[str, str]
) -> Cloud | None:
    """The customers of known segments with both values, thinned to what an eye can take in."""
    known = np.isin(view.segment_ids, [s.id for s in segmentation.segments]) & np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return None
    x, y, ids = x[known], y[known], view.segment_ids[known]
    across, up = span_of(segmentation, features[0], x), span_of(segmentation, features[1], y)
    if segmentation.mark_floor > 1:
        return Cloud(x, y, ids, across, up)
    chosen = evenly(len(x), POINTS)
    # A segment that thinning would lose keeps one customer, or its name would point nowhere.
    lost = [
        int(np.flatnonzero(ids == s.id)[0]) for s in segmentation.segments if s.id in ids and s.id not in ids[chosen]
    ]
    chosen = np.union1d(chosen, np.array(lost, dtype=np.int64))
    return Cloud(x[chosen], y[chosen], ids[chosen], across, up)


def _caption(segmentation: Segmentation, cloud: Cloud) -> str:
    if segmentation.mark_floor > 1:
        inside = sum(row["n"] for row in _groups(segmentation, cloud))
        return (
            f"One point stands for {segmentation.mark_floor} customers or more of a segment who are near one another, "
            f"a larger one for more ({say_number(inside)} of {say_number(len(cloud.x))} customers; the others stand "
            "too far apart to be drawn); the marker with a halo is the middle of its segment, the shape tells it too."
        )
    n = 0 if segmentation.view is None else len(segmentation.view.segment_ids)
    shown = (
        f"{say_number(len(cloud.x))} of {say_number(n)} customers" if len(cloud.x) < n else f"{say_number(n)} customers"
    )
    edge = " Values far out are drawn on the edge." if cloud.across.cut or cloud.up.cut else ""
    return (
        f"One point a customer ({shown}); the large marker is the middle of its segment, the shape tells it too.{edge}"
    )


def _groups(segmentation: Segmentation, cloud: Cloud) -> list[dict[str, Any]]:
    """What is drawn of the cloud: a row a customer, or a row a group where marks stand for several."""
    floor = segmentation.mark_floor
    if floor == 1:
        parts = zip(cloud.x, cloud.y, cloud.ids, strict=True)
        return [{"x": round(float(a), 4), "y": round(float(b), 4), "id": str(c)} for a, b, c in parts]
    places = [
        np.array([span.place(float(v)) for v in values])
        for span, values in ((cloud.across, cloud.x), (cloud.up, cloud.y))
    ]
    groups = grouped(cloud.x, cloud.y, cloud.ids, (places[0], places[1]), floor)
    return [{"x": round(g.x, 4), "y": round(g.y, 4), "id": g.id, "n": g.n} for g in groups]


def _draw(segmentation: Segmentation, cloud: Cloud, bottom: alt.Axis, left: alt.Axis) -> alt.LayerChart:
    rows = _groups(segmentation, cloud)
    segments = segmentation.segments
    many = len(rows) > FEW
    x = alt.X("x:Q", scale=cloud.across.scale(), axis=bottom)
    y = alt.Y("y:Q", scale=cloud.up.scale(), axis=left)
    points = (
        drawn(rows)
        .mark_point(filled=True, size=22 if many else 44, opacity=0.5 if many else 0.7)
        .encode(x=x, y=y, color=colour(segments), shape=shape(segments))
    )
    if segmentation.mark_floor > 1:
        points = points.encode(size=alt.Size("n:Q", scale=alt.Scale(type="sqrt", range=[20, 260]), legend=None))
    present = [s for s in segments if (cloud.ids == s.id).sum() >= segmentation.mark_floor]
    centres = [cloud.centre(s.id) for s in present]
    marks = [{"x": a, "y": b, "id": s.id} for s, (a, b) in zip(present, centres, strict=True)]
    middle = drawn(marks).encode(x=x, y=y, shape=shape(segments))
    halo = middle.mark_point(filled=True, size=330, opacity=1, color=PAPER)
    core = middle.mark_point(filled=True, size=170, opacity=1, stroke=INK, strokeWidth=1).encode(color=colour(segments))
    layers = [points, *_leaders(cloud, [s.id for s in present], segmentation, x, y), halo, core]
    return layered(*layers, *_named(cloud, [s.id for s in present], segmentation, x, y)).properties(
        width=WIDE, height=HIGH
    )


def _labels(cloud: Cloud, ids: Sequence[str], segmentation: Segmentation) -> list[dict[str, object]]:
    """Each name where it covers no other, in data units, and its anchor."""
    written = names(segmentation.segments)
    centres = [cloud.centre(name) for name in ids]
    anchors = [(cloud.across.place(a) * WIDE, (1 - cloud.up.place(b)) * HIGH) for a, b in centres]
    boxes = place(anchors, [written[name] for name in ids], WIDE, HIGH)
    rows: list[dict[str, object]] = []
    for name, box, anchor, centre in zip(ids, boxes, anchors, centres, strict=True):
        far = abs(box.x - anchor[0]) > box.width / 2 + 20 or abs(box.y - anchor[1]) > box.height / 2 + 20
        x, y = cloud.across.value(box.x / WIDE), cloud.up.value(1 - box.y / HIGH)
        rows.append({"x": x, "y": y, "name": written[name], "far": far, "to_x": centre[0], "to_y": centre[1]})
    return rows


def _named(cloud: Cloud, ids: Sequence[str], segmentation: Segmentation, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    base = drawn(_labels(cloud, ids, segmentation)).encode(x=x, y=y, text="name:N")
    text: dict[str, Any] = {
        "align": "center",
        "baseline": "middle",
        "lineBreak": "\n",
        "lineHeight": LINE,
        "fontSize": LABEL + 0.5,
    }
    halo = base.mark_text(stroke=PAPER, strokeWidth=5, strokeJoin="round", fontWeight=600, opacity=0.92, **text)
    return [halo, base.mark_text(fontWeight=600, color=INK, **text)]


def _leaders(cloud: Cloud, ids: Sequence[str], segmentation: Segmentation, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """A thin line from a name that had to move away to the middle of its segment."""
    rows = [row for row in _labels(cloud, ids, segmentation) if row["far"]]
    if not rows:
        return []
    base = drawn(rows).encode(x=x, y=y, x2="to_x:Q", y2="to_y:Q")
    return [base.mark_rule(color=PAPER, strokeWidth=4, opacity=0.8), base.mark_rule(color=INK, strokeWidth=1)]
