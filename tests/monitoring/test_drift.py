"""Later customers beside those that the segments were made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import NotEnoughDataError
from segmentry.fitting import FitSettings
from segmentry.monitoring import stability_index
from segmentry.samples import sample_marketing, sample_orders
from segmentry.segmentation import Segmentation

QUICK = FitSettings(stability_pairs=0)


@pytest.fixture(scope="module")
def model() -> Segmentation:
    return sg.fit(sample_marketing(2_000, seed=0), settings=QUICK)


@pytest.fixture(scope="module")
def later() -> pl.DataFrame:
    return sample_marketing(1_500, seed=7)


def test_the_customers_of_the_fit_have_not_moved(model: Segmentation) -> None:
    """The same customers have the same shares: every index is 0, and nobody is outside."""
    found = sg.drift(model, sample_marketing(2_000, seed=0))
    assert found.verdict == "stable"
    assert found.largest == 0
    assert found.segments_index == 0
    assert [(f.index, f.outside) for f in found.features] == [(0.0, 0.0)] * len(model.recipe.clustered)
    assert all(f.missing_then == f.missing_now for f in found.features)


@pytest.mark.parametrize("seed", range(7, 17))
@pytest.mark.parametrize("rows", [60, 1_500])
def test_more_of_the_same_customers_are_stable(model: Segmentation, rows: int, seed: int) -> None:
    """Other customers of the same shop, few or many, call for nothing."""
    assert sg.drift(model, sample_marketing(rows, seed=seed)).verdict == "stable"


def test_a_unit_that_changed_is_to_be_acted_on(model: Segmentation, later: pl.DataFrame) -> None:
    """Incomes in cents are named, as higher and outside; what has not changed stays stable."""
    found = sg.drift(model, later.with_columns(pl.col("income") * 100))
    first = found.features[0]
    assert (found.verdict, first.feature, first.verdict, first.moved) == ("act", "income", "act", "higher")
    assert first.outside > 0.95
    assert "Income (higher" in found.words
    assert {f.verdict for f in found.features[1:]} == {"stable"}


def test_cells_that_stay_empty_are_told_as_such(model: Segmentation, later: pl.DataFrame) -> None:
    """A third of incomes missing is no lower income."""
    holes = pl.when(pl.int_range(pl.len()) % 3 > 0).then("income").alias("income")
    first = sg.drift(model, later.with_columns(holes)).features[0]
    assert (first.feature, first.moved) == ("income", "more missing")
    assert first.missing_now > 0.3 > first.missing_then


def test_the_mix_of_segments_counts_as_well(model: Segmentation, later: pl.DataFrame) -> None:
    """A file without the largest segment has other shares, told beside those of the fit, which add up to one."""
    scored = sg.score(model, later)
    without = later.filter(scored["segment_id"] != "s3")
    found = sg.drift(model, without)
    assert found.segments_verdict == "act"
    assert "the shares of the segments" in found.words
    assert sum(s.now for s in found.segments) == pytest.approx(1)
    counts = scored.filter(pl.col("segment_id") != "s3")["segment_id"].value_counts(normalize=True)
    assert {s.id: s.now for s in found.segments if s.now} == pytest.approx(dict(counts.iter_rows()))


def test_a_category_names_the_level_that_grew() -> None:
    """Of channels, the one with more customers than before is named; a level that was never there is outside."""
    rng = np.random.default_rng(0)
    was = pl.DataFrame({"id": range(900), "channel": rng.choice(["web", "store", "phone"], 900)})
    model = sg.fit(was, k=3, features=["channel"], settings=QUICK)
    now = was.with_columns(
        channel=pl.Series(rng.choice(["web", "store", "phone", "fax"], 900, p=[0.8, 0.1, 0.05, 0.05]))
    )
    [channel] = sg.drift(model, now).features
    assert (channel.verdict, channel.moved) == ("act", "more: web")
    assert channel.outside == pytest.approx((now["channel"] == "fax").mean())


def test_the_bins_of_a_feature_are_what_the_index_adds_up(model: Segmentation, later: pl.DataFrame) -> None:
    """Then and now are shares of all customers, missing ones among them, in bins that a reader can name."""
    income = sg.drift(model, later.with_columns(pl.col("income") * 1.15)).features[0]
    then, now = ([getattr(b, when) for b in income.bins] for when in ("then", "now"))
    assert (sum(then), sum(now)) == pytest.approx((1, 1))
    assert stability_index(then, now, 1_500) == pytest.approx(income.index)
    assert (income.bins[0].bin, income.bins[-1].bin) == ("up to 31,747", "missing")
    top = later["income"].drop_nulls() * 1.15 > 88_192
    assert income.bins[-2].now == pytest.approx(top.sum() / 1_500, abs=0.002)


def test_later_orders_count_to_a_later_day() -> None:
    """A year on, the same shop is stable when counted to that day."""
    lines = sample_orders(1_200, seed=4)
    day = date(2024, 6, 30)
    early = lines.filter(pl.col("ordered_at").dt.date() <= day)
    model = sg.fit(orders=early, as_of=day, settings=QUICK)
    found = sg.drift(model, orders=early, as_of=day)
    assert (found.verdict, found.largest) == ("stable", 0)
    assert sg.drift(model, orders=lines, as_of="2024-12-31").customers >= found.customers


def test_the_order_of_rows_changes_no_figure(model: Segmentation, later: pl.DataFrame) -> None:
    """Counts are whole numbers: shuffled customers give the same figures to the last bit."""
    assert sg.drift(model, later.sample(fraction=1, shuffle=True, seed=3)).features == sg.drift(model, later).features


def test_the_example_on_the_page_is_what_is_said(model: Segmentation, later: pl.DataFrame) -> None:
    """docs/drift.md shows the words on incomes that rose by 15 %."""
    said = sg.drift(model, later.with_columns(pl.col("income") * 1.15)).words
    assert f"\n    {said}\n" in (Path(__file__).parents[2] / "docs" / "drift.md").read_text("utf-8")


def test_a_model_without_baselines_is_compared_by_its_segments(model: Segmentation, later: pl.DataFrame) -> None:
    """What an earlier version wrote has no tenths: the words say so, and the shares of the segments count."""
    found = sg.drift(replace(model, baselines=()), later)
    assert (found.verdict, found.features) == ("stable", ())
    assert "of an earlier version" in found.words
    assert found.segments == sg.drift(model, later).segments


def test_a_handful_of_customers_is_refused(model: Segmentation, later: pl.DataFrame) -> None:
    """Of twenty customers nothing can be told; the error says how many it takes."""
    with pytest.raises(NotEnoughDataError, match=r"fewer than 30.*Found: 20 customers"):
        sg.drift(model, later.head(20))


def test_the_features_come_as_a_frame(model: Segmentation, later: pl.DataFrame) -> None:
    """A row for each feature, those that moved most first."""
    frame = sg.drift(model, later).frame()
    assert frame.columns[:3] == ["feature", "label", "index"]
    assert frame["index"].is_sorted(descending=True)
