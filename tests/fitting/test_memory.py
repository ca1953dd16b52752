"""What a fit keeps, and for how long."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw
import pytest

from segmentry.fitting import FitSettings, fit_source
from segmentry.samples import sample_marketing
from segmentry.selection import SelectionSettings
from segmentry.tables import engines
from segmentry.tables.engines import ENGINES


def test_the_grid_of_all_customers_is_let_go_of_once_they_are_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as large as all that is held later; describing segments needs the places alone."""
    grids: list[weakref.ref[Any]] = []
    held: dict[str, bool] = {}

    def hold(frame: nw.LazyFrame[Any]) -> tuple[nw.LazyFrame[Any], Callable[[], object]]:
        kept, release = ENGINES["polars"].hold(frame)
        grids.append(weakref.ref(kept))
        return kept, release

    def step(name: str) -> AbstractContextManager[None]:
        gc.collect()
        held[name] = any(grid() is not None for grid in grids)
        return nullcontext()

    monkeypatch.setattr(engines, "ENGINES", {**ENGINES, "polars": replace(ENGINES["polars"], hold=hold)})
    fit_source(sample_marketing(500, seed=4), FitSettings(selection=SelectionSettings(k=3)), step)
    assert held["polish"]
    assert not held["profile"]
