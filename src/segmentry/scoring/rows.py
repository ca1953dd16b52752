"""Places customers given one by one or by the thousand as plain values: what a request, a form or a slider holds.

Nothing is guessed from text here, as it is from a file: a number must be a number, a date an ISO date. Values that do
not fit are refused with their place, never with what they hold.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np

from segmentry.errors import RowError
from segmentry.features.feature import Feature, Unit
from segmentry.features.in_memory import Array, GridOfRows, feature_array, missing, one_customer
from segmentry.features.levels import step_names
from segmentry.features.recipe import Recipe, Scale
from segmentry.prototypes.assign import NO_DATA, NOISE, scorer_of
from segmentry.scoring.score import NAMES
from segmentry.segmentation import Segmentation
from segmentry.tables import Kind, said_by
from segmentry.tables.numbers import LARGEST_USED

LARGEST_ID = 2**53  # larger whole numbers lose digits on their way through other programs
LONGEST_TEXT = 10_000  # characters
NO_FIELD = "is not a field of this model"
_FINITE = f"must be a finite number of at most {LARGEST_USED:g}"

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBERS = ({float}, {int}, {float, int})
_PLAIN = {float, int, type(None)}


@dataclass(frozen=True)
class Field:
    """A value that may be given of a customer. `usual`, `lowest` and `highest` were seen at fitting, where one feature
    is this number alone, or the age that goes with this year of birth; `levels` are the names known of a category, in
    order where they have one."""

    name: str
    kind: Kind | Literal["id"]
    label: str
    unit: Unit | Literal["date", "id"]
    symbol: str = ""
    usual: float | None = None
    lowest: float | None = None
    highest: float | None = None
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlacedRow:
    """Where one customer belongs, and what was unusual: names of features, each in name order of the recipe."""

    id: str | None
    segment_id: str
    segment: str
    confidence: float | None
    runner_up: str | None
    missing: tuple[str, ...]
    out_of_range: tuple[str, ...]
    new_category: tuple[str, ...]


class RowScorer:
    """A segmentation made ready to place rows of values; the same answer as `score` gives for the same customers.

    `fields` tells what may be given. Holds no state between calls.
    """

    def __init__(self, segmentation: Segmentation) -> None:
        self.segmentation = segmentation
        self.fields = fields_of(segmentation)
        recipe = segmentation.recipe
        self._names = frozenset(field.name for field in self.fields)
        self._numbers = [field.name for field in self.fields if field.kind == "number"]
        self._others = [field for field in self.fields if field.kind not in ("id", "number")]
        self._words = {c.name: c.reading.missing for c in recipe.columns if c.reading.missing}
        self._id = next((field.name for field in self.fields if field.kind == "id"), None)
        self._segments = segmentation.rule.segments
        self._named = {s.id: s.name for s in segmentation.segments} | NAMES
        self._levels = [(part.feature.name, frozenset(part.levels)) for part in recipe.levels]
        owners = np.array([self._segments.index(owner) for owner in segmentation.rule.owners])
        # Prototypes of a segment stand together, so that the least of each is the least of a slice.
        self._starts = np.flatnonzero(np.diff(owners, prepend=-1))
        self._grid = GridOfRows(recipe)
        self._scores = scorer_of(segmentation.rule)
        self._minimum = np.array([s.minimum for s in recipe.scales], dtype=np.float64)
        self._maximum = np.array([s.maximum for s in recipe.scales], dtype=np.float64)

    def score(self, rows: Sequence[Mapping[str, object]], first: int = 0) -> list[PlacedRow]:
        """The place of each row, in order. `first` is the number of the first row, for what an error says.

        Raises RowError for a value that cannot be used, with its row and field.
        """
        return self.score_and_features(rows, first)[0]

    def score_and_features(
        self, rows: Sequence[Mapping[str, object]], first: int = 0
    ) -> tuple[list[PlacedRow], dict[str, Array]]:
        """The place of each row as `score` gives it, and the features by name, a value a row. Raises RowError."""
        if not rows:
            return [], {}
        features = self._features(rows, first)
        return self._placed(features, self._ids(rows, first)), features

    def features_of(self, row: Mapping[str, object]) -> dict[str, float | str | None]:
        """The features of one customer by name, in original units; None where nothing is known. Raises RowError."""
        self._ids([row], 0)
        features = self._features([row], 0)
        return {name: None if missing(values)[0] else values.tolist()[0] for name, values in features.items()}

    def score_features(self, features: Mapping[str, float | str | None]) -> PlacedRow:
        """The place of one customer by features, as `features_of` gives them."""
        return self._placed(one_customer(self.segmentation.recipe, features), [None])[0]

    def _features(self, rows: Sequence[Mapping[str, object]], first: int) -> dict[str, Array]:
        columns = self._columns(rows, first)
        recipe = self.segmentation.recipe
        return {f.name: feature_array(f, columns, recipe.as_of) for f in recipe.clustered}

    def _columns(self, rows: Sequence[Mapping[str, object]], first: int) -> dict[str, Array]:
        for place, row in enumerate(rows):
            if not row.keys() <= self._names:
                unknown = next(iter(sorted(set(row) - self._names)))
                raise RowError(NO_FIELD, first + place, unknown)
        made = self._number_columns(rows, first)
        for field in self._others:
            cells = [row.get(field.name) for row in rows]
            made[field.name] = _READERS[field.kind](cells, field.name, first)
        return {name: _known(cells, self._words.get(name, ())) for name, cells in made.items()}

    def _number_columns(self, rows: Sequence[Mapping[str, object]], first: int) -> dict[str, Array]:
        """All fields that are numbers. They are read at once where all is well, else one by one, to find the place."""
        values = _all_numbers([row.get(name) for name in self._numbers for row in rows])
        if values is not None:
            return dict(zip(self._numbers, values.reshape(len(self._numbers), len(rows)), strict=True))
        return {name: _numbers([row.get(name) for row in rows], name, first) for name in self._numbers}

    def _ids(self, rows: Sequence[Mapping[str, object]], first: int) -> list[str | None]:
        if self._id is None:
            return [None] * len(rows)
        name = self._id
        return [_id(row.get(name), first + place, name) for place, row in enumerate(rows)]

    def _placed(self, features: Mapping[str, Array], ids: Sequence[str | None]) -> list[PlacedRow]:
        rule = self.segmentation.rule
        numbers = self._grid.numbers(features)
        grid = self._grid.rows(numbers, features)
        by_segment = np.minimum.reduceat(self._scores(grid), self._starts, axis=1)
        norm = 0.0 if rule.pairs else (grid * grid).sum(axis=1)
        rows = np.arange(len(grid))
        best = by_segment.argmin(axis=1)
        lowest = by_segment[rows, best]
        far = np.zeros(len(grid), dtype=bool) if rule.cutoff is None else lowest + norm > float(rule.cutoff)
        second, confidence = self._runner_up(by_segment, rows, best, lowest, norm)
        absent, unknown = self._absent(numbers, features)
        outside = (numbers < self._minimum) | (numbers > self._maximum)
        flags = (absent, _names_by_row(self._grid.names, outside), _names_by_row(*self._new(features, len(grid))))
        lists = zip(ids, best.tolist(), second, confidence, unknown, far.tolist(), *flags, strict=True)
        return [self._one(*parts) for parts in lists]

    def _absent(self, numbers: Array, features: Mapping[str, Array]) -> tuple[list[tuple[str, ...]], list[bool]]:
        """The features that are missing of each row, and where all are."""
        flags = dict(zip(self._grid.names, np.isnan(numbers).T, strict=True))
        flags |= {name: missing(features[name]) for name, _ in self._levels}
        matrix = np.array([flags[name] for name in features]).T
        unknown: Array = np.logical_and.reduce(matrix, axis=1)
        return _names_by_row(tuple(features), matrix), unknown.tolist()

    def _runner_up(
        self, by_segment: Array, rows: Array, best: Array, lowest: Array, norm: Array | float
    ) -> tuple[list[int | None], list[float]]:
        if len(self._segments) == 1:
            return [None] * len(rows), [1.0] * len(rows)
        others = by_segment.copy()
        others[rows, best] = np.inf
        second = others.argmin(axis=1)
        d1 = np.sqrt(np.maximum(lowest + norm, 0.0))
        d2 = np.sqrt(np.maximum(others[rows, second] + norm, 0.0))
        both = d1 + d2
        confidence = np.where(both > 0, (d2 - d1) / np.where(both > 0, both, 1.0), 0.0)
        return second.tolist(), confidence.tolist()

    def _one(
        self,
        own_id: str | None,
        best: int,
        second: int | None,
        confidence: float,
        unknown: bool,
        far: bool,
        absent: tuple[str, ...],
        outside: tuple[str, ...],
        new: tuple[str, ...],
    ) -> PlacedRow:
        segment = NO_DATA if unknown else NOISE if far else self._segments[best]
        sure = not (unknown or far)
        runner_up = self._segments[second] if sure and second is not None else None
        return PlacedRow(
            own_id, segment, self._named[segment], confidence if sure else None, runner_up, absent, outside, new
        )

    def _new(self, features: Mapping[str, Array], n: int) -> tuple[tuple[str, ...], Array]:
        names = tuple(name for name, _ in self._levels)
        cells = [[cell is not None and cell not in levels for cell in features[name]] for name, levels in self._levels]
        return names, np.array(cells, dtype=bool).reshape(len(names), n).T


def fields_of(segmentation: Segmentation) -> tuple[Field, ...]:
    """What may be given of a customer: the columns that the segments rest on, in name order, and first the id."""
    recipe = segmentation.recipe
    needed = recipe.needed
    alone = {f.sources[0]: f for f in recipe.clustered if len(f.sources) == 1 and not f.over}
    scales = {s.feature.name: s for s in recipe.scales}
    known = {p.feature.name: p.levels for p in recipe.levels}
    found = [] if recipe.id_column is None else [Field(recipe.id_column, "id", "Customer id", "id")]
    for column in recipe.columns:
        if column.name not in needed or column.name == recipe.id_column:
            continue
        feature = alone.get(column.name)
        levels = () if feature is None else known.get(feature.name) or _level_names(feature)
        scale = None if feature is None else scales.get(feature.name)
        seen = None if scale is None else _seen(scale, recipe)
        found.append(_field(column.name, column.reading.kind, feature, seen, levels))
    return tuple(found)


def _seen(scale: Scale, recipe: Recipe) -> tuple[float, float, float] | None:
    """The usual, the lowest and the highest value of the one column of a feature; None where they are not known."""
    if scale.feature.bins is not None:
        return None
    if scale.feature.operation == "column":
        return scale.fill, scale.minimum, scale.maximum
    if scale.feature.operation == "years_since_year" and recipe.as_of is not None:
        year = recipe.as_of.year
        return year - scale.fill, year - scale.maximum, year - scale.minimum
    return None


def _level_names(feature: Feature) -> tuple[str, ...]:
    if feature.operation == "level":
        return step_names(feature.levels)
    return feature.levels if feature.operation == "flag" else ()


def _field(
    name: str,
    kind: Kind,
    feature: Feature | None,
    seen: tuple[float, float, float] | None,
    levels: tuple[str, ...],
) -> Field:
    label = name if feature is None or feature.operation != "column" else feature.label
    own = feature.unit if feature is not None and feature.operation == "column" else "number"
    unit: Any = {"date": "date", "text": "category"}.get(kind, own)
    symbol = feature.symbol if feature is not None else ""
    usual, lowest, highest = seen or (None, None, None)
    return Field(name, kind, label, unit, symbol, usual, lowest, highest, levels)


def _all_numbers(cells: list[object]) -> Array | None:
    """The cells as numbers, NaN for missing; None where one cannot be used."""
    kinds = set(map(type, cells))
    empty = type(None) in kinds
    if not kinds <= _PLAIN:
        return None
    given: list[Any] = [math.nan if cell is None else cell for cell in cells] if empty else cells
    try:
        values = np.array(given, dtype=np.float64)
    except OverflowError:
        return None
    good = int(np.count_nonzero(np.abs(values) <= LARGEST_USED))  # not a number is no size at all
    return values if good == len(cells) - (cells.count(None) if empty else 0) else None


def _numbers(cells: list[object], name: str, first: int) -> Array:
    kinds = set(map(type, cells))
    empty = type(None) in kinds
    kinds.discard(type(None))
    if kinds and kinds not in _NUMBERS:
        place = next(i for i, cell in enumerate(cells) if cell is not None and type(cell) not in (float, int))
        raise RowError("must be a number or null", first + place, name)
    if int in kinds:
        _check_sizes(cells, name, first)
    given: list[Any] = [math.nan if cell is None else cell for cell in cells] if empty else cells
    values = np.array(given, dtype=np.float64)
    good = np.abs(values) <= LARGEST_USED  # not a number is no size at all
    if not good.all():
        bad = next((i for i, cell in enumerate(cells) if cell is not None and not good[i]), None)
        if bad is not None:
            raise RowError(_FINITE, first + bad, name)
    return values


def _check_sizes(cells: list[object], name: str, first: int) -> None:
    for place, cell in enumerate(cells):
        if isinstance(cell, int) and abs(cell) > LARGEST_USED:
            raise RowError(_FINITE, first + place, name)


def _known(cells: Array, words: Sequence[str]) -> Array:
    """The cells without what stands for "missing"."""
    if not words:
        return cells
    if cells.dtype == np.float64:
        return np.where(np.isin(cells, said_by(words)), math.nan, cells)
    return np.array([None if str(cell) in words else cell for cell in cells], dtype=object)


def _texts(cells: list[object], name: str, first: int) -> Array:
    made = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        if cell is None:
            continue
        if not isinstance(cell, str):
            raise RowError("must be text or null", first + place, name)
        made[place] = _checked(cell, first + place, name).strip() or None
    return made


def _dates(cells: list[object], name: str, first: int) -> Array:
    made = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        if cell is None:
            continue
        made[place] = _day(cell)
        if made[place] is None:
            raise RowError("must be a date as YYYY-MM-DD, or null", first + place, name)
    return made


def _day(cell: object) -> date | None:
    if type(cell) is date:
        return cell
    if not isinstance(cell, str) or not _DAY.fullmatch(cell):
        return None
    try:
        return date.fromisoformat(cell)
    except ValueError:  # no day of the calendar
        return None


_READERS = {"number": _numbers, "text": _texts, "date": _dates}


def _id(cell: object, place: int, name: str) -> str | None:
    if cell is None:
        return None
    if (type(cell) is int or (type(cell) is float and cell.is_integer())) and abs(cell) <= LARGEST_ID:
        return str(int(cell))  # to JSON 7.0 is a whole number
    if isinstance(cell, str):
        return _checked(cell, place, name)
    raise RowError("must be text; send ids as strings", place, name)


def _checked(text: str, place: int, name: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise RowError(f"must be text of at most {LONGEST_TEXT} characters", place, name)
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise RowError("must be text without halves of characters (lone surrogates)", place, name)
    return text


def _names_by_row(names: Sequence[str], flags: Array) -> list[tuple[str, ...]]:
    """The names that are flagged, for each row of (n, names) flags."""
    if not flags.any():
        return [()] * len(flags)
    return [tuple(itertools.compress(names, row)) for row in flags.tolist()]
