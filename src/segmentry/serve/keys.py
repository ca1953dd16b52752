"""Who may ask: keys from a file or the environment, held as digests and compared in constant time.

A line for each key: a name (for metrics and limits), what it may do (`score`, or `admin`, which may also replace the
model), and the key.

    shop-frontend score 3b1f...
    operations    admin 9c20...
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from segmentry.errors import SettingsError

SHORTEST = 16  # characters
_LINE = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{0,63})\s+(?P<may>score|admin)\s+(?P<key>\S+)")


@dataclass(frozen=True)
class Key:
    name: str
    may: Literal["score", "admin"]
    digest: bytes


@dataclass(frozen=True)
class Keys:
    """The keys of a server; empty means that nobody needs one."""

    known: tuple[Key, ...] = ()

    def find(self, given: str) -> Key | None:
        """The key that was given. Each is compared, whatever the first ones said, so that time tells nothing."""
        digest = hashlib.sha256(given.encode("utf-8", "surrogateescape")).digest()
        found = None
        for key in self.known:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found


def parse_keys(text: str, where: str) -> Keys:
    """The keys in these lines. Raises SettingsError with the line, never with the key.

    >>> [(k.name, k.may) for k in parse_keys("shop score 0123456789abcdef", "here").known]
    [('shop', 'score')]
    """
    known: list[Key] = []
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        match = _LINE.fullmatch(bare)
        if match is None:
            raise _wrong(where, number, "not of the form: name score|admin key")
        if len(match["key"]) < SHORTEST:
            raise _wrong(where, number, f"a key of fewer than {SHORTEST} characters")
        key = Key(match["name"], "admin" if match["may"] == "admin" else "score", _digest(match["key"]))
        _check_new(known, key, where, number)
        known.append(key)
    if not known:
        raise SettingsError(f"{where} holds no key.", remedy="Add a line: shop score <a long random text>.")
    return Keys(tuple(known))


def read_keys(path: str | Path) -> Keys:
    """The keys of a file that its owner alone can read."""
    path = Path(path)
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"Others can read '{path}'.", remedy=f"Run: chmod 600 {path}")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The keys in '{path}' cannot be read.", found=type(error).__name__, remedy="Check the path."
        ) from None
    return parse_keys(text, f"'{path}'")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _check_new(known: Sequence[Key], key: Key, where: str, number: int) -> None:
    if any(k.name == key.name or k.digest == key.digest for k in known):
        raise _wrong(where, number, "a name or a key that an earlier line has")


def _wrong(where: str, number: int, found: str) -> SettingsError:
    return SettingsError(f"Line {number} of {where} is no key.", found=found, remedy="Each line: name score|admin key.")
