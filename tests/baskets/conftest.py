"""A made-up shop whose customers' tastes are known, and where each customer belongs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from segmentry.purchases import Purchases, open_log
from segmentry.tables import read

SEGMENTS = ("s1", "s2", "s3")


def _shop() -> ModuleType:
    spec = importlib.util.spec_from_file_location("shop", Path(__file__).parent / "shop.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def shop() -> ModuleType:
    return _shop()


@pytest.fixture(scope="session")
def tea_shop(shop: ModuleType) -> Purchases:
    """A thousand customers: s1 love tea, s2 love cake, s3 come now and then."""
    return open_log(read(shop.shop()))


@pytest.fixture(scope="session")
def placed(shop: ModuleType) -> nw.LazyFrame[Any]:
    """The segment of each of the thousand, by what they were made to be."""
    return placed_by_kind(shop, 1000)


def placed_by_kind(shop: ModuleType, customers: int) -> nw.LazyFrame[Any]:
    segments = dict(zip(shop.KINDS, SEGMENTS, strict=True))
    frame = pl.DataFrame(
        {
            "customer": [f"c{i}" for i in range(customers)],
            "segment": [segments[kind] for kind in shop.kinds_of(customers)],
        }
    )
    return nw.from_native(frame.lazy())


@pytest.fixture(scope="session")
def cdnow(shared_data: Path) -> Purchases:
    """Every purchase of 23,570 people at a music shop, to 30 June 1998."""
    return open_log(read(shared_data / "CDNOW_master.txt"))
