"""Values become the same whole numbers as expressions and in NumPy, whatever they are."""

from __future__ import annotations

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest

from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE, axis_columns, axis_expressions, is_known, with_features
from segmentry.features.learning import learn_levels, learn_scale, prepared
from segmentry.features.recipe import GRID, LIMIT, Recipe

SPEND = Feature("spend", "Spend", "money", "spend", "column", ("spend",))
CITY = Feature("city", "City", "category", "category", "category", ("city",))
VALUES = np.random.default_rng(0).lognormal(4, 1.2, 400)


SPEND_AXIS, A_AXIS, B_AXIS = axis_columns(("spend", "city=a", "city=b"))


def _recipe():
    return Recipe(
        id_column=None,
        as_of=None,
        columns=(),
        scales=(learn_scale(SPEND, VALUES),),
        levels=(learn_levels(CITY, ["a", "b", None] * 40),),
        described=(),
        left_out=(),
        n_sample=len(VALUES),
    )


def _axes(spend, city):
    frame = pl.LazyFrame({FEATURE + "spend": spend, FEATURE + "city": city}, strict=False)
    recipe = _recipe()
    prepared_frame = nw.from_native(frame).with_columns(*axis_expressions(recipe), is_known(recipe).alias("known"))
    return nw.to_native(prepared_frame).collect()


def test_the_grid_is_the_stated_formula():
    """floor(standard score x 1024 + 1/2), capped at 16 deviations."""
    out = _axes(VALUES.tolist(), ["a"] * len(VALUES))
    expected = np.floor(prepared(_recipe().scales[0], VALUES) * GRID + 0.5).clip(-LIMIT * GRID, LIMIT * GRID)
    np.testing.assert_array_equal(out[SPEND_AXIS].to_numpy(), expected)


@pytest.mark.parametrize("value", [None, -1e308, -5.0, 0.0, 1e308])
def test_every_value_has_a_whole_number(value):
    """Missing, negative and huge values land on the grid, never beside it."""
    found = _axes([value], ["a"])[SPEND_AXIS][0]
    assert found == int(found)
    assert abs(found) <= LIMIT * GRID


def test_levels_have_an_axis_each():
    """A customer stands at the weight on the own level's axis and at 0 on others; an unknown level is nowhere."""
    out = _axes([1.0, 1.0, 1.0, None], ["a", "b", "never seen", None])
    weight = _recipe().levels[0].weight
    assert out[A_AXIS].to_list() == [weight, 0, 0, 0]
    assert out[B_AXIS].to_list() == [0, weight, 0, 0]
    assert out["known"].to_list() == [True, True, True, False]


def test_what_shares_divide_by_is_added_up_once():
    """Hundreds of shares, each with the whole sum in it, made a query that took minutes to plan."""
    parts = tuple(f"spent_{place}" for place in range(50))
    shares = [Feature(f"share_{p}", p, "share", "spend_mix", "ratio", (p,), parts) for p in parts]
    frame = pl.LazyFrame({part: [1.0, 3.0] for part in parts})
    query = with_features(nw.from_native(frame), shares, None)
    assert query.collect()[FEATURE + "share_spent_7"].to_list() == [0.02, 0.02]
    plan = nw.to_native(query).explain(optimized=False)
    assert plan.count('col("spent_9")') < 10
