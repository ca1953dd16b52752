"""What was settled about a purchase log at fitting, so that later orders are read and counted in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from segmentry.tables.table import Reading

AmountIs = Literal["line", "order"]
DiscountIs = Literal["none", "fraction", "percent", "amount"]


@dataclass(frozen=True)
class LogColumn:
    """A column of the log that is used: what for, why, and how its cells were read."""

    name: str
    role: str
    reason: str
    reading: Reading


@dataclass(frozen=True)
class PurchaseRecipe:
    """From order lines to one row per customer: columns, rules, and the categories and channels with a share each.

    `amount_is` is "order" where one amount stands for all lines of its order. `places` are the decimal places that
    money is counted in. `fill` names the columns that an order says on its first line only. `cancel_prefix` begins the
    numbers of cancelled orders; "" where none do. `utc` holds where times with an offset were moved to days of UTC,
    `joined` where the customers were those of a table beside the log. `states` says what some states of an order were
    stated to mean. `currency` is what the log said its money is, as "EUR"; "" where it did not. `discount_is` says what
    is taken off quantity x unit price, where lines have no amount of their own: a share from 0 to 1, one in percent, or
    an amount off the line.
    """

    columns: tuple[LogColumn, ...]
    amount_is: AmountIs
    places: int
    symbol: str
    duplicates: Literal["keep", "drop"]
    as_of: date
    trend_days: int
    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    fill: tuple[str, ...] = ()
    cancel_prefix: str = ""
    utc: bool = False
    has_hours: bool = False
    has_returns: bool = False
    joined: bool = False
    states: tuple[tuple[str, str], ...] = ()
    currency: str = ""
    discount_is: DiscountIs = "none"

    def column(self, role: str) -> str | None:
        """The name of the column in this role; None where the log has none."""
        return next((c.name for c in self.columns if c.role == role), None)
