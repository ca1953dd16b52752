"""What segments buy, from a shop with planted tastes, and from one where nobody has any."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from segmentry.baskets import Baskets, study_baskets
from segmentry.baskets.recommendations import recommend_to_segments
from segmentry.baskets.results import Ratio
from segmentry.purchases import Purchases, open_log
from segmentry.tables import read

SEGMENTS = ["s1", "s2", "s3"]


@pytest.fixture(scope="module")
def found(tea_shop: Purchases, placed: nw.LazyFrame[Any]) -> Baskets:
    return study_baskets(tea_shop, placed, SEGMENTS)


def test_planted_tastes_are_found(found: Baskets) -> None:
    """Those who were made to love tea are told by tea and honey, those who love cake by cake and coffee."""
    assert {i.item for i in found.typical("s1", "product")} >= {"tea", "honey"}
    assert {i.item for i in found.typical("s2", "product")} == {"cake", "coffee"}
    assert found.typical("s3", "product") == ()


def test_shares_are_those_of_customers(found: Baskets, shop: ModuleType) -> None:
    """The share is customers of the segment with the product by its customers; the lift that by everyone's share."""
    log = shop.shop().with_columns(n=pl.col("customer_id").str.strip_chars("c").cast(pl.Int64))
    lovers = log.filter(pl.col("n") % 5 == 0)
    own = lovers.filter(pl.col("product") == "tea")["customer_id"].n_unique() / lovers["customer_id"].n_unique()
    everyone = log.filter(pl.col("product") == "tea")["customer_id"].n_unique() / log["customer_id"].n_unique()
    [tea] = [i for i in found.typical("s1", "product") if i.item == "tea"]
    assert tea.share == pytest.approx(own)
    assert tea.everyone == pytest.approx(everyone)
    assert tea.lift is not None
    assert tea.lift.value == pytest.approx(own / everyone)
    assert tea.lift.low < tea.lift.value


def test_first_purchase_is_what_the_first_day_held(found: Baskets, shop: ModuleType) -> None:
    """The share of the segment whose first day of buying held the item."""
    log = shop.shop().with_columns(n=pl.col("customer_id").str.strip_chars("c").cast(pl.Int64))
    lovers = log.filter(pl.col("n") % 5 == 1)
    first = lovers.filter(pl.col("order_date") == pl.col("order_date").min().over("customer_id"))
    own = first.filter(pl.col("product") == "cake")["customer_id"].n_unique()
    [cake] = [i for i in found.of("s2", "product") if i.item == "cake"]
    assert cake.first == own
    assert cake.starts


def test_buying_more_often_is_no_taste(shop: ModuleType, placed: nw.LazyFrame[Any]) -> None:
    """Where all buy alike and some more often, at most one of ten shops has an item that is called typical, and at most
    one a pair that follows, though frequent buyers surely bought more of nearly every item."""
    typical = following = 0
    for seed in range(10):
        log = open_log(read(shop.shop(seed=seed, tastes=False)))
        found = study_baskets(log, placed, SEGMENTS)
        typical += any(i.is_typical for i in found.items)
        following += bool(found.following)
        lifted = [i for i in found.of("s1", "product") if i.lift is not None and i.lift.is_more]
        assert len(lifted) >= 10
    assert typical <= 1
    assert following <= 1


def test_next_purchase_that_was_planted_leads(found: Baskets) -> None:
    """After tea come lemons: that pair is the surest of all customers, and its reason says so."""
    first = next(f for f in found.following if f.segment == "all" and f.level == "product")
    assert (first.item, first.then) == ("tea", "lemon")
    assert first.share > 1.5 * first.otherwise
    said = next(r for r in found.recommendations if r.kind == "next" and r.item == "lemon")
    assert said.reason.startswith("After “tea”: ")


def test_offers_are_for_those_who_have_not_bought(found: Baskets) -> None:
    """An offer reaches the buyers of the segment without the item, and says why in words."""
    offer = next(r for r in found.recommendations if r.segment == "s1" and r.item == "honey")
    [honey] = [i for i in found.typical("s1", "product") if i.item == "honey"]
    assert offer.kind == "offer"
    assert offer.reach == honey.buyers - honey.customers
    assert "times the share of all customers (at least" in offer.reason


