"""A text file as the embedded engine's table."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl

from segmentry.errors import UnreadableFileError
from segmentry.tables.embedded.assembly import Scratch, Source, assemble, in_memory, new_scratch
from segmentry.tables.embedded.batches import IN_MEMORY_BELOW, in_scratch
from segmentry.tables.embedded.totals import is_row_of_sums
from segmentry.tables.files import inflate, unchanged
from segmentry.tables.scratch import needs_room
from segmentry.tables.settings import ReadingSettings
from segmentry.tables.table import Reading, Table
from segmentry.tables.text.document import Document, open_document


@needs_room()
def read_csv(
    path: Path,
    settings: ReadingSettings,
    expected: Mapping[str, Reading],
    *,
    packed: bool = False,
    only: Collection[str] | None = None,
) -> Table:
    """The file's rows, all cells read as text first and typed over the whole file."""
    with new_scratch() as scratch, unchanged(path):
        source = path
        if packed:
            source = scratch / "unpacked.csv"
            inflate(path, source)
        document = open_document(source, path.name, settings, scratch)
        return _typed(document, path, settings, expected, scratch, only)


def _typed(
    document: Document,
    path: Path,
    settings: ReadingSettings,
    expected: Mapping[str, Reading],
    scratch: Scratch,
    only: Collection[str] | None,
) -> Table:
    text = _scan(document)
    small = document.path.stat().st_size < IN_MEMORY_BELOW
    if small:
        collected = text.collect()
        _check_rows(collected.height, document, path.name)
        text = collected.lazy()
        shutil.rmtree(scratch, ignore_errors=True)
    else:
        _check_rows(int(text.select(pl.len()).collect(engine="streaming").item()), document, path.name)

    if document.ends_blank and is_row_of_sums(text, len(document.lines)):
        document = document.without_last(path.name)
        text = text.head(len(document.lines))

    source = Source(
        frame=text,
        kind="csv",
        name=path.name,
        keep=in_memory if small else in_scratch(scratch),
        present=document.present,
        lines=document.lines,
        rejects=document.rejects,
        notices=document.notices,
        origin=path,
        how=document.how,
        scratch=None if small else scratch,
    )
    return assemble(source, settings, expected, only)


def _scan(document: Document) -> pl.LazyFrame:
    names = dict.fromkeys(document.names, pl.String)
    if not len(document.lines):
        return pl.LazyFrame(schema=names)
    return pl.scan_csv(
        document.path,
        has_header=False,
        skip_lines=document.skip_lines,
        separator=document.separator,
        quote_char='"' if document.quoted else None,
        schema=names,
        infer_schema=False,
        glob=False,
    )


def _check_rows(height: int, document: Document, name: str) -> None:
    # Two readers counted the rows; if they ever disagree, no row may be trusted.
    if height != len(document.lines):
        raise UnreadableFileError(
            f"{name} could not be split into rows safely.",
            found=f"{height} rows where {len(document.lines)} were counted",
            remedy="Export the table again, with every text quoted.",
        )
