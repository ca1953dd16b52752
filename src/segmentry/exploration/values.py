"""Findings about the values of single columns: gaps, constants, impossible values, placeholders, outliers, levels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.errors import plural, quoted
from segmentry.exploration.inspection import ColumnInspection, Finding, Severity
from segmentry.exploration.wording import number, rough, share
from segmentry.features.choice import MOSTLY_MISSING
from segmentry.features.role_rules import ANSWERS
from segmentry.features.summaries import write_number
from segmentry.features.vocabulary import fold_level
from segmentry.tables import collect_rows
from segmentry.tables.numbers import NEGATIVE_SPIKES, POSITIVE_SPIKES

_MANY_MISSING = 0.05
_FEW = 10  # customers that share a level: fewer tell nothing of a group
_RARE = 0.002
_OLDEST = 110
_NOT_NEGATIVE = frozenset(
    {"income", "spend_total", "spend_part", "order_value", "purchases_total", "purchases_channel", "purchases_deal"}
    | {"items", "visits", "children", "household_size", "count", "quantity", "recency_days", "tenure", "rating"}
    | {"unit_price", "score"}
)
_WHOLE = frozenset(
    {"purchases_total", "purchases_channel", "purchases_deal", "items", "children", "household_size", "count"}
)
_LEVELLED = frozenset({"category", "membership", "education", "satisfaction", "sensitive"})
UNSPREAD = ANSWERS | {"constant", "leak"}
_NO_MEANING = frozenset(
    {"unknown", "undefined", "not available", "not known", "x", "xx", "xxx", "test", "tbd", "todo"}
    | {"k a", "keine angabe", "keine angaben", "unbekannt", "nicht bekannt", "desconocido", "desconocida"}
    | {"sin dato", "sin datos", "s d", "inconnu", "inconnue", "non renseigne", "non renseignee"}
    | {"desconhecido", "desconhecida", "nao informado", "nao informada", "sem dados", "sem informacao"}
    | {"sconosciuto", "sconosciuta", "non specificato", "non disponibile", "onbekend", "niet bekend", "niet opgegeven"}
)
_DAYS = (date(1899, 12, 30), date(1900, 1, 1), date(1970, 1, 1), date(9999, 12, 31))
_FIX_CELLS = "Correct these cells or empty them; an empty cell counts as not known."


def gaps(columns: Iterable[ColumnInspection]) -> Iterator[Finding]:
    """Cells without a value."""
    for c in columns:
        if not c.n_missing or not c.n_values:
            continue
        severity: Severity = "note"
        remedy = "Nothing to do: where the column is used, a gap is filled with the median."
        if c.share_missing > MOSTLY_MISSING:
            severity, remedy = "check", "Too many to compare customers by: the column is left out unless it is filled."
        elif c.share_missing > _MANY_MISSING:
            severity, remedy = "check", "Fill the gaps if the values are to be had; else the median stands in for them."
        elif c.kind == "text":
            remedy = "Nothing to do: a gap counts as none of the levels."
        message = f"'{c.name}' is empty in {plural(c.n_missing, 'row')} ({share(c.n_missing, c.n)})."
        figures = {"n_missing": c.n_missing, "share": round(c.share_missing, 6)}
        yield Finding("missing-values", severity, (c.name,), message, remedy, figures)


def constants(columns: Iterable[ColumnInspection]) -> Iterator[Finding]:
    """Columns that tell no customer from another."""
    for c in columns:
        if not c.n_values:
            yield Finding("empty-column", "note", (c.name,), f"'{c.name}' holds no value at all.", "It is left out.")
        elif c.n_distinct == 1:
            what = "one value only"
            if c.spread is not None and not c.private:
                what = f"one value only, {write_number(c.spread.minimum)}"
            gap = "" if not c.n_missing else " or none"
            message = f"'{c.name}' has {what}{gap} in all {c.n:,} rows."
            yield Finding("constant-column", "note", (c.name,), message, "It is left out.", {"n_values": c.n_values})


@dataclass(frozen=True)
class _Check:
    code: str
    column: str
    condition: nw.Expr
    what: str
    remedy: str
    shown: nw.Expr | None = None  # of the cells that fail: the figures whose range is told
    unit: str = ""


def impossible(
    frame: nw.LazyFrame[Any], columns: Sequence[ColumnInspection], as_of: date | None, today: date | None
) -> Iterator[Finding]:
    """Values that no customer can have; all are counted in one pass over the rows."""
    checks = [check for c in columns for check in _checks(c, as_of, today)]
    checks += _orders(columns)
    if not checks:
        return
    expressions: dict[str, nw.Expr] = {}
    for i, check in enumerate(checks):
        expressions[f"{i}:n"] = check.condition.sum()
        if check.shown is not None:
            own = nw.when(check.condition).then(check.shown)
            expressions |= {f"{i}:low": own.min(), f"{i}:high": own.max()}
    [found] = collect_rows(frame.select(**expressions))
    n_rows = columns[0].n
    for i, check in enumerate(checks):
        n = int(found[f"{i}:n"] or 0)
        if not n:
            continue
        figures: dict[str, float | int | str] = {"n": n, "share": round(n / n_rows, 6)}
        told = ""
        if check.shown is not None:
            low, high = float(found[f"{i}:low"]), float(found[f"{i}:high"])
            figures |= {"lowest": low, "highest": high}
            ends = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            told = f": {ends}{check.unit}" if check.unit else f", {rough(low, high)}"
        message = f"'{check.column}' {check.what} in {plural(n, 'row')} ({share(n, n_rows)}){told}."
        yield Finding(check.code, "check", (check.column,), message, check.remedy, figures)


def _checks(c: ColumnInspection, as_of: date | None, today: date | None) -> Iterator[_Check]:
    own = nw.col(c.name)
    if c.kind == "number":
        if c.role == "birth_year" and as_of is not None:
            age = nw.lit(float(as_of.year)) - own
            capped = "Empty these cells if they are mistakes; in a fit an extreme age counts as the cap."
            yield _Check("impossible-age", c.name, age > _OLDEST, "gives ages beyond 110", capped, age, " years")
            yield _Check("impossible-age", c.name, age < 0, "lies after the as-of date", _FIX_CELLS)
        elif c.role == "age":
            wrong = (own <= 0) | (own > _OLDEST)
            yield _Check("impossible-age", c.name, wrong, "is not the age of anyone", _FIX_CELLS, own, " years")
        if c.role in _NOT_NEGATIVE:
            what = "is below zero"
            remedy = "If these are refunds or signs gone wrong, correct them; a -1 or -999 may mean 'not known'."
            yield _Check("negative-values", c.name, own < 0, what, remedy, own)
        if c.role in _WHOLE:
            yield _Check("fractions", c.name, own != own.floor(), "counts things, yet holds fractions", _FIX_CELLS)
        if c.role == "rate" and c.spread is not None:
            top = 1.0 if c.spread.q3 <= 1 else 100.0
            what = f"is a share, yet lies outside 0 to {top:g}"
            yield _Check("share-out-of-range", c.name, (own < 0) | (own > top), what, _FIX_CELLS, own)
    elif c.kind == "date":
        if today is not None:
            yield _Check("future-date", c.name, own > today, "lies in the future", f"{_FIX_CELLS} See also --as-of.")
        if c.role == "birth_date" and as_of is not None:
            born = as_of.year - own.dt.year().cast(nw.Float64)
            yield _Check("impossible-age", c.name, born > _OLDEST, "gives ages beyond 110", _FIX_CELLS, born, " years")
        placeholder = own.is_in(list(_DAYS))
        what = "holds a day that programs write for 'not known', such as 1900-01-01 or 1970-01-01,"
        yield _Check("placeholder-date", c.name, placeholder, what, _FIX_CELLS)


def _orders(columns: Sequence[ColumnInspection]) -> Iterator[_Check]:
    """Dates that come one before the other in every life."""
    by_role = {c.role: c.name for c in columns if c.kind == "date"}
    pairs = (("birth_date", "signup_date"), ("birth_date", "last_purchase_date"), ("signup_date", "last_purchase_date"))
    for early, late in pairs:
        if early in by_role and late in by_role:
            a, b = by_role[early], by_role[late]
            yield _Check("dates-out-of-order", b, nw.col(b) < nw.col(a), f"comes before '{a}'", _FIX_CELLS)


def placeholders(frame: nw.LazyFrame[Any], columns: Sequence[ColumnInspection]) -> Iterator[Finding]:
    """Numbers such as -999 or 9999, far from all others, that people write where they know nothing."""
    numeric = [c for c in columns if c.spread is not None and c.role not in UNSPREAD and not c.private]
    expressions: dict[str, nw.Expr] = {}
    for i, c in enumerate(numeric):
        own = nw.col(c.name)
        plain = nw.when(~own.is_in([*NEGATIVE_SPIKES, *POSITIVE_SPIKES])).then(own)
        expressions |= {f"{i}:low": plain.min(), f"{i}:high": plain.max()}
        expressions |= {f"{i}:{value:g}": (own == value).sum() for value in _candidates(c)}
    if not expressions:
        return
    [found] = collect_rows(frame.select(**expressions))
    for i, c in enumerate(numeric):
        low, high = found[f"{i}:low"], found[f"{i}:high"]
        if low is None:
            continue
        for value in _candidates(c):
            n = int(found[f"{i}:{value:g}"])
            far = low >= 0 if value < 0 else value > 2 * max(high, 1.0)
            if not n or not far or (value > 0 and n < 2):
                continue
            written = write_number(value)
            message = (
                f"'{c.name}' holds {written} {plural(n, 'time')} ({share(n, c.n)}), far from all other values "
                f"({number(low)} to {number(high)}): it probably means 'not known'."
            )
            remedy = f'Say so: in segmentry.toml, [reading] missing = ["{written}"].'
            yield Finding("placeholder", "problem", (c.name,), message, remedy, {"value": value, "n": n})


def _candidates(c: ColumnInspection) -> list[float]:
    assert c.spread is not None
    return [v for v in (*NEGATIVE_SPIKES, *POSITIVE_SPIKES) if c.spread.minimum <= v <= c.spread.maximum]


def outliers(columns: Iterable[ColumnInspection], explained: frozenset[str]) -> Iterator[Finding]:
    """Values beyond Tukey's outer fence, in columns whose extremes no other finding explains."""
    for c in columns:
        s = c.spread
        if s is None or s.fences is None or not s.n_outliers or c.role in UNSPREAD or c.private:
            continue
        if c.name in explained:
            continue
        low, high = s.fences
        parts = []
        if s.n_above and s.above is not None:
            parts.append(f"{plural(s.n_above, 'value')} above {number(high)}, {rough(s.above, s.maximum)}")
        if s.n_below and s.below is not None:
            parts.append(f"{plural(s.n_below, 'value')} below {number(low)}, {rough(s.minimum, s.below)}")
        message = f"'{c.name}' has {' and '.join(parts)} ({share(s.n_outliers, c.n_values)})."
        made_up = _repeats_a_digit(s.maximum) and s.n_above > 0
        if made_up:
            message += " The largest repeats one digit, as made-up values do."
        isolated = s.n_above > 0 and s.maximum > s.q3 + 4 * (high - s.q3)
        severity: Severity = "check" if made_up or isolated else "note"
        remedy = "Correct what is mistaken. What is genuine may stay: a fit caps it, so that it cannot pull a segment."
        figures: dict[str, float | int | str] = {
            "n": s.n_outliers, "share": round(s.n_outliers / c.n_values, 6), "n_below": s.n_below, "n_above": s.n_above,
            "low_fence": low, "high_fence": high,
        }  # fmt: skip
        yield Finding("outliers", severity, (c.name,), message, remedy, figures)


