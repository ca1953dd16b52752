"""The fewest features that place a customer: what was found, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

TARGET = 0.9  # share placed as with all features, unless another is asked for


@dataclass(frozen=True)
class QuestionSet:
    """Knowing only these features, `accuracy` of the customers get the segment that they have with all of them."""

    features: tuple[str, ...]
    accuracy: float


@dataclass(frozen=True)
class GoldenQuestions:
    """The best set of each size, the smallest first, measured on `rows` customers."""

    sets: tuple[QuestionSet, ...]
    rows: int

    def fewest(self, target: float = TARGET) -> QuestionSet:
        """The smallest set that reaches the target; all features always do.

        >>> GoldenQuestions((QuestionSet(("age",), 0.7), QuestionSet(("age", "income"), 1.0)), 100).fewest().features
        ('age', 'income')
        """
        return next((s for s in self.sets if s.accuracy >= target), self.sets[-1])
