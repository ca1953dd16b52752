"""What stands far out of a column: the fences at which values are capped, and whether what lies beyond is a group.

Quantiles are order statistics, never between two values, so that a fence depends on nothing but the values.
"""

from __future__ import annotations

import math

import numpy as np

FENCE = 3.0  # interquartile ranges beyond the quartiles (Tukey's outer fence)
GROUP = 0.02  # share of customers beyond a fence that may be a group; fewer would be a segment of a few
LUCK = 1e-4  # chance of taking the end of a tail for a group


def order_statistic(ordered: np.ndarray, share: float) -> float:
    """The value at `share` of the sorted values, never between two of them.

    >>> order_statistic(np.array([1.0, 2.0, 3.0, 4.0]), 0.5)
    2.0
    """
    return float(ordered[int((len(ordered) - 1) * share)])


def outer_fences(ordered: np.ndarray) -> tuple[float, float] | None:
    """The fences of sorted values; where a group lies beyond one, that of the group. None where half are the same.

    >>> ages = np.arange(20.0, 70.0)
    >>> outer_fences(ages), outer_fences(np.append(ages, [300.0, 310.0]))
    ((-40.0, 128.0), (-46.0, 136.0))
    >>> outer_fences(np.append(np.repeat(ages, 10), np.arange(300.0, 350.0)))[1] > 350.0
    True
    """
    q1, q3 = _quartiles(ordered)
    if q1 == q3:
        # A feature that is the same for half of the customers has no box to measure outliers by.
        return None
    return -_fence_above(-ordered[::-1], -q3, -q1), _fence_above(ordered, q1, q3)


def has_group_apart(ordered: np.ndarray) -> bool:
    """Whether a group of customers lies beyond a fence of these sorted values, on either side.

    >>> has_group_apart(np.append(np.arange(500.0), np.arange(3000.0, 3050.0))), has_group_apart(np.arange(500.0))
    (True, False)
    """
    q1, q3 = _quartiles(ordered)
    if q1 == q3:
        return False
    sides = ((-ordered[::-1], -q3, -q1), (ordered, q1, q3))
    return any(_group_beyond(*side) is not None for side in sides)


def _quartiles(ordered: np.ndarray) -> tuple[float, float]:
    return order_statistic(ordered, 0.25), order_statistic(ordered, 0.75)


def _fence_above(ordered: np.ndarray, q1: float, q3: float) -> float:
    group = _group_beyond(ordered, q1, q3)
    return _fence(q1, q3) if group is None else _fence(*_quartiles(group))


def _fence(q1: float, q3: float) -> float:
    return q3 + FENCE * (q3 - q1)


def _group_beyond(ordered: np.ndarray, q1: float, q3: float) -> np.ndarray | None:
    """The values beyond the upper fence, where their middle is a group and no part of a tail.

    A tail grows thinner outwards: half way to there it has more on as wide a stretch, so that of those there and on a
    stretch twice as wide one in three is there at most. (Twice, since whole numbers lie in steps.) One value that many
    share is a code, and no group.
    """
    beyond = ordered[ordered > _fence(q1, q3)]
    if len(beyond) < GROUP * len(ordered):
        return None
    low, high = _quartiles(beyond)
    half_way, width = (q3 + low) / 2.0, high - low
    if width == 0.0 or half_way + width > low:
        return None
    inside = _count(ordered, low, high)
    before = _count(ordered, half_way - width, half_way + width)
    return beyond if _chance(inside, inside + before) < LUCK else None


def _count(ordered: np.ndarray, low: float, high: float) -> int:
    return int(np.searchsorted(ordered, high, "right") - np.searchsorted(ordered, low, "left"))


def _chance(inside: int, n: int) -> float:
    """The binomial chance that `inside` of n or more are there, of which one in three is expected.

    >>> round(_chance(2, 3), 4), _chance(9, 9) < LUCK < _chance(8, 8)
    (0.2593, True)
    """
    if 3 * inside <= n:
        return 1.0
    found = math.lgamma(n + 1) - math.lgamma(inside + 1) - math.lgamma(n - inside + 1)
    term = math.exp(found + inside * math.log(1 / 3) + (n - inside) * math.log(2 / 3))
    total = 0.0
    # From there on, terms shrink.
    for number in range(inside, n + 1):
        total += term
        term *= (n - number) / (2.0 * (number + 1))
        if term < 1e-6 * total:
            break
    return total
