"""Later customers beside those of the fit: how far each feature has moved, where to, and the segments then and now.

Draws what `monitoring` counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from segmentry.errors import plural
from segmentry.monitoring import Drift, FeatureDrift
from segmentry.monitoring.index import ACT, WATCH
from segmentry.plots.axes import linear_ticks, tick_text, written_axis
from segmentry.plots.picture import Picture, absent
from segmentry.plots.style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    PAPER,
    below,
    beside,
    colour,
    drawn,
    layered,
    name_column,
    panel_title,
    rows_scale,
    styled,
    wrap,
)
from segmentry.profiles.wording import say_number
from segmentry.segmentation import Segmentation, check_segmentation

MOST, PANELS, UNMOVED = 20, 6, 2  # features in the first picture; panels of bins, and of features that are stable
ROW, BIN, MIX = 30, 20, 40
NAMES, INDICES, PANEL = 190, 400, 220
TINTS = {"stable": "#f3f5f7", "watch": "#faf1e6", "act": "#f6e3d0"}
MARKS = {"stable": ("circle", MUTED), "watch": ("diamond", "#9a4a00"), "act": ("triangle-up", "#7a2e00")}
END = 1.0  # index at which the axis ends; what is beyond is drawn there
TICKS = (0.0, 0.02, WATCH, ACT, 0.5, END)
THE_SEGMENTS = "Shares of the segments"
NO_BASELINES = "The model is of an earlier version, which kept nothing that features could be compared with: fit anew."


def draw_drift(segmentation: Segmentation, found: Drift) -> tuple[Picture, ...]:
    """The pictures of what `drift` found: how far each feature has moved, where to, and the segments then and now.

    >>> import segmentry as sg
    >>> from segmentry.samples import sample_mall
    >>> segmentation = sg.fit(sample_mall(400, seed=1), k=5)
    >>> [picture.key for picture in draw_drift(segmentation, sg.drift(segmentation, sample_mall(400, seed=2)))]
    ['drift', 'drift-bins', 'drift-segments']
    """
    check_segmentation(segmentation)
    return picture_drift(found), picture_bins(found), picture_mix(segmentation, found)


def picture_drift(found: Drift) -> Picture:
    """The index of each feature, and of the segments' shares, beside the two bounds and what chance makes."""
    rows = [(f.label, f.index, f.chance, f.verdict, f.moved) for f in found.features[:MOST]]
    rows.append((THE_SEGMENTS, found.segments_index, found.segments_chance, found.segments_verdict, ""))
    title = _headline(found)
    caption = (
        "The mark is how far a feature has moved since the fit (population stability index), the grey bar what chance "
        "makes of it with so many customers: a mark within its bar is no finding. The grounds are the two bounds: up "
        f"to {WATCH:.2f} a feature is stable, beyond {ACT:.2f} it is to be acted on."
    )
    if any(index > END for _, index, *_ in rows):
        caption += f" Beyond {END:.2f} it is drawn at the edge."
    if len(found.features) > MOST:
        caption += f" The {MOST} of {len(found.features)} features that moved most are shown."
    table = tuple(
        {"Feature": label, "Index": f"{index:.3f}", "Chance": f"{chance:.3f}", "Verdict": _joined(verdict, moved)}
        for label, index, chance, verdict, moved in rows
    )
    return Picture("drift", title, caption, styled(_indices(rows), title), table)


def picture_bins(found: Drift) -> Picture:
    """Shares by bin then and now, of the features that moved; where none did, of those with the largest index."""
    key, heading = "drift-bins", "Where the features have moved to"
    if not found.features:
        return absent(key, heading, NO_BASELINES)
    moved = [f for f in found.features if f.verdict != "stable"]
    shown = moved[:PANELS] or list(found.features[:UNMOVED])
    first = shown[0]
    grown = max(first.bins, key=lambda b: b.now - b.then)
    title = (
        f"{first.label}: {say_number(grown.now, 'share')} of customers are in the bin “{grown.bin}”, "
        f"{say_number(grown.then, 'share')} were"
    )
    caption = (
        "Filled bars are the shares of customers now, lines those of the fit. A feature is cut so that each bin had "
        "about a tenth of the fit's customers; a category has a bin for each level."
    )
    if not moved:
        title = f"No feature has moved; {first.label} has the largest index"
    elif len(moved) > PANELS:
        caption += f" The {PANELS} of {len(moved)} features that moved most are shown."
    table = tuple(
        {
            "Feature": f.label,
            "Bin": b.bin,
            "Then": say_number(b.then, "share"),
            "Now": say_number(b.now, "share"),
        }
        for f in shown
        for b in f.bins
    )
    rows = [shown[i : i + 2] for i in range(0, len(shown), 2)]
    body = below(*(beside(*(_panel(f, line) for f in line), spacing=30) for line in rows), spacing=24)
    return Picture(key, title, caption, styled(body, title), table)


