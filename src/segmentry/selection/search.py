"""Tries each k on the sample, keeps every candidate, says why one won and what kind of groups they are.

A k that was asked for is taken; otherwise the criteria are weighed (`verdict`), over 3 to 10, and over 2 as well, which
is taken only when natural and apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from segmentry.clusters.grouping import Grouping, Layout, Method
from segmentry.clusters.kmeans import Clustering, going_on
from segmentry.clusters.methods import method_called
from segmentry.clusters.names import STATED, known_method
from segmentry.errors import NotEnoughDataError, Notice, SettingsError
from segmentry.features.recipe import GRID
from segmentry.features.sample import evenly_spaced
from segmentry.prototypes.threads import on_one_thread
from segmentry.quality import calinski_harabasz, davies_bouldin, knee, silhouettes
from segmentry.quality.resampled import Resampled
from segmentry.segmentation import Candidate
from segmentry.selection.criteria import CriteriaByK, gather_criteria
from segmentry.selection.decision import Decision, decide, decide_other, decide_table
from segmentry.selection.verdict import MOST_SEGMENTS, stretched_into
from segmentry.selection.words import stretched_words, weakness_words

AUTO = (3, 10)  # what must be possible; 2 is tried as well, and taken only when natural and apart
SILHOUETTE_ROWS = 4000


class SelectionSettings(BaseModel):
    """`k` is a number, a range such as "2-10", or "auto" (3 to 10, and 2 where two natural groups stand out).

    >>> SelectionSettings(k="2-10").span, SelectionSettings(k="5").k
    ((2, 10), 5)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    k: int | str = "auto"
    seed: int = Field(default=0, ge=0, lt=2**32)
    method: str = "k-means"

    @field_validator("method")
    @classmethod
    def _method_is_known(cls, method: str) -> str:
        return known_method(method)

    @field_validator("k", mode="before")
    @classmethod
    def _k_is_plain(cls, k: object) -> object:
        if isinstance(k, (str, int)) and not isinstance(k, bool):
            return k
        if isinstance(k, bool) or not isinstance(k, Real) or not float(k).is_integer():
            raise PydanticCustomError("k", 'Should be a number such as 5, a range such as "2-10", or "auto"')
        return int(float(k))

    @field_validator("k")
    @classmethod
    def _k_is_understood(cls, k: int | str) -> int | str:
        if isinstance(k, str):
            k = k.strip().lower()
            k = int(k) if re.fullmatch(r"\d+", k) else k
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
    refits: Resampled | None = None  # of the winner, when another method than k-means found it; on ROWS rows at most


def search_segments(
    grid: np.ndarray,
    settings: SelectionSettings,
    layout: Layout | None = None,
    method: Method | None = None,
    start: np.ndarray | None = None,
) -> Search:
    """Clusters the sampled rows for each k and picks one. `layout` says which axes are levels of a category; `method`
    takes the place of the one that the settings name. `start` are centres of an earlier grouping, from which k-means
    goes on where that many are tried.

    Raises NotEnoughDataError when there are fewer different rows than the smallest k.
    """
    layout = layout or Layout.numeric(grid.shape[1])
    method = method or method_called(settings.method, layout)
    ks, notices = _ks(grid, settings) if method.needs_k else ([1], [])
    # Linear algebra on one thread, since with more the order of additions depends on the machine. The limit holds for
    # the whole process, so that it is set around both of those that run side by side.
    with on_one_thread(), ThreadPoolExecutor(1) as beside:
        gathered = beside.submit(gather_criteria, grid, _weighed_ks(method, ks), settings.seed, layout.categories)
        tried = _cluster_all(method, grid, ks, settings.seed, start)
        evidence = gathered.result()
    candidates, decided, refits = _decide(method, layout, grid, tried, evidence, settings)
    best = [c.k for c in candidates].index(decided.k)
    return Search(
        candidates=candidates,
        best=tried.clusterings[best],
        k=decided.k,
        method=method.name,
        reason=decided.reason,
        knee=knee([c.k for c in candidates], [c.inertia for c in candidates]),
        silhouettes=tried.silhouettes[best],
        silhouette_rows=tried.silhouette_rows,
        notices=(*notices, *_notices(candidates[best], decided, evidence), *_levels_in_mixture(method, layout)),
        groupings=tuple(c.labels for c in tried.clusterings),
        verdict=decided.verdict,
        verdict_words=decided.words,
        better=_better(method.name, evidence),
        refits=refits,
    )


