"""What a person at a terminal sees: progress, results, warnings, errors."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segmentry.cli.budget import about, forget_peak_memory, peak_memory_mb
from segmentry.errors import Notice, OutputError, SegmentryError
from segmentry.steps import STEPS

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")

# Share of the time that each step takes where there are many customers (docs/performance.md): from them, and from how
# long the first took, comes the time that is left.
_SHARES = {
    "read": 0.11,
    "roles": 0.24,
    "features": 0.03,
    "search": 0.08,
    "polish": 0.08,
    "profile": 0.18,
    "label": 0.28,
}
_MANY = 1_000_000
_PATIENCE = 2.0  # seconds before a step says how long it has been at work


class Steps:
    """Measures each step and, on a terminal, says which one is under way.

    `rows` are the customers under way, where they are known beforehand. `peak_memory_mb` is the most memory that the
    process held during each step, as far as the system tells.
    """

    def __init__(self, quiet: bool) -> None:
        self.seconds: dict[str, float] = {}
        self.peak_memory_mb: dict[str, float] = {}
        self.rows: int | None = None
        self.estimated = False  # of a file of text, whose rows are not known before it is read
        self._shown = not quiet and sys.stderr.isatty()

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        forget_peak_memory()
        over = threading.Event()
        teller = threading.Thread(target=self._tell, args=(name, start, over), daemon=True) if self._shown else None
        if teller:
            teller.start()
        try:
            yield
        finally:
            over.set()
            if teller:
                teller.join()
                sys.stderr.write("\r\x1b[2K")
                sys.stderr.flush()
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
            peak = peak_memory_mb()
            if peak is not None:
                self.peak_memory_mb[name] = max(peak, self.peak_memory_mb.get(name, 0.0))

    def _tell(self, name: str, start: float, over: threading.Event) -> None:
        while True:
            sys.stderr.write(f"\r\x1b[2K{self.line(name, time.perf_counter() - start)}")
            sys.stderr.flush()
            if over.wait(1.0):
                return

    def line(self, name: str, seconds: float) -> str:
        """What is said of a step that has taken so many seconds: the step, the rows, the time left where it is known.

        >>> steps = Steps(quiet=True)
        >>> steps.rows, steps.seconds = 10_000_000, {"read": 1.1, "roles": 2.4}
        >>> steps.line("profile", 3.0)
        'Describing and naming segments ... 10,000,000 rows, 3 s, about 2 s left'
        """
        parts = [f"{about(self.rows) if self.estimated else f'{self.rows:,}'} rows"] if self.rows else []
        if seconds >= _PATIENCE:
            parts.append(f"{seconds:.0f} s")
            left = self._left(name, seconds)
            parts += [f"about {left:.0f} s left"] if left is not None else []
        return f"{STEPS.get(name, name)} ... {', '.join(parts)}".rstrip()

    def _left(self, name: str, seconds: float) -> float | None:
        """None before two steps have shown the pace, and where there are so few rows that other work weighs more."""
        done = [step for step in _SHARES if step in self.seconds and step != name]
        if not self.rows or self.rows < _MANY or name not in _SHARES or len(done) < 2:
            return None
        pace = sum(self.seconds[step] for step in done) / sum(_SHARES[step] for step in done)
        order = list(_SHARES)
        left = pace * sum(_SHARES[step] for step in order[order.index(name) :]) - seconds
        return left if left >= 1.0 else None


def inert(text: str) -> str:
    """Text from data on one line and without terminal commands."""
    return _CONTROL.sub("�", text)


def cut(text: str, width: int) -> str:
    """The text in a column of so many letters.

    >>> cut("Rare buyers", 12), cut("Rare buyers, lapsed", 12)
    ('Rare buyers', 'Rare buyers…')
    """
    return text if len(text) <= width else text[: width - 1] + "…"


def say(text: str = "") -> None:
    with printing():
        sys.stdout.write(text + "\n")


def remark(text: str = "") -> None:
    """Says it beside the result: before there is one, or where it goes to stdout and is no words."""
    sys.stderr.write(text + "\n")


def finish() -> None:
    """Has what was said arrive. Raises OutputError where it cannot."""
    with printing():
        sys.stdout.flush()


@contextmanager
def printing() -> Iterator[None]:
    """Raises OutputError where stdout cannot take what is written to it in the block."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read it has left, which is no failure
    except OSError as error:
        hush()
        raise OutputError(
            "The result could not be printed.",
            found=error.strerror or type(error).__name__,
            remedy="Free some space, or send it elsewhere; files that were to be written are there.",
        ) from None


def hush() -> None:
    """What is still to be said goes nowhere: Python would complain once more when it closes stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def warn(notices: Sequence[Notice], quiet: bool) -> None:
    if quiet:
        return
    for notice in notices:
        sys.stderr.write(f"warning [{notice.code}]: {inert(notice.message)}\n")


def complain(error: SegmentryError, as_json: bool = False) -> None:
    """An error in words, or for programs: one line of JSON with its parts and the exit status that follows."""
    if as_json:
        parts = (getattr(error, part, "") for part in ("what", "found", "remedy"))
        _complain_in_json(error.code, *parts, whole=str(error), exit_status=1)
        return
    sys.stderr.write(f"error [{error.code}]: {inert(str(error))}\n")


def complain_of_usage(error: Any, as_json: bool) -> int:
    """The same for what the library says of wrong usage; the exit status of it."""
    status: int = error.exit_code
    if as_json:
        context = getattr(error, "ctx", None)
        remedy = f"Try: {context.command_path} --help" if context is not None else ""
        _complain_in_json("usage", error.format_message(), "", remedy, exit_status=status)
    else:
        error.show()
    return status


def complain_of_fault(error: BaseException) -> int:
    """The same in JSON for what nobody foresaw: its kind and where it arose. Its own words may hold values of rows."""
    frames = traceback.extract_tb(error.__traceback__)
    rooms = Path(__file__).parents[1]
    ours = [frame for frame in frames if rooms in Path(frame.filename).parents] or frames
    place = f" in {Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
    _complain_in_json(
        "internal",
        "A fault of segmentry itself ended the command.",
        f"{type(error).__name__}{place}",
        "Run the same command without --json to see the traceback, and report it with that; values of customers may "
        "stand in it, so look through it first.",
        exit_status=1,
    )
    return 1


def _complain_in_json(code: str, what: str, found: str, remedy: str, *, whole: str = "", exit_status: int) -> None:
    parts = {"code": code, "message": what or whole, "found": found, "remedy": remedy}
    error = {name: inert(text) for name, text in parts.items()}
    sys.stderr.write(json.dumps({"error": error, "exit_status": exit_status}, ensure_ascii=False) + "\n")
