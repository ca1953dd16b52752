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
def test_groups_far_apart_are_natural_by_every_method(method):
    """Three blobs are three natural groups, and the words say on how many refits that rests."""
    found = search_segments(_blobs(), SelectionSettings(k="2-4", method=method))
    assert (found.k, found.verdict) == (3, "natural")
    assert "5 pairs of fits on 370" in found.verdict_words
    chosen = next(c for c in found.candidates if c.k == 3)
    assert chosen.stability >= 0.85
    assert found.refits.labels.shape == (10, 370)


@pytest.mark.parametrize("method", ["gmm", "ward", "k-medoids", "hdbscan"])
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
