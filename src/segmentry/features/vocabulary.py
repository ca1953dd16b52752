"""What words in column names and level names mean, in seven languages; the words themselves stand in `vocabulary.toml`.

Taking names apart is left to `words`, deciding on roles to `roles`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_ENDINGS = ("s", "es", "n", "en", "e", "er", "ed", "al", "x")
_SHORTEST_STEM = 4
_NOISE = frozenset({"noise"})


@dataclass(frozen=True)
class Vocabulary:
    """Concepts by word (or phrase), orders of level names, pairs of no and yes, gender words, currency signs.

    `phrase_words` are the single words of the entries that consist of several.
    """

    concepts: dict[str, frozenset[str]]
    orders: dict[str, tuple[dict[str, int], ...]]
    flags: tuple[tuple[frozenset[str], frozenset[str]], ...]  # words for no, and for yes
    genders: dict[str, frozenset[str]]
    currencies: dict[str, str]
    counted: frozenset[str]  # words that are a number of things at the end of a name
    signed: frozenset[str]  # words for money that may be below 0
    longest_phrase: int
    phrase_words: frozenset[str]

    def meaning(self, word: str) -> frozenset[str]:
        """Concepts a folded word may stand for, regular plurals and endings included; empty when unknown.

        >>> sorted(vocabulary().meaning("salaries")), sorted(vocabulary().meaning("wines"))
        (['income'], ['goods'])
        """
        known = self.concepts.get(word)
        if known is not None:
            return known
        for stem in _stems(word):
            # Joining words have no endings: "hats" is not the German "hat".
            if self.concepts.get(stem, _NOISE) != _NOISE:
                return self.concepts[stem]
        return frozenset()


def fold(text: str) -> str:
    """Lower case without accents, and single spaces: how words are compared.

    >>> fold("  Año de  Nacimiento "), fold("Straße")
    ('ano de nacimiento', 'strasse')
    """
    return " ".join(strip_accents(text).casefold().split())


def strip_accents(text: str) -> str:
    """The text with its accents taken off, its case kept."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def fold_level(level: str) -> str:
    """A level name for comparison: folded, with anything but letters and digits taken as a space.

    >>> fold_level("Very-Satisfied ")
    'very satisfied'
    """
    return " ".join(re.findall(r"[^\W_]+", fold(level))) or fold(level)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that comes with segmentry."""
    source = files("segmentry.features").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(source)
    concepts = _by_word(raw["concepts"])
    return Vocabulary(
        concepts=concepts,
        orders={name: tuple(_places(order) for order in orders) for name, orders in raw["orders"].items()},
        flags=tuple((_folded(no), _folded(yes)) for no, yes in raw["flags"]["meanings"]),
        genders={name: _folded(words) for name, words in raw["genders"].items()},
        currencies={word: sign for sign, words in raw["currencies"].items() for word in words},
        counted=_spelled(raw["counted"]),
        signed=_spelled(raw["signed"]),
        longest_phrase=max(len(word.split()) for word in concepts),
        phrase_words=frozenset(part for word in concepts if " " in word for part in word.split()),
    )


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold_level(word) for word in words)


def _spelled(raw: dict[str, list[str]]) -> frozenset[str]:
    return frozenset(one for language, words in raw.items() for word in words for one in _spellings(word, language))


def _by_word(raw: dict[str, dict[str, list[str]]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for concept, languages in raw.items():
        for language, words in languages.items():
            for word in words:
                for spelling in _spellings(word, language):
                    found.setdefault(spelling, set()).add(concept)
    return {word: frozenset(concepts) for word, concepts in found.items()}


def _spellings(word: str, language: str) -> Iterator[str]:
    yield fold(word)
    if language == "de":
        yield fold(unicodedata.normalize("NFC", word).translate(_UMLAUTS))
    if language == "es" and "ñ" in word:
        yield fold(word.replace("ñ", "ni"))


def _stems(word: str) -> Iterator[str]:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM - (ending == "s"):
            yield word[: -len(ending)]
    if word.endswith("ies") and len(word) > _SHORTEST_STEM:
        yield word[:-3] + "y"


def _places(order: list[list[str]]) -> dict[str, int]:
    return {fold_level(level): place for place, levels in enumerate(order) for level in levels}
