"""Stability: the same groups again, or others, when the customers are drawn anew."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentry.quality.resampled import resampled_kmeans
from segmentry.quality.stability import adjusted_rand, global_stability, interval

SEEDS = range(2)


def blobs(centres: list[list[float]], each: int, seed: int, spread: float = 1.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    rows = np.repeat(np.array(centres), each, axis=0)
    made: np.ndarray = np.floor((rows + spread * random.normal(size=rows.shape)) * 1024 + 0.5)
    return made


SQUARE = [[0.0, 0.0], [12.0, 0.0], [0.0, 12.0], [12.0, 12.0]]


def test_agreement_is_the_adjusted_rand_index() -> None:
    """The own adjusted Rand index is that of the field's usual library."""
    random = np.random.default_rng(0)
    for k in (2, 5, 9):
        a, b = random.integers(0, k, 300), random.integers(0, k + 1, 300)
        assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b))


@pytest.mark.parametrize("seed", SEEDS)
def test_separated_groups_come_back(seed: int) -> None:
    """Four groups far apart are found again in every pair of bootstrap samples; five are not."""
    found = global_stability(blobs(SQUARE, 60, seed), [4, 5], seed, 15)
    assert found[4].min() == 1.0
    assert found[5].mean() < 0.97


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_group_comes_back(seed: int) -> None:
    """Thirty of 800 customers, in twelve columns: a start drawn by chance seldom has one of them."""
    rows = np.random.default_rng(seed).normal(size=(800, 12))
    rows[:30] += 2.0
    assert global_stability(np.floor(rows * 1024), [2], seed, 15)[2].mean() > 0.85


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_is_not_stable(seed: int) -> None:
    """Customers without groups fall otherwise each time, so that nothing looks steady that is not."""
    rows = np.floor(np.random.default_rng(seed).normal(size=(400, 6)) * 1024)
    found = global_stability(rows, [3, 5], seed, 15)
    assert max(values.mean() for values in found.values()) < 0.5


def test_threads_change_nothing() -> None:
    """One thread and three give the same labels."""
    rows = blobs(SQUARE, 50, 1, spread=4.0)
    one, three = (resampled_kmeans(rows, [3, 6], 5, 22, threads=t) for t in (1, 3))
    for a, b in itertools.zip_longest(one, three):
        assert (a.labels == b.labels).all()


def test_a_k_gives_the_same_alone_and_among_others() -> None:
    """What is measured for one k does not depend on which others are asked for, nor on how many pairs follow."""
    rows = blobs(SQUARE, 40, 2, spread=5.0)
    alone, among = global_stability(rows, [4], 3, 6)[4], global_stability(rows, [2, 4], 3, 12)[4]
    assert alone.tolist() == among[:6].tolist()


def test_fewer_profiles_than_clusters_is_no_crash() -> None:
    """Rows with three different values can be asked for five clusters."""
    rows = np.repeat([[0.0], [1024.0], [2048.0]], 20, axis=0)
    assert len(global_stability(rows, [5], 0, 2)[5]) == 2


def test_an_interval_holds_nine_in_ten() -> None:
    """The interval is made of values that were seen."""
    found = interval(np.linspace(0, 1, 101))
    assert (found.low, found.high) == pytest.approx((0.05, 0.95), abs=0.011)
