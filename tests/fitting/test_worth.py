"""Lifetime value in a fit from Python: the same on any engine and in any order, kept in the model file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import ValueModelError
from segmentry.fitting import FitSettings, worth
from segmentry.purchases import open_log, read_log
from segmentry.samples import sample_orders
from segmentry.segmentation import Segmentation
from segmentry.store import dump, parse
from segmentry.value import ValueSettings

QUICK = FitSettings.model_validate({"selection": {"k": 3}, "stability_pairs": 0})


@pytest.fixture(scope="module")
def orders(shared_data: Path) -> pl.DataFrame:
    """A tenth of the CDNOW purchases as a frame."""
    rows = [line.split() for line in (shared_data / "CDNOW_sample.txt").read_text().splitlines()]
    columns = {"customer_id": [f"c{r[1]}" for r in rows], "date": [r[2] for r in rows],
               "amount": [float(r[4]) for r in rows]}  # fmt: skip
    return pl.DataFrame(columns).with_columns(pl.col("date").str.to_date("%Y%m%d"))


@pytest.fixture(scope="module")
def model(orders: pl.DataFrame) -> Segmentation:
    return sg.fit(orders=orders, settings=QUICK)


def test_a_model_file_keeps_the_models_of_value(model: Segmentation) -> None:
    """Saved and loaded it is the same, holdout and parameters among the rest."""
    assert model.value is not None
    assert model.holdout is not None
    assert parse(dump(model)) == model


def test_row_order_and_engine_change_no_byte(model: Segmentation, orders: pl.DataFrame) -> None:
    """Shuffled orders give the same model file; orders that live in DuckDB the same models of value and holdout."""
    shuffled = orders.sample(fraction=1.0, shuffle=True, seed=2)
    assert dump(sg.fit(orders=shuffled, settings=QUICK)) == dump(model)
    relation = duckdb.connect().from_arrow(orders.to_arrow())
    there = sg.fit(orders=relation, settings=QUICK)
    assert (there.value, there.holdout) == (model.value, model.holdout)
    assert [s.value_share for s in there.segments] == [s.value_share for s in model.segments]


def test_the_last_third_is_foreseen_where_nothing_comes_later(model: Segmentation) -> None:
    """Without purchases after the as-of date a model of the first two thirds is held against the last."""
    found = model.holdout
    assert found is not None
    assert str(found.cut) == "1997-12-31"
    assert found.error is not None
    assert abs(found.error) < 0.2


def test_a_value_that_cannot_be_tested_says_so_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the earlier purchases alone make no model, nothing is compared, and a warning has the reason."""

    def unsettled(*_: Any) -> None:
        raise ValueModelError("They settle nothing.", found="nobody ever leaves", remedy="Wait.")

    purchases = open_log(read_log(sample_orders(300, seed=1)))
    monkeypatch.setattr(worth, "fit_purchases", unsettled)
    found = worth.valued_customers(purchases, None, None, ValueSettings(), None)
    assert found.holdout is None
    [said] = [notice.message for notice in found.notices if notice.code == "untested-value"]
    assert "Found: nobody ever leaves." in said


def test_value_joins_a_customer_table(orders: pl.DataFrame) -> None:
    """Beside a table of customers, those without orders have no value, and the others have theirs."""
    ids = orders["customer_id"].unique().sort()
    draw = np.random.default_rng(0)
    table = pl.DataFrame({"customer_id": [*ids, "nobody"], "age": draw.integers(18, 80, len(ids) + 1)})
    joined = sg.fit(orders=orders, customers=table, settings=QUICK)
    scored = sg.score(joined, table, orders=orders)
    value = dict(zip(scored["customer_id"], scored["lifetime_value"], strict=True))
    assert value["nobody"] is None
    assert sum(v is not None for v in value.values()) == len(ids)


def test_value_may_be_clustered_on_when_named(orders: pl.DataFrame) -> None:
    """Named in --features, what the model says is a feature like others."""
    model = sg.fit(orders=orders, features=["lifetime_value", "recency_days"], settings=QUICK)
    assert {f.name for f in model.recipe.clustered} == {"lifetime_value", "recency_days"}
