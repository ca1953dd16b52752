"""Criteria that compare with chance: look-alike tables, the gap, prediction strength, and more than one heap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from segmentry.quality.gap import gap_choice, gaps
from segmentry.quality.modes import _hull, chance, dip, find_heaps
from segmentry.quality.prediction_strength import nearest_centre, prediction_strength
from segmentry.quality.reference import boxes, look_alikes, on_equal_footing


def _draw(*size, seed=0):
    return np.floor(np.random.default_rng(seed).normal(0, 1024, size))


def test_look_alikes_keep_columns_and_correlation_and_lose_groups():
    """Each column has its own values and ranks go together as before; nothing else is kept."""
    shared = _draw(2000, 1)
    rows = np.hstack([shared, np.floor(0.8 * shared + 0.6 * _draw(2000, 1, seed=1))])
    for table in look_alikes(rows, 2, seed=0):
        assert (np.sort(table, axis=0) == np.sort(rows, axis=0)).all()
        assert np.corrcoef(table.T)[0, 1] == pytest.approx(np.corrcoef(rows.T)[0, 1], abs=0.05)


def test_look_alikes_keep_one_level_of_each_category_for_everyone():
    """The levels of a category stay together, and what goes with what does not: one latent class is independence."""
    level = np.random.default_rng(0).integers(0, 3, 400)
    levels = (level[:, None] == np.arange(3)) * 1024.0
    rows = np.column_stack([level * 100.0, levels, levels])
    for table in look_alikes(rows, 2, seed=0, categories=[(1, 4), (4, 7)]):
        assert (table[:, 1:4].sum(axis=1) == 1024).all()
        assert (table[:, 4:].sum(axis=1) == 1024).all()
        assert table.sum(axis=0).tolist() == rows.sum(axis=0).tolist()
        assert abs(np.corrcoef(table[:, 1], table[:, 4])[0, 1]) < 0.2
        assert abs(np.corrcoef(table[:, 0], table[:, 1])[0, 1]) < 0.2


def test_look_alikes_follow_the_seed_only():
    """The same seed gives the same tables."""
    rows = _draw(50, 3)
    one, other = (list(look_alikes(rows, 3, seed=5)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(one, other, strict=True))
    assert not (one[0] == one[1]).all()


def test_boxes_hold_the_rows_box():
    """Evenly spread rows reach as far along the principal directions as the data do, and no farther."""
    rows = _draw(300, 3) * np.array([1.0, 2.0, 3.0])
    box = next(boxes(rows, 1, seed=0))
    assert box.shape == rows.shape
    assert np.abs(box).max() <= np.linalg.norm(rows - rows.mean(axis=0), axis=1).max() * 2


def test_equal_footing_gives_every_direction_the_same_spread():
    """A long thin cloud becomes round; a direction without any spread of its own is left out."""
    rows = _draw(500, 2) @ np.array([[5.0, 4.0], [0.0, 1.0]])
    flat = on_equal_footing(np.column_stack([rows, rows[:, 0]]))
    assert flat.shape == (500, 2)
    assert np.cov(flat.T) == pytest.approx(1024**2 * np.eye(2), rel=0.02, abs=2000)


def test_the_gap_is_that_of_the_paper():
    """Mean log inertia of the boxes less that of the data; s is the deviation widened for few boxes."""
    gap, error = gaps([1.0, 0.5], np.array([[1.0, 0.9], [1.2, 1.1], [1.4, 1.3]]))
    assert gap == pytest.approx([0.2, 0.6])
    assert error == pytest.approx([np.std([1.0, 1.2, 1.4]) * np.sqrt(4 / 3)] * 2)
    assert gap_choice([1, 2], gap, error) == 2
    assert gap_choice([1, 2, 3], [0.3, 0.2, 0.5], [0.01] * 3) == 1


def test_prediction_strength_is_high_for_groups_and_low_for_a_cut_one():
    """Two halves agree on two blobs and disagree on where to cut one of them."""
    rows = np.concatenate([_draw(200, 2, seed=1), _draw(200, 2, seed=2) + 20_000])

    def group(halves, k, seed):
        return np.stack([centres(half, k) for half in halves])

    def centres(part, k):
        found = np.sort(part, axis=0)[(np.arange(k) * 2 + 1) * len(part) // (2 * k)]
        for _ in range(20):
            labels = nearest_centre(part, found)
            found = np.array([part[labels == c].mean(axis=0) if (labels == c).any() else found[c] for c in range(k)])
        return found

    assert prediction_strength(rows, 2, group, splits=3, seed=0) == 1.0
    assert prediction_strength(rows, 3, group, splits=3, seed=0) < 0.9
    assert prediction_strength(rows[:5], 3, group, splits=3, seed=0) is None


def _dip_by_definition(values):
    """The least sup-distance of the steps from any distribution with one mode, by linear programming over its place."""
    x = np.unique(values)
    n, m = len(values), len(values)
    best = 1.0
    for mode in range(m):
        # Heights of the distribution at the points, then the distance; a jump is allowed at the mode.
        a, b = [], []

        def add(row, bound, a=a, b=b):
            a.append(row)
            b.append(bound)

        for i in range(m):
            low, high = np.zeros(2 * m + 1), np.zeros(2 * m + 1)
            # left limit at i is variable m + i, value at i is variable i; they differ at the mode only
            high[i], high[-1] = 1.0, -1.0
            add(high, (i + 1) / n)
            add(np.where(np.arange(2 * m + 1) == 2 * m, -1.0, -high), -(i + 1) / n)
            low[m + i], low[-1] = 1.0, -1.0
            add(low, i / n)
            add(np.where(np.arange(2 * m + 1) == 2 * m, -1.0, -low), -i / n)
        equal, zero = [], []
        for i in range(m):
            row = np.zeros(2 * m + 1)
            row[i], row[m + i] = -1.0, 1.0
            if i == mode:
                add(row, 0.0)
            else:
                equal.append(row)
                zero.append(0.0)
        slopes = []
        for i in range(m - 1):
            row = np.zeros(2 * m + 1)
            row[m + i + 1], row[i] = 1.0 / (x[i + 1] - x[i]), -1.0 / (x[i + 1] - x[i])
            slopes.append(row)
            add(-row, 0.0)
        for i in range(m - 2):
            if i + 1 < mode:
                add(slopes[i] - slopes[i + 1], 0.0)
            elif i + 1 > mode:
                add(slopes[i + 1] - slopes[i], 0.0)
        cost = np.zeros(2 * m + 1)
        cost[-1] = 1.0
        found = linprog(cost, np.array(a), b, np.array(equal) if equal else None, zero or None, bounds=(0, 1))
        best = min(best, found.fun)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_dip_is_the_distance_to_the_closest_single_heap(seed):
    """Against its definition, solved as a linear programme, on a dozen values with one heap or two."""
    random = np.random.default_rng(seed)
    values = random.normal(0, 1, 12) + (seed % 2) * 4 * (np.arange(12) % 2)
    assert dip(values) == pytest.approx(_dip_by_definition(np.sort(values)), abs=1e-6)


def test_a_hull_goes_straight_over_places_on_one_line():
    """Repeated values and whole numbers put many places on one line; only its ends are touched."""
    steps = np.array([0.0, 1.0, 2.0, 3.0, 10.0, 10.0])
    assert _hull(steps, 0, 5, -1.0).tolist() == [0, 3, 5]
    assert _hull(steps, 0, 5, 1.0).tolist() == [0, 4, 5]
    assert _hull(steps, 1, 3, 1.0).tolist() == [1, 3]


def test_the_chance_of_a_dip_is_that_of_evenly_spread_values():
    """About one draw in twenty of evenly spread values exceeds the point that says one in twenty."""
    random = np.random.default_rng(1)
    found = [chance(np.sqrt(200) * dip(random.uniform(size=200))) for _ in range(300)]
    assert 0.02 <= np.mean(np.array(found) < 0.05) <= 0.09


def test_two_heaps_in_one_column_are_found_beside_noise():
    """The blind spot of look-alikes: a column with two heaps beside four without, and long groups side by side."""
    rows = _draw(600, 5)
    assert not find_heaps(rows, list(look_alikes(rows, 8, seed=0))).found
    rows[:300, 2] += 6000
    assert find_heaps(rows, list(look_alikes(rows, 8, seed=0))).columns == (2,)
    strips = np.column_stack([_draw(600, 1)[:, 0] * 8, _draw(600, 1, seed=1)[:, 0] + np.repeat([-3000, 3000], 300)])
    turned = np.floor(strips @ np.array([[1.0, 1.0], [-1.0, 1.0]]))
    assert find_heaps(turned, list(look_alikes(turned, 8, seed=0))).directions >= 1


def test_levels_are_no_heaps():
    """Categories that have nothing to do with each other are lumpy in every direction, and no direction of heaps."""
    random = np.random.default_rng(0)
    levels = [np.eye(n)[random.integers(0, n, 400)] * 724.0 for n in (2, 3, 3, 4)]
    found = find_heaps(np.hstack(levels), list(look_alikes(np.hstack(levels), 8, 0, [(0, 2), (2, 5), (5, 8), (8, 12)])))
    assert not found.found


def test_steps_and_non_buyers_are_no_heaps():
    """Counts from 0 to 5, a flag, and one value that many share are no evidence of groups."""
    random = np.random.default_rng(0)
    counts = random.poisson(1.5, 800) * 1024.0
    flag = (random.random(800) < 0.5) * 2048.0
    spend = np.where(random.random(800) < 0.4, -3000.0, np.floor(random.normal(0, 1024, 800)))
    rows = np.column_stack([counts, flag, spend])
    assert find_heaps(rows, list(look_alikes(rows, 8, seed=0))).columns == ()
