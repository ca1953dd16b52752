"""What the report says of how features were prepared."""

from __future__ import annotations

import polars as pl

import segmentry
from segmentry.reports.method import feature_rows
from segmentry.samples import sample_marketing


def test_the_range_of_a_feature_is_nobodys_own_value() -> None:
    """The least and the largest value are each somebody's."""
    shop = sample_marketing(500, seed=1)
    row = pl.int_range(pl.len())
    income = pl.when(row == 3).then(666_666).when(row == 4).then(1_234).otherwise("income")
    model = segmentry.fit(shop.with_columns(income=income), k=3, features=["income", "age"])
    ranges = {row.label: row.range for row in feature_rows(model.recipe)}
    assert ranges["Income"] == "about 1,200 to 670,000"
    caps = next(row.caps for row in feature_rows(model.recipe) if row.label == "Income")
    assert caps.endswith("(1 customer)")


def test_no_limit_is_stated_that_no_value_can_reach() -> None:
    """Nobody has an age below -17: where nothing is below 0, neither is a limit that is told of."""
    recipe = segmentry.fit(sample_marketing(500, seed=1), k=3, features=["income", "age"]).recipe
    caps = {row.label: row.caps for row in feature_rows(recipe)}
    assert any(scale.low is not None and scale.low < 0 for scale in recipe.scales)
    assert all("below" not in said for said in caps.values()), caps
