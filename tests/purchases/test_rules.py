"""Each quirk of a log has one stated rule, and a count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from segmentry.errors import IdentifierError, InputError, NotEnoughDataError
from segmentry.purchases import Purchases, PurchaseSettings, customers_of, open_like, open_log, read_log
from segmentry.tables import ReadingSettings, read


def log(rows: list[tuple[object, ...]], *names: str, **arguments: Any) -> Purchases:
    frame = pl.DataFrame(rows, schema=list(names), orient="row", infer_schema_length=None)
    return open_log(read_log(frame), **arguments)


def customers(purchases: Purchases) -> dict[str, dict[str, Any]]:
    found = customers_of(purchases)
    return {r[found.id_column]: r for r in found.table.frame.to_native().collect().rows(named=True)}


BARE = ("customer_id", "date", "amount")


def test_lines_without_a_customer_or_a_date_are_counted_and_left_out() -> None:
    """Nobody's line, and a line of no day, count for nobody; their number and money are told."""
    found = log([("a", "2026-01-01", "5"), (None, "2026-01-02", "7"), ("a", None, "9"), ("", "2026-01-03", "1")], *BARE)
    account = found.account
    assert (account.without_customer, account.without_date, account.used) == (2, 1, 1)
    assert (account.amount, account.amount_without_customer) == (5.0, 8.0)
    assert {n.code for n in found.notices} == {"orders-without-customer", "orders-without-date"}


def test_a_line_of_nothing_is_a_purchase() -> None:
    """0.00 is a purchase like others: a day, an order, no spend."""
    found = customers(log([("a", "2026-01-01", "5"), ("a", "2026-01-09", "0"), ("b", "2026-01-09", "1")], *BARE))
    assert (found["a"]["n_orders"], found["a"]["spend_total"], found["a"]["recency_days"]) == (2, 5.0, 0)


def test_a_line_without_an_amount_is_left_out() -> None:
    """What something cost is never guessed."""
    found = log([("a", "2026-01-01", "5"), ("a", "2026-01-09", None), ("b", "2026-01-09", "1")], *BARE)
    assert (found.account.without_amount, customers(found)["a"]["n_orders"]) == (1, 1)


def test_lines_without_an_order_number_are_filled_from_no_other() -> None:
    """The head of an order stands on its first line; what is sold without a number has its own buyer and day."""
    orders = [
        row
        for n in range(30)
        for row in ((f"O{n}", f"c{n % 5}", f"2026-01-{1 + n:02}", "10.00"), (f"O{n}", None, None, "5.00"))
    ]
    till = [(None, f"c{n}", f"2026-02-{1 + n:02}", "100.00") for n in range(5)]
    found = log([*orders, *till], "order_id", "customer_id", "order_date", "amount")
    assert found.recipe.fill == ("customer", "day")
    assert [(c["spend_total"], c["recency_days"]) for _, c in sorted(customers(found).items())] == [
        (190.0, 4 - n) for n in range(5)
    ]


def test_repeated_lines_count_unless_told_otherwise() -> None:
    """Two equal lines are two purchases; with `duplicates="drop"` they are one exported twice. Both are said."""
    rows: list[tuple[object, ...]] = [("a", "2026-01-01", "5"), ("a", "2026-01-01", "5"), ("b", "2026-01-02", "1")]
    kept, dropped = log(rows, *BARE), log(rows, *BARE, settings=PurchaseSettings(duplicates="drop"))
    assert (kept.account.duplicates, kept.account.amount) == (1, 11.0)
    assert (dropped.account.duplicates, dropped.account.amount, dropped.account.rows) == (1, 6.0, 2)
    said = next(n.message for n in kept.notices if n.code == "orders-repeated")
    assert said.startswith("1 order line repeats another in every cell")
    assert "--duplicates drop" in said


