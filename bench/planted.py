"""Tables with a known truth: some without any groups, some with groups whose overlap is known.

How much groups overlap is said by the error of the best possible rule, which knows every centre, shape and share.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

ROWS = 800
NULLS = ("uniform", "Gaussian", "correlated", "skewed", "heavy-tailed")
SEPARATE = ("equal", "unequal", "elongated")  # the best possible rule errs on SEPARABLE at most
OTHERWISE = ("skewed groups", "heavy groups")  # as separate, and not Gaussian
LOPSIDED = ("one large",)  # and small ones beside it
PLANTED = (*SEPARATE, "overlapping", *OTHERWISE, *LOPSIDED)
DIMENSIONS = (2, 5, 12)
NUMBERS = (3, 4, 5, 6, 8, 2, 4, 7)  # of planted groups, by seed
SEPARABLE = 0.01  # Bayes error at most; that of overlapping groups is OVERLAP
OVERLAP = 0.05
APART = 0.001  # of small groups beside a large one: an error of SEPARABLE would be a quarter of a small group
SMALL = 0.04  # of the customers are in each of them
LENGTH = 5.0  # of an elongated group: its long axis by the others
LEAN = 4.0  # of a gamma distribution: groups with a skewness of 1
TAILS = 5.0  # degrees of freedom of a t distribution: groups with stragglers
TRIALS = 20_000


@dataclass(frozen=True)
class Planted:
    """A table and what is in it: `k` is 1 where there are no groups; `error` is that of the best possible rule."""

    kind: str
    dimensions: int
    seed: int
    values: np.ndarray
    labels: np.ndarray
    k: int
    error: float


def make(kind: str, dimensions: int, seed: int, rows: int = ROWS) -> Planted:
    """The table of a kind, a number of columns and a seed: always the same one."""
    place = (*NULLS, *PLANTED).index(kind)
    random = np.random.default_rng([seed, dimensions, place])
    if kind in NULLS:
        values = _without_groups(kind, dimensions, seed, rows, random)
        return Planted(kind, dimensions, seed, values, np.zeros(rows, dtype=int), 1, 0.0)
    return _with_groups(kind, dimensions, seed, rows, random)


def _without_groups(kind: str, d: int, seed: int, rows: int, random: np.random.Generator) -> np.ndarray:
    other = seed // 2 % 2 == 1  # every second table of a kind is its other form
    if kind == "uniform":
        return random.uniform(0.0, 1.0, (rows, d))
    if kind == "Gaussian":
        return random.normal(0.0, 1.0, (rows, d)) * random.uniform(0.5, 20.0, d)
    if kind == "correlated":
        return random.normal(0.0, 1.0, (rows, d)) @ _root(d, other, random).T
    if kind == "skewed":
        if other:
            return np.exp(random.normal(0.0, 1.0, (rows, d)) @ _root(d, True, random).T)
        return random.gamma(1.5, 1.0, (rows, d))
    tails = np.sqrt(3.0 / random.chisquare(3.0, (rows, 1 if other else d)))  # one for all columns: elliptical
    return random.normal(0.0, 1.0, (rows, d)) * tails


def _root(d: int, equal: bool, random: np.random.Generator) -> np.ndarray:
    """A root of a correlation matrix: every pair at 0.6, or whatever two random factors give."""
    if equal:
        return np.linalg.cholesky(np.full((d, d), 0.6) + 0.4 * np.eye(d))
    loadings = random.normal(0.0, 1.0, (d, 2))
    covariance = loadings @ loadings.T + 0.4 * np.eye(d)
    deviations = np.sqrt(np.diag(covariance))
    return np.linalg.cholesky(covariance / np.outer(deviations, deviations))


def _with_groups(kind: str, d: int, seed: int, rows: int, random: np.random.Generator) -> Planted:
    k = NUMBERS[seed // 2 % len(NUMBERS)]
    shares = _shares(k, kind, random)
    roots = _shapes(k, d, kind == "elongated", seed, random)
    centres = apart(k, d, random)
    error = {"overlapping": OVERLAP, "one large": APART}.get(kind, SEPARABLE)
    shape = {"skewed groups": "skewed", "heavy groups": "heavy"}.get(kind, "Gaussian")
    scale, found = _scaled(centres, roots, shares, error, shape)
    counts = np.floor(shares * rows + 0.5).astype(int)
    labels = np.repeat(np.arange(k), counts)
    noise = _noise(shape, len(labels), d, random)
    values = scale * centres[labels] + np.einsum("nij,nj->ni", roots[labels], noise)
    order = random.permutation(len(labels))
    return Planted(kind, d, seed, values[order], labels[order], k, found)


def _shares(k: int, kind: str, random: np.random.Generator) -> np.ndarray:
    """Alike; or falling by a fixed ratio so that the largest group has about six times the smallest; or all small but
    one."""
    shares = np.ones(k)
    if kind == "unequal":
        shares = 6.0 ** (-np.arange(k) / max(k - 1, 1))
    elif kind == "one large":
        shares = np.array([1.0 - SMALL * (k - 1), *[SMALL] * (k - 1)])
    return random.permutation(shares / shares.sum())


def _shapes(k: int, d: int, elongated: bool, seed: int, random: np.random.Generator) -> np.ndarray:
    """A root of each group's covariance: spheres; or needles, parallel or each in a direction of its own."""
    roots = np.tile(np.eye(d), (k, 1, 1))
    if not elongated:
        return roots
    parallel = seed // 2 % 2 == 0
    for group in range(k):
        if group == 0 or not parallel:
            turned = np.linalg.qr(random.normal(0.0, 1.0, (d, d)))[0]
            root = turned @ np.diag([LENGTH, *([1.0] * (d - 1))])
        roots[group] = root
    return roots


