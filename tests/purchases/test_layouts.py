"""The exports of well-known shops and payment services: small made-up files in their real layouts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segmentry.purchases import Purchases, customers_of, looks_like_log, open_log, read_log
from segmentry.tables import read

LAYOUTS = Path(__file__).parent / "layouts"
ROLES = {
    "online_retail": {
        "customer": "CustomerID", "time": "InvoiceDate", "quantity": "Quantity", "unit_price": "UnitPrice",
        "order": "InvoiceNo", "product": "StockCode", "product_name": "Description",
    },
    "shopify_orders": {
        "customer": "Email", "time": "Created at", "amount": "Total", "quantity": "Lineitem quantity",
        "unit_price": "Lineitem price", "order": "Name", "product": "Lineitem sku", "product_name": "Lineitem name",
        "channel": "Source", "discount": "Discount Amount", "status": "Financial Status", "refunded": "Refunded Amount",
        "cancelled": "Cancelled at", "currency": "Currency",
    },
    "woocommerce_lines": {
        "customer": "customer_id", "time": "date", "amount": "order_total", "quantity": "item_quantity",
        "order": "order_id", "product": "item_sku", "product_name": "item_name", "discount": "discount_total",
        "status": "status", "refunded": "refunded_total", "currency": "order_currency",
    },
    "woocommerce_orders": {
        "customer": "Customer", "time": "Date", "amount": "Net Sales", "quantity": "Items sold", "order": "Order #",
        "product": "Product(s)", "product_name": "Product(s)", "discount": "Coupon(s)", "status": "Status",
    },
    "stripe_charges": {
        "customer": "Customer ID", "time": "Created (UTC)", "amount": "Amount", "order": "id", "status": "Status",
        "refunded": "Amount Refunded", "currency": "Currency",
    },
}  # fmt: skip


def opened(name: str) -> Purchases:
    return open_log(read(LAYOUTS / f"{name}.csv"))


def customers(name: str) -> dict[str, dict[str, Any]]:
    found = customers_of(opened(name))
    rows = found.table.frame.to_native().collect().rows(named=True)
    return {row[found.id_column]: row for row in rows}


@pytest.mark.parametrize("name", ROLES)
def test_each_column_has_its_role(name: str) -> None:
    """What each column of the export says is found from its name and its cells, with a reason."""
    columns = opened(name).recipe.columns
    assert {c.role: c.name for c in columns} == ROLES[name]
    assert all(c.reason.startswith("the name says") for c in columns)


@pytest.mark.parametrize("name", ROLES)
def test_each_export_is_seen_to_be_a_log(name: str) -> None:
    """A purchase log needs no option to say that it is one."""
    assert looks_like_log(read(LAYOUTS / f"{name}.csv"))


@pytest.mark.parametrize("name", ROLES)
def test_each_line_is_in_one_place(name: str) -> None:
    """Used, without a customer, a date or an amount, void, or too late: the lines add up."""
    a = opened(name).account
    left_out = a.without_customer + a.without_date + a.void + a.without_amount + a.after_as_of
    assert a.used + left_out == a.rows == read(LAYOUTS / f"{name}.csv").rows_read


def test_returns_net_against_their_customer_in_lines_with_prices() -> None:
    """An invoice that begins with C takes money off and is no order; lines of nobody are counted with their money."""
    account, found = opened("online_retail").account, customers("online_retail")
    assert (account.cancelled, account.returns, account.without_customer) == (2, 2, 3)
    assert (account.amount, account.amount_without_customer) == (120.62, 2.51)
    assert (found["17548"]["spend_total"], found["17548"]["n_orders"], found["17548"]["return_rate"]) == (0.0, 1, 1.0)
    assert (found["14527"]["spend_total"], found["14527"]["n_orders"]) == (23.5, 1)
    assert (found["17850"]["n_orders"], found["17850"]["n_products"]) == (2, 3)  # two invoices on one day


def test_an_order_whose_later_lines_have_no_total_counts_once() -> None:
    """The total of a Shopify order stands on its first line; its other lines add products and no money."""
    found = customers("shopify_orders")
    assert (found["ann@example.org"]["spend_total"], found["ann@example.org"]["n_orders"]) == (45.0, 1)
    assert (found["ann@example.org"]["items_per_order"], found["ann@example.org"]["n_products"]) == (3.0, 2)
    assert found["ann@example.org"]["discount_share"] == 1.0
    assert (found["bob@example.org"]["spend_total"], found["bob@example.org"]["return_rate"]) == (50.0, 20 / 70)
    assert (found["cleo@example.org"]["spend_total"], found["cleo@example.org"]["n_orders"]) == (0.0, 1)
    assert opened("shopify_orders").account.void == 2  # voided, and still pending


def test_a_time_with_an_offset_counts_on_its_day_in_utc() -> None:
    """23:40 on 31 January in New York is 1 February in UTC, and the hour is the one that is written."""
    log = opened("shopify_orders")
    late = log.lines.to_native().collect().row(2, named=True)
    assert (late["day"], late["hour"], log.recipe.utc) == (date(2026, 2, 1), 23, True)


def test_an_e_mail_address_is_an_id_and_said_to_be_personal() -> None:
    """Where nothing else names customers their e-mail does, with a word of warning and no address in it."""
    notices = {n.code: n.message for n in opened("shopify_orders").notices}
    assert "'Email'" in notices["personal-id"]
    assert "@" not in " ".join(notices.values())


def test_a_total_that_is_repeated_on_every_line_counts_once() -> None:
    """The order's total, and what was refunded of it, stand on each of its lines and are one amount."""
    log, found = opened("woocommerce_lines"), customers("woocommerce_lines")
    assert log.recipe.amount_is == "order"
    assert (log.account.amount, log.account.void) == (94.0, 3)
    assert (found["7"]["spend_total"], found["8"]["spend_total"]) == (54.0, 40.0)
    assert set(found) == {"7", "8"}  # the orders of 9 failed, or wait for a payment


