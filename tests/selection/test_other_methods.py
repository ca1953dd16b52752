"""Methods beside k-means say as well what their segments are, by fitting themselves again."""

from __future__ import annotations

import numpy as np
import pytest

from segmentry.clusters.grouping import Layout
from segmentry.clusters.methods import method_called
from segmentry.quality.stability import pair_agreement
from segmentry.selection import SelectionSettings, search_segments
from segmentry.selection.refits import refitted


def _noise(n=250, d=3, seed=0):
    return np.floor(np.random.default_rng(seed).normal(0, 1024, (n, d)))


def _blobs(sizes=(150, 120, 100), distance=9.0, seed=0):
    random = np.random.default_rng(seed)
    parts = [1024 * (distance * np.eye(3)[i] + random.normal(0, 1, (n, 3))) for i, n in enumerate(sizes)]
    return np.floor(np.concatenate(parts))


@pytest.mark.parametrize("method", ["gmm", "ward", "k-medoids", "k-prototypes", "hdbscan"])
@pytest.mark.thorough("gmm")
def test_groups_far_apart_are_natural_by_every_method(method):
    """Three blobs are three natural groups, and the words say on how many refits that rests."""
    found = search_segments(_blobs(), SelectionSettings(k="2-4", method=method))
    assert (found.k, found.verdict) == (3, "natural")
    assert "5 pairs of fits on 370" in found.verdict_words
    chosen = next(c for c in found.candidates if c.k == 3)
    assert chosen.stability >= 0.85
    assert found.refits.labels.shape == (10, 370)


@pytest.mark.parametrize("method", ["gmm", "ward", "k-medoids", "hdbscan"])
@pytest.mark.thorough("gmm", "ward")
def test_noise_is_no_groups_by_every_method(method):
    """Whatever a method makes of noise, it is said to be no groups."""
    assert search_segments(_noise(), SelectionSettings(k="2-4", method=method)).verdict == "no groups"


def test_an_asked_for_number_is_judged_by_the_method_that_made_it():
    """Three of three blobs would have stood on their own; four would not, since a mixture cuts one anew each time."""
    said = {k: search_segments(_blobs(), SelectionSettings(k=k, method="gmm")).verdict_words for k in (3, 4)}
    assert "would have stood on their own" in said[3]
    assert "stood on their own" not in said[4]


def test_refits_follow_the_seed_and_keep_noise():
    """The same seed gives the same labels; a row far from every crowd is noise in each."""
    rows = np.concatenate([_blobs(), [[60_000.0, -60_000.0, 60_000.0]]])
    layout = Layout.numeric(3)
    one, other = (refitted(method_called("dbscan", layout), layout, rows, 1, 3, 4) for _ in range(2))
    assert (one.labels == other.labels).all()
    assert (one.labels[:, -1] == -1).all()
    assert pair_agreement(one.labels).min() > 0.5


def _levels(columns):
    """The axes of categories whose levels are numbered from 0, and what they are."""
    ends = np.cumsum([0, *(int(c.max()) + 1 for c in columns)])
    axes = np.concatenate([(c[:, None] == np.arange(c.max() + 1)) * 1448.0 for c in columns], axis=1)
    spans = tuple(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
    return axes, Layout((16 * 1024,) * axes.shape[1], spans)


@pytest.mark.parametrize("method", ["k-means", "k-prototypes", "ward"])
@pytest.mark.parametrize("seed", range(3))
def test_independent_categories_are_no_groups(method, seed):
    """Everyone with the same level is alike, and cuts between levels are steady: neither makes a group of customers."""
    random = np.random.default_rng(seed)
    axes, layout = _levels([random.integers(0, levels, 600) for levels in (3, 4)])
    assert search_segments(axes, SelectionSettings(method=method), layout).verdict == "no groups"


@pytest.mark.parametrize("method", ["k-means", "k-prototypes", "ward"])
@pytest.mark.parametrize("seed", range(3))
def test_groups_in_categories_are_found(method, seed):
    """Three kinds of customers, of whom 85 in 100 have the level of their kind, are three segments."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, 3, 600)
    columns = [
        np.where(random.random(600) < 0.85, (kind + shift) % levels, random.integers(0, levels, 600))
        for shift, levels in ((0, 3), (1, 4), (2, 3), (0, 4))
    ]
    axes, layout = _levels(columns)
    found = search_segments(axes, SelectionSettings(method=method), layout)
    assert (found.k, found.verdict) == (3, "natural")


def test_a_mixture_of_levels_is_warned_of():
    """A density of levels asks for ever more segments; the warning names the method for categories."""
    axes, layout = _levels([np.arange(300) % 3, np.arange(300) // 3 % 4])
    notices = search_segments(axes, SelectionSettings(k=3, method="gmm"), layout).notices
    assert "k-prototypes" in next(n.message for n in notices if n.code == "levels-in-mixture")
