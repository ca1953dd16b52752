"""Names in a marketer's words, each of them true."""

import itertools
from dataclasses import replace

import pytest

from segmentry.profiles.names import name_segments
from segmentry.profiles.profile import Category, Level, LevelInSegment, Measure, MeasureInSegment, Profile, Spread

IDS = ("s1", "s2", "s3")
SIZES = dict.fromkeys(IDS, 50)


def _measure(name, theme, unit, means, *, sd=10.0, mean=100.0, clustered=True, label=None, n=50):
    cells = {
        s: MeasureInSegment(Spread(n, m, sd, m, m, m), 100 * m / mean if mean > 0 else None, (m - mean) / sd)
        for s, m in zip(IDS, means, strict=True)
    }
    everyone = Spread(3 * n, mean, sd, mean, mean, mean)
    return Measure(name, label or name.replace("_", " "), unit, "", theme, clustered, everyone, cells)


def _profile(*measures):
    return Profile(150, 10, 150, None, tuple(measures), ())


PLANTED = (
    _measure("income", "income", "money", (130, 90, 80)),
    _measure("engagement", "engagement", "score", (120, 95, 100)),
    _measure("age", "age", "years", (101, 85, 114)),
    _measure("spend_total", "spend", "money", (120, 80, 100)),
    _measure("recency_days", "recency", "days", (100, 70, 130)),
)


def test_a_name_says_what_stands_out():
    """The strongest differences make the name, in a fixed order of words."""
    names = name_segments(_profile(*PLANTED), SIZES)
    assert names["s1"].name == "Affluent, high engagement"
    assert names["s2"].name == "Low spend, bought more recently"
    assert names["s3"].name == "Modest income, bought less recently"


def test_who_has_left_names_no_segment():
    """Leaving is what came of a segment; grouped by it, a segment is named by it."""
    for clustered, name in ((False, "Average"), (True, "Often churn")):
        left = _measure("churn", "leaving", "flag", (0.6, 0.2, 0.1), sd=0.46, mean=0.3, clustered=clustered)
        assert name_segments(_profile(left), SIZES)["s1"].name == name


def test_activity_claims_no_purchase():
    """Who has not logged in for long is inactive, and has not bought less recently for that."""
    login = _measure("days_since_last_login", "activity", "days", (20, 100, 190), sd=60)
    names = name_segments(_profile(login), SIZES)
    assert [names[s].name for s in IDS] == ["Active", "Average", "Inactive"]


@pytest.mark.parametrize(
    ("orders", "known", "name"),
    [(0.05, 0, "Not bought yet"), (0.4, 20, "Mostly not bought yet"), (0.4, 40, "Low spend, rare buyers")],
)
def test_who_has_bought_nothing_is_no_rare_buyer(orders, known, name):
    """Nor one who spends little; where most have a last purchase, none is said to have bought nothing."""
    bought = _measure("purchases_total", "frequency", "count", (9, 6, orders), sd=3, mean=5)
    spent = _measure("spend_total", "spend", "money", (200, 100, 5))
    last = _measure("recency_days", "recency", "days", (90, 90, 300), sd=70, mean=100, n=known)
    none = Spread(50, orders, 0.3, 0.0, 0.0, 0.0)
    bought.segments["s3"] = replace(bought.segments["s3"], spread=none)
    spent.segments["s3"] = replace(spent.segments["s3"], spread=replace(none, mean=5.0))
    cell = last.segments["s3"]
    last.segments["s3"] = cell if known else MeasureInSegment(Spread(0, None, None, None, None, None), None, None)
    names = name_segments(_profile(bought, spent, last), SIZES)
    if known < 40:
        assert names["s3"].name == name
        assert "purchases total" in names["s3"].evidence[0]
    else:
        assert "not bought" not in names["s3"].name


def test_every_word_has_evidence_and_is_true():
    """Each word comes with the figure it rests on, at least 0.3 standard deviations from everyone's."""
    names = name_segments(_profile(*PLANTED), SIZES)
    for naming in names.values():
        words = [w.strip().lower() for w in naming.name.split(",")]
        assert [e.split(":")[0].lower() for e in naming.evidence] == words
        for sentence in naming.evidence:
            difference = float(sentence.split("(")[1].split(" standard")[0])
            assert abs(difference) >= 0.3


