"""Tries each k on the sample, keeps every candidate, says why one won.

The rule so far: a k that was asked for is taken; otherwise, of those whose every segment has at least ten customers
(of all, when none has), the k with the highest silhouette, the smaller of equals.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from segmentry.clusters.grouping import Grouping, Layout
from segmentry.clusters.kmeans import Clustering
from segmentry.clusters.methods import method_called
from segmentry.clusters.names import METHODS, known_method
from segmentry.errors import NotEnoughDataError, Notice, SettingsError
from segmentry.features.recipe import GRID
from segmentry.quality import calinski_harabasz, davies_bouldin, knee, silhouettes
from segmentry.segmentation import Candidate

AUTO = (3, 10)  # two groups are seldom something to act on: 2 is tried only when asked for
MOST_SEGMENTS = 50
SILHOUETTE_ROWS = 4000
FEWEST = 10  # customers in a segment: fewer cannot be described without pointing at persons, nor acted on
WEAK = 0.25  # below it a grouping has no substantial structure (Kaufman and Rousseeuw 1990, table 4 of chapter 2)


class SelectionSettings(BaseModel):
    """`k` is a number, a range such as "2-10", or "auto" (3 to 10).

    >>> SelectionSettings(k="2-10").span
    (2, 10)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    k: int | str = "auto"
    seed: int = Field(default=0, ge=0, lt=2**32)
    method: str = "k-means"

    @field_validator("method")
    @classmethod
    def _method_is_known(cls, method: str) -> str:
        return known_method(method)

    @field_validator("k")
    @classmethod
    def _k_is_understood(cls, k: int | str) -> int | str:
        if isinstance(k, str):
            k = k.strip().lower()
        low, high = _span(k)
        if low > high:
            raise SettingsError("The range of k runs backwards.", found=str(k), remedy=f"Pass --k {high}-{low}.")
        if not 2 <= low <= high <= MOST_SEGMENTS:
            raise SettingsError(
                f"k must be from 2 to {MOST_SEGMENTS}.", found=str(k), remedy="Pass --k 5, --k 2-10 or --k auto."
            )
        return k

    @property
    def span(self) -> tuple[int, int]:
        return _span(self.k)


def _span(k: int | str) -> tuple[int, int]:
    if isinstance(k, int):
        return k, k
    if k == "auto":
        return AUTO
    match = re.fullmatch(r"(\d+)(?:\s*(?:-|\.\.|:)\s*(\d+))?", k)
    if not match:
        raise SettingsError("k is not understood.", found=k, remedy="Pass --k 5, --k 2-10 or --k auto.")
    return int(match[1]), int(match[2] or match[1])


@dataclass(frozen=True)
class Search:
    """Every candidate, the clustering of the one that won, and why."""

    candidates: tuple[Candidate, ...]
    best: Clustering | Grouping
    k: int
    method: str
    reason: str
    knee: int | None
    silhouettes: np.ndarray  # of the winner, for the rows in `silhouette_rows`
    silhouette_rows: np.ndarray
    notices: tuple[Notice, ...]
    groupings: tuple[np.ndarray, ...] = ()  # the labels of each candidate, in their order


def search_segments(
    grid: np.ndarray,
    settings: SelectionSettings,
    progress: Callable[[str], None] | None = None,
    layout: Layout | None = None,
) -> Search:
    """Clusters the sampled rows for each k and picks one. `layout` says which axes are levels of a category.

    Raises NotEnoughDataError when there are fewer different rows than the smallest k.
    """
    method = method_called(settings.method, layout or Layout.numeric(grid.shape[1]))
    ks, notices = _ks(grid, settings) if method.needs_k else ([1], [])
    clusterings: list[Clustering | Grouping] = []
    for k in ks:
        clusterings.append(method.search(grid, k, settings.seed))
        if progress:
            progress(f"k = {k}")
    rows = evenly_spaced(len(grid), SILHOUETTE_ROWS)
    if not method.needs_k:
        rows = rows[clusterings[0].labels[rows] >= 0]  # noise is in no group that it could be far from or near to
    silhouette_of = silhouettes(grid[rows], [c.labels[rows] for c in clusterings])
    candidates = tuple(_candidate(method.name, grid, c, s) for c, s in zip(clusterings, silhouette_of, strict=True))
    best = _best(candidates)
    return Search(
        candidates=candidates,
        best=clusterings[best],
        k=candidates[best].k,
        method=method.name,
        reason=_reason(candidates, best) if method.needs_k else _found(clusterings[0], candidates[0]),
        knee=knee([c.k for c in candidates], [c.inertia for c in candidates]),
        silhouettes=silhouette_of[best],
        silhouette_rows=rows,
        notices=(*notices, *_weakness(candidates[best]), *_no_groups(clusterings[best], method.name)),
        groupings=tuple(c.labels for c in clusterings),
    )


