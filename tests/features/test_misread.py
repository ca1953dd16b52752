"""A stated role that the cells do not allow is an error that says what stands in the column and what to do."""

from __future__ import annotations

import re

import duckdb
import polars as pl
import pytest

from segmentry.errors import SettingsError
from segmentry.features.choice import FeatureSettings
from segmentry.features.customers import prepare_customers
from segmentry.tables import read

N = 60
_BASE = {"customer_id": [f"c{i}" for i in range(N)], "age": [20 + i for i in range(N)]}


def _prepare(cells: list[object], role: str):
    table = read(pl.DataFrame({**_BASE, "column": cells}))
    return prepare_customers(table, FeatureSettings(roles={"column": role}))


_DAYS = [f"2024-01-{1 + i % 28:02}" for i in range(N)]


@pytest.mark.parametrize(
    ("cells", "role", "said"),
    [
        (["5 ducats"] * 5 + ["7.50"] * 55, "income", "5 of 60 cells are no numbers, such as '9 aaaaaa'."),
        (["5 ducats"] * 5 + ["7.50"] * 55, "income", r'\[reading.types\] "column" = "number".*--max-rejected'),
        (["00.00"] + ["7.50"] * 59, "spend_total", "1 of 60 cells begins with a 0, such as '99.99'"),
        (["Ulm", "Bonn", "Jena"] * 20, "number", "60 of 60 cells are no numbers, such as 'Aaaa'.*another role"),
        (["Ulm", "Bonn", "Jena"] * 20, "flag", "does not say yes and no"),
        ([1, 2] * 30, "flag", "does not say yes and no.*numbers other than 0 and 1.*as 0 and 1"),
        ([0, 100] * 30, "complaint", "numbers other than 0 and 1"),
        (["Ulm", "Bonn", "Jena"] * 20, "birth_date", "read as text, and the role birth_date needs dates.*another role"),
        (_DAYS, "spend_total", "read as dates, and the role spend_total needs numbers"),
        ([f"{d} 10h" for d in _DAYS], "last_purchase_date", "60 cells such as '9999-99-99 99a'.*--date-format"),
        ([45000 + i for i in range(N)], "signup_date", "60 cells such as '99999'.*as dates in the source"),
    ],
)
def test_a_stated_role_that_the_cells_cannot_have_is_refused(cells: list[object], role: str, said: str) -> None:
    """What was read, what stands in the cells by their form, never by what they say, and the remedy."""
    with pytest.raises(SettingsError, match=said) as error:
        _prepare(cells, role)
    assert "ducats" not in str(error.value)
    assert "Ulm" not in str(error.value)


def test_a_text_of_an_engine_is_cast_in_the_query() -> None:
    """An engine's text is not taken apart, so that no option on reading would help."""
    frame = pl.DataFrame({**_BASE, "column": ["7.50"] * N})  # noqa: F841  # read by the query
    table = read(duckdb.sql("select * from frame"))
    with pytest.raises(SettingsError, match="Cast it to numbers in the query"):
        prepare_customers(table, FeatureSettings(roles={"column": "income"}))


def test_answers_of_two_levels_and_roles_that_fit_are_left_alone() -> None:
    """Any two levels may be a yes and a no where that is stated."""
    assert _prepare(["Ja", "Nein"] * 30, "flag").roles[2].levels
    assert _prepare([1, 2] * 30, "income").roles[2].role == "income"


def _doubts(**columns: list[object]) -> list[str]:
    table = read(pl.DataFrame({**_BASE, **columns}))
    return [n.message for n in prepare_customers(table, FeatureSettings()).notices if n.code == "doubtful-role"]


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        ("total_spend", ["00.00"] + [f"{i}.50" for i in range(1, 60)], "left out.*1 of 60 cells begins with a 0"),
        ("income", ["#REF!"] * 6 + [f"{i}00" for i in range(1, 55)], "6 of 60 cells are no numbers.*--missing"),
        ("orders", ["5?"] * 6 + [f"{1 + i % 9}" for i in range(54)], "used as a category.*6 of 60 cells are no"),
        ("signup_date", [f"{d} 10h" for d in _DAYS], "signup date.*60 cells such as '9999-99-99 99a'.*--date-format"),
        ("last_purchase", ["never"] * 20 + _DAYS[20:], "40 cells such as.*20 cells such as 'aaaaa'.*--missing"),
        ("birth_year", ["1981?"] * 6 + [f"{1940 + i}" for i in range(54)], "birth year.*6 of 60 cells are no"),
    ],
)
def test_a_telling_column_that_stayed_text_is_said(name: str, cells: list[object], said: str) -> None:
    """What its name promises, what became of it, and why, are in the warnings of a fit."""
    (message,) = _doubts(**{name: cells})
    assert message.startswith(f"'{name}' ")
    assert re.search(said, message)


def test_texts_that_are_meant_as_texts_are_not_told_of() -> None:
    """Bands, methods, people and states of purchases are no numbers that were misread."""
    bands, methods = ["20-30k", "30-50k", "50k+"] * 20, ["cash", "card", "2 rates"] * 20
    people = [f"Rep {chr(65 + i % 26)}{chr(97 + i % 7)}" for i in range(N)]
    codes = [f"A{i}" for i in range(N)]
    assert _doubts(income_band=bands, purchase_method=methods, sales_rep=people, order_code=codes) == []
