"""Large sources are typed from some of their text cells where that is enough, with the same outcome."""

import math

import polars as pl
import pytest

from segmentry.tables import ReadingSettings, all_different, read
from segmentry.tables.embedded import settling

ROWS = 60_000


def _column(kind):
    n = range(ROWS)
    return {
        "ids": [f"C{i}" for i in n],
        "ids with odd cells": [" C7 " if i == 7 else "n/a" if i == 9 else f"C{i}" for i in n],
        "ids with words of many kinds": [
            {7: "Non Renseignée", 8: "K. A.", 9: " s/d", 10: "K. A", 11: "k|a"}.get(i, f"C{i}") for i in n
        ],
        "ids with leading zeros": [f"{i:08d}" if i % 10 == 0 else f"C{i}" for i in n],
        "levels": [("Red", "red", "blue", None)[i % 4] for i in n],
        "levels with one odd cell": [" blue" if i == 12_345 else ("red", "blue")[i % 2] for i in n],
        "levels and a word": ["unknown" if i == 12_345 else ("red", "blue")[i % 2] for i in n],
        "numbers": [f"{i}.5" for i in n],
        "dates": [f"2024-0{1 + i % 9}-11" for i in n],
        "nearly numbers": ["?!" if i % 30 == 0 else str(i) for i in n],
        "half numbers": ["none of it" if i % 2 else str(i) for i in n],
        "codes": [str(i % 50) if i < ROWS // 5 else f"code {i % 50}" for i in n],
        "empty": [None for _ in n],
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["ids", "ids with odd cells", "ids with words of many kinds", "ids with leading zeros", "levels",
     "levels with one odd cell", "levels and a word", "numbers", "dates", "nearly numbers", "half numbers", "codes",
     "empty"],
)  # fmt: skip
def test_some_of_the_cells_settle_a_column_as_all_of_them_do(kind, monkeypatch):
    """Kind, wording, raw column, notices, rejects and values are those of weighing every cell."""
    frame = pl.DataFrame({"column": pl.Series(_column(kind), dtype=pl.String), "n": range(ROWS)})
    quick = read(frame)
    monkeypatch.setattr(settling, "LEAST_ROWS", math.inf)
    slow = read(frame)
    assert (quick.columns, quick.notices, quick.rejects) == (slow.columns, slow.notices, slow.rejects)
    assert quick.frame.collect().to_native().equals(slow.frame.collect().to_native())


def test_stated_words_are_found_among_many_texts(monkeypatch):
    """A word with signs that mean something in a pattern is found in a large table, and only as stated."""
    cells = [{7: "(none)", 8: "(NONE)", 9: "a\tb"}.get(i, f"C{i}") for i in range(ROWS)]
    settings = ReadingSettings(missing=("(none)", "a\tb"))
    quick = read(pl.DataFrame({"column": cells}), settings).frame.collect().to_native()
    assert quick["column"].to_list()[7:10] == [None, "(NONE)", None]
    monkeypatch.setattr(settling, "LEAST_ROWS", math.inf)
    assert quick.equals(read(pl.DataFrame({"column": cells}), settings).frame.collect().to_native())


@pytest.mark.parametrize(
    ("ids", "different"),
    [
        (["C1", "C2", "C10"], True),
        (["b", "c", "a"], True),
        (["a", "b", "a"], False),
        (["a", "b", None], False),
        ([None], False),
    ],
)
def test_repeats_are_found_in_any_order(ids, different):
    """Counters without leading zeros are in order; what is not in order is told by hashes; a missing id is no id."""
    table = read(pl.DataFrame({"id": pl.Series(ids, dtype=pl.String), "n": range(len(ids))}))
    assert all_different(table.frame.select("id"), "id") is different
