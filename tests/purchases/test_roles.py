"""Which column of a log says what, by its name and what it holds."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from segmentry.errors import ColumnNotFoundError, InputError, SettingsError
from segmentry.purchases import (
    Purchases,
    PurchaseSettings,
    looks_like_log,
    open_like,
    open_log,
    read_either,
    read_log,
)
from segmentry.tables import ReadingSettings, read


def log(rows: list[tuple[object, ...]], *names: str, **arguments: Any) -> Purchases:
    frame = pl.DataFrame(rows, schema=list(names), orient="row", infer_schema_length=None)
    return open_log(read_log(frame), **arguments)


def test_what_a_log_lacks_is_said_with_how_to_state_it() -> None:
    """A missing part is named, with the setting that says which column holds it; a wrong statement is refused."""
    rows: list[tuple[object, ...]] = [("a", "2026-01-01", "5"), ("b", "2026-01-02", "6")]
    names = ("customer_id", "date", "zorbs")
    with pytest.raises(InputError, match=r"for how much.*\[orders.roles\]"):
        log(rows, *names)
    assert log(rows, *names, settings=PurchaseSettings(roles={"zorbs": "amount"})).account.amount == 11.0
    with pytest.raises(SettingsError, match="no role 'sum'"):
        log(rows, *names, settings=PurchaseSettings(roles={"zorbs": "sum"}))
    with pytest.raises(ColumnNotFoundError, match="Did you mean 'zorbs'"):
        log(rows, *names, settings=PurchaseSettings(roles={"zorb": "amount"}))


@pytest.mark.parametrize(
    ("day", "paid", "said"),
    [
        (
            "5 o'clock, 1.1.26",
            "5.00",
            "when.*'order_date' was read as text, 2 cells such as '9 a'aaaaa, 9.9.99'.*--date-format",
        ),
        (45356, "5.00", "'order_date' was read as numbers, 2 cells such as '99999'.*as dates in the source"),
        (
            "2026-01-01",
            "5 ducats",
            "for how much.*'total' was read as text, 2 of 2 cells are no numbers.*the numbers alone",
        ),
        ("2026-01-01 or so", "5 ducats", "'order_date' was read as text.*'total' was read as text"),
    ],
)
def test_a_column_that_would_say_what_is_lacking_is_named(day: object, paid: str, said: str) -> None:
    """Where a name says when, or how much, the error tells how its cells are written rather than to state a role."""
    with pytest.raises(InputError, match=said) as error:
        log([("a", day, paid), ("b", day, paid)], "customer_id", "order_date", "total")
    assert "orders.roles" not in str(error.value)


@pytest.mark.parametrize(
    ("column", "role", "said"),
    [
        ("paid", "amount", "read as text, and the role amount needs numbers.*2 of 2 cells.*'9.99 aaaaaa'"),
        ("paid", "quantity", "the role quantity needs numbers"),
        ("paid", "unit_price", "the role unit_price needs numbers"),
        ("paid", "refunded", "the role refunded needs numbers"),
        ("paid", "time", "the role time needs dates"),
        ("date", "amount", "read as dates, and the role amount needs numbers"),
    ],
)
def test_a_stated_role_needs_cells_it_can_be_read_from(column: str, role: str, said: str) -> None:
    """A day, and whatever is counted or added, cannot be told from other text: the error says what the cells are."""
    rows: list[tuple[object, ...]] = [("a", "2026-01-01", "5.00 ducats"), ("b", "2026-01-02", "6.00 ducats")]
    with pytest.raises(SettingsError, match=said):
        log(rows, "customer_id", "date", "paid", settings=PurchaseSettings(roles={column: role}))


@pytest.mark.parametrize(
    ("names", "amount"),
    [
        (("Net", "Gross"), "Gross"),
        (("net", "vat", "gross"), "gross"),
        (("Nettobetrag", "Rechnungsbetrag"), "Rechnungsbetrag"),
        (("Total HT", "Total TTC"), "Total TTC"),
        (("VK Brutto", "Gesamt Brutto"), "Gesamt Brutto"),
        (("Brutto", "Gewicht Brutto"), "Brutto"),
        (("Netto", "MwSt"), "Netto"),
        (("Warenwert", "Versand"), "Warenwert"),
        (("Warenwert", "Endbetrag"), "Endbetrag"),
        (("Price", "Line Total"), "Line Total"),
        (("Line Total", "Order Total"), "Order Total"),
        (("Total inc. tax",), "Total inc. tax"),
        (("Total ex VAT", "VAT", "Total incl. VAT"), "Total incl. VAT"),
        (("Order Total (incl. shipping)", "Shipping"), "Order Total (incl. shipping)"),
        (("Total sin IVA", "IVA", "Total con IVA"), "Total con IVA"),
        (("Discount", "Total after discount"), "Total after discount"),
        (("Totaal excl. BTW", "BTW"), "Totaal excl. BTW"),
        (("Importo IVA", "Importo IVA inclusa"), "Importo IVA inclusa"),
        (("Vlr. Unit.", "Valor Total"), "Valor Total"),
        (("total_discounts_tax_incl", "total_paid_tax_incl", "total_shipping_tax_incl"), "total_paid_tax_incl"),
        (("Order price", "Shipping amount incl. tax", "Total"), "Total"),
        (("Amount excl. tax", "Amount of shipping excl. tax"), "Amount excl. tax"),
        (("Amount of discount after tax", "Total incl. shipping and tax"), "Total incl. shipping and tax"),
    ],
)
def test_the_amount_is_what_was_paid(names: tuple[str, ...], amount: str) -> None:
    """With tax before without it, never the tax; what the order cost before its line, and that before its price."""
    rows = [("a", "2026-01-01", *(5.5 + i for i in range(len(names)))), ("b", "2026-01-02", *(2.5 for _ in names))]
    assert log(rows, "customer", "date", *names).recipe.column("amount") == amount


@pytest.mark.parametrize(
    "names",
    [
        [
            "Nº Cliente",
            "Data da Compra",
            "Nº Pedido",
            "Descrição do Produto",
            "Quantidade",
            "Preço Unitário",
            "Situação",
        ],
        ["codice_cliente", "data_ordine", "N. Ordine", "Articolo", "Q.tà", "Prezzo Unit.", "Stato Ordine"],
        ["Klantnr.", "besteldatum", "Ordernr.", "Artikelomschrijving", "Aantal", "Prijs per stuk", "Bestelstatus"],
    ],
)
def test_orders_are_read_in_portuguese_italian_and_dutch(names: list[str]) -> None:
    """Each column is found by its name, and a line costs its price as often as it was bought."""
    states = ["Entregue", "Spedito", "Verzonden"]
    rows = [
        (f"c{i % 9}", f"2026-01-{1 + i % 28:02}", f"o{i}", f"mug {i % 3}", 2, 5.0, states[i % 3]) for i in range(40)
    ]
    found = log(rows, *names)
    parts = ["customer", "time", "order", "product", "quantity", "unit_price", "status"]
    assert [found.recipe.column(part) for part in parts] == names
    assert found.account.amount == 400.0


def test_what_a_line_cost_wins_over_its_price() -> None:
    """A line's total has its discount in it; it is never taken for the total of the order."""
    rows = [("a", "2026-01-01", f"O{n // 2}", 2, 10.0, 15.0) for n in range(20)]
    found = log(
        [*rows, ("b", "2026-01-02", "O99", 1, 4.0, 4.0)], "customer", "date", "order_id", "qty", "price", "Line Total"
    )
    assert (found.recipe.amount_is, found.account.amount) == ("line", 304.0)


