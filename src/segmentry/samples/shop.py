"""What a made-up shop is: how its customers are made, and what may be odd about its exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl


class Sample(Protocol):
    """Any rows of an endless table."""

    def __call__(self, rows: int, seed: int, *, start: int = 0) -> pl.DataFrame: ...


@dataclass(frozen=True)
class Quirks:
    """The columns of a shop that an untidy export spoils, each in its own way."""

    money: tuple[str, ...] = ()  # written with a currency sign and thousands apart
    marked: tuple[str, ...] = ()  # written with the decimal mark of the money
    dates: tuple[str, ...] = ()  # written with the day first
    holes: tuple[str, ...] = ()  # blanks, and words that stand for them
    recased: tuple[str, ...] = ()  # stray spaces, and levels in another case
    odd_levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outliers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    impossible: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Shop:
    """A made-up shop by name; `rows` is how many customers it has unless asked otherwise."""

    name: str
    rows: int
    customers: Sample
    truth: Sample
    quirks: Quirks
