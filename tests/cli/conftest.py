"""The command, run in this process (for messages) or in one of its own (for signals, locale, threads)."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from segmentry.cli import main

_SIGNALS = {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}  # not every system has the second
COMMAND = [sys.executable, "-c", "from segmentry.cli import main; main()"]


@dataclass(frozen=True)
class Outcome:
    """What a command leaves behind for whoever started it."""

    code: int
    out: str
    err: str


def run_here(*arguments: object) -> Outcome:
    # With bytes beneath, as a process has them: a table goes to standard output as it would into a file.
    out, err, before = io.TextIOWrapper(io.BytesIO(), "utf-8", newline=""), io.StringIO(), sys.argv
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    sys.argv = ["segmentry", *map(str, arguments)]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        sys.argv = before
        for number, handler in handlers.items():
            signal.signal(number, handler)
    out.seek(0)
    return Outcome(code, out.read(), err.getvalue())


def run_apart(*arguments: object, **environment: str) -> Outcome:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=300,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


@pytest.fixture(scope="session")
def segmentry() -> Callable[..., Outcome]:
    return run_here


@pytest.fixture(scope="session")
def segmentry_apart() -> Callable[..., Outcome]:
    return run_apart


@pytest.fixture(scope="session")
def fitted(shared_data: Path, once: Callable[..., Path]) -> Callable[[str], Path]:
    """The folder that a plain fit of a real file writes; each file is fitted once."""

    def fit(name: str, folder: Path) -> None:
        outcome = run_here("fit", shared_data / name, "-o", folder / "out")
        assert outcome.code == 0, outcome.err

    return lambda name: once(name, lambda folder: fit(name, folder)) / "out"
