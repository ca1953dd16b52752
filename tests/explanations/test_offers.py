"""Offers to one customer: never what they have, and why in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import SettingsError
from segmentry.explanations import recommend
from segmentry.samples import sample_marketing, sample_orders
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


def test_postage_is_nothing_that_was_bought(tea_shop_segmentation: Segmentation, tea_shop_lines: pl.DataFrame) -> None:
    """A line of postage counts as no product of the customer, as it counts as none of the segments."""
    assert tea_shop_segmentation.orders is not None
    with_postage = replace(tea_shop_segmentation, orders=replace(tea_shop_segmentation.orders, charges=1))
    sent = tea_shop_lines.filter(pl.col("customer_id") == "c0").head(1).with_columns(product=pl.lit("Postage"))
    lines = pl.concat([tea_shop_lines, sent.with_columns(category=pl.lit("Shipping"))])
    assert recommend(with_postage, lines, "c0") == recommend(tea_shop_segmentation, tea_shop_lines, "c0")
    assert recommend(tea_shop_segmentation, lines, "c0").bought > recommend(with_postage, lines, "c0").bought


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


def test_the_category_they_buy_most_comes_before_what_the_segment_buys_most(
    tea_shop_segmentation: Segmentation, tea_shop_lines: pl.DataFrame
) -> None:
    """Offers of the favourite category are of it, not yet bought, and say which it is and how many bought them."""
    lines = tea_shop_lines.filter(pl.col("customer_id") == "c2").head(0)
    mine = [("x1", "fruit", "apple"), ("x1", "basics", "milk"), ("x2", "fruit", "apple")]
    new = pl.DataFrame(
        [(order, "new", date(2025, 12, 20), item, kind, 2.0, 1) for order, kind, item in mine],
        schema=lines.schema,
        orient="row",
    )
    found = recommend(tea_shop_segmentation, new, "new", most=30)
    [lemon] = [o for o in found.offers if o.item == "lemon" and o.reason.startswith("Of ")]
    assert lemon.reason.startswith("Of “fruit”, which they bought most often; ")
    assert lemon.reason.endswith(" of all customers bought it.")
    after = [o.reason for o in found.offers[found.offers.index(lemon) + 1 :]]
    assert all(reason.startswith("Bought by ") for reason in after)


def test_offers_hit_what_is_bought_later_more_often_than_what_is_popular() -> None:
    """Of 40 made-up customers who bought something new later, five offers held it for more than five best-sellers."""
    orders = sample_orders(3000, seed=0).with_columns(day=pl.col("ordered_at").cast(pl.String).str.slice(0, 10))
    sold = orders.filter(pl.col("amount").cast(pl.Float64) > 0)
    before, after = (sold.filter(pl.col("day") < "2024-04-01"), sold.filter(pl.col("day") >= "2024-04-01"))
    model = sg.fit(orders=before.drop("day"), k=4)
    had, then = ({c[0]: set(g["product"]) for c, g in part.group_by("customer_id")} for part in (before, after))
    returned = sorted(c for c in then if c in had and then[c] - had[c])
    some = returned[:: len(returned) // 40][:40]
    counted = before.group_by("product").agg(pl.col("customer_id").n_unique().alias("n"))
    best = counted.sort("n", "product", descending=[True, False])["product"].to_list()
    hits = sellers = 0
    for customer in some:
        own = before.filter(pl.col("customer_id") == customer).drop("day")
        offered = {o.item for o in recommend(model, own, customer).offers}
        hits += bool(offered & (then[customer] - had[customer]))
        sellers += bool({*[p for p in best if p not in had[customer]][:5]} & then[customer])
    assert len(some) == 40
    assert hits >= 1.2 * sellers
