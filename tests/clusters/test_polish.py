"""Lloyd passes as queries."""

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl

from segmentry.clusters.kmeans import settle
from segmentry.clusters.polish import polish
from segmentry.features.grid import AXIS
from segmentry.features.recipe import GRID


def _frame(grid):
    return nw.from_native(pl.LazyFrame({f"{AXIS}{i}": column for i, column in enumerate(grid.T)}))


def test_queries_and_arrays_settle_on_the_same_centres():
    """Polishing a table gives exactly what settling the same rows in memory gives."""
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0, 0], [4, 0, 1], [0, 5, 2], [3, 4, -4]])
    grid = np.floor((centres[np.arange(3000) % 4] + rng.normal(size=(3000, 3))) * 1024)
    start = grid[:4]
    in_memory = settle(grid, start)
    as_query = polish(_frame(grid), ["0", "1", "2"], start)
    assert as_query.ended == "nothing moved any more"
    assert (as_query.centres == in_memory.centres).all()
    assert as_query.inertia == in_memory.inertia / GRID**2
    assert sum(as_query.sizes) == 3000


def test_polishing_does_not_depend_on_row_order():
    """The centres, sizes and inertia are the same bits for shuffled rows."""
    rng = np.random.default_rng(1)
    grid = np.floor(rng.normal(size=(5000, 2)) * 1024)
    first = polish(_frame(grid), ["0", "1"], grid[:3])
    second = polish(_frame(rng.permutation(grid)), ["0", "1"], grid[:3])
    assert (first.centres == second.centres).all()
    assert first.inertia == second.inertia
    assert first.sizes == second.sizes


def test_an_empty_prototype_stays_where_it_is():
    """A centre that nobody is near keeps its place and counts nobody."""
    grid = np.array([[0.0], [1.0], [2.0]])
    found = polish(_frame(grid), ["0"], np.array([[1.0], [16000.0]]))
    assert found.sizes == (3, 0)
