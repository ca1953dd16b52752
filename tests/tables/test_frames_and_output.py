"""Frames and Parquet in, the same kind out, every cell as it was."""

from __future__ import annotations

import datetime as dt
import os
import stat
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest

from segmentry.errors import ColumnNamesError, InputError, OutputError, UnreadableFileError
from segmentry.tables import (
    Kind,
    Reading,
    ReadingSettings,
    count_rows,
    deliver,
    ordinal,
    read,
    text_of,
    to_memory,
    write_rejects,
    write_table,
    write_text_atomically,
)

RAW = 'id,spend,city,when\n007,12.50, Rome ,04-09-2012\n008,,Oslo,21-08-2013\n009,7,"a,""b""",01-01-2014\n'


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(RAW)
    return path


def segmented(frame: nw.LazyFrame[Any], name: str = "segment") -> nw.LazyFrame[Any]:
    return frame.with_columns(nw.lit("s1").alias(name))


def test_cells_go_out_as_they_came_in(customers: Path, tmp_path: Path) -> None:
    """Zeros at the end, leading zeros, spaces and dates are written verbatim, new columns after them."""
    table = read(customers)
    write_table(table, segmented(table.frame), ["segment"], tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines == [line + (",segment" if i == 0 else ",s1") for i, line in enumerate(RAW.splitlines())]


@pytest.mark.parametrize("kind", ["polars", "pandas", "pyarrow", "parquet"])
def test_numbers_and_days_that_mean_missing_are_missing(kind: str, tmp_path: Path) -> None:
    """In columns that are numbers or dates in the source too; the cells go out as they are, and no spike is told of."""
    day = dt.date(9999, 12, 31)
    frame = pl.DataFrame({"whole": [1, 2, -999, -999], "part": [0.5, -999.0, 1.0, None], "day": [day, None, day, day]})
    frame.write_parquet(tmp_path / "a.parquet")
    source = {"polars": frame, "pandas": frame.to_pandas(), "pyarrow": frame.to_arrow()}.get(
        kind, tmp_path / "a.parquet"
    )
    table = read(source, ReadingSettings(missing=("-999", "9999-12-31")))
    found = nw.to_native(table.frame).collect()
    assert found["whole"].to_list() == [1.0, 2.0, None, None]
    assert found["part"].to_list() == [0.5, None, 1.0, None]
    assert found["day"].to_list() == [None] * 4
    assert not table.notices
    out = deliver(table, segmented(table.frame), ["segment"])
    assert list(out["whole"].to_pylist() if kind == "pyarrow" else out["whole"]) == [1, 2, -999, -999]


@pytest.mark.parametrize("cells", [[2**53 + n for n in (1, 2, 3, 4)], [2**53 + 1, 2**53 + 2, 0.5, None]])
@pytest.mark.parametrize("kind", [int, Decimal])
def test_ids_that_come_as_objects_keep_their_digits(kind: Any, cells: list[Any]) -> None:
    """Decimals, and whole numbers among fractions, that float64 does not hold stay text, each its own."""
    pandas = pytest.importorskip("pandas")
    made = [kind(cell) if isinstance(cell, int) else cell for cell in cells]
    table = read(pandas.DataFrame({"id": pandas.Series(made, dtype=object), "n": range(4)}))
    assert nw.to_native(table.frame).collect()["id"].to_list() == [None if c is None else str(c) for c in cells]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "UTC", dt.timezone(dt.timedelta(hours=-5))])
def test_times_keep_their_zone(zone: Any) -> None:
    """A pandas frame and a Polars frame of the same times are the same days, and the same hours in UTC."""
    pandas = pytest.importorskip("pandas")
    stamps = pandas.Series(pandas.to_datetime(["2026-02-03 23:30", "2026-07-01 00:30", None])).dt.tz_localize(zone)
    frame = pandas.DataFrame({"at": stamps})
    read_here, read_there = (nw.to_native(read(f).frame).collect() for f in (frame, pl.from_pandas(frame)))
    assert read_here.equals(read_there)
    # The unit is the frame's own: older versions of pandas count in nanoseconds.
    zones = [[getattr(kind, "time_zone", kind) for kind in found.dtypes] for found in (read_here, read_there)]
    assert zones[0] == zones[1]
    assert read_here["at"].to_list() == [dt.date(2026, 2, 3), dt.date(2026, 7, 1), None]


