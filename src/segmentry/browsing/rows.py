"""Customers laid out for many small questions: every cell as it was, every feature, segment and confidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.browsing.chosen import Chosen
from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE, axis_expressions, is_known, with_features
from segmentry.features.recipe import Recipe
from segmentry.prototypes.assign import CONFIDENCE, RUNNER_UP, SEGMENT, with_segment
from segmentry.scoring.score import OUTPUT, PREVIOUS, read_like, score_table
from segmentry.segmentation import Segmentation
from segmentry.tables import (
    ROW,
    ReadingSettings,
    Table,
    collect_rows,
    count_rows,
    free_names,
    has_id,
    kept_on_disk,
    write_table,
)

ROWS = "customers.parquet"
SOURCE = "source.parquet"
DEEPEST = 10_000  # rows that one may turn pages through; beyond it sorting and searching find more than turning
MOST_TEXT = 12  # columns of text that a search looks through


@dataclass(frozen=True)
class Page:
    """Some customers, a row each with its cells as text, and how many there are in all."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    total: int
    number: int
    size: int

    @property
    def last(self) -> int:
        """The number of the last page that one may turn to; pages count from 1."""
        return _last_page(self.total, self.size)


@dataclass(frozen=True)
class CustomerRows:
    """All customers of a segmentation, lazily. `table.frame` has the features, the segment and the confidence too."""

    table: Table
    recipe: Recipe
    features: tuple[Feature, ...]
    count: int

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The cells that a search looks through: the ids, and columns that hold text."""
        own = self.recipe.id_column
        named = [c for c in self.table.columns if c.name == own]
        named += [c for c in self.table.columns if c.reading.kind == "text" and c.name != own]
        return tuple(c.raw or c.name for c in named[:MOST_TEXT])

    def chosen(self, choice: Chosen) -> nw.LazyFrame[Any]:
        """The rows that fulfil the choice."""
        condition = choice.condition(self.text_columns)
        return self.table.frame if condition is None else self.table.frame.filter(condition)

    def counted(self, choice: Chosen) -> int:
        return self.count if choice.is_everyone else count_rows(self.chosen(choice))

    def page(
        self, choice: Chosen, *, sort: str = "", descending: bool = False, number: int = 1, size: int = 25
    ) -> Page:
        """One page of the chosen customers, sorted by a column, by "confidence", or else in the source's order."""
        total = self.counted(choice)
        number = min(max(number, 1), _last_page(total, size))
        by = sort if sort in self.table.names else CONFIDENCE if sort == "confidence" else ROW
        frame = self.chosen(choice)
        order = [by] if by == ROW else [by, ROW]
        ways = [descending] if by == ROW else [descending, False]
        # Cells are fetched for the rows of the page alone: sorting whole rows would carry every cell along.
        turned = collect_rows(frame.select(*order).sort(*order, descending=ways, nulls_last=True).head(number * size))
        places = [int(r[ROW]) for r in turned[(number - 1) * size :]]
        cells = [nw.col(c.raw or c.name).alias(f"cell::{i}") for i, c in enumerate(self.table.columns)]
        found = collect_rows(
            self.table.frame.filter(nw.col(ROW).is_in(places)).select(ROW, SEGMENT, CONFIDENCE, RUNNER_UP, *cells)
        )
        by_place = {int(r[ROW]): r for r in found}
        return Page(self.table.names, tuple(self._shown(by_place[p]) for p in places), total, number, size)

    def _shown(self, row: dict[str, Any]) -> dict[str, str]:
        shown = {name: _text(row[f"cell::{i}"]) for i, name in enumerate(self.table.names)}
        confidence = row[CONFIDENCE]
        own = {
            SEGMENT: _text(row[SEGMENT]),
            RUNNER_UP: _text(row[RUNNER_UP]),
            CONFIDENCE: "" if confidence is None else f"{confidence:.2f}",
        }
        return shown | own

    def customer(self, identity: str) -> dict[str, Any] | None:
        """The features of the one customer with this id, as `score_one` takes them; None for none or several."""
        if self.recipe.id_column is None or self.recipe.id_column not in self.table.names:
            return None
        wanted = self.table.frame.filter(has_id(self.table, self.recipe.id_column, identity))
        rows = collect_rows(wanted.select(*(FEATURE + f.name for f in self.recipe.clustered)).head(2))
        if len(rows) != 1:
            return None
        return {f.name: rows[0][FEATURE + f.name] for f in self.recipe.clustered}

    def write(self, segmentation: Segmentation, choice: Chosen, path: Path) -> None:
        """The chosen customers with segment, name, confidence and runner-up, as the ending of `path` says; cells that
        a spreadsheet would run are neutralised. Raises OutputError when that cannot be written."""
        table = replace(self.table, frame=self.chosen(choice), source_kind="polars-lazy", origin=None)
        scored = score_table(segmentation, table, count=False)
        write_table(table, scored.frame, scored.added, path, for_spreadsheet=True, overwrite=True)

    def write_source(self, folder: Path) -> Path:
        """The customers as they came, without what segmentry added: what another fit starts from."""
        path = folder / SOURCE
        if not path.exists():
            table = replace(self.table, source_kind="polars-lazy", origin=None)
            write_table(table, table.frame, (), path, overwrite=True)
        return path

    @property
    def reading(self) -> ReadingSettings:
        """How the columns were read, so that another fit reads them alike."""
        read = [c for c in self.table.columns if c.raw is not None]
        return ReadingSettings(
            types={c.name: c.reading.kind for c in read},
            decimals={c.name: c.reading.decimal for c in read if c.reading.decimal is not None},
            date_formats={c.name: c.reading.date_format for c in read if c.reading.date_format is not None},
            missing=tuple(dict.fromkeys(word for c in self.table.columns for word in c.reading.missing)),
        )


def _last_page(total: int, size: int) -> int:
    return max(1, -(-min(total, DEEPEST) // size))


def lay_out(segmentation: Segmentation, labelled: str | Path, folder: str | Path) -> CustomerRows:
    """The customers of a file that `fit` labelled, laid out in `folder`; `folder` must outlive what comes back.

    Each gets the segment that the model gives. Raises what reading and scoring raise.
    """
    table = _without_labels(read_like(segmentation, labelled))
    recipe = segmentation.recipe
    features = tuple(f for f in (*recipe.clustered, *recipe.described) if {*f.sources, *f.over} <= set(table.names))
    derived = with_features(table.frame, features, recipe.as_of)
    placed = with_segment(derived.with_columns(*axis_expressions(recipe)), segmentation.rule, is_known(recipe))
    own = table.frame.collect_schema().names()
    wanted = [*own, *(FEATURE + f.name for f in features), SEGMENT, RUNNER_UP, CONFIDENCE]
    frame = kept_on_disk(placed.select(*wanted), Path(folder) / ROWS)
    return CustomerRows(replace(table, frame=frame, scratch=None), recipe, features, table.rows_read)


def _without_labels(table: Table) -> Table:
    """The table without the columns that labelling added last: four, or five where the fit followed another."""
    for added in (OUTPUT, (*OUTPUT, PREVIOUS)):
        names = table.names[: -len(added)]
        if table.names[-len(added) :] == tuple(free_names(added, names).values()):
            return replace(table, columns=table.columns[: len(names)])
    return table


def _text(value: Any) -> str:
    return "" if value is None else str(value)
