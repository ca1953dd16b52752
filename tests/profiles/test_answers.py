"""Answers in words to what a business asks, with the figures behind them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from segmentry.profiles.answers import Answer, answer_questions
from segmentry.profiles.profile import Measure, MeasureInSegment, Profile, Spread
from segmentry.profiles.wording import beside, say

IDS = ("s1", "s2", "s3")
LEVELS = ("Unsatisfied", "Neutral", "Satisfied")


@dataclass(frozen=True)
class Group:
    id: str
    name: str
    size: int = 50
    share: float = 1 / 3
    spend_share: float | None = None


def measure(name, theme, unit, differences, *, label=None, mean=100.0, sd=10.0, step=20.0, levels=()):
    cells = {}
    for segment, difference in zip(IDS, differences, strict=True):
        at = mean + difference * sd
        cells[segment] = MeasureInSegment(Spread(50, at, sd, at - step, at, at + step), 100 * at / mean, difference)
    everyone = Spread(150, mean, sd, mean, mean, mean)
    return Measure(name, label or name, unit, "", theme, True, everyone, cells, levels)


def spend(differences=(2.0, -0.5, -1.5), **more):
    return measure("spend_total", "spend", "money", differences, label="Total spend", **more)


RECENCY = measure("recency_days", "recency", "days", (-0.5, 1.0, 0.0), label="Days since last purchase", mean=30, sd=20)
FREQUENCY = measure("purchases_total", "frequency", "count", (1.0, -0.6, -0.5), label="Purchases")
VISITS = measure("visits", "visits", "count", (-0.5, 0.0, 1.0), label="Visits")
DEALS = measure("deal_share", "deals", "share", (-0.5, 0.0, 0.8), label="Share on a deal", mean=0.3, sd=0.1)
RATING = measure("stars", "rating", "rating", (0.5, 0.0, -0.5), label="Stars")


def asked(*measures, sizes=(50, 50, 50), shares=(0.7, 0.2, 0.1)) -> dict[str, Answer]:
    known = any(m.theme == "spend" for m in measures)
    groups = [
        Group(s, name, size, spend_share=share if known else None)
        for s, name, size, share in zip(IDS, ("Champions", "Sleepers", "Lookers"), sizes, shares, strict=True)
    ]
    profile = Profile(150, 10, 150, "spend_total" if known else None, tuple(measures), ())
    return {a.question: a for a in answer_questions(profile, groups)}


VALUABLE, RISK, LOYAL = "Who are the most valuable customers?", "Who is at risk of leaving?", "Who are the loyal ones?"
DORMANT, PRICE, LOOKING = "Who is dormant?", "Who buys on price?", "Who shows interest without buying?"
BUDGET = "Where does the next unit of budget go first?"


def test_each_question_names_the_segments_it_is_true_of():
    """Every answer names the planted segments by id and name, and no others."""
    answers = asked(spend(), RECENCY, FREQUENCY, VISITS, DEALS, RATING)
    assert answers[VALUABLE].segments == ("s1",)
    assert answers[RISK].segments == ("s3",)
    assert answers[LOYAL].segments == ("s1",)
    assert answers[DORMANT].segments == ("s2",)
    assert answers[PRICE].segments == ("s3",)
    assert answers[LOOKING].segments == ("s3",)
    assert answers[BUDGET].segments[0] == "s1"
    for answer in answers.values():
        assert answer.missing == ""
        assert answer.rule
        names = {"s1": "Champions", "s2": "Sleepers", "s3": "Lookers"}
        assert all(f"“{names[s]}” ({s})" in answer.answer for s in answer.segments)
        assert all(names[s] not in answer.answer for s in IDS if s not in answer.segments)


def test_who_has_left_tells_who_is_at_risk():
    """The answer rests on that share where it is known, beyond chance and with the figure, and misses nothing then."""
    differences = {(0.5, -0.2, -0.3): ("s1",), (0.1, 0.0, -0.1): ()}
    for apart, segments in differences.items():
        answer = asked(measure("churn", "leaving", "flag", apart, label="Churn", mean=0.3, sd=0.46))[RISK]
        assert (answer.segments, answer.missing, answer.measures) == (segments, "", ("churn",))
        assert "An index of 130".lower() in answer.rule.lower()
        if segments:
            assert "churn 53 % (everyone 30 %)" in answer.answer
        else:
            assert "from 25 % in “Lookers” (s3) to 35 % in “Champions” (s1)" in answer.answer
    left = measure("churn", "leaving", "flag", (0.5, -0.2, -0.3), label="Churn", mean=0.3, sd=0.46)
    assert set(asked(spend(), left, RATING)[RISK].segments) == {"s1", "s3"}


def test_who_is_away_is_known_by_the_last_activity_where_purchases_have_no_date():
    """The figure is named by its own label; with days since the last purchase, these count."""
    login = measure("days_since_last_login", "activity", "days", (0.0, 0.0, 1.0), label="Days since last login")
    answers = asked(spend(), login)
    assert answers[RISK].segments == ("s3",)
    assert "days since last login 110 days (everyone 100 days)" in answers[RISK].answer
    assert "purchase" not in answers[RISK].answer
    assert answers[RISK].missing == ""
    assert asked(spend(), login, RECENCY)[RISK].measures == ("recency_days",)
    alone = measure("days_since_last_login", "activity", "days", (0.0, -0.5, 1.0), label="Login", mean=30, sd=20)
    assert (asked(alone)[RISK].segments, asked(alone)[DORMANT].segments) == (("s3",), ()), "50 days are no absence"


def test_every_figure_is_that_of_the_profile():
    """Figures stand beside everyone's, as in the profile."""
    answers = asked(spend(), RECENCY, FREQUENCY, VISITS, DEALS, RATING)
    assert beside(RECENCY, "s2") in answers[DORMANT].answer
    assert beside(FREQUENCY, "s2") in answers[DORMANT].answer
    assert "70 % of spend from 33 % of customers" in answers[VALUABLE].answer
    steady = measure("purchases_total", "frequency", "count", (0.0, 0.0, 0.0))
    assert "Together they bring 30 % of spend." in asked(spend(), RECENCY, steady, RATING)[RISK].answer


