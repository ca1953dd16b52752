"""Later orders in other money are refused, and columns that the model does not know are told of."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from segmentry.errors import InputError
from segmentry.purchases import NEW_COLUMN, PurchaseRecipe, Purchases, open_like, open_log
from segmentry.tables import read

PLAIN = {"customer_id": ["a", "b", "a"], "date": ["2026-01-01", "2026-01-02", "2026-01-03"]}
BARE = {**PLAIN, "amount": ["5", "7", "9"]}


def recipe(**columns: list[str]) -> PurchaseRecipe:
    return open_log(read(pl.DataFrame({**BARE, **columns}))).recipe


def later(known: PurchaseRecipe, **columns: list[str]) -> Purchases:
    expected = {c.name: c.reading for c in known.columns}
    return open_like(read(pl.DataFrame({**BARE, **columns}), expected=expected), known)


def told(found: Purchases) -> list[str]:
    return [n.message for n in found.notices if n.code == NEW_COLUMN]


def test_later_orders_in_several_currencies_are_an_error() -> None:
    """Scoring adds no dollars to euros, whether or not the fitted orders said their currency."""
    for known in (recipe(), recipe(currency=["EUR"] * 3)):
        with pytest.raises(InputError, match=r"several currencies.*2 in EUR, 1 in USD"):
            later(known, currency=["EUR", "EUR", "USD"])


@pytest.mark.parametrize(("fitted", "new"), [("EUR", "USD"), ("SEK", "NOK"), ("EUR", "CZK"), ("USD", "AUD")])
def test_later_orders_in_another_currency_are_an_error(fitted: str, new: str) -> None:
    """The currency of the fit is kept, so that orders in another are not placed by its amounts."""
    known = recipe(currency=[fitted] * 3)
    with pytest.raises(InputError, match=f"another currency.*{new} in 'currency'.*orders in {fitted}"):
        later(known, currency=[new] * 3)


@pytest.mark.parametrize("new", ["EUR", "eur", "€", "Euro"])
def test_the_same_currency_may_be_spelled_in_another_way(new: str) -> None:
    """A sign, a word and a code of one currency are one."""
    found = later(recipe(currency=["EUR"] * 3), currency=[new] * 3)
    assert found.account.amount == 21.0
    assert told(found) == []


def test_signs_of_amounts_are_held_against_each_other() -> None:
    """Amounts that carried € at the fit and carry $ now are other money; without a sign nothing speaks against them."""
    known = recipe(amount=["€5", "€7", "€9"])
    with pytest.raises(InputError, match=r"another currency.*\$ in 'amount'.*orders in €"):
        later(known, amount=["$5", "$7", "$9"])
    assert later(known, amount=["5 EUR", "7 EUR", "9 EUR"]).account.amount == 21.0
    assert later(known).account.amount == 21.0


def test_a_model_of_before_goes_by_the_sign_that_it_has() -> None:
    """A stored model without a currency still tells euros from dollars, and knows no more of others."""
    known = replace(recipe(currency=["EUR"] * 3), currency="")
    with pytest.raises(InputError, match="USD in 'currency'"):
        later(known, currency=["USD"] * 3)
    assert later(replace(known, symbol=""), currency=["USD"] * 3).account.amount == 21.0


def test_a_new_column_of_states_is_told_of() -> None:
    """Cancelled lines count as they did, with a warning that says how many they are."""
    found = later(recipe(), status=["completed", "cancelled", "cancelled"])
    assert found.account.used == 3
    [message] = told(found)
    assert message.startswith("'status' seems to say the state of an order;")
    assert "2 lines that it says nothing came of" in message


def test_a_new_column_of_money_is_told_of() -> None:
    """What was refunded is not taken off, and a currency may be another one: a warning names the column."""
    [message] = told(later(recipe(), refunded_amount=["0", "7", "0"]))
    assert "'refunded_amount' seems to say what was refunded" in message
    [message] = told(later(recipe(), currency=["EUR"] * 3))
    assert "Were those orders in EUR too?" in message
    assert told(later(recipe(amount=["€5", "€7", "€9"]), currency=["EUR"] * 3)) == []


def test_a_column_of_the_fit_is_not_new() -> None:
    """What the model knows, and what says nothing of sales, is no reason to warn."""
    known = recipe(status=["completed", "cancelled", "completed"])
    assert told(later(known, status=["completed"] * 3, shop=["x", "y", "z"])) == []
