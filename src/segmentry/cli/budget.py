"""How much memory there is, how much a run will take, and how much it took.

Every pass over a table streams, so that what is held is little of it: the grid's small numbers, and hashes of ids.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from segmentry.errors import SettingsError

LARGE_MB = 2000.0  # beyond it the need is said before the work begins
DEFAULT_SHARE = 0.8  # of what the machine, or the container, has free
# Measured with `make bench`; rounded up.
_BASE_MB = 700.0  # the program, its libraries and the sample
_CELL_BYTES = 1.5  # per row and column: the rows that are under way, and what is written
_ROW_BYTES = 40.0  # per row: grid, hash of the id
_TEXT_BYTES = 4.0  # per byte of a file of text: the different cells of each column are counted before they are typed
_UNITS = {"": 1, "B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True)
class Need:
    """The size of a source, and the most memory that a run over it is expected to hold.

    `text` is the bytes of a file of text, whose rows are an estimate.
    """

    rows: int
    columns: int
    text: int = 0

    @property
    def megabytes(self) -> float:
        """
        >>> round(Need(10_000_000, 25).megabytes), round(Need(1_000_000, 25, text=93_000_000).megabytes)
        (1439, 1129)
        """
        return _BASE_MB + (self.rows * (_ROW_BYTES + _CELL_BYTES * self.columns) + self.text * _TEXT_BYTES) / 2**20

    @property
    def said(self) -> str:
        """
        >>> Need(1_003_456, 25, text=93_000_000).said, Need(1_003_456, 25).said
        ('about 1,000,000 rows of 25 columns', '1,003,456 rows of 25 columns')
        """
        return f"{about(self.rows) if self.text else f'{self.rows:,}'} rows of {self.columns} columns"


def about(rows: int) -> str:
    """A number that is an estimate, as people say it: to two digits.

    >>> about(1_003_456), about(87)
    ('about 1,000,000', 'about 87')
    """
    return f"about {round(rows, 2 - len(str(rows))):,}"


def need_of(source: object) -> Need | None:
    """What a run over a Parquet file or folder, or a file of text, is expected to need; None for other sources."""
    from segmentry.tables import parquet_size, text_size

    if not isinstance(source, Path):
        return None
    size = parquet_size(source)
    if size is not None:
        return Need(*size)
    text = text_size(source)
    return None if text is None else Need(max(text.lines - 1, 0), text.columns, text.size)


def parse_memory(text: str) -> float:
    """A size as people write it, in megabytes.

    >>> parse_memory("8G"), parse_memory("512 MB")
    (8192.0, 512.0)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", text, re.IGNORECASE)
    size = float(match[1]) * _UNITS[match[2].upper()] / 2**20 if match else 0.0
    if size <= 0:
        raise SettingsError("A memory limit is a size.", found=text, remedy="Pass for example --memory-limit 8G.")
    return size


def free_memory_mb() -> float | None:
    """What this process may still take: of the machine, or of its container where that is less. None where unknown."""
    found: list[float] = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        info = Path("/proc/meminfo").read_text(encoding="ascii")
        found.append(float(info.split("MemAvailable:")[1].split()[0]) / 1024)
    with contextlib.suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        most = float((group / "memory.max").read_text(encoding="ascii"))  # "max" is no number: no limit
        found.append((most - float((group / "memory.current").read_text(encoding="ascii"))) / 2**20)
    if not found and hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**20)
    return min(found) if found else None


def check_memory(need: Need, limit_mb: float | None) -> None:
    """Raises SettingsError, before the work begins, when a run would take more than it may.

    Without a limit it may take four fifths of what is free.
    """
    free = free_memory_mb()
    allowed = limit_mb if limit_mb is not None else free * DEFAULT_SHARE if free is not None else None
    if allowed is None or need.megabytes <= allowed:
        return
    raise SettingsError(
        f"{need.said[0].upper()}{need.said[1:]} need about {need.megabytes:,.0f} MB of memory.",
        found=f"{allowed:,.0f} MB "
        + ("allowed by --memory-limit" if limit_mb is not None else "to be had without crowding out other programs"),
        remedy="Raise --memory-limit, free some memory, or keep fewer columns.",
        code="memory",
    )


def peak_memory_mb() -> float | None:
    """The most memory that this process has held since `forget_peak_memory`; None where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return float(status.split("VmHWM:")[1].split()[0]) / 1024
    return None


def forget_peak_memory() -> None:
    """Begin anew, where the system allows it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
