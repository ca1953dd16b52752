"""What a user may state about a purchase log; everything left unsaid is worked out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from segmentry.purchases.recipe import AmountIs, DiscountIs


class PurchaseSettings(BaseModel):
    """Roles by column, and rules that the log itself cannot settle.

    `duplicates` says whether a line that repeats another in every cell is a purchase of its own ("keep") or the same
    one exported twice ("drop"). `amount_is` says whether an amount stands for its line or, once or on every line, for
    its whole order. `states` says what an order in a state, or a line of a kind, counts as. `discount_is` says what to
    take off quantity x unit price. `categories` and `channels` are the most that get a share of their own.

    >>> PurchaseSettings(roles={"Total": "amount"}).duplicates
    'keep'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    roles: Mapping[str, str] = {}
    duplicates: Literal["keep", "drop"] = "keep"
    amount_is: AmountIs | None = None
    states: Mapping[str, Literal["sold", "void", "refunded"]] = {}
    discount_is: DiscountIs | None = None
    categories: int = Field(default=8, ge=0, le=40)
    channels: int = Field(default=4, ge=0, le=40)
    trend_days: int | None = Field(default=None, ge=1)


class SourceSettings(Protocol):
    """What opening a source of customers or of their purchases has to know."""

    @property
    def id(self) -> str | None: ...
    @property
    def as_of(self) -> date | None: ...
    @property
    def today(self) -> date | None: ...
    @property
    def orders(self) -> PurchaseSettings: ...
