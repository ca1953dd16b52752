"""How far the segments can be trusted, from the sample while it is in memory: stability of the whole and of each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segmentry.errors import Notice
from segmentry.profiles.stability import PATTERN, SegmentStability, SolutionStability
from segmentry.quality.resampled import resampled_kmeans
from segmentry.quality.segment_stability import segment_stabilities, series
from segmentry.quality.stability import contingency, evenly_spaced, interval, pair_agreement
from segmentry.segmentation import Segment

ROWS = 2000
PAIRS = 20  # enough to tell steady from not; `stability_pairs` asks for more


def measure_stability(
    grid: np.ndarray,
    placed: np.ndarray,
    segments: Sequence[Segment],
    groupings: Sequence[np.ndarray],
    *,
    customers: int,
    seed: int,
    pairs: int,
) -> tuple[SolutionStability, tuple[SegmentStability | None, ...]]:
    """The stability of a k-means solution and of each segment, on at most 2,000 rows of the sample.

    `placed` is the place in `segments` of each row; `groupings` are the labels of the solutions tried, any order.
    """
    rows = evenly_spaced(len(grid), ROWS)
    base, k = placed[rows].astype(np.int64), len(segments)
    fitted = resampled_kmeans(grid[rows], [k], seed, 2 * pairs, threads=os.cpu_count() or 1)[0]
    whole = SolutionStability(len(rows), customers, pairs, interval(pair_agreement(fitted.labels)))
    tried = sorted((g[rows] for g in groupings), key=lambda labels: int(labels.max()))
    if len(tried) > 1:
        nodes, edges, aligned = series(tried)
        own = next((labels for labels in aligned if labels.max() == k - 1), None)
        whole = replace(whole, nodes=nodes, edges=edges, chosen=_places(base, own, segments))
    return whole, segment_stabilities(base, k, fitted)


def _places(base: np.ndarray, own: np.ndarray | None, segments: Sequence[Segment]) -> dict[str, int]:
    if own is None:
        return {}
    table = contingency(base, own)
    return {s.id: int(table[place].argmax()) for place, s in enumerate(segments) if place < len(table)}


def stability_notices(segments: Sequence[Segment]) -> list[Notice]:
    """One, naming the segments that are not to be trusted; none when all are."""
    doubtful = [s for s in segments if s.stability is not None and s.stability.mean < PATTERN]
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
