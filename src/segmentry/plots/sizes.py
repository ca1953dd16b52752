"""How large each segment is, in customers and in spend. Takes the shares as they are."""

from __future__ import annotations

import altair as alt

from segmentry.plots.axes import linear_ticks, tick_text, written_axis
from segmentry.plots.picture import ONE_SEGMENT, Picture, absent
from segmentry.plots.style import INK, beside, colour, drawn, layered, name_column, panel_title, rows_scale, styled
from segmentry.profiles.wording import say_number
from segmentry.segmentation import Segmentation

KEY = "sizes"
ROW = 44


def picture_sizes(segmentation: Segmentation) -> Picture:
    """Share of customers beside share of spend, one row a segment."""
    segments = segmentation.segments
    if len(segments) < 2:
        return absent(KEY, "How large the segments are", ONE_SEGMENT)
    height = ROW * len(segments)
    middles = [i + 0.5 for i in range(len(segments))]
    with_spend = any(s.spend_share is not None for s in segments)
    top = max([s.share for s in segments] + [s.spend_share or 0 for s in segments])
    width = 240 if with_spend else 500
    columns = [_bars(segmentation, [s.share for s in segments], "Share of customers", top, width)]
    if with_spend:
        columns.append(_bars(segmentation, [s.spend_share for s in segments], "Share of spend", top, width))
    body = beside(name_column(segmentation, middles, len(segments), height), *columns, spacing=20)
    title = _title(segmentation, with_spend)
    table = tuple(
        {
            "Segment": s.name,
            "Customers": say_number(s.size),
            "Share of customers": say_number(s.share, "share"),
            "Share of spend": say_number(s.spend_share, "share"),
        }
        for s in segments
    )
    return Picture(KEY, title, _caption(with_spend), styled(body, title), table)


def _bars(segmentation: Segmentation, shares: list[float | None], title: str, top: float, width: int) -> alt.LayerChart:
    segments = segmentation.segments
    rows = [
        {
            "id": s.id,
            "y": i + 0.5,
            "from": i + 0.2,
            "to": i + 0.8,
            "share": share or 0,
            "text": say_number(share, "share"),
        }
        for i, (s, share) in enumerate(zip(segments, shares, strict=True))
        if s.size >= segmentation.mark_floor
    ]
    end = top * 1.18
    ticks = linear_ticks(0, top, 4)
    axis = written_axis(ticks, [tick_text(t, "share") for t in ticks], domain=False, tickSize=0)
    x = alt.X("share:Q", scale=alt.Scale(domain=[0, end], nice=False), axis=axis)
    base = drawn(rows)
    n = len(segments)
    bars = base.mark_rect(stroke=INK, strokeWidth=0.5).encode(
        x=x, x2=alt.datum(0), y=rows_scale(n, "from"), y2="to:Q", color=colour(segments)
    )
    text = base.mark_text(align="left", dx=6, fontWeight=600).encode(x=x, y=rows_scale(n), text="text:N")
    return layered(bars, text).properties(width=width, height=ROW * n, title=panel_title(title))


def _title(segmentation: Segmentation, with_spend: bool) -> str:
    segments = segmentation.segments
    if not with_spend:
        first = max(segments, key=lambda s: s.share)
        return f"The largest segment is {first.name}: {say_number(first.share, 'share')} of customers"
    first = max(segments, key=lambda s: (s.spend_share or 0) - s.share)
    return (
        f"{first.name}: {say_number(first.share, 'share')} of customers, "
        f"{say_number(first.spend_share, 'share')} of spend"
    )


def _caption(with_spend: bool) -> str:
    if not with_spend:
        return (
            "The longer the bar, the more customers. No measure of spend was found, so the share of spend is not shown."
        )
    return (
        "Compare the two bars of a row: a longer bar on the right means a segment that spends more than its number of "
        "customers suggests; a shorter one, less."
    )