def picture_mix(segmentation: Segmentation, found: Drift) -> Picture:
    """The share of customers in each segment, then and now."""
    names = {s.id: s.name for s in segmentation.segments}
    told = [s for s in found.segments if s.id in names] + [s for s in found.segments if s.id not in names]
    most = max(told, key=lambda s: abs(s.now - s.then))
    title = (
        f"{most.name}: {say_number(most.now, 'share')} of customers are there, {say_number(most.then, 'share')} were"
        if found.segments_verdict != "stable"
        else "The segments have the shares that they had"
    )
    caption = (
        "Filled bars are the shares of customers now, lines those of the fit, both of the customers in a segment. "
        f"The index over all of them is {found.segments_index:.3f}; chance makes up to {found.segments_chance:.3f}."
    )
    table = tuple(
        {"Segment": s.name, "Then": say_number(s.then, "share"), "Now": say_number(s.now, "share")} for s in told
    )
    n, height = len(told), MIX * len(told)
    rows = [
        {"id": s.id, **_row(i, s.then, s.now), "name": s.name if s.id not in names else ""} for i, s in enumerate(told)
    ]
    tint = alt.condition("datum.name == ''", colour(segmentation.segments), alt.value(FAINT))
    middles = [i + 0.5 for i in range(len(segmentation.segments))]
    bars = layered(*_then_and_now(rows, n, tint), _named(rows, n)).properties(width=460, height=height)
    body = beside(name_column(segmentation, middles, n, height), bars, spacing=20)
    return Picture("drift-segments", title, caption, styled(body, title), table)


def _headline(found: Drift) -> str:
    moved = [f for f in found.features if f.verdict != "stable"]
    if not moved and found.segments_verdict == "stable":
        compared = len(found.features)
        return f"None of {plural(compared, 'feature')} has moved" if compared else "The segments have not moved"
    if not moved:
        return "No feature has moved, and the shares of the segments have"
    first = moved[0]
    if len(moved) == 1:
        return f"{first.label} has moved: {first.moved}"
    return f"{len(moved)} features have moved, {first.label} furthest ({first.moved})"


def _joined(verdict: str, moved: str) -> str:
    return f"{verdict}, {moved}" if moved else verdict


