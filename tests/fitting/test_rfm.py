"""`--method rfm` from a table to scored customers: the rule is the grid, on every path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

import segmentry as sg
from segmentry.clusters.rfm.grid import rfm_grid
from segmentry.errors import NotEnoughDataError, SettingsError
from segmentry.fitting import FitSettings
from segmentry.segmentation import Segmentation
from segmentry.store import dump, parse


def made_up_shop(n: int = 900, seed: int = 4) -> pl.DataFrame:
    """Half of the customers bought once; spend and days vary; some are missing."""
    draw = np.random.default_rng(seed)
    orders = np.where(draw.random(n) < 0.5, 1, draw.integers(2, 12, n))
    spend = np.round(orders * draw.lognormal(3, 0.6, n), 2)
    return pl.DataFrame(
        {
            "customer_id": [f"c{i:04}" for i in range(n)],
            "days_since_last_purchase": draw.integers(0, 400, n),
            "number_of_purchases": orders,
            "total_spend": [None if i % 97 == 5 else float(s) for i, s in enumerate(spend)],
        }
    )


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    return made_up_shop()


@pytest.fixture(scope="module", params=["eleven", "ten"])
def model(request: pytest.FixtureRequest, shop: pl.DataFrame) -> Segmentation:
    return sg.fit(shop, method="rfm", settings=FitSettings(rfm_grid=request.param))


def by_hand(table: pl.DataFrame, grid_name: str) -> list[str]:
    """The segment of each customer from sorted values and the table of cells, without any of our code for either."""
    columns = {"recency": "days_since_last_purchase", "frequency": "number_of_purchases", "spend": "total_spend"}
    grid = rfm_grid(grid_name)
    scores = []
    for axis in grid.axes:
        values = table[columns[axis]].to_list()
        known = sorted((v for v in values if v is not None), reverse=axis == "recency")
        cuts = [known[(len(known) - 1) * i // 5] for i in range(1, 5)]
        beyond = (lambda v, cut: v < cut) if axis == "recency" else (lambda v, cut: v > cut)
        scores.append([1 if v is None else 1 + sum(beyond(v, cut) for cut in cuts) for v in values])
    return [grid.cells[cell] for cell in zip(*scores, strict=True)]


def test_every_customer_is_where_the_table_puts_them(model: Segmentation, shop: pl.DataFrame) -> None:
    """Binned by hand and looked up, each of 900 customers is in the segment that scoring says; sizes agree."""
    scored = sg.score(model, shop)
    expected = by_hand(shop, "eleven" if len(model.recipe.scales) == 3 else "ten")
    # What figures say against a name follows a comma.
    assert [name.partition(",")[0] for name in scored["segment"]] == expected
    sizes = {s.name.partition(",")[0]: s.size for s in model.segments}
    assert sizes == {name: expected.count(name) for name in set(expected)}
    assert all(s.named_by == "grid" for s in model.segments)
    assert set(scored["confidence"]) == {1.0}


def test_files_sql_and_duckdb_agree_with_the_rule(model: Segmentation, shop: pl.DataFrame) -> None:
    """The stored model, the scorer as SQL and DuckDB give each customer the same segment."""
    ours = sg.score(model, shop).sort("customer_id")
    assert parse(dump(model)) == model
    connection = duckdb.connect()
    relation = connection.from_arrow(shop.to_arrow())
    assert sg.score(model, relation).pl().sort("customer_id").select(ours.columns).equals(ours)
    query = sg.to_sql(model, dialect="duckdb", table="relation")
    assert connection.sql(query).pl().sort("customer_id")["segment_id"].equals(ours["segment_id"])


def test_shuffled_customers_are_the_same_model(model: Segmentation, shop: pl.DataFrame) -> None:
    """The order of rows changes no byte of the model."""
    settings = FitSettings(rfm_grid="eleven" if len(model.recipe.scales) == 3 else "ten")
    again = sg.fit(shop.sample(fraction=1.0, shuffle=True, seed=9), method="rfm", settings=settings)
    assert dump(again) == dump(model)


def test_new_customers_are_scored_by_frozen_thresholds(model: Segmentation, shop: pl.DataFrame) -> None:
    """Scored alone, each customer has the segment they have among all: no quantile is taken again."""
    together = sg.score(model, shop)["segment_id"].to_list()
    for place in (0, 5, 77, 899):
        assert sg.score(model, shop[place])["segment_id"].to_list() == [together[place]]


def test_empty_customers_have_no_data(model: Segmentation) -> None:
    """Who has none of the figures is in no segment; who lacks one has the lowest score there."""
    some = pl.DataFrame(
        {
            "customer_id": ["a", "b"],
            "days_since_last_purchase": [None, 0],
            "number_of_purchases": [None, None],
            "total_spend": [None, None],
        },
        schema={"customer_id": pl.String, "days_since_last_purchase": pl.Int64, "number_of_purchases": pl.Int64,
                "total_spend": pl.Float64},
    )  # fmt: skip
    first, second = sg.score(model, some)["segment"].to_list()
    assert first == "No data"
    assert second == "New customers"


def test_segments_that_no_customer_is_in_are_left_out(tmp_path: Path) -> None:
    """A segment without customers is left out; whoever comes to its cells later is placed with the nearest one."""
    path = tmp_path / "own.toml"
    path.write_text(
        'title = "own"\naxes = ["recency", "frequency"]\nscores = 2\n'
        '[segments]\n"Lately" = ["2*"]\n"Long ago, once" = ["11"]\n"Long ago, often" = ["12"]\n'
    )
    table = pl.DataFrame(
        {
            "customer_id": [f"c{i:03}" for i in range(100)],
            "days_since_last_purchase": [10 + i % 7 for i in range(50)] + [300] * 50,
            "number_of_purchases": [5 + i % 4 for i in range(50)] + [1] * 50,
        }
    )
    model = sg.fit(table, method="rfm", settings=FitSettings(rfm_grid=str(path)))
    assert [(s.name, s.size) for s in model.segments] == [("Lately", 50), ("Long ago, once", 50)]
    newcomer = table.head(1).with_columns(pl.lit(400).alias("days_since_last_purchase"))
    assert sg.score(model, newcomer)["segment"].to_list() == ["Lately"]


def test_customers_who_are_all_alike_are_refused() -> None:
    """Where nobody differs in anything the grid looks at, there is nothing to divide."""
    table = pl.DataFrame({"customer_id": [f"c{i}" for i in range(40)], "recency": [3] * 40, "purchases": [2] * 40,
                          "total_spend": [9.5] * 40})  # fmt: skip
    settings = FitSettings.model_validate(
        {
            "features": {
                "roles": {"recency": "recency_days", "purchases": "purchases_total", "total_spend": "spend_total"}
            }
        }
    )
    with pytest.raises(NotEnoughDataError, match="alike in what the RFM grid looks at"):
        sg.fit(table, method="rfm", settings=settings)


def test_tied_scores_are_told(shop: pl.DataFrame) -> None:
    """Half of the customers bought once, so that score 2 of frequency is given to nobody; the fit says so."""
    model = sg.fit(shop, method="rfm")
    said = [n.message for n in model.notices if n.code == "tied-scores"]
    assert len(said) == 1
    assert "'frequency_score' is only ever 1, 3, 4, 5" in said[0]


def test_sizes_of_a_grid_cannot_be_limited(shop: pl.DataFrame) -> None:
    """A table makes segments as large as they are."""
    with pytest.raises(SettingsError, match="cannot be limited"):
        sg.fit(shop, method="rfm", settings=FitSettings(min_size=50))


def test_a_grid_stands_beside_groups_that_were_found(shop: pl.DataFrame) -> None:
    """Compared with k-means on the same customers and features, the grid has its size, stability and agreement."""
    found = sg.compare(shop, methods=["k-means", "rfm"], k=4)
    ours = next(m for m in found.methods if m.name == "rfm")
    model = sg.fit(shop, method="rfm")
    assert sorted(ours.sizes) == sorted(s.size for s in model.segments)
    assert ours.stability is not None
    assert 0.5 < ours.stability <= 1.0
    assert found.agreement[1][1] == 1.0
    assert found.recommended == "k-means"  # a table made beforehand is always steady, and was not found
    assert "rfm" not in {m.name for m in sg.compare(shop.head(150).drop("total_spend"), k=2).methods}


def test_a_real_table_without_a_log_is_divided(shared_data: Path) -> None:
    """A table with days, purchases by channel and spend by product has all that the grid needs, by role."""
    model: Any = sg.fit(str(shared_data / "marketing_campaign.csv"), method="rfm")
    assert model.k == 11
    champions, lost = (next(s for s in model.segments if s.name == name) for name in ("Champions", "Lost"))
    recency, spend = (model.profile.measure(name) for name in ("recency_days", "spend_total"))
    assert recency.segments[champions.id].spread.mean < 20 < 79 < recency.segments[lost.id].spread.mean
    assert spend.segments[champions.id].spread.mean > 8 * spend.segments[lost.id].spread.mean
    assert {p.key for p in champions.playbook} & {"reward"}
    assert "<html" in sg.report(model)