ORDER_TOTALS = [
    (f"O{order:02}", f"c{order % 7}", f"2026-01-{1 + order % 28:02}", f"{10 + order}.00", category, code)
    for order in range(60)
    for category, code in (("wine", None), ("bread", "SPRING"), ("meat", None))
]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_rows_of_an_order_total_may_stand_in_any_order(seed: int) -> None:
    """Which line keeps the total is no matter of its place; nobody knows how much of it each category cost."""
    names = ("order_id", "customer_id", "order_date", "order_total", "category", "discount_code")
    frame = pl.DataFrame(ORDER_TOTALS, schema=names, orient="row")
    logs = [open_log(read_log(f)) for f in (frame, frame.sample(fraction=1, shuffle=True, seed=seed))]
    assert logs[0].recipe.amount_is == "order"
    assert "'order_total' is what a whole order cost" in {n.code: n.message for n in logs[0].notices}["order-amounts"]
    rows = [customers_of(log).table.frame.to_native().collect().sort("customer_id") for log in logs]
    assert rows[0].equals(rows[1])
    assert (rows[0]["spend_total"].sum(), set(rows[0]["discount_share"])) == (60 * 10 + 59 * 30, {1.0})
    assert not [name for name in rows[0].columns if "category" in name or name.startswith("spend_share")]


def test_charges_failed_refunded_and_in_part() -> None:
    """A failed charge never took place; a refund comes off, in whole or in part."""
    account, found = opened("stripe_charges").account, customers("stripe_charges")
    assert (account.void, account.refunded, account.amount) == (1, 2, 47.5)
    assert (found["cus_A"]["n_orders"], found["cus_A"]["spend_total"]) == (2, 35.0)
    assert (found["cus_B"]["n_orders"], found["cus_B"]["spend_total"]) == (2, 12.5)


def test_orders_of_one_line_each() -> None:
    """In WooCommerce's own table of orders a coupon is a discount, and a refunded order nets to nothing."""
    found = customers("woocommerce_orders")
    assert (found["Ben Yo"]["spend_total"], found["Ben Yo"]["n_orders"]) == (40.0, 2)
    assert found["Ben Yo"]["discount_share"] == pytest.approx(40 / 65)