@pytest.mark.parametrize(
    "name", ["Kundennr", "Kundennr.", "KdNr", "Debitor", "Debitorennummer", "Sold-To", "Sold-To Party"]
)
def test_customers_by_the_words_of_bookkeeping(name: str) -> None:
    """What ledgers and order systems call a customer is known."""
    rows: list[tuple[object, ...]] = [("a", "2026-01-01", "5"), ("b", "2026-01-02", "6")]
    assert log(rows, name, "date", "amount").recipe.column("customer") == name


@pytest.mark.parametrize(
    "cells", [(0, 1), (1.0, 0.0), ("yes", "no"), ("Ja", "Nein"), ("new", "known")], ids=lambda cells: str(cells[0])
)
def test_a_yes_and_no_is_never_the_customer(cells: tuple[object, object]) -> None:
    """Bookings with a mark for guests who were there before have no customers: they are no log, whatever the names."""
    rows = [(cells[n % 2], f"2026-01-{1 + n % 28:02}", n % 4) for n in range(120)]
    names = ["is_repeated_guest", "reservation_status_date", "total_of_special_requests"]
    bookings = pl.DataFrame(rows, schema=names, orient="row")
    assert not looks_like_log(read(bookings))
    with pytest.raises(InputError, match=r"who bought \(customer\)"):
        open_log(read(bookings))
    with_guest = bookings.with_columns(guest_id=pl.int_range(pl.len()) % 25)
    assert open_log(read(with_guest)).recipe.column("customer") == "guest_id"


