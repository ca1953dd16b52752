"""Customers of a made-up shop, labelled by a fit and laid out for questions."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import segmentry as sg
from segmentry.browsing import CustomerRows, lay_out
from segmentry.samples import sample_marketing
from segmentry.segmentation import Segmentation

N = 800


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Segmentation, Path]:
    """A segmentation and its labelled file, with one id that a spreadsheet would run."""
    customers = sample_marketing(N, seed=3).with_columns(
        customer_id=pl.when(pl.int_range(pl.len()) == 5).then(pl.lit("=1+1")).otherwise(pl.col("customer_id"))
    )
    segmentation = sg.fit(customers, k=4, seed=0)
    path = tmp_path_factory.mktemp("labelled") / "customers.csv"
    sg.score(segmentation, customers).write_csv(path)
    return segmentation, path


@pytest.fixture(scope="session")
def rows(labelled: tuple[Segmentation, Path], tmp_path_factory: pytest.TempPathFactory) -> CustomerRows:
    return lay_out(*labelled, tmp_path_factory.mktemp("rows"))
