"""Gaussian mixtures: groups that are stretched or tilted, held by the rule as whole numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.mixture import GaussianMixture

from segmentry.clusters.expectation import fit_mixture
from segmentry.clusters.grouping import Grouping, Layout, ruled
from segmentry.features.recipe import GRID
from segmentry.features.sample import evenly_spaced
from segmentry.prototypes.rule import EXACT, Rule, largest_score
from segmentry.prototypes.threads import on_one_thread

ROWS = 10_000
MOST_FULL = 12  # axes up to which every pair of them is weighed; beyond, each alone


@dataclass(frozen=True)
class Mixture:
    """Each group is a Gaussian with a size and a place of its own, and a shape of its own or one for all by BIC."""

    layout: Layout
    name: str = "gmm"
    needs_k: bool = True

    def search(self, grid: np.ndarray, k: int, seed: int) -> Grouping:
        rows = evenly_spaced(len(grid), ROWS)
        full = len(self.layout.reach) <= MOST_FULL
        seen = grid[rows] / GRID
        models = [fit_mixture(seen, k, seed, shape) for shape in (("full", "tied") if full else ("diag",))]
        model = min(models, key=lambda m: float(m.bic(seen)))
        means, order = model.means_, np.lexsort(np.floor(model.means_ * GRID + 0.5).T[::-1])
        precisions = _each(model, k)
        rule = gaussian_rule(self.layout, model.weights_[order], means[order], precisions[order])
        number = np.argsort(order)
        with on_one_thread():
            own, bic = number[model.predict(seen)], float(model.bic(seen))
        return ruled(grid, rule, own, rows, bic=bic)


def _each(model: GaussianMixture, k: int) -> np.ndarray:
    """(k, axes, axes) precisions, also where groups share one, or where each axis is weighed alone."""
    if model.covariance_type == "tied":
        return np.tile(model.precisions_, (k, 1, 1))
    if model.covariance_type == "diag":
        return np.array([np.diag(p) for p in model.precisions_])
    result: np.ndarray = model.precisions_
    return result


def gaussian_rule(layout: Layout, shares: np.ndarray, means: np.ndarray, precisions: np.ndarray) -> Rule:
    """-2 log density of each Gaussian as whole numbers, at the largest power of two that keeps every sum exact.

    Means and precisions are in standard deviations. The same number is taken from all offsets, so that the least
    score that there can be is about 0.
    """
    pairs = [(a, b) for a in range(len(layout.reach)) for b in range(a, len(layout.reach))]
    pairs = [(a, b) for a, b in pairs if precisions[:, a, b].any()]
    heights = [
        -float(np.linalg.slogdet(p)[1]) - 2.0 * math.log(max(float(share), 1e-12))
        for share, p in zip(shares, precisions, strict=True)
    ]
    heights = [height - min(heights) for height in heights]
    for power in range(52, -1, -1):
        rule = _at_scale(layout, pairs, heights, means, precisions, 2**power)
        if largest_score(rule, layout.reach) < EXACT:
            return rule
    raise AssertionError("a variance is at least a thousandth, so that some scale fits")


def _at_scale(
    layout: Layout,
    pairs: Sequence[tuple[int, int]],
    heights: Sequence[float],
    means: np.ndarray,
    precisions: np.ndarray,
    scale: int,
) -> Rule:
    offsets, weights, pair_weights = [], [], []
    for height, mean, precision in zip(heights, means, precisions, strict=True):
        pull = precision @ mean
        offsets.append(round(scale * (height + float(mean @ pull))))
        weights.append(tuple(round(-2.0 * scale * float(p) / GRID) for p in pull))
        pair_weights.append(
            tuple(round(scale * float(precision[a, b]) * (1 if a == b else 2) / GRID**2) for a, b in pairs)
        )
    owners = tuple(str(place) for place in range(len(means)))
    return Rule(layout.axes, tuple(offsets), tuple(weights), owners, None, tuple(pairs), tuple(pair_weights), scale)
