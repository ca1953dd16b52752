"""A model is used for longer than a day: ages and tenures of new customers count to the day that is stated."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from segmentry.errors import SettingsError
from segmentry.explanations import explain
from segmentry.fitting import FitSettings, fit
from segmentry.samples import sample_mall, sample_marketing, sample_orders
from segmentry.scoring import RowScorer, score, score_one, score_table, to_sql
from segmentry.scoring.score import read_like
from segmentry.segmentation import counted_to

FITTED, LATER = date(2025, 1, 31), date(2026, 1, 31)
FEATURES = ["age", "tenure_days", "income"]


@pytest.fixture(scope="module")
def shop():
    return sample_marketing(600, seed=2)


@pytest.fixture(scope="module")
def model(shop):
    return fit(shop, k=4, features=FEATURES, as_of=FITTED, settings=FitSettings(stability_pairs=0))


@pytest.fixture(scope="module")
def a_year_later(shop):
    """Customers who are on the later day what those of the shop are on the day of the fit."""
    return shop.with_columns(pl.col("year_birth") + 1, pl.col("dt_customer") + timedelta(days=365))


def test_a_year_later_customers_of_the_same_age_and_tenure_get_the_same_segments(shop, model, a_year_later, tmp_path):
    """From memory and from a file; without the day, they would be taken for younger and newer than they are."""
    a_year_later.write_parquet(tmp_path / "later.parquet")
    expected = score(model, shop).select("segment_id", "confidence")
    for source in (a_year_later, tmp_path / "later.parquet"):
        assert score(model, source, as_of=LATER).select("segment_id", "confidence").equals(expected)
        assert not score(model, source).select("segment_id", "confidence").equals(expected)


def test_one_customer_an_explanation_rows_and_sql_count_to_the_day_as_well(shop, model, a_year_later):
    """Every way of placing a customer can be told the day, and they agree."""
    expected = score(model, shop)["segment_id"].to_list()
    rows = a_year_later.select("year_birth", "dt_customer", "income").to_dicts()
    for place in range(0, 600, 60):
        given = {name: None if value is None else str(value) for name, value in rows[place].items()}
        assert score_one(model, given, as_of=LATER)["segment_id"] == expected[place]
        assert explain(model, given, as_of="2026-01-31").segment_id == expected[place]
    dated = [{**row, "dt_customer": row["dt_customer"].isoformat()} for row in rows]
    assert [row.segment_id for row in RowScorer(counted_to(model, LATER)).score(dated)] == expected
    with duckdb.connect() as connection:
        connection.register("customers", a_year_later)
        found = connection.sql(to_sql(model, as_of=LATER)).pl()
    assert dict(found.iter_rows()) == dict(zip(shop["customer_id"], expected, strict=True))


def test_dates_after_the_day_are_counted_and_the_way_out_is_named(model, a_year_later):
    """Whoever joined after the day of the fit would have a tenure below nothing."""
    after = a_year_later.filter(pl.col("dt_customer") > FITTED).height
    assert after > 0
    said = {n.code: n.message for n in score_table(model, read_like(model, a_year_later)).notices}
    assert said["future-dates"].startswith(f"{after} customers with a 'dt_customer' after 2025-01-31")
    assert "--as-of" in said["future-dates"]
    later = score_table(counted_to(model, LATER), read_like(model, a_year_later)).notices
    assert "future-dates" not in {n.code for n in later}


def test_a_day_that_would_change_nothing_is_refused():
    """Segments by age, income and score as the file has them rest on no date."""
    mall = sample_mall(200, seed=0)
    model = fit(mall, k=4, settings=FitSettings(stability_pairs=0))
    with pytest.raises(SettingsError, match="nothing that counts to a day"):
        score(model, mall, as_of=LATER)


def test_orders_count_to_the_day_and_the_model_stays_as_it_is(tmp_path):
    """New orders count up to the day; the segmentation that was given still counts to its own."""
    orders = sample_orders(80, seed=0)
    model = fit(orders=orders, k=3, settings=FitSettings(stability_pairs=0))
    own = model.recipe.as_of
    assert own is not None
    recency = score(model, orders=orders)["recency_days"]
    moved = score(model, orders=orders, as_of=own + timedelta(days=30))["recency_days"]
    assert (moved - recency).unique().to_list() == [30]
    assert model.recipe.as_of == own
