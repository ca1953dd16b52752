"""What a person at a terminal sees: progress, results, warnings, errors."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from segmentry.errors import Notice, SegmentryError

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")

_STEPS = {
    "imports": "Starting",
    "read": "Reading the table",
    "roles": "Finding out what each column is",
    "sample": "Drawing the sample",
    "features": "Deriving and preparing features",
    "search": "Trying numbers of segments",
    "polish": "Placing every customer",
    "profile": "Describing and naming segments",
    "stability": "Drawing customers anew to see what is stable",
    "evidence": "Finding out what tells the segments apart",
    "label": "Writing the labelled customers and the model",
    "pictures": "Drawing pictures",
    "report": "Writing the report",
    "score": "Placing customers",
}


class Steps:
    """Measures each step and, on a terminal, says which one is under way."""

    def __init__(self, quiet: bool) -> None:
        self.seconds: dict[str, float] = {}
        self._shown = not quiet and sys.stderr.isatty()

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        if self._shown:
            sys.stderr.write(f"\r\x1b[2K{_STEPS.get(name, name)} ...")
            sys.stderr.flush()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
            if self._shown:
                sys.stderr.write("\r\x1b[2K")
                sys.stderr.flush()


def inert(text: str) -> str:
    """Text from data on one line and without terminal commands."""
    return _CONTROL.sub("�", text)


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")


def warn(notices: Sequence[Notice], quiet: bool) -> None:
    if quiet:
        return
    for notice in notices:
        sys.stderr.write(f"warning [{notice.code}]: {inert(notice.message)}\n")


def complain(error: SegmentryError) -> None:
    sys.stderr.write(f"error [{error.code}]: {inert(str(error))}\n")
