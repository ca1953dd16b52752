"""What the page says of meaning: plays on the cards, answers below them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from segmentry.profiles.playbook import Play
from segmentry.reports import report
from segmentry.reports.answers import answer_rows
from segmentry.reports.cards import opening
from segmentry.segmentation import Segmentation

PLAY = Play("own", "Call <b>them</b>", "Ring the bell.", "They spend more.", ("spend_total",), ("spend",))


@pytest.fixture(scope="module")
def planned(five: Segmentation) -> Segmentation:
    first, *rest = five.segments
    return replace(five, segments=(replace(first, playbook=(PLAY,)), *rest))


def test_a_card_says_what_to_do_and_why(planned: Segmentation) -> None:
    """Title, action and reason of a play stand on its segment's card, as text and never as markup."""
    page = report(planned, pictures=())
    assert "Call &lt;b&gt;them&lt;/b&gt;.</strong> Ring the bell." in page
    assert "They spend more." in page
    assert page.count("What to do") == 1


def test_the_page_answers_what_a_business_asks(planned: Segmentation) -> None:
    """Questions that the columns answer come with figures and the rule; the others with the column that is missing."""
    page = report(planned, pictures=())
    rows = answer_rows(planned)
    assert [row.answered for row in rows] == sorted((row.answered for row in rows), reverse=True)
    open_questions = {row.question for row in rows if not row.answered}
    assert open_questions == {"Who shows interest without buying?"}
    assert page.count("How this was decided") == len(rows) - len(open_questions)
    assert "Needs a column with visits, or with campaigns answered." in page


def test_one_segment_has_no_open_questions(five: Segmentation) -> None:
    """That there is nothing to compare is an answer, and no column would change it."""
    (row,) = answer_rows(replace(five, segments=five.segments[:1]))
    assert row.answered
    page = report(replace(five, segments=five.segments[:1]), pictures=())
    assert "nothing to compare" in page
    assert "What these columns cannot answer" not in page


def test_the_reader_is_sent_to_a_segment_with_advice(five: Segmentation) -> None:
    """Of segments that bring more than their share, one that no rule applies to comes after one with a play."""

    def first(*keys: str, **shares: float | None) -> str:
        made = [
            replace(s, share=0.2, spend_share=spent, playbook=(replace(PLAY, key=key),))
            for s, key, spent in zip(five.segments, keys, (0.5, 0.3, 0.1), strict=False)
        ]
        return opening(replace(five, segments=tuple(replace(s, **shares) for s in made))).first

    one, two, three = (s.name for s in five.segments[:3])
    assert f"“{one}”: 20 % of customers and 50 % of spend." in first("reward", "refer", "low_cost")
    assert f"“{two}”" in first("watch", "refer", "low_cost")
    assert f"“{one}”" in first("watch", "watch", "low_cost")
    assert f"“{three}”: 20 % of customers." in first("watch", "too_few", "premium", spend_share=None)


def test_a_name_given_later_stands_in_the_answers(planned: Segmentation) -> None:
    """Answers are made of the segmentation as it is, not as it was when it was fitted."""
    first, *rest = planned.segments
    renamed = replace(planned, segments=(replace(first, name="Regulars of ours"), *rest))
    answers = " ".join(row.answer for row in answer_rows(renamed))
    assert "“Regulars of ours” (s1)" in answers
    assert first.name not in answers


def test_a_page_where_no_question_is_answered_still_stands(made_up: Callable[..., Segmentation]) -> None:
    """With nothing but age and income every question tells which column it needs."""
    page = report(made_up(only=("age", "income"), spend=False), pictures=())
    assert "What these columns cannot answer" in page
    assert not re.search(r"<dl class=\"answers\">\s*</dl>", page)
