"""Every method answers with groups and one rule; planted groups of the shape a method is made for are found."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentry.clusters.grouping import Grouping, Layout
from segmentry.clusters.kprototypes import KPrototypes
from segmentry.clusters.medoids import KMedoids, swap, whole_distances
from segmentry.clusters.methods import method_called
from segmentry.clusters.names import METHODS, STATED
from segmentry.errors import SettingsError
from segmentry.prototypes.assign import nearest
from segmentry.prototypes.rule import EXACT, largest_score

WEIGHT = 724

SEARCHING = [name for name in METHODS if name not in STATED]


def _standardised(rows):
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    return np.floor(rows * 1024 + 0.5)


def _blobs(seed, n=500):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 4, n)
    centres = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]])
    return _standardised(centres[truth] + draw.normal(size=(n, 3))), truth


def _stretched(seed, n=900):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 3, n)
    rows = draw.normal(size=(n, 2)) * [4, 0.4]
    rows[:, 1] += truth * 3
    turn = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    return _standardised(rows @ turn), truth


def _moons(seed, n=600):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 2, n)
    angle = draw.uniform(0, np.pi, n)
    rows = np.column_stack([np.cos(angle), np.sin(angle)])
    rows[truth == 1] = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])[truth == 1]
    return _standardised(rows + draw.normal(size=rows.shape) * 0.06), truth


@pytest.mark.parametrize("name", SEARCHING)
def test_clear_groups_are_found_by_every_method(name):
    """Four groups far apart: the rule places the rows as planted, whichever method found them; the same twice."""
    grid, truth = _blobs(0)
    found, again = (method_called(name, Layout.numeric(3)).search(grid, 4, 7) for _ in range(2))
    assert (found.labels == again.labels).all()
    if isinstance(found, Grouping) and isinstance(again, Grouping):
        assert found.rule == again.rule
    assert len(found.sizes) == 4
    inside = found.labels >= 0
    assert inside.mean() > 0.9
    assert adjusted_rand_score(truth[inside], found.labels[inside]) >= 0.98


@pytest.mark.parametrize(
    ("name", "make", "k"), [("gmm", _stretched, 3), ("hdbscan", _moons, 2), ("hdbscan", _stretched, 3)]
)
def test_shapes_that_k_means_cannot_see_are_found(name, make, k):
    """Stretched groups by a mixture, winding ones by density; and the rule keeps nearly all of what they found."""
    grid, truth = make(0)
    found = method_called(name, Layout.numeric(2)).search(grid, k, 0)
    assert adjusted_rand_score(truth, found.labels) >= 0.9
    assert found.changed <= 0.03
    assert adjusted_rand_score(truth, method_called("k-means", Layout.numeric(2)).search(grid, k, 0).labels) < 0.6


@pytest.mark.parametrize("name", [n for n in SEARCHING if n != "k-means"])
def test_every_rule_is_whole_numbers_and_places_every_row(name):
    """Labels are those of the rule, the share that it changes is stated, and no sum leaves exact arithmetic."""
    grid, _ = _stretched(3)
    layout = Layout.numeric(2)
    found = method_called(name, layout).search(grid, 3, 0)
    assert isinstance(found, Grouping)
    assert largest_score(found.rule, layout.reach) < EXACT
    placed = nearest(found.rule, grid)
    owners = np.array([int(o) for o in found.rule.owners] + [-1])
    assert (owners[placed] == found.labels).all()
    assert sum(found.sizes) + (found.labels < 0).sum() == len(grid)
    assert found.changed == (found.labels[found.rows] != found.own_labels).mean()


@pytest.mark.parametrize("name", ["hdbscan", "dbscan"])
def test_no_crowds_is_an_answer(name):
    """Evenly spread rows have no crowded places: everyone stays in one group, and nobody is noise."""
    grid = _standardised(np.random.default_rng(0).uniform(size=(500, 5)))
    found = method_called(name, Layout.numeric(5)).search(grid, 4, 0)
    assert len(found.sizes) == 1


def test_a_crowd_s_rule_has_noise_far_away():
    """A row far from every crowd is in none of them, at scoring as at fitting."""
    grid, _ = _blobs(1)
    rule = method_called("hdbscan", Layout.numeric(3)).search(grid, 4, 0).rule
    assert nearest(rule, np.array([[16000.0, -16000.0, 16000.0]])).tolist() == [-1]


def _mixed(seed, numbers=3, n=500, faithful=0.9):
    """Numbers that say nothing, and four categories of three levels that hold the groups."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 3, n)
    codes = np.where(draw.random((n, 4)) < faithful, truth[:, None], draw.integers(0, 3, (n, 4)))
    return np.floor(draw.normal(size=(n, numbers)) * 1024), codes, truth


def _grid(numbers, codes, order=(0, 1, 2)):
    levels = [(codes[:, [c]] == np.array(order)) * float(WEIGHT) for c in range(codes.shape[1])]
    layout = Layout(
        (16384,) * numbers.shape[1] + (WEIGHT,) * 12,
        tuple((numbers.shape[1] + 3 * c, numbers.shape[1] + 3 * c + 3) for c in range(4)),
    )
    return np.hstack([numbers, *levels]), layout


@pytest.mark.parametrize("seed", range(2))
def test_groups_that_are_in_categories_only_are_recovered(seed):
    """Four categories against three columns of noise: k-prototypes finds the planted groups."""
    numbers, codes, truth = _mixed(seed)
    grid, layout = _grid(numbers, codes)
    found = KPrototypes(layout).search(grid, 3, seed)
    assert adjusted_rand_score(truth, found.labels) >= 0.9
    assert found.changed == 0.0


def test_how_levels_are_coded_changes_nothing():
    """Other names for the levels put their axes in another order; every customer keeps their company."""
    numbers, codes, _ = _mixed(5)
    partitions = []
    for order in ((0, 1, 2), (2, 0, 1)):
        grid, layout = _grid(numbers, codes, order)
        partitions.append(KPrototypes(layout).search(grid, 3, 0).labels)
    assert adjusted_rand_score(*partitions) == 1.0


def test_no_medoid_is_a_customer():
    """A prototype is the median of ten customers: nobody's row is kept in a model."""
    grid, _ = _blobs(2, 300)
    layout = Layout.numeric(3)
    rule = KMedoids(layout).search(grid, 4, 0).rule
    points = -np.array(rule.weights) / 2
    assert not any((grid == point).all(axis=1).any() for point in points)


def test_no_swap_of_two_medoids_is_better():
    """Swapping ends where every other single choice costs at least as much, compared by trying all of them."""
    grid, _ = _blobs(4, 60)
    distances = whole_distances(grid)
    medoids = swap(distances, np.array([0, 1, 2]))
    cost = distances[:, medoids].min(axis=1).sum()
    for place in range(3):
        for row in range(len(grid)):
            other = medoids.copy()
            other[place] = row
            assert distances[:, other].min(axis=1).sum() >= cost


def test_an_unknown_method_names_the_nearest():
    """The error says which methods there are."""
    with pytest.raises(SettingsError, match="k-medoids"):
        method_called("k-mediods", Layout.numeric(1))
