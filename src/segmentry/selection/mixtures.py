"""What Gaussian mixtures say of the number of groups: k-means supposes round groups, a mixture finds long ones too.

A likelihood alone takes skew and stragglers for groups. So a mixture is *sure* only when hardly any customer could
belong to another group as well, and when look-alikes without groups gain much less by it, or no one stands between any
group and the next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segmentry.clusters.quick_mixture import QuickMixture, quick_mixtures, single
from segmentry.clusters.sketch import sketch_kmeans
from segmentry.features.recipe import GRID
from segmentry.quality.modes import all_apart, has_spike
from segmentry.quality.reference import on_equal_footing
from segmentry.quality.stability import adjusted_rand

ROWS_A_FEATURE = 50  # with fewer, a covariance is drawn from too little (Dolnicar and others 2014 ask for 70 or more)
VALUES = 20  # different ones in each feature: a density needs more than steps
STRAGGLERS = 0.025  # of the rows: a smaller group is no group but who stands far from all
TIMES_STRAGGLERS = 2  # at least so many are in the smallest group; else small ones are a way to describe a tail
SURE = 0.98  # mean chance of being where one is put, at which groups hardly overlap
BEYOND = 1.25  # times what look-alikes gain at most
LOOK_ALIKES = 3
ALIKE = 0.8  # adjusted Rand with k-means, below which k-means cuts across the mixture's groups
PATIENCE = 3  # numbers of groups in a row that are no better, after which more are not tried
KMEANS_STARTS = 10


@dataclass(frozen=True)
class MixtureEvidence:
    """The mixtures with the best ICL and the best BIC. Numbers of groups leave out stragglers; 1 is no groups."""

    k: int  # by ICL
    certainty: float
    sure: bool  # nearly everyone is sure of the place, and look-alikes gain much less or all groups lie apart
    agreement: float  # adjusted Rand with k-means at the same number
    bic_k: int
    bic_round: bool  # the best by BIC has groups of one shape, as k-means supposes

    @property
    def stretched(self) -> bool:
        """There are groups for certain, and k-means cuts across them."""
        return self.sure and self.agreement < ALIKE


def hear_mixtures(grid: np.ndarray, references: Sequence[np.ndarray], most: int, seed: int) -> MixtureEvidence | None:
    """Mixtures of 1 to `most` groups on rows of the grid; None where a density makes no sense of them.

    `references` are look-alikes of the rows. The caller limits threads.
    """
    if len(grid) < ROWS_A_FEATURE * grid.shape[1] or min(len(np.unique(column)) for column in grid.T) < VALUES:
        return None
    fits = _fitted(grid, most, seed)
    surest, likeliest = min(fits, key=lambda fit: fit.icl), min(fits, key=lambda fit: fit.bic)
    groups = _groups(surest)
    k, certainty = len(groups), surest.certainty
    inside = np.isin(surest.labels, groups)
    sure = k > 1 and certainty >= SURE and _outnumber_stragglers(surest, groups)
    if sure and not _beyond(fits[0].icl - surest.icl, surest, references, seed):
        sure = _apart(grid[inside], surest.labels[inside])
    agreement = 1.0
    if sure:
        labels = sketch_kmeans(grid[None], k, seed, KMEANS_STARTS).labels[0]
        agreement = adjusted_rand(surest.labels[inside], labels[inside])
    return MixtureEvidence(k, certainty, sure, agreement, len(_groups(likeliest)), likeliest.shape == "one")


def _fitted(grid: np.ndarray, most: int, seed: int) -> list[QuickMixture]:
    rows, level = grid / GRID, on_equal_footing(grid) / GRID
    fits = [single(rows)]
    bic = icl = fits[0].bic
    waited = 0
    for k in range(2, most + 1):
        found = quick_mixtures(rows, level, k, seed)
        fits += found
        waited += 1
        if min(fit.bic for fit in found) < bic or min(fit.icl for fit in found) < icl:
            waited = 0
        bic, icl = min(bic, *(fit.bic for fit in found)), min(icl, *(fit.icl for fit in found))
        if waited == PATIENCE:
            break
    return fits


def _groups(fit: QuickMixture) -> np.ndarray:
    """The numbers of those groups that are more than stragglers."""
    counts = np.bincount(fit.labels, minlength=fit.k)
    result: np.ndarray = np.flatnonzero(counts >= max(STRAGGLERS * counts.sum(), 10))
    return result


def _outnumber_stragglers(fit: QuickMixture, groups: np.ndarray) -> bool:
    """Whether each of the groups has far more rows than all those together that are too few for a group."""
    counts = np.bincount(fit.labels, minlength=fit.k)
    stragglers = int(counts.sum() - counts[groups].sum())
    return int(counts[groups].min()) >= TIMES_STRAGGLERS * stragglers


def _apart(rows: np.ndarray, labels: np.ndarray) -> bool:
    """Whether there is a valley between each group and the one next to it: look-alikes keep a column with a small heap
    as it is, and gain by it as much. Those who share one value, as who bought nothing, are no group by that."""
    return not any(has_spike(column) for column in rows.T) and all_apart(rows, labels)


def _beyond(gain: float, fit: QuickMixture, references: Sequence[np.ndarray], seed: int) -> bool:
    """Whether no look-alike gains nearly as much by as many groups of the same kind of shape."""
    most = -math.inf
    for reference in references[:LOOK_ALIKES]:
        rows, level = reference / GRID, on_equal_footing(reference) / GRID
        found = quick_mixtures(rows, level, fit.k, seed, (fit.shape,))[0]
        most = max(most, single(rows).icl - found.icl)
        if gain < BEYOND * most:
            return False
    return True
