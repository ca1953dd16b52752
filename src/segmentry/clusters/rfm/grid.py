"""A grid names the segment of every combination of scores; it is proven to be a partition when it is read.

title = "Two by recency"
axes = ["recency", "frequency"]      # of recency, frequency, spend
scores = 3                           # from 1 to this, on every axis
[segments]
"Come lately" = ["3 *", "2 2-3"]     # a score, a range or * for each axis; or digits only: "31"
"Others" = ["1 *", "21"]
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from segmentry.errors import SettingsError, listed, plural
from segmentry.features.rfm import AXES

BUILT_IN = ("eleven", "ten")
_SHOWN = 8
Cell = tuple[int, ...]


class RfmGrid(BaseModel):
    """Segments by name, each with the combinations of scores that belong to it. Every combination belongs to one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    title: str = Field(min_length=1)
    axes: tuple[str, ...] = Field(min_length=1, strict=False)
    scores: int = Field(ge=2, le=9)
    segments: dict[Annotated[str, Field(min_length=1)], Annotated[tuple[str, ...], Field(min_length=1, strict=False)]]

    @model_validator(mode="after")
    def _is_a_partition(self) -> RfmGrid:
        wrong = [a for a in self.axes if a not in AXES]
        if wrong or len(set(self.axes)) < len(self.axes):
            raise ValueError(f"axes should be some of {', '.join(AXES)}, each once, not {', '.join(self.axes)}")
        owners: dict[Cell, list[str]] = {}
        for name, patterns in self.segments.items():
            for cell in {cell for pattern in patterns for cell in self._cells(pattern)}:
                owners.setdefault(cell, []).append(name)
        every = itertools.product(range(1, self.scores + 1), repeat=len(self.axes))
        missing = [_text(cell) for cell in every if cell not in owners]
        twice = [f"{_text(c)} ({' and '.join(names)})" for c, names in sorted(owners.items()) if len(names) > 1]
        faults = [_fault("belongs to no segment", "belong to no segment", missing)] if missing else []
        faults += [_fault("belongs to several", "belong to several", twice)] if twice else []
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _cells(self, pattern: str) -> Iterator[Cell]:
        parts = list(pattern) if re.fullmatch(r"[1-9*]+", pattern) else pattern.split()
        if len(parts) != len(self.axes):
            raise ValueError(f'"{pattern}" should say {plural(len(self.axes), "score")}: {", ".join(self.axes)}')
        yield from itertools.product(*(self._range(part, pattern) for part in parts))

    def _range(self, part: str, pattern: str) -> range:
        found = re.fullmatch(r"(\d)(?:-(\d))?", part)
        low, high = (1, self.scores) if part == "*" else (0, 0)
        if found:
            low, high = int(found[1]), int(found[2] or found[1])
        if not 1 <= low <= high <= self.scores:
            raise ValueError(
                f'"{part}" in "{pattern}" should be a score from 1 to {self.scores}, a range such as 2-3, or *'
            )
        return range(low, high + 1)

    @property
    def cells(self) -> dict[Cell, str]:
        """The segment's name of each combination, in order of the combinations."""
        owners = {c: name for name, patterns in self.segments.items() for p in patterns for c in self._cells(p)}
        return dict(sorted(owners.items()))

    def scored(self, name: str, axis: str) -> range:
        """From the lowest to the highest score on an axis of the segment's combinations; empty without the axis."""
        if axis not in self.axes:
            return range(0)
        place = self.axes.index(axis)
        own = [cell[place] for pattern in self.segments[name] for cell in self._cells(pattern)]
        return range(min(own), max(own) + 1)

    @property
    def middle(self) -> float:
        """The score in the middle, 3 of 1 to 5."""
        return (1 + self.scores) / 2

    def told(self, name: str) -> str:
        """The combinations of a segment in words, for whoever asks why it is called so."""
        patterns = self.segments[name]
        shown = "; ".join(patterns[:_SHOWN]) + ("; …" if len(patterns) > _SHOWN else "")
        return f"{name}: scores of {listed(self.axes)} of {shown} (1 to {self.scores}, {self.title})."


def _text(cell: Cell) -> str:
    return "".join(map(str, cell))


def _fault(one: str, several: str, cells: Sequence[str]) -> str:
    shown = ", ".join(cells[:_SHOWN]) + (f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else "")
    return f"{shown} {one if len(cells) == 1 else several}"


def rfm_grid(name: str | Path) -> RfmGrid:
    """The built-in grid of that name, "eleven" (5x5x5) or "ten" (recency by frequency), else the one in that TOML file.

    Raises SettingsError that names the combinations of scores which belong to no segment, or to several.

    >>> len(rfm_grid("eleven").cells), len(rfm_grid("ten").cells)
    (125, 25)
    """
    if str(name) in BUILT_IN:
        return _built_in(str(name))
    path = Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The RFM grid '{name}' cannot be read.",
            found=getattr(error, "strerror", None) or type(error).__name__,
            remedy=f"Pass {', '.join(BUILT_IN)} or a TOML file with --rfm-grid.",
        ) from None
    try:
        return _made(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"'{name}' is not TOML.", found=str(error), remedy="Correct that line.") from None
    except ValidationError as error:
        raise SettingsError(
            f"'{name}' is no RFM grid.",
            found="; ".join(_said(dict(e)) for e in error.errors(include_input=False, include_url=False)),
            remedy="Every combination of scores must belong to exactly one segment; see docs/rfm.md.",
        ) from None


def _said(fault: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _made(stated: dict[str, Any]) -> RfmGrid:
    return RfmGrid(**stated)


@cache
def _built_in(name: str) -> RfmGrid:
    text = files("segmentry.clusters.rfm").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return _made(tomllib.loads(text))
