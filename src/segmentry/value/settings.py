"""What a user may state about lifetime value."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from segmentry.errors import SettingsError

LONGEST = 3653  # ten years


class ValueSettings(BaseModel):
    """Over how many days, at which margin and yearly discount; `estimate` False leaves value out.

    >>> ValueSettings().horizon_days, ValueSettings().margin, ValueSettings().discount
    (365, 1.0, 0.1)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    estimate: bool = True
    horizon_days: int = 365
    margin: float = 1.0  # turnover
    discount: float = 0.1

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        check_terms(self.horizon_days, self.margin, self.discount)
        return self


def check_terms(horizon_days: int, margin: float, discount: float) -> None:
    """Raises SettingsError for a horizon, margin or discount out of range."""
    if not 1 <= horizon_days <= LONGEST:
        raise SettingsError(
            "The horizon of value is out of range.",
            found=f"{horizon_days} days",
            remedy=f"Pass --horizon-days between 1 and {LONGEST} (ten years).",
        )
    if not 0.0 < margin <= 1.0:
        raise SettingsError(
            "The margin is a share of what is paid, above 0 and up to 1.",
            found=f"{margin:g}",
            remedy="For 30 % pass --margin 0.3; without it, value is turnover.",
        )
    if not 0.0 <= discount <= 1.0:
        raise SettingsError(
            "The discount is a year's rate between 0 and 1.",
            found=f"{discount:g}",
            remedy="For 10 % a year pass --discount 0.1.",
        )
