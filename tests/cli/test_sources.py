"""Commands take any source and write any kind of table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.errors import OutputError, SegmentryError
from segmentry.samples import write_sample


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_sample("marketing", folder / "customers.csv", 300, 0)
    run("fit", "--no-pictures", folder / "customers.csv", "-o", folder / "out", "--k", 3, "--excel")
    return folder


def test_fit_offers_a_workbook(shop: Path) -> None:
    """--excel adds segments.xlsx, and a run without it takes an old one away."""
    assert (shop / "out" / "segments.xlsx").exists()
    run("fit", "--no-pictures", shop / "customers.csv", "-o", shop / "out", "--k", 3, "--overwrite")
    assert not (shop / "out" / "segments.xlsx").exists()


def test_labels_do_not_depend_on_the_kind_of_source(shop: Path) -> None:
    """The same customers get the same segments from CSV, Excel, JSON, Arrow and a database."""
    model, base = shop / "out" / "segmentation.seg", shop / "customers.csv"
    database = f"sqlite:///{shop}/shop.db"
    run("score", model, base, "-o", shop / "first.csv")
    for target in ("scored.xlsx", "scored.jsonl", "scored.arrow", "scored.parquet"):
        run("score", model, base, "-o", shop / target)
    run("score", model, base, "-o", database, "--into", "scored")
    first = (shop / "first.csv").read_text().splitlines()
    labels = [line.split(",")[-4:] for line in first[1:]]
    sources = [(shop / t, ()) for t in ("scored.xlsx", "scored.jsonl", "scored.arrow", "scored.parquet")]
    for at, (source, options) in enumerate([*sources, (database, ("--table", "scored"))]):
        out = shop / f"again{at}.csv"
        run("score", model, source, "-o", out, *options)
        assert [line.split(",")[-4:] for line in out.read_text().splitlines()[1:]] == labels, source


def test_a_table_of_a_database_is_named_in_one_of_three_ways(shop: Path, tmp_path: Path) -> None:
    """--into, the address, or --table when only the output is a database."""
    model, base = shop / "out" / "segmentation.seg", shop / "customers.csv"
    address = f"sqlite:///{tmp_path}/out.db"
    run("score", model, base, "-o", address, "--into", "a")
    run("score", model, base, "-o", f"{address}?table=b")
    run("score", model, base, "-o", address, "--table", "c")
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        assert [n for (n,) in connection.execute("select name from sqlite_master order by name")] == ["a", "b", "c"]
    with pytest.raises(OutputError, match="exists already"):
        run("score", model, base, "-o", address, "--into", "a")


def test_a_password_in_an_address_is_never_printed(shop: Path) -> None:
    """Neither the error nor the output has it, as source or as target."""
    model, base = shop / "out" / "segmentation.seg", shop / "customers.csv"
    address = "postgresql://anna:canary77@127.0.0.1:1/shop"
    for words in (
        ("fit", address, "-o", shop / "no", "--table", "t"),
        ("inspect", address, "--table", "t"),
        ("score", model, address, "-o", shop / "no.csv", "--table", "t"),
        ("score", model, base, "-o", address, "--into", "t"),
    ):
        with pytest.raises(SegmentryError) as caught:
            run(*words)
        assert "canary77" not in str(caught.value)
        assert "anna@127.0.0.1" in str(caught.value)


def test_a_first_row_of_customers_is_kept(shop: Path, tmp_path: Path) -> None:
    """--no-header, which the error names, is an option of every command that reads."""
    path = tmp_path / "bare.csv"
    path.write_text("".join(f"{i},{i * 3 % 17},{i * 7 % 11}\n" for i in range(100, 160)))
    with pytest.raises(SegmentryError, match="--no-header"):
        run("inspect", path)
    assert "60 rows read" in run("inspect", path, "--no-header")
