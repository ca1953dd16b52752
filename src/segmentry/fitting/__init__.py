"""The whole way on one page: from a source to a segmentation.

Reading, deriving, searching, polishing and describing are each done in their own room; this page only joins them.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

import segmentry
from segmentry.clusters.grouping import Layout
from segmentry.clusters.limits import SizeLimits
from segmentry.clusters.names import STATED
from segmentry.clusters.polish import on_axes
from segmentry.features.customers import Customers
from segmentry.features.grid import KNOWN
from segmentry.features.sample import words_digest
from segmentry.fitting.beginning import customers_of, read_given
from segmentry.fitting.bought import study_orders
from segmentry.fitting.explained import explain_segments
from segmentry.fitting.final import Final, own_answer, possible, settle_on_all
from segmentry.fitting.prepared import Prepared, prepare
from segmentry.fitting.profiled import Profiled, profile_segments
from segmentry.fitting.segments import Heritage, one_sided_notices, size_notices
from segmentry.fitting.settings import FitSettings as FitSettings
from segmentry.fitting.settings import settings_after, with_arguments
from segmentry.fitting.sources import Source, one_source, or_customers
from segmentry.fitting.succeeding import (
    Past,
    Predecessor,
    inherit,
    look_back,
    predecessor,
    previous_centres,
    succession_notices,
    succession_of,
)
from segmentry.fitting.trust import measure_stability, stability_notices, with_weakest
from segmentry.fitting.view import make_view
from segmentry.profiles.baseline import learn_baselines
from segmentry.profiles.stability import SolutionStability
from segmentry.prototypes.assign import nearest
from segmentry.prototypes.everyone import Before, Placing, place_everyone
from segmentry.segmentation import Provenance, Segmentation, rename
from segmentry.selection import Search, search_segments
from segmentry.tables import ROW, Table, held

NO_SEGMENT = -1  # the place of a row that is noise
Step = Callable[[str], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Fitted:
    """A segmentation, the table it was fitted on, and what places its customers, also by the rule of the fit before:
    for those who write these next."""

    segmentation: Segmentation
    table: Table
    placing: Placing
    before: Before | None = None


def fit(
    source: Any = None,
    *,
    orders: Any = None,
    customers: Any = None,
    k: int | str | None = None,
    features: Sequence[str] | str = (),
    seed: int | None = None,
    as_of: date | str | None = None,
    method: str | None = None,
    previous: Segmentation | None = None,
    min_agreement: float | None = None,
    settings: FitSettings | None = None,
) -> Segmentation:
    """Segments of the customers in `source`, a path or a pandas or Polars frame with a row per customer.

    `orders` gives purchases instead, with a row per order or order line; `customers`, a table to join them to by id. A
    `source` whose columns say that a row is a purchase is taken as orders too; `customers` alone never are.
    `k` is a number, a range such as "2-10", or "auto" (the default). `features` names columns or derived features, in a
    list or in a text with commas; none takes the small default set. `seed` is 0 unless stated. `as_of` is a date, a
    time of which the day counts, or a text such as "2026-01-31". `method` is "k-means" unless stated; `docs/methods.md`
    names the others. `previous` is an earlier segmentation of the same shop: segments that are still there keep their
    id, colour and own name, and what is not stated is as it was then; with `min_agreement`, a share, at least so many
    customers must keep their segment. `settings` states anything else; arguments win over it.
    Raises a SegmentryError that says what is wrong, what was found and what to do.
    """
    chosen = with_arguments(settings, features=features, as_of=as_of, k=k, seed=seed, method=method)
    after = predecessor(previous, min_agreement)
    if after is not None:
        chosen = settings_after(after.segmentation, chosen)
    return fit_source(one_source(source, orders, customers), chosen, after=after).segmentation


def fit_source(
    source: Any,
    settings: FitSettings,
    step: Step = lambda _: nullcontext(),
    *,
    after: Predecessor | None = None,
) -> Fitted:
    """The main job. `step` is entered with the name of each step, for those who show progress or measure time. `after`
    is what the fit follows; `settings_after` gives the settings of such a fit."""
    with step("read"):
        given = read_given(source, settings, after)
    with or_customers(given.guessed):
        return _fitted(given, settings, step, after)


def _fitted(given: Source, settings: FitSettings, step: Step, after: Predecessor | None) -> Fitted:
    with step("roles"):
        customers = customers_of(given, settings, after)
    with step("features"):
        prepared = prepare(customers, settings.grid)
        past = None if after is None else look_back(after, customers)
    search, final, placing = _settled(prepared, settings, step, past)
    with step("profile"):
        kept = None if past is None else inherit(past, prepared, final.rule, placing)
        heritage = Heritage() if kept is None else kept.heritage
        profiled = profile_segments(prepared, final, placing, settings.playbook, heritage)
    with step("stability"):
        layout = Layout.of(prepared.recipe)
        stability, profiled = _with_stability(prepared.grid, layout, profiled, search, final, settings)
    with step("evidence"):
        evidence, tree, questions = explain_segments(prepared, profiled, placing)
    found = _segmentation(prepared, search, final, profiled, settings)
    with step("baskets"):
        baskets, over_time = study_orders(found, given)
    succession = None if kept is None else succession_of(kept, profiled.renamed, profiled.segments)
    segmentation = replace(
        found,
        notices=(*given.notices, *found.notices, *succession_notices(succession, past)),
        succession=succession,
        purchases=given.purchases,
        orders=given.orders,
        baskets=baskets,
        over_time=over_time,
        value=given.value,
        holdout=given.holdout,
        stability=stability,
        evidence=evidence,
        tree=tree,
        questions=questions,
    )
    before = None if past is None else past.before
    return Fitted(rename(segmentation, settings.names), given.table, placing, before)


def _settled(prepared: Prepared, settings: FitSettings, step: Step, past: Past | None) -> tuple[Search, Final, Placing]:
    """What was found on the sample, the rule that holds for everyone, and everyone's place in it.

    The grid of all customers is let go of with this function.
    """
    recipe, limits = prepared.recipe, SizeLimits(settings.min_size, settings.max_size)
    selection = possible(settings.selection, limits, prepared.n_customers)
    # The search is on the sample and leaves a processor free, which puts everyone on the grid meanwhile.
    with held(on_axes(prepared.everyone, recipe.axes)) as grid_of_all:
        with step("search"):
            start = None if past is None or selection.method != "k-means" else previous_centres(past, prepared)
            layout = Layout.of(recipe)
            search = search_segments(prepared.grid, selection, layout=layout, method=prepared.cells, start=start)
        with step("polish"):
            known = grid_of_all().filter(nw.col(KNOWN)).drop(KNOWN, ROW, strict=False)
            final = settle_on_all(known, recipe.axes, search, prepared.grid, limits)
            return search, final, place_everyone(prepared.customers.table, recipe, final.rule, grid_of_all())


def _segmentation(
    prepared: Prepared, search: Search, final: Final, profiled: Profiled, settings: FitSettings
) -> Segmentation:
    customers = prepared.customers
    return Segmentation(
        recipe=prepared.recipe,
        rule=profiled.rule,
        segments=profiled.segments,
        profile=profiled.profile,
        candidates=search.candidates,
        method=search.method,
        k=len(profiled.segments),
        reason=search.reason,
        verdict=search.verdict,
        verdict_words=with_weakest(search.verdict_words, profiled.segments),
        inertia=final.inertia,
        polish=final.polish,
        knee=search.knee,
        roles=tuple(
            {"column": r.column, "role": r.role, "reason": r.reason}
            for r in sorted(customers.roles, key=lambda r: r.column)
        ),
        notices=(
            *customers.notices,
            *prepared.notices,
            *search.notices,
            *final.notices,
            *profiled.notices,
            *size_notices(profiled.segments, profiled.profile),
            *one_sided_notices(profiled.segments, profiled.profile),
            *stability_notices(profiled.segments),
        ),
        provenance=_provenance(customers, profiled.n_customers + final.noise, settings),
        own_answer=own_answer(search, profiled.renamed),
        n_noise=final.noise,
        source_notices=customers.table.notices,
        baselines=learn_baselines(prepared.recipe, prepared.values),
        view=make_view(profiled.rule, prepared.recipe, prepared.grid, prepared.values, search),
    )


def _with_stability(
    grid: np.ndarray, layout: Layout, profiled: Profiled, search: Search, final: Final, settings: FitSettings
) -> tuple[SolutionStability | None, Profiled]:
    rule, segments = profiled.rule, profiled.segments
    # A table that is stated beforehand divides any draw of customers alike: there is nothing to measure.
    if search.method in STATED or len(segments) < 2 or not settings.stability_pairs:
        return None, profiled
    places = {s.id: place for place, s in enumerate(segments)}
    whole, of_each = measure_stability(
        grid,
        np.array([*(places[o] for o in rule.owners), NO_SEGMENT])[nearest(rule, grid)],
        segments,
        search,
        layout,
        customers=profiled.n_customers,
        seed=settings.selection.seed,
        pairs=settings.stability_pairs,
    )
    if final.limited:
        # The fits that they would be looked for in have no limits: each would seem unstable because of its limit.
        return whole, profiled
    trusted = tuple(replace(s, stability=one) for s, one in zip(segments, of_each, strict=True))
    return whole, replace(profiled, segments=trusted)


def _provenance(customers: Customers, n_customers: int, settings: FitSettings) -> Provenance:
    rows, sample = customers.table.rows_read, customers.sample
    words = words_digest(sample, customers.table.columns, customers.identity if customers.id_column else None)
    return Provenance(
        fingerprint=hashlib.sha256(f"{rows}:{sample.key_total}:{words}".encode()).hexdigest()[:16],
        n_customers=n_customers,
        n_no_data=rows - n_customers,
        seed=settings.selection.seed,
        settings=settings.model_dump(mode="json", exclude={"reading", "today"}, exclude_defaults=True),
        versions={"segmentry": segmentry.__version__, "python": platform.python_version(), "numpy": np.__version__},
    )
