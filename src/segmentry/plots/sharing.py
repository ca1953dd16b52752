"""Pictures to pass on: no mark stands for fewer than ten customers, and no axis ends at one customer's value."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segmentry.segmentation import Segmentation
from segmentry.tables.masking import FEWEST_TOLD

_STEPS = (24, 16, 12, 8, 6, 4, 3, 2, 1)  # cells along each axis, finest first
_MOST = 0.6  # share of a segment's customers that groups should hold


@dataclass(frozen=True)
class Group:
    """Customers of one segment who are near one another: the middle of them, and how many."""

    x: float
    y: float
    id: str
    n: int


def for_sharing(segmentation: Segmentation) -> Segmentation:
    """The same segmentation, whose pictures draw no point, bar or cell for fewer than ten customers.

    Values beyond the tenth from either end are drawn there; features with fewer than twenty values are not drawn.
    """
    view = segmentation.view
    if view is not None:
        components = [_within(column) for column in view.components.T]
        values = {name: _within(column) for name, column in view.values.items()}
        view = replace(view, values=values, components=np.stack(components, axis=1))
    return replace(segmentation, mark_floor=FEWEST_TOLD, view=view)


def _within(values: np.ndarray) -> np.ndarray:
    known = np.sort(values[np.isfinite(values)].astype(np.float64))
    if len(known) < 2 * FEWEST_TOLD:
        return np.full(len(values), np.nan)
    moved: np.ndarray = np.clip(values.astype(np.float64), known[FEWEST_TOLD - 1], known[-FEWEST_TOLD])
    return moved


def grouped(
    x: np.ndarray, y: np.ndarray, ids: np.ndarray, places: tuple[np.ndarray, np.ndarray], floor: int
) -> list[Group]:
    """Customers gathered in cells, each of one segment; cells of fewer than `floor` customers are left out.

    `places` says where along both axes a customer stands, from 0 to 1. The cells of a segment are as fine as they can
    be with most of its customers in one that is kept.
    """
    found: list[Group] = []
    for name in np.unique(ids):
        own = ids == name
        found += _groups(x[own], y[own], str(name), (places[0][own], places[1][own]), floor)
    return found


def _groups(x: np.ndarray, y: np.ndarray, name: str, places: tuple[np.ndarray, np.ndarray], floor: int) -> list[Group]:
    found: list[Group] = []
    for steps in _STEPS:
        across, up = (np.clip((p * steps).astype(np.int64), 0, steps - 1) for p in places)
        _, cell, counts = np.unique(across * steps + up, return_inverse=True, return_counts=True)
        kept = [cell == at for at in np.flatnonzero(counts >= floor)]
        found = [Group(float(x[own].mean()), float(y[own].mean()), name, int(own.sum())) for own in kept]
        if sum(group.n for group in found) >= _MOST * len(x):
            break
    return found


def in_runs(ordered: np.ndarray, floor: int, most: int) -> np.ndarray:
    """Means of runs of at least `floor` sorted values, at most `most` of them; none for fewer values.

    >>> in_runs(np.arange(25.0), 10, 250)
    array([ 6. , 18.5])
    """
    runs = min(len(ordered) // floor, most)
    return np.array([part.mean() for part in np.array_split(ordered, runs)]) if runs else np.zeros(0)
