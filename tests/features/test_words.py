"""Taking column names apart."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from segmentry.features.vocabulary import fold, vocabulary
from segmentry.features.words import parse_name, parse_names

LANGUAGES = ["en", "de", "es", "fr", "pt", "it", "nl"]


def texts(name: str) -> list[str]:
    return [word.text for word in parse_name(name).words]


@pytest.mark.parametrize(
    "name",
    ["numWebPurchases", "NumWebPurchases", "num_web_purchases", "NUM_WEB_PURCHASES", "Num Web Purchases",
     "num-web-purchases", "num.web.purchases", "numwebpurchases", "NUMWEBPURCHASES", " Num  Web Purchases "],
)  # fmt: skip
def test_the_way_of_writing_changes_no_word(name: str) -> None:
    """Camel, snake, kebab, spaces, capitals and joined names give the same words."""
    assert texts(name) == ["num", "web", "purchases"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anzahlkinder", ["anzahl", "kinder"]),
        ("umsatzwein", ["umsatz", "wein"]),
        ("Haushaltsgröße", ["haushalts", "grosse"]),
        ("kundennummer", ["kunden", "nummer"]),
        ("fechadenacimiento", ["fecha", "de", "nacimiento"]),
        ("diasdesdelaultimacompra", ["dias", "desde", "la", "ultima", "compra"]),
        ("customerid", ["customer", "id"]),
        ("kidsathome", ["kids", "at", "home"]),
        ("umsatzbrillen", ["umsatz", "brillen"]),
        ("Company IDs", ["company", "ids"]),
    ],
)
def test_joined_words_are_taken_apart(name: str, expected: list[str]) -> None:
    """German compounds and joined names fall into their words, one unknown word among them allowed."""
    assert texts(name) == expected


@pytest.mark.parametrize(
    "name",
    ["restore", "persian", "language", "corporate", "department", "message", "manage", "statement", "meaning",
     "grouping", "startings", "information", "transmission", "initialized", "translated"],
)  # fmt: skip
def test_a_word_that_holds_another_stays_whole(name: str) -> None:
    """Known words inside an unknown one are chance."""
    assert texts(name) == [name]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("Annual Income (k$)", "k$"), ("income_usd", "$"), ("Einkommen in Tsd. €", "k€"), ("annual_income_k", "k"),
        ("annualincomek", "k"), ("Income_kUSD", "k$"), ("Revenu (€)", "€"), ("income", ""), ("Book", ""),
    ],
)  # fmt: skip
def test_currency_and_scale_are_found(name: str, symbol: str) -> None:
    """A currency is a unit wherever the name states it, with or without a scale."""
    assert parse_name(name).symbol == symbol


def test_bounds_in_brackets_are_no_words() -> None:
    """A range in brackets is kept as bounds and leaves no word behind."""
    name = parse_name("Spending Score (1-100)")
    assert (name.bounds, [w.text for w in name.words], name.numbers) == ((1.0, 100.0), ["spending", "score"], ())


def test_numbers_stand_apart() -> None:
    """Numbers are kept beside the words, without leading zeros."""
    assert parse_name("campaign_03").numbers == ("3",)


def test_accents_do_not_matter() -> None:
    """Accented, bare and spelled-out letters mean the same."""
    for spellings in (("Käufe", "Kaeufe", "KAUFE"), ("año", "ano", "anio"), ("Größe", "Groesse", "grosse")):
        meanings = {parse_name(spelling).concepts for spelling in spellings}
        assert len(meanings) == 1
        assert meanings != {frozenset()}


def test_a_shared_prefix_is_dropped() -> None:
    """A prefix that nearly all columns share says nothing of any of them."""
    names = parse_names(["zz_customer_id", "zz_customer_age", "zz_customer_city", "zz_customer_tier"])
    assert [[w.text for w in name.words] for name in names.values()] == [["id"], ["age"], ["city"], ["tier"]]


def test_a_shared_prefix_with_a_meaning_stays() -> None:
    """What columns share is kept when it says what they hold."""
    names = parse_names(["spend_wine", "spend_meat", "spend_fish"])
    assert all(name.words[0].text == "spend" for name in names.values())


@pytest.mark.parametrize(
    "name",
    ["", "   ", "(", "()", "[$]", "___", "123", "%", "客户", "возраст", "Unnamed: 0", "k", "n", "$", "\n", "a" * 500],
)
def test_odd_names_do_not_stop_anything(name: str) -> None:
    """Any text is a name, even one without a word."""
    assert parse_name(name).original == name


def test_every_word_of_the_vocabulary_is_found_again() -> None:
    """Each entry of the vocabulary, written as a column name, is read as itself."""
    for word, concepts in vocabulary().concepts.items():
        assert concepts <= parse_name(word).concepts | {"noise"}, word


def test_folding_is_stable() -> None:
    """Folding twice is folding once."""
    for text in ("Straße", "ÀÉÎ õü", " A  b "):
        assert fold(fold(text)) == fold(text)


def test_every_concept_has_words_in_every_language() -> None:
    """A concept without a word in one of them would be passed over in tables of that country alone."""
    source = files("segmentry.features").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    for concept, words in tomllib.loads(source)["concepts"].items():
        assert [language for language in words if words[language]] == LANGUAGES, concept
