"""Each segment as a rule that a person can apply, and as SQL."""

from __future__ import annotations

import sqlite3
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest

from segmentry.errors import NotEnoughDataError, SettingsError
from segmentry.explanations import segment_rules, tree_text, tree_to_sql
from segmentry.explanations.growing import roundest
from segmentry.features.grid import FEATURE, with_features
from segmentry.fitting import fit
from segmentry.prototypes.tree import tree_expression, tree_segments
from segmentry.samples import sample_marketing
from segmentry.scoring import score
from segmentry.segmentation import Segmentation
from segmentry.store import dump, parse
from segmentry.tables import collect_rows, read


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    frame = sample_marketing(800, seed=3)
    return frame.collect() if isinstance(frame, pl.LazyFrame) else frame


@pytest.fixture(scope="module")
def model(shop: pl.DataFrame) -> Segmentation:
    return fit(shop, k=4)


def features(model: Segmentation, shop: pl.DataFrame) -> nw.LazyFrame[Any]:
    recipe = model.recipe
    hidden = [FEATURE + f.name for f in recipe.clustered]
    return with_features(read(shop).frame, recipe.clustered, recipe.as_of).select(*hidden)


def by_tree(model: Segmentation, shop: pl.DataFrame) -> list[str]:
    """The segments that the tree gives, by the library's own expression, row by row."""
    assert model.tree is not None
    frame = features(model, shop)
    return [str(r["t"]) for r in collect_rows(frame.select(tree_expression(model.tree).alias("t")))]


def test_fidelity_is_over_all_rows(model: Segmentation, shop: pl.DataFrame) -> None:
    """The stated share of customers is really placed as the model places them, and it is most of them."""
    assert model.tree is not None
    scored = score(model, shop)["segment_id"].to_list()
    same = np.mean([a == b for a, b in zip(by_tree(model, shop), scored, strict=True)])
    assert model.tree.fidelity == pytest.approx(same)
    assert model.tree.fidelity_rows == len(shop)
    assert model.tree.fidelity > 0.8
    assert model.tree.price >= 0.99


def test_sql_relabels_all_rows_as_the_tree(model: Segmentation, shop: pl.DataFrame) -> None:
    """DuckDB gives every customer the segment that the tree gives, missing values included."""
    customers = shop  # noqa: F841 - DuckDB reads it by its name
    answer = duckdb.sql(tree_to_sql(model)).pl()
    assert dict(answer.select(model.recipe.id_column, "segment_id").iter_rows()) == dict(
        zip(shop[str(model.recipe.id_column)].to_list(), by_tree(model, shop), strict=True)
    )


def test_sqlite_agrees(model: Segmentation, shop: pl.DataFrame) -> None:
    """So does SQLite, a database without much of a type system."""
    base = sqlite3.connect(":memory:")
    names = shop.columns
    quoted = ", ".join('"' + name + '"' for name in names)
    base.execute(f"CREATE TABLE customers ({quoted})")
    rows = [tuple(v.isoformat() if hasattr(v, "isoformat") else v for v in row) for row in shop.iter_rows()]
    base.executemany(f"INSERT INTO customers VALUES ({', '.join('?' * len(names))})", rows)
    answer = dict(base.execute(tree_to_sql(model, dialect="sqlite")).fetchall())
    base.close()
    assert answer == dict(zip(shop[str(model.recipe.id_column)].to_list(), by_tree(model, shop), strict=True))


def test_expression_and_memory_agree(model: Segmentation, shop: pl.DataFrame) -> None:
    """The tree gives the same in a query and in NumPy."""
    assert model.tree is not None
    frame = features(model, shop)
    columns = {k.removeprefix(FEATURE): [r[k] for r in collect_rows(frame)] for k in frame.collect_schema().names()}
    values = {k: np.array(v, dtype=object if isinstance(v[0], str) else np.float64) for k, v in columns.items()}
    assert tree_segments(model.tree, values).tolist() == by_tree(model, shop)


def test_text_names_every_segment_and_its_worth(model: Segmentation) -> None:
    """The tree in words ends in segments, and says on how many customers it was measured."""
    text = tree_text(model)
    assert all(f"-> {s.id} {s.name}" in text for s in model.segments)
    assert "800 customers as the model does" in text


def test_rules_cover_all_customers(model: Segmentation) -> None:
    """The shares of all rules add up to everybody, and each segment has one."""
    rules = segment_rules(model)
    assert sum(r.share for r in rules) == pytest.approx(1.0)
    assert {r.segment for r in rules} == {s.id for s in model.segments}
    assert all(r.conditions for r in rules)


