"""What callers state, in the ways that people state it: days, names, paths, settings. The rest is a SettingsError."""

from __future__ import annotations

import csv
import os
import reprlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError

from segmentry.errors import SettingsError

Model = TypeVar("Model", bound=BaseModel)


def as_day(stated: object) -> date:
    """The day of a date, a time (as pandas has them) or a text such as "2026-01-31".

    >>> as_day("2026-01-31"), as_day(datetime(2026, 1, 31, 18, 30))
    (datetime.date(2026, 1, 31), datetime.date(2026, 1, 31))
    """
    try:
        moment = datetime.fromisoformat(stated.strip()) if isinstance(stated, str) else stated
        if isinstance(moment, datetime):
            # Not its own date(): what pandas has for "no time" answers with an error that depends on its version.
            return date(moment.year, moment.month, moment.day)
        if isinstance(moment, date):
            return moment
    except (ValueError, TypeError):
        pass
    raise SettingsError("as_of is not a day.", found=_short(stated), remedy='Pass a date, or a text as "2026-01-31".')


def _day(stated: object) -> date:
    try:
        return as_day(stated)
    except SettingsError:
        # For pydantic to tell together with whatever else is wrong.
        raise PydanticCustomError("day", 'Should be a date, or a text as "2026-01-31"') from None


Day = Annotated[date, BeforeValidator(_day)]


def as_names(stated: object, setting: str) -> tuple[str, ...]:
    """Names in a list or in a text, where commas stand between several and quotes around one that has a comma.

    >>> as_names("income, recency", "features"), as_names(["income"], "features")
    (('income', 'recency'), ('income',))
    >>> as_names('"Income, yearly",age', "features")
    ('Income, yearly', 'age')
    """
    if isinstance(stated, str):
        return tuple(name.strip() for name in next(csv.reader([stated], skipinitialspace=True), []))
    if stated is None:
        return ()
    names = tuple(stated) if isinstance(stated, Iterable) and not isinstance(stated, Mapping) else (stated,)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        found, remedy = _short(wrong[0]), 'Pass a list, as ["age", "income"], or a text, as "age,income".'
        raise SettingsError(f"{setting} should be names.", found=found, remedy=remedy)
    return names


def as_values(stated: object, what: str, remedy: str) -> dict[Any, Any]:
    """Values by name, in a dict or in what else has items, as a pandas Series.

    >>> as_values([1], "A customer is given by names and values.", 'For example {"age": 41}.')
    Traceback (most recent call last):
    segmentry.errors.SettingsError: A customer is given by names and values. Found: list. For example {"age": 41}.
    """
    items = getattr(stated, "items", None)
    if not callable(items):
        raise SettingsError(what, found=type(stated).__name__, remedy=remedy)
    return dict(items())


def is_unknown(value: object) -> bool:
    """Whether a value says that nothing is known: None, NaN, and what pandas has for both (NaT, NA).

    >>> [is_unknown(value) for value in (None, float("nan"), 0, "")]
    [True, True, False, False]
    """
    if value is None:
        return True
    same = value == value
    try:
        return not same
    except (TypeError, ValueError):  # neither true nor false, as NA, which is like nothing and answers with itself
        return same is value


def as_path(stated: object) -> Path:
    """The path of a text or of a path."""
    check_kind(stated, (str, os.PathLike), "This is not a path.", 'Pass a text, as "spring.seg", or a pathlib.Path.')
    return Path(stated)  # type: ignore[arg-type]


def check_kind(stated: object, kind: type | tuple[type, ...], what: str, remedy: str) -> None:
    """Raises SettingsError, with `what` and `remedy`, where something of another kind is given.

    It tells the kind that was given and not the value, which may be a customer's.
    """
    if not isinstance(stated, kind):
        raise SettingsError(what, found=type(stated).__name__, remedy=remedy)


def check_known(name: object, known: Iterable[str], what: str) -> None:
    """Raises SettingsError where nothing of that kind has the name.

    >>> check_known("s9", ["s1", "s2"], "segment")
    Traceback (most recent call last):
    segmentry.errors.SettingsError: There is no segment 's9'. There are s1, s2.
    """
    known = tuple(known)
    if name not in known:
        raise SettingsError(f"There is no {what} {_short(name)}.", remedy=f"There are {', '.join(known)}.")


def checked(kind: type[Model], values: Mapping[str, object]) -> Model:
    """Settings made of values. Raises SettingsError with the first that is wrong, what was found and what is allowed.

    >>> from segmentry.tables import ReadingSettings
    >>> checked(ReadingSettings, {"max_rejected_share": 2})
    Traceback (most recent call last):
    segmentry.errors.SettingsError: max_rejected_share: input should be less than or equal to 1. Found: 2.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
    place, message = ".".join(map(str, fault["loc"])), str(fault["msg"])
    raise SettingsError(f"{place}: {message[:1].lower()}{message[1:]}.", found=_short(fault["input"]))


def _short(stated: object) -> str:
    return " ".join(reprlib.repr(stated).split())
