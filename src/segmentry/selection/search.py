"""Tries each k on the sample, keeps every candidate, says why one won and what kind of groups they are.

A k that was asked for is taken; otherwise the criteria are weighed (`verdict`), over 3 to 10, and over 2 as well, which
is taken only when natural and apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from segmentry.clusters.grouping import Grouping, Layout, Method
from segmentry.clusters.kmeans import Clustering
from segmentry.clusters.methods import method_called
from segmentry.clusters.names import METHODS, STATED, known_method
from segmentry.errors import NotEnoughDataError, Notice, SettingsError
from segmentry.features.recipe import GRID
from segmentry.quality import calinski_harabasz, davies_bouldin, knee, silhouettes
from segmentry.segmentation import Candidate
from segmentry.selection.evidence import Evidence, evenly_spaced, gather_evidence
from segmentry.selection.verdict import FALLBACK, FEWEST, NEEDED, Weighing, of_one, points, weigh
from segmentry.selection.words import (
    asked_for_words,
    basis_of,
    reason_words,
    stated_words,
    stretched_words,
    verdict_words,
    weakness_words,
)

AUTO = (3, 10)  # two groups are seldom something to act on: 2 is tried only when asked for
MOST_SEGMENTS = 50
SILHOUETTE_ROWS = 4000


class SelectionSettings(BaseModel):
    """`k` is a number, a range such as "2-10", or "auto" (3 to 10, and 2 where two natural groups stand out).

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
    verdict: str = ""
    verdict_words: str = ""
    better: tuple[str, int] | None = None  # a method and number that show groups which this method cuts across


def search_segments(
    grid: np.ndarray,
    settings: SelectionSettings,
    progress: Callable[[str], None] | None = None,
    layout: Layout | None = None,
    method: Method | None = None,
) -> Search:
    """Clusters the sampled rows for each k and picks one. `layout` says which axes are levels of a category; `method`
    takes the place of the one that the settings name.

    Raises NotEnoughDataError when there are fewer different rows than the smallest k.
    """
    method = method or method_called(settings.method, layout or Layout.numeric(grid.shape[1]))
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
    evidence = gather_evidence(grid, _weighed_ks(ks), settings.seed) if method.needs_k else None
    # What was measured of k-means groupings is evidence on the customers, but figures of its candidates only.
    if method.name == "k-means":
        candidates = tuple(_with_evidence(c, evidence) for c in candidates)
    decided = _decide(candidates, clusterings, evidence, settings, len(grid), method.needs_k)
    best = [c.k for c in candidates].index(decided.k)
    return Search(
        candidates=candidates,
        best=clusterings[best],
        k=decided.k,
        method=method.name,
        reason=decided.reason,
        knee=knee([c.k for c in candidates], [c.inertia for c in candidates]),
        silhouettes=silhouette_of[best],
        silhouette_rows=rows,
        notices=(*notices, *_notices(candidates[best], decided, evidence)),
        groupings=tuple(c.labels for c in clusterings),
        verdict=decided.verdict,
        verdict_words=decided.words,
        better=_better(method.name, evidence),
    )


def _better(method: str, evidence: Evidence | None) -> tuple[str, int] | None:
    if method != "k-means" or evidence is None or evidence.mixture is None or not evidence.mixture.stretched:
        return None
    return "gmm", evidence.mixture.k


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
        bic=clustering.bic if isinstance(clustering, Grouping) else None,
    )


def _found(clustering: Clustering | Grouping, candidate: Candidate) -> str:
    """Why there are as many as a method that finds their number itself found."""
    name = METHODS[candidate.method]
    if isinstance(clustering, Grouping) and clustering.changed is None:
        return f"{name} found no groups: no place is so much more crowded than those around it."
    noise = (clustering.labels < 0).mean()
    return (
        f"{name} found {candidate.k} crowded places by itself; {100 * noise:.0f} % of customers stand in none of them."
    )


@dataclass(frozen=True)
class _Decision:
    k: int
    verdict: str
    words: str
    reason: str