def test_swapping_two_profiles_swaps_their_names():
    """A name depends on the profile alone, not on the segment's number."""
    before = name_segments(_profile(*PLANTED), SIZES)
    for first, second in itertools.combinations(range(3), 2):
        order = list(range(3))
        order[first], order[second] = order[second], order[first]
        swapped = []
        for m in PLANTED:
            means = [m.segments[s].spread.mean for s in IDS]
            swapped.append(_measure(m.name, m.theme, m.unit, [means[i] for i in order]))
        after = name_segments(_profile(*swapped), SIZES)
        for place, origin in enumerate(order):
            assert after[IDS[place]].name == before[IDS[origin]].name


def test_average_only_when_nothing_qualifies():
    """A segment like everyone else is called so; one with any true word is not."""
    flat = _profile(_measure("income", "income", "money", (101, 100, 140)))
    names = name_segments(flat, SIZES)
    assert names["s1"].name == "Average"
    assert names["s2"].name == "Average (2)"
    assert names["s3"].name == "Affluent"


def test_an_index_speaks_where_no_difference_does():
    """A rare trait half as common again is told although it is less than 0.3 standard deviations away."""
    assert _named_by_complaints((0.02, 0.005, 0.005), n=2000)["s1"].name == "Often complain"
    assert _named_by_complaints((0.02, 0.01, 0.0), n=2000)["s2"].name == "Average"


def _named_by_complaints(shares, *, n):
    complain = _measure("complain", "other", "flag", shares, sd=0.1, mean=0.01, label="Complain", n=n)
    return name_segments(_profile(complain), dict.fromkeys(IDS, n))


def test_a_yes_of_a_few_or_by_chance_names_no_segment():
    """One of fifty who complain, or 14 of 1,000 where ten are usual, does not make a segment that often complains."""
    assert _named_by_complaints((0.02, 0.0, 0.01), n=50)["s1"].name == "Average"
    assert _named_by_complaints((0.014, 0.008, 0.008), n=1000)["s1"].name == "Average"


def test_a_level_of_a_few_names_no_segment():
    """Most of a segment of twelve are eight customers: no ground for a name."""
    shares = {"s1": LevelInSegment(8 / 12, 400.0), "s2": LevelInSegment(0.1, 60.0), "s3": LevelInSegment(0.17, 100.0)}
    city = Category("city", "City", True, False, (Level("Ulm", 25, 1 / 6, shares),))
    flat = _profile(_measure("income", "income", "money", (101, 100, 99)))
    assert name_segments(replace(flat, categories=(city,)), SIZES | {"s1": 12})["s1"].name == "Average"


@pytest.mark.parametrize(
    ("name", "theme", "unit", "mean", "others", "gap", "said"),
    [
        ("recency_days", "recency", "days", 35, 27, None, "Bought less recently"),
        ("recency_days", "recency", "days", 400, 300, None, "Lapsed"),
        ("recency_days", "recency", "days", 266, 411, None, "Bought more recently"),
        ("recency_days", "recency", "days", 12, 27, None, "Recent"),
        ("recency_days", "recency", "days", 400, 300, 365, "Bought less recently"),
        ("recency_days", "recency", "days", 35, 27, 14, "Lapsed"),
        ("recency_days", "recency", "days", 266, 411, 300, "Recent"),
        ("tenure_days", "tenure", "days", 473, 502, None, "Newer customers"),
        ("tenure_days", "tenure", "days", 60, 502, None, "New customers"),
        ("tenure_years", "tenure", "years", 3, 2, None, "Long-standing"),
        ("probability_alive", "future", "share", 0.16, 0.43, None, "Likely gone"),
        ("probability_alive", "future", "share", 0.48, 0.58, None, "Less likely to return"),
        ("spending_score", "engagement", "score", 17, 50, None, "Low spending score"),
    ],
)
def test_a_word_that_needs_no_comparison_needs_a_figure_to_match(name, theme, unit, mean, others, gap, said):
    """Lapsed, recent, new and gone are so by themselves, recency by the time between orders; else it is compared."""
    measures = [_measure(name, theme, unit, (mean, others, others), mean=others, sd=abs(mean - others))]
    measures += [_measure("days_between_orders", "rhythm", "days", (gap,) * 3, mean=gap)] if gap else []
    assert name_segments(_profile(*measures), SIZES)["s1"].name == said


