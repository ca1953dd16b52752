"""The same customers as an untidy system would export them: a table of text with the quirks of real files.

What a file is like (separator, money, dates) follows from the seed; which rows are odd, from the seed and their number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, auto
from functools import partial

import numpy as np
import polars as pl

from segmentry.samples.deviates import Deviates
from segmentry.samples.shop import Sample, Shop

ENCODING = "cp1252"  # of old office programs: é and € are one byte each, and no valid UTF-8
LINE_END = "\r\n"

_ID = "customer_id"
_SEPARATORS = (";", "\t")
_DATES = ("%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y")
_MISSING_WORDS = ("", "N/A", "-", "unknown", "#N/A", "n/a")
_BRANCH = "Café Central"
_FIRST_NAMES = ("ana", "ben", "chloe", "dmitri", "elif", "femi", "grace", "hiro", "ines", "jonas", "kavya", "liam")
_LAST_NAMES = ("adler", "brown", "costa", "dubois", "evans", "fischer", "garcia", "haddad", "ito", "jensen", "kim")
_BACK = 29  # rows between a customer and the copy of it

# One row in so many is odd; a run of that many rows always holds exactly one.
_EVERY_HOLE = 45
_EVERY_ODD_LEVEL = 120
_EVERY_RECASED = 25
_EVERY_COPY = 110


class _Stream(IntEnum):
    """The address of each random number of a quirk. The order is part of what a seed means: append only."""

    SEPARATOR = 1_000
    MONEY = auto()
    DATES = auto()
    COPY = auto()
    FIRST_NAME = auto()
    LAST_NAME = auto()
    COLUMN = 2_000  # and those that follow: ten a column, one a quirk


@dataclass(frozen=True)
class Money:
    """How an export writes an amount."""

    before: str
    after: str
    thousands: str
    decimal: str


_MONEY = (
    Money("", " €", ".", ","),
    Money("€ ", "", ".", ","),
    Money("$", "", ",", "."),
    Money("£", "", ",", "."),
    Money("CHF ", "", "'", "."),
)


@dataclass(frozen=True)
class Dialect:
    """How a whole file is written.

    >>> dialect_of(seed=3)
    Dialect(separator=..., money=Money(before=...), dates='...')
    """

    separator: str
    money: Money
    dates: str


def dialect_of(seed: int) -> Dialect:
    """How the untidy file of this seed is written."""
    first = Deviates(seed, start=0, rows=1)

    def place(stream: _Stream, choices: int) -> int:
        return int(first.uniform(stream)[0] * choices)

    return Dialect(
        _SEPARATORS[place(_Stream.SEPARATOR, len(_SEPARATORS))],
        _MONEY[place(_Stream.MONEY, len(_MONEY))],
        _DATES[place(_Stream.DATES, len(_DATES))],
    )


def messy(shop: Shop, rows: int, seed: int, *, start: int = 0) -> pl.DataFrame:
    """The customers of a shop with the quirks of a real export, every cell as text.

    Two columns are added: `email`, made up under example.com, and `branch`, the same in every row. About one row in a
    hundred repeats another customer but for the id; who is of which kind then: `messy_truth`.
    """
    return _with_copies(partial(_exported, shop), rows, seed, start)


def messy_truth(shop: Shop, rows: int, seed: int, *, start: int = 0) -> pl.DataFrame:
    """The kind of each customer of `messy` with the same arguments: a copied customer is of its original's kind."""
    return _with_copies(shop.truth, rows, seed, start)


def _with_copies(table: Sample, rows: int, seed: int, start: int) -> pl.DataFrame:
    before = min(start, _BACK)
    frame = table(rows + before, seed, start=start - before)
    copies = _odd_rows(Deviates(seed, start - before, frame.height), _Stream.COPY, _EVERY_COPY)
    copies[:_BACK] = False  # the first rows have nobody before them
    others = pl.exclude(_ID)
    return frame.with_columns(pl.when(pl.lit(pl.Series(copies))).then(others.shift(_BACK)).otherwise(others))[before:]