def _indices(rows: Sequence[tuple[str, float, float, str, str]]) -> alt.LayerChart:
    n, height = len(rows), ROW * len(rows)
    # One scale for every run, so that two of them can be compared; square roots, for an index is made of squares.
    scale = alt.Scale(domain=[0, END], type="sqrt", nice=False, clamp=True)
    axis = written_axis(TICKS, [f"{t:.2f}" for t in TICKS], "Population stability index, on a scale of square roots",
                        domain=False, tickSize=0, grid=False, labelOverlap=False)  # fmt: skip
    shown: dict[str, Any] = {"scale": scale, "axis": axis}
    bands = [
        {"from": low, "to": high, "word": word, "tint": TINTS[word]}
        for low, high, word in ((0, WATCH, "stable"), (WATCH, ACT, "watch"), (ACT, END, "act"))
    ]
    ground = drawn(bands)
    zones = ground.mark_rect().encode(
        x=alt.X("from:Q", **shown), x2="to:Q", y=alt.value(0), y2=alt.value(height),
        color=alt.Color("tint:N", scale=None, legend=None),
    )  # fmt: skip
    words = ground.mark_text(color=MUTED, fontSize=10, align="left", dx=3).encode(
        x=alt.X("from:Q", **shown), y=alt.value(-9), text="word:N"
    )
    marks = [
        {"y": i + 0.5, "from": i + 0.3, "to": i + 0.7, "name": wrap(label, 30, 1), "index": index, "chance": chance}
        | {"shape": MARKS[verdict][0], "ink": MARKS[verdict][1], "said": f"{index:.2f}{f' {moved}' if moved else ''}"}
        | {"end": max(index, chance)}
        for i, (label, index, chance, verdict, moved) in enumerate(rows)
    ]
    base = drawn(marks)
    by_chance = base.mark_rect(color=FAINT).encode(
        x=alt.X("chance:Q", **shown), x2=alt.datum(0), y=rows_scale(n, "from"), y2="to:Q"
    )
    dots = base.mark_point(filled=True, size=90, opacity=1, stroke=PAPER, strokeWidth=0.8).encode(
        x=alt.X("index:Q", **shown), y=rows_scale(n), shape=alt.Shape("shape:N", scale=None),
        color=alt.Color("ink:N", scale=None),
    )  # fmt: skip
    said = base.mark_text(align="left", dx=10, limit=150).encode(
        x=alt.X("end:Q", **shown), y=rows_scale(n), text="said:N"
    )
    side = base.mark_text(align="right", limit=NAMES).encode(x=alt.value(-10), y=rows_scale(n), text="name:N")
    return layered(zones, words, by_chance, dots, said, side).properties(width=INDICES, height=height)


def _panel(feature: FeatureDrift, line: Sequence[FeatureDrift]) -> alt.LayerChart:
    """One feature; panels of a line are as high as the one with the most bins."""
    n = max(len(f.bins) for f in line)
    rows = [{"name": wrap(b.bin, 20, 1), **_row(i, b.then, b.now)} for i, b in enumerate(feature.bins)]
    bars = _then_and_now(rows, n, alt.value(ACCENT))
    heading = panel_title(wrap(f"{feature.label}: {feature.moved or 'stable'}", 34, 2).split("\n"))
    return layered(*bars, _named(rows, n)).properties(width=PANEL, height=BIN * n, title=heading)


def _row(place: int, then: float, now: float) -> dict[str, Any]:
    said = f"{say_number(then, 'share')} → {say_number(now, 'share')}"
    return {"y": place + 0.5, "from": place + 0.2, "to": place + 0.8, "then": then, "now": now, "said": said} | {
        "above": place + 0.08, "below": place + 0.92, "end": max(then, now)
    }  # fmt: skip


def _then_and_now(rows: Sequence[dict[str, Any]], n: int, tint: Any) -> list[alt.Chart]:
    """Bars of the shares now, lines across them at those of the fit, and both in figures."""
    top = max(row["end"] for row in rows)
    ticks = linear_ticks(0, top, 3)
    axis = written_axis(ticks, [tick_text(t, "share") for t in ticks], None, domain=False, tickSize=0)
    shown: dict[str, Any] = {"scale": alt.Scale(domain=[0, top * 1.45], nice=False), "axis": axis}
    base = drawn(rows)
    bars = base.mark_rect(stroke=INK, strokeWidth=0.4).encode(
        x=alt.X("now:Q", **shown), x2=alt.datum(0), y=rows_scale(n, "from"), y2="to:Q", color=tint
    )
    lines = [
        base.mark_rule(color=ink, strokeWidth=width).encode(
            x=alt.X("then:Q", **shown), y=rows_scale(n, "above"), y2="below:Q"
        )
        for ink, width in ((PAPER, 4.5), (INK, 2.2))
    ]
    said = base.mark_text(align="left", dx=7, fontSize=11).encode(
        x=alt.X("end:Q", **shown), y=rows_scale(n), text="said:N"
    )
    return [bars, *lines, said]


def _named(rows: Sequence[dict[str, Any]], n: int) -> alt.Chart:
    text = drawn(rows).mark_text(align="right", fontSize=11, limit=130)
    named: alt.Chart = text.encode(x=alt.value(-8), y=rows_scale(n), text="name:N")
    return named