def orders_of(customers: list[str], **more: list[str]) -> pl.DataFrame:
    """An order a row, with these customers."""
    n = len(customers)
    return pl.DataFrame(
        {
            "order_id": [f"O{i}" for i in range(n)],
            "customer_id": customers,
            "order_date": [f"2026-01-{1 + i % 28:02}" for i in range(n)],
            "payment_value": [f"{5 + i % 9}.50" for i in range(n)],
            **more,
        }
    )


def test_of_two_columns_the_customer_is_the_one_that_comes_back() -> None:
    """An id made anew for every order names no customer where another column does; the reason says so."""
    anew, again = [f"c{i}" for i in range(60)], [f"u{i % 40}" for i in range(60)]
    found = orders_of(anew, customer_unique_id=again)
    assert looks_like_log(read(found))
    opened = open_log(read(found))
    assert opened.recipe.column("customer") == "customer_unique_id"
    [column] = [c for c in opened.recipe.columns if c.role == "customer"]
    assert "they come back, where 'customer_id' is another for every order" in column.reason
    assert opened.account.customers == 40
    assert open_log(read(orders_of(again, customer_unique_id=anew))).recipe.column("customer") == "customer_id"
    for other in (["new", "known"] * 30, ["", *again[1:20], *[""] * 40], anew):
        assert open_log(read(orders_of(anew, customer_key=other))).recipe.column("customer") == "customer_id"


def test_orders_that_each_have_a_customer_of_their_own_are_told_of() -> None:
    """A fit that finds nobody coming back asks whether another column names the customers, as a log or as a table."""
    anew, again = [f"c{i}" for i in range(60)], [f"c{i % 59}" for i in range(60)]
    table, is_log = read_either(orders_of(anew), ReadingSettings(), PurchaseSettings())
    assert not is_log
    assert [n.code for n in table.notices] == ["lone-orders"]
    assert "pass them by --orders FILE" in table.notices[0].message
    [said] = [n.message for n in open_log(table).notices if n.code == "customers-never-return"]
    assert said.startswith("No customer comes back: each of the 60 orders has a customer of its own in 'customer_id'.")
    assert "customers-never-return" not in {n.code for n in open_log(read(orders_of(again))).notices}
    plain = orders_of(anew).rename({"order_id": "n_orders", "order_date": "birth_date"})
    assert read_either(plain, ReadingSettings(), PurchaseSettings())[0].notices == ()
    later = open_like(read(orders_of(anew)), open_log(read(orders_of(again))).recipe)
    assert "customers-never-return" not in {n.code for n in later.notices}


def lines_of(**more: list[Any]) -> pl.DataFrame:
    """Order lines, two to an order, of ten customers; `more` are columns in place of these or beside them."""
    n = 60
    columns: dict[str, list[Any]] = {
        "customer_id": [f"c{i // 2 % 10}" for i in range(n)],
        "order_date": [f"2026-01-{1 + i // 2 % 28:02}" for i in range(n)],
        "SALES": [5.5 + i % 9 for i in range(n)],
    }
    return pl.DataFrame(columns | more)


def roles_of(frame: pl.DataFrame) -> dict[str, str]:
    """What each role of a log is found in."""
    return {column.role: column.name for column in open_log(read_log(frame)).recipe.columns}


