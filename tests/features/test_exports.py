"""Columns of exports from shops, mail tools and CRMs: names as people write them, with the values they hold."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from segmentry.features.role_rules import FEW_LEVELS
from segmentry.features.roles import ColumnRole, assign_roles
from segmentry.features.summaries import summarise
from segmentry.tables.table import Column, Kind, Reading

EXPORTS: dict[str, dict[str, list[str]]] = tomllib.loads(
    (Path(__file__).parent / "renamings.toml").read_text(encoding="utf-8")
)["exports"]
KINDS: dict[type, Kind] = {float: "number", date: "date", str: "text"}
N = 200
VALUES: dict[str, Callable[[int], Any]] = {
    "keys": lambda i: 900_000_000.0 + i * 7_919,
    "decimals": lambda i: 1_000_001.0 + i + (1_600_000_007 + i) / 1e10,
    "counts": lambda i: float(i * 7 % 20),
    "one to five": lambda i: float(i % 5 + 1),
    "two numbers": lambda i: float(i % 2 + 1),
    "amounts": lambda i: i * i % 9_770 + 0.25,
    "fractions": lambda i: i * 37 % 100 / 100,
    "seconds": lambda i: 5.0 + i * i % 6_500,
    "percents": lambda i: float(i * 37 % 101),
    "words": lambda i: f"word {chr(97 + i % 5)}",
    "names": lambda i: f"Name {i % (FEW_LEVELS - 3)}",
    "texts": lambda i: f"T{i:05}",
    "answers": lambda i: ["no", "yes"][i % 2],
    "bands": lambda i: ["low", "medium", "high"][i % 3],
    "days": lambda i: date(2024, 1, 1) + timedelta(i % 90),
}


def roles(data: dict[str, list[Any]]) -> dict[str, ColumnRole]:
    columns = [Column(name, Reading(KINDS[type(values[0])]), "") for name, values in data.items()]
    return {r.column: r for r in assign_roles(summarise(nw.from_native(pl.LazyFrame(data)), columns))}


def role(name: str, values: str) -> ColumnRole:
    # Beside the id, which there is once.
    return roles({"customer_id": [f"c{i}" for i in range(N)], name: [VALUES[values](i) for i in range(N)]})[name]


@pytest.mark.parametrize(
    ("values", "expected", "name"),
    [(values, one, name) for values, names in EXPORTS.items() for one, each in names.items() for name in each],
)
def test_names_of_exports_get_the_role_a_person_would_give(values: str, expected: str, name: str) -> None:
    """Each name gets its role where the values are of the kind it is written for."""
    assert role(name, values).role == expected


@pytest.mark.parametrize(
    ("name", "values"), [("traffic_source_medium", "words"), ("Accepts Email Marketing", "answers")]
)
def test_a_word_that_dates_may_carry_suggests_no_date(name: str, values: str) -> None:
    """A visit or a campaign has a date, but its name does not say so."""
    found = role(name, values)
    assert found.confident
    assert "date" not in found.reason


@pytest.mark.parametrize("name", ["Channel", "store", "Region", "Churn", "response", "accepted", "Complaint"])
@pytest.mark.parametrize("pair", [(1.0, 2.0), (5.0, 9.0), (0.0, 100.0)])
def test_two_numbers_other_than_0_and_1_are_two_groups(name: str, pair: tuple[float, float]) -> None:
    """Whether 1 is yes or no, nobody can tell from the column: it is a category."""
    assert roles({name: [pair[i % 2] for i in range(N)]})[name].role == "category"


def test_a_name_of_few_is_nowhere_in_the_profile() -> None:
    """Names that five people share are personal, too, and no level of theirs is told."""
    found = roles({"Nachname": [["Meier", "Kunz", "Abt"][i % 3] for i in range(N)]})["Nachname"]
    assert (found.role, found.levels, "Meier" in found.reason) == ("personal", (), False)


@pytest.mark.parametrize("name", ["contract_id", "Lead ID", "Vertragsnummer", "policy_number", "customer_no"])
def test_what_numbers_every_row_is_the_id_where_nothing_else_is(name: str) -> None:
    """A contract or a lead may be the customer."""
    assert roles({name: [VALUES["keys"](i) for i in range(N)]})[name].role == "id"


def test_a_unit_inside_a_phrase_is_said() -> None:
    """Months on book are months, and no guess at years."""
    found = roles({"Months_on_book": [float(13 + i % 44) for i in range(N)]})["Months_on_book"]
    assert (found.role, found.subject, found.confident) == ("tenure", "months", True)


def test_a_total_of_one_thing_is_no_sister_of_another() -> None:
    """A column of money that says total does not make spend of the others that say it."""
    names = ("Total_Trans_Amt", "Total_Purchases_USD", "Total_Utilization", "Total_Relations")
    found = roles({name: [VALUES["amounts"](i) for i in range(N)] for name in names})
    assert [found[name].role for name in names[2:]] == ["number", "number"]


def test_bills_of_several_months_are_money_and_no_order_value() -> None:
    """Columns that a number sets apart are one month each, and the average of nothing."""
    found = roles({f"BILL_AMT{n}": [VALUES["amounts"](i) for i in range(N)] for n in range(1, 5)})
    assert {r.role for r in found.values()} == {"money"}
    assert role("bill_amount", "amounts").role == "order_value"


@pytest.mark.parametrize("name", ["Group_visits", "education_2n Cycle"])
def test_0_and_1_under_the_name_of_a_count_are_no_and_yes(name: str) -> None:
    """A number of things has more than two values."""
    assert roles({name: [float(i % 2) for i in range(N)]})[name].role == "flag"


@pytest.mark.parametrize("name", ["Tax Exempt", "loan", "Dependents", "Phone Service", "Kredit", "préstamo"])
def test_yes_and_no_are_in_no_doubt(name: str) -> None:
    """Whether there is a loan or a telephone is a question; its name suggests nothing else."""
    found = role(name, "answers")
    assert (found.role, found.confident, "suggests" in found.reason) == ("flag", True, False)


@pytest.mark.parametrize(
    "name", ["Preferred Payment Method", "PaymentMethod", "Zahlungsart", "forma de pago", "mode de paiement"]
)
def test_a_method_of_payment_is_no_payment(name: str) -> None:
    """How somebody pays is a category without doubt."""
    found = role(name, "words")
    assert (found.role, found.confident) == ("category", True)


def test_the_largest_and_the_last_gift_are_no_parts_of_all_gifts() -> None:
    """All gifts are the total: the largest, the smallest and the last are among them."""
    names = (
        "LIFETIME_GIFT_AMOUNT",
        "LIFETIME_MAX_GIFT_AMT",
        "LIFETIME_MIN_GIFT_AMT",
        "LAST_GIFT_AMT",
        "FILE_CARD_GIFT",
    )
    found = roles({name: [VALUES["amounts"](i) for i in range(N)] for name in names})
    assert [name for name in names if found[name].role in ("spend_part", "spend_total")] == ["LIFETIME_GIFT_AMOUNT"]


@pytest.mark.parametrize("pair", [("Existing Customer", "Attrited Customer"), ("STAY", "LEAVE"), ("Stayed", "Churned")])
def test_who_stayed_and_who_left_are_no_and_yes(pair: tuple[str, str]) -> None:
    """A column of who has left may say so in words of its own; what it calls leaving is the yes."""
    found = roles({"Attrition_Flag": [pair[i % 3 == 0] for i in range(N)]})["Attrition_Flag"]
    assert (found.role, found.levels) == ("flag", pair)


def test_having_left_is_no_prediction() -> None:
    """Who has left is known, and why: nothing is in doubt."""
    for name, values in (("Churn", "answers"), ("churn_reason", "words"), ("churned_at", "days")):
        assert "prediction" not in role(name, values).reason


def test_whether_there_is_a_name_is_a_question() -> None:
    """A yes and a no are answers, whatever they are about."""
    assert role("Has last name", "answers").role == "flag"


def test_a_percent_sign_in_a_name_is_said_and_a_rate_of_tax_is_no_rate() -> None:
    """ "Discount %" is a rate for its sign; "Tax 5%" is the money that the tax was."""
    assert role("Discount %", "percents").reason.startswith("the name says '%'")
    assert (role("Tax 5%", "amounts").role, role("VAT 19 %", "amounts").role) == ("money", "number")


@pytest.mark.parametrize(
    "beside",
    [{"months_loan_duration": "counts"}, {"installment": "amounts", "interest_rate": "percents"}],
)
def test_a_bare_amount_beside_a_loan_is_no_spend(beside: dict[str, str]) -> None:
    """What was borrowed is money; a yes to a loan, or one word of its repayment, leaves an amount what it was."""
    columns = {"amount": [VALUES["amounts"](i) for i in range(N)]}
    lent = {name: [VALUES[values](i) for i in range(N)] for name, values in beside.items()}
    assert roles(columns | lent)["amount"].role == "money"
    for other in ({"loan": "answers"}, {"installments": "counts"}):
        others = {name: [VALUES[values](i) for i in range(N)] for name, values in other.items()}
        assert roles(columns | others)["amount"].role == "spend_total"
