"""Gaussian mixtures fitted quickly from given groups, for criteria that need dozens of them; nobody is scored by these.

Groups of one shape (a single covariance) or each of its own. Fraley and Raftery (2002) chose between them, and among
numbers of groups, by BIC; ICL (Biernacki, Celeux and Govaert 2000) adds what is unsure about who belongs where.
The caller limits threads, once for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from segmentry.clusters.expectation import LEAST_VARIANCE
from segmentry.clusters.sketch import sketch_kmeans
from segmentry.features.recipe import GRID
from segmentry.prototypes.lloyd import placed, turned
from segmentry.prototypes.reaching import reaching_starts

Shape = Literal["one", "own"]

SHORT, LONG = 10, 100  # steps
STILL = 1e-5  # mean gain in log-likelihood of a row below which a run has ended
STARTS = 3


@dataclass(frozen=True)
class QuickMixture:
    """A fitted mixture: how likely it makes the rows, and each row's chance of being in each group."""

    shape: Shape
    log_likelihood: float
    chances: np.ndarray  # (rows, groups)
    within: np.ndarray  # the covariance that groups share; of groups with shapes of their own, the mean

    @property
    def k(self) -> int:
        return int(self.chances.shape[1])

    @property
    def labels(self) -> np.ndarray:
        result: np.ndarray = self.chances.argmax(axis=1)
        return result

    @property
    def certainty(self) -> float:
        """The mean chance of being where one is put: what is missing to 1 is the share expected to be put wrongly."""
        return float(self.chances.max(axis=1).mean())

    @property
    def bic(self) -> float:
        """Smaller is better."""
        (n, k), d = self.chances.shape, len(self.within)
        shapes = d * (d + 1) / 2 * (k if self.shape == "own" else 1)
        return -2.0 * self.log_likelihood + float(k - 1 + k * d + shapes) * math.log(n)

    @property
    def icl(self) -> float:
        """BIC and twice the entropy of the chances: groups that overlap cost as much as they leave unsure."""
        return self.bic - 2.0 * float((self.chances * np.log(np.maximum(self.chances, 1e-300))).sum())


def single(rows: np.ndarray) -> QuickMixture:
    """All rows as one group.

    >>> round(single(np.array([[-1.0], [1.0]])).log_likelihood, 2)
    -2.84
    """
    return run(rows, np.zeros(len(rows), dtype=np.int64), 1, "one", 1)


def quick_mixtures(
    rows: np.ndarray, round_rows: np.ndarray, k: int, seed: int, shapes: Sequence[Shape] = ("one", "own")
) -> list[QuickMixture]:
    """The likeliest mixture of k groups that is found for each of the shapes asked for, the shared shape first.

    `round_rows` are the rows stretched to the same spread in every direction, where k-means tells apart groups that lie
    side by side. Fits start from k-means there, on the rows themselves, and where the first fit's groups are round; and
    from centres that reach out to small groups, in the first and the last of these.
    """
    starts = [_by_kmeans(view, k, seed) for view in (rows, round_rows)]
    starts.append(_by_reaching(round_rows, k))
    fits = [run(rows, labels, k, "one", LONG) for labels in starts]
    best = max(fits, key=lambda fit: fit.log_likelihood)
    root = np.linalg.cholesky(best.within)
    even = np.linalg.solve(root, rows.T).T
    again = [_by_kmeans(even, k, seed), _by_reaching(even, k)]
    best = max([best, *(run(rows, labels, k, "one", LONG) for labels in again)], key=lambda fit: fit.log_likelihood)
    starts += again
    found = [best] if "one" in shapes else []
    if "own" in shapes:
        short = [run(rows, labels, k, "own", SHORT) for labels in [*starts, best.labels]]
        first = max(short, key=lambda fit: fit.log_likelihood)
        found.append(run(rows, first.labels, k, "own", LONG))
    return found


def _by_kmeans(rows: np.ndarray, k: int, seed: int) -> np.ndarray:
    labels: np.ndarray = sketch_kmeans(GRID * rows[None], k, seed, STARTS).labels[0]
    return labels


def _by_reaching(rows: np.ndarray, k: int) -> np.ndarray:
    whole = np.floor(GRID * rows + 0.5)
    centres = reaching_starts(whole, np.ones((1, len(whole))), k)
    labels: np.ndarray = placed(turned(whole[None]), centres[None])[0][0, 0]
    return labels


def run(rows: np.ndarray, labels: np.ndarray, k: int, shape: Shape, steps: int) -> QuickMixture:
    """Expectation and maximisation by turns, from a group for each row, until the likelihood stands still."""
    n, d = rows.shape
    across = np.ascontiguousarray(rows.T)
    chances = (labels == np.arange(k)[:, None]).astype(np.float64)
    weights, covariances, likelihood = np.ones(k), np.eye(d)[None], -math.inf
    for _ in range(steps):
        weights = np.maximum(chances.sum(axis=1), 1e-9)
        means = (chances @ rows) / weights[:, None]
        covariances = _covariances(rows, across, chances, weights, means, shape)
        logs = _log_scores(across, means, covariances)
        logs += d * math.log(2.0 * math.pi)
        logs *= -0.5
        logs += np.log(weights / n)[:, None]
        top = logs.max(axis=0)
        logs -= top
        odds = np.exp(logs, out=logs)
        total = odds.sum(axis=0)
        chances = odds / total
        before, likelihood = likelihood, float((top + np.log(total)).sum())
        if likelihood - before < STILL * n:
            break
    within = covariances[0] if shape == "one" else np.tensordot(weights / n, covariances, axes=1)
    return QuickMixture(shape, likelihood, np.ascontiguousarray(chances.T), within)


def _covariances(
    rows: np.ndarray, across: np.ndarray, chances: np.ndarray, weights: np.ndarray, means: np.ndarray, shape: Shape
) -> np.ndarray:
    """(groups, axes, axes), or the one that all groups share."""
    (n, d), k = rows.shape, len(means)
    least = LEAST_VARIANCE * np.eye(d)
    if shape == "one":
        shared: np.ndarray = (across @ rows - (means * weights[:, None]).T @ means) / n + least
        return shared[None]
    squares = ((chances[:, None, :] * across).reshape(k * d, n) @ rows).reshape(k, d, d)
    own: np.ndarray = squares / weights[:, None, None] - means[:, :, None] * means[:, None, :] + least
    return own


def _log_scores(across: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """(groups, rows) squared distance in the group's own measure, and the logarithm of its volume."""
    d, n = across.shape
    roots = np.linalg.cholesky(covariances)
    inverses = np.linalg.inv(roots)
    volumes = 2.0 * np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
    centres = (inverses @ means[:, :, None])[:, :, 0]
    if len(covariances) == 1:
        even = inverses[0] @ across
        scores: np.ndarray = (-2.0 * centres) @ even
        scores += (even * even).sum(axis=0)
        scores += ((centres * centres).sum(axis=1) + volumes)[:, None]
        return scores
    even = (inverses.reshape(-1, d) @ across).reshape(-1, d, n)
    even -= centres[:, :, None]
    even *= even
    result: np.ndarray = even.sum(axis=1)
    result += volumes[:, None]
    return result
