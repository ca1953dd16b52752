"""The scorer as SQL, run by each database: the segment that the library gives, for every customer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb
import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import SegmentryWarning
from segmentry.fitting import FitSettings
from segmentry.prototypes.rule import Rule
from segmentry.scoring.dialects import DIALECTS
from segmentry.segmentation import Segmentation

ID = "Kunden-Nr %"
FEATURES = (
    "age", "tenure_days", "spend_total", "spend_share_wine", "average_order_value", "deal_share", "purchases_total",
    "income", "campaigns_accepted", "likes_mail", "complained", "tier", "ort",
)  # fmt: skip
SPARK = [pytest.mark.slow, pytest.mark.spark, pytest.mark.xdist_group("spark")]
RUN = [
    "duckdb",
    "sqlite",
    "postgres",
    pytest.param("spark", marks=SPARK),
]


@pytest.fixture(scope="module")
def fitted(odd_shop: pl.DataFrame, odd_roles: dict[str, str]) -> Segmentation:
    settings = {"features": FEATURES, "roles": odd_roles}
    return sg.fit(odd_shop, settings=FitSettings(id=ID, features=settings, selection={"k": 5}, stability_pairs=0))


def segments(frame: pl.DataFrame) -> dict[int, str]:
    return dict(zip(frame[ID].cast(pl.Int64), frame["segment_id"], strict=True))


def ours(segmentation: Segmentation, frame: pl.DataFrame) -> dict[int, str]:
    return segments(sg.score(segmentation, frame))


def test_the_table_has_every_operation(fitted: Segmentation) -> None:
    """What is compared below is worth comparing: each way to derive a feature, a logarithm, caps, and levels."""
    assert {f.operation for f in fitted.recipe.clustered} == {
        "column", "sum", "ratio", "years_since", "days_since", "flag", "level", "category",
    }  # fmt: skip
    assert {s.transform for s in fitted.recipe.scales} == {"none", "log1p"}
    assert len(fitted.recipe.levels[0].levels) == 10


@pytest.mark.parametrize("dialect", RUN)
def test_every_customer_gets_the_segment_that_the_library_gives(
    dialect: str, fitted: Segmentation, odd_shop: pl.DataFrame, databases: Any
) -> None:
    """Names and levels with quotes, backslashes, umlauts and dots, empty cells, zero divisors: not one differs."""
    found = databases.answer(dialect, odd_shop, sg.to_sql(fitted, dialect=dialect))
    assert found.columns == [ID, "segment_id"]
    expected = ours(fitted, odd_shop)
    assert segments(found) == expected
    assert set(expected.values()) == {"s1", "s2", "s3", "s4", "s5", "no-data"}


@pytest.fixture(scope="module")
def born(odd_shop: pl.DataFrame, odd_roles: dict[str, str]) -> tuple[pl.DataFrame, Segmentation]:
    """The shop with ids as text and without birth dates, and a model of age and income."""
    shop = odd_shop.drop('born "on"').with_columns(pl.col(ID).cast(pl.String).str.zfill(9))
    roles = {c: r for c, r in odd_roles.items() if c in shop.columns}
    settings = {"features": ("age", "income"), "roles": roles}
    return shop, sg.fit(shop, settings=FitSettings(id=ID, features=settings, selection={"k": 3}, stability_pairs=0))


@pytest.mark.parametrize("dialect", RUN)
def test_a_birth_year_and_ids_as_text(dialect: str, born: tuple[pl.DataFrame, Segmentation], databases: Any) -> None:
    """Ids with leading zeros stay text; an age is counted from the year alone where there is no date."""
    shop, model = born
    assert "years_since_year" in {f.operation for f in model.recipe.clustered}
    found = databases.answer(dialect, shop, sg.to_sql(model, dialect=dialect))
    scored = sg.score(model, shop)
    assert dict(zip(found[ID], found["segment_id"], strict=True)) == dict(
        zip(scored[ID], scored["segment_id"], strict=True)
    )


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", RUN[-1]])
def test_nan_and_infinity_are_missing(
    dialect: str, fitted: Segmentation, odd_shop: pl.DataFrame, databases: Any
) -> None:
    """A table that pandas filled has NaN where nothing is known; it is no number larger than all others. Nor is one
    too large to compute with: the database, a frame and a relation leave no such customer out and place them alike."""
    odd = [float("nan"), float("inf"), -float("inf"), 1e300, -1e300]
    strange = odd_shop.with_columns(income=pl.Series([*odd, *odd_shop["income"][5:]], strict=False))
    missing = odd_shop.with_columns(income=pl.Series([None] * 5 + [*odd_shop["income"][5:]]))
    found = databases.answer(dialect, strange, sg.to_sql(fitted, dialect=dialect))
    assert segments(found) == ours(fitted, missing)
    for frame in (strange, strange.to_pandas(), strange.lazy(), duckdb.connect().from_arrow(strange.to_arrow())):
        with pytest.warns(SegmentryWarning, match="4 cells of 'income'"):
            scored = sg.score(fitted, frame)
        scored = scored.pl() if isinstance(scored, duckdb.DuckDBPyRelation) else scored
        scored = pl.DataFrame(scored.collect() if isinstance(scored, pl.LazyFrame) else scored)
        assert segments(scored) == segments(found)


@pytest.mark.parametrize("dialect", RUN)
def test_what_meant_missing_at_fitting_is_missing(
    dialect: str, odd_shop: pl.DataFrame, odd_roles: dict[str, str], databases: Any
) -> None:
    """Numbers, words and days that the model was told of count as not known in the query as well."""
    level, day = odd_shop["ort"].drop_nulls()[0], odd_shop['born "on"'].drop_nulls()[0]
    money = odd_shop["income"].drop_nulls()[0]
    features = {"features": ("age", "income", "ort"), "roles": odd_roles}
    reading = {"missing": (level, f"{money:g}", str(day))}
    settings = FitSettings(id=ID, features=features, reading=reading, selection={"k": 4}, stability_pairs=0)
    model = sg.fit(odd_shop, settings=settings)
    found = databases.answer(dialect, odd_shop, sg.to_sql(model, dialect=dialect))
    assert segments(found) == ours(model, odd_shop)


@pytest.mark.parametrize(
    ("dialect", "table", "parts"),
    [
        *((d, 'crm 2."odd ""name"" 100%.x"', ("crm 2", 'odd "name" 100%.x')) for d in ("duckdb", "sqlite", "postgres")),
        *((d, "features", ("features",)) for d in ("duckdb", "sqlite", "postgres")),
        *((d, "Typed", ("Typed",)) for d in ("duckdb", "sqlite", "postgres")),
        pytest.param("spark", "grid", ("grid",), marks=SPARK),
        pytest.param("spark", "global_temp.features", ("global_temp", "features"), marks=SPARK),
    ],
)
def test_any_name_of_a_table(
    dialect: str, table: str, parts: tuple[str, ...], fitted: Segmentation, odd_shop: pl.DataFrame, databases: Any
) -> None:
    """Schemas, dots and quotes in names, and a table that is called like a step of the query."""
    few = odd_shop.head(50)
    found = databases.answer(dialect, few, sg.to_sql(fitted, dialect=dialect, table=table), parts)
    assert segments(found) == ours(fitted, few)


@pytest.mark.parametrize("dialect", RUN)
@pytest.mark.parametrize("id_column", ["segment_id", "Score_1", "has_data", "customer_key", "income"])
def test_any_name_of_the_id(dialect: str, id_column: str, databases: Any) -> None:
    """An id that is called like a column of the query's own is still the id, and comes out under its name."""
    spend = "spend" if id_column == "income" else "income"
    shop = pl.DataFrame({id_column: [f"c{i:03}" for i in range(60)], spend: [float(i * i % 97) for i in range(60)]})
    model = sg.fit(shop, k=3, settings=FitSettings(id=id_column, stability_pairs=0))
    found = databases.answer(dialect, shop, sg.to_sql(model, dialect=dialect))
    answer = "segment_id_" if id_column == "segment_id" else "segment_id"
    assert found.columns == [id_column, answer]
    assert sorted(found.rows()) == sorted(sg.score(model, shop).select(id_column, answer).rows())


