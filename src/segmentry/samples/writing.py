"""Writes a made-up shop of any size, block by block, so that memory does not grow with the rows.

A file or folder appears complete or not at all.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from segmentry.errors import OutputError, SettingsError, system_error
from segmentry.samples.drawing import BLOCK_ROWS, check
from segmentry.samples.messy import ENCODING, LINE_END, Dialect, dialect_of, messy_truth
from segmentry.samples.messy import messy as messy_table
from segmentry.samples.orders import Shopping, sample_orders, sample_orders_truth
from segmentry.samples.shop import Sample
from segmentry.samples.shops import shop_named

PART_ROWS = 1_000_000  # of one file in a folder

Block = Callable[[int, int], pl.DataFrame]  # rows, start -> those rows


@dataclass(frozen=True)
class _Target:
    """Where a table goes: `csv` and `parquet` are one file each, `folder` is Parquet in parts."""

    path: Path
    form: str
    dialect: Dialect | None = None

    @property
    def unfinished(self) -> Path:
        return self.path.with_name(f".{self.path.name}.unfinished-{os.getpid()}")


def write_sample(
    kind: str,
    path: str | os.PathLike[str],
    rows: int | None = None,
    seed: int = 0,
    truth_path: str | os.PathLike[str] | None = None,
    *,
    overwrite: bool = False,
    messy: bool = False,
) -> int:
    """A made-up shop ("marketing", "mall", "ecommerce") in a file, and who is of which kind in another if `truth_path`
    is given; the number of its customers, which is the shop's own unless `rows` says otherwise.

    The ending tells the form: `.csv`, `.parquet`, or none (or a slash) for a folder of Parquet parts.

    `messy` (CSV only) writes the quirks of real exports, none of which moves a planted group: fields between semicolons
    or tabs, lines that end as on Windows, cp1252 with letters beyond ASCII, dates with the day first, amounts with a
    currency sign, thousands set apart and a decimal point or comma (these follow from the seed); and in some rows
    blanks and words such as N/A for numbers, incomes of 666666 and the like, impossible birth years or ages, odd
    category levels, stray spaces and case, customers that repeat another but for the id; a column that is the same in
    every row and one of made-up e-mail addresses. There is no line of totals at the end.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_sample("mall", f"{folder}/mall.csv", seed=1, truth_path=f"{folder}/truth.csv")
    ...     sorted(os.listdir(folder))
    200
    ['mall.csv', 'truth.csv']
    """
    shop = shop_named(kind)
    rows = shop.rows if rows is None else rows
    check(rows, seed, 0)
    table = _table_target(path, seed, messy)
    jobs: list[tuple[_Target, Block]] = [(table, _block(shop.customers, partial(messy_table, shop), messy, seed))]
    if truth_path is not None:
        jobs.append((_other(truth_path, table), _block(shop.truth, partial(messy_truth, shop), messy, seed)))
    _write_all(jobs, rows, overwrite)
    return rows


def write_orders(
    path: str | os.PathLike[str],
    customers: int,
    seed: int = 0,
    truth_path: str | os.PathLike[str] | None = None,
    *,
    shop: Shopping | None = None,
    overwrite: bool = False,
) -> int:
    """The order lines of a made-up shop in a file, and what is true of its customers in another, `truth_path`.

    `shop` states the process they are drawn from. The ending tells the form, as for `write_sample`. Answers the number
    of customers.
    """
    check(customers, seed, 0)
    told = (shop or Shopping()).checked()
    jobs: list[tuple[_Target, Block]] = [
        (_target(path), lambda count, start: sample_orders(count, seed, start=start, shop=told))
    ]
    if truth_path is not None:
        jobs.append(
            (_other(truth_path, jobs[0][0]), lambda n, start: sample_orders_truth(n, seed, start=start, shop=told))
        )
    _write_all(jobs, customers, overwrite)
    return customers


def _other(truth_path: str | os.PathLike[str], table: _Target) -> _Target:
    truth = _target(truth_path)
    if truth.path.resolve() == table.path.resolve():
        raise SettingsError(
            "The truth needs a file of its own.", found=str(truth_path), remedy="Pass another truth_path."
        )
    return truth


def _block(clean: Sample, untidy: Sample, messy: bool, seed: int) -> Block:
    table = untidy if messy else clean
    return lambda count, start: table(count, seed, start=start)


def _table_target(path: str | os.PathLike[str], seed: int, messy: bool) -> _Target:
    target = _target(path)
    if not messy:
        return target
    if target.form != "csv":
        raise SettingsError(
            "Only CSV files have the quirks of real exports.", found=str(path), remedy="Let the path end in .csv."
        )
    return replace(target, dialect=dialect_of(seed))


def _target(path: str | os.PathLike[str]) -> _Target:
    text = os.fspath(path)
    place = Path(text)
    if text.endswith(("/", os.sep)) or not place.suffix:
        return _Target(place, "folder")
    form = place.suffix.lower().removeprefix(".")
    if form not in ("csv", "parquet"):
        raise OutputError(
            "A sample is written as .csv, as .parquet or into a folder.",
            found=place.suffix,
            remedy="Give the path one of these endings, or none for a folder.",
        )
    return _Target(place, form)


def _check_free(target: _Target, overwrite: bool) -> None:
    path = target.path
    existing = next(p for p in (path, *path.absolute().parents) if p.exists())
    folder = path.absolute().parent if existing == path else existing
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"'{folder}' cannot be written to.", remedy="Choose another path.")
    if existing != path:
        return
    if not overwrite:
        raise OutputError("The output exists already.", found=str(path), remedy="Choose another path, or overwrite it.")
    if path.is_dir() != (target.form == "folder"):
        kind = "a folder" if path.is_dir() else "a file"
        raise OutputError(f"The output is {kind} and would have to be something else.", found=str(path))
    # Someone's folder may be named by mistake: only what this module wrote is replaced.
    if path.is_dir() and any(not _is_part(entry) for entry in path.iterdir()):
        raise OutputError("The folder holds other files.", found=str(path), remedy="Choose a new or empty folder.")


def _is_part(path: Path) -> bool:
    return path.is_file() and path.name.startswith("part-") and path.suffix == ".parquet"


def _write_all(jobs: list[tuple[_Target, Block]], rows: int, overwrite: bool) -> None:
    for target, _ in jobs:
        _check_free(target, overwrite)
    target = jobs[0][0]
    made = [place for job, _ in jobs for place in job.path.absolute().parents if not place.exists()]
    try:
        for target, block in jobs:
            target.path.parent.mkdir(parents=True, exist_ok=True)
            _write(target, block, rows)
        for target, _ in jobs:
            _publish(target)
    except Exception as problem:
        refused = system_error(problem)
        if refused is None:
            raise
        raise OutputError(
            f"{target.path} could not be written.",
            found=refused.strerror or "",
            remedy="Check the folder, its rights and the free space.",
        ) from problem
    finally:
        for target, _ in jobs:
            _discard(target.unfinished)
        with contextlib.suppress(OSError):  # unless something is in them
            for place in made:
                place.rmdir()


def _write(target: _Target, block: Block, rows: int) -> None:
    if target.form == "csv":
        _write_csv(target, block, rows)
    elif target.form == "parquet":
        _write_parquet(target.unfinished, block, 0, rows)
    else:
        target.unfinished.mkdir()
        for number, start in enumerate(range(0, rows, PART_ROWS)):
            part = target.unfinished / f"part-{number:05d}.parquet"
            _write_parquet(part, block, start, min(rows, start + PART_ROWS))


def _frames(block: Block, start: int, end: int) -> Iterator[pl.DataFrame]:
    for at in range(start, end, BLOCK_ROWS):
        yield block(min(BLOCK_ROWS, end - at), at)


def _write_csv(target: _Target, block: Block, rows: int) -> None:
    with target.unfinished.open("wb") as file:
        for number, frame in enumerate(_frames(block, 0, rows)):
            if target.dialect is None:
                frame.write_csv(file, include_header=number == 0, datetime_format="%Y-%m-%d %H:%M:%S")
            else:
                file.write(_untidy(frame, target.dialect, header=number == 0))
        os.fsync(file.fileno())


def _untidy(frame: pl.DataFrame, dialect: Dialect, header: bool) -> bytes:
    text = frame.write_csv(include_header=header, separator=dialect.separator, line_terminator=LINE_END)
    return text.encode(ENCODING)


def _write_parquet(path: Path, block: Block, start: int, end: int) -> None:
    def source(*_request: object) -> Iterator[pl.DataFrame]:
        return _frames(block, start, end)

    register_io_source(source, schema=block(1, 0).schema).sink_parquet(path)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _publish(target: _Target) -> None:
    if target.form != "folder" or not target.path.exists():
        target.unfinished.replace(target.path)
        return
    # A folder cannot be renamed onto one that holds files, and the old one must not be lost before the new is there.
    outdated = target.path.with_name(f"{target.unfinished.name}-outdated")
    target.path.replace(outdated)
    target.unfinished.replace(target.path)
    shutil.rmtree(outdated)


def _discard(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    # Where nothing can be written, nothing can be removed either, not even what is not there.
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