def test_a_return_is_no_order_and_nets_against_its_customer() -> None:
    """A negative amount takes spend back, moves no date, and shows in the return rate."""
    found = customers(log([("a", "2026-01-01", "50"), ("a", "2026-02-01", "-20"), ("b", "2026-03-01", "1")], *BARE))
    assert (found["a"]["spend_total"], found["a"]["n_orders"], found["a"]["return_rate"]) == (30.0, 1, 0.4)
    assert found["a"]["recency_days"] == (date(2026, 3, 1) - date(2026, 1, 1)).days


def test_a_customer_who_only_returned_is_kept() -> None:
    """Someone whose sale lies before the log has no orders, no recency and a negative spend."""
    found = customers(log([("a", "2026-02-01", "-20"), ("b", "2026-03-01", "1"), ("b", "2026-03-02", "1")], *BARE))
    assert (found["a"]["spend_total"], found["a"]["n_orders"], found["a"]["recency_days"]) == (-20.0, 0, None)


STATES = (*BARE, "status")


def test_a_state_that_is_not_known_counts_as_a_sale_and_is_told_of() -> None:
    """Each with its lines and money, whole where it is common; what is stated of it is not asked again."""
    rows = [("a", f"2026-01-{d:02}", "5.00", "On Its Way") for d in range(1, 12)]
    rows += [
        ("b", "2026-01-09", "7.00", "Completed"),
        ("b", "2026-01-10", "2.50", None),
        ("b", "2026-01-10", "1", "lost"),
    ]
    found = log(rows, *STATES)
    [message] = [n.message for n in found.notices if n.code == "orders-unknown-state"]
    assert "'on its way' (11 lines, 55.00), 'l…' (1 line, 1.00), nothing at all (1 line, 2.50)" in message
    assert "[orders.states]" in message
    assert found.account.sold == 65.5
    stated = log(rows, *STATES, settings=PurchaseSettings(states={"On its way": "void", "Lost": "refunded"}))
    assert (stated.account.void, stated.account.refunded, stated.account.amount) == (11, 1, 9.5)
    again = open_like(stated.table, stated.recipe)
    assert again.account.amount == 9.5


@pytest.mark.parametrize("state", ["refunded", "partially_refunded"])
def test_lines_beside_a_refunded_amount_are_no_unknown_sale(state: str) -> None:
    """An order of several lines whose first has state, total and what was refunded is no doubt on its other lines."""
    rows: list[tuple[object, ...]] = []
    for i in range(40):
        how, back = (state, "12.00" if state == "refunded" else "6.00") if i % 5 == 0 else ("paid", "0.00")
        rows += [(f"#{i}", f"c{i % 8}", f"2026-01-{1 + i % 28:02}", "12.00", how, back, "mug")]
        rows += [(f"#{i}", f"c{i % 8}", f"2026-01-{1 + i % 28:02}", None, None, None, "tea")]
    found = log(rows, "Name", "Customer ID", "Created at", "Total", "Financial Status", "Refunded Amount", "Product")
    assert (found.recipe.amount_is, found.recipe.fill) == ("order", ("state",))
    assert found.account.returned == (96.0 if state == "refunded" else 48.0)
    assert "orders-unknown-state" not in {n.code for n in found.notices}


def test_a_refunded_order_of_nothing_is_no_unknown_sale() -> None:
    """That it was refunded is known, whether or not there was money to give back."""
    rows: list[tuple[object, ...]] = [("a", "2026-01-01", "5", "paid"), ("b", "2026-01-02", "0", "refunded")]
    assert "orders-unknown-state" not in {n.code for n in log(rows, *STATES).notices}


def test_a_state_is_said_in_full_where_ten_cells_of_the_log_have_it() -> None:
    """Lines that do not count tell of nobody either; a rarer state is shown by a letter, with where to look it up."""
    rows: list[tuple[object, ...]] = [("a", "2026-01-01", "5", "unavailable")] * 4
    rows += [(None, "2026-01-01", "5", "unavailable")] * 6
    rows += [("b", "2026-01-02", "5", "completed"), ("b", "2026-01-03", "5", "lost")]
    for found in (log(rows, *STATES), open_like(log(rows, *STATES).table, log(rows, *STATES).recipe)):
        [message] = [n.message for n in found.notices if n.code == "orders-unknown-state"]
        assert "'unavailable' (4 lines, 20.00), 'l…' (1 line, 5.00)" in message
        assert "fewer than 10 cells is shown by its first letter: look it up in 'status'" in message
    [common] = [n.message for n in log(rows[:-1], *STATES).notices if n.code == "orders-unknown-state"]
    assert common.endswith("in the segmentry.toml of a fit.")


