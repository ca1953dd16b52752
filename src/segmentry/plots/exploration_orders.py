"""The picture of a log's orders over time."""

from __future__ import annotations

import altair as alt

from segmentry.exploration import Inspection
from segmentry.plots.axes import linear_ticks, written_axis
from segmentry.plots.picture import Picture, absent
from segmentry.plots.style import ACCENT, drawn, layered, styled
from segmentry.profiles.wording import say_number

_MOST = 60
_WIDTH = 720


def picture_orders(inspection: Inspection) -> Picture:
    """The money of each month, with how many customers bought."""
    key, heading = "orders", "Orders over time"
    orders = inspection.orders
    if orders is None or not orders.months:
        return absent(key, heading, "The table holds no orders.")
    months, symbol = orders.months[-_MOST:], orders.recipe.symbol
    best = max(months, key=lambda m: m.amount)
    title = f"Most was sold in {best.month}: {say_number(best.amount, 'money', symbol)}"
    caption = "A bar is the money of a month, returns taken off; the first and the last month may be cut."
    if len(orders.months) > _MOST:
        caption += f" The last {_MOST} of {len(orders.months)} months are shown."
    low, high = min(0.0, *(m.amount for m in months)), max(0.0, *(m.amount for m in months)) or 1.0
    rows = [{"x": i + 0.12, "x2": i + 0.88, "v": m.amount, "z": 0.0} for i, m in enumerate(months)]
    every = max(1, -(-len(months) // 12))
    places = [i + 0.5 for i in range(0, len(months), every)]
    x_axis = written_axis(places, [months[int(p)].month for p in places], "Month")
    ticks = sorted({0.0, *linear_ticks(low, high)})
    y_axis = written_axis(ticks, [say_number(t, "money", symbol) for t in ticks], "Money of the month")
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, len(months)], nice=False), axis=x_axis)
    y = alt.Y("v:Q", scale=alt.Scale(domain=[low, high], nice=False), axis=y_axis)
    bars = drawn(rows).mark_rect(fill=ACCENT).encode(x=x, x2="x2:Q", y=y, y2="z:Q")
    chart = layered(bars).properties(width=_WIDTH, height=220)
    table = tuple(
        {
            "Month": m.month,
            "Money": say_number(m.amount, "money", symbol),
            "Order lines": f"{m.sales:,}",
            "Customers": f"{m.customers:,}",
        }
        for m in orders.months
    )
    return Picture(key, title, caption, styled(chart, title), table)
