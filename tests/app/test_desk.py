"""Desks of visitors: who comes when all are taken."""

from __future__ import annotations

import threading
import time
from datetime import date

from segmentry.app import desk as module
from segmentry.app.desk import Desk, Site


def test_nobody_waits_for_the_desk_that_is_cleared(monkeypatch):
    """A visitor beyond the most gets a desk at once, and so do the others, while the oldest one's fit is ended."""
    released, closed = threading.Event(), []

    def slow(self):
        assert released.wait(30)
        closed.append(self)

    monkeypatch.setattr(module, "MOST", 1)
    monkeypatch.setattr(Desk, "close", slow)
    site = Site(None, lambda: date(2026, 1, 31))
    _, first = site.desk(None)
    key, second = site.desk(None)
    assert site.desk(key) == (key, second)
    assert closed == []
    released.set()
    until = time.monotonic() + 30
    while not closed and time.monotonic() < until:
        time.sleep(0.01)
    assert closed == [first]
    site.close()