@pytest.mark.parametrize(
    "state",
    [
        "Abgebrochen",
        "offen",
        "awaiting_payment",
        "on-hold",
        "wc-pending",
        "Annulée",
        "pendiente",
        "Aguardando pagamento",
        "in sospeso",
        "Niet betaald",
    ],
)
def test_an_order_that_never_took_place_is_left_out(state: str) -> None:
    """Cancelled or not yet paid, in seven languages, whatever joins the words."""
    rows = [("a", "2026-01-01", "5", state), ("a", "2026-01-02", "7", "completed")]
    assert log(rows, *STATES).account.void == 1


CALLED_OFF = [("cancelled_at", "2026-01-03", None), ("is_canceled", 1, 0), ("Storniert", "ja", "nein")]


@pytest.mark.parametrize(("name", "told", "else_"), CALLED_OFF)
def test_an_order_that_was_cancelled_is_left_out_whatever_its_state(name: str, told: object, else_: object) -> None:
    """A day of cancellation, or a yes, and the order never took place, though it was paid."""
    rows = [("a", "2026-01-01", "5", "paid", told), ("a", "2026-01-02", "7", "paid", else_)]
    found = log([*rows, ("b", "2026-01-02", "1", "paid", else_)], *STATES, name)
    assert found.recipe.column("cancelled") == name
    assert (found.account.void, found.account.amount) == (1, 8.0)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("free_cancellation", ["yes", "no", "yes", "yes"]),
        ("cancellation_deadline", ["2026-01-03", None, None, None]),
        ("cancelled_on", ["2026-01-03", "2026-01-04", "2026-01-05", None]),
    ],
)
def test_what_may_be_cancelled_took_place(name: str, cells: list[str | None]) -> None:
    """A right to cancel, its last day, and a day that most orders have say nothing of orders that were cancelled."""
    rows = [(who, f"2026-01-0{i + 1}", "5", cell) for i, (who, cell) in enumerate(zip("abab", cells, strict=True))]
    found = log(rows, *BARE, name)
    assert (found.recipe.column("cancelled"), found.account.amount) == (None, 20.0)


def test_a_cancellation_on_the_first_line_is_one_of_the_whole_order() -> None:
    """Where an order says on its first line whose it is, it says there that it was cancelled."""
    head = [("#1", "a", "2026-01-01", "5", "2026-01-03"), ("#2", "b", "2026-01-02", "7", None)]
    lines = [("#1", None, None, "6", None), ("#2", None, None, "8", None)]
    found = log([*head, *lines], "order_id", "customer_id", "date", "line_total", "cancelled_at")
    assert (found.account.void, found.account.amount) == (2, 15.0)


def test_later_orders_with_cancellations_of_their_own_are_told_of() -> None:
    """A column that the fitted orders lacked changes nothing and is warned of, with its lines."""
    fitted = log([("a", "2026-01-01", "5"), ("b", "2026-01-02", "7")], *BARE)
    rows = [("a", "2026-01-02", "5", "2026-01-03"), ("b", "2026-01-02", "4", None)]
    later = pl.DataFrame(rows, schema=[*BARE, "cancelled_at"], orient="row")
    found = open_like(read(later), fitted.recipe)
    assert found.account.amount == 9.0
    [said] = [n.message for n in found.notices if n.code == "orders-new-column"]
    assert "'cancelled_at' seems to say which orders were cancelled" in said
    assert "1 line that it says nothing came of" in said


@pytest.mark.parametrize(
    "state", ["Retoure", "Returned", "devuelto", "remboursée", "zurückgesendet", "Devolvido", "Reso", "Geretourneerd"]
)
def test_an_order_that_came_back_is_taken_off(state: str) -> None:
    """It was bought, and given back in whole."""
    rows = [("a", "2026-01-01", "5", state), ("a", "2026-01-02", "7", "completed")]
    assert (log(rows, *STATES).account.refunded, log(rows, *STATES).account.amount) == (1, 7.0)