def test_the_number_of_a_line_is_not_that_of_its_order() -> None:
    """Where capitals alone make up the names, a line's number is still known from an order's."""
    frame = lines_of(ORDERLINENUMBER=[1 + i % 2 for i in range(60)], ORDERNUMBER=[100 + i // 2 for i in range(60)])
    assert roles_of(frame)["order"] == "ORDERNUMBER"
    assert "order" not in roles_of(frame.drop("ORDERNUMBER"))


def test_what_was_ordered_is_not_the_number_of_an_order() -> None:
    """A column of orders that holds whole texts says what is in them; a number of several words is one all the same."""
    told = lines_of(Order=["1x fresh loaf of bread ($12)", "2x rye, 1x loaf"] * 30)
    assert "order" not in roles_of(told)
    assert roles_of(lines_of(Order=[f"Nr {i // 2}" for i in range(60)]))["order"] == "Order"


def test_a_line_of_products_is_a_category_and_the_box_they_come_in_no_product() -> None:
    """A product line tells kinds of products apart, and of two columns of products the one with far fewer does not."""
    line = lines_of(PRODUCTLINE=["toys", "pens", "cups"] * 20, PRODUCTCODE=[f"S{i}" for i in range(60)])
    assert {"category": "PRODUCTLINE", "product": "PRODUCTCODE"}.items() <= roles_of(line).items()
    box = lines_of(product_container=["box", "bag"] * 30, product_name=[f"pen {i}" for i in range(60)])
    assert (roles_of(box)["product"], roles_of(box)["product_name"]) == ("product_name", "product_name")
    fine = lines_of(sku=[f"S{i}" for i in range(60)], product_name=[f"pen {i}" for i in range(60)])
    assert roles_of(fine)["product"] == "sku"


def test_what_stands_on_every_line_is_no_discount() -> None:
    """A size of deal on each line is none; a word for none on some makes the rest discounts."""
    assert "discount" not in roles_of(lines_of(DEALSIZE=["Small", "Large"] * 30))
    assert roles_of(lines_of(promotion=["SPRING", "none"] * 30))["discount"] == "promotion"


def test_what_was_sold_is_an_amount_and_no_bargain() -> None:
    """A total sale is money, its id the order's; a mark of a sale remains a discount."""
    frame = lines_of(**{"Total Sale": [9.5] * 60, "SALE_ID": [f"s{i // 2}" for i in range(60)], "on_sale": [0, 1] * 30})
    found = roles_of(frame.drop("SALES"))
    assert (found["amount"], found["order"], found["discount"]) == ("Total Sale", "SALE_ID", "on_sale")


def test_an_amount_off_in_another_language_is_not_what_was_paid() -> None:
    """A total of discounts is no amount, whichever of the usual words it has."""
    for word in ("Diskon", "Desconto", "Sconto"):
        assert roles_of(lines_of(**{f"Total {word}": [1.5] * 60}))["amount"] == "SALES"


def test_what_a_unit_cost_is_a_price_and_no_amount() -> None:
    """An amount of a unit is multiplied by the quantity, in each language: it was taken for what the line cost."""
    for name in ("Valor unitario", "unit_amount", "Montant unitaire", "Einzelbetrag"):
        opened = open_log(read_log(lines_of(**{name: [2.5] * 60, "quantity": [4] * 60}).drop("SALES")))
        assert (opened.recipe.column("unit_price"), opened.account.amount) == (name, 600.0)


def test_a_yes_under_returns_gives_a_line_back() -> None:
    """Returns is a word for what came back as Returned is."""
    opened = open_log(read_log(lines_of(SALES=[5.0] * 60, Returns=["Yes", *["No"] * 59])))
    assert (opened.account.refunded, opened.account.amount) == (1, 295.0)


def test_a_day_on_the_first_line_of_each_order_is_the_day_of_its_lines() -> None:
    """Exports say who and when on one line of an order only; with three lines to each most cells are empty."""
    order = [i // 3 for i in range(60)]
    days = [f"2026-01-{1 + o:02}" if i % 3 == 0 else None for i, o in enumerate(order)]
    opened = open_log(read_log(lines_of(order_id=order, order_date=days)))
    assert (opened.account.used, opened.account.first_day, opened.account.last_day) == (
        60,
        date(2026, 1, 1),
        date(2026, 1, 20),
    )


def test_no_line_is_lost_for_a_column_that_says_nothing_of_a_purchase() -> None:
    """A house number with a letter rejects no order; an amount that is none does."""
    houses = [*(str(i) for i in range(1, 100)), "7b"]
    rows = [(f"c{i % 9}", "2026-01-05", "5.00", houses[i]) for i in range(100)]
    found = log(rows, "customer_id", "date", "amount", "house")
    assert (found.account.rejected, found.account.used) == (0, 100)
    rows[3] = ("c3", "2026-01-05", "five", "7")
    found = log(rows, "customer_id", "date", "amount", "house")
    assert (found.account.rejected, found.account.used) == (1, 99)


def test_the_state_of_a_payment_goes_before_that_of_an_order() -> None:
    """Open says that an order is not archived yet; whether it was paid is what counts, in each language."""
    frame = lines_of(**{"Estado de la orden": ["Abierta"] * 60, "Estado del pago": ["Recibido", "Pendiente"] * 30})
    opened = open_log(read_log(frame))
    assert (opened.recipe.column("status"), opened.account.used, opened.account.void) == ("Estado del pago", 30, 30)
    assert "orders-unknown-state" not in {n.code for n in opened.notices}


def test_givers_are_customers_of_their_gifts() -> None:
    """A donor is known by id as a customer is."""
    gifts = lines_of(donor_id=[f"d{i % 10}" for i in range(60)], gift_date=lines_of()["order_date"].to_list())
    found = roles_of(gifts.drop("customer_id", "order_date"))
    assert (found["customer"], found["time"]) == ("donor_id", "gift_date")


def test_names_tell_customers_apart_where_nothing_else_does() -> None:
    """A log whose customers have no id but a name is one, and a warning says what that means; an id goes before."""
    names = [f"Toys & {i // 2 % 10}" for i in range(60)]
    frame = lines_of(CUSTOMERNAME=names).drop("customer_id")
    assert looks_like_log(read(frame))
    opened = open_log(read(frame))
    assert (opened.recipe.column("customer"), opened.account.customers) == ("CUSTOMERNAME", 10)
    [said] = [n.message for n in opened.notices if n.code == "personal-id"]
    assert "two of one name count as one" in said
    assert roles_of(lines_of(CUSTOMERNAME=names))["customer"] == "customer_id"
    anew = orders_of([f"c{i}" for i in range(60)], customer_name=[f"u{i % 40}" for i in range(60)])
    assert open_log(read(anew)).recipe.column("customer") == "customer_id"
    twice = frame.with_columns(pl.Series("CUSTOMERNAME", [f"n{i % 40}" for i in range(60)]))
    assert not looks_like_log(read(twice))  # some customers have the name of another


def test_a_stated_customer_decides_whether_a_row_is_a_purchase() -> None:
    """The column that is named for the customers is the one that has to come back."""
    frame = lines_of(Retailer=[f"r{i % 6}" for i in range(60)]).drop("customer_id")
    assert not looks_like_log(read(frame))
    assert looks_like_log(read(frame), "Retailer")
    assert not looks_like_log(read(frame.with_row_index("row")), "row")


def test_the_only_dates_are_the_days_of_purchase() -> None:
    """A word that is not known does no harm where there is one column of dates; a known other day is none."""
    days = lines_of()["order_date"].to_list()
    assert roles_of(lines_of(disbursed=days).drop("order_date"))["time"] == "disbursed"
    with pytest.raises(InputError, match=r"when \(time\)"):
        roles_of(lines_of(delivery_date=days).drop("order_date"))


def test_currencies_by_a_short_word_are_not_added() -> None:
    """Money of several kinds is refused, too, where the column is called 'cur'."""
    with pytest.raises(InputError, match="several currencies"):
        roles_of(lines_of(cur=["USD", "ETH"] * 30))


def test_an_error_about_customers_names_the_columns_there_are() -> None:
    """What lacks customers, or money, says what can be done; the columns of words and ids are offered."""
    with pytest.raises(InputError, match=r"--id \('Retailer', 'branch_id'\)"):
        roles_of(lines_of(Retailer=["a", "b"] * 30, branch_id=[7] * 60, cogs=[1.5] * 60).drop("customer_id"))
    with pytest.raises(InputError, match="column 'amount' with 1 in each row"):
        roles_of(lines_of().drop("SALES"))


def test_a_table_of_customers_is_no_log(shared_data: Any) -> None:
    """No table of customers is taken for their purchases, even one with dates and repeated ids."""
    for name in shared_data.glob("*.csv"):
        assert not looks_like_log(read(name))
    twice = pl.DataFrame(
        {"customer_id": ["a", "a", "b"], "signup_date": ["2026-01-01"] * 3, "total_spend": ["1", "2", "3"]}
    )
    assert not looks_like_log(read(twice))


def test_order_numbers_with_a_letter_are_no_reason_to_reject_a_row() -> None:
    """A cancelled invoice among many is read; what names something is text."""
    rows = [(str(n), "a", "2026-01-01", "5") for n in range(100)] + [("C99", "a", "2026-01-02", "-5")]
    found = log(rows, "invoice_no", "customer_id", "date", "amount")
    assert (found.account.rows, found.account.rejected, found.account.cancelled) == (101, 0, 1)
