"""A result -> a picture. Takes a `Segmentation` and computes nothing.

`draw_all` gives every picture in the order of the report: those that the segmentation cannot
carry come as pictures without a chart and with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from segmentry.plots.baskets import picture_following, picture_typical
from segmentry.plots.criteria import picture_criteria
from segmentry.plots.evidence import picture_gorge, picture_markers, picture_switching
from segmentry.plots.heatmap import picture_heatmap
from segmentry.plots.holdout import picture_holdout
from segmentry.plots.overtime import picture_cohorts, picture_comings, picture_revenue
from segmentry.plots.panels import picture_boxes, picture_distributions
from segmentry.plots.picture import Picture, to_png, to_svg, write_pictures
from segmentry.plots.points import picture_components, picture_scatter
from segmentry.plots.sharing import for_sharing
from segmentry.plots.silhouette import picture_silhouette
from segmentry.plots.sizes import picture_sizes
from segmentry.plots.stability import picture_series, picture_stability
from segmentry.segmentation import Segmentation, check_segmentation
from segmentry.tables import check_known

__all__ = [
    "BASKETS",
    "OVER_TIME",
    "PICTURE_KEYS",
    "Picture",
    "draw",
    "draw_all",
    "to_png",
    "to_svg",
    "write_pictures",
]


# In the order of the report: what it means first, why this many last.
_PICTURES: Mapping[str, Callable[[Segmentation], Picture]] = {
    "sizes": picture_sizes,
    "heatmap": picture_heatmap,
    "scatter": picture_scatter,
    "components": picture_components,
    "boxes": picture_boxes,
    "distributions": picture_distributions,
    "criteria": picture_criteria,
    "silhouette": picture_silhouette,
    "markers": picture_markers,
    "gorge": picture_gorge,
    "switching": picture_switching,
    "stability": picture_stability,
    "series": picture_series,
}

# Of segmentations that were fitted from orders.
VALUE: Mapping[str, Callable[[Segmentation], Picture]] = {"holdout": picture_holdout}
BASKETS: Mapping[str, Callable[[Segmentation], Picture]] = {
    "typical": picture_typical,
    "following": picture_following,
}
OVER_TIME: Mapping[str, Callable[[Segmentation], Picture]] = {
    "cohorts": picture_cohorts,
    "comings": picture_comings,
    "revenue": picture_revenue,
}
_ALL: Mapping[str, Callable[[Segmentation], Picture]] = {**_PICTURES, **VALUE, **BASKETS, **OVER_TIME}
PICTURE_KEYS = tuple(_ALL)


def draw_all(segmentation: Segmentation, *, share: bool = False) -> tuple[Picture, ...]:
    """Every picture, in the order in which a reader wants them: what it means first, why this many last; then those of
    orders, where it was fitted from some.

    One that cannot be drawn comes without a chart and with the reason. To `share` them, no mark (a point, bar or cell)
    stands for fewer than ten customers.

    >>> from segmentry import fit
    >>> from segmentry.samples import sample_marketing
    >>> [picture.key for picture in draw_all(fit(sample_marketing(300, seed=0), k=3))][:3]
    ['sizes', 'heatmap', 'scatter']
    """
    check_segmentation(segmentation)
    keys = [*_PICTURES, *(VALUE if segmentation.value is not None else ())]
    keys += [] if segmentation.over_time is None else [*BASKETS, *OVER_TIME]
    drawn = for_sharing(segmentation) if share else segmentation
    return tuple(draw(drawn, key) for key in keys)


def draw(segmentation: Segmentation, key: str) -> Picture:
    """One picture by its key: sizes, heatmap, scatter, components, boxes, distributions, criteria, silhouette,
    markers, gorge, switching, stability or series; of orders holdout, typical, following, cohorts, comings or revenue.

    A notebook shows it as it is; `.chart` is the chart to change, `.caption` says what to see in it.
    Raises SettingsError when there is no picture of that name.
    """
    check_segmentation(segmentation)
    check_known(key, _ALL, "picture")
    return _marked(_ALL[key](segmentation), segmentation)


def _marked(picture: Picture, segmentation: Segmentation) -> Picture:
    """A picture travels alone, so that it says itself when there are no groups."""
    if not segmentation.mark or picture.chart is None:
        return picture
    return replace(picture, caption=f"{segmentation.mark} {picture.caption}")
