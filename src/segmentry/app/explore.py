"""Segments in pictures, of all customers or of those that filters leave."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmentry.app.asked import drawable, filters, levels, one_of
from segmentry.app.opened import Opened
from segmentry.app.pages import drawn, of_what_is_open, show
from segmentry.plots import OVER_TIME, Picture
from segmentry.plots.panels import picture_boxes, picture_distributions
from segmentry.plots.points import picture_scatter
from segmentry.profiles.profile import Measure
from segmentry.profiles.wording import say
from segmentry.segmentation import Segmentation

VIEWS = {
    "scatter": "Two features",
    "heatmap": "Heat map",
    "distributions": "Distributions",
    "boxes": "Box plots",
}
PANELS = 3  # features in panels at once: a picture of more takes longer than one waits
FULL = 2.0  # standard deviations at which a colour of the heat map is full
STEPS = 4  # shades to each side


@of_what_is_open
def explore(request: Request, opened: Opened) -> Response:
    whole, query = opened.segmentation, request.query_params
    measures = drawable(whole)
    names = [m.name for m in measures]
    views = VIEWS if whole.over_time is None else {**VIEWS, "time": "Over time"}
    view = one_of(query, "view", list(views), "scatter")
    asked = filters(query, whole)
    shown = opened.among(asked.chosen) if opened.state == "ready" else None
    first = names[0] if names else ""
    x = one_of(query, "x", names, first)
    y = one_of(query, "y", names, next((n for n in names if n != x), x))
    panels = [n for n in query.getlist("panel") if n in names][:PANELS] or names[:PANELS]
    by_profile = shown is None and not asked.stated
    return show(
        request,
        "explore.html.j2",
        segmentation=whole,
        state=opened.state,
        problem=opened.problem,
        views=views,
        over_time=[opened.picture(key) for key in OVER_TIME] if view == "time" else [],
        view=view,
        measures=measures,
        filterable=sorted(whole.profile.measures, key=lambda m: (not m.clustered, m.label)),
        levels=levels(whole),
        asked=asked,
        x=x,
        y=y,
        panels=panels,
        shown=shown,
        picture=_picture(shown, view, x, y, panels),
        heat=heat_rows(shown or whole) if view == "heatmap" and (shown or by_profile) else [],
    )


def _picture(shown: Segmentation | None, view: str, x: str, y: str, panels: list[str]) -> Picture | None:
    if shown is None or view in ("heatmap", "time"):
        return None
    if view == "scatter":
        return drawn(lambda: picture_scatter(shown, (x, y)))
    if view == "boxes":
        return drawn(lambda: picture_boxes(shown, panels))
    return drawn(lambda: picture_distributions(shown, panels))


def heat_rows(segmentation: Segmentation) -> list[tuple[Measure, str, list[tuple[str, int]]]]:
    """The heat map: each measure with everyone's mean, and for each segment its mean and a shade from -4 to 4."""
    known = [m for m in segmentation.profile.measures if m.population.mean is not None]
    ranked = sorted(known, key=lambda m: (not m.clustered, -m.apart))
    rows = []
    for measure in ranked:
        cells = []
        for segment in segmentation.segments:
            part = measure.segments.get(segment.id)
            mean, difference = (part.spread.mean, part.difference) if part else (None, None)
            cells.append((say(measure, mean), shade(difference)))
        rows.append((measure, say(measure, measure.population.mean), cells))
    return rows


def shade(difference: float | None) -> int:
    """A difference in standard deviations as one of nine shades.

    >>> shade(0.1), shade(-1.0), shade(3.0), shade(None)
    (0, -2, 4, 0)
    """
    if difference is None:
        return 0
    return round(max(-1.0, min(1.0, difference / FULL)) * STEPS)


ROUTES = [Route("/explore", explore)]
