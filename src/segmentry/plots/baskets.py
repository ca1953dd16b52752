"""What is typical of each segment's baskets, and what follows what: how often as often, with intervals. Takes them as
found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from segmentry.baskets.results import EVERYONE, Baskets, Item, Next
from segmentry.plots.axes import written_axis
from segmentry.plots.picture import Picture, absent
from segmentry.plots.style import (
    ACCENT,
    FAINT,
    INK,
    LETTER,
    MUTED,
    beside,
    colour,
    drawn,
    layered,
    named_marks,
    rows_scale,
    shape,
    styled,
    wrap,
)
from segmentry.profiles.wording import say_number
from segmentry.segmentation import Segment, Segmentation

KEY = "typical"
HEADING = "What is typical of each segment"
NO_ORDERS = "The segmentation was not fitted from orders."
NOTHING = "No segment buys a product or category so much more often than everyone that chance could not explain it."
MOST = 4  # items of a segment
MOST_PAIRS = 12
NEXT_HEADING = "What customers buy next"
NO_PAIRS = "No item follows another so much more often than it follows others that chance could not explain it."
ROW, GAP, WIDTH, SHARES = 24, 0.7, 320, 110
_TICKS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100)


def picture_typical(segmentation: Segmentation) -> Picture:
    """The surest items of each segment, products before categories, as multiples of everyone's share."""
    baskets = segmentation.baskets
    if baskets is None or baskets.absent:
        return absent(KEY, HEADING, NO_ORDERS if baskets is None else baskets.absent)
    shown = [(s, items) for s in segmentation.segments if (items := surest(baskets, s.id))]
    if not shown:
        return absent(KEY, HEADING, NOTHING)
    segment, first = max(
        ((s, i) for s, items in shown for i in items), key=lambda pair: pair[1].lift.low if pair[1].lift else 0.0
    )
    title = f"“{segment.name}” are {_times(first)} times as likely as everyone to have bought {first.name}"
    without = [s.name for s in segmentation.segments if not surest(baskets, s.id)]
    caption = (
        "The mark is the share of a segment's customers who bought the item by the share of all customers who did; the "
        "line holds what chance leaves open, corrected for the number of items compared. The figures on the right are "
        f"the two shares. Shown are the {MOST} surest items of each segment that are also a larger part of what it "
        "buys, so that buying more of everything does not count."
    )
    if without:
        caption += f" Nothing is surely typical of {', '.join(f'“{name}”' for name in without)}."
    return Picture(KEY, title, caption, styled(_chart(shown), title), _table(shown))


def surest(baskets: Baskets, segment: str) -> list[Item]:
    """The surest items of a segment: products, and categories where there are too few of those."""
    return [*baskets.typical(segment, "product"), *baskets.typical(segment, "category")][:MOST]


def _times(item: Item) -> str:
    return f"{item.lift.value:.1f}" if item.lift else "–"


def _table(shown: Sequence[tuple[Segment, list[Item]]]) -> tuple[dict[str, str], ...]:
    return tuple(
        {
            "Item": i.name,
            "Segment": s.name,
            "Of the segment": say_number(i.share, "share"),
            "Of all customers": say_number(i.everyone, "share"),
            "Times as often": _times(i),
            "From": f"{i.lift.low:.1f}" if i.lift else "–",
            "To": f"{i.lift.high:.1f}" if i.lift and i.lift.high else "–",
        }
        for s, items in shown
        for i in items
    )


def _chart(shown: Sequence[tuple[Segment, list[Item]]]) -> alt.HConcatChart:
    segments = [s for s, _ in shown]
    rows: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    y = 0.0
    for s, items in shown:
        name = wrap(s.name, lines=max(2, len(items)))
        middle = y + len(items) / 2
        heads.append({"id": s.id, "y": middle, "name": name, "first": middle - 0.5 * 14 / ROW * name.count("\n")})
        for place, i in enumerate(items):
            if i.lift is not None:
                shares = f"{say_number(i.share, 'share')}, all {say_number(i.everyone, 'share')}"
                rows.append(
                    {"id": s.id, "y": y + place + 0.5, "item": wrap(i.name, 28, 1), "value": i.lift.value,
                     "low": i.lift.low, "high": i.lift.high or i.lift.value, "text": shares}
                )  # fmt: skip
        y += len(items) + GAP
    end = y - GAP
    height = ROW * end
    wide = min(190.0, 24 + LETTER * max(len(row["item"]) for row in rows))
    columns = _multiples(rows, end, wide, "Times the share of all customers (log scale)", segments)
    return beside(named_marks(heads, segments, end, height), *columns, spacing=6)


