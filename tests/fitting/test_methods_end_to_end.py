"""From a table to scored customers by every method: mixed data, engines, files, row order."""

from functools import cache

import duckdb
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

import segmentry as sg
from segmentry.clusters.names import METHODS, STATED
from segmentry.features.choice import FeatureSettings
from segmentry.fitting import FitSettings
from segmentry.samples import sample_marketing
from segmentry.store import dump, parse

CODED = ["region", "channel", "plan", "device"]


def _mixed(recode=None, n=1200):
    """Whole numbers that stand for levels hold three groups; income and visits hold nothing."""
    draw = np.random.default_rng(3)
    truth = draw.integers(0, 3, n)
    codes = np.where(draw.random((n, 4)) < 0.9, truth[:, None], draw.integers(0, 3, (n, 4)))
    if recode is not None:
        codes = np.array(recode)[codes]
    columns = {name: codes[:, place] for place, name in enumerate(CODED)}
    income, visits = draw.normal(4000, 900, n).round(), draw.normal(20, 5, n).round()
    return pl.DataFrame(
        {"customer_id": [f"c{i:05}" for i in range(n)], "income": income, "visits": visits, **columns}
    ), truth


def _fit_mixed(table, method):
    roles = FeatureSettings(features=("income", "visits", *CODED), roles=dict.fromkeys(CODED, "category"))
    return sg.fit(table, k=3, method=method, settings=FitSettings(features=roles, stability_pairs=0))


@pytest.mark.parametrize("method", ["k-prototypes", "ward"])
def test_groups_that_are_in_categories_only_are_found_from_the_table(method):
    """Whole numbers whose role is category are levels: the planted groups come back."""
    table, truth = _mixed()
    model = _fit_mixed(table, method)
    assert adjusted_rand_score(truth, sg.score(model, table)["segment_id"].to_list()) >= 0.9


def test_recoding_the_levels_moves_nobody():
    """1, 2, 3 written as 70, 5, 31 give every customer the same company, and segments of the same size."""
    labels = []
    for recode in ((1, 2, 3), (70, 5, 31)):
        table, _ = _mixed(recode)
        model = _fit_mixed(table, "k-prototypes")
        labels.append(sg.score(model, table)["segment_id"].to_list())
    assert adjusted_rand_score(*labels) == 1.0


@pytest.fixture(scope="module")
def shop():
    return sample_marketing(600, seed=2)


@pytest.fixture(scope="module")
def fitted(shop):
    """By method, four segments of the shop, each fitted once."""
    return cache(lambda method: sg.fit(shop, k=4, method=method))


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("k-means", *STATED)])
@pytest.mark.thorough("gmm", "dbscan")
def test_every_method_scores_alike_on_every_engine(method, shop, fitted):
    """Polars, DuckDB and the scorer as SQL give each customer the segment that fitting counted; a file keeps it all."""
    model = fitted(method)
    ours = sg.score(model, shop).sort("customer_id")
    connection = duckdb.connect()
    relation = connection.from_arrow(shop.to_arrow())
    theirs = sg.score(model, relation).pl().sort("customer_id")
    assert theirs.select(ours.columns[-4:]).equals(ours.select(ours.columns[-4:]))
    query = sg.to_sql(model, dialect="duckdb", table="relation")
    assert connection.sql(query).pl().sort("customer_id")["segment_id"].equals(ours["segment_id"])
    counts = dict(ours["segment_id"].value_counts().iter_rows())
    assert all(counts.get(s.id, 0) == s.size for s in model.segments)
    assert counts.get("noise", 0) == model.n_noise
    assert parse(dump(model)) == model
    assert model.own_answer is not None
    assert model.own_answer.moved <= 0.05


@pytest.mark.parametrize("method", ["gmm", "ward", "k-medoids", "hdbscan"])
@pytest.mark.thorough("gmm", "k-medoids")
def test_every_method_says_how_far_its_segments_can_be_trusted(method, shop):
    """A verdict, the stability of the whole and of each segment by refits of the method, and on how many."""
    model = sg.fit(shop, k="3-4", method=method)
    assert model.verdict in ("natural", "reproducible", "no groups")
    assert (model.stability.rows, model.stability.customers, model.stability.pairs) == (600, 600 - model.n_noise, 5)
    assert all(s.stability is not None and s.stability.resamples == 10 for s in model.segments)
    assert parse(dump(model)) == model


@pytest.mark.parametrize("method", ["gmm", "ward", "hdbscan"])
@pytest.mark.thorough("gmm")
def test_row_order_does_not_change_the_bytes(method, shop, fitted):
    """Shuffled customers give the same model file."""
    shuffled = shop.sample(fraction=1.0, shuffle=True, seed=4)
    assert dump(sg.fit(shuffled, k=4, method=method)) == dump(fitted(method))


def test_no_crowds_found_is_a_finished_model():
    """Evenly spread customers: one segment, a reason, a warning, a report."""
    draw = np.random.default_rng(0)
    table = pl.DataFrame({"id": range(500), **{f"v{i}": draw.uniform(size=500) for i in range(4)}})
    model = sg.fit(table, method="hdbscan", features=["v0", "v1", "v2", "v3"])
    assert model.k == 1
    assert "no-groups" in {n.code for n in model.notices}
    assert "found no groups" in model.reason
    assert "<html" in sg.report(model)
