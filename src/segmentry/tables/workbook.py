"""What a workbook says about itself: its sheets, and what in them a reader of values would pass over in silence."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from segmentry.errors import UnreadableFileError
from segmentry.tables.files import LARGEST_RATIO

LARGEST_INFLATED = 8 * 1024**3
LARGEST_CELLS = 150_000_000  # a reader holds the whole rectangle between the outermost cells in memory
_SMALL = 16 * 1024**2
_BLOCK = 1 << 22
_OPEN_AND_SAVE = "Open the workbook in Excel or LibreOffice, save it, and pass it again."

_REF = re.compile(rb'\br=["\']([A-Z]{1,3})(\d{1,7})["\']')
_ERROR = re.compile(rb'<(?:\w+:)?c\b[^>]*?\bt=["\']e["\'][^>]*>')
# A formula whose result was never computed: no value after it, or an empty one.
_FORMULA = re.compile(rb"</(?:\w+:)?f>\s*(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)")
_EMPTY_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*/>\s*(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref=["\'][A-Z]+(\d+):[A-Z]+(\d+)["\']')
_FAR = re.compile(rb'\br=["\']([A-Z]{2,3})(\d{1,7})["\'][^>]*[^/]>')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br=["\'](\d+)["\']')


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook; `part` is where it is in the archive."""

    name: str
    part: str
    hidden: bool = False
    empty: bool = False


@dataclass
class Findings:
    """Cells of one sheet that hold no value though something is in them; rows as numbered in the sheet."""

    errors: dict[str, int] = field(default_factory=dict)  # by letter of the column
    unsolved: dict[str, list[int]] = field(default_factory=dict)  # formulas without a result: rows, by column
    merged: list[tuple[int, int]] = field(default_factory=list)  # first and last row of each merged area
    last_row: int = 0
    last_column: int = 0


class Workbook:
    """An .xlsx file, looked at part by part; stops at a bomb before anything is inflated."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _told(path), zipfile.ZipFile(path) as archive:
            self._check_sizes(archive)
            names = set(archive.namelist())
            if "xl/workbook.xml" not in names:
                raise _no_workbook(path, names)
            book = _xml(archive, "xl/workbook.xml", path)
            parts = _targets(_xml(archive, "xl/_rels/workbook.xml.rels", path))
            self.counts_from_1904 = any(
                _local(e.tag) == "workbookPr" and e.get("date1904", "0").lower() in ("1", "true") for e in book.iter()
            )
            self.sheets = [
                self._sheet(archive, element, parts, names) for element in book.iter() if _local(element.tag) == "sheet"
            ]
            # Sheets of charts or macros hold no cells.
            self.sheets = [sheet for sheet in self.sheets if sheet.part.startswith("xl/worksheets/")]

    def inspect(self, sheet: Sheet) -> Findings:
        """Go once over the cells of a sheet, and check that what the reader will inflate is what was announced."""
        found = Findings()
        with _told(self.path), zipfile.ZipFile(self.path) as archive:
            for block in _blocks(archive, sheet.part):
                _look(block, found)
            for name in archive.namelist():
                if name.lower() == "xl/sharedstrings.xml":
                    for _ in _blocks(archive, name):
                        pass
        if found.last_row * max(found.last_column, 26) > LARGEST_CELLS:
            raise UnreadableFileError(
                f"The sheet '{sheet.name}' of {self.path.name} spans too many cells.",
                found=f"{found.last_row:,} rows and {found.last_column:,} columns between the outermost cells",
                remedy="Delete what stands far away from the table, or save the sheet as CSV (UTF-8).",
                code="too-many-cells",
            )
        return found

    def _check_sizes(self, archive: zipfile.ZipFile) -> None:
        members = archive.infolist()
        inflated = sum(member.file_size for member in members)
        bombs = [m for m in members if m.file_size > _SMALL and m.file_size > LARGEST_RATIO * max(m.compress_size, 1)]
        if inflated > LARGEST_INFLATED or bombs:
            raise UnreadableFileError(
                f"{self.path} grows suspiciously when it is unpacked.",
                found=f"{inflated // 2**20:,} MB from {self.path.stat().st_size // 2**10:,} KB",
                remedy="Delete empty but formatted rows and columns, or save the sheet as CSV (UTF-8).",
                code="inflates-too-much",
            )
        if any(member.flag_bits & 1 for member in members):
            raise UnreadableFileError(f"{self.path} is protected by a password.", remedy="Save it without one.")

    def _sheet(
        self, archive: zipfile.ZipFile, element: ElementTree.Element, parts: dict[str, str], names: set[str]
    ) -> Sheet:
        relation = next((v for k, v in element.attrib.items() if _local(k) == "id"), "")
        part = parts.get(relation, "")
        empty = False
        if part in names:
            with archive.open(part) as file:
                empty = b"<c" not in file.read(1 << 16).partition(b"<sheetData")[2]
        return Sheet(element.get("name", ""), part, element.get("state", "visible") != "visible", empty)


class _told:  # noqa: N801 - reads as a word where it is used
    """Turns what a broken archive raises into an error that says what to do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        # A RuntimeError is how zipfile says that it does not know how a part was packed.
        broken = (zipfile.BadZipFile, zlib.error, EOFError, ElementTree.ParseError, RuntimeError, KeyError)
        if isinstance(error, broken):
            raise UnreadableFileError(
                f"{self.path} is damaged or was cut while it was copied.",
                found=f"a workbook that cannot be unpacked ({type(error).__name__})",
                remedy="Copy or download it again, or save the sheet as CSV (UTF-8).",
            ) from error


