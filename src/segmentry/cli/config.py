"""segmentry.toml and options -> FitSettings; all problems at once, each with the nearest valid name."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from segmentry.errors import SettingsError
from segmentry.features.choice import FeatureSettings
from segmentry.fitting import FitSettings
from segmentry.selection import SelectionSettings
from segmentry.tables import ReadingSettings

# Where each key of the file, and each option, lives in FitSettings.
_FEATURES = ("features", "roles", "purposes")
_SELECTION = ("k", "seed")
_OWN = ("id", "as_of", "names", "on_duplicate")
KNOWN = (*_FEATURES, *_SELECTION, *_OWN, "reading")


def settings_from(
    config: Path | None, options: Mapping[str, Any], reading: Mapping[str, Any], today: date
) -> FitSettings:
    """The settings of the file, with options that were given on the command line in their place."""
    stated = _read(config) if config else {}
    stated.update({k: v for k, v in options.items() if v is not None})
    stated["reading"] = {**stated.get("reading", {}), **{k: v for k, v in reading.items() if v is not None}}
    problems: list[str] = []
    parts: dict[str, Any] = {
        "reading": _made(ReadingSettings, stated["reading"], problems),
        "features": _made(FeatureSettings, {k: stated[k] for k in _FEATURES if k in stated}, problems),
        "selection": _made(SelectionSettings, {k: stated[k] for k in _SELECTION if k in stated}, problems),
        "today": today,
    }
    parts.update({k: stated[k] for k in _OWN if k in stated})
    made = None if problems else _made(FitSettings, parts, problems)
    if made is None or problems:
        raise SettingsError("The settings are wrong.", found="; ".join(problems), remedy="Correct them and run again.")
    settings: FitSettings = made
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"'{path}' cannot be read.", found=error.strerror or "", remedy="Check --config.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"'{path}' is not TOML.", found=str(error), remedy="Correct that line.") from None
    unknown = sorted(set(stated) - set(KNOWN))
    if unknown:
        raise SettingsError(
            f"'{path}' has settings that are not known.",
            found=", ".join(_with_nearest(name, KNOWN) for name in unknown),
            remedy=f"Known settings: {', '.join(sorted(KNOWN))}.",
        )
    return stated


def _with_nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"'{name}' (did you mean '{near[0]}'?)" if near else f"'{name}'"


def _made(kind: type[BaseModel], values: Mapping[str, Any], problems: list[str]) -> Any:
    try:
        return kind(**values)
    except SettingsError as error:
        problems.append(str(error))
    except ValidationError as error:
        known = list(kind.model_fields)
        for fault in error.errors(include_input=False, include_url=False):
            place = ".".join(str(part) for part in fault["loc"])
            message = str(fault["msg"])
            if fault["type"] == "extra_forbidden":
                problems.append(f"{_with_nearest(place, known)} is not a setting")
            else:
                problems.append(f"{place}: {message}")
    return None
