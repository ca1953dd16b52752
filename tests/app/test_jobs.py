"""What the process of a fit says, and what is made of it."""

from __future__ import annotations

import sys
import time

from segmentry.app import jobs
from segmentry.app.jobs import Job

SAYS = "import sys; sys.stdin.read(); print('A library is talking.\\n3\\n{\"done\": true}')"


def test_words_of_a_library_do_not_hold_a_fit_up(tmp_path, monkeypatch):
    """A line that is no message is passed over; the fit ends as it would without."""
    popen = jobs.subprocess.Popen
    monkeypatch.setattr(jobs.subprocess, "Popen", lambda _, **more: popen([sys.executable, "-c", SAYS], **more))
    job = Job({}, {}, tmp_path, "A fit")
    until = time.monotonic() + 30
    while job.outcome == "running" and time.monotonic() < until:
        time.sleep(0.01)
    assert job.outcome == "done"
