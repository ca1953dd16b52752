"""Customers who may have been entered twice are said, by a fit as by an inspection."""

from __future__ import annotations

import polars as pl

from segmentry.features.choice import FeatureSettings
from segmentry.features.customers import prepare_customers
from segmentry.samples import sample_mall, sample_marketing
from segmentry.tables import ReadingSettings, read


def _said(frame_or_path):
    customers = prepare_customers(read(frame_or_path, ReadingSettings()), FeatureSettings())
    return [notice.message for notice in customers.notices if notice.code == "repeated-rows"]


def test_rows_that_repeat_apart_from_the_id_are_counted():
    """Five customers entered again under other ids are five repeats, also where one was entered three times."""
    shop = sample_marketing(300, seed=1)
    again = pl.concat([shop.head(4), shop.head(1)]).with_columns(customer_id="new" + pl.int_range(5).cast(pl.String))
    [said] = _said(pl.concat([shop, again]))
    assert said.startswith("5 rows repeat another row apart from 'customer_id'.")
    assert _said(shop) == []


def test_the_real_campaign_table_has_182(shared_data):
    """The count of the inspection, in a fit."""
    [said] = _said(shared_data / "marketing_campaign.csv")
    assert said.startswith("182 rows repeat another row apart from 'ID'.")


def test_equal_rows_are_no_surprise_where_there_are_few_different_ones():
    """Two customers of a hundred with one age and one score may well be two."""
    few = sample_mall(400, seed=0).select(pl.col("age") // 10, pl.col("gender"))
    assert few.is_duplicated().any()
    assert _said(few) == []


def test_customers_with_other_names_are_no_repeats():
    """Three who are alike but for their names are three; entered again under new ids and addresses they are repeats."""
    shop = sample_marketing(300, seed=1)
    alike = pl.concat([shop, shop.head(3)]).with_columns(
        customer_id=pl.format("c{}", pl.int_range(303)),
        email=pl.format("p{}@example.org", pl.int_range(303)),
        surname=pl.format("Name {}", pl.int_range(303)),
    )
    assert _said(alike) == []
    again = alike.head(3).with_columns(customer_id=pl.format("d{}", pl.int_range(3)), email=pl.lit("q@example.org"))
    [said] = _said(pl.concat([alike, again]))
    assert said.startswith("3 rows repeat another row apart from 'customer_id', 'email'.")


def test_what_many_have_in_common_is_no_repeat():
    """Thirty who did nothing yet are thirty customers, of whom the table says the same."""
    shop = sample_marketing(300, seed=1)
    new = pl.concat([shop.head(1)] * 30).with_columns(customer_id=pl.format("new{}", pl.int_range(30)))
    assert _said(pl.concat([shop.tail(299), new])) == []