def _odd_rows(random: Deviates, stream: int, every: int) -> np.ndarray:
    """Exactly one row of each run of `every`, whichever part of the table is made."""
    numbers = np.arange(random.start, random.start + random.rows)
    first_run = random.start // every
    n_runs = (random.start + random.rows - 1) // every - first_run + 1
    places = (Deviates(random.seed, first_run, n_runs).uniform(stream) * every).astype(np.int64)
    odd: np.ndarray = numbers % every == places[numbers // every - first_run]
    return odd


def _exported(shop: Shop, rows: int, seed: int, *, start: int = 0) -> pl.DataFrame:
    frame = shop.customers(rows, seed, start=start)
    random = Deviates(seed, start, rows)
    dialect = dialect_of(seed)
    columns = [_spoiled(shop, frame[name], 10 * place, random, dialect) for place, name in enumerate(frame.columns)]
    columns.insert(1, _emails(random))
    columns.append(pl.repeat(_BRANCH, rows, eager=True).alias("branch"))
    return pl.DataFrame(columns)


def _spoiled(shop: Shop, column: pl.Series, address: int, random: Deviates, dialect: Dialect) -> pl.Series:
    """A column as the export writes it; `address` keeps its random numbers apart from those of other columns."""
    quirks, name = shop.quirks, column.name
    stream = _Stream.COLUMN + address
    # Two in a file of the usual size: enough to spoil a mean, too few to be a group of customers.
    seldom = shop.rows // 2
    column = _replaced(column, quirks.outliers.get(name, ()), random, stream, seldom)
    column = _replaced(column, quirks.impossible.get(name, ()), random, stream + 1, seldom)
    column = _replaced(column, quirks.odd_levels.get(name, ()), random, stream + 2, _EVERY_ODD_LEVEL)
    text = _written(column, shop, dialect)
    if name in quirks.recased:
        for place, change in enumerate(_CHANGES):
            text = _where(_odd_rows(random, stream + 3 + place, _EVERY_RECASED), change(pl.col(name)), text)
    if name in quirks.holes:
        text = _replaced(text, _MISSING_WORDS, random, stream + 7, _EVERY_HOLE)
    return text


_CHANGES: tuple[Callable[[pl.Expr], pl.Expr], ...] = (
    lambda cell: cell.str.to_uppercase(),
    lambda cell: cell.str.to_lowercase(),
    lambda cell: pl.format(" {} ", cell),
)


def _replaced(
    column: pl.Series, odd: Sequence[int] | Sequence[str], random: Deviates, stream: int, every: int
) -> pl.Series:
    if not odd:
        return column
    turn = np.arange(random.start, random.start + random.rows) // every % len(odd)
    values = pl.Series(odd).gather(turn).cast(column.dtype)
    return _where(_odd_rows(random, stream, every), pl.lit(values), column)


def _where(odd: np.ndarray, then: pl.Expr, column: pl.Series) -> pl.Series:
    changed = pl.when(pl.lit(pl.Series(odd))).then(then).otherwise(pl.col(column.name)).alias(column.name)
    return column.to_frame().select(changed).to_series()


def _written(column: pl.Series, shop: Shop, dialect: Dialect) -> pl.Series:
    quirks, name = shop.quirks, column.name
    if name in quirks.money:
        cell = _amount(pl.col(name), dialect.money)
    elif name in quirks.marked:
        tenths = (pl.col(name) * 10).round(0).cast(pl.Int64)
        cell = pl.format("{}{}{}", tenths // 10, pl.lit(dialect.money.decimal), tenths % 10)
    elif name in quirks.dates:
        cell = pl.col(name).dt.strftime(dialect.dates)
    else:
        cell = pl.col(name).cast(pl.String)
    return column.to_frame().select(cell.alias(name)).to_series()


def _amount(number: pl.Expr, money: Money) -> pl.Expr:
    """1234.5 as $1,234.50, and so on; amounts are below a million."""
    cents = (number * 100).round(0).cast(pl.Int64)
    units, rest = cents // 100, (cents % 100).cast(pl.String).str.zfill(2)
    small, large = units % 1000, units // 1000
    grouped = pl.format("{}{}{}", large, pl.lit(money.thousands), small.cast(pl.String).str.zfill(3))
    whole = pl.when(units < 1000).then(units.cast(pl.String)).otherwise(grouped)
    return pl.format("{}{}{}{}{}", pl.lit(money.before), whole, pl.lit(money.decimal), rest, pl.lit(money.after))


def _emails(random: Deviates) -> pl.Series:
    first = pl.Series(_FIRST_NAMES).gather((random.uniform(_Stream.FIRST_NAME) * len(_FIRST_NAMES)).astype(np.int64))
    last = pl.Series(_LAST_NAMES).gather((random.uniform(_Stream.LAST_NAME) * len(_LAST_NAMES)).astype(np.int64))
    number = pl.int_range(random.start + 1, random.start + random.rows + 1, eager=True)
    return pl.select(pl.format("{}.{}{}@example.com", first, last, number).alias("email")).to_series()
