"""The rules of a playbook as settings: what a user may write in a TOML file, and what is wrong with it.

Applying them to a profile is left to `playbook`.
"""

from __future__ import annotations

import difflib
import operator
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from segmentry.errors import SettingsError
from segmentry.features.feature import Theme, Unit
from segmentry.features.roles import ROLES

_BOUND = re.compile(r"(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)")
_COMPARE = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SUBJECTS = ("theme", "feature", "role")
_FIGURES = ("difference", "index", "mean", "median")
_WEIGHTS = ("share", "spend_share", "spend_per_share")
# What a text may say of a condition, besides its plain name.
PARTS = ("everyone", "label", "part", "way", "index")
_ALWAYS = ("figures", "customers", "share")


def _comparison(text: str) -> str:
    if not _BOUND.fullmatch(text.strip()):
        raise ValueError(f'should be a comparison such as ">= 0.3", not "{text}"')
    return text.strip()


def _theme(text: str) -> str:
    return _one_of(text, get_args(Theme), "theme")


def _unit(text: str) -> str:
    return _one_of(text, get_args(Unit), "unit")


def _role(text: str) -> str:
    return _one_of(text, ROLES, "role")


def _one_of(text: str, known: Sequence[str], what: str) -> str:
    if text not in known:
        raise ValueError(f"{_with_nearest(text, known)} is not a {what}")
    return text


