"""Offers to one customer: never what they have, and why in words."""

from __future__ import annotations

import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import SettingsError
from segmentry.explanations import recommend
from segmentry.samples import sample_marketing
from segmentry.scoring import score
from segmentry.segmentation import Segmentation


def test_nothing_is_offered_that_was_bought(tea_shop_segmentation: Segmentation, tea_shop_lines: pl.DataFrame) -> None:
    """Offers are items that the customer has not bought, each once, at most as many as asked for."""
    for customer in ("c0", "c1", "c2", "c3", "c7"):
        own = tea_shop_lines.filter(pl.col("customer_id") == customer)
        bought = {*own["product"], *own["category"]}
        found = recommend(tea_shop_segmentation, tea_shop_lines, customer, most=4)
        items = [offer.item for offer in found.offers]
        assert not bought & set(items)
        assert len(items) == len(set(items)) <= 4
        assert found.bought == own["product"].n_unique() + own["category"].n_unique()


def test_segment_is_the_one_that_scoring_gives(
    tea_shop_segmentation: Segmentation, tea_shop_lines: pl.DataFrame
) -> None:
    """One customer's orders place them as all orders do."""
    scored = score(tea_shop_segmentation, orders=tea_shop_lines)
    placed = dict(zip(scored["customer_id"], scored["segment_id"], strict=True))
    for customer in ("c0", "c1", "c2", "c8", "c15"):
        assert recommend(tea_shop_segmentation, tea_shop_lines, customer).segment_id == placed[customer]


def test_what_follows_the_last_order_comes_first(
    tea_shop_segmentation: Segmentation, tea_shop_lines: pl.DataFrame
) -> None:
    """A customer whose last order held tea, and who never bought lemons, is offered lemons."""
    last = tea_shop_lines.filter(pl.col("order_date") == pl.col("order_date").max().over("customer_id"))
    with_tea = last.filter(pl.col("product") == "tea")["customer_id"]
    with_lemon = tea_shop_lines.filter(pl.col("product") == "lemon")["customer_id"]
    customer = min(set(with_tea) - set(with_lemon))
    first = recommend(tea_shop_segmentation, tea_shop_lines, customer).offers[0]
    assert first.item == "lemon"
    assert first.reason.startswith("Their last order held “tea”")


def test_unknown_customer_is_told_without_repeating_the_id(
    tea_shop_segmentation: Segmentation, tea_shop_lines: pl.DataFrame
) -> None:
    """An id that has no orders is an error that does not show it."""
    with pytest.raises(SettingsError, match="no orders of a customer") as caught:
        recommend(tea_shop_segmentation, tea_shop_lines, "anna@example.org")
    assert "anna" not in str(caught.value)


def test_customers_without_orders_give_no_offers(tea_shop_lines: pl.DataFrame) -> None:
    """A segmentation of a customer table does not know what they buy, and says what to do."""
    customers = sg.fit(sample_marketing(300, seed=0), k=2)
    with pytest.raises(SettingsError, match="does not know what customers buy"):
        recommend(customers, tea_shop_lines, "c1")


def test_log_without_products_gives_the_reason(tea_shop_lines: pl.DataFrame) -> None:
    """Fitted from orders that name no items, the error names what is lacking."""
    plain = sg.fit(orders=tea_shop_lines.drop("product", "category"), k=2)
    with pytest.raises(SettingsError, match="neither products nor categories"):
        recommend(plain, tea_shop_lines, "c1")


def test_segments_of_orders_and_customers_need_both(tea_shop_lines: pl.DataFrame) -> None:
    """Fitted from orders beside a customer table, a customer is placed by both; without the table the error says so."""
    table = pl.DataFrame({"customer_id": [f"c{i}" for i in range(1000)], "age": [20 + i % 50 for i in range(1000)]})
    both = sg.fit(orders=tea_shop_lines, customers=table, k=2, features=["n_orders", "age"])
    scored = dict(
        zip(*score(both, table, orders=tea_shop_lines)[["customer_id", "segment_id"]].get_columns(), strict=True)
    )
    assert recommend(both, tea_shop_lines, "c5", customers=table).segment_id == scored["c5"]
    with pytest.raises(SettingsError, match="and on a table of customers"):
        recommend(both, tea_shop_lines, "c5")
