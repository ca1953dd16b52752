"""A segment told in a few sentences."""

from __future__ import annotations

import polars as pl

from segmentry.fitting import fit
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
