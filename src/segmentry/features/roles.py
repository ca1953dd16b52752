"""The role of each column: what it says about a customer, from its name and its values together, with the reason.

Names propose, values decide: a role is given only where both agree, and where they disagree the values win and the
reason says so. What is made of the roles is left to `derive` and `choice`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import get_args

from segmentry.errors import SettingsError
from segmentry.features.levels import are_genders, in_order, n_known, step_names, yes_and_no
from segmentry.features.marks import marks
from segmentry.features.role_rules import (
    ANSWERS,
    NO_PART,
    RULES,
    Clue,
    Role,
    Rule,
    counts_rows,
    is_few,
    is_flag,
    is_key,
    is_positive,
    is_rated,
    is_whole,
    top,
)
from segmentry.features.summaries import ColumnSummary, write_number
from segmentry.features.vocabulary import vocabulary
from segmentry.features.words import Name, parse_names

ROLES: tuple[Role, ...] = get_args(Role)

NO_VALUE = "no row holds a value"
# Cells of these point to one person or hold anything at all: counted, never shown.
PRIVATE_ROLES: frozenset[Role] = frozenset({"id", "order_id", "personal", "text"})

_MONEY_ROLES = frozenset({"income", "spend_total", "spend_part", "order_value", "money", "unit_price"})
# "Discount %" are percents; "Tax 5%" is an amount of money.
_PERCENT = re.compile(r"(?<![0-9])(?<![0-9]\s)%")
_CHANNELS = ("web", "store", "catalog", "app", "phone")
_ID_WORDS = frozenset({"id", "customer", "count", "account", "membership", "contract", "lead", "noise", "code"})
# Words of a spend column that do not say what the money was spent on.
_NOT_A_SUBJECT = frozenset(
    {"spend", "amount", "total", "count", "noise", "customer", "money", "year", "month", "week", "day", "date", "last"}
    | {"since", "average", "household", "purchase", "order", "account", "frequency", "person_name"}
)
# Words that columns share without being of one kind: a total is one of anything.
_OF_NO_FAMILY = frozenset({"noise", "customer", "count", "goods", "total", "average", "last", "first"})
_MISSED: frozenset[Role] = frozenset(
    (
        "income", "spend_total", "purchases_total", "birth_date", "birth_year", "signup_date", "last_purchase_date",
        "age",
    )
)  # fmt: skip
_BOUGHT = frozenset({"purchase", "order", "total", "noise", "customer"})
_FREE_TEXT_LENGTH = 25
_FEW_SHARE = 0.5
_MOST = 0.5
_NEARLY_ALL = 0.8
_LARGEST_COUNT = 100


@dataclass(frozen=True)
class ColumnRole:
    """What a column says about a customer, and why it is thought so.

    `subject` narrows the role ("wines" of spend, "web" of purchases, "3" of campaigns, "months" of tenure),
    `levels` are in order from low to high (a flag's: no, then yes), `symbol` is the currency and scale. `confident`
    is False where the name or the values leave room for doubt. `suggested` is what the name clearly says of a column of
    text that cannot be it.
    """

    column: str
    role: Role
    reason: str
    subject: str = ""
    levels: tuple[str, ...] = ()
    symbol: str = ""
    confident: bool = True
    suggested: Role | None = None


def assign_roles(
    summaries: Sequence[ColumnSummary], overrides: Mapping[str, str] | None = None
) -> tuple[ColumnRole, ...]:
    """One role a column, in the order given; the order changes nothing else.

    `overrides` names roles that are settled, by column: "income", or "spend_part:wine" with a subject.

    >>> year = ColumnSummary("Geburtsjahr", "number", "", 100, 0, 50, 1940.0, 1996.0, 1945.0, 1970.0, 1990.0, 1.0,
    ...                      share_year=1.0)
    >>> [role] = assign_roles([year])
    >>> role.role, role.reason
    ('birth_year', "the name says 'geburtsjahr'; whole numbers from 1940 to 1996")
    """
    settled = _checked(overrides or {}, [s.name for s in summaries])
    names = parse_names(s.name for s in summaries)
    log = _is_log(summaries, names)
    clues = [_clue(s, names[s.name], log) for s in summaries]
    free = [clue for clue in clues if clue.summary.name not in settled]
    found = {clue.summary.name: _role(clue) for clue in free}
    if not any(role == "id" for role, _ in settled.values()):
        found |= _ids(free, found)
    found = _families(free, found)
    found |= _numbered(free, found) | _lent(free, found)
    for clue in clues:
        if clue.summary.name in settled:
            found[clue.summary.name] = _settled(clue, *settled[clue.summary.name])
    return tuple(found[s.name] for s in summaries)


def _checked(overrides: Mapping[str, str], columns: Sequence[str]) -> dict[str, tuple[Role, str]]:
    settled: dict[str, tuple[Role, str]] = {}
    for column, text in overrides.items():
        role, _, subject = text.partition(":")
        if column not in columns:
            raise _unknown("column", column, columns)
        if role not in ROLES:
            raise _unknown("role", role, ROLES)
        settled[column] = (role, subject.strip())
    return settled


def _unknown(what: str, found: str, valid: Sequence[str]) -> SettingsError:
    near = get_close_matches(found, valid, n=1, cutoff=0.5)
    guess = f"Did you mean '{near[0]}'? " if near else ""
    return SettingsError(f"There is no {what} '{found}'.", found=found, remedy=f"{guess}Valid: {', '.join(valid)}.")


def _clue(summary: ColumnSummary, name: Name, log: bool) -> Clue:
    said = marks(summary.name)
    concepts = set(name.concepts) | said & {"ended", "extreme", "lasting"}
    if said & {"left", "cancelled"}:
        concepts.add("ended")
    if any(f"channel_{channel}" in concepts for channel in _CHANNELS):
        concepts.add("channel")
    if concepts & {"kids", "teens", "children"}:
        concepts.add("child")
    if name.words and name.words[-1].text in vocabulary().counted:
        concepts.add("transactions")
    if name.ends_in_number():
        concepts.add("id")
    if summary.unit == "%" or _PERCENT.search(summary.name):
        concepts.add("rate")
    return Clue(name, summary, frozenset(concepts), log)


def _is_log(summaries: Sequence[ColumnSummary], names: Mapping[str, Name]) -> bool:
    """Whether a row is a purchase: customers come back, and there is a date or an order of each row."""
    repeats = any(
        {"customer", "id"} <= names[s.name].concepts and s.n_values and s.distinct_share < 0.9 and not is_flag(s)
        for s in summaries
    )
    purchases = any(
        (s.kind == "date" and not names[s.name].concepts & {"birth", "signup", "last", "first", "customer"})
        or {"order", "id"} <= names[s.name].concepts
        for s in summaries
    )
    return repeats and purchases


def _role(clue: Clue) -> ColumnRole:
    """The role of a column by itself."""
    proposed = next((rule for rule in RULES if rule.telling and rule.fits_name(clue)), None)
    seen = _by_values(clue)
    if seen is not None:
        surprising = seen.role != "constant" and proposed is not None and proposed.role not in {seen.role, "category"}
        return replace(seen, reason=_despite(proposed, clue, seen.reason)) if surprising else seen
    ordered = _by_levels(clue)
    if ordered is not None:
        return ordered
    for rule in RULES:
        if rule.fits_name(clue) and rule.values(clue.summary):
            return _by_rule(rule, clue)
    fallen = replace(_fallback(clue), suggested=_suggested(clue))
    # Whether there is a loan or a telephone is a question, whatever else the word may mean.
    if proposed is None or proposed.role == "category" or (fallen.role == "flag" and clue.summary.kind == "text"):
        return fallen
    return replace(fallen, reason=_despite(proposed, clue, fallen.reason), confident=False)


def _suggested(clue: Clue) -> Role | None:
    """The role of a text's name that a marketer would miss most, if it had been read as what it needs."""
    if clue.summary.kind != "text":
        return None
    bare = not (clue.concepts - _BOUGHT or clue.name.rest_unknown())
    unsaid = {
        "purchases_total" if not (bare or clue.concepts & {"count", "frequency"}) else "",
        "birth_date" if "year" in clue.concepts else "birth_year",
    }
    able = (rule.role for rule in RULES if rule.role in _MISSED - unsaid and rule.sure and rule.fits_name(clue))
    return next(able, None)


def _despite(rule: Rule | None, clue: Clue, reason: str) -> str:
    if rule is None:
        return reason
    said = clue.name.says(_plain(rule.words))
    return f"the name suggests {rule.role.replace('_', ' ')} ('{said}'), but the values say otherwise: {reason}"


def _by_values(clue: Clue) -> ColumnRole | None:
    """Roles that the values show whatever the column is called."""
    s = clue.summary
    if s.n_distinct == 0:
        return ColumnRole(s.name, "constant", NO_VALUE)
    if s.n_distinct == 1:
        return ColumnRole(s.name, "constant", "every row holds the same value")
    if s.kind != "text":
        return None
    if s.share_email >= _MOST:
        return ColumnRole(s.name, "personal", f"{100 * s.share_email:.0f} % of the values are e-mail addresses")
    if s.share_phone_like >= _NEARLY_ALL and not clue.concepts & {"id", "order", "product"}:
        return ColumnRole(s.name, "personal", f"{100 * s.share_phone_like:.0f} % of the values look like phone numbers")
    if are_genders(s.level_names) and s.n_distinct == len(s.levels):
        return ColumnRole(s.name, "sensitive", f"the {s.n_distinct} levels are genders", levels=())
    return None


def _by_levels(clue: Clue) -> ColumnRole | None:
    """Texts whose levels have an order that the vocabulary knows."""
    s, c = clue.summary, clue.concepts
    if s.kind != "text" or not is_few(s) or s.n_distinct != len(s.levels):
        return None
    named: tuple[tuple[Role, bool, tuple[str, ...], bool], ...] = (
        (
            "satisfaction",
            "satisfaction" in c or ("rating" in c and not is_rated(clue)),
            ("satisfaction", "satisfaction_when_named"),
            True,
        ),
        ("membership", bool(c & {"membership"}), ("membership", "membership_when_named"), True),
        ("education", bool(c & {"education"}), ("education",), s.n_distinct >= 3),
        ("membership", bool(c & {"level", "group", "customer"}), ("membership", "membership_when_named"), True),
    )
    for role, is_named, orders, alone in named:
        ordered = in_order(s.level_names, orders if is_named else orders[:1]) if is_named or alone else None
        if ordered is not None:
            words = clue.name.says({role, "rating", "membership", "level", "group"})
            said = f"the name says '{words}'; " if is_named and words else ""
            reason = f"{said}levels with a known order: {' < '.join(step_names(ordered))}"
            return ColumnRole(s.name, role, reason, levels=ordered, confident=is_named)
    return None


def _by_rule(rule: Rule, clue: Clue) -> ColumnRole:
    s = clue.summary
    role = rule.role
    subject = _subject(role, clue)
    sure = rule.sure
    if role == "spend_total":
        subject = " ".join(clue.name.rest(_NOT_A_SUBJECT))
        role = "spend_part" if subject else "spend_total"
    if role == "tenure" and not _unit_named(clue.name):
        sure = False
    said = clue.name.says(_plain(rule.words) | {"year", "month", "day", "date", "total", "average", "count", "last"})
    named = f"the name says '{said or '%'}'" if said or not s.unit else f"the cells carry {s.unit}"
    reason = f"{named}; {_values(s, role)}"
    if role == "category" and "education" in clue.concepts and s.kind == "text":
        reason += f", {n_known(s.level_names, 'education')} of them with a known place in an order"
    levels = _flag_levels(s) if role in ANSWERS else ()
    return ColumnRole(s.name, role, reason, subject, levels, _with_symbol(role, clue), sure)


def _plain(words: frozenset[str]) -> frozenset[str]:
    more = {f"channel_{channel}" for channel in _CHANNELS} if "channel" in words else set()
    more |= {"order"} if "transactions" in words else set()
    return words | more | ({"kids", "teens", "children"} if "child" in words else set())


def _subject(role: Role, clue: Clue) -> str:
    c, name = clue.concepts, clue.name
    match role:
        case "purchases_channel" | "visits":
            return next((channel for channel in _CHANNELS if f"channel_{channel}" in c), "")
        case "children":
            return next((kind for kind in ("teens", "kids") if kind in c), "children")
        case "campaign":
            rest = name.rest({"campaign", "accepted", "deal", "noise", "customer", "last", "date", "count", "purchase"})
            return " ".join((*rest, *name.numbers)) or ("last" if "last" in c else "")
        case "tenure":
            return _unit_named(name) or _unit_of_tenure(clue.summary)
        case "spend_part":
            return " ".join(name.rest(_NOT_A_SUBJECT)) or name.original
        case _:
            return ""


def _unit_named(name: Name) -> str:
    """The unit of time that the name says, also inside a phrase ("months on book"); "" where it says none."""
    said = {concept for word in name.words for part in word.text.split() for concept in vocabulary().meaning(part)}
    return next((f"{unit}s" for unit in ("day", "month", "year") if unit in said | name.concepts), "")


def _unit_of_tenure(s: ColumnSummary) -> str:
    if top(s) > 400:
        return "days"
    return "months" if top(s) > 60 else "years"


def _symbol(clue: Clue) -> str:
    unit = clue.summary.unit
    return clue.name.symbol or ("" if unit == "%" else unit)


def _with_symbol(role: Role, clue: Clue) -> str:
    return _symbol(clue) if role in _MONEY_ROLES or role == "prediction" else ""


def _flag_levels(s: ColumnSummary) -> tuple[str, ...]:
    meant = yes_and_no(s.level_names)
    if meant is not None:
        return (*meant.no, *meant.yes)
    return tuple(sorted(s.level_names))


def _values(s: ColumnSummary, role: Role) -> str:
    """What the values are, in words; of what may point to a person, no value."""
    if role == "text":
        return "it names something, and measures nothing"
    if role in {"id", "order_id", "personal", "product"}:
        return "every value is different" if s.distinct_share == 1 else f"{s.n_distinct} different values"
    if role == "sensitive":
        return f"{s.n_distinct} different values"
    meant = yes_and_no(s.level_names) if is_flag(s) else None
    if meant is not None and s.n_distinct == 2:
        return f"two values, {' and '.join(_flag_levels(s))}"
    if meant is not None:
        return f"{', '.join(meant.no)} for no; {', '.join(meant.yes)} for yes"
    if s.kind == "text":
        return f"{s.n_distinct} levels"
    if s.kind == "date":
        return f"dates from {s.minimum} to {s.maximum}"
    if isinstance(s.minimum, (int, float)) and isinstance(s.maximum, (int, float)):
        kind = "whole numbers" if is_whole(s) else "numbers"
        return f"{kind} from {write_number(s.minimum)} to {write_number(s.maximum)}"
    return "no values"


def _fallback(clue: Clue) -> ColumnRole:
    """The role by values alone."""
    s, symbol = clue.summary, _symbol(clue)
    if is_flag(s):
        return ColumnRole(s.name, "flag", _values(s, "flag"), levels=_flag_levels(s))
    if s.n_distinct == 2 and is_few(s):  # 1 and 2 may be yes and no, or no and yes, or two shops
        return ColumnRole(s.name, "category", _values(s, "category"), confident=s.kind == "text")
    if s.kind == "date":
        return ColumnRole(s.name, "purchase_date" if clue.log else "date", _values(s, "date"), confident=False)
    if s.kind == "number":
        if "postcode" in clue.concepts:
            return ColumnRole(s.name, "text", "a postcode is a label, not a measure")
        if counts_rows(s) and not symbol and not clue.concepts - {"noise", "count"}:
            return ColumnRole(s.name, "text", "whole numbers that only count the rows")
        role: Role = "money" if symbol else "number"
        return ColumnRole(s.name, role, _values(s, role), symbol=symbol, confident=False)
    if is_few(s) and s.distinct_share <= _FEW_SHARE and s.mean_length <= 2 * _FREE_TEXT_LENGTH:
        return ColumnRole(s.name, "category", _values(s, "category"))
    return ColumnRole(s.name, "text", f"{s.n_distinct} different texts, too many to compare customers by")


def _id_strength(clue: Clue) -> int:
    """How much the name speaks for the customer's id: 4 says it, 1 leaves it open, 0 speaks against it."""
    c, unknown = clue.concepts - {"noise"}, clue.name.rest_unknown()
    if not c:
        return 1
    if not c <= _ID_WORDS | {"person_name"}:
        return 0
    if {"customer", "id"} <= c or {"customer", "count"} <= c or {"membership", "id"} <= c:
        return 4
    if "id" in c:
        return 2 if unknown else 3
    return 2 if c & {"customer", "account", "count"} and not unknown and "person_name" not in c else 0


def _may_be_id(clue: Clue, role: ColumnRole) -> bool:
    s, strength = clue.summary, _id_strength(clue)
    if strength == 0 or role.role in {"constant", "personal", "sensitive"} or s.kind == "date":
        return False
    if not (s.kind == "text" or is_whole(s)) or s.n_values == 0 or s.max_length > 64:
        return False
    if strength >= 3:
        return s.distinct_share >= _MOST or (clue.log and s.n_distinct > 2)
    if strength == 2:
        return is_key(s)
    looks_like_key = s.share_with_spaces < 0.05 and s.mean_length <= 40 and s.n >= 10
    return counts_rows(s) or (s.kind == "text" and s.distinct_share == 1 and s.n_missing == 0 and looks_like_key)


def _id_rank(clue: Clue) -> tuple[int, float, int, bool, str]:
    s = clue.summary
    return (-_id_strength(clue), -s.distinct_share, s.n_missing, s.kind == "text", s.name)


def _ids(clues: Sequence[Clue], found: Mapping[str, ColumnRole]) -> dict[str, ColumnRole]:
    """The one id, and what the other columns become that name customers too."""
    able = [clue for clue in clues if _may_be_id(clue, found[clue.summary.name])]
    if not able:
        return {}
    best, *others = sorted(able, key=_id_rank)
    said = best.name.says(_ID_WORDS - {"noise"})
    named = f"the name says '{said}'; " if said else "no name says 'id'; "
    roles = {
        best.summary.name: ColumnRole(
            best.summary.name, "id", named + _values(best.summary, "id"), confident=_id_strength(best) > 1
        )
    }
    for clue in others:
        if _id_strength(clue) > 1 and is_key(clue.summary):
            reason = f"it names customers too; '{best.summary.name}' is used as the id"
            roles[clue.summary.name] = ColumnRole(clue.summary.name, "text", reason)
    return roles


def _families(clues: Sequence[Clue], found: Mapping[str, ColumnRole]) -> dict[str, ColumnRole]:
    """Columns that are parts of one spend because their sisters are, or because each names goods."""
    roles = dict(found)
    members: dict[str, list[Clue]] = {}
    for clue in clues:
        for word in {w.text for w in clue.name.words if not w.concepts & _OF_NO_FAMILY}:
            members.setdefault(word, []).append(clue)
    for word in sorted(members):
        family = members[word]
        if len(family) >= 3 and sum(_as_money(found[clue.summary.name], clue) for clue in family) > 1:
            _join(roles, family, f"its sisters with '{word}' in the name are money", {word})
    goods = [c for c in clues if c.summary.kind == "number" and "goods" in c.concepts and _may_join(roles, c)]
    if len(goods) >= 3 and max(top(c.summary) for c in goods) > _LARGEST_COUNT:
        _join(roles, goods, "one of several columns that name goods", set())
    return roles


def _numbered(clues: Sequence[Clue], found: Mapping[str, ColumnRole]) -> dict[str, ColumnRole]:
    """Values of orders that are told apart by a number alone ("bill_amt1" to "bill_amt6"): no average of any."""
    series: dict[tuple[str, ...], list[ColumnRole]] = {}
    for clue in clues:
        role = found[clue.summary.name]
        if clue.name.numbers and role.role == "order_value":
            series.setdefault(tuple(word.text for word in clue.name.words), []).append(role)
    several = [role for roles in series.values() if len(roles) >= 3 for role in roles]
    return {r.column: replace(r, role="money", reason=f"several, by a number; {r.reason}") for r in several}


def _lent(clues: Sequence[Clue], found: Mapping[str, ColumnRole]) -> dict[str, ColumnRole]:
    """A bare amount among columns of a loan, or two of its repayment, was borrowed and not spent."""
    told = {c.summary.name: marks(c.summary.name) & {"loan", "repaid"} for c in clues if not is_flag(c.summary)}
    speaking = sorted(name for name, said in told.items() if said)
    bare = [c for c in clues if "amount" in c.concepts and not c.concepts & {"spend", "purchase"}]
    unsure = [r for c in bare if (r := found[c.summary.name]).role == "spend_total" and not r.confident]
    if len(speaking) + sum("loan" in told[name] for name in speaking) < 2:
        return {}
    return {r.column: replace(r, role="money", reason=f"'{speaking[0]}' tells of a loan; {r.reason}") for r in unsure}


def _as_money(role: ColumnRole, clue: Clue) -> int:
    """How much a column speaks for money: 2 with a currency, 1 by its name alone."""
    has_unit = bool(role.symbol or clue.summary.unit) and role.role in {"money", "spend_total", "spend_part"}
    return 2 if has_unit else int(role.role == "spend_part")


def _may_join(roles: Mapping[str, ColumnRole], clue: Clue) -> bool:
    weak = roles[clue.summary.name].role in {"number", "money"} or not roles[clue.summary.name].confident
    return weak and not clue.concepts & NO_PART and is_positive(clue.summary)


def _join(roles: dict[str, ColumnRole], family: Sequence[Clue], reason: str, shared: set[str]) -> None:
    for clue in family:
        if not _may_join(roles, clue):
            continue
        s = clue.summary
        subject = " ".join(word for word in clue.name.rest(_NOT_A_SUBJECT) if word not in shared)
        if not subject:
            continue
        roles[s.name] = ColumnRole(
            s.name, "spend_part", f"{reason}; {_values(s, 'spend_part')}", subject, (), _symbol(clue), False
        )


def _settled(clue: Clue, role: Role, subject: str) -> ColumnRole:
    """A role that was stated, with what name and values add to it."""
    s = clue.summary
    levels: tuple[str, ...] = ()
    if role in {"satisfaction", "membership", "education"}:
        orders = (role,) if role == "education" else (role, f"{role}_when_named")
        levels = in_order(s.level_names, orders) or ()
    elif role in ANSWERS and (is_flag(s) or (s.kind == "text" and s.n_distinct == 2)):
        levels = _flag_levels(s)
    subject = subject or _subject(role, clue)
    return ColumnRole(s.name, role, "stated in the settings", subject, levels, _with_symbol(role, clue))
