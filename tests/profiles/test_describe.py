"""A profile's figures are exact, order statistics where they say so, and never rest on too few."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmentry.fitting import fit
from segmentry.profiles.describe import MOST_LEVELS, _named, _told_of
from segmentry.samples import sample_marketing
from segmentry.scoring import score


@pytest.fixture(scope="module")
def shop():
    return sample_marketing(800, seed=21)


@pytest.fixture(scope="module")
def model(shop):
    return fit(shop, k=4)


@pytest.fixture(scope="module")
def labelled(model, shop):
    return score(model, shop).to_pandas()


def test_means_and_deviations_are_those_of_an_independent_count(model, labelled):
    """Income and spend by segment, beside pandas."""
    spend = labelled[[c for c in labelled if c.startswith("mnt_")]].sum(axis=1)
    for name, values in (("income", labelled["income"]), ("spend_total", spend), ("recency_days", labelled["recency"])):
        measure = model.profile.measure(name)
        assert measure.population.mean == pytest.approx(values.mean(), rel=1e-9)
        assert measure.population.sd == pytest.approx(values.std(ddof=0), rel=0.01)
        for segment, own in values.groupby(labelled["segment_id"]):
            cell, known = measure.segments[segment], np.sort(own.dropna().to_numpy())
            assert cell.spread.n == len(known)
            assert cell.spread.mean == pytest.approx(known.mean(), rel=1e-9)
            assert cell.spread.median == known[(len(known) - 1) // 2]
            assert cell.spread.q1 in known
            assert cell.spread.q3 in known
            assert cell.index == pytest.approx(100 * known.mean() / values.mean(), rel=1e-9)


@pytest.mark.parametrize("scale", [1e-2, 1e-5, 1e-8])
def test_means_of_small_numbers_are_those_of_an_independent_count(scale):
    """Rates of a hundredth and far less keep three digits of their mean, and are told as other than 0."""
    rates = np.random.default_rng(0).gamma(3, scale, 300)
    frame = pl.DataFrame({"click_rate": rates, "visits": np.repeat([1.0, 5.0, 9.0], 100)})
    model = fit(frame, features=["click_rate", "visits"], k=3)
    assert model.profile.measure("click_rate").population.mean == pytest.approx(rates.mean(), rel=1e-3)
    assert "rate 0 " not in model.segments[0].description


def test_what_may_be_negative_has_no_index(shop):
    """Beside a mean near nothing an index runs to thousands, with either sign; the difference still tells."""
    trend = (pl.int_range(pl.len()) % 40).cast(pl.Float64) - 19.4
    profile = fit(shop.with_columns(trend=trend, level=trend + 20), k=4).profile
    trend, level = profile.measure("trend"), profile.measure("level")
    assert trend.population.mean == pytest.approx(0.1)
    assert all(cell.index is None and cell.difference is not None for cell in trend.segments.values())
    assert all(cell.index is not None for cell in level.segments.values())


def test_shares_of_levels_are_those_of_an_independent_count(model, labelled):
    """Education by segment, beside pandas; shares of a segment add up to one where none is withheld."""
    category = next(c for c in model.profile.categories if c.name == "marital_status")
    counts = labelled.groupby("segment_id")["marital_status"].value_counts(normalize=True)
    for level in category.levels:
        for segment, cell in level.segments.items():
            if cell.share is not None:
                assert cell.share == pytest.approx(counts.get((segment, level.level), 0.0), rel=1e-9)


def test_sizes_and_shares_of_spend_add_up(model):
    """Segments are all customers, and their shares of spend the whole."""
    assert sum(s.size for s in model.segments) == model.profile.n_customers == 800
    assert sum(s.spend_share for s in model.segments) == pytest.approx(1.0)


def test_nothing_is_said_of_fewer_than_ten(shop):
    """A segment of nine has no mean, a level of nine no name and no share."""
    rare = shop.with_columns(
        marital_status=pl.when(pl.int_range(pl.len()) < 9).then(pl.lit("Rare")).otherwise("marital_status"),
        income=pl.when(pl.int_range(pl.len()) < 9).then(pl.lit(5_000_000)).otherwise(40_000 + pl.int_range(pl.len())),
    )
    model = fit(rare, k=2, features=["income"])
    for segment in (s for s in model.segments if s.size < 10):
        assert all(m.segments[segment.id].spread.mean is None for m in model.profile.measures)
    category = next(c for c in model.profile.categories if c.name == "marital_status")
    assert "Rare" not in [x.level for x in category.levels]


@pytest.fixture(scope="module")
def with_a_few_apart():
    """Two large groups and five customers between them, who make a segment of their own; and all labels."""
    draw = np.random.default_rng(3)
    rich, buys = np.repeat([0, 1, 0], [300, 295, 5]), np.repeat([0, 1, 1], [300, 295, 5])
    shop = pl.DataFrame(
        {
            "id": [f"c{i}" for i in range(600)],
            "income": 20_000 + 60_000 * rich + draw.integers(0, 4_000, 600),
            "total_spend": 100 + 900 * buys + draw.integers(0, 60, 600),
            "city": np.where(buys == 1, "Paris", "Oslo"),
        }
    )
    model = fit(shop, k=3, features=["income", "spend_total"])
    assert min(s.size for s in model.segments) == 5
    return model, score(model, shop).to_pandas()


def test_figures_of_a_small_segment_do_not_follow_by_subtraction(with_a_few_apart):
    """With five customers withheld, mean, deviation and shares of all are those of the customers described."""
    model, labelled = with_a_few_apart
    large = [s.id for s in model.segments if s.size >= 10]
    described = labelled[labelled["segment_id"].isin(large)]
    spend = described["total_spend"]
    measure = model.profile.measure("spend_total")
    assert measure.population.n == len(described)
    assert measure.population.mean == pytest.approx(spend.mean(), rel=1e-9)
    assert measure.population.sd == pytest.approx(spend.std(ddof=0), rel=0.01)
    total = measure.population.n * measure.population.mean
    assert total == pytest.approx(sum(c.spread.n * c.spread.mean for c in map(measure.segments.get, large)))
    shares = described["city"].value_counts(normalize=True)
    for level in next(c for c in model.profile.categories if c.name == "city").levels:
        assert level.share == pytest.approx(shares[level.level], rel=1e-9)
        assert level.n == sum(round(level.segments[s].share * model.segment(s).size) for s in large)


def test_shares_of_spend_tell_nothing_of_a_small_segment(with_a_few_apart):
    """The shares of the segments described add up to one, and the warning says whom the whole leaves out."""
    model, _ = with_a_few_apart
    assert sum(s.spend_share for s in model.segments if s.size >= 10) == pytest.approx(1.0)
    assert [s.spend_share for s in model.segments if s.size < 10] == [None]
    assert any("figures of all customers leave them out" in n.message for n in model.notices)


def test_no_shares_are_told_of_spend_that_a_few_have_much_of():
    """Five customers with nine tenths of the money are told nothing of, and shares of the rest would mislead."""
    draw = np.random.default_rng(3)
    large = np.repeat([0, 1, 0], [300, 295, 5])
    spend = np.repeat([100, 200, 400_000], [300, 295, 5]) + draw.integers(0, 60, 600)
    shop = pl.DataFrame({"id": range(600), "income": 20_000 + 60_000 * large, "total_spend": spend})
    model = fit(shop, k=3, features=["income", "spend_total"])
    assert min(s.size for s in model.segments) == 5
    assert not model.profile.measure("spend_total").whole
    assert {s.spend_share for s in model.segments} == {None}
    assert [n.code for n in model.notices if "shares" in n.message] == ["hidden-spend"]


def test_small_segments_that_are_enough_together_count_in_the_whole():
    """Two segments of six are twelve customers: the whole tells of no fewer than ten, so that it may hold them."""
    assert _told_of({"s1": 6, "s2": 6, "s3": 90}) == {"s1", "s2", "s3"}
    assert _told_of({"s1": 6, "s2": 3, "s3": 90}) == {"s3"}


def test_a_rare_level_does_not_follow_by_subtraction(shop):
    """A level of four customers is told of together with the rarest of the others, of which no share is given alone."""
    cities = ["Oslo"] * 300 + ["Bergen"] * 150 + ["Bodø"] * 46 + ["Hamar"] * 4
    model = fit(shop.head(500).with_columns(city=pl.Series(cities)), k=2, features=["income"])
    levels = {x.level: x for x in next(c for c in model.profile.categories if c.name == "city").levels}
    assert set(levels) == {"Oslo", "Bergen", "(other)"}
    assert levels["(other)"].n == 50
    for segment in model.segments:
        assert sum(x.segments[segment.id].share for x in levels.values()) == pytest.approx(1.0)


def test_rare_levels_that_are_enough_together_take_no_other_with_them():
    """Two levels of six are twelve customers, told of as one; a level of twelve keeps its name; many levels are cut."""
    assert _named({"a": 90, "b": 12, "c": 6, "d": 6}) == ["a", "b"]
    assert _named({"a": 90, "b": 12, "c": 6}) == ["a"]
    assert _named({"a": 90, "b": 12}) == ["a", "b"]
    assert _named({"a": 500, "b": 5}) == []
    assert len(_named({str(i): 100 for i in range(30)})) == MOST_LEVELS - 1