def _multiples(
    rows: Sequence[dict[str, Any]], end: float, wide: float, title: str, segments: Sequence[Segment] = ()
) -> list[alt.Chart | alt.LayerChart]:
    """Three columns: the items, their multiples with intervals, and the shares behind these. Marks have the colours and
    shapes of the segments, where there are some."""
    height, scale, base = ROW * end, rows_scale(end), drawn(rows)
    x, values = _axis(rows, title)
    fill: dict[str, Any] = {} if segments else {"color": ACCENT}
    tint: dict[str, Any] = {"color": colour(segments)} if segments else {}
    form: dict[str, Any] = {"shape": shape(segments)} if segments else {}
    one = drawn([{"one": 1}]).mark_rule(color=FAINT, strokeDash=[4, 3])
    lines = base.mark_rule(strokeWidth=3, opacity=0.85, **fill)
    marks = base.mark_point(filled=True, size=90, opacity=1, stroke=INK, strokeWidth=0.7, **fill)
    labels = base.mark_text(align="right", baseline="middle").encode(y=scale, x=alt.value(wide - 8), text="item:N")
    shares = base.mark_text(align="left", baseline="middle", color=MUTED, fontSize=11)
    return [
        labels.properties(width=wide, height=height),
        layered(
            one.encode(x=alt.X("one:Q", **values), y=alt.value(0), y2=alt.value(height)),
            lines.encode(x=alt.X("low:Q", **values), x2="high:Q", y=scale, **tint),
            marks.encode(x=x, y=scale, **tint, **form),
        ).properties(width=WIDTH, height=height),
        shares.encode(y=scale, x=alt.value(4), text="text:N").properties(width=SHARES, height=height),
    ]


def _axis(rows: Sequence[dict[str, Any]], title: str) -> tuple[alt.X, dict[str, Any]]:
    """A log axis from just below everyone's share to the longest interval: doubling is as far wherever it begins."""
    top = max(row["high"] for row in rows) * 1.08
    ticks = [t for t in _TICKS if 0.9 <= t <= top]
    while len(ticks) > 6:
        ticks = ticks[::2]
    axis = written_axis(ticks, [f"{t:g}×" for t in ticks], title, domain=False,
                        tickSize=0)  # fmt: skip
    scale = alt.Scale(domain=[0.9, max(top, 1.2)], type="log", nice=False)
    values: dict[str, Any] = {"scale": scale, "axis": axis}
    return alt.X("value:Q", **values), values


def picture_following(segmentation: Segmentation) -> Picture:
    """The surest pairs of items of which the second is bought next after the first, of all customers."""
    key, baskets = "following", segmentation.baskets
    if baskets is None or baskets.absent:
        return absent(key, NEXT_HEADING, NO_ORDERS if baskets is None else baskets.absent)
    pairs = [f for f in baskets.following if f.segment == EVERYONE]
    shown = sorted(pairs, key=lambda f: (-f.lift.low, f.item, f.then))[:MOST_PAIRS]
    if not shown:
        return absent(key, NEXT_HEADING, NO_PAIRS)
    first = shown[0]
    title = (
        f"After {first.item_name} comes {first.then_name}: {first.lift.value:.1f} times as often as after other items"
    )
    caption = (
        "Of the customers who bought the first item and came back, the mark is the share whose next order held the "
        "second, by that share after other items; the line holds what chance leaves open, corrected for the number of "
        "pairs compared. The figures on the right are the two shares."
    )
    table = tuple(
        {
            "Pair": _pair(f),
            "After it": say_number(f.share, "share"),
            "After others": say_number(f.otherwise, "share"),
            "Times as often": f"{f.lift.value:.1f}",
            "From": f"{f.lift.low:.1f}",
            "Customers": say_number(f.customers),
        }
        for f in shown
    )
    return Picture(key, title, caption, styled(_pairs_chart(shown), title), table)


def _pair(found: Next) -> str:
    return f"{found.item_name} → {found.then_name}"


def _pairs_chart(shown: Sequence[Next]) -> alt.HConcatChart:
    rows: list[dict[str, Any]] = [
        {"y": place + 0.5, "item": wrap(_pair(f), 44, 1), "value": f.lift.value, "low": f.lift.low,
         "high": f.lift.high or f.lift.value,
         "text": f"{say_number(f.share, 'share')}, others {say_number(f.otherwise, 'share')}"}
        for place, f in enumerate(shown)
    ]  # fmt: skip
    wide = 24 + LETTER * max(len(row["item"]) for row in rows)
    title = "Times as often as after other items (log scale)"
    return beside(*_multiples(rows, len(rows), wide, title), spacing=6)