def _key(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValueError(f'should be small letters, digits and _, not "{text}"')
    return text


Comparison = Annotated[str, AfterValidator(_comparison)]
Key = Annotated[str, AfterValidator(_key)]
Text = Annotated[str, Field(min_length=1)]


def holds(bound: str, value: float | None) -> bool:
    """Whether a figure satisfies a comparison; a figure that is not known satisfies none.

    >>> holds(">= 0.3", 0.31), holds("< 75", 80.0), holds("< 75", None)
    (True, False, False)
    """
    found = _BOUND.fullmatch(bound)
    return found is not None and value is not None and bool(_COMPARE[found[1]](value, float(found[2])))


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Condition(_Part):
    """Something that is true of a segment or not: of a measure, of a level of a category, or of its weight.

    A measure is named by `theme`, `feature` (with `*` for any ending) or the `role` of its column, narrowed by `unit`;
    where several fit, the one that differs most counts. `name` is what texts call it by.
    """

    theme: Annotated[str, AfterValidator(_theme)] | None = None
    feature: Text | None = None
    role: Annotated[str, AfterValidator(_role)] | None = None
    unit: Annotated[str, AfterValidator(_unit)] | None = None
    category: Text | None = None
    level: Text | None = None
    difference: Comparison | None = None
    index: Comparison | None = None
    mean: Comparison | None = None
    median: Comparison | None = None
    share: Comparison | None = None
    spend_share: Comparison | None = None
    spend_per_share: Comparison | None = None
    name: Key | None = None

    @property
    def called(self) -> str:
        """What texts call it by: `name`, else what it is about."""
        return self.name or self.theme or self.feature or self.role or self.category or "weight"

    def stated(self, *fields: str) -> dict[str, str]:
        """Those of the fields that are stated."""
        return {f: getattr(self, f) for f in fields if getattr(self, f) is not None}

    def faults(self) -> Iterator[str]:
        """What is wrong with it as a whole."""
        subjects = [*self.stated("theme", "feature", "role")]
        if self.category is not None:
            if subjects or self.unit:
                yield "is about a category and about a measure; write two conditions"
            if not self.stated("index", "share"):
                yield 'needs a comparison of "index" or "share" of the level'
            wrong = self.stated("difference", "mean", "median", "spend_share", "spend_per_share")
            yield from (f'"{field}" is not known of a level' for field in wrong)
        elif subjects or self.unit:
            if not subjects:
                yield '"unit" only narrows "theme", "feature" or "role"'
            if not self.stated(*_FIGURES):
                yield f"needs a comparison of one of {', '.join(_FIGURES)}"
            yield from (f'"{field}" belongs in a condition of its own' for field in self.stated(*_WEIGHTS))
        elif not self.stated(*_WEIGHTS):
            yield 'says nothing: name a "theme", "feature", "role" or "category", or compare "spend_share"'
        else:
            yield from (f'"{field}" needs a "theme", "feature" or "role"' for field in self.stated(*_FIGURES))
        if self.level is not None and self.category is None:
            yield '"level" needs a "category"'


class PlayRule(_Part):
    """A play and when to make it: all of `all`, at least one of `any` and none of `unless` hold.

    `title`, `do` and `why` may name figures of the conditions under `all`: `{recency}`, `{recency.everyone}`,
    `.label`, `.part` (what follows the colon of the label), `.way` ("in the store"), `.index`; `{figures}` is all that
    held, in words.
    """

    key: Key
    title: Text
    do: Text
    why: Text = "{figures}."
    priority: int
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    not_with: tuple[Key, ...] = ()

    def faults(self) -> Iterator[str]:
        """What is wrong with it as a whole."""
        if not self.all and not self.any:
            yield 'has no conditions: it needs "all" or "any"'
        for group in ("all", "any", "unless"):
            for place, condition in enumerate(getattr(self, group), start=1):
                yield from (f"{group}[{place}] {fault}" for fault in condition.faults())
        known = list(self.placeholders())
        for field in ("title", "do", "why"):
            for used in _PLACEHOLDER.findall(getattr(self, field)):
                if used not in known:
                    yield f'"{field}" names {{{used}}}, which no condition under "all" gives{_nearest(used, known)}'

    def placeholders(self) -> Iterator[str]:
        """What its texts may name."""
        yield from _ALWAYS
        for condition in self.all:
            if condition.stated("spend_share", "spend_per_share"):
                yield "spend_share"
            if condition.category is not None or condition.stated(*_SUBJECTS):
                yield condition.called
                yield from (f"{condition.called}.{part}" for part in PARTS)


class Fallback(_Part):
    """The play of a segment that no rule applies to."""

    key: Key
    title: Text
    do: Text
    why: Text


class Playbook(_Part):
    """Rules, and how many plays a segment gets at most; `too_few` is for segments too small to describe."""

    most: Annotated[int, Field(ge=1, le=10)] = 3
    otherwise: Fallback
    too_few: Fallback
    play: tuple[PlayRule, ...]


class _File(_Part):
    """A user's file: rules that replace built-in ones of the same key, or join them; `leave_out` drops some."""

    most: Annotated[int, Field(ge=1, le=10)] | None = None
    otherwise: Fallback | None = None
    too_few: Fallback | None = None
    play: tuple[PlayRule, ...] = ()
    leave_out: tuple[Key, ...] = ()
    built_in: bool = True


@cache
def built_in_playbook() -> Playbook:
    """The playbook that is used unless a user says otherwise.

    >>> built_in_playbook().most
    3
    """
    text = files("segmentry.profiles").joinpath("playbook.toml").read_text(encoding="utf-8")
    return _parse(text, "the built-in playbook", None)


def read_playbook(path: str | Path) -> Playbook:
    """The playbook in a TOML file, joined with the built-in rules unless it says `built_in = false`.

    Raises SettingsError with every fault of the file, each with its place and the nearest valid name.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"The playbook '{path}' cannot be read.", found=error.strerror or "", remedy="Check --playbook."
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"The playbook '{path}' is not TOML in UTF-8.", remedy="Save it as UTF-8.") from None
    return parse_playbook(text, str(path))


def parse_playbook(text: str, name: str = "playbook") -> Playbook:
    """The playbook in a TOML text; `name` is for error messages.

    >>> len(parse_playbook("leave_out = ['reward']").play) == len(built_in_playbook().play) - 1
    True
    """
    return _parse(text, name, built_in_playbook())


def _parse(text: str, name: str, base: Playbook | None) -> Playbook:
    try:
        stated = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"'{name}' is not TOML.", found=str(error), remedy="Correct that line.") from None
    problems: list[str] = []
    file = _made(_tupled(stated), stated, problems)
    if file is not None:
        problems += _faults(file, base)
    if file is None or problems:
        raise SettingsError(
            f"'{name}' is not a playbook.", found="; ".join(problems), remedy="Correct these; see docs/playbooks.md."
        )
    return _joined(file, base)


def _rules(file: _File, base: Playbook | None) -> tuple[PlayRule, ...]:
    """The built-in rules that stay, then the file's own."""
    kept = base.play if base is not None and file.built_in else ()
    gone = {*file.leave_out, *(rule.key for rule in file.play)}
    return (*(rule for rule in kept if rule.key not in gone), *file.play)


def _joined(file: _File, base: Playbook | None) -> Playbook:
    otherwise = file.otherwise or (base.otherwise if base else None)
    too_few = file.too_few or (base.too_few if base else None)
    if otherwise is None or too_few is None:
        raise ValueError("the built-in playbook has no [otherwise] or no [too_few]")
    most = file.most or (base.most if base else 3)
    return Playbook(most=most, otherwise=otherwise, too_few=too_few, play=_rules(file, base))


def _tupled(value: Any) -> Any:
    """Lists as tuples: strict settings take no list for one."""
    if isinstance(value, list):
        return tuple(_tupled(v) for v in value)
    return {k: _tupled(v) for k, v in value.items()} if isinstance(value, dict) else value


def _faults(file: _File, base: Playbook | None) -> Iterator[str]:
    """What pydantic cannot see: rules that contradict themselves or name what is not there."""
    keys = [rule.key for rule in file.play]
    known = sorted({*keys, *(r.key for r in (base.play if base else ()))})
    yield from (f"play '{key}' is there twice" for key in sorted({k for k in keys if keys.count(k) > 1}))
    if not _rules(file, base):
        yield "there is no play left"
    for rule in file.play:
        yield from (f"play '{rule.key}': {fault}" for fault in rule.faults())
        for other in rule.not_with:
            if other not in known:
                yield f"play '{rule.key}': not_with names {_with_nearest(other, known)}, which is no play"
    for key in file.leave_out:
        if key not in known:
            yield f"leave_out names {_with_nearest(key, known)}, which is no built-in play"
    for name in ("otherwise", "too_few"):
        rest = getattr(file, name)
        for field in ("title", "do", "why") if rest is not None else ():
            for used in _PLACEHOLDER.findall(getattr(rest, field)):
                if used not in ("customers", "share"):
                    yield f'{name}: "{field}" names {{{used}}}; it may name {{customers}} and {{share}}'


def _made(values: Mapping[str, Any], stated: Mapping[str, Any], problems: list[str]) -> _File | None:
    try:
        return _File(**values)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            problems.append(_spoken(fault["loc"], fault["type"], str(fault["msg"]), stated))
    return None


def _spoken(loc: tuple[int | str, ...], kind: str, message: str, stated: Mapping[str, Any]) -> str:
    """A fault with its place in the reader's words: the play by its key, conditions counted from 1."""
    place, last = "", str(loc[-1])
    for before, part in zip((None, *loc), loc, strict=False):
        if isinstance(part, int):
            place += f" '{_key_of(stated, part)}'" if before == "play" else f"[{part + 1}]"
        else:
            place += f" {part}"
    place = place.strip()
    if kind == "extra_forbidden":
        known = [*_known_at(loc)]
        where = place.removesuffix(last).strip()
        return f"{where}{': ' if where else ''}{_with_nearest(last, known)} is not known here"
    if kind == "missing":
        return f"{place}: is missing"
    return f"{place}: {message.removeprefix('Value error, ')}"


def _key_of(stated: Mapping[str, Any], place: int) -> str:
    play = stated["play"][place]
    return str(play.get("key", place + 1)) if isinstance(play, dict) else str(place + 1)


def _known_at(loc: tuple[int | str, ...]) -> Sequence[str]:
    if {"all", "any", "unless"} & set(loc[:-1]):
        return list(Condition.model_fields)
    if "play" in loc[:-1]:
        return list(PlayRule.model_fields)
    return list((Fallback if {"otherwise", "too_few"} & set(loc[:-1]) else _File).model_fields)


def _with_nearest(name: str, known: Sequence[str]) -> str:
    return f"'{name}'{_nearest(name, known)}"


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders filled; never a format string, so that a file can reach nothing but these values.

    >>> fill("last bought {recency} ago", {"recency": "75 days"})
    'last bought 75 days ago'
    """
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], "–"), text)
