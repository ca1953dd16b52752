"""Orders become the same customers on every engine, to the last bit, whatever the order of their lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from segmentry.fitting import FitSettings, fit
from segmentry.purchases import Purchases, customers_of, open_like, open_log, purchase_summary, read_log
from segmentry.scoring import score
from segmentry.segmentation import Segmentation
from segmentry.tables import materialise, read

N = 4_000
START = dt.datetime.fromisoformat("2024-01-01T00:00:00")


@pytest.fixture(scope="module")
def log() -> pl.DataFrame:
    """Order lines with everything a log may have, and something wrong everywhere."""
    draw = np.random.default_rng(3)
    order = np.sort(draw.integers(0, 1_500, N))
    who, minute = draw.integers(0, 300, 1_500), draw.integers(0, 500 * 24 * 60, 1_500)
    state = draw.choice(
        ["paid", "Refunded", "cancelled", "on-hold", "completed"], 1_500, p=[0.6, 0.05, 0.05, 0.05, 0.25]
    )
    lines = pl.DataFrame(
        {
            "order_id": [f"{'C' if n % 40 == 0 else ''}{n}" for n in order],
            "customer_id": [None if n % 50 == 1 else f"K{who[n]:04}" for n in order],
            "order_date": [START + dt.timedelta(minutes=int(minute[n])) for n in order],
            "product_id": [f"P{p}" for p in draw.integers(0, 60, N)],
            "category": [["wine", "cheese", "bread", "salt"][p] for p in draw.integers(0, 4, N)],
            "channel": [["web", "store"][n % 2] for n in order],
            "quantity": [
                -int(q) if n % 40 == 0 else int(q) for n, q in zip(order, draw.integers(1, 5, N), strict=True)
            ],
            "unit_price": (draw.integers(0, 5_000, N) / 100).tolist(),
            "discount_amount": (draw.integers(0, 3, N) * 0.5).tolist(),
            "status": [str(state[n]) for n in order],
        }
    )
    return lines.with_columns(pl.when(pl.int_range(N) % 97 == 0).then(None).otherwise("order_date").alias("order_date"))


SPARK = [pytest.mark.slow, pytest.mark.spark, pytest.mark.xdist_group("spark")]
FIT = FitSettings(stability_pairs=0)


@pytest.fixture(scope="module")
def opened(log: pl.DataFrame) -> Purchases:
    return open_log(read_log(log))


@pytest.fixture(scope="module")
def fitted(log: pl.DataFrame) -> Segmentation:
    return fit(orders=log, k=3, settings=FIT)


@pytest.fixture(params=["shuffled", "pandas", "pyarrow", "duckdb", pytest.param("spark", marks=SPARK)])
def elsewhere(request: pytest.FixtureRequest, log: pl.DataFrame) -> Iterator[Any]:
    """The same lines in another order, on an engine."""
    mixed = log.sample(fraction=1.0, shuffle=True, seed=5)
    if request.param == "shuffled":
        yield mixed.lazy()
    elif request.param == "pandas":
        yield mixed.to_pandas()
    elif request.param == "pyarrow":
        yield mixed.to_arrow()
    elif request.param == "spark":
        yield request.getfixturevalue("spark").createDataFrame(mixed.to_arrow())
    else:
        with closing(duckdb.connect()) as connection:
            connection.register("given", mixed.to_arrow())
            yield connection.sql("select * from given")


def frame_of(purchases: Purchases) -> pl.DataFrame:
    return customers_of(purchases).table.frame.to_native().collect()


def test_every_engine_gives_the_same_customers(opened: Purchases, elsewhere: Any) -> None:
    """Recipe, account and every figure of every customer agree, bit for bit."""
    here, there = opened, open_log(read_log(elsewhere))
    for ours, theirs in ((here.account, there.account), (here.recipe.categories, there.recipe.categories)):
        assert ours == theirs
    assert here.recipe.cancel_prefix == there.recipe.cancel_prefix == "C"
    assert {c.role: c.name for c in here.recipe.columns} == {c.role: c.name for c in there.recipe.columns}
    assert frame_of(here).equals(frame_of(there))


@pytest.mark.thorough("spark")
def test_every_engine_gives_the_same_summary(opened: Purchases, elsewhere: Any) -> None:
    """What lifetime models need agrees as well."""
    as_of = dt.date(2025, 1, 15)

    def summary(purchases: Purchases) -> pl.DataFrame:
        found = materialise(purchase_summary(purchases, as_of, "week"))
        return found.to_native().collect().sort("customer")

    assert summary(opened).equals(summary(open_log(read_log(elsewhere))))


def test_later_orders_are_read_by_the_rules_of_the_first(opened: Purchases, elsewhere: Any) -> None:
    """A recipe learned on one engine gives the same customers on another."""
    first = opened
    expected: Callable[[Purchases], pl.DataFrame] = frame_of
    again = open_like(read(elsewhere, expected={c.name: c.reading for c in first.recipe.columns}), first.recipe)
    assert expected(again).equals(expected(first))


def test_a_fit_of_orders_is_the_same_where_they_live(fitted: Segmentation, elsewhere: Any, log: pl.DataFrame) -> None:
    """Orders on an engine and in memory give one segmentation, and each customer one segment."""
    here, there = fitted, fit(orders=elsewhere, k=3, settings=FIT)
    assert (here.rule, here.purchases, here.orders) == (there.rule, there.purchases, there.orders)
    assert here.provenance.fingerprint == there.provenance.fingerprint
    assert score(here, orders=elsewhere)["segment_id"].to_list() == score(there, orders=log)["segment_id"].to_list()


@pytest.mark.parametrize("engine", ["duckdb", pytest.param("spark", marks=SPARK)])
@pytest.mark.thorough("spark")
def test_lifetime_value_is_the_same_where_orders_live(
    engine: str, shared_data: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Both models of CDNOW's customers, to the last digit, and the same segments by what they will bring."""
    lines = [line.split() for line in (shared_data / "CDNOW_master.txt").read_text(encoding="ascii").splitlines()]
    orders = pl.DataFrame(lines[1:], schema=["customer_id", "date", "quantity", "dollar_value"], orient="row").select(
        "customer_id", pl.col("date").str.to_date("%Y%m%d"), pl.col("quantity", "dollar_value").cast(pl.Float64)
    )
    path = str(tmp_path / "orders.parquet")
    orders.filter(pl.col("customer_id").cast(pl.Int64) % 10 == 0).write_parquet(path)
    engines = {"duckdb": duckdb.read_parquet, "spark": lambda p: request.getfixturevalue("spark").read.parquet(p)}
    here, there = (fit(orders=o, k=3, settings=FIT) for o in (path, engines[engine](path)))
    assert here.value is not None
    assert (here.value, here.segments) == (there.value, there.segments)
