"""What may be said of a segment: no figure of a few, no difference that chance made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from segmentry.fitting import FitSettings, fit
from segmentry.profiles.answers import answer_questions
from segmentry.profiles.future import future_answer
from segmentry.profiles.names import name_segments
from segmentry.profiles.playbook import Origins, choose_plays
from segmentry.profiles.playrules import built_in_playbook
from segmentry.profiles.profile import Measure, MeasureInSegment, Profile, Spread
from segmentry.profiles.sayable import sayable
from segmentry.profiles.story import tell
from segmentry.segmentation import Segment, Segmentation

SIZES = {"s1": 700, "s2": 300}


def _measure(name: str, theme: str, unit: str, known: int, difference: float, *, clustered: bool = False) -> Measure:
    def cell(n: int, at: float) -> MeasureInSegment:
        mean = 100.0 + 10.0 * at
        return MeasureInSegment(Spread(n, mean, 10.0, mean - 5, mean, mean + 5), mean, at)

    rest = 300
    everyone = Spread(known + rest, 100.0, 10.0, 95.0, 100.0, 105.0)
    cells = {"s1": cell(known, difference), "s2": cell(rest, -difference * known / rest)}
    return Measure(name, name.replace("_", " "), unit, "", theme, clustered, everyone, cells)  # type: ignore[arg-type]


def _profile(*measures: Measure) -> Profile:
    return Profile(1000, 10, 1000, None, measures, ())


def _segment(size: int) -> Segment:
    return Segment("s1", "First", "#000000", "circle", size, size / 1000, None, (), "")


def test_a_figure_that_few_of_a_segment_have_says_nothing_of_it() -> None:
    """A trend and a recency known of 30 of 700 give no name, no advice, no answer and no sentence."""
    for clustered in (False, True):
        trend = _measure("trend", "trend", "number", 30, -2.0, clustered=clustered)
        away = _measure("recency_days", "recency", "days", 30, 2.0, clustered=clustered)
        profile = _profile(trend, away)
        assert name_segments(profile, SIZES)["s1"].name.startswith("Average")
        plays = choose_plays(profile, _segment(700), built_in_playbook(), Origins())
        assert [play.key for play in plays] == ["watch"]
        assert all("s1" not in answer.segments for answer in answer_questions(profile, [_segment(700)]))
        assert tell(profile, "s1", 700, 0.7, None) == "70 % of customers."
        assert name_segments(profile, SIZES | {"s1": 60})["s1"].name == "Bought less recently, buying less"


def test_nobody_is_away_who_has_never_bought() -> None:
    """Where a quarter or more have no orders, days since the last purchase speak for two thirds and not for half."""
    for orders, said in ((0.0, False), (1.0, True)):
        away = _measure("recency_days", "recency", "days", 400, 2.0, clustered=True)
        bought = _measure("orders", "frequency", "count", 700, 0.0, clustered=True)
        cell = bought.segments["s1"]
        bought.segments["s1"] = replace(cell, spread=replace(cell.spread, q1=orders))
        profile = _profile(away, bought)
        assert ("less recently" in name_segments(profile, SIZES)["s1"].name) == said
        plays = choose_plays(profile, _segment(700), built_in_playbook(), Origins())
        assert [play.key for play in plays] == (["win_back"] if said else ["watch"])


def test_who_is_still_a_customer_is_told_with_how_many_it_is_known_of() -> None:
    """A probability that only those have who bought twice stands beside their number."""
    alive = _measure("probability_alive", "future", "share", 30, -2.0)
    worth = _measure("lifetime_value", "future", "money", 700, 1.0)
    answer = future_answer(_profile(alive, worth), [_segment(700)])
    assert answer is not None
    assert "known of 30 of them" in answer.answer
    answer = future_answer(_profile(replace(alive, segments=worth.segments), worth), [_segment(700)])
    assert answer is not None
    assert "of them" not in answer.answer
    nothing = MeasureInSegment(Spread(3, None, None, None, None, None), None, None)
    answer = future_answer(_profile(replace(alive, segments={"s1": nothing}), worth), [_segment(700)])
    assert answer is not None
    assert "probability alive" not in answer.answer


@pytest.mark.parametrize(("n", "told"), [(20, False), (200, True)])
def test_a_difference_is_told_where_chance_would_not_make_it(n: int, told: bool) -> None:
    """Half a standard deviation is beyond chance among 200, not among 20; what was clustered on is told."""
    profile = _profile(_measure("spend", "spend", "money", n, 0.5))
    cell = sayable(profile, {"s1": n}).measures[0].segments["s1"]
    assert (cell.difference, cell.index) == ((0.5, 105.0) if told else (0.0, 100.0))
    assert cell.spread.mean == 105.0
    made = _profile(_measure("spend", "spend", "money", n, 0.5, clustered=True))
    assert sayable(made, {"s1": n}) == made


@pytest.fixture(scope="module")
def shops() -> list[Segmentation]:
    """Segments by spend and recency; the other columns are drawn blindly, but for the rating, which follows spend."""
    found = []
    for seed in range(6):
        draw = np.random.default_rng(seed)
        group = draw.integers(0, 6, 260)
        customers = pl.DataFrame(
            {
                "customer_id": [f"C{i:04d}" for i in range(260)],
                "total_spend": draw.normal(np.array([100, 100, 500, 500, 1500, 1500])[group], 40).round(2),
                "days_since_last_purchase": draw.normal(np.array([20, 90] * 3)[group], 5).round(),
                "income": draw.normal(50_000, 9_000, 260).round(),
                "web_visits": draw.poisson(6, 260),
                "average_rating": draw.normal(np.array([2.5, 2.5, 3, 3, 4.5, 4.5])[group], 0.4).clip(1, 5).round(1),
                "discount_used": draw.choice(["yes", "no"], 260),
                "days_as_customer": draw.integers(5, 200, 260),
            }
        )
        settings = FitSettings(stability_pairs=0)
        features = ["total_spend", "days_since_last_purchase"]
        found.append(fit(customers, k=9, features=features, seed=seed, settings=settings))
    return found


def _said(found: Segmentation) -> str:
    texts = [text for s in found.segments for text in (s.name, s.description, *s.evidence)]
    texts += [play.title + play.reason for s in found.segments for play in s.playbook]
    texts += [a.answer for a in answer_questions(found.profile, found.segments) if a.segments]
    return " ".join(texts).lower()


def test_columns_of_chance_give_no_sentence(shops: list[Segmentation]) -> None:
    """No name, advice or answer speaks of columns that have nothing to do with the segments."""
    for found in shops:
        for noise in ("income", "visit", "discount", "as a customer", "affluent", "new"):
            assert noise not in _said(found), noise


def test_what_follows_the_segments_is_told(shops: list[Segmentation]) -> None:
    """A rating that was not clustered on and goes with spend is spoken of."""
    assert all("less content" in _said(found) for found in shops)
