"""What callers state, in the ways that people state it; the rest is a SettingsError."""

from __future__ import annotations

import reprlib
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from segmentry.errors import SettingsError


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


def _short(stated: object) -> str:
    return " ".join(reprlib.repr(stated).split())
