"""One log of orders, many engines: the same baskets, the same cohorts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pytest

from segmentry.baskets import Baskets, OverTime, study_baskets, study_time
from segmentry.purchases import open_log
from segmentry.tables import read

SEGMENTS = ["s1", "s2"]


def studied(source: Any) -> tuple[Baskets, OverTime]:
    """What the customers of two segments, the even and the odd fifths, buy and when."""
    purchases = open_log(read(source))
    placed = pl.DataFrame(
        {"customer": [f"c{i}" for i in range(1000)], "segment": ["s1" if i % 5 < 1 else "s2" for i in range(1000)]}
    )
    frame = nw.from_native(placed.lazy())
    return study_baskets(purchases, frame, SEGMENTS), study_time(purchases, frame, SEGMENTS)


@pytest.fixture(scope="module")
def here(tea_shop_lines: pl.DataFrame) -> tuple[Baskets, OverTime]:
    return studied(tea_shop_lines)


def test_orders_in_duckdb_give_the_same(here: tuple[Baskets, OverTime], tea_shop_lines: pl.DataFrame) -> None:
    """A relation of orders gives the same figures, to the last digit."""
    lines = tea_shop_lines.to_arrow()
    assert studied(duckdb.connect().from_arrow(lines)) == here


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.xdist_group("spark")
@pytest.mark.thorough
def test_orders_in_spark_give_the_same(
    here: tuple[Baskets, OverTime], tea_shop_lines: pl.DataFrame, spark: Any, tmp_path: Path
) -> None:
    """A Spark table of orders gives the same figures, to the last digit."""
    tea_shop_lines.write_parquet(tmp_path / "lines.parquet")
    assert studied(spark.read.parquet(str(tmp_path / "lines.parquet"))) == here
