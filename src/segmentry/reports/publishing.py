"""Puts finished files, or a folder of them, in the place of older ones by renames: whoever looks finds all of one run.

Knows nothing of what is in it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from segmentry.errors import OutputError
from segmentry.tables import abandoned, check_target, mode_of, part_of, refuse_address

_OLD = ".old"
_FILES = "files"


def check_files(folder: Path, names: Collection[str], overwrite: bool) -> None:
    """Raises OutputError, before any work is done, when files of these names could not be written into the folder."""
    refuse_address(folder)
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not existing.is_dir():
        raise OutputError(f"'{existing}' is a file, not a folder.", remedy="Name a folder with -o.")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(f"'{existing}' cannot be written to.", remedy="Name another folder with -o.")
    for name in names:
        if existing == folder:
            check_target(folder / name, overwrite)


@contextmanager
def files_for(folder: Path) -> Iterator[Path]:
    """A folder for files that are moved into `folder` once the block ends well; otherwise nothing is left of them, nor
    of a folder that was made for them."""
    made = [p for p in (folder, *folder.parents) if not p.exists()]
    with told_as(folder) as stages:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in abandoned(folder / _FILES):
                shutil.rmtree(left, ignore_errors=True)
            stage = part_of(folder / _FILES)
            stage.mkdir(0o700)
            stages.append(stage)
            yield stage
            for path in sorted(stage.iterdir()):
                _move(path, Path(os.path.realpath(folder / path.name)))
            made.clear()
        finally:
            for stage in stages:
                shutil.rmtree(stage, ignore_errors=True)
            with contextlib.suppress(OSError):
                for place in made:
                    place.rmdir()


def _move(path: Path, target: Path) -> None:
    if target.exists():
        path.chmod(mode_of(target))
    path.replace(target)


@contextmanager
def told_as(folder: Path) -> Iterator[list[Path]]:
    """Errors of writing are told of `folder`, and not of the stages beside it, which are put into the list and gone
    when the errors are read."""
    stages: list[Path] = []
    try:
        yield stages
    except OutputError as error:
        what = error.what
        for stage in stages:
            what = what.replace(str(stage), str(folder))
        raise OutputError(what, found=error.found, remedy=error.remedy) from error
    except OSError as error:
        raise OutputError(
            f"'{folder}' could not be written.",
            found=error.strerror or "",
            remedy="Free some space or name another folder.",
        ) from error


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
