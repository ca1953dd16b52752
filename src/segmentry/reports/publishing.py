"""Puts a finished folder in the place of an older one by renames, so that whoever looks finds all of one run.

Knows nothing of what is in it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from segmentry.tables import abandoned, mode_of

_OLD = ".old"


def replace_folder(new: Path, folder: Path, outputs: Collection[str]) -> None:
    """Renames `new` to `folder`. What is in the older one and none of its `outputs`, paths within it, stays there, and
    who may read a file that is replaced may read the new one."""
    old = new.with_suffix(_OLD)
    for path in new.rglob("*"):
        before = folder / path.relative_to(new)
        if path.is_file() and before.is_file():
            path.chmod(mode_of(before))
    _bring_along(folder, new, outputs)
    folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def tidy_up(folder: Path) -> None:
    """Puts a folder back that a killed run had moved aside, and removes what such runs have left beside it."""
    for old in abandoned(folder, _OLD):
        if not folder.exists():
            old.rename(folder)
    for left in (*abandoned(folder, _OLD), *abandoned(folder)):
        shutil.rmtree(left, ignore_errors=True)


def _bring_along(folder: Path, new: Path, outputs: Collection[str]) -> None:
    def written_anew(within: str, names: list[str]) -> list[str]:
        inside = Path(within).relative_to(folder)
        return [n for n in names if (inside / n).as_posix() in outputs or (new / inside / n).is_file()]

    # Linked: a file is in the older folder as long as that is the one that counts.
    shutil.copytree(folder, new, symlinks=True, ignore=written_anew, copy_function=_link, dirs_exist_ok=True)
    for place in {new / Path(output).parent for output in outputs} - {new}:
        with contextlib.suppress(OSError):  # it holds something, or is not there
            place.rmdir()


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
