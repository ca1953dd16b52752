"""What is worth a warning once roles and recipe are known: sentences only, nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import narwhals.stable.v2 as nw

from segmentry.errors import Notice, listed, plural
from segmentry.features.choice import FeatureSettings
from segmentry.features.feature import Feature
from segmentry.features.levels import yes_and_no
from segmentry.features.recipe import Scale, two_figures
from segmentry.features.repeats import Repeats
from segmentry.features.role_rules import ANSWERS
from segmentry.features.roles import NO_VALUE, ColumnRole
from segmentry.features.vocabulary import vocabulary
from segmentry.features.words import parse_name
from segmentry.tables import Table, collect_rows

_LONGEST_LIFE = 110  # years
_OFTEN = 0.2  # of the customers
_NEVER_NEGATIVE = ("years", "days", "count")
_NEITHER = "neither clustered on nor counted as spend or purchases"
_MOST_NAMED = 10  # columns in one sentence
_MOST_SAID = 5  # features with a warning of their own, of one kind
# What is said of one column, and of several.
_EMPTY = ("has no value in any row; it is left out.", "have no value in any row; they are left out.")
_TOLD: Mapping[str, tuple[str, str]] = {
    "constant": ("has one value only; it is left out.", "have one value each; they are left out."),
    "personal": (
        "is personal data; it is kept out of features, profile and model.",
        "are personal data; they are kept out of features, profile and model.",
    ),
    "sensitive": (
        "is a sensitive attribute; it is described, and clustered on only for a stated purpose.",
        "are sensitive attributes; they are described, and clustered on only for a stated purpose.",
    ),
    "prediction": (
        f"says what is expected or yet to come, not what was; it is described, and {_NEITHER}.",
        f"say what is expected or yet to come, not what was; they are described, and {_NEITHER}.",
    ),
    "leak": (
        "looks like an earlier segmentation or an answer to foretell; it is left out.",
        "look like earlier segmentations or answers to foretell; they are left out.",
    ),
}


def far_out(scales: Sequence[Scale], whole: bool) -> list[Notice]:
    """What is said of values far out: of the features with most such customers one by one, of the others together."""
    beyond = [scale for scale in scales if scale.n_capped]
    said = _first_by(beyond, lambda scale: scale.n_capped)
    notices = [_capped(scale, whole) for scale in said]
    if len(beyond) > len(said):
        rest = plural(len(beyond) - len(said), "more feature")
        text = (
            f"In {rest} customers stand far out as well. The clustering counts that as the limit, the profile as it is."
        )
        notices.append(Notice("outliers", text))
    return notices


def _first_by(scales: Sequence[Scale], most: Callable[[Scale], int]) -> list[Scale]:
    """Those that have most, as many as a reader bears, in the order in which they stand."""
    first = sorted(scales, key=lambda scale: -most(scale))[:_MOST_SAID]
    return [scale for scale in scales if scale in first]


def _capped(scale: Scale, whole: bool) -> Notice:
    """How many customers stand so far out that the clustering counts the limit; `whole`: the sample is everyone."""
    low, high = scale.low, scale.high
    beyond = []
    if low is not None and scale.minimum < low:
        beyond.append(f"below {_limit(low)} (down to about {_about(scale.minimum)})")
    if high is not None and scale.maximum > high:
        beyond.append(f"above {_limit(high)} (up to about {_about(scale.maximum)})")
    what = plural(scale.n_capped, "customer") + ("" if whole else " of the sample")
    what += " stands" if scale.n_capped == 1 else " stand"
    return Notice(
        "outliers",
        f"{what} far out in '{scale.feature.label}': {' or '.join(beyond)}. "
        "The clustering counts that as the limit, the profile as it is. Look whether it is a mistake.",
    )


def _about(value: float) -> str:
    return _limit(two_figures(value))


def _limit(value: float) -> str:
    """
    >>> _limit(168210.4), _limit(0.3712), _limit(-0.0)
    ('168,210', '0.37', '0')
    """
    return f"{value:z,.0f}" if abs(value) >= 10 or value == 0 else f"{value:,.2g}"


def impossible(scale: Scale, made: frozenset[str] = frozenset()) -> list[Notice]:
    """Values that cannot be, or that few expect, where they are no outliers and so go unsaid.

    `made` are columns that were worked out of orders: no cell of theirs can be corrected.
    """
    feature, name = scale.feature, f"'{scale.feature.label}'"
    if feature.theme == "age" and scale.maximum > _LONGEST_LIFE:
        what = f"{name} goes up to about {_about(scale.maximum)}, which is nobody's age."
    elif feature.unit in _NEVER_NEGATIVE and scale.minimum < 0:
        what = f"{name} goes down to about {_about(scale.minimum)}, which cannot be."
    elif feature.unit == "money" and scale.minimum < 0 and made >= set(feature.sources):
        text = f"{name} is below 0 for some customers: their refunds are larger than their purchases."
        return [Notice("impossible-values", text)]
    elif feature.unit == "money" and scale.minimum < 0 and not any(map(_may_be_negative, feature.sources)):
        what = f"{name} is below 0 for some customers, as where refunds are larger than purchases."
    else:
        return []
    return [Notice("impossible-values", f"{what} Correct or empty these cells if they are mistakes.")]


def _may_be_negative(column: str) -> bool:
    """
    >>> _may_be_negative("Net profit"), _may_be_negative("Total spend")
    (True, False)
    """
    return any(part in vocabulary().signed for word in parse_name(column).words for part in word.text.split())


def often_empty(scales: Sequence[Scale], rows: int) -> list[Notice]:
    """Where so many customers have no value that the one which stands in for it may make a group of them."""
    empty = [scale for scale in scales if scale.n_missing / max(rows, 1) >= _OFTEN]
    said = _first_by(empty, lambda scale: scale.n_missing)
    texts = [
        f"'{scale.feature.name}' is empty for {scale.n_missing / max(rows, 1):.0%} of the customers, and the usual "
        "value stands in for all of them. What looks like a group may be those without a value: do the segments hold "
        "without this feature?"
        for scale in said
    ]
    if len(empty) > len(said):
        n = len(empty) - len(said)
        texts.append(f"{plural(n, 'more feature')} {'is' if n == 1 else 'are'} empty for {_OFTEN:.0%} or more as well.")
    return [Notice("often-empty", text) for text in texts]


def role_notices(roles: Sequence[ColumnRole]) -> list[Notice]:
    """One for all columns that are kept out of the clustering for the same reason, and one for each that was guessed at
    or whose answers were brought together."""
    ordered = sorted(roles, key=lambda r: r.column)
    alike: dict[tuple[str, tuple[str, str]], list[str]] = {}
    for role in ordered:
        if role.role in _TOLD:
            said = _EMPTY if role.reason == NO_VALUE else _TOLD[role.role]
            alike.setdefault((f"{role.role}-column", said), []).append(role.column)
    together = [Notice(code, f"{_listed(columns)} {said[len(columns) > 1]}") for (code, said), columns in alike.items()]
    return together + [notice for r in ordered for notice in (*_spellings(r), *_guessed_unit(r))]


def _listed(columns: Sequence[str]) -> str:
    """
    >>> _listed(["a"]), _listed(["a", "b", "c"])
    ("'a'", "'a', 'b' and 'c'")
    """
    names = [f"'{column}'" for column in columns]
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1} more"]
    return listed(names)


def _guessed_unit(role: ColumnRole) -> list[Notice]:
    """A time as a customer whose name does not say in what."""
    if role.role != "tenure" or role.confident:
        return []
    text = (
        f"'{role.column}' is taken for the time as a customer, in {role.subject}, by how large its numbers are. "
        f'If it is in another unit, or another time, state [roles] "{role.column}" = "tenure:months" or "number" in '
        "segmentry.toml."
    )
    return [Notice("doubtful-role", text)]


def _spellings(role: ColumnRole) -> list[Notice]:
    """How a yes and a no in several spellings were taken."""
    meant = yes_and_no(role.levels) if role.role in ANSWERS and len(role.levels) > 2 else None
    if meant is None:
        return []
    no, yes = (", ".join(f"'{level}'" for level in side) for side in meant)
    return [
        Notice("mixed-answers", f"'{role.column}' says yes and no in several ways: {yes} count as yes, {no} as no.")
    ]


def purpose_notices(wanted: Sequence[str], features: Sequence[Feature], settings: FeatureSettings) -> list[Notice]:
    """A sensitive attribute that is clustered on after all is said aloud, with the purpose that was stated."""
    used = {c for f in features if f.name in wanted for c in (*f.sources, *f.over)}
    return [
        Notice("sensitive-purpose", f"'{column}' is a sensitive attribute and is clustered on, for: {purpose}.")
        for column, purpose in sorted(settings.purposes.items())
        if column in used
    ]


def repeated_rows(found: Repeats | None) -> list[Notice]:
    """Customers who may have been entered twice: they would count twice in every figure."""
    if found is None:
        return []
    but = f" apart from {', '.join(repr(name) for name in found.apart)}" if found.apart else ""
    text = (
        f"{plural(found.rows, 'row')} {'repeats' if found.rows == 1 else 'repeat'} another row{but}. If these are the "
        "same customers entered twice, remove the repeats: they count twice in every figure."
    )
    return [Notice("repeated-rows", text)]


def later_dates(as_of: date | None, table: Table, columns: Sequence[str]) -> list[Notice]:
    """One for each column with dates after the as-of date, from which ages and recencies come out negative."""
    if as_of is None or not columns:
        return []
    later = [nw.when(nw.col(c) > as_of).then(nw.lit(1)).otherwise(nw.lit(0)).sum().alias(c) for c in columns]
    counts = collect_rows(table.frame.select(*later))[0]
    return [
        Notice(
            "future-dates",
            f"'{column}' has {plural(int(counts[column]), 'date')} after {as_of}, the day that ages and recencies "
            "count to. Correct or empty these cells if they are mistakes; if not, pass a later day with --as-of.",
        )
        for column in columns
        if counts[column]
    ]