def test_names_are_unique():
    """Segments that share their strongest words are told apart by further true words, else by a number."""
    alike = _profile(
        _measure("income", "income", "money", (130, 130, 70)),
        _measure("spend_total", "spend", "money", (130, 130, 70)),
        _measure("age", "age", "years", (105, 95, 100)),
    )
    names = name_segments(alike, SIZES)
    assert names["s1"].name == "Older, affluent, high spend"
    assert names["s2"].name == "Younger, affluent, high spend"
    same = _profile(_measure("income", "income", "money", (130, 130, 70)))
    assert sorted(n.name for n in name_segments(same, SIZES).values()) == ["Affluent", "Affluent (2)", "Modest income"]


@pytest.mark.parametrize("theme", ["other", "channel", "spend_mix"])
def test_measures_of_any_theme_have_words(theme):
    """A difference in something without a word of its own is still told."""
    names = name_segments(_profile(_measure("shoe_size", theme, "number", (130, 100, 70), label="Shoe size")), SIZES)
    assert names["s1"].name == "High shoe size"
    assert names["s3"].name == "Low shoe size"


@pytest.mark.parametrize("sensitive", [False, True])
def test_a_level_that_was_clustered_on_names_a_segment(sensitive):
    """Most of a segment sharing a level is told in its name, unless the attribute is sensitive."""
    flat = _profile(_measure("income", "income", "money", (101, 100, 99)))
    shares = {"s1": LevelInSegment(0.9, 270.0), "s2": LevelInSegment(0.05, 15.0), "s3": LevelInSegment(0.05, 15.0)}
    city = Category("city", "City", True, sensitive, (Level("Ulm", 100, 1 / 3, shares),))
    named = name_segments(replace(flat, categories=(city,)), SIZES)
    assert named["s1"].name == ("Average" if sensitive else "Mostly Ulm")
    if not sensitive:
        assert named["s1"].evidence == ("Mostly Ulm: city Ulm 90 %, everyone 33 % (index 270).",)


def test_a_segment_of_a_few_is_not_called_average():
    """Where every figure is withheld, the name says so instead of calling the segment like everyone else."""
    measure = _measure("income", "income", "money", (130, 100, 70))
    nothing = MeasureInSegment(Spread(1, None, None, None, None, None), None, None)
    small = replace(measure, segments=measure.segments | {"s1": nothing})
    assert name_segments(_profile(small), SIZES | {"s1": 1})["s1"].name == "Too few to describe"


def test_several_kinds_of_visits_are_told_apart():
    """One word would not tell who comes to the branch from who uses the site; of one kind, it will do."""
    branch = _measure("visits_bank", "visits", "count", (130, 70, 100), label="Visits bank")
    site = _measure("visits_web", "visits", "count", (70, 140, 100), label="Visits: web")
    names = name_segments(_profile(branch, site), SIZES)
    assert [names[s].name for s in ("s1", "s2")] == ["Many visits bank", "Many visits: web"]
    assert name_segments(_profile(site), SIZES)["s2"].name == "Frequent visitors"


def test_several_ratings_are_told_apart():
    """Who rates one thing high and another low is neither satisfied nor critical; of one rating, the word will do."""
    ease = _measure("ease", "rating", "rating", (130, 70, 100), label="Ease of booking")
    food = _measure("food", "rating", "rating", (70, 100, 130), label="Food")
    names = name_segments(_profile(ease, food), SIZES)
    assert [names[s].name for s in ("s1", "s2", "s3")] == ["High ease of booking", "Low ease of booking", "High food"]
    assert name_segments(_profile(ease), SIZES)["s1"].name == "Satisfied"
