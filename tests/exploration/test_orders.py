"""A look at a purchase log: what its columns say, where its lines went, its orders over time."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.exploration import Inspection, inspect
from segmentry.plots.exploration import draw_exploration
from segmentry.purchases import customers_of, open_log
from segmentry.reports.inspection import inspection_page
from segmentry.reports.inspection_settings import settings_file
from segmentry.samples import sample_orders
from segmentry.tables import read


@pytest.fixture(scope="module")
def cdnow(shared_data: Path) -> Inspection:
    """A look at every purchase of a music shop."""
    return inspect(shared_data / "CDNOW_master.txt")


def test_columns_are_told_by_what_they_say_of_a_purchase(cdnow: Inspection) -> None:
    """Roles are those of a log, and no customer or order is shown by its number."""
    assert {c.name: c.role for c in cdnow.columns} == {
        "customer_id": "customer",
        "date": "time",
        "number_of_cds": "quantity",
        "dollar_value": "amount",
    }
    assert cdnow.column("customer_id").private
    assert cdnow.id_column == "customer_id"


def test_lines_and_months_are_accounted_for(cdnow: Inspection) -> None:
    """The months add up to the lines and to the money of the whole log."""
    assert cdnow.orders is not None
    months = cdnow.orders.months
    assert (months[0].month, months[-1].month, len(months)) == ("1997-01", "1998-06", 18)
    assert sum(m.sales for m in months) == cdnow.orders.account.used == 69_659
    assert round(sum(m.amount for m in months), 2) == cdnow.orders.account.amount == 2_500_315.63


def test_a_log_is_no_table_of_repeated_customers(cdnow: Inspection) -> None:
    """That ids come back is what a log is; what a fit would compare are the customers' own figures."""
    codes = {f.code for f in cdnow.findings}
    assert "orders-repeated" in codes
    assert not codes & {"repeated-id", "no-id", "nothing-to-compare"}
    assert set(cdnow.chosen) <= {f.name for f in cdnow.features}
    assert "spend_total" in cdnow.chosen


def test_the_picture_shows_each_month(cdnow: Inspection) -> None:
    """Orders over time come first, with the month that most was sold in as the finding."""
    first = draw_exploration(cdnow)[0]
    assert (first.key, first.title) == ("orders", "Most was sold in 1997-03: 393,155")
    assert len(first.table) == 18


def test_the_page_and_the_settings_speak_of_orders(cdnow: Inspection) -> None:
    """The page has the account, and the settings file the roles of a log; unedited it changes nothing."""
    page = inspection_page(cdnow)
    assert 'id="orders"' in page
    assert "repeating another" in page
    text = settings_file(cdnow)
    assert '# "dollar_value" = "amount"' in text
    assert tomllib.loads(text)["orders"] == {"roles": {}}


def test_a_log_that_cannot_be_opened_is_a_problem_with_its_remedy() -> None:
    """Orders in two currencies are told of before a fit would stop at them."""
    orders = sample_orders(50, seed=1).with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("USD")).otherwise(pl.lit("EUR")).alias("currency")
    )
    found = [f for f in inspect(orders).findings if f.code == "currencies"]
    assert [f.severity for f in found] == ["problem"]
    assert "one currency at a time" in found[0].remedy


def test_features_of_a_log_are_drawn_by_customer(tmp_path: Path) -> None:
    """A log has more lines than customers: pictures of features have a dot a customer, and say of how many."""
    orders, look = tmp_path / "orders.csv", tmp_path / "look"
    sample_orders(400, seed=1).write_csv(orders)
    result = CliRunner().invoke(app, ["inspect", str(orders), "-o", str(look)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found = inspect(orders)
    customers = found.n_customers
    assert 260 < customers < found.rows_read
    assert (found.sampled.n_rows, found.sampled.n_customers) == (found.rows_read, customers)
    pictures = {p.key: p.caption for p in draw_exploration(found)}
    assert f"260 of {customers:,} customers are drawn" in pictures["pairs"]
    assert "the number of order lines at that value" in pictures["histograms"]
    assert f"260 of {customers:,} customers are drawn" in (look / "inspect.html").read_text()


def test_nothing_is_said_of_numbers_and_letters_that_name_orders_and_products() -> None:
    """Cancelled invoices and variants of a product are no numbers gone wrong; a price of text among numbers is."""
    orders = pl.DataFrame(
        {
            "Invoice": [f"{'C' if n % 9 == 0 else ''}{536000 + n // 2}" for n in range(200)],
            "StockCode": [f"{85000 + n % 7}{'A' if n % 3 == 0 else ''}" for n in range(200)],
            "CustomerID": [f"{12000 + n % 40}" for n in range(200)],
            "InvoiceDate": [f"2026-01-{1 + n % 28:02}" for n in range(200)],
            "Quantity": [f"{-1 if n % 9 == 0 else 2}" for n in range(200)],
            "Price": [f"{3 + n % 5}.50" for n in range(200)],
            "Weight": [f"{1 + n % 5}" if n % 3 else "light" for n in range(200)],
        }
    )
    table = read(orders)
    assert sum(n.code == "mostly-numbers" for n in table.notices) == 3
    [said] = [f for f in inspect(orders).findings if f.code == "mostly-numbers"]
    assert said.message.startswith("'Weight' ")
    [notice] = [n for n in customers_of(open_log(table)).table.notices if n.code == "mostly-numbers"]
    assert notice.message.startswith("'Weight' ")


def test_a_table_of_customers_is_looked_at_as_before(shared_data: Path) -> None:
    """Nothing of orders is said where a row is a customer."""
    found = inspect(shared_data / "Mall_Customers.csv")
    assert found.orders is None
    assert 'id="orders"' not in inspection_page(found)