@pytest.mark.parametrize(
    ("name", "sale", "back"),
    [("type", "Sale", "Refund"), ("Belegart", "Rechnung", "Gutschrift"), ("Event Type", "Payment", "credit note")],
)
def test_a_line_of_a_kind_that_takes_money_back_is_a_return(name: str, sale: str, back: str) -> None:
    """A refund in a line of its own is no order, whatever its sign; it takes spend back."""
    rows = [("a", "2026-01-01", "50", sale), ("a", "2026-02-01", "20", back), ("b", "2026-02-02", "-5", back)]
    found = log(rows, *BARE, name)
    assert (found.account.returns, found.account.returned, found.account.amount) == (2, 25.0, 25.0)
    assert customers(found)["a"]["n_orders"] == 1


@pytest.mark.parametrize(("yes", "no"), [("Yes", "No"), ("ja", "nein"), (1, 0), ("true", "false")])
def test_a_yes_in_a_column_of_returns_gives_the_line_back(yes: object, no: object) -> None:
    """The order was bought and came back, in whole."""
    rows = [("a", "2026-01-01", "50", no), ("a", "2026-02-01", "20", yes), ("b", "2026-02-02", "5", no)]
    found = log(rows, *BARE, "returned")
    assert (found.account.refunded, found.account.amount, found.account.sold) == (1, 55.0, 75.0)
    later = open_like(read(pl.DataFrame(rows, schema=[*BARE, "returned"], orient="row")), found.recipe)
    assert later.account.refunded == 1


def test_a_column_of_types_without_a_return_says_nothing_of_returns() -> None:
    """What kind of product or customer it is, is no matter of returns."""
    rows = [("a", "2026-01-01", "50", "Gift"), ("a", "2026-02-01", "20", "Book")]
    assert log(rows, *BARE, "type").recipe.column("returned") is None


@pytest.mark.parametrize("none", ["-", "n/a", "0%", "0,00", "keine angabe", "Nein", "0 %", None])
def test_a_word_for_none_is_no_discount(none: str | None) -> None:
    """A dash where a code could stand says that there was none."""
    rows = [("a", "2026-01-01", "50", none), ("a", "2026-02-01", "50", "SUMMER10"), ("b", "2026-02-02", "5", "10%")]
    found = customers(log(rows, *BARE, "discount_code"))
    assert (found["a"]["discount_share"], found["b"]["discount_share"]) == (0.5, 1.0)


@pytest.mark.parametrize("word", ["guest", "Guest", "Gast", "INVITÉ", "anonymous", "Laufkunde", "n/a", "-"])
def test_a_word_for_nobody_is_no_customer(word: str) -> None:
    """All guests together are no customer; their lines and money are counted, and it is said that they are guests'."""
    found = log([(word, "2026-01-01", "50"), ("a", "2026-02-01", "20"), ("b", "2026-02-02", "5")], *BARE)
    account = found.account
    assert (account.customers, account.without_customer, account.guests) == (2, 1, 1)
    assert account.amount_without_customer == 50.0
    assert "orders-of-guests" in {n.code for n in found.notices}


def test_an_id_that_may_stand_for_guests_is_told_of_and_kept() -> None:
    """0 may be a customer; with many times the lines of others it is worth a look."""
    rows = [("0", f"2026-01-{1 + n % 28:02}", "5") for n in range(60)] + [
        (f"{n}", "2026-01-05", "5") for n in range(1, 60)
    ]
    found = log(rows, *BARE)
    [message] = [n.message for n in found.notices if n.code == "placeholder-customer"]
    assert "'customer_id' is '0' in 60 order lines" in message
    assert "0" in customers(found)
    assert not any(n.code == "placeholder-customer" for n in log(rows[55:], *BARE).notices)


