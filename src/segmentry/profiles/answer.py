"""An answer to a question that a business asks of its segments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """A question, its answer in words, and what it rests on.

    `rule` says how it was decided; `missing` names the kind of column that would answer it, or answer it better.
    """

    question: str
    answer: str
    segments: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    missing: str = ""
    rule: str = ""
