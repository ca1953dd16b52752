"""segmentry.toml and options -> FitSettings; all problems at once, each with the nearest valid name."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from segmentry.clusters.rfm.grid import BUILT_IN
from segmentry.errors import SettingsError
from segmentry.features.choice import FeatureSettings
from segmentry.fitting import FitSettings
from segmentry.profiles.playrules import Playbook, read_playbook
from segmentry.purchases import PurchaseSettings
from segmentry.selection import SelectionSettings
from segmentry.tables import ReadingSettings
from segmentry.value import ValueSettings

# Where each key of the file, and each option, lives in FitSettings.
_FEATURES = ("features", "roles", "purposes")
_SELECTION = ("k", "seed", "method")
_ORDERS = ("duplicates",)
_VALUE = ("estimate", "horizon_days", "margin", "discount")
_OWN = ("id", "as_of", "names", "on_duplicate", "playbook", "stability_pairs", "min_size", "max_size",
        "rfm_grid")  # fmt: skip
_AFTER = ("previous", "min_agreement")  # what a fit follows, which is no part of FitSettings
_FILES = ("playbook", "rfm_grid", "previous")  # names of files, next to the settings
KNOWN = (*_FEATURES, *_SELECTION, *_OWN, *_AFTER, "reading", "orders", "value")


def settings_from(
    config: Path | None, options: Mapping[str, Any], reading: Mapping[str, Any], today: date
) -> FitSettings:
    """The settings of the file, with options that were given on the command line in their place."""
    stated = _read(config) if config else {}
    problems = [_unknown(name, KNOWN) for name in sorted(set(stated) - set(KNOWN))]
    problems += _wrong_after(stated)
    stated.update({k: v for k, v in options.items() if v is not None and k not in (*_ORDERS, *_VALUE)})
    orders = _section(stated, "orders", {k: options.get(k) for k in _ORDERS}, problems)
    parts: dict[str, Any] = {
        "reading": _made(ReadingSettings, _section(stated, "reading", reading, problems), problems),
        "orders": _made(PurchaseSettings, orders, problems),
        "value": _made(
            ValueSettings, _section(stated, "value", {k: options.get(k) for k in _VALUE}, problems), problems
        ),
        "features": _made(FeatureSettings, {k: stated[k] for k in _FEATURES if k in stated}, problems),
        "selection": _made(SelectionSettings, {k: stated[k] for k in _SELECTION if k in stated}, problems),
    }
    own = {k: stated[k] for k in _OWN if k in stated}
    if "playbook" in own:
        # A file names its neighbours; an option is typed where the user stands.
        beside = None if options.get("playbook") is not None or config is None else config.parent
        own["playbook"] = _playbook(own["playbook"], beside, problems)
    if isinstance(own.get("rfm_grid"), str) and options.get("rfm_grid") is None and config is not None:
        own["rfm_grid"] = own["rfm_grid"] if own["rfm_grid"] in BUILT_IN else config.parent / own["rfm_grid"]
    made = _made(FitSettings, {**own, **{k: v for k, v in parts.items() if v is not None}, "today": today}, problems)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        found = "; ".join(str(p).rstrip(".") for p in problems)
        raise SettingsError(f"{len(problems)} settings are wrong.", found=found, remedy="Correct them and run again.")
    settings: FitSettings = made
    return settings


def following(
    config: Path | None, previous: Path | None, min_agreement: float | None
) -> tuple[Path | None, float | None]:
    """The model that a fit follows and the least agreement with it: of a sound file, with options in their place."""
    stated = _read(config) if config else {}
    if previous is None and config is not None and "previous" in stated:
        previous = config.parent / stated["previous"]
    return previous, stated.get("min_agreement") if min_agreement is None else min_agreement


def apart_from_inspection(settings: FitSettings, config: Path | None, folder: Path) -> dict[str, Any]:
    """The settings that an inspection has nothing to say of, as a file in `folder` states them."""
    stated = {"method": settings.selection.method} if settings.selection.method != "k-means" else {}
    own = settings.model_dump(include={"stability_pairs", "min_size", "max_size"}, exclude_defaults=True)
    said = _read(config) if config else {}
    files = {name: value for name, value in said.items() if name in _FILES}
    bound = {name: value for name, value in said.items() if name == "min_agreement"}
    beside = config.parent if config else Path()
    named = {k: v if v in BUILT_IN else os.path.relpath(beside / v, folder) for k, v in files.items()}
    return {**stated, **own, **named, **bound}


def _wrong_after(stated: Mapping[str, Any]) -> Iterator[SettingsError]:
    if not isinstance(stated.get("previous", ""), str):
        yield SettingsError("previous should be the name of a model file.")
    if type(stated.get("min_agreement", 0.0)) not in (int, float):
        yield SettingsError("min_agreement should be a number from 0 to 1.")


def _section(
    stated: Mapping[str, Any], name: str, options: Mapping[str, Any], problems: list[SettingsError]
) -> dict[str, Any]:
    section = stated.get(name, {})
    if not isinstance(section, Mapping):
        problems.append(SettingsError(f"{name} should be a section, as in [{name}]."))
        section = {}
    return {**section, **{k: v for k, v in options.items() if v is not None}}


def _playbook(stated: object, beside: Path | None, problems: list[SettingsError]) -> Playbook | None:
    if not isinstance(stated, (str, Path)):
        problems.append(SettingsError("playbook should be the name of a TOML file."))
        return None
    try:
        return read_playbook(beside / stated if beside else stated)
    except SettingsError as error:
        problems.append(error)
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"'{path}' cannot be read.", found=error.strerror or "", remedy="Check --config.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"'{path}' is not TOML.", found=str(error), remedy="Correct that line.") from None
    return stated


def _unknown(name: str, known: Sequence[str]) -> SettingsError:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean '{near[0]}'?)" if near else f" (there are {', '.join(sorted(known))})"
    return SettingsError(f"'{name}'{hint} is not a setting.")


def _made(kind: type[BaseModel], values: Mapping[str, Any], problems: list[SettingsError]) -> Any:
    try:
        return kind(**values)
    except SettingsError as error:
        problems.append(error)
    except ValidationError as error:
        known = list(kind.model_fields)
        for fault in error.errors(include_input=False, include_url=False):
            # The further parts of a place are the alternatives that were tried, which say nothing to a reader.
            place = str(fault["loc"][0])
            if fault["type"] == "extra_forbidden":
                problems.append(_unknown(place, known))
                continue
            if any(str(p).startswith(f"{place}: ") for p in problems):
                continue
            message = str(fault["msg"])
            problems.append(SettingsError(f"{place}: {message[:1].lower()}{message[1:]}."))
    return None
