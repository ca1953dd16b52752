"""Columns of frames in memory as they lie there, and new ones beside them."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentry.tables import coded_texts, numbers_of, read
from segmentry.tables.embedded import beside

compiled = pytest.mark.skipif(not beside.COMPILED, reason="the kernel is missing: installed without a C compiler")

LETTERS = st.text(st.sampled_from("ab é\U0001f600"), max_size=20)
NEAR = st.sampled_from(["", "a", "a" * 12, "a" * 13, "a" * 12 + "b", "a" * 14, "aaaa" + "b" * 9, "\0", "a\0"])


@compiled
@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.none(), NEAR, LETTERS), max_size=60),
    st.lists(st.one_of(st.none(), NEAR, LETTERS), max_size=40, unique=True),
    st.integers(0, 60),
)
def test_cells_are_told_apart_as_polars_tells_them(cells, words, cut):
    """Short and long texts, ones that begin alike, missing cells and words that no cell can be, in any pieces."""
    column = pl.Series("x", cells, dtype=pl.String)
    column = pl.concat([column[:cut], column[cut:]], rechunk=False)
    places, others = beside._places_of(column, words)
    expected = column.to_frame().select(beside._word_places("x", words)).to_series().to_list()
    assert places.tolist() == expected
    assert others == expected.count(len(words) + 1)


@compiled
@pytest.mark.parametrize("words", [250, 3, 0])
def test_a_column_of_many_words_is_told_apart_too(words):
    """As many words as there may be: a place is one byte."""
    texts = [f"{'a very long street name ' * (place % 2)}{place}" for place in range(words)]
    places, others = beside._places_of(pl.Series("x", [*reversed(texts), "none of them"], dtype=pl.String), texts)
    assert places.tolist() == [*range(words, 0, -1), words + 1]
    assert others == 1


@compiled
def test_what_is_no_column_of_text_is_refused():
    """Nothing is read that is not as Polars holds texts, or for which there is no room."""
    texts, room = pl.Series(["a", "b"]), np.empty(2, np.uint8)
    assert beside._words.places_of(texts.__arrow_c_stream__(), [b"b"], room) == 1
    for column, words, places in (
        (pl.Series([1, 2]), [b"b"], room),
        (pl.Series(["a", "b"], dtype=pl.Categorical), [b"b"], room),
        (texts, [b"b"], np.empty(1, np.uint8)),
        (texts, [b"b"], np.empty(3, np.uint8)),
        (texts, [b"b"] * 251, room),
    ):
        with pytest.raises(ValueError, match=r"wanted|as many cells"):
            beside._words.places_of(column.__arrow_c_stream__(), words, places)


def test_words_are_found_without_the_kernel(monkeypatch):
    """By comparisons in Polars, with the same answer; spaces around a word are none of it."""
    table = read(pl.DataFrame({"city": ["Oslo", " Rome ", None, "Bonn", ""] * 3}))
    expected = [1, 2, 0, 3, 0] * 3
    assert coded_texts(table, {"city": ["Oslo", "Rome"]})["city"].places.tolist() == expected
    monkeypatch.setattr(beside, "COMPILED", False)
    assert coded_texts(table, {"city": ["Oslo", "Rome"]})["city"].places.tolist() == expected


def test_slices_of_a_column_in_pieces_are_its_rows():
    """Within a piece nothing is copied; a missing cell is NaN."""
    whole = pl.Series("n", range(10))
    gaps = pl.Series("g", [None if cell % 3 == 0 else cell for cell in range(10)])
    frame = pl.DataFrame([whole, gaps])
    pieces = pl.concat([frame[:4], frame[4:5], frame[5:]], rechunk=False)
    found = numbers_of(read(pieces), ["n", "g"])
    assert found["n"].ends == (4, 5, 10)
    assert not found["n"][0:4].flags.owndata
    for start in range(10):
        for stop in range(start + 1, 11):
            assert found["n"][start:stop].tolist() == list(range(start, stop))
            cells = [None if math.isnan(cell) else cell for cell in found["g"][start:stop]]
            assert cells == gaps[start:stop].to_list()
