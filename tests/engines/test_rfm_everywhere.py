"""An RFM grid on every engine and in every database: the same segment for every customer."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.segmentation import Segmentation
from segmentry.store import dump

SPARK = [pytest.mark.slow, pytest.mark.spark, pytest.mark.xdist_group("spark")]
EVERYWHERE = ["duckdb", "sqlite", "postgres", pytest.param("spark", marks=SPARK)]


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    """Customers with a purchase date, purchases by two channels (some unknown) and spend, many of them tied."""
    draw, n = np.random.default_rng(8), 1500
    web, shops = draw.integers(0, 6, n), draw.poisson(2.0, n)
    return pl.DataFrame(
        {
            "customer_id": range(n),
            "last_purchase_date": pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 12, 30), "1d", eager=True)
            .sample(n, with_replacement=True, seed=1),
            "purchases_web": [None if i % 50 == 3 else int(v) for i, v in enumerate(web)],
            "purchases_store": shops.astype(int),
            "total_spend": np.round((web + shops) * draw.lognormal(3, 0.5, n), 2),
        }
    )  # fmt: skip


@pytest.fixture(scope="module", params=["eleven", "ten"])
def model(request: pytest.FixtureRequest, shop: pl.DataFrame) -> Segmentation:
    return sg.fit(shop, method="rfm", settings=FitSettings(rfm_grid=request.param))


@pytest.mark.parametrize("dialect", EVERYWHERE)
def test_the_grid_as_sql_gives_the_segment_that_the_library_gives(
    dialect: str, model: Segmentation, shop: pl.DataFrame, databases: Any
) -> None:
    """Each database answers with the segment of the library, for every customer."""
    scored = sg.score(model, shop)
    expected = dict(zip(scored["customer_id"], scored["segment_id"], strict=True))
    found = databases.answer(dialect, shop, sg.to_sql(model, dialect=dialect))
    assert dict(zip(found["customer_id"].cast(pl.Int64), found["segment_id"], strict=True)) == expected


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("model", ["eleven"], indirect=True)
@pytest.mark.thorough
def test_spark_learns_the_same_grid(model: Segmentation, shop: pl.DataFrame, spark: Any) -> None:
    """Fitted and scored where the table lives, over three partitions, it is the same model and the same segments."""
    frame = spark.createDataFrame(shop.to_arrow()).repartition(3)
    settings = FitSettings(rfm_grid="eleven")
    assert dump(sg.fit(frame, method="rfm", settings=settings)) == dump(model)
    scored = pl.DataFrame(sg.score(model, frame).toArrow()).sort("customer_id")
    assert scored["segment_id"].equals(sg.score(model, shop).sort("customer_id")["segment_id"])
