"""What columns mean, told from their names and values together."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from segmentry.errors import SettingsError
from segmentry.features.role_rules import RULES
from segmentry.features.roles import ROLES, ColumnRole, Role, assign_roles
from segmentry.features.summaries import ColumnSummary, summarise
from segmentry.tables.reading import read
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Column, Kind, Reading

RENAMINGS = tomllib.loads((Path(__file__).parent / "renamings.toml").read_text(encoding="utf-8"))
del RENAMINGS["exports"]  # for `test_exports`
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = {
    "marketing": "marketing_campaign.csv",
    "mall": "Mall_Customers.csv",
    "shop": "E-commerce Customer Behavior - Sheet1.csv",
}
ROLES_OF = {
    "marketing": [
        "id",
        "birth_year",
        "category",
        "category",
        "income",
        "children",
        "children",
        "signup_date",
        "recency_days",
        "spend_part",
        "spend_part",
        "spend_part",
        "spend_part",
        "spend_part",
        "spend_part",
        "purchases_deal",
        "purchases_channel",
        "purchases_channel",
        "purchases_channel",
        "visits",
        "campaign",
        "campaign",
        "campaign",
        "campaign",
        "campaign",
        "complaint",
        "constant",
        "constant",
        "campaign",
    ],
    "mall": [
        "id",
        "sensitive",
        "age",
        "income",
        "score",
    ],
    "shop": [
        "id",
        "sensitive",
        "age",
        "category",
        "membership",
        "spend_total",
        "items",
        "rating",
        "deal_flag",
        "recency_days",
        "satisfaction",
    ],
}
KINDS: dict[type, Kind] = {float: "number", date: "date", str: "text"}


@cache
def real(name: str) -> tuple[ColumnSummary, ...]:
    path = DATA / FILES[name]
    if not path.exists():
        pytest.skip(f"the real data file shared/data/{FILES[name]} is missing")
    table = read(path, ReadingSettings())
    return summarise(table.frame, table.columns)


def renamed(name: str, header: Sequence[str]) -> tuple[ColumnRole, ...]:
    return assign_roles([replace(s, name=new) for s, new in zip(real(name), header, strict=True)])


def roles(**data: Sequence[Any]) -> dict[str, ColumnRole]:
    """Roles of columns made up on the spot; the kind of a column is that of its first value."""
    typed = {name: next((type(v) for v in values if v is not None), str) for name, values in data.items()}
    frame = pl.LazyFrame(data, schema_overrides={n: {float: pl.Float64, date: pl.Date, str: pl.String}[t]
                                                 for n, t in typed.items()})  # fmt: skip
    columns = [Column(name, Reading(KINDS[kind]), "") for name, kind in typed.items()]
    return {r.column: r for r in assign_roles(summarise(nw.from_native(frame), columns))}


def words_of(name: str) -> list[str]:
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)


SCHEMES: Mapping[str, Callable[[str], str]] = {
    "snake_case": lambda name: "_".join(words_of(name)).lower(),
    "SCREAMING_SNAKE": lambda name: "_".join(words_of(name)).upper(),
    "Title Case": lambda name: " ".join(words_of(name)).title(),
    "joined": lambda name: "".join(words_of(name)).lower(),
    "JOINED": lambda name: "".join(words_of(name)).upper(),
    "kebab-case": lambda name: "-".join(words_of(name)).lower(),
    "dotted": lambda name: ".".join(words_of(name)),
    "PascalCase": lambda name: "".join(words_of(name.title())),
    "cust_": lambda name: "cust_" + "_".join(words_of(name)).lower(),
    "crm_": lambda name: "crm_" + name,
    "x_": lambda name: "x_" + "_".join(words_of(name)).lower(),
    "tbl_customer_": lambda name: "tbl_customer_" + "_".join(words_of(name)).lower(),
    "spaces around": lambda name: f"  {name} ",
}


@pytest.mark.parametrize("name", FILES)
def test_real_files_get_the_roles_a_person_would_give(name: str) -> None:
    """Each column of the real customer files is understood, with a reason."""
    found = assign_roles(real(name))
    assert [r.role for r in found] == ROLES_OF[name]
    assert all(r.reason for r in found)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_way_of_writing_names_changes_no_role(scheme: str, name: str) -> None:
    """The same names in another case, joined, or with a prefix, lead to the same roles."""
    header = [SCHEMES[scheme](s.name) for s in real(name)]
    assert [r.role for r in renamed(name, header)] == ROLES_OF[name]


@pytest.mark.parametrize(
    ("group", "name", "header"),
    [
        (group, name, header)
        for group, files in RENAMINGS.items()
        for name, headers in files.items()
        for header in headers
    ],
)
def test_synonyms_and_other_languages_change_no_role(group: str, name: str, header: str) -> None:
    """English synonyms and names in six other languages of the same columns lead to the same roles."""
    found = renamed(name, RENAMINGS[group][name][header])
    wrong = {r.column: (r.role, role) for r, role in zip(found, ROLES_OF[name], strict=True) if r.role != role}
    assert wrong == ACCEPTED.get((group, name, header), {})


# "Score" is the wider word, so that a column called so is one, whatever its bounds.
ACCEPTED: dict[tuple[str, str, str], dict[str, tuple[str, str]]] = {
    ("held_out", "shop", "h3"): {"puntuacion_promedio": ("score", "rating")},
    ("held_out", "shop", "h6"): {"Review score": ("score", "rating")},
    ("held_out", "shop", "nl7"): {"Gem. score": ("score", "rating")},
    ("designed", "shop", "english"): {"mean_review_score": ("score", "rating")},
}


@pytest.mark.parametrize("header", [*RENAMINGS["designed"]["marketing"], *RENAMINGS["held_out"]["marketing"]])
def test_subjects_are_found_in_every_language(header: str) -> None:
    """Channels and kinds of children have one name each; campaigns and parts of the spend keep their own."""
    group = next(g for g in RENAMINGS.values() if header in g["marketing"])
    found = renamed("marketing", group["marketing"][header])
    assert found[6].subject == "teens"
    assert [r.subject for r in found[16:20]] == ["web", "catalog", "store", "web"]
    assert [r.subject for r in found[20:25]] == ["3", "4", "5", "1", "2"]
    parts = [r.subject for r in found[9:15]]
    assert all(parts)
    assert len(set(parts)) == 6


def test_income_in_thousands_keeps_its_scale() -> None:
    """The currency and scale in a name are kept with the role."""
    income = assign_roles(real("mall"))[3]
    assert income.symbol == "k$"


def test_levels_come_in_order() -> None:
    """Tiers and satisfaction are ordered from low to high; a flag's levels are no, then yes."""
    found = {r.role: r.levels for r in assign_roles(real("shop"))}
    assert found["membership"] == ("Bronze", "Silver", "Gold")
    assert found["satisfaction"] == ("Unsatisfied", "Neutral", "Satisfied")
    assert [level.lower() for level in found["deal_flag"]] == ["false", "true"]