def test_segment_without_a_taste_is_offered_what_is_no_rarer_in_it(found: Baskets) -> None:
    """Where nothing is typical, the item bought by most is named, of those no rarer there than among everyone."""
    first, *rest = found.of("s3", "product")
    items = (first, *(replace(i, everyone=i.share) for i in rest))
    [offered] = recommend_to_segments(replace(found, items=items, following=()), ["s3"])
    assert (offered.kind, offered.item) == ("popular", rest[0].item)
    assert "no rarer in it than among all customers" in offered.reason
    assert "more of everything" not in offered.reason


def test_what_is_clearly_more_than_usual_is_not_called_as_usual(found: Baskets) -> None:
    """What surely more of a segment bought, as its many orders account for, is offered with that as the reason."""
    first = found.of("s1", "product")[0]
    more = replace(first, lift=Ratio(3.1, 2.4, 3.9), mix=Ratio(1.0, 0.9, 1.1), customers=first.buyers - 10)
    [offered] = recommend_to_segments(replace(found, items=(more,), following=()), ["s1"])
    assert (offered.kind, offered.reach) == ("popular", 10)
    assert offered.reason.endswith("That its customers buy more of everything may be why.")
    assert offered.reason.startswith("Nothing is typical of this segment")


def test_a_popular_item_that_a_few_lack_is_not_offered(found: Baskets) -> None:
    """Fewer than ten customers to offer it to would be pointed at by their number; the next item stands in."""
    first, second, *_ = (replace(i, everyone=i.share) for i in found.of("s3", "product"))
    few = replace(first, customers=first.buyers - 9)
    [offered] = recommend_to_segments(replace(found, items=(few, second), following=()), ["s3"])
    assert offered.item == second.item
    assert recommend_to_segments(replace(found, items=(few,), following=()), ["s3"]) == ()


def test_where_nearly_all_have_what_is_typical_that_is_said(found: Baskets) -> None:
    """A typical item that fewer than ten lack is not offered, nor is it said that nothing is typical."""
    typical = found.typical("s1", "product")[0]
    few = replace(typical, customers=typical.buyers - 9)
    usual = next(replace(i, everyone=i.share) for i in found.of("s1", "product") if not i.is_typical)
    [offered] = recommend_to_segments(replace(found, items=(few, usual), following=()), ["s1"])
    assert offered.item == usual.item
    assert offered.reason.startswith("Nearly all of this segment have bought what is typical of it.")


def test_nothing_is_offered_that_is_rarer_in_the_segment_than_among_everyone(found: Baskets) -> None:
    """Those who come now and then buy less of everything, and are offered none of it."""
    assert all(i.share < i.everyone for i in found.of("s3", "product"))
    assert not [r for r in found.recommendations if r.segment == "s3" and r.kind != "next"]


def test_no_figure_rests_on_fewer_than_ten(tea_shop: Purchases, shop: ModuleType) -> None:
    """Cells of fewer than ten buyers are left out, and so is a segment of nine, from everyone too."""
    nine = pl.DataFrame(
        {"customer": [f"c{i}" for i in range(1000)], "segment": ["s2"] * 9 + ["s1"] * 991}
    )  # fmt: skip
    found = study_baskets(tea_shop, nw.from_native(nine.lazy()), ["s1", "s2"])
    assert {i.segment for i in found.items} == {"s1"}
    assert all(i.customers >= 10 and i.buyers == 991 and i.lift is None for i in found.items)
    assert all((i.first is None) == (i.first_share is None) for i in found.items)