def test_categories_become_questions() -> None:
    """Groups that differ in a category alone are told apart by its levels, in SQL as well."""
    n = 120
    shop = pl.DataFrame(
        {"customer_id": [f"C{i}" for i in range(n)], "plan": ["gold", "basic", "trial"] * (n // 3),
         "visits": [float(i % 7) for i in range(n)]}
    )  # fmt: skip
    model = fit(shop, k=3, features=["plan"])
    assert model.tree is not None
    assert model.tree.fidelity == 1.0
    customers = shop  # noqa: F841 - DuckDB reads it by its name
    answer = duckdb.sql(tree_to_sql(model)).pl()
    assert dict(answer.iter_rows()) == dict(zip(shop["customer_id"], by_tree(model, shop), strict=True))


def test_questions_do_what_they_say(model: Segmentation, shop: pl.DataFrame) -> None:
    """Customers of whom only the golden questions are known are placed with the stated accuracy by scoring itself."""
    assert model.questions is not None
    chosen = model.questions.fewest(0.85)
    assert chosen.accuracy >= 0.85
    asked = [f for f in model.recipe.clustered if f.name in chosen.features]
    kept = {c for f in asked for c in (*f.sources, *f.over)}
    rest = {c for f in model.recipe.clustered for c in (*f.sources, *f.over)} - kept
    known = shop.with_columns(pl.lit(None, dtype=shop.schema[c]).alias(c) for c in rest)
    same = (score(model, known)["segment_id"] == score(model, shop)["segment_id"]).mean()
    assert same == pytest.approx(chosen.accuracy, abs=0.02)


def test_all_features_place_everybody(model: Segmentation) -> None:
    """With every feature the accuracy is 1, and no smaller set is listed as better than a larger one by chance."""
    assert model.questions is not None
    assert model.questions.sets[-1].accuracy == 1.0
    assert model.questions.rows == 800


def test_stored_and_loaded_it_is_the_same(model: Segmentation) -> None:
    """Tree, questions, stability and evidence travel with the model file."""
    again = parse(dump(model))
    assert (again.tree, again.questions) == (model.tree, model.questions)
    assert (again.evidence, again.stability) == (model.evidence, model.stability)


def test_a_threshold_has_few_digits() -> None:
    """Between two values the roundest number is taken, never one outside."""
    for low, high in ((0.1231, 0.1239), (99.0, 100.0), (-5.0, -4.0), (1e6, 1e6 + 3)):
        assert low <= roundest(low, high) < high
    assert roundest(0.1231, 0.1299) == 0.125 or roundest(0.1231, 0.1299) == 0.124


def test_an_unknown_dialect_is_said(model: Segmentation) -> None:
    """A dialect that is not there is a wrong setting; a model without a tree says what to do."""
    with pytest.raises(SettingsError, match="no dialect"):
        tree_to_sql(model, dialect="oracle")
    from dataclasses import replace

    with pytest.raises(NotEnoughDataError, match="no tree"):
        tree_text(replace(model, tree=None))


def test_a_rule_for_fewer_than_ten_has_no_figures() -> None:
    """Neither the five customers' own rule nor the smallest other, from which theirs would follow, has a share."""
    draw = np.random.default_rng(3)
    rich, buys = np.repeat([0, 1, 0], [300, 295, 5]), np.repeat([0, 1, 1], [300, 295, 5])
    shop = pl.DataFrame(
        {"id": [f"c{i}" for i in range(600)], "income": 20_000 + 60_000 * rich + draw.integers(0, 4_000, 600),
         "total_spend": 100 + 900 * buys + draw.integers(0, 60, 600)}
    )  # fmt: skip
    model = fit(shop, k=3, features=["income", "spend_total"])
    sizes = {s.id: s.size for s in model.segments}
    assert sorted(sizes.values()) == [5, 295, 300]
    told = {rule.segment: rule.share for rule in segment_rules(model)}
    assert {sizes[s] for s, share in told.items() if share is None} == {5, 295}
    assert all((r.agreement is None) == (r.share is None) for r in segment_rules(model))
    small = next(s for s in model.segments if s.size == 5)
    assert f"-> {small.id} {small.name}\n" in tree_text(model)
    assert parse(dump(model)).tree == model.tree


def test_levels_of_a_scale_are_named(shop: pl.DataFrame) -> None:
    """A rule lists the levels that it holds for: nobody has to know that one lies above another."""
    mood = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("Unsatisfied"))
    mood = mood.when(pl.int_range(pl.len()) % 3 == 1).then(pl.lit("Neutral")).otherwise(pl.lit("Satisfied"))
    judged = fit(shop.with_columns(satisfaction_level=mood), k=3, features=["satisfaction_level", "income"])
    said = [c for rule in segment_rules(judged) for c in rule.conditions if c.startswith("Satisfaction")]
    assert said
    assert not [c for c in said if "above" in c or "at most" in c]
    assert {c.partition(" is ")[2] for c in said} & {"Unsatisfied", "Neutral or Satisfied", "Unsatisfied or Neutral"}
    asked = [line.strip() for line in tree_text(judged).splitlines() if "Satisfaction" in line]
    assert all(" is Unsatisfied" in line and line.endswith("?") for line in asked)
