"""Stability of each single segment: within a solution (SLSW, and Jaccard as clusterboot defines it), and across
solutions with more and more segments (SLSA). Takes labels, returns numbers.

SLSW and SLSA: Dolnicar and Leisch 2017; clusterboot: Hennig 2007.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from segmentry.profiles.stability import SegmentStability, SeriesEdge, SeriesNode, read_stability
from segmentry.quality.resampled import Resampled
from segmentry.quality.stability import contingency, interval

DISSOLVED, RECOVERED = 0.5, 0.75
LEAST_EDGE = 0.01  # thinner bands of a picture are left out


def best_jaccards(base: np.ndarray, other: np.ndarray, k: int) -> np.ndarray:
    """For each of the k base segments the largest Jaccard index with any cluster of `other`; NaN for an empty one.

    Rows of -1 are noise: in no segment, and in no cluster that one could be found again in.

    >>> best_jaccards(np.array([0, 0, 1, 1]), np.array([1, 1, 1, 0]), 2).round(2).tolist()
    [0.67, 0.5]
    """
    table = contingency(base.astype(np.int64) + 1, other.astype(np.int64) + 1)
    if len(table) < k + 1:
        table = np.vstack([table, np.zeros((k + 1 - len(table), table.shape[1]), dtype=table.dtype)])
    sizes, shared = table.sum(axis=1)[1:], table[1:, 1:]
    union = sizes[:, None] + table.sum(axis=0)[None, 1:] - shared
    best: np.ndarray = (shared / np.maximum(union, 1)).max(axis=1, initial=0.0)
    return np.where(sizes > 0, best, np.nan)


def within_solution(base: np.ndarray, k: int, resampled: Resampled) -> np.ndarray:
    """SLSW: (pairs, k) values; for each pair of bootstrap fits the mean of both fits' best Jaccard index."""
    of_each = np.stack([best_jaccards(base, labels, k) for labels in resampled.labels])
    result: np.ndarray = (of_each[0::2] + of_each[1::2]) / 2
    return result


def bootstrap_jaccards(base: np.ndarray, k: int, resampled: Resampled) -> np.ndarray:
    """(samples, k) best Jaccard indices on the rows that a sample holds, each counted once, as clusterboot does."""
    held = resampled.counts > 0
    pairs = zip(resampled.labels, held, strict=True)
    return np.stack([best_jaccards(base[present], labels[present], k) for labels, present in pairs])


def segment_stabilities(base: np.ndarray, k: int, resampled: Resampled) -> tuple[SegmentStability | None, ...]:
    """The stability of each of the k base segments; None for one that has no customer among the rows."""
    within = within_solution(base, k, resampled)
    jaccards = bootstrap_jaccards(base, k, resampled)
    return tuple(_one(jaccards[:, place], within[:, place]) for place in range(k))


def _one(jaccards: np.ndarray, within: np.ndarray) -> SegmentStability | None:
    known = jaccards[~np.isnan(jaccards)]
    if not len(known) or np.isnan(within).any():
        return None
    found = interval(known)
    return SegmentStability(
        mean=found.mean,
        low=found.low,
        high=found.high,
        resamples=found.n,
        dissolved=int((known <= DISSOLVED).sum()),
        recovered=int((known > RECOVERED).sum()),
        within=interval(within),
        words=read_stability(found.mean),
    )


def origins(parent: np.ndarray, child: np.ndarray) -> np.ndarray:
    """SLSA of each child segment: 1 - entropy of where its customers come from, in units of log(number of parents).

    >>> origins(np.array([0, 0, 1, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2])).tolist()
    [1.0, 1.0, 0.0]
    """
    table = contingency(parent, child).astype(np.float64)
    shares = table / np.maximum(table.sum(axis=0), 1.0)
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=0)
    parents = int((table.sum(axis=1) > 0).sum())
    return 1.0 - entropy / math.log(parents) if parents > 1 else np.ones(table.shape[1])


def in_series(groupings: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The same groupings, from fewer to more segments, with labels in an order that follows the one before.

    Each segment takes the place of the one before that it shares most customers with (the best assignment overall);
    one that is left over stands right of the one that it shares most with.

    >>> [g.tolist() for g in in_series([np.array([0, 0, 1, 1]), np.array([2, 2, 0, 1])])]
    [[0, 0, 1, 1], [0, 0, 1, 2]]
    """
    aligned = [groupings[0]]
    for child in groupings[1:]:
        aligned.append(_order_after(aligned[-1], child)[child])
    return aligned


def _order_after(parent: np.ndarray, child: np.ndarray) -> np.ndarray:
    """The new label of each label of `child`."""
    table = contingency(parent, child)
    rows, columns = linear_sum_assignment(-table)
    matched = dict(zip(columns.tolist(), rows.tolist(), strict=True))
    nearest = table.argmax(axis=0)
    place = [(matched.get(c, int(nearest[c])), c not in matched, c) for c in range(table.shape[1])]
    new = np.empty(len(place), dtype=np.int64)
    new[[c for *_, c in sorted(place)]] = np.arange(len(place))
    return new


def series(groupings: Sequence[np.ndarray]) -> tuple[tuple[SeriesNode, ...], tuple[SeriesEdge, ...], list[np.ndarray]]:
    """Segments of each solution as nodes, what they share as edges, and the labels in the order of the nodes.

    Groupings are of the same rows, from fewer to more segments.
    """
    aligned = in_series(groupings)
    nodes: list[SeriesNode] = []
    edges: list[SeriesEdge] = []
    for at, labels in enumerate(aligned):
        k = int(labels.max()) + 1
        shares = np.bincount(labels, minlength=k) / len(labels)
        made = [SeriesNode(k, place, float(share), None) for place, share in enumerate(shares)]
        if at:
            slsa = origins(aligned[at - 1], labels)
            made = [replace(node, origin=float(slsa[node.place])) for node in made]
            edges += _edges(aligned[at - 1], labels, k)
        nodes += made
    return tuple(nodes), tuple(edges), aligned


def _edges(parent: np.ndarray, child: np.ndarray, k: int) -> list[SeriesEdge]:
    table = contingency(parent, child) / np.maximum(np.bincount(child, minlength=k), 1)
    return [
        SeriesEdge(k, int(a), int(b), float(table[a, b])) for a, b in zip(*np.nonzero(table >= LEAST_EDGE), strict=True)
    ]
