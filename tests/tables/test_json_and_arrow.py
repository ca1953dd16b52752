"""JSON lines, arrays of objects, Arrow files and tables, in and out."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import polars as pl
import pytest

from segmentry.errors import InputError, UnreadableFileError
from segmentry.tables import deliver, read, to_memory, write_table


def rows(n: int = 30) -> list[dict[str, object]]:
    return [{"id": f"{i:03}", "spend": i * 1.5, "since": "2024-05-03", "member": i % 2 == 0} for i in range(n)]


def lines(objects: list[dict[str, object]]) -> str:
    return "".join(json.dumps(o) + "\n" for o in objects)


def test_lines_and_arrays_are_read_alike(tmp_path: Path) -> None:
    """One object a line, an array on one line, an indented array, and each packed: the same table."""
    forms = [lines(rows()), json.dumps(rows()), json.dumps(rows(), indent=2), "\ufeff" + lines(rows())]
    tables = []
    for at, form in enumerate(forms):
        (tmp_path / f"{at}.json").write_text(form, encoding="utf-8")
        (tmp_path / f"{at}.gz").write_bytes(gzip.compress(form.encode()))
        tables += [read(tmp_path / f"{at}.json"), read(tmp_path / f"{at}.gz")]
    first = deliver(tables[0], tables[0].frame, [])
    assert first.schema == {"id": pl.String, "spend": pl.Float64, "since": pl.String, "member": pl.Boolean}
    assert all(deliver(t, t.frame, []).equals(first) for t in tables)
    assert [c.reading.kind for c in tables[0].columns] == ["text", "number", "date", "number"]


def test_bad_lines_are_rejects(tmp_path: Path) -> None:
    """A line that is no object, and one that states a key twice, are set aside with their numbers."""
    path = tmp_path / "c.jsonl"
    path.write_text(lines(rows(60)) + '\n{"id": "x"\n[1]\n{"id": "y", "id": "z"}\n')
    table = read(path)
    assert [(r.line, r.reason) for r in table.rejects] == [
        (62, "not a JSON object"),
        (63, "not a JSON object"),
        (64, "repeats a key"),
    ]
    assert table.rows_present == table.rows_read + 3 == 63


def test_keys_may_come_and_go(tmp_path: Path) -> None:
    """A key that an object lacks is an empty cell, wherever it first appears."""
    path = tmp_path / "c.jsonl"
    path.write_text(lines([{"id": "a"}, {"id": "b", "late": 2}, {"late": 3, "id": "c"}]))
    table = read(path)
    assert deliver(table, table.frame, []).to_dict(as_series=False) == {"id": ["a", "b", "c"], "late": [None, 2, 3]}


def test_batches_of_other_types_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column whose type changes late in the file is one column, and no long number is rounded."""
    monkeypatch.setattr("segmentry.tables.embedded.json.BATCH", 2)
    path = tmp_path / "c.jsonl"
    cells: list[object] = [None, None, 1, 2, 2.5, 3]
    path.write_text(lines([{"id": 2**60 + i if i < 4 else "x", "n": c, "new": i} for i, c in enumerate(cells)]))
    for limit in (10**9, 0):
        monkeypatch.setattr("segmentry.tables.embedded.batches.IN_MEMORY_BELOW", limit)
        table = read(path)
        values = to_memory(table.frame)
        assert values["id"].tolist() == [str(2**60 + i) for i in range(4)] + ["x", "x"]
        assert values["n"].tolist()[2:] == [1, 2, 2.5, 3]


def test_nested_values_are_named(tmp_path: Path) -> None:
    """An object or a list in a cell stops with the column, the line and what to do; in one not read it is its JSON."""
    path = tmp_path / "c.jsonl"
    path.write_text('{"id": "a", "address": null}\n{"id": "b", "address": {"city": "Rome"}}\n')
    with pytest.raises(InputError, match=r"'address'.*line 2.*address\.city"):
        read(path)
    table = read(path, only=["id"])
    assert deliver(table, table.frame, [])["address"].to_list() == [None, '{"city": "Rome"}']
    path.write_text('{"customers": [{"id": 1}]}')
    with pytest.raises(InputError, match="'customers'"):
        read(path)


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a": 2', '[{"a": 1}, nonsense]', '{"a": 1,\n "b"', '[{"a": 1, "a": 2}]'])
def test_broken_arrays_stop(tmp_path: Path, text: str) -> None:
    """An array that was cut or is no JSON is an error with a line."""
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(UnreadableFileError, match=r"line \d"):
        read(tmp_path / "c.json")


def test_infinite_numbers_are_rejects(tmp_path: Path) -> None:
    """1e400 is no number."""
    path = tmp_path / "c.jsonl"
    path.write_text(lines([{"n": i} for i in range(30)]) + '{"n": 1e400}\n')
    assert [r.line for r in read(path).rejects] == [31]


@pytest.mark.parametrize("ending", ["jsonl", "arrow", "feather"])
def test_written_files_are_read_again(tmp_path: Path, ending: str) -> None:
    """What is written as JSON lines or Arrow reads as the same table."""
    frame = pl.DataFrame({"id": ["007", "008"], "n": [1, 2], "x": [1.5, None], "city": ['a"b', "Ö"]})
    table = read(frame)
    write_table(table, table.frame, [], tmp_path / f"out.{ending}")
    again = read(tmp_path / f"out.{ending}")
    assert deliver(again, again.frame, []).equals(frame)


def test_arrow_streams_and_cut_files(tmp_path: Path) -> None:
    """A stream of batches is read too; a file that was cut is an error."""
    frame = pl.DataFrame({"id": ["a", "b"], "n": [1, 2]})
    frame.write_ipc_stream(tmp_path / "s.arrows")
    table = read(tmp_path / "s.arrows")
    assert deliver(table, table.frame, []).equals(frame)
    out = io.BytesIO()
    frame.write_ipc(out)
    (tmp_path / "cut.arrow").write_bytes(out.getvalue()[:-20])
    with pytest.raises(UnreadableFileError, match="Arrow"):
        read(tmp_path / "cut.arrow")


def test_pyarrow_goes_out_as_pyarrow() -> None:
    """A PyArrow table comes back as one, its own columns untouched."""
    pa = pytest.importorskip("pyarrow")
    import narwhals.stable.v2 as nw

    given = pa.table({"id": ["a", "b"], "n": pa.array([1, None], pa.int16())})
    table = read(given)
    out = deliver(table, table.frame.with_columns(nw.lit("s1").alias("segment")), ["segment"])
    assert out.drop_columns(["segment"]).equals(given)
    assert out["segment"].to_pylist() == ["s1", "s1"]