@pytest.mark.parametrize(
    ("name", "role", "levels"),
    [
        ("Escolaridade", "education", ["Ensino Fundamental", "Ensino Médio", "Superior Completo", "Mestrado"]),
        ("Titolo di studio", "education", ["Licenza media", "Diploma superiore", "Laurea", "Dottorato"]),
        ("Opleiding", "education", ["Basisschool", "VMBO", "HBO", "WO"]),
        ("Satisfação", "satisfaction", ["Muito insatisfeito", "Insatisfeito", "Neutro", "Satisfeito"]),
        ("Livello Fedeltà", "membership", ["Bronzo", "Argento", "Oro", "Platino"]),
        ("Klanttevredenheid", "satisfaction", ["Zeer ontevreden", "Ontevreden", "Tevreden", "Zeer tevreden"]),
        ("heeft_geklaagd", "complaint", ["nee", "ja"]),
        ("Usou Cupom", "deal_flag", ["Não", "Sim"]),
    ],
)
def test_levels_have_their_order_in_other_languages(name: str, role: str, levels: list[str]) -> None:
    """Portuguese, Italian and Dutch levels stand from low to high, and no before yes."""
    found = roles(**{name: [levels[::-1][i % len(levels)] for i in range(60)]})[name]
    assert (found.role, found.levels) == (role, tuple(levels))


def test_answers_in_several_spellings_are_answers() -> None:
    """Yes, Y and TRUE in one column are one yes, and the reason says what was taken for what; a maybe is neither."""
    mixed, unsure = ["Yes", "N", "Y", "No", "TRUE", "0"], ["Yes", "N", "Y", "No", "maybe", "0"]
    found = roles(
        accepted_campaign=[mixed[i % 6] for i in range(60)],
        newsletter=[mixed[i % 6] for i in range(60)],
        club=[unsure[i % 6] for i in range(60)],
    )
    assert [r.role for r in found.values()] == ["campaign", "flag", "category"]
    assert found["newsletter"].levels == ("0", "N", "No", "TRUE", "Y", "Yes")
    assert "0, N, No for no; TRUE, Y, Yes for yes" in found["newsletter"].reason


