"""What the page of a segment shows as marking it."""

from __future__ import annotations

import numpy as np
import polars as pl

import segmentry as sg
from segmentry.app.segment import level_markers


def test_levels_that_chance_explains_mark_no_segment() -> None:
    """Of a region drawn at random and a plan that goes with spend, only the plan is more or less common somewhere."""
    draw = np.random.default_rng(3)
    group = draw.integers(0, 3, 500)
    customers = pl.DataFrame(
        {
            "customer_id": [f"C{i:04d}" for i in range(500)],
            "total_spend": draw.normal(np.array([100, 500, 1500])[group], 40).round(2),
            "region": draw.choice(list("ABCDEFG"), 500),
            "plan": np.array(["basic", "plus", "gold"])[group],
        }
    )
    segmentation = sg.fit(customers, k=3, features=["total_spend"])
    shown = [m.label for s in segmentation.segments for m in level_markers(segmentation, s)]
    assert {label.split(":")[0] for label in shown} == {"Plan"}