def test_order_survives_shuffling(customers: Path) -> None:
    """Whatever an engine does to the order of rows, the input's comes out."""
    table = read(customers)
    shuffled = segmented(table.frame).sort("city", descending=True)
    assert deliver(table, shuffled, ["segment"])["id"].to_list() == ["007", "008", "009"]


def test_clashing_column_keeps_its_name(tmp_path: Path) -> None:
    """The input's `segment` stays what it was, ours becomes `segment_`."""
    path = tmp_path / "c.csv"
    path.write_text("id,segment\na,old\nb,older\n")
    table = read(path)
    out = deliver(table, segmented(table.frame), ["segment"])
    assert out.to_dict(as_series=False) == {"id": ["a", "b"], "segment": ["old", "older"], "segment_": ["s1", "s1"]}


def test_pandas_goes_out_as_pandas() -> None:
    """Index, dtypes and cells of a pandas frame are kept, and the caller's frame is left alone."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "id": [10.0, np.nan, 12.0],
            "spend": pd.array([1, None, 3], dtype="Int64"),
            "tier": pd.Categorical(["a", "b", "a"]),
            "when": ["04-09-2012", "21-08-2013", None],
            "since": pd.to_datetime(["2024-05-03 10:00", None, "2024-05-05 00:00"]),
            "member": [True, False, True],
            "mixed": [1, "two", None],
            "long": [2**60, 1, 2],
        },
        index=[7, 8, 9],
    )
    before = frame.copy()
    table = read(frame)
    kinds = {c.name: c.reading.kind for c in table.columns}
    assert kinds == {
        "id": "number", "spend": "number", "tier": "text", "when": "date", "since": "date", "member": "number",
        "mixed": "text", "long": "text",
    }  # fmt: skip
    ids = to_memory(table.frame.select(text_of(table, "id").alias("id")))["id"].tolist()
    assert ids == ["10", None, "12"]
    out = deliver(table, segmented(table.frame), ["segment"])
    pd.testing.assert_frame_equal(out.drop(columns="segment"), before)
    pd.testing.assert_frame_equal(frame, before)
    assert out["segment"].tolist() == ["s1"] * 3


def test_categories_of_pandas_are_their_texts() -> None:
    """In any order, with missing cells and categories that no cell has; categories that are numbers are numbers."""
    pd = pytest.importorskip("pandas")
    tier = pd.Categorical(["b", None, " a", "b"], categories=["z", "b", " a"])
    frame = pd.DataFrame({"tier": tier, "level": pd.Categorical([3, 1, None, 3]), "none": pd.Categorical([None] * 4)})
    table = read(frame)
    assert [c.reading.kind for c in table.columns] == ["text", "number", "text"]
    cells = to_memory(table.frame.select("tier", "level", "none"))
    assert cells["tier"].tolist() == ["b", None, "a", "b"]
    assert cells["level"][[0, 1, 3]].tolist() == [3.0, 1.0, 3.0]
    assert cells["none"].tolist() == [None] * 4


def test_pandas_rows_that_do_not_fit_are_left_out() -> None:
    """A rejected row is not in the output, and the others keep their index."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"n": [*(str(i) for i in range(30)), "bad"]})
    table = read(frame)
    assert (table.rows_present, table.rows_read) == (31, 30)
    assert deliver(table, segmented(table.frame), ["segment"]).index.tolist() == list(range(30))


