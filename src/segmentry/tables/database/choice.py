"""Which rows of a database are meant: a table that exists, or a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from segmentry.errors import SettingsError, UnreadableFileError
from segmentry.tables.database.address import Address, quoted
from segmentry.tables.settings import ReadingSettings

_MOST_SHOWN = 20


@dataclass(frozen=True)
class Name:
    """A table and the schema it is in; the schema is "" where it need not be said."""

    schema: str
    table: str

    @property
    def sql(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.table)}" if self.schema else quoted(self.table)

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" if self.schema else self.table


@dataclass(frozen=True)
class Choice:
    """A select statement, the table it reads where it is one, and what to call it."""

    select: str
    table: Name | None
    name: str

    def origin(self, address: Address) -> Address:
        """What was read, without anything secret: enough to tell that an output would replace it."""
        return replace(address, password="", options=(), table=str(self.table) if self.table else None, query=None)


def choose(address: Address, settings: ReadingSettings, tables: Sequence[Name]) -> Choice:
    """The rows that the options or the address name, or those of the only table there is."""
    table, query = settings.table, settings.query
    if table is None and query is None:
        table, query = address.table, address.query
    if table is not None and query is not None:
        raise SettingsError("The address names a table and a query.", remedy="Name one of them.")
    if query is not None:
        return Choice(_statement(query), None, "the query")
    if table is None and len(tables) == 1:
        return _of(tables[0])
    if table is None:
        raise SettingsError(
            f"{address.shown} holds {len(tables) or 'no'} tables.",
            found=_listed(tables),
            remedy='Name one with --table, or pass --query "select ...".' if tables else "Check the address.",
            code="which-table",
        )
    found = [name for name in tables if table in (str(name), name.table)]
    if not found:
        found = [name for name in tables if table.casefold() in (str(name).casefold(), name.table.casefold())]
    if len(found) != 1:
        what = f"has no table '{table}'" if not found else f"has several tables '{table}'"
        raise UnreadableFileError(
            f"{address.shown} {what}.",
            found=_listed(found or tables),
            remedy="Name one of these with --table.",
            code="which-table",
        )
    return _of(found[0])


def _of(name: Name) -> Choice:
    return Choice(f"select * from {name.sql}", name, str(name))  # noqa: S608 - quoted, and known to exist


def _statement(query: str) -> str:
    statement = query.strip().rstrip(";").strip()
    if not statement:
        raise SettingsError("The query is empty.", remedy='Pass for example --query "select * from customers".')
    return statement


def _listed(tables: Sequence[Name]) -> str:
    names = sorted(str(name) for name in tables)
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return ", ".join(names[:_MOST_SHOWN]) + more