def test_a_first_day_far_before_all_others_is_told_of() -> None:
    """1970-01-01 is what many systems write for no day; it is named with its lines."""
    rows = [("a", "1970-01-01", "5"), ("b", "1970-01-01", "5"), ("a", "2026-01-01", "5"), ("b", "2026-01-05", "5")]
    [message] = [n.message for n in log(rows, *BARE).notices if n.code == "far-first-day"]
    assert "1970-01-01, lies 56 years before the next, 2026-01-01: 2 order lines" in message
    assert not any(n.code == "far-first-day" for n in log(rows[2:], *BARE).notices)


def test_sums_of_money_are_exact() -> None:
    """0.1 ten times is 1, whatever floating point makes of it; thousandths are kept where they are there."""
    tenths = [("a", f"2026-01-{day:02}", "0.1") for day in range(1, 11)] + [("b", "2026-01-11", "0.7")]
    assert customers(log(tenths, *BARE))["a"]["spend_total"] == 1.0
    fuel = log([("a", "2026-01-01", "1.459"), ("a", "2026-01-02", "1.469"), ("b", "2026-01-02", "1.4")], *BARE)
    assert (fuel.recipe.places, customers(fuel)["a"]["spend_total"]) == (3, 2.928)


def test_the_as_of_date_is_the_last_day_that_is_not_to_come() -> None:
    """Without an option it is the last day of the log; a day after `today` is left out, and counted."""
    rows: list[tuple[object, ...]] = [("a", "2026-01-01", "5"), ("a", "2026-02-01", "5"), ("b", "2062-01-01", "1")]
    assert log(rows[:2], *BARE).as_of == date(2026, 2, 1)
    found = log(rows, *BARE, today=date(2026, 3, 1))
    assert (found.as_of, found.account.after_as_of) == (date(2026, 2, 1), 1)
    with pytest.raises(NotEnoughDataError, match=r"on or before 2025-01-01.*Pass a later day with --as-of \(as_of"):
        log(rows, *BARE, as_of=date(2025, 1, 1))


def test_days_between_orders_and_their_trend() -> None:
    """Gaps are counted between days; the trend sets the last days beside as many before."""
    days = ["2026-01-01", "2026-01-11", "2026-01-31", "2026-03-02", "2026-03-02"]
    found = customers(log([("a", d, "5") for d in days] + [("b", "2026-04-11", "1")], *BARE))
    assert found["a"]["days_between_orders"] == 20.0
    assert found["a"]["days_between_spread"] == pytest.approx((200 / 3) ** 0.5)
    assert found["a"]["trend"] == pytest.approx((1 - 3) / 4)  # of 101 days the later 51 hold one of four


def test_what_had_a_share_in_an_earlier_log_keeps_it() -> None:
    """Categories of last time come first, sold much or not at all; others fill the room that is left."""
    names = ("customer_id", "date", "amount", "category")
    rows = [("a", "2026-01-05", "9", "tea"), ("b", "2026-01-06", "30", "cake"), ("c", "2026-01-07", "20", "soup")]
    own = log(rows, *names, settings=PurchaseSettings(categories=3)).recipe
    assert own.categories == ("cake", "soup", "tea")
    earlier = replace(own, categories=("salt", "tea"))
    for most, kept in ((3, ("salt", "tea", "cake")), (1, ("salt", "tea"))):
        found = log(rows, *names, settings=PurchaseSettings(categories=most), earlier=earlier)
        assert found.recipe.categories == kept
    without = log([row[:3] for row in rows], *names[:3], earlier=earlier)
    assert without.recipe.categories == ()


def test_categories_and_channels_have_shares() -> None:
    """The largest levels have a share each; what is most of someone's spend is their favourite, else it is Other."""
    names = ("customer_id", "date", "amount", "category", "channel")
    rows = [
        ("a", "2026-01-01", "30", "wine", "web"),
        ("a", "2026-01-02", "10", "salt", "store"),
        ("b", "2026-01-03", "20", "Wine & more", "web"),
        ("c", "2026-01-04", "1", "rare", "web"),
    ]
    found = log(rows, *names, settings=PurchaseSettings(categories=3))
    assert found.recipe.categories == ("wine", "Wine & more", "salt")
    by_customer = customers(found)
    assert (by_customer["a"]["spend_share_wine"], by_customer["a"]["spend_share_salt"]) == (0.75, 0.25)
    assert [by_customer[c]["favourite_category"] for c in "abc"] == ["wine", "Wine & more", "Other"]
    assert by_customer["a"]["channel_share_web"] == 0.75


