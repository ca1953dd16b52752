"""Pictures to pass on: nothing in them is the mark of a few."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmentry.fitting import fit
from segmentry.plots import Picture, draw_all
from segmentry.plots.sharing import for_sharing, grouped
from segmentry.segmentation import Segmentation


@pytest.fixture(scope="module")
def model() -> Segmentation:
    """Two large groups and five customers between them, one of whom is far out."""
    draw = np.random.default_rng(3)
    rich, buys = np.repeat([0, 1, 0], [300, 295, 5]), np.repeat([0, 1, 1], [300, 295, 5])
    income = 20_000 + 60_000 * rich + draw.integers(0, 4_000, 600)
    income[0] = 11
    shop = pl.DataFrame(
        {"id": [f"c{i}" for i in range(600)], "income": income,
         "total_spend": 100 + 900 * buys + draw.integers(0, 60, 600)}
    )  # fmt: skip
    found = fit(shop, k=3, features=["income", "spend_total"])
    assert sorted(s.size for s in found.segments)[0] == 5
    return found


@pytest.fixture(scope="module")
def shared(model: Segmentation) -> dict[str, Picture]:
    return {picture.key: picture for picture in draw_all(model, share=True)}


def rows_of(picture: Picture) -> list[dict[str, Any]]:
    """Every row of data that the picture draws."""
    return [row for data in json.loads(picture.spec)["datasets"].values() for row in json.loads(data)]


def test_no_point_stands_for_fewer_than_ten(model: Segmentation, shared: dict[str, Picture]) -> None:
    """A point is the middle of ten customers or more, and most customers are in one; without sharing each is drawn."""
    assert model.view is not None
    for key in ("scatter", "components"):
        points = [row for row in rows_of(shared[key]) if "n" in row]
        assert min(row["n"] for row in points) >= 10
        assert sum(row["n"] for row in points) >= 0.6 * len(model.view.segment_ids)
    alone = next(p for p in draw_all(model) if p.key == "scatter")
    assert sum("x" in row for row in rows_of(alone)) >= len(model.view.segment_ids)


def test_a_small_segment_has_no_mark_anywhere(model: Segmentation, shared: dict[str, Picture]) -> None:
    """The five customers' segment has neither bar nor step, point nor box of its own."""
    small = next(s.id for s in model.segments if s.size == 5)
    filled = {"share", "value", "n", "mean", "median", "x2", "difference"}
    for key in ("sizes", "silhouette", "scatter", "components", "boxes", "distributions", "stability"):
        marks = [row for row in rows_of(shared[key]) if row.get("id") == small and filled & row.keys()]
        assert marks == [], key
    assert any(row.get("id") == small for row in rows_of(next(p for p in draw_all(model) if p.key == "sizes")))


def test_steps_and_hills_rest_on_ten(model: Segmentation, shared: dict[str, Picture]) -> None:
    """Silhouettes come as means of ten or more; no bar of a histogram, no step of a gorge counts fewer."""
    sizes = {s.id: s.size for s in model.segments}
    steps = [row for row in rows_of(shared["silhouette"]) if "value" in row and "id" in row]
    for segment, size in sizes.items():
        assert sum(row["id"] == segment for row in steps) <= 2 * (size // 10)
    everyone = sum(sizes.values())
    gorge = [row["share"] * everyone for row in rows_of(shared["gorge"]) if "share" in row]
    assert gorge
    assert min(gorge) >= 9.999


def test_no_axis_ends_at_one_customers_value(model: Segmentation, shared: dict[str, Picture]) -> None:
    """The income of 11 is nowhere in the pictures to pass on: values far out stand where the tenth does."""
    view = for_sharing(model).view
    assert view is not None
    assert model.view is not None
    assert model.view.values["income"].min() == 11
    for values in view.values.values():
        assert (values == values.min()).sum() >= 10
        assert (values == values.max()).sum() >= 10
    domains = json.dumps([json.loads(shared[key].spec) for key in ("scatter", "boxes", "distributions")])
    assert "[11" not in domains


def test_cells_are_as_fine_as_they_can_be() -> None:
    """Many customers near one another make many points, few make few, and fewer than ten none."""
    x = np.linspace(0.0, 0.999, 4_000)
    many = grouped(x, x, np.full(4_000, "s1"), (x, x), 10)
    few = grouped(x[::100], x[::100], np.full(40, "s1"), (x[::100], x[::100]), 10)
    assert len(many) == 24
    assert 0 < len(few) <= 4
    assert grouped(x[:9], x[:9], np.full(9, "s1"), (x[:9], x[:9]), 10) == []
