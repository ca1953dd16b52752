"""Engines differ in one list, and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import segmentry
from segmentry.errors import ColumnNamesError
from segmentry.tables import held, read
from segmentry.tables.engines import ENGINES

PACKAGE = Path(segmentry.__file__).parent
LIST_OF_GAPS = PACKAGE / "tables" / "engines.py"
ASKS_FOR_AN_ENGINE = {"implementation", "is_polars", "is_duckdb", "is_pyspark", "is_pyspark_connect", "is_pandas"}


def _modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != LIST_OF_GAPS]


def test_no_module_asks_which_engine_it_runs_on() -> None:
    """Only the list of gaps looks at a frame's engine."""
    asking = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in _modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ASKS_FOR_AN_ENGINE
    ]
    assert asking == []


def test_no_module_compares_a_kind_of_source_with_an_engine() -> None:
    """`source_kind == "spark"` is an `if engine ==` by another name."""
    names = {*ENGINES, *(engine.warehouse for engine in ENGINES.values())}
    comparing = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in _modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare) and "source_kind" in ast.unparse(node) and names & _texts(node)
    ]
    # A Polars frame that came in goes out as one, like one of pandas or Arrow: a kind of frame, all on one engine.
    assert [place for place in comparing if not place.startswith("tables/embedded/output.py")] == []


def _texts(node: ast.AST) -> set[object]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}


def test_spark_and_duckdb_are_named_in_tables_only() -> None:
    """No other room imports an engine."""
    for path in _modules():
        if path.relative_to(PACKAGE).parts[0] == "tables":
            continue
        names = {
            name.name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import)
            for name in node.names
        }
        assert not names & {"duckdb", "pyspark"}, path


@pytest.mark.slow
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
            seen.append(once.to_native())
            assert seen[0].is_cached
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_meanwhile()
    assert not seen[0].is_cached
