"""What a feature is: a name, a meaning, and how it is derived from columns, as plain data.

A derivation is data and not code, so that it can be stored in a model file, printed in a report and
turned into an expression on any engine (`features.derive`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segmentry.features.levels import step_names

Unit = Literal["money", "years", "days", "count", "share", "score", "rating", "level", "flag", "number", "category"]

Theme = Literal[
    "age", "income", "spend", "spend_mix", "frequency", "items", "channel", "order_value", "recency", "engagement",
    "tenure", "household", "children", "deals", "visits", "rating", "membership", "category", "other",
    "rhythm", "trend", "basket", "variety", "returns", "habits", "future", "activity", "leaving",
]  # fmt: skip

Operation = Literal[
    "column",  # the column itself
    "sum",  # row-wise sum of columns, missing parts count as nothing, all missing is missing
    "ratio",  # sum of `sources` / sum of `over`, missing where the divisor is not positive; a share is from 0 to 1
    "years_since_year",  # year of the as-of date - column
    "years_since",  # whole years from a date to the as-of date
    "days_since",  # days from a date to the as-of date
    "flag",  # 1 where the column holds one of `levels`, else 0
    "level",  # place of the column's level in `levels` (0, 1, ...)
    "category",  # the column's level itself
]
DATE_OPERATIONS: tuple[Operation, ...] = ("years_since_year", "years_since", "days_since")


@dataclass(frozen=True)
class Bins:
    """A value as a score from 1 to n by n - 1 thresholds: one more for each that the value is beyond.

    Beyond is above, or below where `falling`: a recency of few days scores high. Equal values have equal scores.
    """

    of: str  # the feature that is scored
    thresholds: tuple[float, ...]  # the nearest to the lowest score first; several may be equal
    falling: bool = False

    @property
    def reachable(self) -> tuple[int, ...]:
        """The scores that any value can have: of equal thresholds a value is beyond all or none.

        >>> Bins("orders", (1.0, 1.0, 2.0, 5.0)).reachable
        (1, 3, 4, 5)
        """
        n = len(self.thresholds)
        return (1, *(i + 2 for i in range(n) if i == n - 1 or self.thresholds[i] != self.thresholds[i + 1]))


@dataclass(frozen=True)
class Feature:
    """One thing known of a customer, in its own unit.

    >>> Feature("spend_total", "Total spend", "money", "spend", "sum", ("wine", "fruit")).formula
    'wine + fruit'
    """

    name: str
    label: str
    unit: Unit
    theme: Theme
    operation: Operation
    sources: tuple[str, ...]
    over: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    symbol: str = ""  # currency sign or scale that the column carries: "$", "k$"
    bins: Bins | None = None  # what is derived is then scored by thresholds

    @property
    def measured(self) -> str:
        """Its name; of a score, the name of what is scored."""
        return self.bins.of if self.bins else self.name

    @property
    def formula(self) -> str:
        """How it is derived, in a line that a person can check."""
        if self.bins is None:
            return self._derived
        side = "below" if self.bins.falling else "above"
        steps = ", ".join(f"{t:g}" for t in self.bins.thresholds)
        return f"1, and one more for each of {steps} that ({self._derived}) is {side}"

    @property
    def _derived(self) -> str:
        joined = " + ".join(self.sources)
        match self.operation:
            case "sum":
                return joined
            case "ratio":
                bounds = ", from 0 to 1" if self.unit == "share" else ""
                return f"({joined}) / ({' + '.join(self.over)}){bounds}"
            case "years_since_year":
                return f"year of the as-of date - {joined}"
            case "years_since":
                return f"whole years from {joined} to the as-of date"
            case "days_since":
                return f"days from {joined} to the as-of date"
            case "flag":
                return f"1 where {joined} is {' or '.join(self.levels)}"
            case "level":
                return f"{joined} in the order {' < '.join(step_names(self.levels))}"
            case _:
                return joined
