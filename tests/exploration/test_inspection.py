"""What an inspection finds: stable codes, right figures, the same whatever the row order, and no private value."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from segmentry.errors import InputError, NotEnoughDataError
from segmentry.exploration import Finding, Inspection, InspectSettings, inspect
from segmentry.exploration.separator import separator_of

TODAY = date(2026, 1, 31)
N = 400


def shop(**columns: list[object]) -> pl.DataFrame:
    """A plain table of customers, with columns added or replaced."""
    rng = np.random.default_rng(3)
    base: dict[str, list[object]] = {
        "customer_id": [f"c{i:04}" for i in range(N)],
        "age": rng.integers(20, 70, N).tolist(),
        "total_spend": rng.integers(10, 900, N).tolist(),
        "city": [("Leeds", "York", "Bath")[i] for i in rng.integers(0, 3, N)],
        "purchases": rng.integers(0, 30, N).tolist(),
    }
    return pl.DataFrame({**base, **columns})


def look(frame: pl.DataFrame) -> Inspection:
    return inspect(frame, settings=InspectSettings(today=TODAY))


def only(found: Inspection, code: str) -> Finding:
    [finding] = [f for f in found.findings if f.code == code]
    return finding


def test_a_clean_table_gives_no_problem() -> None:
    """Nothing is made up: a plain table has neither problems nor things to look at."""
    assert [f.code for f in look(shop()).findings if f.severity != "note"] == []


@pytest.mark.parametrize(
    ("column", "cells", "code", "n"),
    [
        ("age", [0, 150, -4], "impossible-age", 3),
        ("total_spend", [-20], "negative-values", 1),
        ("purchases", [2.5, 1.5], "fractions", 2),
        ("total_spend", [99999, 99999, 99999], "placeholder", 3),
        ("total_spend", [-999, -999], "placeholder", 2),
        ("total_spend", [60000], "outliers", 1),
        ("age", [None, None], "missing-values", 2),
        ("city", ["york", "YORK"], "same-level", 2),
        ("city", ["Rome"], "rare-levels", 1),
    ],
)
def test_planted_faults_are_found_with_their_number(column: str, cells: list[object], code: str, n: int) -> None:
    """Each planted fault gives its finding, naming the column and the number of rows."""
    frame = shop()
    values = [*cells, *frame[column].to_list()[len(cells) :]]
    finding = only(look(shop(**{column: values})), code)
    assert finding.columns == (column,)
    assert finding.figures["n_missing" if code == "missing-values" else "n"] == n
    assert finding.remedy


@pytest.mark.parametrize(
    "word",
    [
        "Unknown",
        "k. A.",
        "unbekannt",
        "desconocida",
        "s/d",
        "non renseigné",
        "Não informado",
        "non specificato",
        "niet opgegeven",
    ],
)
def test_levels_that_say_nothing_are_found(word: str) -> None:
    """A level that means "not known" is found in seven languages."""
    found = look(shop(city=[("Leeds", "York", word)[i % 3] for i in range(N)]))
    assert only(found, "empty-level").columns == ("city",)


def test_a_number_that_stayed_text_is_told_of_once() -> None:
    """The doubt says what stands in the cells; that a role could be stated, which would be refused, is not said."""
    finding = only(look(shop(total_spend=["00.00"] * 20 + [f"{i}.50" for i in range(20, N)])), "doubtful-role")
    assert (finding.columns, finding.severity) == (("total_spend",), "check")
    assert "20 of 400 cells begin with a 0" in finding.message
    assert "[roles]" not in finding.remedy


def test_rows_that_repeat_apart_from_the_id_are_counted() -> None:
    """A customer entered twice under two ids is one repeat; an e-mail address of its own does not hide it."""
    frame = shop(email=[f"p{i}@example.org" for i in range(N)])
    again = frame.head(5).with_columns(
        customer_id=pl.Series([f"d{i}" for i in range(5)]), email=pl.Series([f"q{i}@example.org" for i in range(5)])
    )
    assert only(look(pl.concat([frame, again])), "duplicate-rows").figures["n"] == 5


def test_dates_that_cannot_be_are_found() -> None:
    """A day after today, and a last purchase before the sign-up."""
    signup = [date(2020, 1, 1 + i % 28) for i in range(N)]
    last = [date(2021, 1, 1 + i % 28) for i in range(N)]
    signup[0], last[1] = date(2031, 5, 1), date(2019, 5, 1)
    found = look(shop(signup_date=signup, last_purchase_date=last))
    assert only(found, "future-date").figures["n"] == 1
    assert only(found, "dates-out-of-order").figures["n"] == 2


def test_columns_that_say_the_same_are_found() -> None:
    """A column that follows another, and a category that another one fixes."""
    frame = shop()
    region = frame["city"].replace_strict({"Leeds": "North", "York": "North", "Bath": "South"})
    found = look(shop(region=region.to_list(), items=(frame["total_spend"] // 10).to_list()))
    assert only(found, "correlated").columns == ("items", "total_spend")
    assert only(found, "fixed-by-another").columns == ("city", "region")
    assert only(found, "fixed-by-another").figures == {"region": 1.0}


def test_nothing_of_a_private_column_is_shown() -> None:
    """Of personal columns and ids nothing but counts appears in the whole inspection, nor a whole extreme value."""
    emails = [f"secret{i}@example.org" for i in range(N)]
    emails[1] = emails[0]
    spend = [777_123, *shop()["total_spend"].to_list()[1:]]
    found = look(shop(email=emails, last_name=[f"Nomen{i % 390}" for i in range(N)], total_spend=spend))
    assert [c.role for c in found.columns if c.name in ("email", "last_name")] == ["personal", "personal"]
    assert only(found, "repeated-contact").columns == ("email",)
    text = repr(found)
    assert "secret" not in text
    assert "Nomen" not in text
    assert "c0001" not in text
    assert set(found.sampled.columns).isdisjoint({"email", "last_name", "customer_id"})
    assert "777" not in "".join(f.message for f in found.findings)


def test_small_groups_of_a_sensitive_attribute_are_not_named() -> None:
    """A sensitive attribute is flagged; its rare levels are counted, not named."""
    gender = ["female" if i % 2 else "male" for i in range(N)]
    gender[5] = "diverse"
    found = look(shop(gender=gender))
    assert only(found, "sensitive-column").columns == ("gender",)
    assert "diverse" not in only(found, "rare-levels").message


def test_row_order_changes_nothing() -> None:
    """The same rows shuffled give the same inspection, to the last digit."""
    frame = shop(total_spend=[x * 0.1 for x in range(N)], score=[(x * 7919 % 1000) / 7 for x in range(N)])
    one, other = look(frame), look(frame.sample(fraction=1.0, shuffle=True, seed=1))
    assert one == other
    assert all(np.array_equal(v, other.sampled.columns[k], equal_nan=True) for k, v in one.sampled.columns.items())


def test_figures_are_right() -> None:
    """Mean, deviation and quartiles are those of the values."""
    spread = look(shop(total_spend=[float(i) for i in range(N)])).column("total_spend").spread
    assert spread is not None
    assert spread.mean == pytest.approx(199.5, rel=1e-5)
    assert spread.sd == pytest.approx(np.arange(N).std(), rel=1e-5)
    assert (spread.q1, spread.median, spread.q3) == (99.0, 199.0, 299.0)


def test_every_finding_can_be_acted_on(shared_data: Path) -> None:
    """On the real files, every finding has a code, a message and what to do; the known faults are among them."""
    found = inspect(shared_data / "marketing_campaign.csv", settings=InspectSettings(today=TODAY))
    assert all(f.code and f.message.endswith(".") and f.remedy for f in found.findings)
    assert only(found, "duplicate-rows").figures["n"] == 182
    age = only(found, "impossible-age")
    assert (age.figures["n"], age.figures["highest"]) == (3, 121.0)
    assert {c for f in found.findings if f.code == "constant-column" for c in f.columns} == {
        "Z_CostContact",
        "Z_Revenue",
    }
    assert found.reading.separator == "tab"
    assert dict(found.reading.date_formats) == {"Dt_Customer": "DD-MM-YYYY"}


def test_what_mirrors_a_column_is_told(shared_data: Path) -> None:
    """In a file made by rule, the city fixes the membership, and says so."""
    found = inspect(shared_data / "E-commerce Customer Behavior - Sheet1.csv", settings=InspectSettings(today=TODAY))
    finding = only(found, "fixed-by-another")
    assert finding.columns[0] == "City"
    assert finding.figures["Membership Type"] == 1.0


def test_repeated_ids_are_found_and_do_not_stop_the_look() -> None:
    """Where a fit would stop, an inspection says why and goes on."""
    ids = [f"c{i:04}" for i in range(N)]
    ids[7] = ids[6]
    finding = only(look(shop(customer_id=ids)), "repeated-id")
    assert finding.severity == "problem"


def test_a_table_without_rows_is_an_error() -> None:
    """There is nothing to look at."""
    with pytest.raises(NotEnoughDataError):
        look(shop().head(0))


def test_the_frame_holds_a_row_per_column() -> None:
    """What can be told of each column, as a table."""
    found = look(shop())
    frame = found.frame()
    assert frame["column"].to_list() == [c.name for c in found.columns]
    assert frame["role"].to_list()[0] == "id"


@pytest.mark.parametrize(
    ("line", "said"), [("a;b;c", ";"), ("a\tb\tc", "tab"), ('a,"b",c', ","), ("  a  b c ", "space"), ("a|b|c", "|")]
)
def test_the_separator_is_known_from_the_header(line: str, said: str, tmp_path: Path) -> None:
    """The first line that splits into the columns' names tells what sets them apart."""
    path = tmp_path / "table.csv"
    path.write_text(f"Export of today\n{line}\n1\n", encoding="utf-8")
    assert separator_of(path, ["a", "b", "c"]) == said
    assert separator_of(path, ["x", "y"]) is None


def test_a_table_without_anything_to_compare_is_told_of():
    """Columns that never vary leave no feature: the inspection says so instead of failing."""
    found = inspect(pl.DataFrame({"customer_id": ["a", "b", "c"], "spend": ["5"] * 3}))
    assert [f.code for f in found.of_severity("problem")] == ["nothing-to-compare"]
    assert found.features == ()


def test_a_relation_is_not_looked_at_and_the_error_says_what_is() -> None:
    """A table that stays in its engine has no exact quartiles there: a part of it, or its address, is asked for."""
    relation = duckdb.connect().from_arrow(pl.DataFrame({"id": range(50), "age": range(50)}).to_arrow())
    with pytest.raises(InputError, match=r"files and in memory are looked at.*Pass a part of it"):
        inspect(relation)
