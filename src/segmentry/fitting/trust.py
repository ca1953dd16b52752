"""How far the segments can be trusted, from the sample while it is in memory: stability of the whole and of each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segmentry.clusters.grouping import Layout
from segmentry.clusters.methods import method_called
from segmentry.errors import Notice, listed
from segmentry.features.sample import evenly_spaced
from segmentry.profiles.stability import PATTERN, SegmentStability, SolutionStability
from segmentry.quality.resampled import Resampled, resampled_kmeans
from segmentry.quality.segment_stability import segment_stabilities, series
from segmentry.quality.stability import contingency, interval, pair_agreement
from segmentry.segmentation import Segment
from segmentry.selection import Search
from segmentry.selection import refits as others

ROWS = 2000
PAIRS = 20  # enough to tell steady from not; `stability_pairs` asks for more


def measure_stability(
    grid: np.ndarray,
    placed: np.ndarray,
    segments: Sequence[Segment],
    search: Search,
    layout: Layout,
    *,
    customers: int,
    seed: int,
    pairs: int,
) -> tuple[SolutionStability, tuple[SegmentStability | None, ...]]:
    """The stability of a solution and of each segment: fits by its own method on bootstrap samples of the sample.

    `placed` is the place in `segments` of each row, -1 for noise. K-means is fitted on at most 2,000 rows; another
    method on at most 1,000 and for a quarter of the pairs, since it takes many times as long.
    """
    most = ROWS if search.method == "k-means" else others.ROWS
    rows = evenly_spaced(len(grid), most)
    base, k = placed[rows].astype(np.int64), len(segments)
    fitted = _refitted(grid[rows], k, search, layout, seed, pairs)
    whole = SolutionStability(len(rows), customers, len(fitted.labels) // 2, interval(pair_agreement(fitted.labels)))
    tried = sorted((g[rows] for g in search.groupings if g.min() >= 0), key=lambda labels: int(labels.max()))
    if len(tried) > 1:
        nodes, edges, aligned = series(tried)
        own = next((labels for labels in aligned if labels.max() == k - 1), None)
        whole = replace(whole, nodes=nodes, edges=edges, chosen=_places(base, own, segments))
    return whole, segment_stabilities(base, k, fitted)


def _refitted(rows: np.ndarray, k: int, search: Search, layout: Layout, seed: int, pairs: int) -> Resampled:
    if search.method == "k-means":
        return resampled_kmeans(rows, [k], seed, 2 * pairs, threads=os.cpu_count() or 1)[0]
    pairs = max(others.PAIRS, pairs // 4)
    if search.refits is not None and pairs == others.PAIRS:
        return search.refits
    return others.refitted(method_called(search.method, layout), layout, rows, k, seed, 2 * pairs)


def _places(base: np.ndarray, own: np.ndarray | None, segments: Sequence[Segment]) -> dict[str, int]:
    if own is None:
        return {}
    table = contingency(base + 1, own)[1:]
    return {s.id: int(table[place].argmax()) for place, s in enumerate(segments) if place < len(table)}


def _doubtful(segments: Sequence[Segment]) -> list[Segment]:
    return [s for s in segments if s.stability is not None and s.stability.mean < PATTERN]


def with_weakest(verdict_words: str, segments: Sequence[Segment]) -> str:
    """The verdict, which is of all segments together, and the segments that it does not hold of."""
    doubtful = _doubtful(segments)
    if not doubtful:
        return verdict_words
    named = f"{'segments' if len(doubtful) > 1 else 'segment'} {listed(s.id for s in doubtful)}"
    return f"{verdict_words} But {named} did not come out again: see the warning."


def stability_notices(segments: Sequence[Segment]) -> list[Notice]:
    """One, naming the segments that are not to be trusted; none when all are."""
    doubtful = _doubtful(segments)
    if not doubtful:
        return []
    named = ", ".join(f"{s.id} ({s.stability.mean:.2f})" for s in doubtful if s.stability is not None)
    many = len(doubtful) > 1
    message = (
        f"Segment{'s' if many else ''} {named} {'are' if many else 'is'} not stable: when customers are drawn anew, "
        f"{'they fall' if many else 'it falls'} apart into others (below {PATTERN} do not trust it). "
        "Try another number of segments with --k, or other features."
    )
    return [Notice("unstable-segment", message)]
