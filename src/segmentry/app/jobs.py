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
from typing import Any, Literal

from segmentry.errors import SegmentryError

# Steps in their order, what is said of each, and the share of the time it usually takes.
STEPS: Mapping[str, tuple[str, float]] = {
    "start": ("Starting", 0.14),
    "read": ("Reading the table", 0.03),
    "roles": ("Finding out what each column is", 0.04),
    "features": ("Deriving and preparing features", 0.04),
    "search": ("Trying numbers of segments", 0.25),
    "polish": ("Placing every customer", 0.05),
    "profile": ("Describing and naming segments", 0.05),
    "stability": ("Drawing customers anew to see what is stable", 0.12),
    "evidence": ("Finding out what tells the segments apart", 0.08),
    "label": ("Writing the labelled customers and the model", 0.05),
    "pictures": ("Drawing pictures", 0.13),
    "report": ("Writing the report", 0.02),
}

Outcome = Literal["running", "done", "failed", "stopped"]


@dataclass(frozen=True)
class Progress:
    """What a reader is told of a job: percent, words, which step of how many."""

    percent: int
    words: str
    place: int
    steps: int


class Job:
    """A fit in a process of its own. `outcome` is settled by the thread that listens to it."""

    def __init__(self, source: Path, settings: Mapping[str, Any], folder: Path, title: str) -> None:
        self.folder = folder
        self.title = title
        self.step = "start"
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
        asked = json.dumps({"source": str(source), "settings": dict(settings), "folder": str(folder)})
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
            told = json.loads(line)
            if "step" in told and told["step"] in STEPS:
                self.step = told["step"]
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
        names = list(STEPS)
        place = names.index(self.step)
        share = sum(STEPS[n][1] for n in names[:place]) if self.outcome == "running" else 1.0
        return Progress(round(100 * share), STEPS[self.step][0], place + 1, len(names))
