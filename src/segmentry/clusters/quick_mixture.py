"""Gaussian mixtures fitted quickly from given groups, for criteria that need dozens of them; nobody is scored by these.

Groups of one shape (a single covariance) or each of its own. Fraley and Raftery (2002) chose between them, and among
numbers of groups, by BIC; ICL (Biernacki, Celeux and Govaert 2000) adds what is unsure about who belongs where.
The caller limits threads, once for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from segmentry.clusters.expectation import LEAST_VARIANCE
from segmentry.clusters.kmeans import sketch_kmeans

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
    side by side. Fits start from k-means there, on the rows themselves, and where the first fit's groups are round.
    """
    starts = [sketch_kmeans(view, k, seed, STARTS)[1] for view in (rows, round_rows)]
    fits = [run(rows, labels, k, "one", LONG) for labels in starts]
    best = max(fits, key=lambda fit: fit.log_likelihood)
    root = np.linalg.cholesky(best.within)
    starts.append(sketch_kmeans(np.linalg.solve(root, rows.T).T, k, seed, STARTS)[1])
    best = max([best, run(rows, starts[-1], k, "one", LONG)], key=lambda fit: fit.log_likelihood)
    found = [best] if "one" in shapes else []
    if "own" in shapes:
        short = [run(rows, labels, k, "own", SHORT) for labels in [*starts, best.labels]]
        first = max(short, key=lambda fit: fit.log_likelihood)
        found.append(run(rows, first.labels, k, "own", LONG))
    return found


def run(rows: np.ndarray, labels: np.ndarray, k: int, shape: Shape, steps: int) -> QuickMixture:
    """Expectation and maximisation by turns, from a group for each row, until the likelihood stands still."""
    n, d = rows.shape
    chances = np.zeros((n, k))
    chances[np.arange(n), labels] = 1.0
    weights, covariances, likelihood = np.ones(k), [np.eye(d)], -math.inf
    for _ in range(steps):
        weights = np.maximum(chances.sum(axis=0), 1e-9)
        means = (chances.T @ rows) / weights[:, None]
        covariances = list(_covariances(rows, chances, weights, means, shape))
        logs = np.log(weights / n) - (_log_scores(rows, means, covariances) + d * math.log(2.0 * math.pi)) / 2.0
        top = logs.max(axis=1, keepdims=True)
        odds = np.exp(logs - top)
        total = odds.sum(axis=1, keepdims=True)
        chances = odds / total
        before, likelihood = likelihood, float((top + np.log(total)).sum())
        if likelihood - before < STILL * n:
            break
    within = covariances[0] if shape == "one" else np.tensordot(weights / n, np.array(covariances), axes=1)
    return QuickMixture(shape, likelihood, chances, within)


def _covariances(
    rows: np.ndarray, chances: np.ndarray, weights: np.ndarray, means: np.ndarray, shape: Shape
) -> Iterator[np.ndarray]:
    least = LEAST_VARIANCE * np.eye(rows.shape[1])
    if shape == "one":
        yield (rows.T @ rows - (means * weights[:, None]).T @ means) / len(rows) + least
        return
    for group, weight in enumerate(weights):
        centred = rows - means[group]
        yield (centred * chances[:, group, None]).T @ centred / weight + least


def _log_scores(rows: np.ndarray, means: np.ndarray, covariances: Sequence[np.ndarray]) -> np.ndarray:
    """(rows, groups) squared distance in the group's own measure, and the logarithm of its volume."""
    if len(covariances) == 1:
        inverse, volume = _unrolled(covariances[0])
        turned, centres = rows @ inverse, means @ inverse
        squares = (turned * turned).sum(axis=1)[:, None] - 2.0 * turned @ centres.T + (centres * centres).sum(axis=1)
        result: np.ndarray = squares + volume
        return result
    scores = np.empty((len(rows), len(means)))
    for group, covariance in enumerate(covariances):
        inverse, volume = _unrolled(covariance)
        turned = (rows - means[group]) @ inverse
        scores[:, group] = (turned * turned).sum(axis=1) + volume
    return scores


def _unrolled(covariance: np.ndarray) -> tuple[np.ndarray, float]:
    """What makes rows of this covariance round, and twice the logarithm of the volume it takes away."""
    root = np.linalg.cholesky(covariance)
    return np.linalg.inv(root).T, 2.0 * float(np.log(np.diag(root)).sum())
