"""Limits on the sizes of segments, from the settings and the command line to what a fit says of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import silhouette_samples
from typer.testing import CliRunner

import segmentry as sg
from segmentry.cli import app
from segmentry.errors import SettingsError
from segmentry.fitting import FitSettings
from segmentry.samples import sample_marketing

QUICK = {"stability_pairs": 0}


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    return sample_marketing(1_000, seed=3)


def codes(model: sg.Segmentation) -> set[str]:
    return {n.code for n in model.notices}


def test_the_command_line_takes_both_limits(shop: pl.DataFrame, tmp_path) -> None:
    """The labelled customers that a fit writes are as many in each segment as was asked for, and as the model says."""
    path, out = tmp_path / "shop.csv", tmp_path / "out"
    shop.write_csv(path)
    flags = ["--k", "5", "--min-size", "190", "--max-size", "210", "--no-pictures", "--quiet", "-o", str(out)]
    run = CliRunner().invoke(app, ["fit", str(path), *flags])
    assert run.exit_code == 0, run.output
    counts = pl.read_csv(out / "customers.csv")["segment_id"].value_counts()["count"]
    assert 190 <= counts.min() <= counts.max() <= 210
    assert sorted(counts) == sorted(s.size for s in sg.load(out / "segmentation.seg").segments)


def test_borders_from_a_sample_are_counted_on_everyone(shop: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what memory is meant to hold, the sizes that the model states are those that scoring gives."""
    monkeypatch.setattr("segmentry.fitting.final.IN_MEMORY", 100)
    model = sg.fit(shop, k=5, settings=FitSettings(min_size=100, max_size=300, **QUICK))
    counts = sg.score(model, shop)["segment_id"].value_counts()["count"]
    assert 100 <= counts.min() <= counts.max() <= 300
    assert sorted(counts) == sorted(s.size for s in model.segments)


@pytest.mark.parametrize("in_memory", [1_000_000, 100])
def test_customers_who_are_alike_cannot_be_parted(in_memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of all customers are the same: a limit below is refused, whether borders come from all or from a sample."""
    monkeypatch.setattr("segmentry.fitting.final.IN_MEMORY", in_memory)
    same = pl.DataFrame({"points_a": [5.0] * 300, "points_b": [5.0] * 300})
    others = pl.DataFrame(
        {"points_a": [i % 17 + 20.0 for i in range(300)], "points_b": [i % 13 * 9.0 for i in range(300)]}
    )
    with pytest.raises(SettingsError, match="The limits on sizes cannot hold for all customers") as error:
        sg.fit(
            pl.concat([same, others]),
            k=3,
            features=["points_a", "points_b"],
            settings=FitSettings(max_size=250, **QUICK),
        )
    assert "3 segments of 600 customers, each between 0 and 250" in str(error.value)


def test_only_numbers_of_segments_that_go_with_the_limits_are_tried(shop: pl.DataFrame) -> None:
    """Of 1,000 customers no six segments have 180 each, and no three are below 320."""
    model = sg.fit(shop, k="2-8", settings=FitSettings(min_size=180, max_size=320, **QUICK))
    assert [c.k for c in model.candidates] == [4, 5]


def test_limits_that_hold_anyway_change_nothing(shop: pl.DataFrame) -> None:
    """Nothing is moved, and nothing said."""
    free = sg.fit(shop, k=4)
    model = sg.fit(shop, k=4, settings=FitSettings(min_size=2, max_size=999))
    assert (model.rule, model.segments) == (free.rule, free.segments)
    assert "limited-sizes" not in codes(model)


@pytest.mark.parametrize("limits", [{}, {"min_size": 190, "max_size": 210}])
def test_silhouettes_are_of_the_segments_beside_them(shop: pl.DataFrame, limits: dict[str, int]) -> None:
    """Whoever a limit moved has the silhouette of the segment that they are drawn in."""
    model = sg.fit(shop, k=5, features=["age", "income"], settings=FitSettings(**limits, **QUICK))
    view = model.view
    assert view is not None
    # Two features have two components: the same distances, turned.
    expected = silhouette_samples(view.components, view.segment_ids)
    assert view.silhouettes == pytest.approx(expected, abs=1e-4)


def test_no_segment_is_called_unstable_because_of_its_limit() -> None:
    """Of three groups far apart and cut to one size, nothing is told of each; why is said where the limit is."""
    middles = np.repeat([[0.0, 0.0], [60.0, 0.0], [0.0, 60.0]], [600, 200, 100], axis=0)
    rows = middles + np.random.default_rng(0).normal(size=(900, 2))
    groups = pl.DataFrame(rows, schema=["points_a", "points_b"])
    free = sg.fit(groups, k=3, features=groups.columns)
    model = sg.fit(groups, k=3, features=groups.columns, settings=FitSettings(min_size=290, max_size=310))
    assert all(s.stability is not None and s.stability.mean > 0.9 for s in free.segments)
    assert [s.stability for s in model.segments] == [None, None, None]
    assert "unstable-segment" not in codes(model)
    assert model.stability == replace(free.stability, chosen=model.stability.chosen)
    said = next(n.message for n in model.notices if n.code == "limited-sizes")
    assert "how stable each segment is was not measured" in said