def test_several_currencies_are_an_error() -> None:
    """Dollars and euros are never added."""
    rows = [("a", "2026-01-01", "5", "USD"), ("b", "2026-01-02", "5", "EUR")]
    with pytest.raises(InputError, match=r"several currencies.*1 in EUR, 1 in USD"):
        log(rows, *BARE, "currency")


def test_a_customer_table_keeps_all_its_customers_in_order() -> None:
    """Customers without orders stay with no spend; orders of strangers are left out; both are counted."""
    table = read(pl.DataFrame({"customer_id": ["c", "a", "b"], "age": [30, 40, 50], "recency_days": [1, 2, 3]}))
    found = customers_of(
        log([("a", "2026-01-01", "5"), ("x", "2026-01-02", "9"), ("a", "2026-01-02", "1")], *BARE), table
    )
    rows = found.table.frame.to_native().collect().rows(named=True)
    assert [r["customer_id"] for r in rows] == ["c", "a", "b"]
    assert [(r["spend_total"], r["n_orders"], r["recency_days_"]) for r in rows] == [
        (0, 0, None),
        (6, 2, 0),
        (0, 0, None),
    ]
    assert (found.account.customers_without_orders, found.account.unknown_customers) == (2, 1)
    assert {"customers-without-orders", "unknown-customers"} <= {n.code for n in found.notices}


def test_a_customer_table_must_tell_its_customers_apart() -> None:
    """Repeated ids would give two people one person's orders; without an id there is nothing to join by."""
    orders = log([("a", "2026-01-01", "5"), ("a", "2026-01-02", "1"), ("b", "2026-01-02", "1")], *BARE)
    with pytest.raises(IdentifierError, match="not unique"):
        customers_of(orders, read(pl.DataFrame({"customer_id": ["a", "a"], "age": [1, 2]})), "customer_id")
    with pytest.raises(InputError, match="no id"):
        customers_of(orders, read(pl.DataFrame({"age": [31, 42], "income": [10.5, 20.5]})))


def test_a_whole_number_with_a_point_is_the_same_id() -> None:
    """What pandas writes as 1001.0, where some lines have no customer, is customer 1001, here and in a join."""
    rows = [
        ("1001.0", "2026-01-01", "5"),
        (None, "2026-01-02", "7"),
        ("1001", "2026-01-03", "2"),
        ("7.0", "2026-01-03", "1"),
    ]
    found = log(rows, *BARE)
    assert {who: c["n_orders"] for who, c in customers(found).items()} == {"1001": 2, "7": 1}
    later = open_like(read(pl.DataFrame(rows, schema=list(BARE), orient="row")), found.recipe)
    assert later.account.customers == 2
    ages = read(pl.DataFrame({"customer_id": ["1001", "7.0", "9"], "age": [30, 40, 50]}))
    joined = customers_of(found, ages, "customer_id").table.frame.to_native().collect()
    assert joined["spend_total"].to_list() == [7.0, 1.0, 0.0]


def test_order_numbers_with_a_point_are_the_same_order() -> None:
    """5001 and 5001.0 are lines of one order."""
    rows = [("a", "2026-01-01", "5", "5001"), ("a", "2026-01-01", "7", "5001.0"), ("b", "2026-01-02", "2", "5002.0")]
    assert customers(log(rows, *BARE, "order_id"))["a"]["n_orders"] == 1


