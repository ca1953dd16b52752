"""A discount is taken off quantity x unit price where its cells or its name say what it is, and told of either way."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from segmentry.errors import SettingsError
from segmentry.purchases import Purchases, PurchaseSettings, open_like, open_log, read_log

SHARES = [0.0, 0.1, 0.25]


def opened(
    discounts: list[Any], name: str = "Discount", settings: PurchaseSettings | None = None, **more: Any
) -> Purchases:
    """Thirty lines of two at 10.00 with these discounts in turn."""
    n = 30
    own = [discounts[i % len(discounts)] for i in range(n)]
    columns = {"OrderID": [f"o{i}" for i in range(n)], "CustomerID": [f"c{i % 5}" for i in range(n)],
               "OrderDate": [f"2026-01-{1 + i % 28:02}" for i in range(n)], "UnitPrice": ["10.00"] * n,
               "Quantity": [2] * n, name: own, **more}  # fmt: skip
    return open_log(read_log(pl.DataFrame(columns, strict=False)), settings)


def codes(found: Purchases) -> set[str]:
    return {n.code for n in found.notices} & {"discount-off", "unclear-discount"}


@pytest.mark.parametrize(
    ("name", "discounts", "how", "sold"),
    [
        ("Discount", SHARES, "fraction", 530.0),
        ("discount_rate", SHARES, "fraction", 530.0),
        ("Discount", ["0 %", "10 %", "25 %"], "percent", 530.0),
        ("discount percent", [0, 10, 25], "percent", 530.0),
        ("Discount amount", ["0.00", "2.00", "5.00"], "amount", 530.0),
        ("Discount amount", ["0.00", "-2.00", "-5.00"], "amount", 530.0),
        ("Discount", ["€0.00", "€2.00", "€5.00"], "amount", 530.0),
    ],
)
def test_a_discount_that_is_clear_is_taken_off(name: str, discounts: list[Any], how: str, sold: float) -> None:
    """A share from 0 to 1, percent, or an amount off the line; later orders are counted in the same way."""
    found = opened(discounts, name)
    assert (found.recipe.discount_is, found.account.sold) == (how, sold)
    assert codes(found) == {"discount-off"}
    assert open_like(found.table, found.recipe).account.sold == sold


@pytest.mark.parametrize(
    ("name", "discounts"),
    [
        ("Discount", [0, 5, 15]),
        ("Discount", [-0.2, 0.1]),
        ("Discount %", [0, 10, 250]),
        ("Discount amount", ["0.00", "0.10", "0.25"]),
        ("Discount amount", ["1.00", "25.00"]),
    ],
)
def test_a_discount_that_may_be_either_is_left_and_told_of(name: str, discounts: list[Any]) -> None:
    """Percent or money, or more than the line costs: nothing is taken off, and the warning says how to settle it."""
    found = opened(discounts, name)
    assert (found.recipe.discount_is, found.account.sold, codes(found)) == ("none", 600.0, {"unclear-discount"})


@pytest.mark.parametrize("discounts", [[0, 1], [0, 0], ["yes", "no"], ["SPRING", None]])
def test_a_mark_of_a_discount_is_none_to_take_off(discounts: list[Any]) -> None:
    """A yes and no, or a code, says that there was a discount and not how much; nothing is said."""
    found = opened(discounts)
    assert (found.recipe.discount_is, found.account.sold, codes(found)) == ("none", 600.0, set())


def test_what_a_line_cost_has_its_discount_off() -> None:
    """Where lines have an amount of their own, that is what counts."""
    found = opened(SHARES, LineTotal=["20.00"] * 30)
    assert (found.recipe.column("amount"), found.account.sold, codes(found)) == ("LineTotal", 600.0, set())


def test_what_is_stated_of_a_discount_holds() -> None:
    """`discount_is` settles it, without a warning; where there is nothing to take off it is an error."""
    for how, sold in (("none", 600.0), ("fraction", 530.0), ("percent", 599.3)):
        found = opened(SHARES, settings=PurchaseSettings(discount_is=how))  # type: ignore[arg-type]
        assert (found.account.sold, codes(found)) == (sold, set())
    with pytest.raises(SettingsError, match="no discount that could be taken off"):
        opened(SHARES, settings=PurchaseSettings(discount_is="fraction"), LineTotal=["20.00"] * 30)


def test_a_later_discount_beyond_the_whole_leaves_nothing() -> None:
    """A share of 3 in later orders makes the line free, and no return."""
    found = opened(SHARES)
    later = found.table.frame.to_native().collect().with_columns(Discount=pl.lit(3.0))
    account = open_like(read_log(later.select(found.table.names)), found.recipe).account
    assert (account.sold, account.returns) == (0.0, 0)


def test_a_return_gives_back_what_was_paid() -> None:
    """A negative quantity takes back the price with its discount off."""
    rows = [("o1", "a", "2026-01-01", 2, "10.00", 0.25), ("o2", "a", "2026-01-03", -1, "10.00", 0.25),
            ("o3", "b", "2026-01-04", 1, "10.00", 0.0)]  # fmt: skip
    names = ["order_id", "customer_id", "order_date", "quantity", "unit_price", "discount"]
    account = open_log(read_log(pl.DataFrame(rows, schema=names, orient="row"))).account
    assert (account.sold, account.returned) == (25.0, 7.5)
