"""The whole way on one page: from a source to a segmentation.

Reading, deriving, searching, polishing and describing are each done in their own room; this page only joins them.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import narwhals.stable.v2 as nw
import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

import segmentry
from segmentry.clusters.grouping import Layout
from segmentry.clusters.limits import SizeLimits
from segmentry.clusters.names import STATED
from segmentry.clusters.polish import on_axes
from segmentry.clusters.rfm.grid import BUILT_IN, RfmGrid, rfm_grid
from segmentry.features.choice import FeatureSettings
from segmentry.features.customers import Customers, prepare_customers
from segmentry.features.grid import KNOWN
from segmentry.features.sample import words_digest
from segmentry.fitting.bought import study_orders
from segmentry.fitting.explained import explain_segments
from segmentry.fitting.final import Final, own_answer, possible, settle_on_all
from segmentry.fitting.prepared import Prepared, prepare
from segmentry.fitting.profiled import Profiled, profile_segments
from segmentry.fitting.segments import one_sided_notices, size_notices
from segmentry.fitting.sources import Source, one_source, or_customers, read_source
from segmentry.fitting.trust import PAIRS, measure_stability, stability_notices, with_weakest
from segmentry.fitting.view import make_view
from segmentry.profiles.baseline import learn_baselines
from segmentry.profiles.playrules import Playbook
from segmentry.profiles.stability import SolutionStability
from segmentry.prototypes.assign import nearest
from segmentry.prototypes.everyone import Placing, place_everyone
from segmentry.purchases import PurchaseSettings
from segmentry.segmentation import Provenance, Segmentation, rename
from segmentry.selection import Search, SelectionSettings, search_segments
from segmentry.tables import ROW, Day, ReadingSettings, Table, as_day, as_names, check_kind, checked, held
from segmentry.value import ValueSettings

NO_SEGMENT = -1  # the place of a row that is noise
Step = Callable[[str], AbstractContextManager[Any]]


def _grid(stated: object) -> object:
    return rfm_grid(stated) if isinstance(stated, (str, Path)) else stated


class FitSettings(BaseModel):
    """Everything a fit can be told; what is not said is worked out from the data.

    `today` only keeps dates in the future from becoming the as-of date; the library never asks the clock.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reading: ReadingSettings = ReadingSettings()
    features: FeatureSettings = FeatureSettings()
    selection: SelectionSettings = SelectionSettings()
    id: str | None = None
    as_of: Day | None = None
    today: date | None = None
    names: Mapping[str, str] = {}
    on_duplicate: Literal["error", "keep"] = "error"
    stability_pairs: int = Field(default=PAIRS, ge=0, le=10_000)  # 0 measures none
    min_size: int | None = Field(default=None, ge=1)  # customers in a segment, of all customers
    max_size: int | None = Field(default=None, ge=1)
    orders: PurchaseSettings = PurchaseSettings()  # where the source is a purchase log
    value: ValueSettings = ValueSettings()  # what its customers will be worth
    rfm_grid: Annotated[RfmGrid | None, BeforeValidator(_grid)] = None  # "eleven", "ten" or a TOML file; for method rfm
    playbook: Playbook | None = None  # none is the built-in one; `profiles.playrules.read_playbook` reads a file

    @property
    def grid(self) -> RfmGrid | None:
        """The RFM grid to divide by; None for every other method."""
        return self.stated_grid if self.selection.method == "rfm" else None

    @property
    def stated_grid(self) -> RfmGrid:
        """The RFM grid that was stated, else the first that is built in."""
        return self.rfm_grid or rfm_grid(BUILT_IN[0])

    @property
    def reading_by_role(self) -> ReadingSettings:
        """The reading with every column that is stated to be a category as text: a level's number is its name."""
        levels = {c: "text" for c, role in self.features.roles.items() if role in ("category", "sensitive")}
        return self.reading.model_copy(update={"types": {**levels, **self.reading.types}})


