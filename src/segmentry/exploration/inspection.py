"""What an inspection finds, as values: columns in numbers, findings with their figures, and a sample for pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import numpy as np

from segmentry.features.feature import Feature
from segmentry.features.recipe import LeftOut
from segmentry.purchases import Account, PurchaseRecipe
from segmentry.tables import text_frame

Severity = Literal["problem", "check", "note"]
SEVERITIES: tuple[Severity, ...] = ("problem", "check", "note")


@dataclass(frozen=True)
class Finding:
    """One thing worth knowing about the data: a stable code, a sentence, its figures, and what to do.

    `severity` is problem (settle it before fitting), check (look at it, then decide) or note (good to know).

    >>> Finding("constant-column", "note", ("region",), "'region' has one value only.").code
    'constant-column'
    """

    code: str
    severity: Severity
    columns: tuple[str, ...]
    message: str
    remedy: str = ""
    figures: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spread:
    """How a column of numbers is spread over all rows. Quartiles are values of the data, never between two.

    `fences` lie three interquartile ranges beyond the quartiles (Tukey's outer fence), None where half of the
    values are equal; `n_below` and `n_above` count the values beyond them, which start at `below` and `above`.
    """

    minimum: float
    q1: float
    median: float
    q3: float
    maximum: float
    mean: float
    sd: float
    fences: tuple[float, float] | None = None
    n_below: int = 0
    n_above: int = 0
    below: float | None = None  # of the values below the fence, the largest
    above: float | None = None  # of the values above the fence, the smallest

    @property
    def n_outliers(self) -> int:
        return self.n_below + self.n_above


@dataclass(frozen=True)
class ColumnInspection:
    """One column: what it was taken for and why, how it was read, and what it holds.

    `private` columns name persons or rows: of these nothing but counts is known here.
    """

    name: str
    role: str
    reason: str
    confident: bool
    subject: str
    kind: Literal["number", "date", "text"]
    how: str
    symbol: str
    n: int
    n_missing: int
    n_distinct: int
    private: bool
    sensitive: bool
    spread: Spread | None = None
    first: date | None = None
    last: date | None = None
    levels: tuple[tuple[str, int], ...] = ()

    @property
    def n_values(self) -> int:
        return self.n - self.n_missing

    @property
    def share_missing(self) -> float:
        return self.n_missing / self.n if self.n else 0.0


@dataclass(frozen=True)
class Reading:
    """How the source was read, in the words of the settings; None where it needs no setting."""

    separator: str | None
    decimals: Mapping[str, str]
    date_formats: Mapping[str, str]


@dataclass(frozen=True)
class Sampled:
    """Rows for pictures, in one order whatever order they came in: by column, and by numeric feature.

    Of a purchase log, `columns` have order lines and `features` customers, so that each has a number of its own.
    """

    columns: dict[str, np.ndarray]  # numbers and dates (as days), NaN where missing
    features: dict[str, np.ndarray]
    n_rows: int
    n_customers: int


@dataclass(frozen=True)
class Month:
    """The purchases of a month ("2026-01"): order lines that were sold, customers who bought or returned, net money."""

    month: str
    sales: int
    customers: int
    amount: float


@dataclass(frozen=True)
class OrdersInspection:
    """Of a table that is a purchase log: what its columns and rules are, where its lines went, and its months."""

    recipe: PurchaseRecipe
    account: Account
    months: tuple[Month, ...]


@dataclass(frozen=True)
class Inspection:
    """What is in a table, what each column was taken for, and what is wrong with it."""

    source_name: str
    rows_present: int
    rows_read: int
    rows_rejected: int
    columns: tuple[ColumnInspection, ...]
    findings: tuple[Finding, ...]
    id_column: str | None
    as_of: date | None
    features: tuple[Feature, ...]  # all that can be derived
    chosen: tuple[str, ...]  # names of those a fit clusters on
    left_out: tuple[LeftOut, ...]
    correlations: tuple[tuple[str, ...], tuple[tuple[float, ...], ...]]  # numeric features, and each pair's
    reading: Reading
    sampled: Sampled = field(repr=False, compare=False)
    orders: OrdersInspection | None = None  # None where a row is a customer

    @property
    def n_customers(self) -> int:
        return self.rows_read if self.orders is None else self.orders.account.customers

    def column(self, name: str) -> ColumnInspection:
        return next(c for c in self.columns if c.name == name)

    def of_severity(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity == severity)

    def rows(self) -> list[dict[str, Any]]:
        """A row per column of the table, with everything that may be told of it."""
        return [_row(c) for c in self.columns]

    def frame(self) -> Any:
        """The columns in numbers, as a table of text."""
        rows = self.rows()
        names = list(rows[0]) if rows else []
        return text_frame({n: [None if r[n] is None else str(r[n]) for r in rows] for n in names})


def _row(c: ColumnInspection) -> dict[str, Any]:
    s = c.spread
    low: Any = s.minimum if s else c.first
    high: Any = s.maximum if s else c.last
    return {
        "column": c.name,
        "role": c.role,
        "reason": c.reason,
        "read_as": c.how,
        "n_values": c.n_values,
        "n_missing": c.n_missing,
        "n_distinct": c.n_distinct,
        "minimum": low,
        "q1": s.q1 if s else None,
        "median": s.median if s else None,
        "q3": s.q3 if s else None,
        "maximum": high,
        "mean": s.mean if s else None,
        "sd": s.sd if s else None,
        "n_outliers": s.n_outliers if s else None,
    }
