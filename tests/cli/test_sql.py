"""`segmentry sql` from the command line: readable SQL on the terminal or in a file, and errors that help."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import segmentry as sg
from segmentry.samples import sample_marketing


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sql") / "spring.seg"
    sg.save(sg.fit(sample_marketing(400, seed=2), k=4), path)
    return path


def test_the_command_prints_what_a_database_runs(segmentry: Callable[..., object], model: Path) -> None:
    """Piped into a database as it is, the output is one query that answers with id and segment."""
    outcome = segmentry("sql", model, "--dialect", "duckdb", "--table", "crm.customers")
    assert (outcome.code, outcome.err) == (0, "")
    customers = sample_marketing(400, seed=2)
    connection = duckdb.connect()
    connection.execute("create schema crm")
    connection.register("given", customers.to_arrow())
    connection.execute("create table crm.customers as select * from given")
    found = connection.sql(outcome.out).pl().sort("customer_id")
    ours = sg.score(sg.load(model), customers).select("customer_id", "segment_id").sort("customer_id")
    assert found.equals(ours.cast(found.schema))


def test_the_header_lists_columns_types_and_segments(segmentry: Callable[..., object], model: Path) -> None:
    """Whoever gets the query sees what the table must hold and what the answers mean."""
    lines = segmentry("sql", model, "--dialect", "postgres").out.splitlines()
    header = lines[: lines.index("WITH")]
    assert all(line.startswith("-- ") for line in header)
    segmentation = sg.load(model)
    for column in {c for f in segmentation.recipe.clustered for c in (*f.sources, *f.over)}:
        assert any(line.startswith(f"--   {column}: number, cast to DOUBLE PRECISION") for line in header), column
    for segment in segmentation.segments:
        assert f"--   {segment.id}: {segment.name}" in header
    assert max(map(len, lines)) < 240


def test_a_file_is_written_whole_and_never_replaced_unasked(
    segmentry: Callable[..., object], model: Path, tmp_path: Path
) -> None:
    """-o writes what would be printed; an existing file stays unless --overwrite is given."""
    target = tmp_path / "score.sql"
    printed = segmentry("sql", model, "--dialect", "sqlite").out
    assert segmentry("sql", model, "--dialect", "sqlite", "-o", target).out.strip() == f"Written: {target}"
    assert target.read_text().strip() == printed.strip()
    refused = segmentry("sql", model, "-o", target)
    assert refused.code == 1
    assert "--overwrite" in refused.err
    assert target.read_text().strip() == printed.strip()
    assert segmentry("sql", model, "-o", target, "--overwrite").code == 0
    assert "duckdb SQL" in target.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--dialect", "oracle"), "duckdb, postgres, sqlite, spark, bigquery, snowflake"),
        (("--table", "crm..customers"), "--table crm.customers"),
        (("--table", ""), "--table customers"),
    ],
)
def test_errors_say_what_to_pass(
    segmentry: Callable[..., object], model: Path, arguments: tuple[str, ...], said: str
) -> None:
    """An unknown dialect or an impossible table ends with 1 and the remedy, and nothing on stdout."""
    outcome = segmentry("sql", model, *arguments)
    assert (outcome.code, outcome.out) == (1, "")
    assert said in " ".join(outcome.err.split())


def test_what_is_no_model_is_refused(segmentry: Callable[..., object], tmp_path: Path) -> None:
    """A file that `fit` did not write is named and never opened."""
    other = tmp_path / "customers.csv"
    other.write_text("id,spend\n1,2\n")
    outcome = segmentry("sql", other)
    assert outcome.code == 1
    assert "customers.csv" in outcome.err


def test_the_help_ends_with_a_line_to_paste(segmentry: Callable[..., object]) -> None:
    """All dialects are named, and the example is a whole command."""
    shown = " ".join(segmentry("sql", "--help").out.split())
    for dialect in ("duckdb", "postgres", "sqlite", "spark", "bigquery", "snowflake"):
        assert dialect in shown
    assert "segmentry sql segments/segmentation.seg --dialect postgres --table crm.customers" in shown


def test_other_names_of_a_database_are_understood(segmentry: Callable[..., object], model: Path) -> None:
    """PostgreSQL by its full name, in any case."""
    assert (
        segmentry("sql", model, "--dialect", "PostgreSQL").out == segmentry("sql", model, "--dialect", "postgres").out
    )


def test_the_query_is_the_same_bytes_each_time(segmentry_apart: Callable[..., object], model: Path) -> None:
    """Nothing in it depends on the process: hash seeds and locales change nothing."""
    first, second = (segmentry_apart("sql", model, PYTHONHASHSEED=str(n), LANG="C").out for n in (1, 2))
    assert first == second != ""
    assert os.environ.get("HOME", "/root") not in first
