"""Which numbers of no known meaning are amounts that customers can be compared by, and which of them say most.

A code, a coordinate, an offset of the clock and a day of the calendar are numbers and no amounts: two of them are not
twice one. Taking what is offered here is left to `choice`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from segmentry.features.feature import Feature, Unit
from segmentry.features.marks import marks
from segmentry.features.words import parse_name

SAME_THING = 0.9  # a correlation from which on two features say the same
MOST_CODES = 40  # different values; more of them are a quantity, whatever they look like
ROWS = 1_000  # of the sample, evenly spread, on which features are weighed against each other
_DENSE = 0.25  # the share of the numbers between the lowest and the highest that are there
_NEARLY_ALL = 0.9
_SMALL = 100  # where counts begin below: codes of equal length begin at 100 or beyond
_ROUND = (1.0, 2.0, 2.5, 5.0, 7.5)
_LIMITS = {
    "weekday": (0, 7), "day": (1, 31), "dated": (1, 31), "week": (1, 53), "month": (1, 12), "quarter": (1, 4),
    "hour": (0, 24),
}  # fmt: skip
_YEARS = (1900, 2100)
# Times a month are an amount, whatever the month.
_PER = re.compile(r"(?:/|(?:^|[\W_])(?:per|pro|por|par|je)[\W_]+|Per(?=[A-Z]))[^\W_]+", re.IGNORECASE)
_MOMENTS = (946_684_800.0, 4_102_444_800.0)  # seconds since 1970, for the years 2000 to 2100
_CODED = frozenset({"id", "place", "postcode", "channel_store", "group", "level", "segment"})
_WITH_CODES = _CODED | {"noise", "customer", "account", "count", "order", "purchase", "channel", "last", "first"}
_RANKS: Mapping[Unit, int] = {"money": 0, "count": 1}


def no_amount(feature: Feature, values: np.ndarray) -> str:
    """What a number is in place of an amount, with its reason; "" where it may well be one.

    >>> codes = Feature("branch", "Branch", "number", "other", "column", ("branch",))
    >>> no_amount(codes, np.array([101.0, 205.0] * 50))
    'the numbers look like codes, not like amounts'
    """
    known = values[~np.isnan(values)]
    if feature.theme != "other" or feature.operation != "column" or feature.unit == "money" or not len(known):
        return ""
    name = feature.sources[0]
    said = marks(name)
    if "coordinate" in said:
        return "a coordinate, not an amount"
    whole = bool((known == np.floor(known)).all())
    if "clock" in said and known.min() >= -14 and known.max() <= 14:
        return "an offset of the clock, not an amount"
    if whole and any(_MOMENTS[0] * unit <= known.min() and known.max() <= _MOMENTS[1] * unit for unit in (1, 1e3, 1e6)):
        return "a moment in time, not an amount"
    if whole and _is_calendar(marks(_PER.sub(" ", name)), known):
        return "a day, week, month or year of the calendar, not an amount"
    if _named_as_id(name) or (whole and (_named_as_code(name, said) or _look_like_codes(known))):
        return "the numbers look like codes, not like amounts"
    return ""


def _is_calendar(said: frozenset[str], known: np.ndarray) -> bool:
    low, high = known.min(), known.max()
    if any(_LIMITS[mark][0] <= low and high <= _LIMITS[mark][1] for mark in said & _LIMITS.keys()):
        return True
    return bool(_YEARS[0] <= low and high <= _YEARS[1])


def _named_as_id(name: str) -> bool:
    words = parse_name(name).words
    return bool(words) and "id" in words[-1].concepts


def _named_as_code(name: str, said: frozenset[str]) -> bool:
    """Whether nothing in the name says an amount: "branch no" does not, "distance to branch" does."""
    words = parse_name(name).words
    coded = "code" in said or any(word.concepts & _CODED for word in words)
    return coded and all(word.concepts & _WITH_CODES or "code" in marks(word.text) for word in words)


def _look_like_codes(known: np.ndarray) -> bool:
    """Few different whole numbers that neither count from about nothing nor are round steps of an amount."""
    different, times = np.unique(known, return_counts=True)
    if not 2 < len(different) <= min(MOST_CODES, len(known) / 10):
        return False
    if all(_is_round(value) for value in different):
        return False
    step = float(np.gcd.reduce(different.astype(np.int64)))
    places = different / step
    if places[-1] <= 0 or places[0] >= _SMALL:  # a scale may go below nothing, an amount is not always there
        return True
    gaps = np.flatnonzero(np.diff(places) > 1)
    run = int(gaps[0]) + 1 if len(gaps) else len(places)
    dense = len(places) / (places[-1] - places[0] + 1)
    return bool(dense < _DENSE and times[:run].sum() < _NEARLY_ALL * len(known))


def _is_round(value: float) -> bool:
    return value == 0 or abs(value) / 10.0 ** np.floor(np.log10(abs(value))) in _ROUND


def in_order(features: Sequence[Feature], values: Mapping[str, np.ndarray], taken: Sequence[Feature]) -> list[Feature]:
    """The features, those that say most first: money, then counts, then other numbers.

    Within these, one comes first that goes with many others and with none that is taken, so that noise comes late; what
    then is equal by whom it tells apart, and by name.
    """
    if not features:
        return []
    some = {f.name: values[f.name][:: max(1, len(values[f.name]) // ROWS)] for f in (*features, *taken)}
    spread = {name: _mid_ranks(column) for name, column in some.items()}
    own = np.stack([spread[f.name] for f in features])
    others = np.stack([_with(own, row) for row in own])
    others[others > SAME_THING] = 0.0  # the feature itself, and what says the same again
    weight = others.sum(axis=1) / max(1, len(features) - 1)
    doubles = np.max([_with(own, spread[t.name]) for t in taken], axis=0) if taken else np.zeros(len(features))

    def place(i: int) -> tuple[int, float, float, str]:
        feature = features[i]
        apart = round(_told_apart(some[feature.name]), 1)
        return (_RANKS.get(feature.unit, len(_RANKS)), -round(float(weight[i] - doubles[i]), 1), -apart, feature.name)

    return [features[i] for i in sorted(range(len(features)), key=place)]


def _mid_ranks(values: np.ndarray) -> np.ndarray:
    """Places in the order of values, equal ones sharing theirs, as standard scores; a missing value is in the middle.

    Ranks, since a few large amounts would decide a correlation alone.
    """
    filled = np.where(np.isnan(values), np.nanmedian(values) if not np.isnan(values).all() else 0.0, values)
    _, inverse, times = np.unique(filled, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - times / 2)[inverse]
    centred = ranks - ranks.mean()
    length = float(np.sqrt((centred * centred).sum()))
    result: np.ndarray = centred / (length or 1.0)
    return result


def _with(rows: np.ndarray, other: np.ndarray) -> np.ndarray:
    # Not as a product of matrices: the library of those adds in an order that depends on its threads.
    result: np.ndarray = np.abs((rows * other).sum(axis=1))
    return result


def _told_apart(values: np.ndarray) -> float:
    """The share of customers with another value than the commonest."""
    known = values[~np.isnan(values)]
    return 1.0 - float(np.unique(known, return_counts=True)[1].max()) / len(values) if len(known) else 0.0
