"""Several methods on the same customers: which agree, which hold when customers are drawn anew, which to take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from segmentry.clusters.exemplars import typical_points
from segmentry.clusters.grouping import Grouping, Layout, ruled
from segmentry.clusters.methods import method_called
from segmentry.clusters.names import METHODS, STATED, known_method
from segmentry.errors import SettingsError
from segmentry.features.customers import column_beside, feature_values, learn_recipe
from segmentry.features.rfm import axis_values
from segmentry.features.sample import evenly_spaced, on_grid
from segmentry.fitting.beginning import customers_of, read_given
from segmentry.fitting.comparing_grids import by_rfm_grid, measures_of
from segmentry.fitting.settings import FitSettings, settings_after, with_arguments
from segmentry.fitting.sources import one_source, or_customers
from segmentry.fitting.succeeding import predecessor
from segmentry.profiles.comparison import Compared, Comparison, recommend
from segmentry.quality.stability import adjusted_rand, interval, pair_agreement
from segmentry.segmentation import Segmentation
from segmentry.selection import Search, SelectionSettings, search_segments
from segmentry.selection.refits import PAIRS, refitted
from segmentry.selection.refits import ROWS as ROWS_REFITTED
from segmentry.tables import Table, as_names

ROWS = 4_000
_Grouped = tuple[Compared, np.ndarray]  # a grouping's figures, and the group of each row
ALL = tuple(method for method in METHODS if method not in STATED)


def compare(
    source: Any = None,
    *,
    orders: Any = None,
    customers: Any = None,
    methods: Sequence[str] | str = (),
    k: int | str | None = None,
    features: Sequence[str] | str = (),
    seed: int | None = None,
    columns: Sequence[str] | str = (),
    previous: Segmentation | None = None,
    settings: FitSettings | None = None,
) -> Comparison:
    """Groups the customers by each method and says how good, how steady and how alike the groupings are.

    `methods` are all that search for groups unless named; rfm divides by the grid of the settings. `columns` are
    existing segmentations in the table, compared with the rest and not used as features. It rests on at most 4,000
    customers, the same for all. `source`, `orders`, `customers` and `previous` are those of a fit, and arguments win
    over `settings`: what is compared is what a fit of these would choose from.
    Raises a SegmentryError that says what is wrong, what was found and what to do.
    """
    base, after = with_arguments(settings, features=features, k=k, seed=seed), predecessor(previous, None)
    base = base if after is None else settings_after(after.segmentation, base)
    selection = base.selection
    names = tuple(dict.fromkeys(map(known_method, as_names(methods, "methods") or ALL)))
    columns = as_names(columns, "columns")
    given = read_given(one_source(source, orders, customers), base, after)
    _check_columns(columns, given.table)
    with or_customers(given.guessed):
        # An earlier segmentation must not be what the new ones are made of.
        prepared = customers_of(given, base, after, dict.fromkeys(columns, "leak"))
    values = feature_values(prepared)
    recipe, _ = learn_recipe(prepared, values)
    grid, known = on_grid(prepared.sample, prepared.identity, recipe)
    places = np.flatnonzero(known)
    places = places[evenly_spaced(len(places), ROWS)]
    grid, layout = grid[places], Layout.of(recipe)
    found: list[_Grouped] = []
    seconds = {}
    for name in names:
        start = time.perf_counter()
        if name in STATED:
            looked_at = axis_values(prepared, values, base.stated_grid.axes)
            cells = {axis: column[places] for axis, column in looked_at.items()}
            found.append(by_rfm_grid(grid, base.stated_grid, cells, selection.seed))
        else:
            found.append(_by_method(grid, layout, selection.model_copy(update={"method": name})))
        seconds[name] = time.perf_counter() - start
    for column in columns:
        found.append(_by_column(grid, layout, column, column_beside(prepared, column)[places], selection.seed))
    return _compared(found, len(grid), given.table.rows_read, seconds)


def _check_columns(columns: Sequence[str], table: Table) -> None:
    missing = [c for c in columns if c not in table.names]
    if missing:
        raise SettingsError(
            f"There is no column '{missing[0]}' to compare with.",
            found=", ".join(table.names),
            remedy="Name a column of the table with --compare-with.",
        )


def _compared(found: Sequence[_Grouped], rows: int, rows_read: int, seconds: dict[str, float]) -> Comparison:
    listed = tuple(compared for compared, _ in found)
    agreement = tuple(tuple(adjusted_rand(a + 1, b + 1) for _, b in found) for _, a in found)
    chosen, reason = recommend(listed)
    return Comparison(listed, agreement, chosen, reason, rows, rows_read, seconds)


def _by_method(grid: np.ndarray, layout: Layout, selection: SelectionSettings) -> _Grouped:
    search = search_segments(grid, selection, layout=layout)
    best = search.best
    chosen = next(c for c in search.candidates if c.k == search.k)
    moved = best.changed if isinstance(best, Grouping) else 0.0
    return Compared(
        name=selection.method,
        k=search.k,
        silhouette=chosen.silhouette,
        calinski_harabasz=chosen.calinski_harabasz,
        davies_bouldin=chosen.davies_bouldin,
        stability=_stability(grid, layout, selection, search),
        moved=moved,
        noise=float((best.labels < 0).mean()),
        sizes=chosen.sizes,
    ), best.labels


def _stability(grid: np.ndarray, layout: Layout, selection: SelectionSettings, search: Search) -> float | None:
    """The mean adjusted Rand index of pairs of fits on bootstrap samples; all rows are placed by both rules."""
    if search.k < 2:
        return None
    refits = search.refits
    if refits is None:  # k-means: fitted again in the same way as the others, so that the figures compare
        rows = grid[evenly_spaced(len(grid), ROWS_REFITTED)]
        method = method_called(selection.method, layout)
        refits = refitted(method, layout, rows, search.k, selection.seed, 2 * PAIRS)
    return interval(pair_agreement(refits.labels)).mean


def _by_column(grid: np.ndarray, layout: Layout, column: str, values: np.ndarray, seed: int) -> _Grouped:
    """An existing segmentation: its levels are the groups, an empty cell is in none."""
    levels = sorted({str(v) for v in values if v is not None})
    number = {level: place for place, level in enumerate(levels)}
    labels = np.array([-1 if v is None else number[str(v)] for v in values])
    if len(levels) > len(grid) // 2 or not levels:
        raise SettingsError(
            f"'{column}' is no segmentation: it has {len(levels)} levels.",
            remedy="Name another column to compare with.",
        )
    inside = labels >= 0
    rule, own = typical_points(grid, labels, layout.axes, seed)
    changed = ruled(grid[inside], rule, own[inside], np.arange(int(inside.sum()))).changed
    return Compared(
        name=column,
        k=len(levels),
        stability=None,
        moved=changed,
        noise=float((~inside).mean()),
        existing=True,
        **measures_of(grid[inside], labels[inside]),
    ), labels