@pytest.mark.parametrize(
    ("question", "measures", "needs"),
    [
        (VALUABLE, [RECENCY], "money spent"),
        (RISK, [FREQUENCY], "days since the last purchase, or the date of it, or one with satisfaction"),
        (LOYAL, [RECENCY], "number of purchases"),
        (DORMANT, [FREQUENCY], "days since the last purchase, or the date of it"),
        (PRICE, [FREQUENCY], "purchases on a deal, or whether a discount was used"),
        (LOOKING, [FREQUENCY], "visits, or with campaigns answered"),
        (LOOKING, [VISITS], "money spent"),
        (BUDGET, [FREQUENCY], "money spent"),
    ],
)
def test_what_the_columns_cannot_answer_says_which_kind_is_missing(question, measures, needs):
    """No guess is made: the answer names the kind of column it needs."""
    answer = asked(*measures)[question]
    assert needs in answer.missing
    assert needs in answer.answer
    assert answer.segments == ()


def test_a_near_answer_says_what_it_stands_for():
    """Without money spent the number of purchases stands in, and the answer says so."""
    answer = asked(FREQUENCY)[VALUABLE]
    assert "the nearest to it is purchases" in answer.answer
    assert answer.segments == ("s1",)
    assert "money spent" in answer.missing


def test_no_segment_is_named_where_none_differs():
    """Flat data gives answers that say nobody stands out."""
    flat = [0.1, 0.0, -0.1]
    kinds = (("recency_days", "recency", "days"), ("n", "frequency", "count"), ("v", "visits", "count"))
    more = (("d", "deals", "share"), ("r", "rating", "rating"))
    answers = asked(spend(flat), *(measure(*kind, flat) for kind in (*kinds, *more)))
    for question in (VALUABLE, RISK, LOYAL, DORMANT, PRICE, LOOKING):
        assert answers[question].segments == ()
        assert "No segment" in answers[question].answer


def test_a_near_miss_is_told_in_figures():
    """35 % of purchases on a deal beside 12 % do not differ little: the answer names the lowest and the highest."""
    near = measure("deal_share", "deals", "share", (-0.2, 0.0, 0.25), label="Share on a deal", mean=0.25, sd=0.4)
    answer = asked(near)[PRICE].answer
    assert "share on a deal goes from 17 % in “Champions” (s1) to 35 % in “Lookers” (s3)." in answer
    assert "total spend is 100 in all" in asked(spend((0.0, 0.0, 0.0)))[VALUABLE].answer


def test_who_has_left_is_dormant_and_not_at_risk():
    """Away for much longer and buying less, or for so long that it needs no comparison: it is too late for risk."""
    steady = measure("purchases_total", "frequency", "count", (0.0, 0.0, 0.0))
    for long, buying in (
        (RECENCY, FREQUENCY),
        (measure("recency_days", "recency", "days", (-1, 1, 0), mean=400), steady),
    ):
        answers = asked(long, buying, RATING)
        assert answers[DORMANT].segments == ("s2",)
        assert answers[RISK].segments == ("s3",)
        assert "not dormant already" in answers[RISK].rule
    near = measure("recency_days", "recency", "days", (-0.5, 1.0, 0.0), mean=27, sd=8)
    assert asked(near, FREQUENCY)[RISK].segments == ("s2",)
    answers = asked(RECENCY, steady)
    assert (answers[DORMANT].segments, answers[RISK].segments) == ((), ("s2",))


