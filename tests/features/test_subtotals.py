"""A column that is the sum of its sisters is found by its cells and counted once."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from segmentry.features.choice import FeatureSettings
from segmentry.features.customers import Customers, prepare_customers
from segmentry.features.subtotals import find_subtotals
from segmentry.tables import ReadingSettings, read

N = 200


def prepared(settings: dict[str, Any] | None = None, **more: Any) -> Customers:
    drawn = np.random.default_rng(1)
    parts = {f"spent_{what}": np.floor(drawn.exponential(90.0, N)) for what in ("wine", "fish", "toys")}
    bought = {f"{where}_purchases": drawn.integers(0, 12, N).astype(float) for where in ("web", "store", "catalog")}
    made = {"id": [f"c{i}" for i in range(N)], **parts, **bought}
    made |= {name: sum(made[part] for part in of.split("+")) for name, of in more.items()}
    return prepare_customers(read(pl.DataFrame(made), ReadingSettings()), FeatureSettings(**(settings or {})))


def sources(customers: Customers, feature: str) -> tuple[str, ...]:
    return next(f.sources for f in customers.features if f.name == feature)


def told(customers: Customers) -> list[str]:
    return [n.message for n in customers.notices if n.code == "subtotal"]


def test_a_subtotal_is_left_out_of_the_spend():
    """Food, which is wine and fish together, would make their money count twice in the total and its shares."""
    found = prepared(spent_food="spent_wine+spent_fish")
    assert set(sources(found, "spend_total")) == {"spent_wine", "spent_fish", "spent_toys"}
    assert "spend_share_food" not in {f.name for f in found.features}
    [message] = told(found)
    assert message.startswith("'spent_food' is the sum of 'spent_wine' and 'spent_fish'. It is left out of the spend")


def test_the_sum_of_all_is_the_total():
    """A total that no word of its name calls one is used as it stands, and so is one of purchases."""
    found = prepared(
        spent_goods_we_sell="spent_wine+spent_fish+spent_toys",
        app_purchases="web_purchases+store_purchases+catalog_purchases",
    )
    assert sources(found, "spend_total") == ("spent_goods_we_sell",)
    assert sources(found, "purchases_total") == ("app_purchases",)
    assert all("is taken as the total" in message for message in told(found))


def test_a_subtotal_inside_a_total_is_found_as_well():
    """Of two sums of which one holds the other, the larger is the total."""
    found = prepared(spent_food="spent_wine+spent_fish", spent_goods="spent_wine+spent_fish+spent_toys")
    assert sources(found, "spend_total") == ("spent_goods",)
    assert len(told(found)) == 2


def test_children_are_counted_once():
    """Of kids, teens and children, which are both together, the last alone says how many."""
    drawn = np.random.default_rng(2)
    kids, teens = (drawn.integers(0, 3, N).astype(float) for _ in range(2))
    frame = pl.DataFrame({"id": range(N), "kids": kids, "teens": teens, "children": kids + teens, "age": 30.0 + kids})
    found = prepare_customers(read(frame, ReadingSettings()), FeatureSettings())
    assert sources(found, "children") == ("children",)


@pytest.mark.parametrize("role", ["spend_part", "money"])
def test_a_stated_role_stands(role: str):
    """Whoever states what a column is knows better."""
    found = prepared({"roles": {"spent_food": role}}, spent_food="spent_wine+spent_fish")
    assert next(r.role for r in found.roles if r.column == "spent_food") == role
    assert told(found) == []


def test_sisters_that_add_up_in_some_rows_only_are_parts():
    """A few wrong rows make no other sum of it; a third of them do."""
    base = prepared(spent_food="spent_wine+spent_fish").sample.frame.collect().to_polars().drop("__row__", strict=False)
    for every, n in ((100, 1), (3, 0)):
        off = pl.when(pl.int_range(pl.len()) % every == 0).then(7.0).otherwise(0.0)
        frame = base.with_columns(pl.col("spent_food") + off)
        found = prepare_customers(read(frame, ReadingSettings()), FeatureSettings())
        assert len(told(found)) == n


def test_a_sum_is_found_among_a_hundred_columns_with_copies_and_multiples():
    """What another column repeats, or follows from by a factor, is no part, and hides none."""
    drawn = np.random.default_rng(3)
    parts = {f"p{i}": np.floor(drawn.exponential(90.0, N)) for i in range(100)}
    sums = {"some": parts["p4"] + parts["p90"], "all": sum(parts.values())}
    found = find_subtotals({"twice": 2 * parts["p7"], **parts, "p8_again": parts["p8"].copy(), **sums})
    assert [(one.column, one.parts) for one in found] == [("some", ("p4", "p90")), ("all", tuple(parts))]
