"""The same customers give the same model, to the byte, however they come in and wherever they are fitted."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys

import pandas as pd
import polars as pl
import pytest

from segmentry.fitting import FitSettings, fit
from segmentry.samples import sample_marketing
from segmentry.scoring import score
from segmentry.store import dump

FILES = ("marketing_campaign.csv", "Mall_Customers.csv", "E-commerce Customer Behavior - Sheet1.csv")
APART = """
import sys
from segmentry.fitting import fit
from segmentry.scoring import score
from segmentry.store import dump
import hashlib
first = fit(sys.argv[1], k="3-4")
model = fit(sys.argv[1], k=5, previous=first)
labels = score(model, sys.argv[1]).sort("customer_id")["segment_id"].to_list()
print(hashlib.sha256(dump(first) + dump(model) + "".join(labels).encode()).hexdigest())
"""


def _labels(model, frame, by):
    """Segment by customer, whatever kind of frame comes out."""
    out = score(model, frame)
    out = out.collect() if isinstance(out, pl.LazyFrame) else out
    return dict(zip(map(str, list(out[by])), list(out["segment_id"]), strict=True))


@pytest.fixture(scope="module")
def shop():
    return sample_marketing(500, seed=7)


@pytest.fixture(scope="module")
def model(shop):
    return fit(shop, k="3-4")


@pytest.mark.parametrize("seed", range(2))
def test_row_and_column_order_change_nothing(shop, model, seed):
    """Shuffled rows and columns give the same bytes and put every customer where they were."""
    columns = list(shop.columns)
    random.Random(seed).shuffle(columns)
    shuffled = shop.sample(fraction=1.0, shuffle=True, seed=seed).select(columns)
    again = fit(shuffled, k="3-4")
    assert dump(again) == dump(model)
    assert _labels(again, shuffled, "customer_id") == _labels(model, shop, "customer_id")


def test_row_order_changes_nothing_of_a_fit_after_another(shop, model):
    """Ids, moves and all else of a following fit are the same bytes from shuffled rows, and without a column of ids."""
    for customers in (shop, shop.drop("customer_id")):
        shuffled = customers.sample(fraction=1.0, shuffle=True, seed=5)
        again = [fit(frame, k=5, previous=model) for frame in (customers, shuffled)]
        assert dump(again[0]) == dump(again[1])
        assert again[0].succession.new


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "pandas", "polars-lazy", "pandas-index"])
def test_the_kind_of_source_changes_nothing(shop, model, tmp_path, kind):
    """CSV, gzipped CSV, Parquet, pandas and lazy Polars give the bytes that eager Polars gives."""
    if kind.startswith("csv"):
        source = tmp_path / "shop.csv"
        shop.write_csv(source)
        if kind.endswith("gz"):
            pd.read_csv(source, dtype=str, keep_default_na=False).to_csv(tmp_path / "shop.csv.gz", index=False)
            source = tmp_path / "shop.csv.gz"
    elif kind == "parquet":
        source = tmp_path / "shop.parquet"
        shop.write_parquet(source)
    elif kind == "polars-lazy":
        source = shop.lazy()
    else:
        source = pd.DataFrame({c: shop[c].to_list() for c in shop.columns})
        if kind == "pandas-index":
            source.index = source.index[::-1] * 3
    again = fit(source, k="3-4")
    assert dump(again) == dump(model)
    assert _labels(again, source, "customer_id") == _labels(model, shop, "customer_id")


def test_threads_and_hash_seeds_change_nothing(shop, tmp_path):
    """One thread or four, and any hash seed, give the same model, the same one after it, and the same labels in a
    process of their own."""
    shop.write_csv(tmp_path / "shop.csv")
    digests = set()
    for threads, seed in (("1", "0"), ("4", "4711")):
        environment = {f"{name}_THREADS": threads for name in ("POLARS_MAX", "OMP_NUM", "OPENBLAS_NUM")}
        done = subprocess.run(
            [sys.executable, "-c", APART, str(tmp_path / "shop.csv")],
            env={**os.environ, **environment, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout.strip())
    assert len(digests) == 1
    assert len(digests.pop()) == len(hashlib.sha256().hexdigest())


@pytest.mark.parametrize("name", FILES)
def test_real_files_fit_alike_from_any_frame(shared_data, tmp_path, name):
    """A real file and a shuffled copy of it give the same bytes and the same labels."""
    lines = (shared_data / name).read_text().splitlines()
    body = lines[1:]
    random.Random(1).shuffle(body)
    (tmp_path / "shuffled.csv").write_text("\n".join([lines[0], *body]) + "\n")
    one, other = fit(shared_data / name, k=5), fit(tmp_path / "shuffled.csv", k=5)
    assert dump(one) == dump(other)
    by = lines[0].split("\t" if "\t" in lines[0] else ",")[0]
    assert _labels(one, shared_data / name, by) == _labels(other, tmp_path / "shuffled.csv", by)


def test_the_seed_is_recorded_and_repeated(shop):
    """The same seed gives the same bytes; the model says which it was."""
    first, second = fit(shop, k=4, seed=3), fit(shop, k=4, seed=3)
    assert dump(first) == dump(second)
    assert first.provenance.seed == 3


@pytest.mark.parametrize("n", [300, 21_000])
def test_the_fingerprint_is_of_ids_and_texts_too(n: int) -> None:
    """Other ids, or other words in a column, are other customers, whose file belongs to no other model; no order is."""
    customers = sample_marketing(n, seed=0)
    settings = FitSettings(features={"features": ("age", "income")}, selection={"k": 2}, stability_pairs=0)

    def fingerprint(frame: pl.DataFrame) -> str:
        return fit(frame, settings=settings).provenance.fingerprint

    own = fingerprint(customers)
    assert fingerprint(customers.sample(fraction=1, shuffle=True, seed=1).select(reversed(customers.columns))) == own
    assert fingerprint(customers.with_columns("X" + pl.col("customer_id"))) != own
    assert fingerprint(customers.with_columns(pl.col("education").str.reverse())) != own