def _candidate(method: str, grid: np.ndarray, clustering: Clustering | Grouping, silhouette: np.ndarray) -> Candidate:
    inside = clustering.labels >= 0
    labels = clustering.labels[inside]
    several = len(clustering.sizes) > 1
    return Candidate(
        k=len(clustering.sizes),
        method=method,
        inertia=clustering.inertia / GRID**2,
        silhouette=math.fsum(silhouette.tolist()) / len(silhouette) if several and len(silhouette) else None,
        calinski_harabasz=calinski_harabasz(grid[inside], labels) if several else None,
        davies_bouldin=davies_bouldin(grid[inside], labels) if several else None,
        sizes=tuple(sorted(clustering.sizes, reverse=True)),
    )


def _found(clustering: Clustering | Grouping, candidate: Candidate) -> str:
    """Why there are as many as a method that finds their number itself found."""
    name = METHODS[candidate.method]
    if isinstance(clustering, Grouping) and clustering.changed is None:
        return f"{name} found no groups: no place is so much more crowded than those around it."
    noise = (clustering.labels < 0).mean()
    return f"{name} found {candidate.k} crowded places by itself; {noise:.0%} of customers stand in none of them."


def _no_groups(clustering: Clustering | Grouping, method: str) -> list[Notice]:
    if not isinstance(clustering, Grouping) or clustering.changed is not None:
        return []
    message = f"{METHODS[method]} found no groups; all customers are kept together as one."
    return [Notice("no-groups", message)]


def evenly_spaced(n: int, most: int) -> np.ndarray:
    """Indices of at most `most` of n rows, evenly spaced: no draw, so nothing to seed."""
    return np.arange(n) if n <= most else (np.arange(most) * n) // most


def _ks(grid: np.ndarray, settings: SelectionSettings) -> tuple[list[int], list[Notice]]:
    low, high = settings.span
    distinct = len(np.unique(grid, axis=0))
    if distinct < low:
        raise NotEnoughDataError(
            f"{low} segments need at least {low} customers that differ in the features used.",
            found=f"{len(grid)} customers with {distinct} different profile{'s' if distinct != 1 else ''}",
            remedy="Ask for fewer segments with --k, add features with --features, or give more customers.",
        )
    if distinct >= high:
        return list(range(low, high + 1)), []
    message = f"There are only {distinct} different profiles, so k was tried up to {distinct} and not {high}."
    return list(range(low, distinct + 1)), [Notice("few-profiles", message)]


def _best(candidates: Sequence[Candidate]) -> int:
    places = range(len(candidates))
    large_enough = [i for i in places if min(candidates[i].sizes) >= FEWEST]
    return max(large_enough or places, key=lambda i: (candidates[i].silhouette or -1.0, -candidates[i].k))


def _reason(candidates: Sequence[Candidate], best: int) -> str:
    chosen = candidates[best]
    if len(candidates) == 1:
        return f"{chosen.k} segments were asked for; their silhouette is {chosen.silhouette:.2f}."
    rest = sorted((c for c in candidates if c is not chosen), key=lambda c: (-(c.silhouette or -1.0), c.k))
    higher = [c for c in rest if (c.silhouette or -1.0) > (chosen.silhouette or -1.0)]
    tried = f"{candidates[0].k} to {candidates[-1].k}"
    if higher:
        passed_over = ", ".join(str(c.k) for c in sorted(higher, key=lambda c: c.k))
        return (
            f"{chosen.k} segments are the best separated of {tried} with at least {FEWEST} customers in each: "
            f"silhouette {chosen.silhouette:.2f}; {passed_over} would be higher ({higher[0].silhouette:.2f}) "
            "with a segment too small to act on."
        )
    return (
        f"{chosen.k} segments are the best separated of {tried}: silhouette {chosen.silhouette:.2f}, "
        f"next best {rest[0].silhouette:.2f} with {rest[0].k}."
    )


def _weakness(chosen: Candidate) -> list[Notice]:
    if chosen.silhouette is None or chosen.silhouette >= WEAK:
        return []
    return [
        Notice(
            "weak-structure",
            f"The groups overlap (silhouette {chosen.silhouette:.2f}; below {WEAK} there is no substantial structure). "
            "Read the segments as a useful way to divide customers, not as natural groups.",
        )
    ]