def _noise(shape: str, n: int, d: int, random: np.random.Generator) -> np.ndarray:
    """Around a centre, with a spread of 1: a Gaussian, each axis leaning to one side, or with heavy tails."""
    if shape == "skewed":
        return (random.gamma(LEAN, 1.0, (n, d)) - LEAN) / math.sqrt(LEAN)
    noise = random.normal(0.0, 1.0, (n, d))
    return noise * np.sqrt((TAILS - 2.0) / random.chisquare(TAILS, (n, 1))) if shape == "heavy" else noise


def _log_density(shape: str, noise: np.ndarray) -> np.ndarray:
    """Of each row, up to a constant that all groups share."""
    if shape == "skewed":
        return stats.gamma.logpdf(noise * math.sqrt(LEAN) + LEAN, LEAN).sum(axis=1)
    squares = (noise * noise).sum(axis=1)
    if shape == "heavy":
        return -(TAILS + noise.shape[1]) / 2.0 * np.log1p(squares / (TAILS - 2.0))
    return -squares / 2.0


def apart(k: int, d: int, random: np.random.Generator) -> np.ndarray:
    """Random centres, of some draws those whose closest pair is farthest apart beside the mean distance."""
    best, widest = np.zeros((k, d)), -1.0
    for _ in range(20):
        centres = random.normal(0.0, 1.0, (k, d))
        distances = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(axis=2))[np.triu_indices(k, 1)]
        if distances.min() / distances.mean() > widest:
            best, widest = centres, float(distances.min() / distances.mean())
    return best


def _scaled(
    centres: np.ndarray, roots: np.ndarray, shares: np.ndarray, error: float, shape: str
) -> tuple[float, float]:
    """The factor of the centres at which the best possible rule errs as often as asked for, and how often it does."""
    return halved(lambda factor: bayes_error(factor * centres, roots, shares, shape), error)


def halved(error_at: Callable[[float], float], error: float, most: float | None = None) -> tuple[float, float]:
    """The strength at which groups overlap as much as asked for, `most` at most, and the error there."""
    low, high = 0.0, most or 1.0
    while most is None and error_at(high) > error:
        high *= 2.0
    for _ in range(12):
        middle = (low + high) / 2.0
        low, high = (middle, high) if error_at(middle) > error else (low, middle)
    return high, error_at(high)


def bayes_error(centres: np.ndarray, roots: np.ndarray, shares: np.ndarray, shape: str = "Gaussian") -> float:
    """Share of a large draw that the rule with full knowledge of centres, shapes and shares puts wrongly."""
    random = np.random.default_rng(0)
    k, d = centres.shape
    labels = np.repeat(np.arange(k), np.floor(shares * TRIALS + 0.5).astype(int))
    noise = _noise(shape, len(labels), d, random)
    points = centres[labels] + np.einsum("nij,nj->ni", roots[labels], noise)
    scores = np.empty((len(labels), k))
    for group in range(k):
        inside = np.linalg.solve(roots[group], (points - centres[group]).T).T
        volume = math.log(abs(float(np.linalg.det(roots[group]))))
        scores[:, group] = math.log(shares[group]) - volume + _log_density(shape, inside)
    return float((scores.argmax(axis=1) != labels).mean())
