"""JSON lines, or an array of objects, as the embedded engine's table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from segmentry.errors import InputError, UnreadableFileError
from segmentry.tables.embedded.assembly import Source, assemble
from segmentry.tables.embedded.batches import BATCH, Batches, series
from segmentry.tables.files import inflate, unchanged
from segmentry.tables.names import check_names
from segmentry.tables.scratch import needs_room, scratch_folder
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Reject, Table
from segmentry.tables.text.encoding import decode
from segmentry.tables.text.jsonrows import Row, json_rows


@needs_room()
def read_json(
    path: Path,
    settings: ReadingSettings,
    expected: Mapping[str, Reading],
    *,
    packed: bool = False,
    only: Collection[str] | None = None,
) -> Table:
    """A row for each object; a key that an object lacks is an empty cell."""
    folder = scratch_folder()
    batches = Batches()
    try:
        names: dict[str, None] = {}
        lines: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
        rejects: list[Reject] = []
        with unchanged(path):
            source = path
            if packed:
                source = folder / "unpacked.json"
                inflate(path, source)
            decoded = decode(source, path.name, settings.encoding, folder / "utf8.json")
            rows = json_rows(decoded.path, decoded.skip, path.name)
            while batch := list(islice(rows, BATCH)):
                _take(batch, names, lines, rejects, batches, path.name, only)
        if not names:
            raise UnreadableFileError(f"{path.name} holds no objects.", remedy="Each row must be a JSON object.")
        check_names(list(names), path.name)
        made = Source(
            frame=batches.lazy(names),
            kind="json",
            name=path.name,
            keep=batches.keep,
            present=batches.rows + len(rejects),
            lines=np.concatenate(lines) if lines else np.empty(0, dtype=np.int64),
            rejects=tuple(rejects),
            notices=decoded.notices,
            origin=path,
            scratch=batches.scratch,
        )
        return assemble(made, settings, expected, only)
    except BaseException:
        batches.drop()
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take(
    batch: list[Row],
    names: dict[str, None],
    lines: list[np.ndarray[tuple[int], np.dtype[np.int64]]],
    rejects: list[Reject],
    batches: Batches,
    name: str,
    only: Collection[str] | None,
) -> None:
    good = [(line, row) for line, row, _ in batch if row is not None]
    rejects += [Reject(line, "", reason, "") for line, row, reason in batch if row is None]
    for _, row in good:
        if row.keys() - names.keys():
            names.update(dict.fromkeys(row))
    if not good or not names:
        return
    columns = {column: [row.get(column) for _, row in good] for column in names}
    for column, cells in columns.items():
        if only is not None and column not in only:
            columns[column] = [_flat(cell) for cell in cells]
            continue
        _refuse_nested(column, cells, [line for line, _ in good], name)
    lines.append(np.array([line for line, _ in good], dtype=np.int64))
    batches.add([series(column, cells) for column, cells in columns.items()])


def _flat(cell: Any) -> Any:
    return json.dumps(cell, ensure_ascii=False, default=str) if isinstance(cell, (dict, list)) else cell


def _refuse_nested(column: str, cells: list[Any], lines: list[int], name: str) -> None:
    if not {dict, list} & set(map(type, cells)):
        return
    at = next(i for i, cell in enumerate(cells) if isinstance(cell, (dict, list)))
    inner: Iterator[str] = iter(cells[at]) if isinstance(cells[at], dict) else iter(())
    flat = ", ".join(f"{column}.{key}" for key in islice(inner, 3))
    raise InputError(
        f"The column '{column}' of {name} holds nested values.",
        found=f"{'an object' if isinstance(cells[at], dict) else 'a list'} on line {lines[at]}",
        remedy=f"Write it flat, for example as {flat}." if flat else "Write one value per cell, or leave it out.",
        code="nested-column",
    )
