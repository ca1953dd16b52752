"""The made-up mall and the made-up online shop."""

from __future__ import annotations

import hashlib
from itertools import combinations

import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from segmentry import fit, score
from segmentry.errors import SettingsError
from segmentry.samples import SHOPS, sample_ecommerce, sample_mall, sample_mall_truth
from segmentry.samples.drawing import BLOCK_ROWS
from segmentry.samples.shop import Shop

PINNED = {
    "mall": "ff4bebd74008b4169cdfc49561e58f590a2e33d3175db79cbf7d580cc08c3ca0",
    "ecommerce": "551c2d8ec8487118922e06a3bdfc31a4d423896fd379ce15d7f2d2091d22185d",
}


@pytest.fixture(params=["mall", "ecommerce"])
def shop(request: pytest.FixtureRequest) -> Shop:
    return SHOPS[request.param]


def test_the_same_arguments_give_the_same_bytes(shop: Shop) -> None:
    """A sample is pinned: every machine, version and day gives these very customers."""
    text = shop.customers(300, 1).write_csv() + shop.truth(300, 1).write_csv()
    assert hashlib.sha256(text.encode()).hexdigest() == PINNED[shop.name]


def test_a_longer_sample_begins_with_the_shorter(shop: Shop) -> None:
    """A row depends on its own number, not on how many rows are asked for, across blocks too."""
    longer = shop.customers(BLOCK_ROWS + 500, 3)
    assert shop.customers(123, 3).equals(longer.head(123))
    assert shop.customers(561, 3, start=BLOCK_ROWS - 61).equals(longer.tail(561))
    assert shop.truth(561, 3, start=BLOCK_ROWS - 61).equals(shop.truth(BLOCK_ROWS + 500, 3).tail(561))


def test_another_seed_gives_other_customers(shop: Shop) -> None:
    """The seed matters in every column but the id."""
    one, other = shop.customers(400, 1), shop.customers(400, 2)
    assert [name for name in one.columns if one[name].equals(other[name])] == ["customer_id"]


def test_the_truth_goes_with_the_table(shop: Shop) -> None:
    """Ids match row by row, are unique, and five kinds are there, none of them tiny."""
    table, truth = shop.customers(shop.rows, 0), shop.truth(shop.rows, 0)
    assert truth.columns == ["customer_id", "group"]
    assert truth["customer_id"].equals(table["customer_id"])
    assert table["customer_id"].is_unique().all()
    sizes = truth["group"].value_counts()["count"]
    assert len(sizes) == 5
    assert sizes.min() >= 0.08 * shop.rows


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.thorough("ecommerce-1", "ecommerce-2", "mall-1", "mall-2")
def test_the_kinds_are_found_by_a_plain_fit(shop: Shop, seed: int) -> None:
    """With no option, a fit finds five segments that are the planted groups."""
    table = shop.customers(shop.rows, seed)
    segmentation = fit(table)
    found = score(segmentation, table)["segment_id"]
    assert segmentation.k == 5
    assert adjusted_rand_score(shop.truth(shop.rows, seed)["group"], found) > 0.95


def test_mall_values_are_plausible() -> None:
    """Ages, incomes and scores keep to their ranges, and the scores do not pile up at an end."""
    table = sample_mall(5_000, 0)
    assert table.columns == ["customer_id", "gender", "age", "income_k_usd", "spending_score"]
    assert table["customer_id"].head(2).to_list() == ["0001", "0002"]
    assert table["age"].is_between(18, 75).all()
    assert table["income_k_usd"].is_between(8, 140).all()
    assert table["spending_score"].is_between(1, 100).all()
    assert table["spending_score"].value_counts()["count"].max() < 0.06 * table.height
    assert sample_mall_truth(5_000, 0)["group"].n_unique() == 5


def test_ecommerce_values_are_plausible() -> None:
    """Amounts, ratings and days keep to their ranges; flags are words; a few were not asked."""
    table = sample_ecommerce(5_000, 0)
    assert len(table.columns) == 11
    assert table["age"].is_between(18, 85).all()
    assert table["total_spend"].is_between(50, 3_000).all()
    assert (table["items_purchased"] >= 1).all()
    assert table["average_rating"].is_between(1, 5).all()
    assert table["days_since_purchase"].is_between(0, 120).all()
    assert set(table["discount_applied"]) == {"TRUE", "FALSE"}
    assert 0.003 < table["satisfaction"].null_count() / 5_000 < 0.02


def test_no_ecommerce_column_gives_another_away() -> None:
    """City, tier, discount and satisfaction tell little of each other, unlike in files made by rule."""
    table = sample_ecommerce(5_000, 0).drop_nulls()
    for one, other in combinations(["city", "membership_tier", "discount_applied", "satisfaction", "gender"], 2):
        assert normalized_mutual_info_score(table[one], table[other]) < 0.2, (one, other)
    measures = table.select("age", "total_spend", "items_purchased", "average_rating", "days_since_purchase")
    for one, other in combinations(measures.columns, 2):
        assert abs(measures.select(pl.corr(one, other)).item()) < 0.85, (one, other)


@pytest.mark.parametrize(("rows", "seed", "start"), [(0, 0, 0), (5, -1, 0), (5, 2**64, 0), (5, 0, -1)])
def test_impossible_samples_are_refused(shop: Shop, rows: int, seed: int, start: int) -> None:
    """Rows, seed and start out of range are errors that say what to pass."""
    with pytest.raises(SettingsError, match=r"Found: .* (Ask|Pass) "):
        shop.customers(rows, seed, start=start)
