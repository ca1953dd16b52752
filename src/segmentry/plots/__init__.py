"""A result -> a picture. Each function takes a `Segmentation`, computes nothing, and gives a chart.

`draw_all` gives every picture in the order of the report: those that the segmentation cannot
carry come as pictures without a chart and with the reason.
"""

from __future__ import annotations

from segmentry.plots.criteria import picture_criteria
from segmentry.plots.heatmap import picture_heatmap
from segmentry.plots.panels import picture_boxes, picture_distributions
from segmentry.plots.picture import Picture, to_png, to_svg, write_pictures
from segmentry.plots.points import picture_components, picture_scatter
from segmentry.plots.silhouette import picture_silhouette
from segmentry.plots.sizes import picture_sizes
from segmentry.plots.style import Chart
from segmentry.segmentation import Segmentation

__all__ = [
    "Picture",
    "draw_all",
    "plot_boxes",
    "plot_components",
    "plot_criteria",
    "plot_distributions",
    "plot_heatmap",
    "plot_scatter",
    "plot_silhouette",
    "plot_sizes",
    "to_png",
    "to_svg",
    "write_pictures",
]


def draw_all(segmentation: Segmentation) -> tuple[Picture, ...]:
    """Every picture, in the order in which a reader wants them: what it means first, why this many last."""
    return (
        picture_sizes(segmentation),
        picture_heatmap(segmentation),
        picture_scatter(segmentation),
        picture_components(segmentation),
        picture_boxes(segmentation),
        picture_distributions(segmentation),
        picture_criteria(segmentation),
        picture_silhouette(segmentation),
    )


def plot_sizes(segmentation: Segmentation) -> Chart:
    """Share of customers beside share of spend."""
    return picture_sizes(segmentation).shown()


def plot_heatmap(segmentation: Segmentation) -> Chart:
    """Means by segment, coloured by how unusual they are."""
    return picture_heatmap(segmentation).shown()


def plot_scatter(segmentation: Segmentation) -> Chart:
    """Customers by the two features that separate the segments best."""
    return picture_scatter(segmentation).shown()


def plot_components(segmentation: Segmentation) -> Chart:
    """Customers on two principal components."""
    return picture_components(segmentation).shown()


def plot_boxes(segmentation: Segmentation) -> Chart:
    """Quartiles of each clustered feature by segment."""
    return picture_boxes(segmentation).shown()


def plot_distributions(segmentation: Segmentation) -> Chart:
    """Histograms of each clustered feature by segment, on shared bins."""
    return picture_distributions(segmentation).shown()


def plot_criteria(segmentation: Segmentation) -> Chart:
    """Elbow, silhouette, Calinski-Harabasz and Davies-Bouldin over the number of segments."""
    return picture_criteria(segmentation).shown()


def plot_silhouette(segmentation: Segmentation) -> Chart:
    """The silhouette of each customer, by segment."""
    return picture_silhouette(segmentation).shown()
