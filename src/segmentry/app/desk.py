"""What one visitor has open: nothing of it is seen by another. The site keeps a desk for each, but MOST at once."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from segmentry.app.jobs import Job
from segmentry.app.opened import Opened, open_source
from segmentry.errors import SegmentryError
from segmentry.exploration import Inspection
from segmentry.monitoring import Drift
from segmentry.purchases import Purchases
from segmentry.segmentation import Segmentation

MOST = 32


@dataclass
class Upload:
    """A table that was handed in, what was found in it, and what its owner stated about it.

    `beside` is a table of customers, where this one holds their purchases: `inspection` is then of that one.
    """

    path: Path
    name: str
    size: int
    inspection: Inspection | None = None
    purchases: Purchases | None = None  # where a row is a purchase
    beside: Upload | None = None
    stated: dict[str, Any] = field(default_factory=dict)
    # Beside the segmentation that was open, counted to a day.
    compared: tuple[Segmentation, date | None, Drift] | None = None


class Desk:
    """One visitor's uploads, jobs and segmentation."""

    def __init__(self, folder: Path, shared: Opened | None) -> None:
        self.folder = folder
        self.opened = shared
        self.upload: Upload | None = None
        self.job: Job | None = None
        self.job_is_refit = False
        self.tried: Opened | None = None  # a refit that stands beside the one that is open
        self.said: str = ""  # told once, on the next page

    def new_folder(self, kind: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=self.folder))

    def start(self, job: Job, *, refit: bool) -> None:
        """Begin a fit; one that is still under way is stopped."""
        self.drop()
        self.job, self.job_is_refit = job, refit

    def drop(self) -> None:
        """Let go of a fit that is under way, or that was not taken."""
        if self.job is not None:
            self.job.stop()
            shutil.rmtree(self.job.folder.parent, ignore_errors=True)
        if self.tried is not None:
            shutil.rmtree(self.tried.folder, ignore_errors=True)
        self.job = self.tried = None

    def result(self) -> Opened:
        """What the finished job wrote, opened once."""
        assert self.job is not None
        if self.tried is None:
            self.tried = open_source(self.job.folder, self.new_folder("rows"))
            self.tried.start()
        return self.tried

    def take(self) -> None:
        """Go on with the finished job's segmentation."""
        self.opened, self.tried, self.job = self.result(), None, None

    def tell(self) -> str:
        said, self.said = self.said, ""
        return said

    def close(self) -> None:
        if self.job is not None:
            self.job.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Site:
    """What the server has: the segmentation it was started with, and the desks."""

    def __init__(self, source: Path | None, today: Callable[[], date]) -> None:
        self.today = today
        # Removed when the site is closed, or at the latest when the program ends.
        self._scratch = tempfile.TemporaryDirectory(prefix="segmentry-app-", ignore_cleanup_errors=True)
        self.folder = Path(self._scratch.name)
        try:
            self.shared = open_source(source, self._made("shared")) if source is not None else None
        except SegmentryError:
            self._scratch.cleanup()
            raise
        self._desks: OrderedDict[str, Desk] = OrderedDict()
        self._lock = threading.Lock()

    def _made(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        return folder

    def desk(self, key: str | None) -> tuple[str, Desk]:
        """The visitor's desk and its key: a new one where the key is not known."""
        gone = []
        with self._lock:
            if key is None or key not in self._desks:
                key = secrets.token_urlsafe(24)
                self._desks[key] = Desk(self._made(f"desk-{secrets.token_hex(8)}"), self.shared)
                while len(self._desks) > MOST:
                    gone.append(self._desks.popitem(last=False)[1])
            self._desks.move_to_end(key)
            desk = self._desks[key]
        for other in gone:
            # A fit that is under way takes seconds to end, and nobody should wait for a stranger's.
            threading.Thread(target=other.close).start()
        return key, desk

    def close(self) -> None:
        for desk in self._desks.values():
            desk.close()
        self._desks.clear()
        self._scratch.cleanup()
