"""Typical points for groups of any shape: as few a group as tell the groups apart about as well as many would."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segmentry.clusters.kmeans import in_order, search_kmeans
from segmentry.prototypes.assign import kmeans_rule, nearest
from segmentry.prototypes.rule import Rule
from segmentry.tables.masking import FEWEST_TOLD

MOST_POINTS = 16  # of one group
GOOD = 0.02  # share placed elsewhere below which more points are not worth their cost
QUANTILES = (0.9, 0.95, 0.98, 0.99, 1.0)


def typical_points(
    rows: np.ndarray, labels: np.ndarray, axes: Sequence[str], seed: int, within: bool = False
) -> tuple[Rule, np.ndarray]:
    """A rule whose prototypes are means of parts of each group, and the labels renumbered in the rule's order.

    `within` also gives each point a radius, beyond all of which a row is noise, as labels below 0 are.
    """
    labels = _in_order(rows, labels)
    groups = int(labels.max()) + 1
    best: tuple[float, Rule] | None = None
    points = 1
    while points <= MOST_POINTS:
        parts = [_parts(rows[labels == group], points, seed) for group in range(groups)]
        rule = _rule(axes, parts)
        rule = _with_radii(rule, rows, labels) if within else rule
        wrong = _wrong(rule, rows, labels)
        if best is None or wrong < best[0] - GOOD / 2:
            best = (wrong, rule)
        if best[0] <= GOOD:
            break
        points *= 2
    assert best is not None
    return best[1], labels


def medians_of_nearest(rows: np.ndarray, labels: np.ndarray, medoids: np.ndarray) -> np.ndarray:
    """For each medoid the median of the ten members of its group that are nearest to it: like it, and nobody's row."""
    points = []
    for group, medoid in enumerate(medoids):
        members = rows[labels == group]
        squared = ((members - medoid) ** 2).sum(axis=1)
        near = np.sort(members[np.argsort(squared, kind="stable")[:FEWEST_TOLD]], axis=0)
        points.append(near[(len(near) - 1) // 2])
    return np.array(points)


def _in_order(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Groups numbered by their means' coordinates: a number then depends on no search."""
    groups = np.unique(labels[labels >= 0])
    means = np.array([np.floor(rows[labels == g].mean(axis=0) + 0.5) for g in groups])
    new = {int(groups[old]): place for place, old in enumerate(np.lexsort(means.T[::-1]))}
    return np.array([new.get(int(label), -1) for label in labels])


def _parts(members: np.ndarray, points: int, seed: int) -> np.ndarray:
    """Means of at most `points` parts of a group, none of fewer than ten customers unless the group is smaller."""
    points = min(points, max(1, len(members) // FEWEST_TOLD), len(np.unique(members, axis=0)))
    while points > 1:
        found = search_kmeans(members, points, seed, starts=3)
        if min(found.sizes) >= FEWEST_TOLD:
            return found.centres
        points -= 1
    middle: np.ndarray = np.floor(members.sum(axis=0, keepdims=True) / len(members) + 0.5)
    return middle


def _rule(axes: Sequence[str], parts: Sequence[np.ndarray]) -> Rule:
    owners = [str(group) for group, part in enumerate(parts) for _ in part]
    return kmeans_rule(axes, np.vstack([in_order(part) for part in parts]), owners)


def _wrong(rule: Rule, rows: np.ndarray, labels: np.ndarray) -> float:
    placed = nearest(rule, rows)
    owner = np.array([int(o) for o in rule.owners])
    return float((np.where(placed < 0, -1, owner[placed]) != labels).mean())


def _with_radii(rule: Rule, rows: np.ndarray, labels: np.ndarray) -> Rule:
    """The radius of a point is a high quantile of its members' distances, the one that agrees best with the labels.

    A larger radius lowers the offset: what counts is how far outside of a radius a row is.
    """
    members = labels >= 0
    placed = nearest(rule, rows)
    centres = np.array(rule.weights, dtype=np.float64) / -2.0
    squared = ((rows - centres[placed]) ** 2).sum(axis=1)
    best: tuple[float, Rule] | None = None
    for quantile in QUANTILES:
        radii = []
        for point in range(len(rule.offsets)):
            own = np.sort(squared[members & (placed == point)])
            radii.append(int(own[int((len(own) - 1) * quantile)]) if len(own) else 0)
        widest = max(radii)
        offsets = tuple(o + widest - r for o, r in zip(rule.offsets, radii, strict=True))
        tried = Rule(rule.axes, offsets, rule.weights, rule.owners, cutoff=widest)
        wrong = _wrong(tried, rows, labels)
        if best is None or wrong < best[0]:
            best = (wrong, tried)
    assert best is not None
    return best[1]
