"""Postage, fees and corrections stand among the products of many logs, and are none."""

from __future__ import annotations

import polars as pl
import pytest

from segmentry.purchases import Purchases, open_log, read_log
from segmentry.purchases.words import charge_parts, is_charge

CHARGES = [
    "POSTAGE", "POST", "Shipping (express)", "Standard Delivery", "Next Day Carriage", "Manual", "Bank Charges",
    "Acme Commission", "Card fee", "Service charge", "Adjust bad debt", "Adjustment by anna on 2 May", "10% discount",
    "Versandkosten", "Versand nach Österreich (DHL)", "Porto", "Bearbeitungsgebühr", "Gastos de envío", "Envío gratis",
    "comisión", "Frais de port", "Frais d'expédition", "Livraison à domicile", "Remise 5 %",
    "Frete grátis", "Spese di spedizione", "Verzendkosten", "Korting 10 %",
]  # fmt: skip
GOODS = [
    "Post office mug", "Coffee", "Delivery van, toy", "Owner's manual", "USB quick charge", "Gift wrap",
    "How to avoid all bank charges", "Porto, red wine", "Transporter toy", "Tax guide", "Poster", "85123A", "",
]  # fmt: skip


@pytest.mark.parametrize("name", CHARGES)
def test_what_an_order_charges_is_known_by_its_name(name: str) -> None:
    """Words for postage, fees, discounts and corrections, alone or where they say what it is, in seven languages."""
    assert is_charge(name)
    assert any(part in name.lower() for part in charge_parts().split("|"))


@pytest.mark.parametrize("name", GOODS)
def test_goods_whose_name_has_such_a_word_in_it_stay_goods(name: str) -> None:
    """A word inside a longer name does not make it a charge."""
    assert not is_charge(name)


def opened(goods: int, *charges: str) -> Purchases:
    """A log with so many lines of goods, and two of each charge."""
    rows = [(f"o{i}", f"c{i % 4}", f"2026-01-{1 + i % 28:02}", f"mug {i % 3}", "5.00") for i in range(goods)]
    rows += [(f"o{i}", f"c{i}", f"2026-01-{1 + i % 28:02}", name, "4.50") for name in charges for i in range(2)]
    return open_log(read_log(pl.DataFrame(rows, schema=["order", "client", "date", "product", "amount"], orient="row")))


def test_charges_are_told_of_and_their_money_counts() -> None:
    """Their lines are counted, a warning has their names, and spend is what it was; a rare name is masked."""
    found = opened(40, *["Postage"] * 6, "Card fee")
    assert [(c.name, c.lines, c.money) for c in found.charges] == [("Postage", 12, 54.0), ("Card fee", 2, 9.0)]
    assert (found.account.charges, found.account.used, found.account.amount) == (14, 54, 263.0)
    [said] = [n.message for n in found.notices if n.code == "orders-charges"]
    assert "14 order lines of postage" in said
    assert "'Postage' (12 lines, 54.00), 'C…' (2 lines, 9.00)" in said


def test_a_log_without_charges_says_nothing_of_them() -> None:
    """No charge, no warning; nor is there one where the log names no products."""
    found = opened(40)
    assert (found.charges, found.account.charges) == ((), 0)
    assert "orders-charges" not in {n.code for n in found.notices}


def test_who_sells_delivery_keeps_it() -> None:
    """Where half of all lines are such, they are what the shop sells."""
    assert opened(8, "Express delivery", "Standard delivery", "Home delivery", "Freight").charges == ()


def test_what_a_charge_cost_is_not_told_where_amounts_are_those_of_orders() -> None:
    """The money on a line is then that of its whole order: a tip of 5 in an order of 60 is none of 60."""
    names = ["order", "client", "date", "product", "total"]
    rows = [(f"o{i // 2}", f"c{i % 4}", f"2026-01-{1 + i // 2 % 28:02}", f"mug {i % 3}", "60.00") for i in range(60)]
    rows += [(f"o{i}", f"c{i % 4}", f"2026-01-{1 + i % 28:02}", "Tip", "60.00") for i in range(100, 112)]
    found = open_log(read_log(pl.DataFrame(rows, schema=names, orient="row")))
    assert found.recipe.amount_is == "order"
    [said] = [n.message for n in found.notices if n.code == "orders-charges"]
    assert "'Tip' (12 lines)." in said