def test_rare_items_are_not_compared(shop: ModuleType, placed: nw.LazyFrame[Any]) -> None:
    """A product that 29 customers bought is seen and not compared; one that 30 bought is."""
    for buyers, more in ((29, 0), (30, 1)):
        rare = [(f"r{i}", f"c{5 * i}", "2025-06-01", "kumquat", "fruit", 3.0, 1) for i in range(buyers)]
        log = shop.shop().with_columns(pl.col("order_date").cast(pl.String))
        log = pl.concat([log, pl.DataFrame(rare, schema=log.schema, orient="row")])
        found = study_baskets(open_log(read(log)), placed, SEGMENTS)
        assert found.seen == {"product": 13, "category": 4}
        assert found.compared == {"product": 12 + more, "category": 4}


def test_log_without_products_says_why(shop: ModuleType, placed: nw.LazyFrame[Any]) -> None:
    """Without product and category there is nothing, and the reason."""
    log = open_log(read(shop.shop().drop("product", "category")))
    found = study_baskets(log, placed, SEGMENTS)
    assert found.items == ()
    assert "neither products nor categories" in found.absent


def test_returns_are_no_purchases(shop: ModuleType, placed: nw.LazyFrame[Any]) -> None:
    """A product that was only ever given back was bought by nobody."""
    log = shop.shop().with_columns(pl.col("quantity").cast(pl.Int64))
    back = [(f"b{i}", f"c{i}", log["order_date"][0], "broken cup", "basics", 3.0, -1) for i in range(200)]
    log = pl.concat([log, pl.DataFrame(back, schema=log.schema, orient="row")])
    found = study_baskets(open_log(read(log)), placed, SEGMENTS)
    assert found.seen is not None
    assert found.seen["product"] == 12


def test_popular_products_are_those_that_most_customers_bought_of_their_category(
    found: Baskets, shop: ModuleType
) -> None:
    """Every product of every category, by the customers who bought it; none without both, nor of too few."""
    log = shop.shop()
    bought = log.group_by("category", "product").agg(pl.col("customer_id").n_unique().alias("n"))
    ranked = bought.sort("n", "product", descending=[True, False])
    for category in log["category"].unique():
        rows = ranked.filter(pl.col("category") == category).select("product", "n").rows()
        assert [(p.item, p.customers) for p in found.popular if p.category == category] == rows
    assert all(p.share == p.customers / log["customer_id"].n_unique() for p in found.popular)
    assert next(p.category for p in found.popular) == "basics"


def test_charges_are_no_items(found: Baskets, shop: ModuleType, placed: nw.LazyFrame[Any]) -> None:
    """Postage on orders of those who love tea is neither seen, typical, next nor offered, and changes no other item."""
    log = shop.shop()
    charged = log.filter(pl.col("customer_id").str.strip_chars("c").cast(pl.Int64) % 5 == 0)
    postage = charged.unique("order_id", maintain_order=True).with_columns(product=pl.lit("POSTAGE"))
    again = study_baskets(open_log(read(pl.concat([log, postage]))), placed, SEGMENTS)
    assert again == found


def test_numbers_of_products_are_shown_by_name(shop: ModuleType, placed: nw.LazyFrame[Any]) -> None:
    """Where the log has numbers and names, items are known by number and shown by name."""
    log = shop.shop().with_columns(sku=pl.col("product").str.slice(0, 3).str.to_uppercase() + "-1")
    log = log.rename({"product": "product_name"})
    found = study_baskets(open_log(read(log)), placed, SEGMENTS)
    [tea] = [i for i in found.typical("s1", "product") if i.name == "tea"]
    assert tea.item == "TEA-1"


def test_order_of_rows_changes_nothing(found: Baskets, shop: ModuleType, placed: nw.LazyFrame[Any]) -> None:
    """Shuffled lines give the same result, to the last digit."""
    shuffled = shop.shop().sample(fraction=1.0, shuffle=True, seed=3)
    again = study_baskets(open_log(read(shuffled)), placed, SEGMENTS)
    assert again == found


def test_frames_have_a_row_each(found: Baskets) -> None:
    """Items, pairs and recommendations come as frames, ratios as three columns."""
    assert found.frame().height == len(found.items)
    assert {"lift", "lift_low", "lift_high"} <= set(found.frame().columns)
    assert found.recommendations_frame().height == len(found.recommendations)
    assert found.following_frame().height == len(found.following)
    assert replace(found, items=()).frame().height == 0
