"""Engines differ in one list, and nowhere else."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import pytest

import segmentry
from segmentry.errors import ColumnNamesError
from segmentry.features.grid import FEATURE, features_of
from segmentry.fitting import fit
from segmentry.profiles.describe import describe
from segmentry.prototypes.assign import segment_of
from segmentry.prototypes.everyone import placing_by
from segmentry.samples import sample_marketing
from segmentry.tables import engines, held, read, to_memory
from segmentry.tables.engines import ENGINES

PACKAGE = Path(segmentry.__file__).parent
LIST_OF_GAPS = PACKAGE / "tables" / "engines.py"
LONGEST_COMPILED = 8_000  # bytes of a method that Java compiles; longer ones it runs step by step
ASKS_FOR_AN_ENGINE = {"implementation", "is_polars", "is_duckdb", "is_pyspark", "is_pyspark_connect", "is_pandas"}


@pytest.fixture(scope="module")
def modules() -> dict[Path, list[ast.AST]]:
    """Every module but the list of gaps, with the nodes of its tree."""
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if path != LIST_OF_GAPS]
    return {path: list(ast.walk(ast.parse(path.read_text()))) for path in paths}


def test_no_module_asks_which_engine_it_runs_on(modules: dict[Path, list[ast.AST]]) -> None:
    """Only the list of gaps looks at a frame's engine."""
    asking = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path, nodes in modules.items()
        for node in nodes
        if isinstance(node, ast.Attribute) and node.attr in ASKS_FOR_AN_ENGINE
    ]
    assert asking == []


def test_no_module_compares_a_kind_of_source_with_an_engine(modules: dict[Path, list[ast.AST]]) -> None:
    """`source_kind == "spark"` is an `if engine ==` by another name."""
    names = {*ENGINES, *(engine.warehouse for engine in ENGINES.values())}
    comparing = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path, nodes in modules.items()
        for node in nodes
        if isinstance(node, ast.Compare) and "source_kind" in ast.unparse(node) and names & _texts(node)
    ]
    # A Polars frame that came in goes out as one, like one of pandas or Arrow: a kind of frame, all on one engine.
    assert [place for place in comparing if not place.startswith("tables/embedded/output.py")] == []


def _texts(node: ast.AST) -> set[object]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}


def test_spark_and_duckdb_are_named_in_tables_only(modules: dict[Path, list[ast.AST]]) -> None:
    """No other room imports an engine."""
    for path, nodes in modules.items():
        if path.relative_to(PACKAGE).parts[0] == "tables":
            continue
        names = {name.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for name in node.names}
        assert not names & {"duckdb", "pyspark"}, path


@pytest.mark.slow
def test_a_relation_without_dates_is_fitted() -> None:
    """Numbers and ids alone, as any table may have them."""
    shop = sample_marketing(600, seed=0).select("customer_id", "income", "mnt_wine", "mnt_meat", "num_web_purchases")
    relation = duckdb.from_arrow(shop.to_arrow())
    assert fit(relation, k=3).rule == fit(shop, k=3).rule


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_spark_says_which_names_it_cannot_take(spark: Any) -> None:
    """A dot in a column's name is a path to Spark's expressions; the error names the column and the way out."""
    with pytest.raises(ColumnNamesError, match=r"cannot say.*Customer\.ID.*withColumnRenamed"):
        read(spark.sql("select 1 as `Customer.ID`, 2.5 as spend"))


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_spark_lets_go_of_what_it_held(spark: Any) -> None:
    """Nothing of ours stays in the cluster's memory when a fit has ended, not even after an error."""
    seen = []

    def fail_meanwhile() -> None:
        with held(read(spark.sql("select 1 as id, 2.5 as spend")).frame) as once:
            seen.append(once().to_native())
            assert seen[0].is_cached
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_meanwhile()
    assert not seen[0].is_cached


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_spark_runs_the_longest_query_compiled(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Describing segments by 25 features is one query; none of the programs that Spark makes of it is too long."""
    shop = sample_marketing(2_000, seed=5)
    model = segmentry.fit(shop, k=4)
    features = (*model.recipe.clustered, *model.recipe.described)
    assert len(features) == 25
    longest: list[int] = []

    def collect(frame: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
        found = ENGINES["pyspark"].collect(frame)
        programs = nw.to_native(frame)._jdf.queryExecution().debug().codegenToSeq()
        longest.extend(programs.apply(i)._3().maxMethodCodeSize() for i in range(programs.size()))
        return found

    watched = {**ENGINES, "pyspark": replace(ENGINES["pyspark"], collect=collect)}
    monkeypatch.setattr(engines, "ENGINES", watched)
    profiles = []
    for source in (shop, spark.createDataFrame(shop.to_arrow())):
        prepared = features_of(read(source).frame, features, model.recipe.as_of)
        placed = placing_by(model.recipe, model.rule)(prepared)
        if source is shop:
            arrays = to_memory(placed)
            values = {f.name: arrays[FEATURE + f.name] for f in features}
            owners = segment_of(model.rule, _grid(arrays, len(model.recipe.axes)))
        profiles.append(describe(placed, features, frozenset(), frozenset(), model.rule.segments, values, owners))
    assert profiles[0] == profiles[1]
    assert 1_000 < max(longest) <= LONGEST_COMPILED


def _grid(arrays: dict[str, np.ndarray], axes: int) -> np.ndarray:
    return np.column_stack([arrays[f"axis::{place}"] for place in range(axes)])