def test_polars_goes_out_as_polars() -> None:
    """A DataFrame gives a DataFrame, a LazyFrame stays lazy; dtypes and cells are kept."""
    frame = pl.DataFrame(
        {
            "id": [1, 2, 3],
            "x": [1.5, float("nan"), None],
            "flag": [True, None, False],
            "day": [dt.date(2024, 5, 3)] * 3,
            "cat": pl.Series(["a", None, "b"], dtype=pl.Categorical),
        }
    )
    for source in (frame, frame.lazy(), nw.from_native(frame)):
        table = read(source)
        assert count_rows(table.frame) == table.rows_read == 3
        memory = to_memory(table.frame)
        assert np.isnan(memory["x"]).tolist() == [False, True, True]
        assert memory["day"].tolist() == [dt.date(2024, 5, 3).toordinal()] * 3
        out = deliver(table, segmented(table.frame), ["segment"])
        assert isinstance(out, type(source))
        native = nw.to_native(out, pass_through=True).lazy().collect()
        assert native.drop("segment").equals(frame)
        assert native.columns == [*frame.columns, "segment"]


def test_frame_of_another_kind_is_an_error() -> None:
    """What is no table is named."""
    with pytest.raises(InputError, match="dict"):
        read({"a": [1]})


def test_not_finite_numbers_of_a_frame_are_set_aside() -> None:
    """Infinity in a frame is a reject as in a file."""
    table = read(pl.DataFrame({"x": [1.0] * 30 + [float("inf")]}))
    assert [r.line for r in table.rejects] == [31]


def test_parquet_file_and_folder(tmp_path: Path) -> None:
    """A file and a folder of parts are read alike; one that was cut stops."""
    frame = pl.DataFrame({"id": ["a", "b", "c", "d"], "n": [1, 2, 3, 4]})
    frame.write_parquet(tmp_path / "all.parquet")
    (tmp_path / "parts").mkdir()
    frame[:2].write_parquet(tmp_path / "parts/0.parquet")
    frame[2:].write_parquet(tmp_path / "parts/1.parquet")
    (tmp_path / "named.csv").write_bytes((tmp_path / "all.parquet").read_bytes())
    for name in ("all.parquet", "parts", "named.csv"):
        table = read(tmp_path / name)
        assert deliver(table, table.frame, []).equals(frame)
    write_table(table, segmented(table.frame), ["segment"], tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").drop("segment").equals(frame)
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "all.parquet").read_bytes()[:-9])
    with pytest.raises(UnreadableFileError, match="not a whole Parquet"):
        read(tmp_path / "cut.parquet")


