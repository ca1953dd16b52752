"""What the segments mean for the business, ready for the page: questions, answers, and what each rests on."""

from __future__ import annotations

from dataclasses import dataclass

from segmentry.profiles.answer import Answer
from segmentry.profiles.answers import answer_questions
from segmentry.profiles.wording import lowered
from segmentry.segmentation import Segmentation


@dataclass(frozen=True)
class AnswerRow:
    """One question with its answer; `basis` names the measures that it rests on."""

    question: str
    answer: str
    missing: str
    rule: str
    basis: str
    answered: bool


def answer_rows(segmentation: Segmentation) -> tuple[AnswerRow, ...]:
    """The questions that the columns answer, then those that they do not."""
    rows = [_row(segmentation, answer) for answer in answer_questions(segmentation.profile, segmentation.segments)]
    return tuple(sorted(rows, key=lambda row: not row.answered))


def _row(segmentation: Segmentation, answer: Answer) -> AnswerRow:
    labels = [lowered(segmentation.profile.measure(name).label) for name in answer.measures]
    return AnswerRow(
        question=answer.question,
        answer=answer.answer,
        missing=answer.missing,
        rule=answer.rule,
        basis=", ".join(labels),
        answered=bool(answer.measures) or not answer.missing,
    )
