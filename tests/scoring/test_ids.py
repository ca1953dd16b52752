"""Ids that repeat among customers to place are told of."""

from __future__ import annotations

import warnings

import duckdb
import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import SegmentryWarning
from segmentry.fitting import FitSettings
from segmentry.samples import sample_marketing
from segmentry.scoring.ids import MOST_IN_MEMORY
from segmentry.scoring.score import read_any, score_table

SAID = r"'customer_id' repeats \(60 ids on 120 rows\); each row is placed as a customer of its own"


@pytest.fixture(scope="module")
def shop():
    return sample_marketing(300, seed=5)


@pytest.fixture(scope="module")
def model(shop):
    return sg.fit(shop, k=3, settings=FitSettings(stability_pairs=0))


@pytest.fixture(scope="module")
def twice(shop):
    return pl.concat([shop, shop.head(60)])


@pytest.mark.parametrize("name", ["new.csv", "new.parquet"])
def test_repeated_ids_of_a_file_are_counted(model, shop, twice, tmp_path, name):
    """The number of ids and of their rows is among the notices, and warned of in Python; without repeats neither is."""
    path = tmp_path / name
    for frame, repeats in ((twice, True), (shop, False), (twice.drop("customer_id"), False)):
        frame.write_csv(path) if name == "new.csv" else frame.write_parquet(path)
        notices = score_table(model, read_any(model, path, None)[0]).notices
        assert ("repeated-id" in {n.code for n in notices}) == repeats
    twice.write_csv(path) if name == "new.csv" else twice.write_parquet(path)
    with pytest.warns(SegmentryWarning, match=SAID):
        sg.score(model, path)


@pytest.mark.parametrize("made", [lambda f: f, lambda f: f.to_pandas(), lambda f: f.to_arrow()])
def test_repeated_ids_of_a_frame_are_warned_of(model, shop, twice, made):
    """In each kind of frame; rows without an id do not repeat one another."""
    with pytest.warns(SegmentryWarning, match=SAID):
        sg.score(model, made(twice))
    blank = pl.when(pl.int_range(pl.len()) < 9).then(None).otherwise("customer_id").alias("customer_id")
    for frame in (shop, twice.drop("customer_id"), shop.with_columns(blank)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sg.score(model, made(frame))


def test_ids_that_cost_too_much_to_compare_are_not(model, twice):
    """Those of a large frame, of a query that was not asked yet, and of a relation."""
    large = pl.concat([twice] * (MOST_IN_MEMORY // len(twice) + 1))
    with warnings.catch_warnings(), duckdb.connect() as connection:
        warnings.simplefilter("error")
        sg.score(model, large)
        sg.score(model, twice.lazy())
        sg.score(model, connection.from_arrow(twice.to_arrow()))
