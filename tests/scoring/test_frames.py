"""Frames in memory are scored in blocks, and the answers are those of the lazy expressions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from segmentry.errors import InputError, SegmentryWarning
from segmentry.fitting import FitSettings, fit
from segmentry.samples import sample_marketing
from segmentry.scoring import blocks, frames, score
from segmentry.scoring.frames import OUTPUT
from segmentry.scoring.score import read_like
from segmentry.tables import ReadingSettings
from segmentry.tables.embedded import beside

FEATURES = (
    "age", "income", "tenure_days", "spend_total", "average_order_value", "campaigns_accepted", "complain",
    "education", "marital_status",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop():
    draw, made = np.random.default_rng(2), sample_marketing(18_000, seed=2)
    gone = [pl.when(pl.Series(draw.random(made.height) < 0.05)).then(None).otherwise(pl.col(c)).alias(c) for c in
            made.columns if c != "customer_id"]  # fmt: skip
    nobody = made.head(3).with_columns(pl.lit(None, dtype=d).alias(c) for c, d in made.schema.items())
    return pl.concat([made.with_columns(gone), nobody])


@pytest.fixture(scope="module")
def model(shop):
    return fit(shop, settings=FitSettings(features={"features": FEATURES}, selection={"k": 6}, on_duplicate="keep"))


def _output(frame):
    return frame.select(OUTPUT)


@pytest.mark.parametrize("method", ["k-means", "gmm", "ward", "dbscan"])
@pytest.mark.thorough("gmm", "ward")
def test_blocks_give_what_the_lazy_frame_gives(shop, method):
    """Every kind of feature and rule, cells missing everywhere: segment, name, confidence, runner-up are the same."""
    few = shop.head(1_500)
    fitted = fit(few, settings=FitSettings(features={"features": FEATURES}, selection={"k": 4, "method": method}))
    assert _output(score(fitted, shop)).equals(_output(score(fitted, shop.lazy()).collect()))


@pytest.mark.parametrize("features", [("education", "marital_status"), ("complain", "education")])
def test_segments_that_rest_on_no_number_are_scored_alike(shop, features):
    """Categories alone, and flags and levels alone."""
    fitted = fit(shop, settings=FitSettings(features={"features": features}, selection={"k": 3}, on_duplicate="keep"))
    assert _output(score(fitted, shop)).equals(_output(score(fitted, shop.lazy()).collect()))


def test_narrow_numbers_and_categories_are_no_others(model, shop):
    """Int16, Float32 and categories in place of Int64 and text: the same customers, the same answer."""
    narrow = shop.with_columns(pl.col(pl.Int64).cast(pl.Int32)).with_columns(
        pl.col("income").cast(pl.Float64),
        pl.col("recency").cast(pl.Int16),
        pl.col("education", "marital_status").cast(pl.Categorical),
    )
    assert _output(score(model, narrow)).equals(_output(score(model, shop.lazy()).collect()))


def test_what_else_is_in_a_frame_makes_no_customer_unfit(model, shop):
    """A column that the segments do not rest on may hold anything: it goes out as it came, with every row."""
    mixed = pl.Series("note", ["1", "2", "three"] * shop.height)[: shop.height]
    infinite = pl.Series("odd", [float("inf"), 1.0, None] * shop.height)[: shop.height]
    wide = shop.with_columns(mixed, infinite)
    out = score(model, wide)
    assert out.columns == [*wide.columns, *OUTPUT]
    assert out.drop(OUTPUT).equals(wide)
    assert _output(out).equals(_output(score(model, shop)))


@pytest.mark.parametrize("cell", [float("inf"), 1e300, "unknown to us"])
@pytest.mark.parametrize("kind", ["polars", "lazy", "pandas", "arrow"])
def test_a_cell_that_does_not_fit_counts_as_missing_and_its_row_stays(model, shop, cell, kind):
    """An infinite income is no income: the customer is placed as one without, the cell goes out as it came, and a
    warning says how many there are."""
    places = pl.int_range(pl.len()).is_in([5, 17_000])
    own = pl.col("income").cast(pl.String if isinstance(cell, str) else pl.Float64)
    broken = shop.with_columns(income=pl.when(places).then(pl.lit(cell)).otherwise(own))
    without = shop.with_columns(income=pl.when(~places).then(own))
    made = {"pandas": broken.to_pandas, "arrow": broken.to_arrow, "lazy": broken.lazy, "polars": broken.clone}[kind]()
    with pytest.warns(SegmentryWarning, match="2 cells of 'income' cannot be used .* count as missing"):
        scored = score(model, made)
    came, out = (pl.DataFrame(f.collect() if kind == "lazy" else f) for f in (made, scored))
    assert out["income"].equals(came["income"])
    assert _output(out).equals(_output(score(model, without)))


def test_very_many_cells_that_do_not_fit_stop_the_scoring(model, shop):
    """A share that is stated holds for frames, too."""
    broken = shop.with_columns(income=pl.lit(float("inf")))
    with pytest.raises(InputError, match="18003 of 18003 rows"):
        score(model, broken)
    broken = shop.with_columns(income=pl.Series([float("inf")] * 2 + [1.0] * (shop.height - 2)))
    with pytest.raises(InputError, match="2 of 18003 rows"):
        score(model, broken, reading=ReadingSettings(max_rejected_share=0))


def test_a_name_that_is_taken_gets_an_underscore(model, shop):
    """Also by a column that was not read."""
    out = score(model, shop.with_columns(segment=pl.lit("mine")))
    assert out.columns[-4:] == ["segment_id", "segment_", "confidence", "runner_up"]
    assert out["segment"].unique().to_list() == ["mine"]


def test_the_frame_that_came_in_stays_as_it_was(model, shop):
    """Changing what comes out changes nothing in what went in."""
    frame = shop.drop("dt_customer").to_pandas().assign(dt_customer=pd.to_datetime(shop["dt_customer"].to_list()))
    before = frame.copy(deep=True)
    out = score(model, frame)
    out["income"] = -1.0
    pd.testing.assert_frame_equal(frame, before)
    assert out["segment_id"].tolist() == score(model, shop)["segment_id"].to_list()
    assert out["confidence"].isna().sum() == 3


def test_only_columns_that_are_needed_are_read(model, shop):
    """Of a frame in memory; a table for all else is read whole."""
    assert read_like(model, shop, only={"income"}).names == ("income",)
    assert read_like(model, shop.lazy(), only={"income"}).names == tuple(shop.columns)


@pytest.fixture(scope="module")
def of_words(shop):
    """Segments of ordered levels, of categories, of a flag in words, of an age by the date of birth and of a number."""
    return fit(
        _worded(shop), settings=FitSettings(features={"features": WORDED}, selection={"k": 5}, on_duplicate="keep")
    )


TEXTS = ("education", "marital_status", "complain", "membership")
WORDED = (*TEXTS, "income", "tenure_days", "age")


def _worded(frame):
    said = pl.when(pl.col("complain") == 1).then(pl.lit("Yes")).when(pl.col("complain") == 0).then(pl.lit("No"))
    rank = pl.col("income") // 20_000
    held = rank.replace_strict({0: "Bronze", 1: "Silver", 2: "GOLD", 3: "Gold"}, default=None, return_dtype=pl.String)
    born = pl.date(1960 + pl.col("year_birth") % 30, 1 + pl.col("recency") % 12, 1 + pl.col("recency") % 28)
    return frame.with_columns(complain=said, membership=held, birth_date=born).drop("year_birth")


def _odd_cells(frame):
    """Words never seen, with spaces around them, in other letters, of nothing but spaces, and none."""
    draw = np.random.default_rng(4)
    odd = [" Bachelor ", "Bachelor\t", "MASTER", "", "  ", "Pilot", None, "Married ", "yes", "true", "GOLD", "gold\n"]
    return frame.with_columns(
        pl.when(pl.Series(draw.random(frame.height) < 0.3))
        .then(pl.Series([odd[i] for i in draw.integers(0, len(odd), frame.height)]))
        .otherwise(pl.col(name))
        .alias(name)
        for name in TEXTS
    )


@pytest.mark.parametrize("made", [
    lambda frame: frame,
    lambda frame: frame.head(0),
    lambda frame: frame.head(1),
    lambda frame: frame.tail(3),
    lambda frame: frame.with_columns(pl.col("education", "membership").cast(pl.Categorical)),
    lambda frame: frame.with_columns(pl.col(c).cast(pl.Enum(frame[c].drop_nulls().unique())) for c in TEXTS),
    lambda frame: frame.with_columns(pl.lit(None).alias(c) for c in ("education", "dt_customer", "birth_date")),
    lambda frame: frame.with_columns(pl.lit(None, pl.String).alias(c) for c in TEXTS),
    lambda frame: frame.with_columns(education=7, complain=True),
    lambda frame: frame.with_columns(education=pl.col("customer_id"), marital_status=pl.col("customer_id") + " "),
    lambda frame: frame.with_columns(dt_customer=pl.col("dt_customer").cast(pl.Datetime("ms"))),
    lambda frame: frame.with_columns(dt_customer=pl.when(pl.col("income") > 30_000).then(pl.date(9999, 12, 31))),
    lambda frame: frame.with_columns(dt_customer=pl.col("dt_customer").dt.strftime("%Y-%m-%d")),
    lambda frame: pl.concat([frame[:5_000], frame[5_000:5_001], frame[5_001:]], rechunk=False),
], ids=[
    "strings", "empty", "one", "nobody", "categorical", "enum", "all missing", "all texts missing", "no texts", "ids",
    "datetimes", "far dates", "dates as text", "in chunks",
])  # fmt: skip
def test_words_and_days_give_what_the_lazy_frame_gives(of_words, shop, made):
    """Whatever the cells are and however a frame holds them, and as pandas and PyArrow hold them too."""
    frame = made(_odd_cells(_worded(shop)))
    expected = _output(score(of_words, frame.lazy()).collect())
    assert _output(score(of_words, frame)).equals(expected)
    held = score(of_words, frame.to_pandas())
    assert held["segment"].tolist() == expected["segment"].to_list()
    assert held["confidence"].fillna(-1).tolist() == expected["confidence"].fill_null(-1).to_list()
    assert pl.from_arrow(score(of_words, frame.to_arrow()).select(OUTPUT)).equals(expected)


@pytest.mark.parametrize("kind", ["polars", "pandas", "arrow"])
def test_without_the_kernel_the_expressions_give_the_same(of_words, shop, monkeypatch, kind):
    """Where no C compiler was at hand, frames are scored all the same, and go out as the kind that came in."""
    frame = _odd_cells(_worded(shop))
    held = {"polars": frame, "pandas": frame.to_pandas(), "arrow": frame.to_arrow()}[kind]
    expected = score(of_words, held)
    monkeypatch.setattr(blocks, "COMPILED", False)
    monkeypatch.setattr(beside, "COMPILED", False)
    out = score(of_words, held)
    assert type(out) is type(expected)
    assert pl.DataFrame(out).equals(pl.DataFrame(expected))


def test_a_number_beyond_use_is_found_where_nobody_looked_before(model, shop):
    """Whole numbers are not looked at before they are placed: one too long for exact arithmetic counts as missing all
    the same, in a column with gaps and in one without."""
    for column in ("income", "mnt_wine"):
        cells = shop[column].to_list()
        cells[9_999] = 2**60
        gone = shop.with_columns(pl.Series(column, [None if c == 2**60 else c for c in cells]))
        for filled in (False, True):
            if filled:
                cells = [0 if cell is None else cell for cell in cells]
                gone = gone.with_columns(pl.Series(column, [None if c == 2**60 else c for c in cells]))
            with pytest.warns(SegmentryWarning, match=f"1 cell of '{column}' cannot be used"):
                out = score(model, shop.with_columns(pl.Series(column, cells)))
            assert _output(out).equals(_output(score(model, gone)))


def test_words_that_mean_missing_are_no_levels(of_words, shop):
    """A level that the caller says is no answer counts as a missing cell, also with spaces around it."""
    frame = _odd_cells(_worded(shop))
    told = ReadingSettings(missing=("Bachelor", "Yes", "Pilot"))
    expected = _output(score(of_words, frame.lazy(), reading=told).collect())
    assert _output(score(of_words, frame, reading=told)).equals(expected)
    assert not expected.equals(_output(score(of_words, frame)))


def test_texts_that_no_cell_can_be_match_none(of_words, shop):
    """A model file may hold levels with spaces around them: cells have none when they are read."""
    *parts, last = of_words.recipe.levels
    spaced = replace(last, levels=(*last.levels[:-1], f" {last.levels[-1]}"))
    model = replace(of_words, recipe=replace(of_words.recipe, levels=(*parts, spaced)))
    frame = _worded(shop).with_columns(marital_status=pl.lit(spaced.levels[-1]))
    assert _output(score(model, frame)).equals(_output(score(model, frame.lazy()).collect()))


def test_threads_and_blocks_change_no_answer(of_words, shop, monkeypatch):
    """Rows over many blocks, on one thread or on three."""
    frame = _odd_cells(_worded(shop))
    expected = _output(score(of_words, frame))
    monkeypatch.setattr(blocks, "_ROWS", 1_000)
    for threads in (1, 3):
        monkeypatch.setattr(frames, "n_threads", lambda threads=threads: threads)
        assert _output(score(of_words, frame)).equals(expected)


def test_whole_numbers_of_128_bits_are_numbers() -> None:
    """Sums of whole numbers are that long in some engines; they are placed as shorter ones are."""
    short = sample_marketing(200, seed=1)
    long = short.with_columns(pl.col(pl.Int64).cast(pl.Int128))
    segmentation = fit(short, k=2)
    assert score(segmentation, long)["segment_id"].to_list() == score(segmentation, short)["segment_id"].to_list()
