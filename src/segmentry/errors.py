"""Every exception and every warning of segmentry, in one place.

    SegmentryError                    the base: code, what is wrong, what was found, what to do
    ├── InputError                    the data is wrong
    │   ├── UnreadableFileError       not a table, or a damaged one
    │   ├── AmbiguousColumnError      a column that can be read in two ways
    │   ├── ColumnNotFoundError       a named column is not there
    │   ├── ColumnNamesError          two columns share a name
    │   ├── IdentifierError           ids are repeated
    │   ├── NotEnoughDataError        too few customers, or nothing to tell them apart by
    │   ├── RowError                  a value of one customer, given alone, that cannot be used
    │   └── ValueModelError           purchases that do not settle a model of lifetime value
    ├── SettingsError                 a setting is unknown, contradictory or out of range
    ├── AgreementError                fewer customers keep their segment than they should
    ├── OutputError                   the output exists, or cannot be written
    ├── ModelFileError                not a segmentation file, a damaged one, or of another version
    └── MissingExtraError             an optional part is not installed
    Notice                            a warning as a value: a stable code and a sentence
    SegmentryWarning                  a notice, where what is returned has no place for it

Only the doors (cli, serve, app) turn these into exit codes, status codes or colours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class SegmentryError(Exception):
    """What is wrong, what was found, and what to do next.

    >>> str(SettingsError("k must be at least 2.", found="1", remedy="Pass --k 2 or more."))
    'k must be at least 2. Found: 1. Pass --k 2 or more.'
    """

    code = "error"

    def __init__(self, what: str, *, found: str = "", remedy: str = "", code: str = "") -> None:
        self.what = what
        self.found = found
        self.remedy = remedy
        if code:
            self.code = code
        parts = [what, f"Found: {found.rstrip('.')}." if found else "", remedy]
        super().__init__(" ".join(part for part in parts if part))

    def also(self, remedy: str) -> SegmentryError:
        """The same error with one thing more to do."""
        return type(self)(self.what, found=self.found, remedy=f"{self.remedy} {remedy}".strip(), code=self.code)


class InputError(SegmentryError):
    """The data cannot be used as it is."""

    code = "input"


class UnreadableFileError(InputError):
    """The file is missing, empty, damaged, or not a table."""

    code = "unreadable-file"


class AmbiguousColumnError(InputError):
    """A column can be read in two ways and the whole column does not settle which."""

    code = "ambiguous-column"


class ColumnNotFoundError(InputError):
    """A column that is asked for is not in the table."""

    code = "column-not-found"


class ColumnNamesError(InputError):
    """Column names are missing, or two are equal after folding case, space and accents."""

    code = "column-names"


class IdentifierError(InputError):
    """An id is repeated, or looks like something else."""

    code = "identifier"


class NotEnoughDataError(InputError):
    """Too few customers, or too few different ones, for what is asked."""

    code = "not-enough-data"


class ValueModelError(InputError):
    """The purchases do not settle a model of lifetime value."""

    code = "value-model"


class RowError(InputError):
    """A value of a customer that is given by fields cannot be used. Says where and why, never what the value is.

    >>> error = RowError("must be a number or null", 3, "income")
    >>> str(error), error.row, error.field
    ("Customer 3, field 'income': must be a number or null.", 3, 'income')
    """

    code = "row"

    def __init__(self, rule: str, row: int, field: str) -> None:
        self.rule, self.row, self.field = rule, row, field
        super().__init__(f"Customer {row}, field '{field[:80]}': {rule}.")


class SettingsError(SegmentryError):
    """A setting is unknown, contradictory or out of range."""

    code = "setting"


class AgreementError(SegmentryError):
    """Fewer customers would keep the segment of an earlier fit than the bound that was set."""

    code = "low-agreement"


class OutputError(SegmentryError):
    """The output exists already or cannot be written."""

    code = "output"


class ModelFileError(SegmentryError):
    """The file is not a segmentation, is damaged, or comes from another version."""

    code = "model-file"


class MissingExtraError(SegmentryError):
    """A part that only some users need is not installed."""

    code = "missing-extra"

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(what, remedy=f'It needs: pip install "segmentry[{extra}]"')


@dataclass(frozen=True)
class Notice:
    """A warning as a value: it travels with the result instead of being printed on the way.

    >>> Notice("constant-column", "'region' has one value only; it is left out.").code
    'constant-column'
    """

    code: str
    message: str


class SegmentryWarning(UserWarning):
    """A notice about a table whose answer is a table alone, by Python's own way to warn."""


def system_error(error: BaseException) -> OSError | None:
    """What the operating system has answered, which engines tell in words alone; None for an error of another kind.

    >>> system_error(RuntimeError("parquet: No space left on device (os error 28)")).errno
    28
    """
    if isinstance(error, SegmentryError) or (isinstance(error, OSError) and error.errno is not None):
        return error if isinstance(error, OSError) else None
    number = re.search(r"\(os error (\d+)\)", str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else None


def plural(n: int, one: str, many: str = "") -> str:
    """A number of things in the sentences of errors and notices.

    >>> plural(1, "row"), plural(2, "row"), plural(1200, "category", "categories")
    ('1 row', '2 rows', '1,200 categories')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def listed(names: Iterable[str]) -> str:
    """
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def quoted(names: Sequence[str], most: int = 6) -> str:
    """Names in quotes; those beyond `most` are counted.

    >>> quoted(["a", "b", "c"]), quoted(["a", "b", "c"], 2)
    ("'a', 'b' and 'c'", "'a', 'b' and 1 more")
    """
    shown = [f"'{name}'" for name in names[:most]]
    return listed([*shown, f"{len(names) - most} more"] if len(names) > most else shown)
