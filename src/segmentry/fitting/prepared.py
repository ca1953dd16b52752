"""From customers with their features to what a search works on: the recipe, and the sample on its grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.clusters.rfm.cells import RfmCells, cells_of
from segmentry.clusters.rfm.grid import RfmGrid
from segmentry.errors import Notice
from segmentry.features.customers import Customers, feature_values, learn_recipe
from segmentry.features.grid import KNOWN, axis_expressions, is_known
from segmentry.features.recipe import Recipe
from segmentry.features.rfm import with_scores
from segmentry.features.sample import on_grid


@dataclass(frozen=True)
class Prepared:
    """Customers and the recipe learned from them; `grid` (whole numbers) and `values` are of the sample's rows."""

    customers: Customers
    recipe: Recipe
    grid: np.ndarray
    values: Mapping[str, np.ndarray]
    notices: tuple[Notice, ...]
    cells: RfmCells | None = None  # the grid of segments, where the method is one

    @property
    def n_customers(self) -> int:
        """Customers of the table, as far as known before all are counted."""
        return len(self.grid) if self.customers.sample.whole else self.customers.table.rows_read

    @property
    def everyone(self) -> nw.LazyFrame[Any]:
        """All customers with their features and axes, and KNOWN where any feature is."""
        known = is_known(self.recipe).alias(KNOWN)
        return self.customers.frame.with_columns(*axis_expressions(self.recipe), known)


def prepare(customers: Customers, rfm: RfmGrid | None = None) -> Prepared:
    """Learn the recipe, and put the customers of the sample of whom any feature is known on its grid.

    With an RFM grid the recipe rests on the scores that it asks for.
    """
    if rfm is None:
        values = feature_values(customers)
        recipe, notices = learn_recipe(customers, values)
    else:
        customers, values, recipe, notices = with_scores(customers, rfm.axes, rfm.scores)
    grid, known = on_grid(customers.sample, customers.identity, recipe)
    return Prepared(
        customers,
        recipe,
        grid[known],
        {name: column[known] for name, column in values.items()},
        tuple(notices),
        cells_of(recipe, rfm) if rfm is not None else None,
    )