def test_ids_that_have_nothing_in_common_stop_a_join() -> None:
    """Where no buyer is in the table of customers, the form of an id of each side is shown, and no id."""
    rows: list[tuple[object, ...]] = [(f"K-{n:04}", "2026-01-01", "5") for n in range(20)]
    table = read(pl.DataFrame({"customer_id": [f"{n:04}" for n in range(30)], "age": [20 + n for n in range(30)]}))
    with pytest.raises(IdentifierError, match=r"Of 20 customers .* 0 are in .*'A-9999'.*'9999'.*--id"):
        customers_of(log(rows, *BARE), table, "customer_id")
    some = read(pl.DataFrame({"customer_id": [*(f"{n:04}" for n in range(30)), "K-0007"], "age": [*range(31)]}))
    assert customers_of(log(rows, *BARE), some, "customer_id").account.unknown_customers == 19


def test_later_orders_lacking_a_column_are_an_error() -> None:
    """What the segments rest on is asked for by name, and after the name that it may have."""
    first = log([("a", "2026-01-01", "5"), ("a", "2026-01-02", "1"), ("b", "2026-01-02", "1")], *BARE)
    near = {"customer_id": ["a"], "date": ["2026-01-01"], "Amount": ["5"]}
    with pytest.raises(InputError, match=r"lack the column 'amount'.*Did you mean 'Amount'\?"):
        open_like(read(pl.DataFrame(near)), first.recipe)
    with pytest.raises(InputError, match="lack the column 'amount'"):
        open_like(read(pl.DataFrame({"customer_id": ["a"], "date": ["2026-01-01"], "sum": ["5"]})), first.recipe)


@pytest.mark.parametrize(
    ("cell", "day", "hour"),
    [
        ("2026-01-31 23:40:00 -0500", date(2026, 2, 1), 23),
        ("2026-01-31T00:10:00+02:00", date(2026, 1, 30), 0),
        ("2026-01-31 12:00:00Z", date(2026, 1, 31), 12),
        ("2026-01-31 12:00", date(2026, 1, 31), 12),
        ("2026-01-31 11:30 PM", date(2026, 1, 31), 23),
        ("2026-01-31 12:30 am", date(2026, 1, 31), 0),
        ("2026-01-31", date(2026, 1, 31), None),
    ],
)
def test_days_and_hours_of_a_purchase(cell: str, day: date, hour: int | None) -> None:
    """A time with an offset counts on its day in UTC, one without on the day that is written; hours are as written."""
    rows = [("a", cell, "5"), ("b", "2026-03-05 10:00:00 +0000", "5")]
    found = log(rows, *BARE).lines.to_native().collect().row(0, named=True)
    assert (found["day"], found["hour"]) == (day, hour)


def test_a_zone_of_the_column_counts_in_utc() -> None:
    """A frame's own time zone is moved to UTC as well."""
    local = pl.Series(["2026-01-31T23:40:00"]).str.to_datetime().dt.replace_time_zone("America/New_York")
    table = read(pl.DataFrame({"customer_id": ["a"], "date": local, "amount": [5.0]}), ReadingSettings())
    assert open_log(table).lines.to_native().collect()["day"].to_list() == [date(2026, 2, 1)]
    pandas = pl.DataFrame({"customer_id": ["a"], "date": local, "amount": [5.0]}).to_pandas()
    assert open_log(read(pandas)).as_of == open_log(table).as_of == date(2026, 2, 1)


def test_one_order_in_the_file_twice_does_not_make_the_total_that_of_the_order() -> None:
    """What a total stands for rests on ten orders of several lines, or on a hundredth of all; the counts are told."""
    names = ("order_id", "customer_id", "date", "total", "category")
    orders = [(f"o{i}", f"c{i % 90}", "2026-01-05", str(i % 70 + 1), "tea" if i % 3 else "cake") for i in range(1100)]
    once, often = (log([*orders, *orders[:n]], *names) for n in (1, 11))
    assert (once.recipe.amount_is, often.recipe.amount_is) == ("line", "order")
    assert once.recipe.categories
    first, second = (next(n.message for n in found.notices if n.code == "amount-of-order") for found in (once, often))
    assert "of 1 of the 1 order with several lines, of 1,100 in all: too few" in first
    assert "is the same on each line of 11 of the 11 orders with several lines" in second