def test_large_files_are_typed_once_into_a_private_folder(customers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file too large for memory gives the same table, and its scratch folder goes with the table."""
    small = read(customers)
    monkeypatch.setattr("segmentry.tables.embedded.csv.IN_MEMORY_BELOW", 0)
    large = read(customers)
    assert large.scratch is not None
    scratch = Path(str(large.scratch))
    assert stat.S_IMODE(scratch.stat().st_mode) == 0o700
    assert deliver(large, large.frame, []).equals(deliver(small, small.frame, []))
    copy = replace(large, notices=())
    del large
    assert count_rows(copy.frame) == 3
    del copy
    assert not scratch.exists()


def test_days_are_those_of_the_calendar() -> None:
    """`ordinal` counts days as Python does, leap years included."""
    days = [dt.date(1900, 2, 28), dt.date(2000, 2, 29), dt.date(2023, 12, 31), dt.date(2024, 12, 31)]
    frame = nw.from_native(pl.LazyFrame({"d": days})).select(ordinal(nw.col("d")).alias("n"))
    assert to_memory(frame)["n"].tolist() == [d.toordinal() for d in days]


def test_spreadsheet_cells_are_made_harmless(tmp_path: Path) -> None:
    """Formulas get a quote before them for spreadsheets only; negative numbers stay numbers."""
    cells = ["=1+1", "+SUM(A1)", "@x", "-cmd", "\tx", " =2", "-5.20", "+3", "fine"]
    table = read(pl.DataFrame({"note": [*cells, "b"], "n": [-1] * 10}))
    write_table(table, table.frame, [], tmp_path / "safe.csv", for_spreadsheet=True)
    write_table(table, table.frame, [], tmp_path / "plain.csv")
    safe = pl.read_csv(tmp_path / "safe.csv")
    assert safe["note"].to_list() == ["'" + c for c in cells[:6]] + [*cells[6:], "b"]
    assert safe["n"].to_list() == [-1] * 10
    assert pl.read_csv(tmp_path / "plain.csv")["note"].to_list() == [*cells, "b"]


def test_outputs_are_refused_before_work(customers: Path, tmp_path: Path) -> None:
    """An existing file, a folder, a missing folder, the input itself and an unknown ending are refused."""
    table = read(customers)
    for target, says in (
        (customers, "is the input"),
        (tmp_path / "x.doc", "no kind of table"),
        (tmp_path / "no" / "x.csv", "does not exist"),
    ):
        with pytest.raises(OutputError, match=says):
            write_table(table, table.frame, [], target, overwrite=True)
    old = tmp_path / "old.csv"
    old.write_text("old")
    with pytest.raises(OutputError, match="--overwrite"):
        write_table(table, table.frame, [], old)
    with pytest.raises(OutputError, match="directory"):
        write_text_atomically(tmp_path, "x")
    assert old.read_text() == "old"


def test_failed_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails, the old file is whole and nothing is left beside it."""
    target = tmp_path / "out.txt"
    write_text_atomically(target, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_text_atomically(target, "new", overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]
    assert target.read_text() == "old"


@pytest.mark.skipif(os.name == "nt", reason="limits on file sizes are of another kind on this platform")
def test_a_disk_that_is_full_is_named_for_parquet(tmp_path: Path) -> None:
    """The engine takes it for an error of its own; what is told is what the system said."""
    code = (
        "import resource, sys, polars as pl; from segmentry.tables import read, write_table;"
        "table = read(pl.DataFrame({'n': [i * 7919 % 1e6 for i in range(100_000)]}));"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "write_table(table, table.frame, [], sys.argv[1])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "out.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "out.parquet could not be written. Found: File too large. Free some space" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_remains_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    """Part files of a process that is gone disappear at the next writing of the same target."""
    stale = tmp_path / ".out.txt.4194999.abcd.part"
    stale.write_text("half")
    write_text_atomically(tmp_path / "out.txt", "whole")
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_rejects_file_is_private_and_masked(tmp_path: Path) -> None:
    """The rejects file shows lines and reasons, no whole value, and only its owner may read it."""
    path = tmp_path / "c.csv"
    path.write_text("id,n\n" + "".join(f"c{i},{i}\n" for i in range(30)) + "c31,anna@example.org\n")
    table = read(path)
    write_rejects(table, tmp_path / "rejects.csv")
    text = (tmp_path / "rejects.csv").read_text()
    assert text.splitlines()[0] == "line,column,reason,value"
    assert "32,n,not a finite number,a…" in text
    assert "anna" not in text
    assert stat.S_IMODE((tmp_path / "rejects.csv").stat().st_mode) == 0o600


def test_who_may_read_a_file_stays_as_it_was(tmp_path: Path) -> None:
    """A file that is replaced keeps its rights, and a link still leads to the file that was written."""
    (tmp_path / "real").mkdir()
    secret, link = tmp_path / "real" / "a.txt", tmp_path / "a.txt"
    write_text_atomically(secret, "old")
    secret.chmod(0o600)
    link.symlink_to(secret)
    write_text_atomically(link, "new", overwrite=True)
    assert link.is_symlink()
    assert secret.read_text() == link.read_text() == "new"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    secret.chmod(0o444)
    write_text_atomically(secret, "newer", overwrite=True)
    assert (secret.read_text(), stat.S_IMODE(secret.stat().st_mode)) == ("newer", 0o444)


def test_what_is_synced_is_open_for_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows syncs no file that was opened to be read."""
    opened: dict[int, int] = {}
    synced, open_it, sync_it = [], os.open, os.fsync

    def opening(path: Any, flags: int, *rest: Any) -> int:
        handle = open_it(path, flags, *rest)
        opened[handle] = flags
        return handle

    def syncing(handle: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(handle).st_mode), opened[handle] & os.O_ACCMODE))
        sync_it(handle)

    monkeypatch.setattr("os.open", opening)
    monkeypatch.setattr("os.fsync", syncing)
    write_text_atomically(tmp_path / "a.txt", "a")
    assert synced == [(False, os.O_RDWR), (True, os.O_RDONLY)]


def test_stated_kinds_hold_for_frames() -> None:
    """A model's reading holds for frames whose columns have another type."""
    table = read(
        pl.DataFrame({"code": [1.0, 2.0], "day": [20240503, 20240504]}),
        ReadingSettings(types={"code": "text"}, date_formats={"day": "YYYYMMDD"}),
    )
    assert to_memory(table.frame)["code"].tolist() == ["1", "2"]
    assert deliver(table, table.frame, [])["code"].to_list() == [1.0, 2.0]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_numbers_too_large_to_compute_with_are_rejects(kind: str, tmp_path: Path) -> None:
    """A number whose square leaves the computer's range is rejected with its line, like an infinite one."""
    frame = pl.DataFrame({"id": [f"c{i}" for i in range(40)], "n": [1e200, *map(float, range(39))]})
    path = tmp_path / f"c.{kind}"
    frame.write_csv(path) if kind == "csv" else frame.write_parquet(path)
    table = read(path)
    assert (table.rows_present, table.rows_read, table.rows_rejected) == (40, 39, 1)
    assert table.rejects[0].column == "n"


def test_a_whole_number_too_long_is_set_aside_where_a_number_is_expected() -> None:
    """Without that, the column would be text: an id. A model that knows it as a number says so."""
    frame = pl.DataFrame({"income": [10, 2**60, None, -(2**60), 30]})
    expected = {"income": Reading("number")}
    table = read(frame, ReadingSettings(max_rejected_share=0.5), expected)
    assert [(r.line, r.column, r.reason) for r in table.rejects] == [
        (line, "income", "too long for exact arithmetic") for line in (2, 4)
    ]
    assert table.frame.collect()["income"].to_list() == [10.0, None, 30.0]
    assert read(frame).column("income").reading.kind == "text"


@pytest.mark.parametrize("kind", ["number", "date", "text"])
def test_values_of_no_kind_are_named_where_one_is_expected(kind: Kind) -> None:
    """Lists and bytes can be neither; the engine's own error said less."""
    for cells in ([[1, 2], [3]], [b"\xff", b"a"]):
        with pytest.raises(InputError, match=f"'income' is wanted as a {kind} and holds values that are neither"):
            read(pl.DataFrame({"income": cells}), ReadingSettings(), {"income": Reading(kind)})


def test_times_of_day_and_spans_of_time_are_no_other_kind() -> None:
    """A time is no number and a span no day: rows that cannot be used, with a reason; both can be written down."""
    frame = pl.DataFrame({"at": [dt.time(10, 30)] * 30, "for": [dt.timedelta(days=2)] * 30})
    for column, kind in (("at", "number"), ("for", "date")):
        with pytest.raises(InputError, match="30 of 30 rows of the frame cannot be used"):
            read(frame, ReadingSettings(), {column: Reading(kind)})
    written = read(frame, ReadingSettings(), {"at": Reading("text"), "for": Reading("text")})
    assert written.frame.select("at", "for").collect().row(0) == ("10:30:00", "2.0")


@pytest.mark.parametrize("kind", ["pandas", "pyarrow"])
def test_a_frame_whose_columns_share_a_name_is_refused(kind: str) -> None:
    """As in a file: the columns are named by their places."""
    frame = pl.DataFrame({"id": ["a", "b"], "income": [1, 2], "spend": [3, 4]})
    twice = frame.to_pandas() if kind == "pandas" else frame.to_arrow()
    if kind == "pandas":
        twice.columns = ["id", "income", "income"]
    else:
        twice = twice.rename_columns(["id", "income", "income"])
    with pytest.raises(ColumnNamesError, match=r"'income' \(column 2\) and 'income' \(column 3\)"):
        read(twice)
