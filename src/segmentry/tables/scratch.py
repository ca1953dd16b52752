"""Folders for what a run keeps on its way, for its owner only."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segmentry.errors import OutputError, SegmentryError, system_error

ROOM = "Free some space for temporary files, or name a folder with more of it in the variable TMPDIR."
_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))  # no space, too large, beyond a quota


def scratch_folder() -> Path:
    """A new folder; whoever asks removes it. Raises OutputError where the system has no place for temporary files.

    >>> folder = scratch_folder()
    >>> folder.rmdir()
    """
    try:
        # Private by construction: the system gives the folder to its owner only.
        return Path(tempfile.mkdtemp(prefix="segmentry-"))
    except OSError as error:
        raise OutputError(
            "There is no place for temporary files.", found=error.strerror or type(error).__name__, remedy=ROOM
        ) from error


@contextmanager
def needs_room() -> Iterator[None]:
    """Around what writes to such folders only. Raises OutputError where they are full."""
    try:
        yield
    except SegmentryError:
        raise
    except Exception as error:
        refused = system_error(error)
        words = (os.strerror(number) for number in _FULL)  # an engine that gives no number
        found = refused.strerror if refused else next((told for told in words if told in str(error)), None)
        if found is None or (refused and refused.errno not in _FULL):
            raise
        raise OutputError("There is no room for temporary files.", found=found, remedy=ROOM) from error
