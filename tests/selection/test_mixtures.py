"""When a mixture is heard, when it is sure, and what it says of k-means."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from segmentry.quality.reference import look_alikes
from segmentry.selection import SelectionSettings, search_segments
from segmentry.selection.mixtures import hear_mixtures


def _heard(rows):
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    grid = np.floor(1024 * rows + 0.5)
    with threadpool_limits(limits=1):
        return hear_mixtures(grid, list(look_alikes(grid, 3, seed=0)), 4, seed=0)


def _draw(*size, seed=0):
    return np.random.default_rng(seed).normal(0, 1, size)


def _needles():
    """Four long groups side by side."""
    return _draw(600, 2) * np.array([9.0, 1.0]) + np.column_stack([np.zeros(600), 6.0 * (np.arange(600) % 4)])


def test_a_small_group_beside_large_ones_is_seen():
    """Thirty customers apart from 300 and 200 are a third group, and k-means finds the same."""
    rows = np.concatenate([_draw(300, 2), _draw(200, 2, seed=1) + 8.0, _draw(30, 2, seed=2) + np.array([8.0, 0.0])])
    heard = _heard(rows)
    assert (heard.k, heard.sure, heard.stretched) == (3, True, False)
    assert heard.agreement > 0.95


@pytest.mark.parametrize("name", ["round", "skewed", "heavy"])
def test_no_shape_of_a_single_group_makes_it_sure(name):
    """A round cloud, a skewed one and one with heavy tails."""
    rows = {
        "round": _draw(400, 3),
        "skewed": np.exp(_draw(400, 3)),
        "heavy": _draw(400, 3) / np.sqrt(np.random.default_rng(3).chisquare(3, (400, 1)) / 3),
    }[name]
    assert not _heard(rows).sure


def test_stragglers_are_no_group():
    """Five customers far away do not make a third group of two."""
    rows = np.concatenate([_draw(300, 2), _draw(300, 2, seed=1) + 9.0, _draw(5, 2, seed=2) * 0.1 + [30.0, -20.0]])
    assert _heard(rows).k == 2


def test_a_small_group_in_a_single_column_is_sure():
    """Look-alikes keep the column as it is, and gain as much by two groups; that nobody stands between them tells."""
    rows = _draw(800, 2)
    rows[:40, 0] += 9.0
    heard = _heard(rows)
    assert (heard.k, heard.sure) == (2, True)


def test_who_share_one_value_are_no_group_by_that():
    """Who bought nothing, of two things each by itself, are no four kinds of customers."""
    random = np.random.default_rng(0)
    rows = np.where(random.random((800, 2)) < 0.4, 0.0, random.normal(12.0, 1.0, (800, 2)))
    assert not _heard(rows).sure


def test_small_groups_that_describe_a_tail_are_none():
    """Where many belong to groups too small to count, the mixture is not sure of the rest."""
    random = np.random.default_rng(2)
    few = np.concatenate([_draw(15, 2, seed=n) + 9.0 * np.array([np.cos(n), np.sin(n)]) for n in range(1, 4)])
    assert _heard(np.concatenate([_draw(800, 2), few])).sure is False
    assert _heard(np.concatenate([random.normal(0, 1, (800, 2)), _draw(45, 2) + 9.0])).sure is True


@pytest.mark.parametrize("seed", range(3))
def test_small_groups_are_found_where_starts_seldom_reach(seed):
    """Of six groups in twelve columns five have 25 of 705 customers each."""
    centres = 6.0 * np.eye(6, 12)
    labels = np.repeat(np.arange(6), [580, 25, 25, 25, 25, 25])
    grid = np.floor(1024 * (centres[labels] + _draw(705, 12, seed=seed)) / 2.0 + 0.5)
    with threadpool_limits(limits=1):
        heard = hear_mixtures(grid, list(look_alikes(grid, 3, seed=0)), 8, seed=0)
    assert (heard.k, heard.sure, heard.bic_k) == (6, True, 6)


def test_steps_and_few_customers_are_not_heard():
    """Counts from 0 to 5 are no density, nor are sixty customers of two features."""
    assert _heard(np.column_stack([_draw(400, 1)[:, 0], np.random.default_rng(0).poisson(1.5, 400)])) is None
    assert _heard(_draw(60, 2)) is None


def test_long_groups_are_told_with_the_command_that_shows_them():
    """K-means cuts across four long groups: no natural segments, and a warning that names method and number."""
    turned = np.floor(1024 * _needles() @ np.array([[0.6, 0.8], [-0.8, 0.6]]) / 4.0)
    found = search_segments(turned, SelectionSettings(k="2-6"))
    assert found.better == ("gmm", 4)
    told = next(n for n in found.notices if n.code == "stretched-groups")
    assert "--method gmm --k 4" in told.message
    assert found.verdict in ("reproducible", "constructive")
    assert told.message in found.verdict_words
