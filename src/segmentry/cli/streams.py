"""Standard input in the place of a file, and standard output in the place of another: what stands between programs.

Tables are read more than once, and from their end as well, which a pipe does not allow. What comes through one is kept
in a folder of this run, gone at its end however that comes.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any, cast

import typer

from segmentry.cli.terminal import Steps, printing
from segmentry.errors import OutputError, SegmentryError, SettingsError, UnreadableFileError

STDIN = STDOUT = "-"
_BLOCK = 1 << 20
# Names that systems have for what is open already; a shell gives one for `<(command)`.
_OPEN = re.compile(r"/dev/(?:stdin|fd/(\d{1,9}))|/proc/self/fd/(\d{1,9})")


@dataclass(frozen=True)
class Stream:
    """A pipe, a socket or a terminal that is open already, under the `text` that names it on the command line."""

    text: str
    number: int = 0

    @property
    def name(self) -> str:
        return f"pipe {self.number}" if self.number else "standard input"

    def is_file(self, path: Path) -> bool:
        """Whether what comes out of it is the content of that file, as after `< customers.csv`."""
        try:
            return os.path.samestat(os.fstat(self.number), path.stat())
        except OSError:
            return False


def stream_of(text: str) -> Stream | None:
    """What is open already under this name; None for a file, also where standard input is one and named by its path.

    >>> stream_of("-"), stream_of("customers.csv")
    (Stream(text='-', number=0), None)
    """
    if text == STDIN:
        return Stream(text)
    named = _OPEN.fullmatch(text)
    if named is None:
        return None
    number = int(named[1] or named[2] or 0)
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        return None
    return None if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else Stream(text, number)


@contextmanager
def arrivals(steps: Steps | None = None) -> Iterator[Callable[[Any], Any]]:
    """Gives what makes a file of a stream and leaves anything else as it is; the files are there until the block ends.

    Errors are told of the stream and not of its file, which is gone when they are read. Raises UnreadableFileError
    where nothing comes, or what comes cannot be kept; SettingsError where one stream is to be two tables.
    """
    with ExitStack() as kept:
        taken: dict[Path, str] = {}

        def arrive(place: Any) -> Any:
            if not isinstance(place, Stream):
                return place
            folder = next((path.parent for path in taken), None) or kept.enter_context(_scratch())
            path = folder / place.name
            if path in taken:
                raise SettingsError(
                    f"{_begun(place.name)} can be read once only.",
                    found=f"{place.text} for two tables",
                    remedy="Name a file for one of them.",
                )
            taken[path] = place.name
            if steps is None:
                _keep(place, path)
            else:
                with steps("input"):
                    _keep(place, path)
            return path

        try:
            yield arrive
        except SegmentryError as error:
            parts = [getattr(error, part, "") for part in ("what", "found", "remedy")]
            what, found, remedy = told = [_told(text, taken) for text in parts]
            if told == parts:
                raise
            raise SegmentryError(what, found=found, remedy=remedy, code=error.code) from error


@contextmanager
def _scratch() -> Iterator[Path]:
    from segmentry.tables import scratch_folder

    folder = scratch_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(stream: Stream, path: Path) -> None:
    """The bytes of a stream in a file, until whoever writes to it has ended."""
    with _opened(stream) as source, _writing(path, stream.name) as write, _until_something_comes(source) as wait:
        wait()
        while block := _read(source, stream.name):
            write(block)
            wait()
    if not path.stat().st_size:
        raise UnreadableFileError(
            f"Nothing came from {stream.name}.", remedy="Look whether the command that was to write to it has failed."
        )


@contextmanager
def _opened(stream: Stream) -> Iterator[BufferedIOBase]:
    if stream.number == 0:
        yield cast("BufferedIOBase", sys.stdin.buffer)
        return
    with os.fdopen(os.dup(stream.number), "rb") as file:
        yield file


@contextmanager
def _until_something_comes(source: BufferedIOBase) -> Iterator[Callable[[], object]]:
    """Gives what waits until there is something to read, or a signal has come: one that comes just before a read would
    be heard when the read ends, which may be never."""
    if os.name != "posix" or not _has_descriptor(source):
        yield lambda: None
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    ready = [source.fileno(), reader]
    try:
        yield lambda: select.select(ready, [], [])
    finally:
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)


def _has_descriptor(source: BufferedIOBase) -> bool:
    try:
        source.fileno()
    except OSError:
        return False
    return True


def _read(source: BufferedIOBase, name: str) -> bytes:
    try:
        return source.read1(_BLOCK)
    except OSError as error:
        raise UnreadableFileError(
            f"{_begun(name)} cannot be read.",
            found=error.strerror or type(error).__name__,
            remedy="Pipe a table into it, or name a file.",
        ) from error


@contextmanager
def _writing(path: Path, name: str) -> Iterator[Callable[[bytes], object]]:
    from segmentry.tables import ROOM

    try:
        with path.open("wb") as file:
            yield file.write
    except OSError as error:
        raise UnreadableFileError(
            f"What came from {name} could not be kept.", found=error.strerror or "", remedy=ROOM
        ) from error


def _told(text: str, taken: Mapping[Path, str]) -> str:
    for path, name in taken.items():
        text = re.sub(rf"(?:\w+:///)?{re.escape(str(path))}", name, text)  # as a file, or as a database
        text = _begun(name) + text.removeprefix(name) if text.startswith(name) else text
    return text


def _begun(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}"


@contextmanager
def standard_output(ending: str) -> Iterator[Path]:
    """A file to write whose bytes go to standard output once the block ends well; otherwise nothing does. Raises
    OutputError where standard output is closed, before the work is done."""
    if sys.__stdout__ is None:
        raise OutputError("Standard output is closed.", remedy="Leave it open, or name a file with -o.")
    with _scratch() as folder:
        path = folder / f"output{ending}"
        try:
            yield path
        except OutputError as error:
            if str(path) not in error.what:
                raise
            from segmentry.tables import ROOM

            raise OutputError("The result could not be put together.", found=error.found, remedy=ROOM) from error
        with printing(), path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer, _BLOCK)
            sys.stdout.buffer.flush()


def a_folder(output: Path | None) -> Path | None:
    """What an option says that names a folder. Raises BadParameter for standard output, which cannot be one."""
    if output is not None and str(output) == STDOUT:
        raise typer.BadParameter("It names a folder for several files; `-` is no place for them.")
    return output