@dataclass(frozen=True)
class Fitted:
    """A segmentation, the table it was fitted on, and what places its customers: for those who write these next."""

    segmentation: Segmentation
    table: Table
    placing: Placing


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
    settings: FitSettings | None = None,
) -> Segmentation:
    """Segments of the customers in `source`, a path or a pandas or Polars frame with a row per customer.

    `orders` gives purchases instead, with a row per order or order line; `customers`, a table to join them to by id. A
    `source` whose columns say that a row is a purchase is taken as orders too; `customers` alone never are.
    `k` is a number, a range such as "2-10", or "auto" (the default). `features` names columns or derived features, in a
    list or in a text with commas; none takes the small default set. `seed` is 0 unless stated. `as_of` is a date, a
    time of which the day counts, or a text such as "2026-01-31". `method` is "k-means" unless stated; `docs/methods.md`
    names the others. `settings` states anything else; arguments win over it.
    Raises a SegmentryError that says what is wrong, what was found and what to do.
    """
    chosen = with_arguments(settings, features=features, as_of=as_of, k=k, seed=seed, method=method)
    return fit_source(one_source(source, orders, customers), chosen).segmentation


def with_arguments(
    base: FitSettings | None, *, features: object = (), as_of: object = None, **selection: object
) -> FitSettings:
    """The settings with what was said beside them, which wins. None, and no features, say nothing."""
    base = FitSettings() if base is None else base
    check_kind(base, FitSettings, "settings should be FitSettings.", "Pass sg.FitSettings(...), or k=5 by itself.")
    said = {name: value for name, value in selection.items() if value is not None}
    names = as_names(features, "features") or base.features.features
    return base.model_copy(
        update={
            "selection": checked(SelectionSettings, {**dict(base.selection), **said}),
            "features": base.features.model_copy(update={"features": names}),
            "as_of": base.as_of if as_of is None else as_day(as_of),
        }
    )


def fit_source(source: Any, settings: FitSettings, step: Step = lambda _: nullcontext()) -> Fitted:
    """The main job. `step` is entered with the name of each step, for those who show progress or measure time."""
    with step("read"):
        given = read_source(source, settings)
    with or_customers(given.guessed):
        return _fitted(given, settings, step)


def _fitted(given: Source, settings: FitSettings, step: Step) -> Fitted:
    with step("roles"):
        customers = prepare_customers(
            given.table,
            settings.features,
            id_column=given.id_column,
            on_duplicate=settings.on_duplicate,
            as_of=given.as_of,
            today=settings.today,
            made=given.made,
        )
    with step("features"):
        prepared = prepare(customers, settings.grid)
    search, final, placing = _settled(prepared, settings, step)
    with step("profile"):
        profiled = profile_segments(prepared, final, placing, settings.playbook)
    with step("stability"):
        layout = Layout.of(prepared.recipe)
        stability, profiled = _with_stability(prepared.grid, layout, profiled, search, final, settings)
    with step("evidence"):
        evidence, tree, questions = explain_segments(prepared, profiled, placing)
    found = _segmentation(prepared, search, final, profiled, settings)
    with step("baskets"):
        baskets, over_time = study_orders(found, given)
    segmentation = replace(
        found,
        notices=(*given.notices, *found.notices),
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
    return Fitted(rename(segmentation, settings.names), given.table, placing)


def _settled(prepared: Prepared, settings: FitSettings, step: Step) -> tuple[Search, Final, Placing]:
    """What was found on the sample, the rule that holds for everyone, and everyone's place in it.

    The grid of all customers is let go of with this function.
    """
    recipe, limits = prepared.recipe, SizeLimits(settings.min_size, settings.max_size)
    selection = possible(settings.selection, limits, prepared.n_customers)
    # The search is on the sample and leaves a processor free, which puts everyone on the grid meanwhile.
    with held(on_axes(prepared.everyone, recipe.axes)) as grid_of_all:
        with step("search"):
            search = search_segments(prepared.grid, selection, layout=Layout.of(recipe), method=prepared.cells)
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
