"""What a database address means: which system, where it is, which table or query; its password is never shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from segmentry.errors import SettingsError

System = Literal["sqlite", "duckdb", "postgresql"]

_SYSTEMS: dict[str, System] = {
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "postgresql+psycopg": "postgresql",
}
_EXAMPLES = "sqlite:///shop.db, duckdb:///shop.duckdb or postgresql://user@host/shop"
_OWN = ("table", "query")


@dataclass(frozen=True)
class Address:
    """A database. `file` is where an embedded one lives; the other parts are for a server."""

    system: System
    file: str = ""
    host: str = ""
    port: int | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    table: str | None = None
    query: str | None = None

    @property
    def shown(self) -> str:
        """The address as it may be printed: without the password and without options."""
        if self.system != "postgresql":
            return f"{self.system}:///{self.file}"
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        return f"{self.system}://{user}{self.host}{port}/{self.database}"

    def cleaned(self, message: str) -> str:
        """A driver's message on one line, with anything secret masked."""
        secrets = [self.password, *(value for name, value in self.options if "password" in name.lower())]
        for secret in secrets:
            if secret:
                message = message.replace(secret, "***")
        return " ".join(message.split())


def is_address(source: object) -> bool:
    """Whether a source names a database rather than a file.

    >>> is_address("sqlite:///shop.db"), is_address("shop.db")
    (True, False)
    """
    return isinstance(source, str) and "://" in source


def refuse_address(path: str | Path) -> None:
    """Raises SettingsError where a file or a folder is wanted and a database is named, of whose address a path has lost
    a slash; nothing of it is shown, since a password may be in it. And where `check_name` does."""
    check_name(path)
    scheme = re.match(r"([A-Za-z][\w+.-]{1,30}):/", str(path))
    if scheme:
        raise SettingsError(
            "A file or a folder is wanted here, not a database.",
            found=f"{scheme[1]}://",
            remedy="Name a path. What can be written to a database is customers with their segments, by "
            "`segmentry score MODEL SOURCE -o ADDRESS`.",
            code="address",
        )


def check_name(path: str | Path) -> None:
    """Raises SettingsError where the bytes of a file's name are no text, so that engines cannot be told of it.

    >>> check_name("größe.csv")
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        raise SettingsError(
            "The name of a file or folder is not written in UTF-8, or this system's locale says that it is not.",
            found=str(path).encode("utf-8", "replace").decode("utf-8"),
            remedy="Set LC_ALL=C.UTF-8 (or PYTHONUTF8=1), or give it a name of plain letters.",
            code="file-name",
        ) from None


def parse(text: str) -> Address:
    """The parts of an address; an error that shows none of them when they cannot be told apart.

    >>> parse("postgresql://anna:secret@db.example/shop?table=customers").shown
    'postgresql://anna@db.example/shop'
    >>> parse("sqlite:///shop.db").file
    'shop.db'
    """
    scheme, _, rest = text.partition("://")
    system = _SYSTEMS.get(scheme.lower())
    if system is None:
        raise SettingsError(
            "This kind of address cannot be read.",
            found=f"{scheme}://" if re.fullmatch(r"[A-Za-z][\w+.-]{0,30}", scheme) else "an address",
            remedy=f"Pass a file, or a database such as {_EXAMPLES}.",
            code="address",
        )
    return _server(system, rest) if system == "postgresql" else _embedded(system, rest)


def _embedded(system: System, rest: str) -> Address:
    host, slash, path = rest.partition("/")
    path, _, options = path.partition("?")
    if host or not slash or not path or path == ":memory:":
        raise SettingsError(
            f"The address of an {'SQLite' if system == 'sqlite' else 'DuckDB'} database names its file "
            "after three slashes.",
            remedy=f"For example {system}:///shop.db, or {system}:////srv/shop.db for a whole path.",
            code="address",
        )
    stated = dict(parse_qsl(options, keep_blank_values=True))
    _refuse_unknown(stated)
    check_name(unquote(path))
    return Address(system, file=unquote(path), table=stated.get("table"), query=stated.get("query"))


def _server(system: System, rest: str) -> Address:
    try:
        parts = urlsplit(f"//{rest}")
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise _doubtful() from None
    if "@" in parts.path or parts.netloc.count("@") > 1 or bool(parts.fragment):
        raise _doubtful()
    stated = parse_qsl(parts.query, keep_blank_values=True)
    own = {name: value for name, value in stated if name in _OWN}
    return Address(
        system,
        host=host,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.removeprefix("/")),
        options=tuple((name, value) for name, value in stated if name not in _OWN),
        table=own.get("table"),
        query=own.get("query"),
    )


def _doubtful() -> SettingsError:
    # Whatever stands there may be a piece of the password.
    return SettingsError(
        "The parts of the database address cannot be told apart.",
        remedy="Write special characters of the password as %40 for @, %2F for /, %23 for #, %5B for [, or leave it "
        "out and set PGPASSWORD.",
        code="address",
    )


def _refuse_unknown(stated: dict[str, str]) -> None:
    unknown = sorted(set(stated) - set(_OWN))
    if unknown:
        raise SettingsError(
            "The database address has options that are not known.",
            found=", ".join(unknown),
            remedy="Known are table and query.",
            code="address",
        )


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever characters it holds.

    >>> quoted('odd "name"')
    '"odd ""name""\"'
    """
    return '"' + name.replace('"', '""') + '"'
