"""One table, many engines: the same model, the same segment for every customer."""

import duckdb
import polars as pl
import pytest

import segmentry as sg
from segmentry.samples import sample_marketing
from segmentry.store import dump

ROWS = 60_000  # above the sample's cap, so that drawing the sample and polishing run on the engine


@pytest.fixture(scope="module")
def parquet(tmp_path_factory):
    path = tmp_path_factory.mktemp("engines") / "customers.parquet"
    sample_marketing(ROWS, seed=5).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def segmentation(parquet):
    return sg.fit(parquet)


@pytest.fixture(scope="module")
def relation(parquet):
    return duckdb.connect().read_parquet(str(parquet))


def test_a_duckdb_relation_gives_the_same_model(segmentation, relation):
    """Fitting where the table lives gives the bytes that fitting its file gives."""
    assert dump(sg.fit(relation)) == dump(segmentation)


def test_a_duckdb_relation_comes_back_as_one_with_the_same_segments(segmentation, relation, parquet):
    """Scores come back lazily on the engine they came in on; not one customer is placed elsewhere."""
    scored = sg.score(segmentation, relation)
    assert type(scored) is type(relation)
    theirs = scored.pl().sort("customer_id")
    ours = sg.score(segmentation, parquet).sort("customer_id")
    assert theirs.columns == ours.columns
    assert theirs.select(ours.columns[-4:]).equals(ours.select(ours.columns[-4:]))


def test_row_order_and_partitions_do_not_move_a_customer(segmentation, parquet, tmp_path):
    """Shuffled rows in several files give the same model as one file."""
    shuffled = pl.read_parquet(parquet).sample(fraction=1.0, shuffle=True, seed=1)
    for part in range(4):
        shuffled.slice(part * ROWS // 4, ROWS // 4).write_parquet(tmp_path / f"part-{part}.parquet")
    assert dump(sg.fit(tmp_path)) == dump(segmentation)
