"""Takes column names apart into words, whatever way they are written.

"NumWebOrders", "num_web_orders", "NUM WEB ORDERS" and "numweborders" give the same words, and "Salary (k$)" gives
its scale apart from its words. What the words mean is left to `vocabulary`, what they
say about the column to `roles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from segmentry.features.vocabulary import fold, strip_accents, vocabulary

_PIECE = re.compile(r"[A-Z]{2,}s(?![A-Za-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_BOUNDS = re.compile(r"(-?\d+(?:[.,]\d+)?)\s*(?:-|–|to|bis|a|à|até|tot|/)\s*(\d+(?:[.,]\d+)?)")
_SIGN = re.compile(r"([kK]\s?)?([$€£¥₹])")
_THOUSAND = {"k", "th", "thousand", "tsd", "miles", "mil", "milliers", "milhares", "mila", "migliaia", "duizend", "000"}
_ALSO_DISTANCE = "miles"  # thousands in Spanish, and how far somebody flew in English
_LINKS = ("", "s", "es", "n", "en", "e")
_SHORTEST = 3
_SHORTEST_UNKNOWN = 4
# What is left of a word that only begins like a known one ("statement", "countable").
_WORD_ENDS = {"able", "ance", "ence", "less", "lity", "ment", "ness", "ship", "sion", "ling", "tion", "wise"}
_WORD_ENDS |= {"ing", "ings", "ized", "ised", "izer", "ation", "ations"}
# And what another one only begins with ("translated").
_WORD_STARTS = {"trans"}
# What a question begins with: "hascomplained".
_VERBS = {"has", "is", "hat", "ist", "tiene", "tem", "heeft"}
# Words for a number that may stand behind what they number, and what has one.
_NUMBERS = {"no", "nr", "nbr", "num", "number", "nummer", "nro", "numero"}
_NUMBERED = frozenset({"channel_store", "place", "contract"})
_LONG_ENOUGH_TO_TRUST = 5
# A table's own prefix is one that nearly every column carries.
_SHARED_BY = 0.8


@dataclass(frozen=True)
class Word:
    """A word as it stands in the name (folded) and the concepts it may mean; none when it is unknown."""

    text: str
    concepts: frozenset[str]


@dataclass(frozen=True)
class Name:
    """A column name taken apart: words, numbers, the unit it states and the bounds it states."""

    original: str
    words: tuple[Word, ...]
    numbers: tuple[str, ...] = ()
    symbol: str = ""
    bounds: tuple[float, float] | None = None

    @property
    def concepts(self) -> frozenset[str]:
        """All concepts any of the words may mean."""
        return frozenset().union(*(word.concepts for word in self.words))

    def says(self, concepts: Iterable[str]) -> str:
        """The words of the name that carry one of the concepts, as they stand.

        >>> parse_name("birthYear").says({"birth", "year"})
        'birth year'
        """
        wanted = frozenset(concepts)
        return " ".join(word.text for word in self.words if word.concepts & wanted)

    def rest(self, concepts: Iterable[str]) -> tuple[str, ...]:
        """The words of the name that carry none of the concepts.

        >>> parse_name("amount_meat_products").rest({"amount"})
        ('meat', 'products')
        """
        unwanted = frozenset(concepts)
        return tuple(word.text for word in self.words if not word.concepts & unwanted)

    def ends_in_number(self) -> bool:
        """Whether the name is that of a number which names a thing (a branch, a contract) and counts nothing.

        >>> parse_name("branch_no").ends_in_number(), parse_name("web orders no").ends_in_number()
        (True, False)
        """
        if len(self.words) < 2 or self.words[-1].text not in _NUMBERS:
            return False
        named = self.words[-2]
        # Of what nobody knows, one has a number ("agent no") and several are counted ("seats no"); a German "nummer"
        # never counts.
        counted = named.text.endswith("s") and self.words[-1].text != "nummer"
        return bool(named.concepts & _NUMBERED) or not (named.concepts or counted)

    def rest_unknown(self) -> tuple[str, ...]:
        """The words of the name that the vocabulary does not know.

        >>> parse_name("zeta_income").rest_unknown()
        ('zeta',)
        """
        return tuple(word.text for word in self.words if not word.concepts)


@cache
def parse_name(name: str) -> Name:
    """A column name as words with their meanings, numbers, unit and bounds.

    >>> [word.text for word in parse_name("anzahlKinder2").words], parse_name("anzahlKinder2").numbers
    (['anzahl', 'kinder'], ('2',))
    >>> parse_name("Salary (k$)").symbol, parse_name("Score (1-100)").bounds
    ('k$', (1.0, 100.0))
    """
    symbol, bounds, bare = "", None, name
    for inside in _BRACKETS.findall(name):
        found_symbol, found_bounds = _symbol(inside.split()), _bounds(inside)
        symbol, bounds = symbol or found_symbol, bounds or found_bounds
        if found_symbol or found_bounds:
            bare = bare.replace(inside, " ")
    if not symbol:
        symbol, bare = _take_sign(bare)
    pieces = [fold(piece) for piece in _PIECE.findall(strip_accents(bare).replace("ß", "ss"))]
    if not symbol:
        symbol, pieces = _take_code(pieces)
    elif len(pieces) > 1 and pieces[-1] in _THOUSAND:
        symbol, pieces = f"k{symbol.strip()}", pieces[:-1]
    words: list[str] = []
    for piece in pieces:
        words.extend([piece] if piece.isdigit() else _split(piece))
    return Name(
        original=name,
        words=_with_phrases(tuple(word for word in words if not word.isdigit())),
        numbers=tuple(word.lstrip("0") or "0" for word in words if word.isdigit()),
        symbol=symbol,
        bounds=bounds,
    )


def parse_names(names: Iterable[str]) -> dict[str, Name]:
    """Column names of one table taken apart; a prefix that they share ("tbl_customer_") is dropped.

    >>> [word.text for word in parse_names(["crm_kunde_id", "crm_kunde_alter", "crm_kunde_ort"])["crm_kunde_ort"].words]
    ['ort']
    """
    parsed = {name: parse_name(name) for name in names}
    while (shared := _shared_first_word(parsed.values())) is not None:
        parsed = {original: _without_first(name, shared) for original, name in parsed.items()}
    return parsed


def _shared_first_word(names: Iterable[Name]) -> str | None:
    """The first word of nearly all names, when it says nothing about what a column holds."""
    every = [name for name in names if name.words]
    firsts = [name.words[0].text for name in every if len(name.words) > 1]
    counted = sorted({(firsts.count(word), word) for word in firsts}, reverse=True)
    if not counted or counted[0][0] < 3 or counted[0][0] < _SHARED_BY * len(every):
        return None
    word = counted[0][1]
    meanings = next(name.words[0].concepts for name in every if name.words[0].text == word)
    return word if meanings <= {"customer", "noise", "account", "household"} else None


def _without_first(name: Name, word: str) -> Name:
    if len(name.words) < 2 or name.words[0].text != word:
        return name
    return Name(name.original, name.words[1:], name.numbers, name.symbol, name.bounds)


def _symbol(parts: Iterable[str]) -> str:
    """The currency in a bracket, with its scale: "k$", "€"; "" when there is none."""
    text = "".join(parts).casefold().removeprefix("in")
    for word, shown in vocabulary().currencies.items():
        if text == word:
            return shown
        if text.replace(word, "", 1).strip(".") in _THOUSAND and word in text:
            return f"k{shown.strip()}"
    return ""


def _bounds(inside: str) -> tuple[float, float] | None:
    match = _BOUNDS.fullmatch(inside.strip())
    if match is None:
        return None
    low, high = (float(part.replace(",", ".")) for part in match.groups())
    return (low, high) if low < high else None


def _take_sign(text: str) -> tuple[str, str]:
    """A currency sign anywhere in the name, and the name without it."""
    match = _SIGN.search(text)
    if match is None:
        return "", text
    scale, sign = match.groups()
    shown = vocabulary().currencies[sign]
    return (f"k{shown.strip()}" if scale else shown), text[: match.start()] + " " + text[match.end() :]


def _take_code(pieces: list[str]) -> tuple[str, list[str]]:
    """A currency code at the end of the name ("usd", "keur"), with its scale, and the pieces without it."""
    currencies = vocabulary().currencies
    if not pieces:
        return "", pieces
    last, kept = pieces[-1], pieces[:-1]
    if last[-1] == "k" and _is_money(_split(last[:-1])) and not _is_known(last):
        return "k", [*kept, last[:-1]]
    if not kept:
        return "", pieces
    if last[0] == "k" and last[1:] in currencies:
        return f"k{currencies[last[1:]].strip()}", kept
    if last in _THOUSAND and (last != _ALSO_DISTANCE or _is_money(_split(kept[-1]))):
        return "k", kept
    if last not in currencies:
        return "", pieces
    if len(kept) > 1 and kept[-1] in _THOUSAND:
        return f"k{currencies[last].strip()}", kept[:-1]
    return currencies[last], kept


def _is_money(words: Iterable[str]) -> bool:
    return any(vocabulary().meaning(word) & {"income", "spend", "amount"} for word in words)


def _with_phrases(words: tuple[str, ...]) -> tuple[Word, ...]:
    """Words with their meanings, the longest known phrases taken as one word."""
    found: list[Word] = []
    start = 0
    while start < len(words):
        for length in range(min(vocabulary().longest_phrase, len(words) - start), 0, -1):
            text = " ".join(words[start : start + length])
            meaning = vocabulary().meaning(text)
            if meaning or length == 1:
                found.append(Word(text, meaning))
                start += length
                break
    return tuple(found)


def _split(piece: str) -> tuple[str, ...]:
    """A piece without separators as the words it is joined from; itself when it cannot be told."""
    if vocabulary().meaning(piece) or piece in vocabulary().phrase_words or len(piece) < 2 * _SHORTEST - 1:
        return (piece,)
    # One letter is too little to look for in general: these two stand at known ends ("norders", "incomek").
    if piece[0] == "n" and _is_known(piece[1:]):
        return ("n", piece[1:])
    whole = _cover(piece, False)
    if whole is not None and _is_trusted(whole[1], piece):
        return whole[1]
    partly = _cover(piece, True)
    if partly is not None and any(_is_long(word) for word in partly[1]) and not _is_chance(partly[1]):
        return partly[1]
    return (piece,)


def _is_known(word: str) -> bool:
    return bool(vocabulary().meaning(word) - {"noise"})


def _is_trusted(words: tuple[str, ...], piece: str) -> bool:
    # Short words with a joining letter between them ("mes-s-age") are chance as well.
    if max(map(len, words)) <= _SHORTEST and "".join(words) != piece:
        return False
    if words[-1] in _WORD_ENDS:
        return False
    # Joining words at either end, and pieces of two letters, cover nearly any text by chance.
    ends = (words[0], words[-1])
    return all(_is_known(end) or len(end) > _SHORTEST for end in ends) and any(
        len(word) > 2 and _is_known(word) for word in words
    )


def _is_chance(words: tuple[str, ...]) -> bool:
    """Whether a few letters, or an ending, were found in a word that is otherwise unknown."""
    parts = words[1:] if words[0] in _VERBS else words
    if words[-1] in _WORD_ENDS or words[0] in _WORD_STARTS:
        return True
    return any(len(word) <= _SHORTEST and vocabulary().meaning(word) for word in parts)


def _is_long(word: str) -> bool:
    return len(word) >= _LONG_ENOUGH_TO_TRUST and _is_known(word)


@lru_cache(maxsize=65536)
def _cover(text: str, may_be_unknown: bool) -> tuple[float, tuple[str, ...]] | None:
    """The cheapest way to write the text as known words, with at most one unknown word where that is allowed."""
    if not text:
        return (0.0, ())
    best: tuple[float, tuple[str, ...]] | None = None
    for end in range(len(text), 0, -1):
        for cost, word, rest, unknown_left in _first_words(text, end, may_be_unknown):
            tail = _cover(rest, unknown_left)
            if tail is not None and (best is None or cost + tail[0] < best[0]):
                best = (cost + tail[0], (word, *tail[1]))
    return best


def _first_words(text: str, end: int, may_be_unknown: bool) -> Iterable[tuple[float, str, str, bool]]:
    """Ways to take the first `end` letters as a word: cost, word, what is left, whether an unknown word is left."""
    word = text[:end]
    known = vocabulary().concepts.get(word)
    if known is not None and end > 1:
        cost = 1.0 + 2.0 / end + (0.5 if known == {"noise"} else 0.0)
        for link in _LINKS:
            if text[end:].startswith(link):
                rest = text[end + len(link) :]
                shown = word if rest else word + link
                yield cost + (0.4 if link else 0.0), shown, rest, may_be_unknown
    elif may_be_unknown and known is None and end >= _SHORTEST_UNKNOWN and word not in _WORD_ENDS:
        yield 3.0 + 0.5 * end, word, text[end:], False
