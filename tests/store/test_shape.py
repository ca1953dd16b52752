"""What of a value goes into a file."""

from __future__ import annotations

from dataclasses import dataclass, field

from segmentry.store.shape import from_plain, to_plain


@dataclass(frozen=True)
class Room:
    view: str
    guests: tuple[str, ...] = field(default=(), metadata={"stored": False})


@dataclass(frozen=True)
class House:
    rooms: tuple[Room, ...]


def test_a_field_says_itself_that_it_is_not_stored() -> None:
    """Its name does not matter: a field called as one that is left out elsewhere comes back."""
    plain = to_plain(House((Room("sea", guests=("Ann",)),)))
    assert plain == {"rooms": [{"view": "sea"}]}
    assert from_plain(House, plain, "house") == House((Room("sea"),))
