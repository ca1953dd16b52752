"""Stability of single segments, within a solution and from one to the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segmentry.profiles.stability import read_stability
from segmentry.quality.resampled import Resampled, resampled_kmeans
from segmentry.quality.segment_stability import (
    best_jaccards,
    bootstrap_jaccards,
    in_series,
    origins,
    segment_stabilities,
    series,
    within_solution,
)
from segmentry.quality.stability import global_stability

FIXTURE = Path(__file__).parent / "overlapping.csv"
SEEDS = range(2)
GOLDEN = {
    "jaccard": [0.8189, 0.8906, 0.9197, 1.0],
    "within": [0.8305, 0.8934, 0.9269, 1.0],
    "counts": [(0, 37), (0, 40), (0, 40), (0, 40)],
    "agreement": {2: 1.0, 3: 0.8036, 4: 0.9746, 5: 0.7909},
}


@pytest.fixture(scope="module")
def overlapping() -> np.ndarray:
    """Three groups that touch and one far away, 40 rows each, on the grid."""
    return np.loadtxt(FIXTURE, delimiter=",", skiprows=1)


def test_golden_values(overlapping: np.ndarray) -> None:
    """The committed rows give the committed figures: any change of the measure shows here."""
    base = np.repeat(np.arange(4), 40)
    found = segment_stabilities(base, 4, resampled_kmeans(overlapping, [4], 0, 40)[0])
    assert [round(s.mean, 4) for s in found if s] == GOLDEN["jaccard"]
    assert [round(s.within.mean, 4) for s in found if s] == GOLDEN["within"]
    assert [(s.dissolved, s.recovered) for s in found if s] == GOLDEN["counts"]
    agreement = global_stability(overlapping, [2, 3, 4, 5], 0, 20)
    assert {k: round(float(v.mean()), 4) for k, v in agreement.items()} == GOLDEN["agreement"]


def planted(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A large round group and three small ones, all far apart."""
    random = np.random.default_rng(seed)
    centres, spreads = np.array([[0, 0, 0], [30, 0, 0], [0, 30, 0], [0, 0, 30]]), np.array([4.0, 1, 1, 1])
    truth = np.repeat(np.arange(4), [240, 80, 80, 80])
    rows = centres[truth] + spreads[truth, None] * random.normal(size=(len(truth), 3))
    return np.floor(rows * 200), truth


@pytest.mark.parametrize("seed", SEEDS)
def test_separated_segments_are_found_again(seed: int) -> None:
    """Planted segments far apart have a stability of at least 0.95 each."""
    rows, truth = planted(seed)
    found = segment_stabilities(truth, 4, resampled_kmeans(rows, [4], seed, 40)[0])
    assert min(s.mean for s in found if s) >= 0.95
    assert min(s.within.mean for s in found if s) >= 0.95


@pytest.mark.parametrize("seed", SEEDS)
def test_a_segment_cut_in_half_is_found_out(seed: int) -> None:
    """With one segment too many the halves of the large group are below 0.75, the others stay at 0.9."""
    rows, truth = planted(seed)
    base = np.where((truth == 0) & (rows[:, 0] > 0), 4, truth)
    found = [s for s in segment_stabilities(base, 5, resampled_kmeans(rows, [5], seed, 40)[0]) if s]
    assert max(found[0].mean, found[4].mean) < 0.75
    assert min(s.mean for s in found[1:4]) >= 0.9


def test_clusterboot_counts_the_rows_that_a_sample_holds() -> None:
    """A row that was not drawn counts neither for nor against a segment; one drawn twice counts once."""
    base = np.array([0, 0, 0, 1, 1, 1])
    resampled = Resampled(np.array([[0, 0, 1, 1, 1, 1]]), np.array([[2.0, 1.0, 0.0, 3.0, 0.0, 1.0]]))
    assert bootstrap_jaccards(base, 2, resampled).tolist() == [[1.0, 1.0]]
    assert best_jaccards(base, resampled.labels[0], 2).round(4).tolist() == [0.6667, 0.75]


def test_noise_is_in_no_segment_and_in_no_cluster() -> None:
    """Rows that either grouping leaves out lower the index as rows that went elsewhere do, and are no cluster."""
    base, other = np.array([0, 0, 0, -1, 1, 1]), np.array([0, 0, -1, 0, -1, -1])
    assert best_jaccards(base, other, 2).round(4).tolist() == [0.5, 0.0]


def test_slsw_is_the_mean_over_a_pair() -> None:
    """Within a solution, each value is the mean of both fits" best Jaccard index on all rows."""
    base = np.array([0, 0, 1, 1])
    resampled = Resampled(np.array([[0, 0, 1, 1], [0, 0, 0, 1]]), np.ones((2, 4)))
    assert within_solution(base, 2, resampled).round(4).tolist() == [[0.8333, 0.75]]


def test_an_empty_segment_has_no_stability() -> None:
    """A segment without a customer among the rows is not given a figure."""
    found = segment_stabilities(np.array([0, 0, 2, 2]), 3, Resampled(np.array([[0, 0, 1, 1]] * 2), np.ones((2, 4))))
    assert found[1] is None
    assert found[0] is not None
    assert found[0].mean == 1.0


def test_origins_are_one_minus_the_entropy() -> None:
    """A segment put together from two of three parents in equal parts has 1 - log 2 / log 3."""
    parent, child = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 0, 1, 1])
    assert origins(parent, child) == pytest.approx([1 - np.log(2) / np.log(3), 1.0])


def test_series_keep_their_places() -> None:
    """Labels permuted at random come back in the order of the solution before; the new segment stands beside its
    origin."""
    first = np.repeat([0, 1, 2], 10)
    second = np.array([3] * 10 + [0] * 5 + [2] * 5 + [1] * 10)
    aligned = in_series([first, second])[1]
    assert aligned.tolist() == [0] * 10 + aligned[10:20].tolist() + [3] * 10
    assert set(aligned[10:20].tolist()) == {1, 2}


def test_shares_of_edges_add_up() -> None:
    """What flows into a segment is all of its customers, save bands below one per cent."""
    random = np.random.default_rng(0)
    nodes, edges, _ = series([random.integers(0, k, 500) for k in (2, 3, 4)])
    for node in nodes:
        if node.k > 2:
            into = [e.share for e in edges if (e.k, e.place) == (node.k, node.place)]
            assert sum(into) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("mean", "word"), [(0.59, "do not trust"), (0.6, "doubtful"), (0.75, "stable"), (0.85, "highly")]
)
def test_what_a_stability_means(mean: float, word: str) -> None:
    """The bands begin where the literature puts them."""
    assert word in read_stability(mean)