@pytest.mark.parametrize("dialect", RUN)
@pytest.mark.parametrize("cutoff", [None, 2_000_000])
def test_rules_with_several_prototypes_pairs_and_noise(
    dialect: str, cutoff: int | None, fitted: Segmentation, odd_shop: pl.DataFrame, databases: Any
) -> None:
    """A segment of two prototypes, products of two axes and a cut-off are the same everywhere too."""
    rule = fitted.rule
    owners = (rule.owners[0], rule.owners[0], *rule.owners[2:])
    model = replace(fitted, rule=replace(rule, owners=owners, cutoff=cutoff))
    found = databases.answer(dialect, odd_shop, sg.to_sql(model, dialect=dialect))
    expected = ours(model, odd_shop)
    assert segments(found) == expected
    assert ("noise" in expected.values()) == (cutoff is not None)
    paired = replace(fitted, rule=_with_pairs(rule, cutoff))
    found = databases.answer(dialect, odd_shop, sg.to_sql(paired, dialect=dialect))
    assert segments(found) == ours(paired, odd_shop)


def _with_pairs(rule: Rule, cutoff: int | None) -> Rule:
    weights = tuple((1 + p, 2 - p, 1) for p in range(len(rule.owners)))
    return replace(rule, cutoff=cutoff and cutoff * 4, pairs=((0, 0), (1, 2), (2, 2)), pair_weights=weights)


@pytest.mark.parametrize("dialect", list(DIALECTS))
def test_the_statement_is_read_back(dialect: str, fitted: Segmentation) -> None:
    """A parser of that dialect finds one query with the id and the segment in it, and the table it reads."""
    sqlglot = pytest.importorskip("sqlglot")
    statements = sqlglot.parse(sg.to_sql(fitted, dialect=dialect, table="crm.customers"), dialect=dialect)
    assert len(statements) == 1
    query = statements[0]
    assert isinstance(query, sqlglot.exp.Select)
    assert query.named_selects == [ID, "segment_id"]
    steps = {step.alias for step in query.ctes}
    tables = {t.sql() for t in query.find_all(sqlglot.exp.Table)} - steps
    assert {t.replace('"', "").replace("`", "") for t in tables} == {"crm.customers"}
    read = {c.name for c in query.ctes[0].this.find_all(sqlglot.exp.Column)}
    assert read == {ID, *(c.name for c in fitted.recipe.columns)} - {"year of birth"}
    texts = {literal.name for literal in query.find_all(sqlglot.exp.Literal) if literal.is_string}
    assert {"O'Fallon", 'Old "Mill"', "back\\slash", "Zürich", "a;--b"} <= texts
