"""A segment told in a few sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from segmentry.fitting import fit
from segmentry.profiles.chance import at_least
from segmentry.profiles.profile import Category, Level, LevelInSegment, Profile
from segmentry.profiles.story import tell
from segmentry.samples import sample_marketing


def test_only_levels_with_a_name_are_told_of() -> None:
    """Levels told of as one, and cells without a value, say nothing about a segment, however many they are."""
    shop = pl.DataFrame(sample_marketing(400, seed=0)).sort("income", nulls_last=True)
    place = pl.int_range(pl.len())
    city = (
        pl.when(place >= 280)
        .then(None)
        .when(place < 8)
        .then(pl.lit("Hamar"))
        .when(place < 60)
        .then(pl.lit("Bergen"))
        .otherwise(pl.lit("Oslo"))
    )
    model = fit(shop.with_columns(city=city), k=2, features=["income"])
    levels = {x.level: x for x in next(c for c in model.profile.categories if c.name == "city").levels}
    indices = [c.index for name in ("(missing)", "(other)") for c in levels[name].segments.values()]
    assert max(i for i in indices if i is not None) > 130
    assert all("(other)" not in s.description and "(missing)" not in s.description for s in model.segments)


def _of_regions(in_segment: Sequence[int], in_all: Sequence[int]) -> Profile:
    """A segment of 100 customers out of 500, by region; the rest is the other segment."""
    levels = []
    for name, own, n in zip("ABCDE", in_segment, in_all, strict=True):
        shares = {"s1": own / 100, "s2": (n - own) / 400}
        cells = {s: LevelInSegment(share, 100 * share / (n / 500)) for s, share in shares.items()}
        levels.append(Level(name, n, n / 500, cells))
    return Profile(500, 10, 500, None, (), (Category("region", "Region", False, False, tuple(levels)),))


def test_a_level_found_more_often_by_chance_is_not_told() -> None:
    """16 of 100 where 11 of 100 are usual is an index of 145, and one of ten shares that may come out so."""
    by_chance = _of_regions((16, 21, 21, 21, 21), (55, 112, 111, 111, 111))
    assert tell(by_chance, "s1", 100, 0.2, None) == "20 % of customers."


def test_a_level_found_more_often_beyond_chance_is_told() -> None:
    """40 of 100 where 20 of 100 are usual did not come by chance."""
    beyond = _of_regions((40, 15, 15, 15, 15), (100, 100, 100, 100, 100))
    said = "20 % of customers. Found more often here: region A (40 %, everyone 20 %)."
    assert tell(beyond, "s1", 100, 0.2, None) == said


def test_tables_of_random_columns_tell_of_no_level() -> None:
    """On 500 customers whose region and colour have nothing to do with what they spend, no segment is told by them."""
    for seed in range(3):
        draw = np.random.default_rng(seed)
        group = draw.integers(0, 3, 500)
        customers = pl.DataFrame(
            {
                "customer_id": [f"C{i:04d}" for i in range(500)],
                "total_spend": draw.normal(np.array([100, 500, 1500])[group], 40).round(2),
                "orders": draw.poisson(np.array([2, 8, 20])[group]) + 1,
                "days_since_last_purchase": draw.integers(0, 60, 500) + np.array([200, 60, 5])[group],
                "region": draw.choice(list("ABCDEFG"), 500),
                "colour": draw.choice(["red", "green", "blue", "black"], 500),
            }
        )
        segments = fit(customers, k=7).segments
        assert not [s.description for s in segments if "more often" in s.description]


@pytest.mark.parametrize(("yes", "size", "yes_of_all", "everyone"), [(3, 10, 9, 40), (9, 12, 20, 50), (0, 5, 5, 20)])
def test_the_chance_of_a_count_is_that_of_counting_all_draws(yes, size, yes_of_all, everyone) -> None:
    """The tail is the sum over all draws with as many or more."""
    no = everyone - yes_of_all
    ways = sum(math.comb(yes_of_all, n) * math.comb(no, size - n) for n in range(yes, min(size, yes_of_all) + 1))
    assert at_least(yes, size, yes_of_all, everyone) == pytest.approx(ways / math.comb(everyone, size), rel=1e-9)


def test_the_chance_of_a_count_is_known_for_millions() -> None:
    """A small lead among ten millions is beyond chance, and half of them is not."""
    assert at_least(505_000, 1_000_000, 5_000_000, 10_000_000) < 1e-9
    assert at_least(500_000, 1_000_000, 5_000_000, 10_000_000) == pytest.approx(0.5, abs=0.01)
