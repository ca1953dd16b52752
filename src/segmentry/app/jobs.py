"""A fit that is under way: which step it is at, how it ended, and how to stop it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from segmentry.errors import SegmentryError
from segmentry.steps import STEPS

# The steps of a fit that draws no pictures, in their order, and the share of the time that each usually takes.
SHARES: Mapping[str, float] = {
    "imports": 0.2,
    "read": 0.05,
    "roles": 0.05,
    "features": 0.05,
    "search": 0.3,
    "polish": 0.05,
    "profile": 0.05,
    "stability": 0.12,
    "evidence": 0.08,
    "baskets": 0.02,
    "label": 0.03,
}

HALFWAY = 3.0  # seconds after which the bar stands in the middle of a step, and creeps on from there
Outcome = Literal["running", "done", "failed", "stopped"]


@dataclass(frozen=True)
class Progress:
    """What a reader is told of a job: percent, words, which step of how many, seconds since the job began."""

    percent: int
    words: str
    place: int
    steps: int
    seconds: int


class Job:
    """A fit in a process of its own. `outcome` is settled by the thread that listens to it.

    `files` has the `source` and, where that holds orders, may have `customers` to join; a source that an earlier fit
    made of orders has that fit's model as `earlier`. `previous` is the model whose segments are to be kept; to `go_on`
    from it is to take over what the settings do not state as well.
    """

    def __init__(
        self, files: Mapping[str, Path], settings: Mapping[str, Any], folder: Path, title: str, *, go_on: bool = False
    ) -> None:
        self.folder = folder
        self.title = title
        self.step = "imports"
        self._begun = self._step_begun = monotonic()
        self.outcome: Outcome = "running"
        self.error: SegmentryError | None = None
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "segmentry.app.fitting_run"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        named = {name: str(path) for name, path in files.items()}
        asked = json.dumps({"files": named, "settings": dict(settings), "folder": str(folder), "go_on": go_on})
        self._listener = threading.Thread(target=self._listen, args=(asked,), daemon=True)
        self._listener.start()

    def _listen(self, asked: str) -> None:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # it has ended already; how is told below
            process.stdin.write(asked)
            process.stdin.close()
        finished = False
        for line in process.stdout:
            told = _message(line)
            if "step" in told and told["step"] in SHARES:
                self.step, self._step_begun = told["step"], monotonic()
            if "error" in told:
                e = told["error"]
                self.error = SegmentryError(e["what"], found=e["found"], remedy=e["remedy"], code=e["code"])
            finished = finished or "done" in told
        process.stdout.close()
        process.wait()
        with self._lock:
            if self.outcome == "stopped":
                return
            if not finished and self.error is None:
                self.error = SegmentryError(
                    "The fit ended before it was done.",
                    found=f"exit code {process.returncode}",
                    remedy="There may be too little memory: close other programs, or fit on fewer columns.",
                )
            self.outcome = "done" if finished else "failed"

    def stop(self) -> None:
        """End the fit; nothing of it is kept."""
        with self._lock:
            if self.outcome != "running":
                return
            self.outcome = "stopped"
        self._process.terminate()
        self._listener.join(timeout=10)

    @property
    def progress(self) -> Progress:
        names, now = list(SHARES), monotonic()
        place = names.index(self.step)
        # Nobody knows how long a step takes: within it the bar nears its end, ever more slowly, and so is never still.
        inside = (now - self._step_begun) / (now - self._step_begun + HALFWAY)
        share = sum(SHARES[n] for n in names[:place]) + SHARES[self.step] * inside if self.outcome == "running" else 1.0
        return Progress(max(1, round(100 * share)), STEPS[self.step], place + 1, len(names), int(now - self._begun))


def _message(line: str) -> dict[str, Any]:
    """What the process said in this line; nothing where a library wrote it."""
    with suppress(ValueError):
        told = json.loads(line)
        if isinstance(told, dict):
            return told
    return {}
