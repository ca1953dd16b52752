"""Customers in memory -> segments, beside scikit-learn's pipeline from the same raw frame. Prints JSON lines.

    python bench/scoring.py CUSTOMERS.parquet [ROWS]

The pipeline is what a notebook would keep: a ColumnTransformer that derives, imputes, takes the logarithm where ours
does, standardises and encodes, then `KMeans.predict`. It answers a number of the nearest centre; ours answers the
segment's id and name, the confidence and the runner-up. On three sets of features: those that notebooks on such
customers derive (age, tenure, total spend, children, answers to campaigns, with income, purchases, recency, education
and marital status); the default ones, which are all numbers; and five numbers with two texts. Then both estimators on
the matrix of the default features, where each answers a label and no more.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import polars as pl
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

import segmentry as sg
from segmentry.features.grid import features_of as feature_columns
from segmentry.features.recipe import Scale
from segmentry.samples import sample_marketing
from segmentry.scoring import blocks
from segmentry.segmentation import Segmentation
from segmentry.tables import read, to_memory
from segmentry.tables.embedded import beside

REPEATS = 5
FITTED = 20_000
DERIVED = (
    "age", "tenure_days", "spend_total", "children", "campaigns_accepted",
    "income", "purchases_total", "recency_days", "education", "marital_status",
)  # fmt: skip
TEXTS = ("age", "income", "purchases_total", "recency_days", "spend_total", "education", "marital_status")


def added(columns: pd.DataFrame) -> pd.DataFrame:
    return columns.sum(axis=1).to_frame()


def years(columns: pd.DataFrame, as_of: date) -> pd.DataFrame:
    return as_of.year - columns


def days(columns: pd.DataFrame, as_of: date) -> pd.DataFrame:
    return (pd.Timestamp(as_of) - columns.iloc[:, 0]).dt.days.to_frame()


def prepared(scale: Scale, as_of: date | None) -> Pipeline:
    """From raw columns to a standard score, as the feature is made."""
    steps: list[Any] = []
    if scale.feature.operation == "sum":
        steps.append(FunctionTransformer(added))
    elif scale.feature.operation == "years_since_year":
        steps.append(FunctionTransformer(partial(years, as_of=as_of)))
    elif scale.feature.operation == "days_since":
        steps.append(FunctionTransformer(partial(days, as_of=as_of)))
    elif scale.feature.operation == "level":
        levels = [list(scale.feature.levels)]
        steps.append(OrdinalEncoder(categories=levels, handle_unknown="use_encoded_value", unknown_value=np.nan))
    steps.append(SimpleImputer(strategy="median"))
    if scale.transform == "log1p":
        steps.append(FunctionTransformer(np.log1p))
    return make_pipeline(*steps, StandardScaler())


def pipeline(segmentation: Segmentation) -> Pipeline:
    recipe = segmentation.recipe
    parts: list[Any] = [(s.feature.name, prepared(s, recipe.as_of), list(s.feature.sources)) for s in recipe.scales]
    for part in recipe.levels:
        encoder = OneHotEncoder(categories=[list(part.levels)], handle_unknown="ignore", sparse_output=False)
        parts.append((part.feature.name, encoder, list(part.feature.sources)))
    return make_pipeline(ColumnTransformer(parts), KMeans(segmentation.k, n_init=1, random_state=0))


def in_turn(*works: Callable[[], Any]) -> list[dict[str, float]]:
    """The median seconds of each, and of the processors; in turn, so that a busy machine is as busy for all."""
    found: list[list[tuple[float, float]]] = [[] for _ in works]
    for _ in range(REPEATS + 1):
        for place, work in enumerate(works):
            start, busy = time.perf_counter(), time.process_time()
            work()
            found[place].append((time.perf_counter() - start, time.process_time() - busy))
    # The first of each does not count.
    return [
        dict(zip(("seconds", "work"), map(statistics.median, zip(*f[1:], strict=True)), strict=True)) for f in found
    ]


def by_expressions(segmentation: Segmentation, frame: pl.DataFrame) -> None:
    """As where no C compiler was at hand."""
    with patch.multiple(blocks, COMPILED=False), patch.multiple(beside, COMPILED=False):
        sg.score(segmentation, frame)


def compare(name: str, customers: pl.DataFrame, features: Sequence[str]) -> None:
    segmentation = sg.fit(sample_marketing(FITTED, seed=0), k=5, features=features)
    columns = sorted(segmentation.recipe.needed)
    frame = customers.select(columns)
    held = frame.with_columns(pl.col(pl.Date).cast(pl.Datetime("us"))).to_pandas()  # as pandas reads dates
    peer = pipeline(segmentation).fit(held[:FITTED])
    kinds: dict[str, Callable[[], Any]] = {
        "Polars frame": lambda: sg.score(segmentation, frame),
        "pandas frame": lambda: sg.score(segmentation, held),
        "Polars frame, nothing compiled": lambda: by_expressions(segmentation, frame),
        "peer": lambda: peer.predict(held),
    }
    report(f"scoring, {name}", list(kinds), len(frame), in_turn(*kinds.values()))


def compare_estimators(customers: pl.DataFrame) -> None:
    matrix = matrix_of(sg.fit(sample_marketing(FITTED, seed=0), k=5), customers)
    segmenter = sg.Segmenter(n_segments=5).fit(matrix[:FITTED])
    steps = SimpleImputer(strategy="median"), StandardScaler(), KMeans(5, n_init=1, random_state=0)
    peer = make_pipeline(*steps).fit(matrix[:FITTED])
    results = in_turn(lambda: segmenter.predict(matrix), lambda: peer.predict(matrix))
    report("Segmenter.predict", ("six numbers", "peer"), len(matrix), results)


def matrix_of(segmentation: Segmentation, customers: pl.DataFrame) -> np.ndarray:
    recipe = segmentation.recipe
    columns = to_memory(feature_columns(read(customers).frame, recipe.clustered, recipe.as_of))
    return np.column_stack(list(columns.values()))


def report(part: str, kinds: Sequence[str], rows: int, results: Sequence[dict[str, float]]) -> None:
    for kind, found in zip(kinds, results, strict=True):
        print(json.dumps({"part": part, "kind": kind, "rows": rows, **found}), flush=True)


def main(source: Path, rows: int) -> None:
    customers = pl.read_parquet(source, n_rows=rows)
    compare("what notebooks derive", customers, DERIVED)
    compare("six numbers", customers, ())
    compare("five numbers and two texts", customers, TEXTS)
    compare_estimators(customers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5_000_000)