@pytest.mark.parametrize("name", FILES)
def test_column_order_changes_no_role(name: str) -> None:
    """Roles and reasons do not depend on the order of the columns."""
    forward, backward = assign_roles(real(name)), assign_roles(real(name)[::-1])
    assert forward == backward[::-1]


def test_purchase_logs_are_understood() -> None:
    """In a table of purchases the customer's id comes back, and dates, amounts and quantities are of purchases."""
    path = DATA / "CDNOW_master.txt"
    if not path.exists():
        pytest.skip("the real data file shared/data/CDNOW_master.txt is missing")
    table = read(path, ReadingSettings())
    found = [r.role for r in assign_roles(summarise(table.frame, table.columns))]
    assert found == ["id", "purchase_date", "quantity", "order_value"]


def test_invoice_lines_are_understood() -> None:
    """A retailer's invoice lines give order, product, quantity, date, price and customer."""
    n = 300
    found = roles(
        InvoiceNo=[str(536365 + i // 3) for i in range(n)],
        StockCode=[f"8{i % 50:04}A" for i in range(n)],
        Description=[f"WHITE HEART {i % 50}" for i in range(n)],
        Quantity=[float(i % 13) for i in range(n)],
        InvoiceDate=[date(2011, 1, 1) + timedelta(i) for i in range(n)],
        UnitPrice=[i % 50 + 0.95 for i in range(n)],
        CustomerID=[str(17850 + i // 9) for i in range(n)],
        Country=[["France", "Spain"][i % 2] for i in range(n)],
    )
    expected = ["order_id", "product", "product", "quantity", "purchase_date", "unit_price", "id", "category"]
    assert [r.role for r in found.values()] == expected


@pytest.mark.parametrize(
    ("values", "role"),
    [
        ([float(i % 5 + 1) for i in range(60)], "number"),
        ([["north", "south", "west"][i % 3] for i in range(60)], "category"),
        ([float(i % 2) for i in range(60)], "flag"),
        ([date(1980, 1, 1) + timedelta(i) for i in range(60)], "birth_date"),
        ([7.0] * 60, "constant"),
        ([f"p{i}@example.org" for i in range(60)], "personal"),
    ],
)
def test_values_beat_names(values: list[Any], role: str) -> None:
    """A column called year of birth is something else when its values cannot be years."""
    assert roles(year_of_birth=values)["year_of_birth"].role == role


def test_a_reason_names_the_disagreement() -> None:
    """Where name and values disagree, the reason says what the name suggested."""
    reason = roles(Income=[["low", "mid", "top"][i % 3] for i in range(60)])["Income"].reason
    assert reason == "the name suggests income ('income'), but the values say otherwise: 3 levels"


def test_a_few_impossible_years_do_not_hide_a_year_of_birth() -> None:
    """Years of birth stay so when some are long past or mistyped."""
    years = [1950.0 + i % 50 for i in range(200)] + [1893.0, 1900.0, 19.0]
    found = roles(Jahrgang=years)["Jahrgang"]
    assert (found.role, "jahrgang" in found.reason) == ("birth_year", True)


def test_mail_addresses_are_personal_whatever_they_are_called() -> None:
    """E-mail addresses and phone numbers under a harmless name are found, and no value is told."""
    found = roles(
        city=[f"person{i}@example.org" for i in range(50)] + [None],
        score=[f"+49 171 55{i:05}" for i in range(51)],
    )
    assert [r.role for r in found.values()] == ["personal", "personal"]
    assert not any("person1@" in r.reason or "+49" in r.reason for r in found.values())


@pytest.mark.parametrize(
    "name", ["Vorname", "last_name", "Apellidos", "nom", "Full Name", "Straße", "e-mail", "Telefonnummer", "iban"]
)
def test_names_and_addresses_are_personal(name: str) -> None:
    """Texts that differ and are called a name, an address or a contact are personal."""
    assert roles(**{name: [f"Text {i}" for i in range(80)]})[name].role == "personal"


@pytest.mark.parametrize("name", ["gender", "x", "Anrede", "sexe", "segment"])
def test_genders_are_sensitive_whatever_they_are_called(name: str) -> None:
    """Male and female, in any of the languages, are sensitive under any name."""
    for pair in (("Male", "Female"), ("m", "w"), ("Hombre", "Mujer"), ("Homme", "Femme"), ("Herr", "Frau"),
                 ("Masculino", "Feminino"), ("Uomo", "Donna"), ("M", "V")):  # fmt: skip
        assert roles(**{name: [pair[i % 2] for i in range(40)]})[name].role == "sensitive"


@pytest.mark.parametrize(
    "levels", [("Mann", "Frau", "k. A."), ("Hombre", "Mujer", "desconocido"), ("Homme", "Femme", "non renseigné")]
)
def test_genders_that_are_not_all_known_are_sensitive(levels: tuple[str, str, str]) -> None:
    """A word for "not known" beside the genders makes them no other kind of column."""
    assert roles(x=[levels[i % 3] for i in range(60)])["x"].role == "sensitive"


@pytest.mark.parametrize("name", ["Religion", "ethnicity", "Gesundheitszustand", "discapacidad", "political_views"])
def test_protected_matters_are_sensitive_by_name(name: str) -> None:
    """What the law protects is sensitive whatever its values are."""
    assert roles(**{name: [float(i % 4) for i in range(40)]})[name].role == "sensitive"


def test_there_is_one_id() -> None:
    """Of several columns that could name a customer, the one whose name says so most clearly is the id."""
    n = 100
    found = roles(
        row=[float(i) for i in range(n)],
        record_key=[f"r{i}" for i in range(n)],
        customer_id=[f"c{i}" for i in range(n)],
        handle=[f"h{i}" for i in range(n)],
    )
    assert [r.role for r in found.values()].count("id") == 1
    assert found["customer_id"].role == "id"
    assert {r.role for r in found.values()} == {"id", "text"}


def test_without_a_name_unique_values_are_the_id() -> None:
    """Where no name says id, unique texts or row numbers are taken, in doubt; fractions and repeats are not."""
    found = roles(alpha=[f"c{i}" for i in range(50)], beta=[i * 1.5 for i in range(50)])
    assert (found["alpha"].role, found["alpha"].confident, found["beta"].role) == ("id", False, "number")
    none = roles(alpha=[["a", "b"][i % 2] for i in range(50)], beta=[i * 1.5 for i in range(50)])
    assert "id" not in {r.role for r in none.values()}


def test_a_measure_that_happens_to_be_unique_is_no_id() -> None:
    """Whole numbers without repeats are a measure unless they fill their range."""
    values = [float(i * i * 7 % 9973) for i in range(1, 60)]
    assert roles(zeta=values)["zeta"].role == "number"


def test_dirty_ids_stay_ids() -> None:
    """A column called customer id is the id though some values repeat."""
    ids = [f"c{i}" for i in range(95)] + [f"c{i}" for i in range(5)]
    assert roles(customer_id=ids, age=[float(i % 60 + 18) for i in range(100)])["customer_id"].role == "id"


@pytest.mark.parametrize(
    ("levels", "role"),
    [(("A", "B", "C"), "leak"), (("1", "2"), "leak")],
)
def test_existing_segments_are_left_out(levels: tuple[str, ...], role: str) -> None:
    """A column with somebody's segments would give the answer away."""
    for name in ("Segment", "cluster", "Kundengruppe", "customer_segment", "segmentation"):
        assert roles(**{name: [levels[i % len(levels)] for i in range(60)]})[name].role == role


def test_sisters_of_money_are_money() -> None:
    """Where one of several columns with a word in common is money, the others are parts of the spend too."""
    skewed = [float(i % 50 * (i % 50)) for i in range(100)]
    others = {"id": [f"c{i}" for i in range(100)], "city": [["x", "y"][i % 2] for i in range(100)]}
    found = roles(bdg_wine_eur=skewed, bdg_hats=skewed[::-1], bdg_tools=skewed, **others)
    assert [(r.role, r.subject) for r in found.values()][:3] == [
        ("spend_part", "wine"), ("spend_part", "hats"), ("spend_part", "tools"),
    ]  # fmt: skip


def test_columns_that_only_name_goods_are_parts_of_the_spend() -> None:
    """Several numeric columns called after goods are taken as what was spent on each, in doubt."""
    skewed = [float(i * i % 9770) for i in range(200)]
    found = roles(Fresh=skewed, Milk=skewed[::-1], Grocery=skewed, Frozen=skewed[::-1])
    assert {(r.role, r.confident) for r in found.values()} == {("spend_part", False)}


@pytest.mark.parametrize(
    ("name", "levels", "role", "ordered"),
    [
        ("Kundenstatus", ["Gold", "Basis", "Silber"], "membership", ("Basis", "Silber", "Gold")),
        ("plan", ["premium", "free", "basic"], "membership", ("free", "basic", "premium")),
        ("tier", ["amber", "ruby", "gold"], "category", ()),
        ("kind", ["Gold", "Silver", "Bronze"], "membership", ("Bronze", "Silver", "Gold")),
        ("satisfacción", ["alta", "baja", "media"], "satisfaction", ("baja", "media", "alta")),
        ("Zufriedenheit", ["zufrieden", "unzufrieden", "neutral"], "satisfaction",
         ("unzufrieden", "neutral", "zufrieden")),
        ("education", ["PhD", "High School", "Master's", "Bachelor's"], "education",
         ("High School", "Bachelor's", "Master's", "PhD")),
        ("education", ["PhD", "Second cycle", "Master"], "category", ()),
        ("demand", ["low", "medium", "high"], "category", ()),
    ],
)  # fmt: skip
def test_levels_with_a_known_order_are_ordered(
    name: str, levels: list[str], role: str, ordered: tuple[str, ...]
) -> None:
    """Levels are ordered when each has one known place; otherwise the column is a plain category."""
    found = roles(**{name: [levels[i % len(levels)] for i in range(60)]})[name]
    assert (found.role, found.levels) == (role, ordered)


def test_settings_override_what_is_found() -> None:
    """A stated role wins, may name a subject, and leaves the other columns one id."""
    found = {r.column: r for r in assign_roles(real("mall"), {"Age": "id", "Gender": "category"})}
    assert (found["Age"].role, found["Gender"].role, found["CustomerID"].role != "id") == ("id", "category", True)
    [part] = assign_roles(real("mall")[2:3], {"Age": "spend_part:wine"})
    assert (part.role, part.subject, part.reason) == ("spend_part", "wine", "stated in the settings")


@pytest.mark.parametrize(("override", "near"), [({"Age": "incme"}, "'income'"), ({"Agee": "age"}, "'Age'")])
def test_an_unknown_role_or_column_is_an_error(override: dict[str, str], near: str) -> None:
    """The error names the nearest valid name and lists all."""
    column = ColumnSummary("Age", "number", "", 3, 0, 3, 1.0, 3.0)
    with pytest.raises(SettingsError, match=near) as caught:
        assign_roles([column], override)
    assert "Valid: " in str(caught.value)


def test_empty_tables_and_columns_have_roles() -> None:
    """No column, no row and no value are no reason to stop."""
    assert assign_roles([]) == ()
    assert roles(a=[None, None], b=["x", "y"])["a"].role == "constant"
    assert all(r.role == "constant" for r in roles(id=[], income=[]).values())


def test_unnamed_columns_have_roles() -> None:
    """Columns without a telling name are judged by their values."""
    found = roles(**{
        "": [f"c{i}" for i in range(60)],
        "column_2": [float(i % 2) for i in range(60)],
        "column_3": [["x", "y", "z"][i % 3] for i in range(60)],
        "column_4": [date(2020, 1, 1) + timedelta(i) for i in range(60)],
        "column_5": [f"a long remark about customer number {i}, as free text" for i in range(60)],
    })  # fmt: skip
    assert [r.role for r in found.values()] == ["id", "flag", "category", "date", "text"]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("number_of_days_since_last_purchase", "recency_days"),
        ("nb_jours_dernier_achat", "recency_days"),
        ("num_purchases_last_90_days", "count"),
        ("Anzahl Bestellungen", "purchases_total"),
        ("months_as_customer", "tenure"),
        ("account_age_days", "tenure"),
    ],
)
def test_days_and_counts_are_told_apart(name: str, role: str) -> None:
    """A number of days since an event is no number of events, and the other way round."""
    assert roles(**{name: [float(i % 47) for i in range(200)]})[name].role == role


def test_every_role_is_known() -> None:
    """Rules use roles of the published list only."""
    assert set(ROLES) == set(get_args(Role))
    assert {rule.role for rule in RULES} <= set(ROLES)
