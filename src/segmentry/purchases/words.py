"""The words of purchase logs: what a column's name marks it as, and the states of an order that mean no sale.

Takes names apart as `features.words` does, and adds the marks of `words.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from segmentry.features.marks import plain_words
from segmentry.features.vocabulary import fold, strip_accents, vocabulary
from segmentry.features.words import parse_name
from segmentry.tables import numbers

_WORD = re.compile(r"[^\W\d_]+")
_ADDED = frozenset({"tax", "delivery", "fee"})  # to what was bought
_SHORT = 4  # words of a name whose last one says what it is
# Beside these a "sale" is what was sold, and not a bargain: "total sale", "sale amount", "sale id".
_OF_WHAT_WAS_SOLD = frozenset({"total", "amount", "id", "count", "date"})


@dataclass(frozen=True)
class Said:
    """What a column's name says: concepts of the vocabulary, and marks of purchase logs."""

    concepts: frozenset[str]
    marks: frozenset[str]
    n_words: int

    def any(self, *words: str) -> bool:
        return bool((self.concepts | self.marks) & set(words))


@cache
def said(name: str) -> Said:
    """The concepts and marks in a name.

    >>> sorted(said("Refunded Amount").marks), sorted(said("order_total").concepts)
    (['refund'], ['order', 'purchase', 'total'])
    >>> sorted(said("ORDERLINENUMBER").marks), sorted(said("Total Sale").concepts)
    (['line', 'money_state'], ['total'])
    """
    pieces = plain_words(name)
    parsed = parse_name(name)
    words = [part for word in parsed.words for part in word.text.split()]
    # Capitals alone part no words, and two words may say what neither does.
    spoken = {*pieces, *words, *map(" ".join, pairwise(words))}
    marked = {mark for piece in spoken for mark in _marked_by(piece)}
    concepts = parsed.concepts
    if "billing" in marked:  # a place in the order, not a bill and an income
        concepts -= {"income", "order"}
    if "deal" in concepts and concepts & _OF_WHAT_WAS_SOLD and parsed.says({"deal"}) == "sale":
        concepts -= {"deal"}
    return _with_what_is_in_it(Said(concepts, frozenset(marked), len(pieces)), pieces)


def _with_what_is_in_it(name: Said, pieces: Sequence[str]) -> Said:
    """A total with the tax or after the discount is a total still, and so is one without the tax; postage with its tax
    is postage."""
    for word, kind in (("including", "gross"), ("excluding", "net")):
        if word not in name.marks:
            continue
        inside, beside = _parted(word, pieces)
        gone = _said_by(inside) - _said_by(beside)
        marks = (name.marks - (gone & _ADDED)) | ({kind} if "tax" in gone else set())
        # "inc" is short for income as well.
        concepts = name.concepts - ({"income"} | gone & {"deal"} if word == "including" else set())
        name = Said(concepts, marks - {word}, name.n_words)
    return name


def _parted(word: str, pieces: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The pieces of a name that a word such as "incl" is about, and the others: what is added and stands after it, or
    else the piece before it.

    >>> _parted("including", ["shipping", "incl", "tax"]), _parted("including", ["shipping", "tax", "incl"])
    ((['tax'], ['shipping']), (['tax'], ['shipping']))
    """
    at = next((i for i, piece in enumerate(pieces) if word in _marked_by(piece)), len(pieces))
    after = [piece for piece in pieces[at + 1 :] if _said_by([piece]) & (_ADDED | {"deal"})]
    return (after, pieces[:at]) if after else (pieces[max(at - 1, 0) : at], pieces[: max(at - 1, 0)])


def _said_by(pieces: Iterable[str]) -> frozenset[str]:
    return frozenset(word for p in pieces for word in (*_marked_by(p), *vocabulary().meaning(p)))


def _marked_by(piece: str) -> tuple[str, ...]:
    return _marks().get(piece, _marks().get(piece.removesuffix("s"), ()))


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("segmentry.purchases").joinpath("words.toml").read_text(encoding="utf-8"))


@cache
def _marks() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for mark, words in _words()["marks"].items():
        for word in words:
            found.setdefault(fold(word), []).append(mark)
    return {word: tuple(marks) for word, marks in found.items()}


def plain_state(text: str) -> str:
    """A state as the lists have it: shops join its words by a space, a hyphen or an underscore, and some put a prefix.

    >>> plain_state("wc-on_hold"), plain_state("Partially Refunded")
    ('on hold', 'partially refunded')
    """
    return " ".join(re.split(r"[_\- ]+", text.lower())).strip().removeprefix("wc ")


@cache
def states(kind: str) -> tuple[str, ...]:
    """States of an order, small letters with single spaces, that mean it is "void" or "refunded".

    >>> "voided" in states("void"), "paid" in states("void")
    (True, False)
    """
    return tuple(sorted(_words()["states"][kind]))


@cache
def line_kinds(kind: str) -> tuple[str, ...]:
    """Kinds of lines, written as states are, that mean it was "sold" or takes money "back".

    >>> "credit note" in line_kinds("back"), "invoice" in line_kinds("sold")
    (True, True)
    """
    return tuple(sorted(_words()["lines"][kind]))


@cache
def guests() -> tuple[str, ...]:
    """Small words that stand for no customer in particular.

    >>> "guest" in guests(), "n/a" in guests()
    (True, True)
    """
    # "na" may be a name.
    return tuple(sorted({*_words()["customers"]["nobody"], *numbers.MISSING_TOKENS} - {"na"}))


@cache
def is_charge(name: str) -> bool:
    """Whether a product's name is that of postage, a fee, a discount or a correction, which nobody chooses to buy.

    >>> is_charge("POSTAGE"), is_charge("Frais de port"), is_charge("Card Fee"), is_charge("Manual")
    (True, True, True, True)
    >>> is_charge("Post office mug"), is_charge("Coffee"), is_charge("Delivery van, toy")
    (False, False, False)
    """
    words = _WORD.findall(strip_accents(name.casefold()))
    alone, beside, ends = (_charges(part) for part in ("alone", "beside", "ends"))
    if set(words) <= alone | beside and set(words) & alone:
        return True
    spoken = f"{' '.join(words)} "
    ends_so = 0 < len(words) <= _SHORT and words[-1] in ends
    return ends_so or any(spoken.startswith(f"{begin} ") for begin in _charges("begins"))


def charge_parts() -> str:
    """A pattern that small letters hold wherever `is_charge` may be true of them."""
    parts = {*_words()["charges"]["alone"], *_words()["charges"]["ends"], *_words()["charges"]["begins"]}
    return "|".join(sorted({*parts, *(strip_accents(part) for part in parts)}))


@cache
def _charges(part: str) -> frozenset[str]:
    return frozenset(strip_accents(word) for word in _words()["charges"][part])


@cache
def answers(which: str) -> tuple[str, ...]:
    """Small words for "yes" or "no"."""
    return tuple(sorted(_words()["answers"][which]))
