"""Whatever happens to a file: every row is read or rejected, in order, and nothing else is raised."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentry.errors import SegmentryError
from segmentry.tables import ReadingSettings, deliver, numbers, read
from segmentry.tables.embedded import cells

LENIENT = ReadingSettings(max_rejected_share=1.0)
CELL = st.text(alphabet="ab1.,;\" \t'-é\r\n", max_size=6)


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_quoted_cells_come_back_verbatim(rows: list[tuple[str, str]], end: str) -> None:
    """Any text in quotes is read as it was written, in its order."""
    text = "key,x,y" + end + "".join(f"k{i},{quoted(a)},{quoted(b)}{end}" for i, (a, b) in enumerate(rows))
    chosen = ReadingSettings(separator=",", types={"x": "text", "y": "text"}, header=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.csv"
        path.write_bytes(text.encode())
        table = read(path, chosen)
        out = deliver(table, table.frame, [])
    assert table.rows_read == table.rows_present == len(rows)
    assert out["key"].to_list() == [f"k{i}" for i in range(len(rows))]
    assert [(a or "", b or "") for a, b in zip(out["x"], out["y"], strict=True)] == rows


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(alphabet='ab12.,;" \n\r\0\té', max_size=14), max_size=12))
def test_mangled_files_are_accounted_for(lines: list[str]) -> None:
    """read + rejected = present for any bytes, or an error of ours says why not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.csv"
        path.write_bytes(("id,n,city\n" + "\n".join(lines)).encode())
        try:
            table = read(path, LENIENT)
        except SegmentryError:
            return
        height = deliver(table, table.frame, []).height
    assert table.rows_read + len(table.rejects) == table.rows_present
    assert height == table.rows_read
    assert [r.line for r in table.rejects] == sorted({r.line for r in table.rejects})


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_short_rows_are_found_by_line(short: list[bool]) -> None:
    """Exactly the rows that are too short are rejected, each with its own line; the others keep their order."""
    rows = [f"c{i},{i}" if cut else f"c{i},{i},x" for i, cut in enumerate(short)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.csv"
        path.write_text("\n".join(["id,n,city", *rows]))
        try:
            table = read(path, LENIENT)
        except SegmentryError:
            assert sum(short) * 2 > len(short)
            return
        ids = deliver(table, table.frame, [])["id"].to_list()
    assert [r.line for r in table.rejects] == [i + 2 for i, cut in enumerate(short) if cut]
    assert ids == [f"c{i}" for i, cut in enumerate(short) if not cut]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(alphabet="0158.,-–−()+ e€$%'k", min_size=1, max_size=9), min_size=1, max_size=30))
@pytest.mark.parametrize("mark", [".", ","])
def test_what_looks_like_a_number_is_one(mark: numbers.Mark, texts: list[str]) -> None:
    """Each cell of the pattern has a value, never another one than the cell has that is written plainly."""
    trimmed = [text.strip() for text in texts if text.strip()]
    found = pl.DataFrame({"text": trimmed}, schema={"text": pl.String}).select(
        looks=pl.col("text").str.contains(numbers.pattern(mark)), value=cells.number(pl.col("text"), mark)
    )
    assert found["looks"].to_list() == found["value"].is_not_null().to_list()
    assert found["looks"].to_list() == [re.search(numbers.pattern(mark), text) is not None for text in trimmed]
    for text, value in zip(trimmed, found["value"], strict=True):
        minus = re.search(r"^[^0-9]*[-−(]|[0-9][^0-9.,]*[-−][^0-9]*$", text) is not None
        assert value is None or (value < 0) == (minus and value != 0), text