def _no_workbook(path: Path, names: set[str]) -> UnreadableFileError:
    if "xl/workbook.bin" in names:
        return UnreadableFileError(f"{path} is a binary workbook (.xlsb).", remedy="Save it as .xlsx.")
    if "content.xml" in names:
        return UnreadableFileError(f"{path} is an OpenDocument file.", remedy="Save the sheet as .xlsx or CSV (UTF-8).")
    return UnreadableFileError(
        f"{path} is no workbook.", found="a zip archive", remedy="Unpack it and pass the table in it."
    )


def _xml(archive: zipfile.ZipFile, name: str, path: Path) -> ElementTree.Element:
    data = archive.read(name)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or len(data) > _SMALL:
        raise UnreadableFileError(f"{path} is no workbook that Excel wrote.", remedy=_OPEN_AND_SAVE)
    return ElementTree.fromstring(data)


def _targets(relations: ElementTree.Element) -> dict[str, str]:
    out: dict[str, str] = {}
    for relation in relations:
        target = relation.get("Target", "")
        out[relation.get("Id", "")] = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return out


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _blocks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The text of a part in pieces that end where a row does."""
    with archive.open(name) as file:
        carry = b""
        while block := file.read(_BLOCK):
            data = carry + block
            cut = data.rfind(b"row>") + 4
            if cut < 4:
                cut = 0 if len(data) < 4 * _BLOCK else len(data)
            if cut:
                yield data[:cut]
            carry = data[cut:]
        if carry:
            yield carry


def _look(block: bytes, found: Findings) -> None:
    found.last_row = max(found.last_row, _last_row(block))
    if found.last_row * 16_384 > LARGEST_CELLS:
        for cell in _FAR.finditer(block):
            found.last_column = max(found.last_column, number_of(cell[1]))
    if b't="e"' in block or b"t='e'" in block:
        _count_errors(block, found)
    if b"<f" in block or b":f" in block:
        for pattern in (_FORMULA, _EMPTY_FORMULA):
            for formula in pattern.finditer(block):
                _unsolved(block, formula.start(), found)
    for area in _MERGED.finditer(block):
        found.merged.append((int(area[1]), int(area[2])))


def _last_row(block: bytes) -> int:
    at = block.rfind(b"<row ")
    last = _ROW.match(block, at) if at >= 0 else None
    if last is not None:
        return int(last[1])
    return max((int(row[1]) for row in _ROW.finditer(block)), default=0)


def _count_errors(block: bytes, found: Findings) -> None:
    for cell in _ERROR.finditer(block):
        ref = _REF.search(cell[0])
        if ref is not None:
            column = ref[1].decode()
            found.errors[column] = found.errors.get(column, 0) + 1


def _unsolved(block: bytes, at: int, found: Findings) -> None:
    start = max(block.rfind(b"<c ", 0, at), block.rfind(b":c ", 0, at))
    opening = block[start : block.find(b">", start)]
    ref = _REF.search(opening)
    # A formula may have computed an empty text, which is marked as text.
    if ref is None or b't="str"' in opening or b"t='str'" in opening:
        return
    found.unsolved.setdefault(ref[1].decode(), []).append(int(ref[2]))


def number_of(letters: bytes | str) -> int:
    """The number of a column from its letters: A is 1, AA is 27.

    >>> number_of("AA")
    27
    """
    text = letters.decode() if isinstance(letters, bytes) else letters
    number = 0
    for letter in text:
        number = 26 * number + ord(letter) - 64
    return number


def letters_of(number: int) -> str:
    """The letters of a column from its number.

    >>> letters_of(27)
    'AA'
    """
    out = ""
    while number:
        number, rest = divmod(number - 1, 26)
        out = chr(65 + rest) + out
    return out