def _decide(
    candidates: Sequence[Candidate],
    clusterings: Sequence[Clustering | Grouping],
    evidence: Evidence | None,
    settings: SelectionSettings,
    n: int,
    needs_k: bool,
) -> _Decision:
    if candidates[0].method in STATED:
        name, k = METHODS[candidates[0].method], candidates[0].k
        return _Decision(
            k,
            "constructive",
            stated_words(k),
            f"{name[:1].upper()}{name[1:]} is a table made beforehand: nothing was searched.",
        )
    if not needs_k:
        none = isinstance(clusterings[0], Grouping) and clusterings[0].changed is None
        said = "All customers are kept together as one."
        return _Decision(
            candidates[0].k, "no groups" if none else "", said if none else "", _found(clusterings[0], candidates[0])
        )
    basis = basis_of(evidence, n)
    low, high = settings.span
    if low == high:
        chosen = candidates[0]
        said = asked_for_words(*of_one(chosen.k, evidence)) if evidence else ""
        words = verdict_words("constructive", chosen.k, basis, said)
        reason = f"{chosen.k} segments were asked for; their silhouette is {chosen.silhouette or 0.0:.2f}."
        return _Decision(chosen.k, "constructive", words, reason)
    if candidates[0].method != "k-means":
        return _by_own_criterion(candidates, evidence, basis)
    allowed = [c.k for c in candidates if low <= c.k <= high or settings.k == "auto"]
    if evidence is None:
        k = _best_separated([c for c in candidates if low <= c.k <= high] or candidates)
        weighing = Weighing(k, "no groups", (), (), {})
        reason = f"{k} segments are the best separated; there are too few customers to weigh anything else."
    else:
        weighing = weigh(candidates, evidence, allowed)
        reason = reason_words(candidates, weighing)
    structured = points(weighing.for_groups) >= NEEDED
    stretched = stretched_words(evidence)
    words = verdict_words(weighing.verdict, weighing.k, basis, structured=structured, stretched=stretched)
    return _Decision(weighing.k, weighing.verdict, words, reason)


def _by_own_criterion(candidates: Sequence[Candidate], evidence: Evidence | None, basis: str) -> _Decision:
    """Methods beside k-means: the likelihood where there is one, else the silhouette. Whether there are groups at all
    is answered by the same evidence; whether they are natural is not, as it was not measured of this method."""
    large = [c for c in candidates if min(c.sizes) >= FEWEST] or list(candidates)
    groups = evidence is not None and of_one(large[0].k, evidence)[1]
    if not groups:
        large = [c for c in large if FALLBACK[0] <= c.k <= FALLBACK[1]] or large
    if large[0].bic is not None:
        chosen = min(large, key=lambda c: (c.bic if c.bic is not None else math.inf, c.k))
        why = f"the lowest BIC of {candidates[0].k} to {candidates[-1].k}"
    else:
        chosen = max(large, key=lambda c: (c.silhouette or -1.0, -c.k))
        why = f"the highest silhouette of {candidates[0].k} to {candidates[-1].k}"
    verdict = "" if groups else "no groups"
    words = "" if groups else verdict_words("no groups", chosen.k, basis)
    return _Decision(
        chosen.k, verdict, words, f"{chosen.k} segments have {why}; silhouette {chosen.silhouette or 0:.2f}."
    )


def _best_separated(candidates: Sequence[Candidate]) -> int:
    few = [c for c in candidates if FALLBACK[0] <= c.k <= FALLBACK[1]] or candidates
    return max(few, key=lambda c: (c.silhouette or -1.0, -c.k)).k


def _weighed_ks(ks: Sequence[int]) -> list[int]:
    """A range is weighed from 2 on, whatever its lower end, so that it can be seen where the criteria rise."""
    return list(ks) if len(ks) == 1 else list(range(2, ks[-1] + 1))


def _with_evidence(candidate: Candidate, evidence: Evidence | None) -> Candidate:
    if evidence is None:
        return candidate
    k = candidate.k
    return replace(
        candidate,
        silhouette_beyond_chance=evidence.silhouette.get(k),
        tightness_beyond_chance=evidence.tightness.get(k),
        gap=evidence.gap.get(k),
        gap_error=evidence.gap_error.get(k),
        prediction_strength=evidence.prediction_strength.get(k),
        stability=evidence.stability.get(k),
    )


def _ks(grid: np.ndarray, settings: SelectionSettings) -> tuple[list[int], list[Notice]]:
    low, high = settings.span
    distinct = len(np.unique(grid, axis=0))
    if distinct < low:
        raise NotEnoughDataError(
            f"{low} segments need at least {low} customers that differ in the features used.",
            found=f"{len(grid)} customers with {distinct} different profile{'s' if distinct != 1 else ''}",
            remedy="Ask for fewer segments with --k, add features with --features, or give more customers.",
        )
    if settings.k == "auto":
        low = 2
    if distinct >= high:
        return list(range(low, high + 1)), []
    message = f"There are only {distinct} different profiles, so k was tried up to {distinct} and not {high}."
    return list(range(low, distinct + 1)), [Notice("few-profiles", message)]


def _notices(chosen: Candidate, decided: _Decision, evidence: Evidence | None) -> list[Notice]:
    verdict = decided.verdict
    found = [Notice("no-groups", decided.words)] if verdict == "no groups" else []
    stretched = stretched_words(evidence) if chosen.method == "k-means" else None
    if stretched:
        found.append(Notice("stretched-groups", stretched))
    # Nobody found a table: that its segments overlap is no news.
    weakness = weakness_words(chosen) if chosen.method not in STATED else None
    # In many dimensions clear groups have small silhouettes; what all criteria call natural is not weak.
    return [*found, Notice("weak-structure", weakness)] if weakness and verdict != "natural" else found
