"""A disk that is full where a table goes, or where it passes on its way."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import polars as pl
import pytest

from segmentry.errors import OutputError
from segmentry.samples import write_sample
from segmentry.tables import read, write_table
from segmentry.tables.embedded import batches

pytestmark = pytest.mark.skipif(os.name == "nt", reason="limits on file sizes are of another kind on this platform")

# Long in every form but the packed one, which DuckDB reads on its way.
NOTES = pl.DataFrame({"id": [f"{i:06}" for i in range(3_000)], "note": ["of some length " * 10] * 3_000})

Room = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """No file may grow beyond so many bytes; temporary ones are in a folder of the test."""
    import resource

    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))

    @contextmanager
    def of(size: int) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return of


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.jsonl", "out.arrow", "out.xlsx"])
def test_a_file_without_room_is_an_error_with_the_reason(tmp_path: Path, room: Room, name: str) -> None:
    """Whatever the kind of file: its place and what the system says of it are told, and no part of it is left."""
    table = read(NOTES)
    with room(2_000), pytest.raises(OutputError, match=rf"{name} could not be written\. Found: File too large\. Free"):
        write_table(table, table.frame, [], tmp_path / name)
    assert names(tmp_path) == ["scratch"]


@pytest.mark.parametrize(("system", "size"), [("sqlite", 20_000), ("duckdb", 5_000), ("duckdb", 100_000)])
def test_a_database_without_room_is_not_begun(tmp_path: Path, room: Room, system: str, size: int) -> None:
    """A new database that cannot hold the table is gone, with what its system keeps beside it."""
    pytest.importorskip(system.replace("sqlite", "sqlite3"))
    table = read(NOTES)
    with room(size), pytest.raises(OutputError, match=r"(could not be written|no room for temporary files)\. Found: "):
        write_table(table, table.frame, [], f"{system}:///{tmp_path}/out.db?table=notes")
    assert names(tmp_path) == ["scratch"]
    assert names(tmp_path / "scratch") == []


@pytest.mark.parametrize("system", ["sqlite", "duckdb"])
def test_rows_of_a_database_without_room_for_copies_are_an_error(
    tmp_path: Path, room: Room, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that go by way of temporary files say so, and that TMPDIR can name another folder for them."""
    pytest.importorskip(system.replace("sqlite", "sqlite3"))
    monkeypatch.setattr(batches, "IN_MEMORY_BELOW", 1_000)
    table, address = read(NOTES), f"{system}:///{tmp_path}/in.db?table=notes"
    write_table(table, table.frame, [], address)
    with room(2_000), pytest.raises(OutputError, match=r"no room for temporary files\. Found: .*too large.*TMPDIR"):
        read(address)
    assert names(tmp_path / "scratch") == []


@pytest.mark.parametrize("name", ["shop.csv", "shop.parquet", "shop", "new/folder/shop.csv"])
def test_a_sample_without_room_is_an_error(tmp_path: Path, room: Room, name: str) -> None:
    """The place is told, with what the system says of it; no part is left, nor a folder that was made for it."""
    with room(2_000), pytest.raises(OutputError, match=rf"{name} could not be written\. Found: File too large\. Check"):
        write_sample("mall", tmp_path / name, 5_000)
    assert names(tmp_path) == ["scratch"]