def _repeats_a_digit(value: float) -> bool:
    """
    >>> _repeats_a_digit(666666.0), _repeats_a_digit(1234.0), _repeats_a_digit(99.0)
    (True, False, False)
    """
    if not math.isfinite(value) or not value.is_integer():
        return False
    digits = str(int(value))
    return len(digits) >= 4 and len(set(digits)) == 1


def odd_levels(columns: Iterable[ColumnInspection]) -> Iterator[Finding]:
    """Levels that few customers share, that say nothing, or that are one level written in two ways."""
    for c in columns:
        if c.kind != "text" or c.role not in _LEVELLED or c.private or not c.levels:
            continue
        yield from _twins(c)
        empty = [(level, n) for level, n in c.levels if fold_level(level) in _NO_MEANING]
        if empty and not c.sensitive:
            total = sum(n for _, n in empty)
            names = [level for level, _ in empty]
            message = f"'{c.name}' says {quoted(names)} in {plural(total, 'row')} ({share(total, c.n)})."
            remedy = f"If this means 'not known', say so: in segmentry.toml, [reading] missing = [\"{names[0]}\"]."
            yield Finding("empty-level", "check", (c.name,), message, remedy, {"n": total})
        yield from _rare(c)


def _twins(c: ColumnInspection) -> Iterator[Finding]:
    by_fold: dict[str, list[tuple[str, int]]] = {}
    for level, n in c.levels:
        by_fold.setdefault(fold_level(level), []).append((level, n))
    twins = [sorted(group, key=lambda pair: (-pair[1], pair[0])) for group in by_fold.values() if len(group) > 1]
    if not twins:
        return
    n = sum(count for same in twins for _, count in same[1:])
    written = "; ".join(" = ".join(_spelling(level, count, c.sensitive) for level, count in same) for same in twins)
    what = "one level" if len(twins) == 1 else f"{len(twins)} levels"
    message = f"'{c.name}' writes {what} in several ways: {written}."
    remedy = "Write each in one way, the commonest say, or they count as different."
    yield Finding("same-level", "check", (c.name,), message, remedy, {"n_levels": len(twins), "n": n})


def _spelling(level: str, n: int, sensitive: bool) -> str:
    return f"'{level}'" if sensitive else f"'{level}' ({n:,})"


def _rare(c: ColumnInspection) -> Iterator[Finding]:
    most = max(_FEW, math.ceil(_RARE * c.n_values))
    rare = [(level, n) for level, n in c.levels if n < most]
    if not rare or len(c.levels) < 3:
        return
    total = sum(n for _, n in rare)
    written = ", ".join(f"'{level}' ({n:,})" for level, n in rare[:6])
    if len(rare) > 6:
        written += f" and {len(rare) - 6} more"
    if c.sensitive:
        written = f"{plural(len(rare), 'level')} (not named, as the attribute is sensitive)"
    message = f"'{c.name}' has levels that hardly anyone has, fewer than {most:,} customers each: {written}."
    remedy = "Join them with another level, or let them be: they weigh little."
    yield Finding("rare-levels", "note", (c.name,), message, remedy, {"n_levels": len(rare), "n": total})
