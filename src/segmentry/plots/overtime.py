"""Customers over time: retention of cohorts, comings and goings, revenue by segment. Takes the counts as they are."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import altair as alt

from segmentry.baskets.results import OverTime, Period
from segmentry.plots.axes import PERCENT, linear_ticks, written_axis
from segmentry.plots.baskets import NO_ORDERS
from segmentry.plots.picture import Picture, absent
from segmentry.plots.style import (
    FAINT,
    GRID,
    INK,
    MUTED,
    PAPER,
    beside,
    colour,
    drawn,
    ink_on,
    layered,
    name_column,
    rows_scale,
    styled,
)
from segmentry.profiles.wording import say_number
from segmentry.segmentation import Segmentation
from segmentry.tables.masking import FEWEST_TOLD

MOST_COHORTS = 26
COHORT_ROW, COHORT_SIZES = 24, 84
BLUES = ("#f2f6fa", "#9ec9e2", "#0b5cad", "#08306b")
SEGMENT_ROW = 56
COMINGS_HEADING = "New, repeating and lapsed customers"
REVENUE_HEADING = "What each segment brings over time"
# Light beside dark, so that parts of a bar are told apart in grey print.
COMINGS = (("new", "New", "#56B4E9"), ("repeating", "Repeating", "#0072B2"), ("back", "Came back", "#8FD1BB"))
LAPSED = ("lapsed", "Lapsed", "#D55E00")


def picture_cohorts(segmentation: Segmentation) -> Picture:
    """A row a cohort of first buyers, a column a period since: the share who bought in it."""
    key, heading = "cohorts", "How many customers come back"
    found = segmentation.over_time
    if found is None or found.absent:
        return absent(key, heading, NO_ORDERS if found is None else found.absent)
    later = [c for c in found.cells if c.after > 0]
    if not later:
        reason = f"No cohort of {FEWEST_TOLD} customers or more has been watched for a whole period since."
        return absent(key, heading, reason)
    one = found.grain
    afters = [r for c in later if c.after == 1 and (r := found.retention(c.cohort, 1)) is not None]
    title = heading
    if afters:
        title = f"{say_number(_mean_after(found), 'share')} of new customers buy again in the next {one}"
    caption = (
        f"Each row is the customers who first bought in one {one}, each column so many {one}s later: the share of them "
        f"who bought in it. Read along a row to see how fast customers fade, down a column to see whether newer ones "
        "stay better. The first row may hold customers who had bought before the orders begin."
    )
    if any(c.customers is None for c in later):
        caption += f" Cells with a dash are fewer than {FEWEST_TOLD} customers."
    if found.partial is not None:
        caption += f" {found.label(found.partial)} is not over and left out."
    return Picture(key, title, caption, styled(_cohort_chart(found), title), _cohort_table(found))


def _mean_after(found: OverTime) -> float:
    """The share of all customers of cohorts that were watched for a period more who bought in it."""
    cells = [c for c in found.cells if c.after == 1 and c.customers is not None]
    return sum(c.customers or 0 for c in cells) / sum(found.sizes[str(c.cohort)] for c in cells)


def _cohort_table(found: OverTime) -> tuple[dict[str, str], ...]:
    cohorts = [int(c) for c in found.sizes][-MOST_COHORTS:]
    last = max(c.after for c in found.cells)
    known = {(c.cohort, c.after) for c in found.cells}
    return tuple(
        {"First purchase": found.label(cohort), "Customers": say_number(found.sizes[str(cohort)])}
        | {
            f"+{after}": say_number(found.retention(cohort, after), "share") if (cohort, after) in known else ""
            for after in range(1, last + 1)
        }
        for cohort in cohorts
    )


def _cohort_chart(found: OverTime) -> alt.LayerChart:
    cohorts = [int(c) for c in found.sizes][-MOST_COHORTS:]
    places = {cohort: place for place, cohort in enumerate(cohorts)}
    cells = [c for c in found.cells if c.after > 0 and c.cohort in places]
    columns = max(c.after for c in cells)
    shares = [r for c in cells if (r := found.retention(c.cohort, c.after)) is not None]
    top = max([*shares, 0.01])
    width = max(22, min(44, 620 // columns))
    with_text = width >= 30
    rows: list[dict[str, Any]] = []
    for c in cells:
        share = found.retention(c.cohort, c.after)
        ink = MUTED if share is None else ink_on(BLUES, share / top)
        text = "–" if share is None else f"{100 * share:.0f}"
        rows.append({"x": c.after - 1, "x2": c.after, "y": places[c.cohort], "y2": places[c.cohort] + 1, "share": share,
                     "mx": c.after - 0.5, "my": places[c.cohort] + 0.5, "t": text, "ink": ink})  # fmt: skip
    across: dict[str, Any] = {"scale": alt.Scale(domain=[0, columns], nice=False), "axis": None}
    x, y = alt.X("x:Q", **across), rows_scale(len(cohorts))
    tint = alt.Color(
        "share:Q",
        scale=alt.Scale(domain=[0, top / 3, 2 * top / 3, top], range=list(BLUES), interpolate="lab"),
        legend=_share_legend(top),
    )
    told = [row for row in rows if row["share"] is not None]
    layers = [
        drawn(rows).mark_rect(fill=GRID, stroke=PAPER, strokeWidth=1.5).encode(x=x, x2="x2:Q", y=y, y2="y2:Q"),
        drawn(told).mark_rect(stroke=PAPER, strokeWidth=1.5).encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=tint),
    ]
    written = rows if with_text else [row for row in rows if row["share"] is None]
    if written:
        text = drawn(written).mark_text(fontSize=10.5)
        spot: dict[str, Any] = {"x": alt.X("mx:Q", **across), "y": rows_scale(len(cohorts), "my")}
        layers.append(text.encode(**spot, text="t:N", fill=alt.Fill("ink:N", scale=None)))
    layers += _cohort_heads(found, cohorts, columns, x, y)
    return layered(*layers).properties(width=width * columns, height=COHORT_ROW * len(cohorts))


def _share_legend(top: float) -> alt.Legend:
    ticks = linear_ticks(0.0, top, 4)
    return alt.Legend(
        title="Share of the cohort who bought, in %", orient="bottom", direction="horizontal", gradientLength=220,
        gradientThickness=10, values=ticks, labelExpr=PERCENT, titleFontSize=11, titleFontWeight="normal",
        titleColor=MUTED, titleLimit=420, labelFontSize=11, labelColor=MUTED, offset=14,
    )  # fmt: skip


def _cohort_heads(found: OverTime, cohorts: Sequence[int], columns: int, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    every = -(-columns // 24)
    tops = [{"x": after - 0.5, "t": f"+{after}"} for after in range(1, columns + 1) if after % every == 0 or every == 1]
    sides = [
        {"y": place + 0.5, "t": found.label(c), "n": say_number(found.sizes[str(c)])} for place, c in enumerate(cohorts)
    ]
    above = drawn(tops).mark_text(baseline="bottom", dy=-6, fontSize=11, color=MUTED)
    base = drawn(sides)
    names = base.mark_text(align="right", baseline="middle").encode(x=alt.value(-COHORT_SIZES), y=y, text="t:N")
    sizes = base.mark_text(align="right", baseline="middle", color=MUTED, fontSize=11)
    heads = drawn([{"a": "First bought in", "b": "Customers"}])
    up = {"y": alt.value(-12)}
    return [
        above.encode(x=x, y=alt.value(0), text="t:N"),
        names,
        sizes.encode(x=alt.value(-10), y=y, text="n:N"),
        heads.mark_text(align="right", fontSize=11, color=MUTED).encode(x=alt.value(-COHORT_SIZES), text="a:N", **up),
        heads.mark_text(align="right", fontSize=11, color=MUTED).encode(x=alt.value(-6), text="b:N", **up),
    ]


def picture_comings(segmentation: Segmentation) -> Picture:
    """Customers by period: new, repeating and come back above the line, lapsed below."""
    key, heading = "comings", COMINGS_HEADING
    found = segmentation.over_time
    if found is None or found.absent:
        return absent(key, heading, NO_ORDERS if found is None else found.absent)
    one, many = found.grain, f"{found.lapse} {found.grain}{'' if found.lapse == 1 else 's'}"
    title = _comings_title(found)
    caption = (
        f"Above the line the customers who bought in a {one}: new ones, those who had bought within {many} before, and "
        f"those who came back after longer. Below it those who lapsed: in that {one} they reached {many} without a "
        "purchase, before which nine in ten of all returns come. "
    )
    closed = _closed_after(found)
    if closed:
        caption += (
            f"As nobody bought for the first time after {closed}, the bars say how long these customers stay, and not "
            "how the shop does."
        )
    else:
        caption += "Bars above that shrink while those below grow mean a shop that loses customers."
    if found.partial is not None:
        caption += f" {found.label(found.partial)} is not over, so that its lapsed are not known yet."
    if any(v is None for p in found.periods for v in (p.new, p.repeating, p.back)):
        caption += f" Parts of fewer than {FEWEST_TOLD} customers are not drawn."
    return Picture(key, title, caption, styled(_comings_chart(found), title), _comings_table(found))


def _whole(found: OverTime) -> list[Period]:
    return [p for p in found.periods if p.period != found.partial]


def _closed_after(found: OverTime) -> str | None:
    """The last period with first purchases, if the second half has none: fewer buyers then say nothing of a shop."""
    whole = _whole(found)
    began = [place for place, p in enumerate(whole) if p.new != 0]
    if not began or 2 * (began[-1] + 1) > len(whole):
        return None
    return found.label(whole[began[-1]].period)


def _comings_title(found: OverTime) -> str:
    whole, closed = _whole(found), _closed_after(found)
    if closed:
        return f"No customer bought for the first time after {closed}"
    half = len(whole) // 2
    if half < 2:
        return COMINGS_HEADING

    def mean(periods: Sequence[Period]) -> float:
        return statistics.fmean((p.new or 0) + (p.repeating or 0) + (p.back or 0) for p in periods)

    earlier, later = mean(whole[:half]), mean(whole[-half:])
    change = later / earlier - 1.0 if earlier else 0.0
    if abs(change) < 0.05:
        return f"About {say_number(later)} customers buy in a {found.grain}, as many as before"
    way = "more" if change > 0 else "fewer"
    return (
        f"{say_number(abs(change), 'share')} {way} customers bought in a {found.grain} of the second half: "
        f"{say_number(later)} on average, after {say_number(earlier)} in a {found.grain} of the first"
    )


def _comings_table(found: OverTime) -> tuple[dict[str, str], ...]:
    return tuple(
        {"Period": found.label(p.period)} | {word: say_number(getattr(p, name)) for name, word, _ in (*COMINGS, LAPSED)}
        for p in found.periods
    )


def _comings_chart(found: OverTime) -> alt.LayerChart:
    n = len(found.periods)
    width = max(12.0, min(40.0, 640 / n))
    rows: list[dict[str, Any]] = []
    for place, p in enumerate(found.periods):
        base = 0.0
        for name, _, tint in COMINGS:
            size = float(getattr(p, name) or 0)
            if size:
                rows.append({"x": place + 0.1, "x2": place + 0.9, "y": base, "y2": base + size, "tint": tint,
                             "faded": 0.5 if p.period == found.partial else 1.0})  # fmt: skip
            base += size
        if p.lapsed:
            rows.append({"x": place + 0.1, "x2": place + 0.9, "y": -float(p.lapsed), "y2": 0.0, "tint": LAPSED[2],
                         "faded": 1.0})  # fmt: skip
    top = max([row["y2"] for row in rows] + [1.0])
    low = min([row["y"] for row in rows] + [0.0])
    ticks = linear_ticks(low, top, 5)
    y_axis = written_axis(ticks, [say_number(abs(t)) for t in ticks], "Customers", domain=False, tickSize=0)
    up: dict[str, Any] = {"scale": alt.Scale(domain=[low, top * 1.02], nice=False), "axis": y_axis}
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, n], nice=False), axis=time_axis(found))
    bars = drawn(rows).mark_rect(stroke=PAPER, strokeWidth=0.5).encode(
        x=x, x2="x2:Q", y=alt.Y("y:Q", **up), y2="y2:Q", color=alt.Color("tint:N", scale=None),
        opacity=alt.Opacity("faded:Q", scale=None, legend=None),
    )  # fmt: skip
    zero = drawn([{"zero": 0}]).mark_rule(color=INK, strokeWidth=1).encode(y=alt.Y("zero:Q", **up))
    layers: list[alt.Chart] = [bars, zero]
    for place, (_, word, tint) in enumerate((*COMINGS, LAPSED)):
        spot, left = drawn([{"t": word}]), 96.0 * place
        mark = spot.mark_square(size=110, opacity=1, color=tint)
        text = spot.mark_text(align="left", baseline="middle", fontSize=11)
        layers.append(mark.encode(x=alt.value(left + 6), y=alt.value(-16)))
        layers.append(text.encode(x=alt.value(left + 18), y=alt.value(-16), text="t:N"))
    return layered(*layers).properties(width=width * n, height=300)


def time_axis(found: OverTime) -> alt.Axis:
    """Periods in the middle of their bars, as many named as fit."""
    n = len(found.periods)
    every = max(1, -(-n // 9))
    named = [i for i in range(n) if i % every == 0]
    ticks = [i + 0.5 for i in named]
    texts = [found.label(found.periods[i].period) for i in named]
    return written_axis(ticks, texts, None, domain=False, tickSize=0, grid=False, labelOverlap=False)


def picture_revenue(segmentation: Segmentation) -> Picture:
    """A row of bars a segment: what it brought in each period, on one scale."""
    key, heading = "revenue", REVENUE_HEADING
    found = segmentation.over_time
    if found is None or found.absent:
        return absent(key, heading, NO_ORDERS if found is None else found.absent)
    cells = [c for c in found.by_segment if c.revenue is not None]
    if not cells:
        return absent(key, heading, f"No segment has {FEWEST_TOLD} customers who bought in one period.")
    title = _revenue_title(segmentation, found)
    caption = (
        f"A row is a segment, a bar what it brought in one {found.grain}, sold less returned; all rows share one "
        "scale. Segments are those of the as-of date, and customers are shown in theirs from the start. So the rows of "
        "those who bought lately end high and those of lapsed customers end low, because that is what put them there."
    )
    if any(c.customers is None for c in found.by_segment):
        caption += f" No bar stands where fewer than {FEWEST_TOLD} customers bought."
    if found.partial is not None:
        caption += f" The last bar, {found.label(found.partial)}, is not over."
    chart = styled(_revenue_chart(segmentation, found), title)
    return Picture(key, title, caption, chart, _revenue_table(segmentation, found))


def _revenue_title(segmentation: Segmentation, found: OverTime) -> str:
    """Of all the time together: a share that rises or falls is as often what made the segment as what it did."""
    brought = {
        s.id: sum(c.revenue or 0.0 for c in found.by_segment if c.segment == s.id) for s in segmentation.segments
    }
    total = sum(brought.values())
    if total <= 0:
        return REVENUE_HEADING
    first = max(segmentation.segments, key=lambda s: brought[s.id])
    return f"“{first.name}” bring {say_number(brought[first.id] / total, 'share')} of all revenue"


def _revenue_table(segmentation: Segmentation, found: OverTime) -> tuple[dict[str, str], ...]:
    money = {(c.segment, c.period): c.revenue for c in found.by_segment}
    return tuple(
        {"Period": found.label(p.period)}
        | {s.name: say_number(money.get((s.id, p.period)), "money", found.symbol) for s in segmentation.segments}
        for p in found.periods
    )


def _revenue_chart(segmentation: Segmentation, found: OverTime) -> alt.HConcatChart:
    segments, n = segmentation.segments, len(found.periods)
    height = SEGMENT_ROW * len(segments)
    first = found.periods[0].period
    top = max([abs(c.revenue) for c in found.by_segment if c.revenue is not None] + [1e-9])
    rows = []
    for row, s in enumerate(segments):
        for c in found.by_segment:
            if c.segment == s.id and c.revenue is not None:
                size = 0.86 * c.revenue / top
                at = c.period - first
                rows.append({"id": s.id, "x": at + 0.12, "x2": at + 0.88, "y": row + 0.95, "y2": row + 0.95 - size,
                             "faded": 0.5 if c.period == found.partial else 1.0})  # fmt: skip
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, n], nice=False), axis=time_axis(found))
    bars = drawn(rows).mark_rect(stroke=INK, strokeWidth=0.3).encode(
        x=x, x2="x2:Q", y=rows_scale(len(segments)), y2="y2:Q", color=colour(segments),
        opacity=alt.Opacity("faded:Q", scale=None, legend=None),
    )  # fmt: skip
    floors = drawn([{"y": row + 0.95} for row in range(len(segments))]).mark_rule(color=FAINT)
    tops = []
    for row, s in enumerate(segments):
        best = max((c.revenue for c in found.by_segment if c.segment == s.id and c.revenue is not None), default=None)
        if best is not None:
            tops.append({"y": row + 0.95 - 0.43, "t": f"most {say_number(best, 'money', found.symbol)}"})
    text = drawn(tops).mark_text(align="left", baseline="middle", fontSize=11, color=MUTED)
    width = 480
    body = layered(
        floors.encode(y=rows_scale(len(segments))), bars,
        text.encode(x=alt.value(width + 8), y=rows_scale(len(segments)), text="t:N"),
    ).properties(width=width, height=height)  # fmt: skip
    middles = [row + 0.55 for row in range(len(segments))]
    return beside(name_column(segmentation, middles, len(segments), height), body, spacing=14)