def test_many_items_are_not_loyalty():
    """Who buys much at once need not come often."""
    items = measure("items", "items", "count", (1.0, -0.6, -0.5), label="Items")
    answer = asked(items, RECENCY)[LOYAL]
    assert answer.segments == ()
    assert "number of purchases" in answer.missing


def test_one_segment_has_nothing_to_be_compared_with():
    """The questions are about differences; of one segment that anything can be told of there are none."""
    (only,) = asked(spend(), RECENCY, sizes=(50, 5, 5)).values()
    assert "nothing to compare" in only.answer
    assert only.segments == ()


def test_who_still_visits_is_not_dormant():
    """Away from the till is not away from the shop."""
    visiting = measure("visits", "visits", "count", (-0.5, 1.0, 0.0))
    assert asked(RECENCY, FREQUENCY)[DORMANT].segments == ("s2",)
    answer = asked(RECENCY, FREQUENCY, visiting)[DORMANT]
    assert answer.segments == ()
    assert "visits no more" in answer.answer


def test_budget_goes_where_most_room_can_be_reached():
    """A segment with more room that is away or discontent is named, and comes later."""
    answers = asked(spend((-0.5, 1.0, -0.5)), measure("recency_days", "recency", "days", (0.0, 1.0, 0.0)))
    assert answers[BUDGET].segments[0] == "s1"
    wider = spend((-0.5, 1.0, -0.5))
    wide = wider.segments["s2"].spread
    wider.segments["s2"] = MeasureInSegment(Spread(50, wide.mean, 10.0, 0, wide.median, 400.0), 100.0, 1.0)
    answer = asked(wider, measure("recency_days", "recency", "days", (0.0, 1.0, 0.0)))[BUDGET]
    assert answer.segments[0] == "s1"
    assert "“Sleepers” (s2) has more room (about 14,000) but comes later: recency_days 110 days" in answer.answer
    assert "within reach" in answer.answer
    # 50 customers times the step of 20 from median to upper quartile, of 150 x 100 spent in all.
    assert "is about 1,000, or 7 % of all spend" in answer.answer
    assert "random half" in answer.rule


def test_budget_is_honest_where_all_are_hard_to_reach_or_alike():
    """When every segment with room is away, or the room is next to nothing, the answer says so."""
    away = measure("recency_days", "recency", "days", (1.0, 1.0, 1.0))
    assert "as every segment with room is" in asked(spend(), away)[BUDGET].answer
    assert "That is little" in asked(spend(step=0.5))[BUDGET].answer
    assert "No segment shows room" in asked(spend(step=0.0))[BUDGET].answer


def test_without_spend_income_and_score_show_where_room_is():
    """High income and a low score are the nearest thing to room; that money spent is missing is still said."""
    income = measure("income", "income", "money", (1.0, -1.0, 0.0))
    score = measure("spending_score", "engagement", "score", (-1.0, 1.0, 0.0))
    answer = asked(income, score)[BUDGET]
    assert answer.segments == ("s1",)
    assert "money spent" in answer.missing


def test_a_segment_too_small_to_describe_is_in_no_answer():
    """Its figures would point at persons."""
    answers = asked(spend(), RECENCY, FREQUENCY, VISITS, DEALS, RATING, sizes=(50, 5, 50))
    assert all("s2" not in a.segments and "Sleepers" not in a.answer for a in answers.values())


def test_levels_are_said_by_name():
    """A satisfaction of 2 is "Satisfied"; two means that are nearest to one level still show which is higher."""
    level = measure("satisfaction", "rating", "level", (1.0, 0.0, -1.0), mean=1.0, sd=0.8, levels=LEVELS)
    assert say(level, 1.8) == "Satisfied"
    assert say(level, -3.0) == "Unsatisfied"
    assert beside(level, "s1") == "satisfaction Satisfied (everyone Neutral)"
    near = measure("satisfaction", "rating", "level", (0.4, 0.0, -0.4), mean=1.0, sd=0.8, levels=LEVELS)
    assert beside(near, "s3") == "satisfaction Neutral (everyone Neutral, below it by 0.3 of a level)"
    assert "Neutral" in asked(near)[RISK].answer


def test_the_order_of_measures_changes_nothing():
    """The same profile gives the same answers."""
    measures = (spend(), RECENCY, FREQUENCY, VISITS, DEALS, RATING)
    assert asked(*measures) == asked(*reversed(measures))
