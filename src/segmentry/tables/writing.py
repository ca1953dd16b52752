"""Files that appear whole or not at all: written beside the target, synced, then renamed."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segmentry.errors import OutputError, system_error
from segmentry.tables.database.address import refuse_address
from segmentry.tables.inert import inert_cell
from segmentry.tables.table import Table

_PART = ".part"


def check_target(path: str | Path, overwrite: bool = False) -> Path:
    """The target as a path; an error, before any work is done, when nothing can be written there."""
    refuse_address(path)
    target = Path(path)
    if target.is_dir():
        raise OutputError(f"{target} is a directory.", remedy="Name a file.")
    if (target.exists() or target.is_symlink()) and not overwrite:
        raise OutputError(f"{target} exists already.", remedy="Pass --overwrite to replace it, or name another file.")
    # What a link points at is written, so that the link stays one.
    target = Path(os.path.realpath(target)) if target.is_symlink() else target
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(f"The folder {folder} does not exist.", remedy="Create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"The folder {folder} cannot be written to.", remedy="Choose another folder.")
    return target


@contextmanager
def atomically(path: str | Path, *, overwrite: bool = False, private: bool = False) -> Iterator[Path]:
    """A file to write to; once the block ends well it takes the target's place, otherwise it is gone."""
    target = check_target(path, overwrite)
    _sweep(target)
    part = part_of(target)
    kept = mode_of(target) if target.exists() and not private else None
    try:
        # Opened here and not by the writer, so that the rights are set before the first byte.
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600 if private or kept is not None else 0o666))
        yield part
        _sync(part)
        if kept is not None:
            part.chmod(kept)
        _publish(part, target, overwrite)
        _sync(target.parent)
    except Exception as error:
        refused = system_error(error)
        if refused is None and not isinstance(error, OSError):
            raise
        raise OutputError(
            f"{target} could not be written.",
            found=(refused and refused.strerror) or type(error).__name__,
            remedy="Free some space or choose another folder; an older file of that name is untouched.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def write_bytes_atomically(path: str | Path, data: bytes, overwrite: bool = False, *, private: bool = False) -> None:
    """Write bytes so that the target holds either all of them or what it held before."""
    with atomically(path, overwrite=overwrite, private=private) as part:
        part.write_bytes(data)


def write_text_atomically(path: str | Path, text: str, overwrite: bool = False, *, private: bool = False) -> None:
    """Write text as UTF-8, with the line ends it has, as `write_bytes_atomically` does."""
    write_bytes_atomically(path, text.encode("utf-8"), overwrite, private=private)


def write_rejects(table: Table, path: str | Path, overwrite: bool = False) -> None:
    """One line per row that was not used: line, column, reason, masked value; readable by its owner only."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["line", "column", "reason", "value"])
    for reject in table.rejects:
        writer.writerow([reject.line, inert_cell(reject.column), reject.reason, inert_cell(reject.value)])
    write_text_atomically(path, out.getvalue(), overwrite, private=True)


def mode_of(path: Path) -> int:
    """Who may read and write there, for what takes its place."""
    return stat.S_IMODE(path.stat().st_mode)


def _sync(path: Path) -> None:
    try:
        # Windows syncs only what may be written to.
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except OSError:
        if path.is_dir():  # some systems do not open folders
            return
        raise
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _publish(part: Path, target: Path, overwrite: bool) -> None:
    if overwrite:
        part.replace(target)
        return
    try:
        # A link fails where a file has appeared in the meantime; a rename would replace it.
        os.link(part, target)
    except FileExistsError:
        raise OutputError(f"{target} exists already.", remedy="Pass --overwrite to replace it.") from None
    except OSError:
        part.replace(target)


def _sweep(target: Path) -> None:
    for stale in abandoned(target):
        if stale.is_dir():
            shutil.rmtree(stale, ignore_errors=True)
        with contextlib.suppress(OSError):
            stale.unlink(missing_ok=True)


def part_of(target: Path) -> Path:
    """A name beside a target for what this process makes before it is whole."""
    return target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}{_PART}")


def abandoned(target: Path, ending: str = _PART) -> list[Path]:
    """What runs that were killed have left beside a target, under names as `part_of` gives them."""
    if os.name == "nt":  # asking whether a process lives would end it there
        return []
    named = re.compile(rf"\.{re.escape(target.name)}\.(\d+)\.[0-9a-f]+{re.escape(ending)}")
    found = ((path, named.fullmatch(path.name)) for path in target.parent.iterdir())
    return [path for path, match in found if match and not _alive(int(match[1]))]


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
