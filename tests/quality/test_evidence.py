"""What tells segments apart: effects, tests and markers that do not mistake chance for evidence."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from segmentry.fitting import FitSettings, fit
from segmentry.prototypes.assign import kmeans_rule
from segmentry.quality.evidence import fisher, gorge, holm, welch
from segmentry.scoring import score
from segmentry.segmentation import Segmentation

NOISE_SEEDS = 20
QUICK = FitSettings(stability_pairs=0)


def planted(seed: int, n: int = 240) -> pl.DataFrame:
    """Three groups by spend and visits, one column that follows them, six of noise."""
    random = np.random.default_rng(seed)
    group = np.arange(n) % 3
    return pl.DataFrame(
        {
            "customer_id": [f"C{i:04d}" for i in range(n)],
            "points_a": np.array([10.0, 50, 90])[group] + random.normal(size=n) * 4,
            "points_b": np.array([80.0, 10, 60])[group] + random.normal(size=n) * 4,
            "follows": group * 10 + random.normal(size=n) * 3,
            "noise": random.normal(size=n),
            "noise_flag": (random.random(n) < 0.3).astype(float),
            "noise_level": random.choice(["north", "south", "west"], n),
            "noise_other": random.normal(size=n),
            "noise_flag_other": (random.random(n) < 0.6).astype(float),
            "noise_level_other": random.choice(["east", "middle"], n),
        }
    )


@pytest.fixture(scope="module")
def fits() -> list[Segmentation]:
    features = ["points_a", "points_b", "noise"]
    return [fit(planted(s), k=3, features=features, seed=s, settings=QUICK) for s in range(NOISE_SEEDS)]


def test_noise_is_no_marker(fits: list[Segmentation]) -> None:
    """Neither a noise column that was clustered on nor one that was not is a marker in more than 5 % of seeds."""
    for kind in ("noise", "noise_flag", "noise_level"):
        found = [
            any(e.marker for e in f.evidence.effects if e.measure == name)
            for f in fits
            if f.evidence
            for name in (kind, "noise_other" if kind == "noise" else f"{kind}_other")
        ]
        assert len(found) == 2 * NOISE_SEEDS
        assert np.mean(found) <= 0.05, kind


def test_what_differs_is_a_marker(fits: list[Segmentation]) -> None:
    """The planted columns mark the outer groups, and so does one that follows them and was not clustered on."""
    for one in fits[:5]:
        assert one.evidence is not None
        marked = {e.measure for e in one.evidence.effects if e.marker}
        assert {"points_a", "points_b", "follows"} <= marked


def test_a_level_is_a_level_whatever_it_begins_with() -> None:
    """A name in brackets is compared as any other; cells that are empty are no level."""
    shop, places = planted(0), np.array(["(EU) Germany", "(EU) France", "Norway"])[np.arange(240) % 3].tolist()
    shop = shop.with_columns(country=pl.Series([None if i % 20 == 0 else place for i, place in enumerate(places)]))
    model = fit(shop, k=3, features=["points_a", "points_b"], settings=QUICK)
    assert "(missing)" in {level.level for c in model.profile.categories for level in c.levels}
    assert model.evidence is not None
    effects = [e for e in model.evidence.effects if e.measure == "country"]
    assert {e.level for e in effects} == {"(EU) Germany", "(EU) France", "Norway"}
    assert {e.level for e in effects if e.marker and e.effect > 0} == {"(EU) Germany", "(EU) France", "Norway"}


def test_no_test_is_made_where_it_means_nothing(fits: list[Segmentation]) -> None:
    """What was clustered on has no p value; what was not has a corrected one."""
    assert fits[0].evidence is not None
    for e in fits[0].evidence.effects:
        assert (e.p_value is None) == e.clustered
        assert e.low <= e.effect <= e.high


def test_switches_are_all_customers(fits: list[Segmentation]) -> None:
    """The switching matrix counts each customer once, with the runner-up and confidence of scoring."""
    scored = score(fits[0], planted(0))
    assert fits[0].evidence is not None
    for w in fits[0].evidence.switches:
        rows = scored.filter((pl.col("segment_id") == w.segment) & (pl.col("runner_up") == w.runner_up))
        assert len(rows) == w.n
        assert rows["confidence"].mean() == pytest.approx(w.confidence, abs=1e-5)
    assert sum(w.n for w in fits[0].evidence.switches) == len(scored)


def test_holm_is_the_published_example() -> None:
    """Corrected values rise with the rank and never exceed 1."""
    assert holm([0.01, 0.005, 0.04, 0.03]) == pytest.approx([0.03, 0.02, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize(("n", "rest"), [(10, 300), (12, 13), (5000, 7000)])
def test_means_are_compared_by_welch(n: int, rest: int) -> None:
    """The chance is that of an independent Welch test, also where a segment is small and spreads differ."""
    drawn = np.random.default_rng(n)
    own, others = drawn.normal(0.5, 3, n), drawn.normal(0, 1, rest)
    expected = stats.ttest_ind(own, others, equal_var=False).pvalue
    assert welch(own.mean() - others.mean(), own.var(), n, others.var(), rest) == pytest.approx(expected)


@pytest.mark.parametrize(("yes", "size", "of_all"), [(0, 12, 90), (3, 12, 6), (300, 300, 303), (9, 12, 200)])
def test_shares_are_compared_exactly(yes: int, size: int, of_all: int) -> None:
    """The chance is twice that of an independent exact test on the side on which the share lies, and at most 1."""
    table = [[yes, size - yes], [of_all - yes, 312 - size - of_all + yes]]
    tails = [stats.fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")]
    assert fisher(yes, size, of_all, 312) == pytest.approx(min(1.0, 2 * min(tails)))


def test_a_small_segment_is_given_no_more_than_chance_gives() -> None:
    """With 12 of 312 customers, p values are those of Welch's and Fisher's tests, corrected after Holm."""
    drawn, group = np.random.default_rng(4), np.repeat([0, 1], [300, 12])
    frame = pl.DataFrame(
        {
            "points_a": group * 30 + drawn.normal(size=312),
            "points_b": group * 30 + drawn.normal(size=312),
            "noise": drawn.normal(size=312) * np.where(group, 3, 1),
            "noise_other": drawn.normal(size=312),
            "rare_flag": (drawn.random(312) < 0.2).astype(int),
            "level": drawn.choice(["north", "south", "west"], 312, p=[0.1, 0.3, 0.6]),
        }
    )
    model = fit(frame, k=2, features=["points_a", "points_b"], settings=QUICK)
    assert model.evidence is not None
    labels, tested = score(model, frame)["segment_id"], [e for e in model.evidence.effects if e.p_value is not None]
    expected = []
    for e in tested:
        own = frame[e.measure].filter(labels == e.segment).to_numpy()
        others = frame[e.measure].filter(labels != e.segment).to_numpy()
        if e.level or e.measure == "rare_flag":
            of_own, of_all = [int((part == (e.level or 1)).sum()) for part in (own, frame[e.measure].to_numpy())]
            expected.append(fisher(of_own, len(own), of_all, 312))
        else:
            expected.append(stats.ttest_ind(own, others, equal_var=False).pvalue)
    assert len(tested) == 12
    assert [e.p_value for e in tested] == pytest.approx(holm(expected), rel=1e-3)


def test_gorge_of_separated_groups_is_empty_in_the_middle() -> None:
    """Far apart, customers are similar to one segment alone."""
    rows = np.repeat([[0.0], [20 * 1024.0]], 30, axis=0)
    found = gorge(kmeans_rule(["a"], np.array([[0.0], [20 * 1024.0]]), ["s1", "s2"]), rows, ["s1", "s2"])
    for one in found:
        assert (one.counts[0], one.counts[-1]) == (30, 30)
        assert sum(one.counts) == 60


def test_what_is_no_chance_among_millions_is_told_without_adding_up(monkeypatch):
    """The terms of the sum would be nothing, and as many as there are customers."""
    monkeypatch.setattr("segmentry.quality.evidence.at_least", None)
    assert fisher(2_000_000, 4_000_000, 3_000_000, 10_000_000) == 0.0
