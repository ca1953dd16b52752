"""Predicted beside actual purchases: by how often customers had bought, and over time. Computes nothing."""

from __future__ import annotations

from typing import Any

import altair as alt

from segmentry.plots.picture import Picture, absent
from segmentry.plots.style import ACCENT, FAINT, INK, MUTED, beside, drawn, layered, panel_title, styled
from segmentry.profiles.holdout import Holdout
from segmentry.profiles.wording import say_number
from segmentry.segmentation import Segmentation

KEY = "holdout"
WIDE, HIGH = 330, 260
CLOSE = 0.15  # share of the purchases made that a prediction may be off and still be called foreseen
_ACTUAL, _PREDICTED = "Actual", "Predicted"


def picture_holdout(segmentation: Segmentation) -> Picture:
    """What the model of purchases foresaw beside what happened: by frequency, and summed over time."""
    found, heading = segmentation.holdout, "What the model foresaw"
    if found is None or found.error is None:
        return absent(KEY, heading, "There are no purchases after the model was learned to hold it against.")
    off, side = say_number(abs(found.error), "share"), "more" if found.error > 0 else "fewer"
    title = f"The model predicted {off} {side} purchases than were made"
    if abs(found.error) <= CLOSE:
        title = f"The model foresaw purchases within {off}"
    cut = f" up to {found.cut}" if found.cut else ""
    caption = (
        f"The model was learned from the purchases{cut} alone and then held against the next {found.horizon:.0f} "
        f"{found.time_unit}. Left: purchases a customer in that time, by how often they had bought again before; dots "
        "that lie together mean that it foresaw them. Right: repeat purchases of all customers from the first day on; "
        "beyond the dotted line the model had seen nothing."
    )
    body = beside(_bins(found), _track(found), spacing=40)
    table = tuple(
        {
            "Repeat purchases before": f"{b.repeats}{' or more' if b.and_more else ''}",
            "Customers": say_number(b.customers),
            _PREDICTED: f"{b.expected:.2f}",
            _ACTUAL: f"{b.actual:.2f}",
        }
        for b in found.bins
    )
    return Picture(KEY, title, caption, styled(body, title), table)


def _bins(found: Holdout) -> alt.LayerChart:
    rows = [
        {"x": place, "kind": kind, "y": value, "label": f"{b.repeats}{'+' if b.and_more else ''}"}
        for place, b in enumerate(found.bins)
        for kind, value in ((_ACTUAL, b.actual), (_PREDICTED, b.expected))
    ]
    labels = ", ".join(f"'{b.repeats}{'+' if b.and_more else ''}'" for b in found.bins)
    axis = alt.Axis(
        values=list(range(len(found.bins))), labelExpr=f"[{labels}][datum.value]", title="Repeat purchases before",
        grid=False, labelOverlap=False,
    )  # fmt: skip
    x = alt.X("x:Q", axis=axis, scale=alt.Scale(domain=[-0.5, len(found.bins) - 0.5], nice=False))
    marks = _pair(rows, x, "Purchases a customer afterwards", points=True)
    title = panel_title("By how often they had bought")
    return layered(*marks).properties(width=WIDE, height=HIGH, title=title)


def _track(found: Holdout) -> alt.LayerChart:
    rows = [
        {"x": p.time, "kind": kind, "y": value}
        for p in found.track
        for kind, value in ((_ACTUAL, p.actual), (_PREDICTED, p.expected))
    ]
    x = alt.X("x:Q", axis=alt.Axis(title=found.time_unit.capitalize(), grid=False), scale=alt.Scale(nice=False))
    marks = _pair(rows, x, "Repeat purchases so far", points=False)
    rule = drawn([{"x": found.starts}]).mark_rule(color=MUTED, strokeDash=[2, 3]).encode(x=x)
    return layered(rule, *marks).properties(width=WIDE, height=HIGH, title=panel_title("Over time"))


def _pair(rows: list[dict[str, Any]], x: alt.X, y_title: str, *, points: bool) -> list[alt.Chart]:
    """Both series; told apart by dash and fill as well as by colour, with their names at their ends."""
    y = alt.Y("y:Q", axis=alt.Axis(title=y_title, gridColor=FAINT, tickCount=5, format=",d" if not points else "~g"))
    tint = alt.Color("kind:N", scale=alt.Scale(domain=[_ACTUAL, _PREDICTED], range=[INK, ACCENT]), legend=None)
    dash = alt.StrokeDash("kind:N", scale=alt.Scale(domain=[_ACTUAL, _PREDICTED], range=[[1, 0], [5, 3]]), legend=None)
    base = drawn(rows)
    marks = [base.mark_line(strokeWidth=2).encode(x=x, y=y, color=tint, strokeDash=dash)]
    if points:
        shape = alt.Shape(
            "kind:N", scale=alt.Scale(domain=[_ACTUAL, _PREDICTED], range=["circle", "diamond"]), legend=None
        )
        marks.append(base.mark_point(size=70, filled=True, opacity=1).encode(x=x, y=y, color=tint, shape=shape))
    # In the corner that curves which rise leave empty.
    for place, (kind, sign) in enumerate(((_ACTUAL, "—"), (_PREDICTED, "- -"))):
        name = drawn([{"kind": kind, "text": f"{sign} {kind}"}]).mark_text(align="left", fontWeight=600)
        marks.append(name.encode(x=alt.value(12), y=alt.value(14 + 18 * place), text="text:N", color=tint))
    return marks