@dataclass(frozen=True)
class _Tried:
    """Each clustering with its own figures, and the silhouettes that it gives some of the rows."""

    clusterings: tuple[Clustering | Grouping, ...]
    candidates: tuple[Candidate, ...]
    silhouettes: tuple[np.ndarray, ...]
    silhouette_rows: np.ndarray


def _cluster_all(
    method: Method, grid: np.ndarray, ks: Sequence[int], seed: int, start: np.ndarray | None = None
) -> _Tried:
    """Clusters the rows for each k. The caller limits threads."""
    clusterings = tuple(_searched(method, grid, k, seed, start) for k in ks)
    rows = evenly_spaced(len(grid), SILHOUETTE_ROWS)
    if not method.needs_k:
        rows = rows[clusterings[0].labels[rows] >= 0]  # noise is in no group that it could be far from or near to
    found = tuple(silhouettes(grid[rows], [c.labels[rows] for c in clusterings]))
    candidates = tuple(_candidate(method.name, grid, c, s) for c, s in zip(clusterings, found, strict=True))
    return _Tried(clusterings, candidates, found, rows)


def _searched(method: Method, grid: np.ndarray, k: int, seed: int, start: np.ndarray | None) -> Clustering | Grouping:
    found = method.search(grid, k, seed)
    if start is None or len(start) != k or not isinstance(found, Clustering):
        return found
    return going_on(grid, found, start)


def _decide(
    method: Method,
    layout: Layout,
    grid: np.ndarray,
    tried: _Tried,
    evidence: CriteriaByK | None,
    settings: SelectionSettings,
) -> tuple[tuple[Candidate, ...], Decision, Resampled | None]:
    """The candidates with all that was measured of them, which one is taken, and its refits where it has any."""
    asked = settings.span[0] == settings.span[1]
    if method.name in STATED:
        return tried.candidates, decide_table(tried.candidates[0]), None
    if method.name == "k-means":
        candidates = tuple(_with_evidence(c, evidence) for c in tried.candidates)
        return candidates, decide(candidates, evidence, asked, len(grid)), None
    # What was measured of k-means groupings is evidence on the customers, and no figure of these candidates.
    return decide_other(method, layout, grid, tried.candidates, tried.clusterings, evidence, asked, settings.seed)


def _better(method: str, evidence: CriteriaByK | None) -> tuple[str, int] | None:
    k = stretched_into(evidence) if method == "k-means" else None
    return ("gmm", k) if k is not None else None


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


def _weighed_ks(method: Method, ks: Sequence[int]) -> list[int]:
    """The numbers to gather evidence on: none for a table that is stated, and the usual ones where none were tried.

    A range is weighed from 2 on, whatever its lower end, so that it can be seen where the criteria rise.
    """
    if method.name in STATED:
        return []
    if not method.needs_k:
        ks = AUTO
    return list(ks) if len(ks) == 1 else list(range(2, ks[-1] + 1))


def _with_evidence(candidate: Candidate, evidence: CriteriaByK | None) -> Candidate:
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


def _levels_in_mixture(method: Method, layout: Layout) -> list[Notice]:
    if method.name != "gmm" or not layout.categories:
        return []
    message = (
        "A mixture takes the levels of a category for amounts that vary around a mean, which they are not: its "
        "likelihood always asks for more segments. Use --method k-prototypes, which is made for categories, or leave "
        "the categories out."
    )
    return [Notice("levels-in-mixture", message)]


def _notices(chosen: Candidate, decided: Decision, evidence: CriteriaByK | None) -> list[Notice]:
    verdict = decided.verdict
    found = [Notice("no-groups", decided.words)] if verdict == "no groups" else []
    stretched = stretched_words(evidence) if chosen.method == "k-means" else None
    if stretched:
        found.append(Notice("stretched-groups", stretched))
    # Nobody found a table: that its segments overlap is no news.
    weakness = weakness_words(chosen) if chosen.method not in STATED else None
    # In many dimensions clear groups have small silhouettes; what all criteria call natural is not weak.
    return [*found, Notice("weak-structure", weakness)] if weakness and verdict != "natural" else found
