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
