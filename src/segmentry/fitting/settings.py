"""Everything a fit can be told: what was said, what was said beside it, and what an earlier fit was told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from segmentry.clusters.names import FIND_K, STATED
from segmentry.clusters.rfm.grid import BUILT_IN, RfmGrid, rfm_grid
from segmentry.errors import ModelFileError
from segmentry.features.choice import FeatureSettings
from segmentry.fitting.trust import PAIRS
from segmentry.profiles.playrules import Playbook
from segmentry.purchases import PurchaseSettings
from segmentry.segmentation import Segmentation
from segmentry.selection import SelectionSettings
from segmentry.tables import Day, ReadingSettings, as_day, as_names, check_kind, checked
from segmentry.value import ValueSettings

# What holds of a fit after another as it stands. Names do not: the segments carry theirs. Nor does the day.
_CARRIED = ("id", "on_duplicate", "stability_pairs", "min_size", "max_size", "rfm_grid", "playbook")
_LIMITS = ("min_size", "max_size")
_FEWEST = 2  # segments that can be asked for
Part = TypeVar("Part", bound=BaseModel)


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


def with_arguments(
    base: FitSettings | None, *, features: object = (), as_of: object = None, **selection: object
) -> FitSettings:
    """The settings with what was said beside them, which wins. None, and no features, say nothing."""
    base = FitSettings() if base is None else base
    check_kind(base, FitSettings, "settings should be FitSettings.", "Pass sg.FitSettings(...), or k=5 by itself.")
    # What was not said stays unsaid: a fit after another takes it from that one.
    said = {name: value for name, value in selection.items() if value is not None}
    stated: dict[str, Any] = {}
    if said:
        before = base.selection
        own = {name: getattr(before, name) for name in before.model_fields_set}
        stated["selection"] = checked(SelectionSettings, {**own, **said})
    names = as_names(features, "features")
    if names:
        stated["features"] = base.features.model_copy(update={"features": names})
    if as_of is not None:
        stated["as_of"] = as_day(as_of)
    return base.model_copy(update=stated)


def settings_after(previous: Segmentation, settings: FitSettings) -> FitSettings:
    """The settings of a fit after another: what they do not state is as that one had it.

    The features are those that its segments rest on, and k is how many there are, unless the method finds it. Raises
    ModelFileError where another version stored settings that this one cannot take.
    """
    before = _told(previous)
    method = settings.selection.method if _states(settings.selection, "method") else previous.method
    stated = {name: getattr(before, name) for name in _CARRIED if _states(before, name) and not _states(settings, name)}
    if method in FIND_K:
        stated = {name: value for name, value in stated.items() if name not in _LIMITS}
    trend = {} if previous.purchases is None else {"trend_days": previous.purchases.trend_days}
    return settings.model_copy(
        update={
            **stated,
            "selection": _after(_selection(previous, method), settings.selection),
            "features": _features(previous, before.features, settings.features, method),
            "orders": _after(before.orders.model_copy(update=trend), settings.orders),
            "value": _after(before.value, settings.value),
        }
    )


def _told(previous: Segmentation) -> FitSettings:
    try:
        return FitSettings.model_validate_json(json.dumps(previous.provenance.settings))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ModelFileError(
            "The settings of the previous segmentation cannot be taken over.",
            found=".".join(str(part) for part in first["loc"]),
            remedy="Another version of segmentry wrote it: fit without it, and state the settings.",
        ) from None


def _states(model: BaseModel, name: str) -> bool:
    return name in model.model_fields_set


def _after(before: Part, settings: Part) -> Part:
    """One part of the settings, with what it states in place of what was stated before."""
    return before.model_copy(update={name: getattr(settings, name) for name in settings.model_fields_set})


def _selection(previous: Segmentation, method: str) -> SelectionSettings:
    seed = previous.provenance.seed
    if method in FIND_K or previous.k < _FEWEST:
        return SelectionSettings(method=method, seed=seed)
    return SelectionSettings(method=method, seed=seed, k=previous.k)


def _features(previous: Segmentation, before: FeatureSettings, now: FeatureSettings, method: str) -> FeatureSettings:
    names = before.features
    if not names and method not in STATED:
        names = tuple(f.measured for f in previous.recipe.clustered)
    return FeatureSettings(
        features=now.features if _states(now, "features") else names,
        roles={**before.roles, **now.roles},
        purposes={**before.purposes, **now.purposes},
    )
