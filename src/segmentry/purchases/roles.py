"""Which column of a purchase log says what: who bought, when, for how much, and what else, each with its reason.

Names propose, and the kind of the column and how much of it is filled decide. What is made of the columns is left to
`lines`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal, get_args

import narwhals.stable.v2 as nw

from segmentry.errors import ColumnNotFoundError, SettingsError
from segmentry.features.misread import OTHER, Misread, look_at, refuse_kind
from segmentry.features.summaries import EMAIL
from segmentry.features.words import parse_name
from segmentry.purchases.words import Said, answers, line_kinds, plain_state, said
from segmentry.tables import Column, Kind, Table, collect_rows, numbers, text_of

PurchaseRole = Literal[
    "customer", "time", "amount", "quantity", "unit_price", "order", "product", "product_name", "category", "channel",
    "discount", "status", "refunded", "returned", "cancelled", "currency",
]  # fmt: skip
ROLES: tuple[PurchaseRole, ...] = get_args(PurchaseRole)

_WHOLE_KEYS = ("text", "number")
_ORDER_LOOKS = r"^#?[A-Za-z]{0,6}[-/. ]?\d[\d/-]*$"
_TEXT_OF_ORDER = r"\S\s+\S+\s+\S"  # what is in it, and not its number
_MOST = 0.5
_NEARLY_ALL = 0.9
_MOST_LEVELS = 200
_RETURN = 0.99
_MOST_ORDERS = 20  # of one customer, on average; what has more names a kind of customer
_FINE = 2  # times as many names, and the column tells no products apart
_FEWEST_LINES = 100  # in so many, two customers are two kinds of something


@dataclass(frozen=True)
class PurchaseColumn:
    """A column that is used, what for, and why."""

    column: str
    role: PurchaseRole
    reason: str


@dataclass(frozen=True)
class Rule:
    """`role` for columns of these kinds whose name says one word of each of `needs` ("a|b") and none of `without`."""

    role: PurchaseRole
    needs: tuple[str, ...]
    without: frozenset[str]
    kinds: tuple[str, ...]
    alone: bool = False  # and whose name says nothing else
    one_word: bool = False

    def fits(self, name: Said, column: Column) -> bool:
        return column.reading.kind in self.kinds and self.fits_name(name)

    def fits_name(self, name: Said) -> bool:
        if name.any(*self.without) or (self.one_word and name.n_words > 1):
            return False
        if self.alone and name.concepts - set("|".join(self.needs).split("|")) - {"noise", "purchase"}:
            return False
        return all(name.any(*need.split("|")) for need in self.needs)


def _f(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NUMBER, _DATE, _TEXT = ("number",), ("date",), ("text",)
_NOT_WHEN = _f("delivery later birth refund first last due")
_NOT_PAID = _f("tax delivery fee part refund deal later about average income id rate cost quantity count items unit")
_NOT_WHO = _f("about contact person_name place group level date address campaign channel_phone spend amount")
_NOT_ORDER = _f("line row later delivery customer product items refund status spend amount total date deal level")
_NOT_WHAT = _f(
    "customer place group category price amount total deal tax delivery cost quantity spend order status rate"
)
_NOT_MANY = _f("total amount price spend deal tax delivery cost id refund_total average customer order rate row")

_NOT_CALLED_OFF = _f("amount total quantity count items price rate fee tax refund about status customer")

# The first rule of a role that a column fits wins; below it, the column that comes first by name.
RULES: tuple[Rule, ...] = (
    Rule("customer", ("customer", "id|count"), _NOT_WHO, _WHOLE_KEYS),
    Rule("customer", ("membership|account", "id|count"), _NOT_WHO | {"order", "money"}, _WHOLE_KEYS),
    Rule("customer", ("customer",), _NOT_WHO | {"date"}, _WHOLE_KEYS, alone=True),
    Rule("customer", ("contact",), _f("campaign accepted level status delivery"), _TEXT),
    Rule("customer", ("customer", "person_name"), _NOT_WHO - {"person_name"}, _TEXT),
    Rule("time", ("order|purchase", "date|dated"), _NOT_WHEN | {"signup"}, _DATE),
    Rule("time", ("date|dated",), _NOT_WHEN | _f("signup customer"), _DATE),
    Rule("time", ("purchase|order",), _NOT_WHEN | _f("signup"), _DATE),
    Rule("time", ("created",), _NOT_WHEN | {"customer"}, _DATE),
    Rule("time", ("paid",), _NOT_WHEN, _DATE),
    Rule("order", ("order", "id|count"), _NOT_ORDER, _WHOLE_KEYS),
    Rule("order", ("order",), _NOT_ORDER, _WHOLE_KEYS, alone=True),
    Rule("order", ("purchase", "id|count"), _NOT_ORDER, _WHOLE_KEYS),
    Rule("order", ("person_name",), _f("customer line billing"), _TEXT, alone=True),
    Rule("order", ("tx", "id"), _NOT_ORDER, _WHOLE_KEYS),
    Rule("order", ("id",), _f("row"), _WHOLE_KEYS, alone=True, one_word=True),
    # With the tax before without it, and what an order cost before what its line did.
    Rule("amount", ("total",), _NOT_PAID | _f("line net"), _NUMBER),
    Rule("amount", ("amount",), _NOT_PAID | _f("line price net"), _NUMBER),
    Rule("amount", ("spend",), _NOT_PAID | _f("line price net"), _NUMBER),
    Rule("amount", ("gross",), _NOT_PAID | _f("line price weight"), _NUMBER, alone=True),
    Rule("amount", ("total|amount|spend",), _NOT_PAID | _f("line price"), _NUMBER),
    Rule("amount", ("net",), _NOT_PAID | _f("line price weight"), _NUMBER, alone=True),
    Rule("amount", ("line", "total"), _NOT_PAID | {"net"}, _NUMBER),
    Rule("amount", ("line", "amount"), _NOT_PAID | _f("price net"), _NUMBER),
    Rule("amount", ("line", "total|amount"), _NOT_PAID | {"price"}, _NUMBER),
    Rule("quantity", ("quantity",), _NOT_MANY, _NUMBER),
    Rule("quantity", ("items",), _NOT_MANY | {"product"}, _NUMBER),
    Rule("quantity", ("count",), _NOT_MANY | _f("product visit child line"), _NUMBER),
    Rule("unit_price", ("price",), _f("total deal part average refund tax delivery rate cost"), _NUMBER),
    Rule("unit_price", ("unit", "amount|spend"), _f("total deal part average refund tax delivery rate"), _NUMBER),
    Rule("unit_price", ("line", "cost"), _f("total deal part average refund tax delivery rate"), _NUMBER),
    Rule("product", ("product", "id|count"), _NOT_WHAT, _WHOLE_KEYS),
    Rule("product", ("product",), _NOT_WHAT | _f("person_name about"), _TEXT),
    Rule("product", ("product|line", "person_name"), _NOT_WHAT, _TEXT),
    Rule("product", ("product",), _NOT_WHAT, _TEXT),
    Rule("product_name", ("product|line", "person_name"), _NOT_WHAT, _TEXT),
    Rule("product_name", ("product",), _NOT_WHAT | {"id"}, _TEXT),
    Rule("category", ("category",), _f("customer order tax sub"), _TEXT),
    Rule("category", ("product", "group"), _f("customer order tax sub"), _TEXT),
    Rule("category", ("category",), _f("customer order tax"), _TEXT),
    Rule("channel", ("channel",), _f("customer product"), _TEXT),
    Rule("discount", ("deal", "amount|total"), _f("tax rate"), _NUMBER),
    Rule("discount", ("deal",), _f("tax price"), _NUMBER),
    Rule("discount", ("deal",), _f("tax price amount"), _TEXT),
    Rule("status", ("status", "money_state"), _f("delivery place line customer"), _TEXT),
    Rule("status", ("status",), _f("delivery place line customer marital"), _TEXT),
    Rule("refunded", ("refund", "amount|total"), _f("part tax quantity"), _NUMBER),
    Rule("returned", ("refund",), _f("amount total quantity count date part tax id status reason"), _WHOLE_KEYS),
    Rule("returned", ("kind",), _f("customer product delivery campaign contact place deal category channel"), _TEXT),
    Rule("cancelled", ("cancel",), _NOT_CALLED_OFF, _DATE),
    Rule("cancelled", ("cancel",), _NOT_CALLED_OFF | {"id"}, _WHOLE_KEYS),
    Rule("currency", ("currency",), _f("part"), _TEXT),
    Rule("currency", ("ccy",), frozenset(), _TEXT, one_word=True),
)  # fmt: skip

# Roles that are nothing without a number, or a date.
_KIND_OF: Mapping[PurchaseRole, Kind] = {
    "time": "date", "amount": "number", "quantity": "number", "unit_price": "number", "refunded": "number"
}  # fmt: skip

# Of a column that is mostly empty nothing is made; some columns are empty but for the rows they speak of.
_FILLED: Mapping[PurchaseRole, float] = {"time": _MOST, "order": _NEARLY_ALL}


def find_columns(table: Table, stated: Mapping[str, str] | None = None) -> tuple[PurchaseColumn, ...]:
    """The columns of a purchase log by role, at most one each; `stated` settles some by column ("Total" -> "amount").

    >>> import polars as pl
    >>> from segmentry.tables import read
    >>> log = read(pl.DataFrame({"client": ["a", "a"], "day": ["2026-01-05", "2026-02-01"], "paid_amount": ["5", "7"]}))
    >>> [(c.column, c.role) for c in find_columns(log, {"day": "time"})]
    [('client', 'customer'), ('day', 'time'), ('paid_amount', 'amount')]
    """
    settled = _checked(stated or {}, table)
    found = {role: PurchaseColumn(column, role, "stated in the settings") for role, column in settled.items()}
    free = [c for c in table.columns if c.name not in settled.values()]
    return _completed(table, found, [role for role in ROLES if role not in settled], free)


def columns_beside(
    table: Table, known: Mapping[str, str], wanted: Sequence[PurchaseRole]
) -> tuple[PurchaseColumn, ...]:
    """The columns that `find_columns` would find in those `wanted` roles that no `known` column has, by role."""
    free = [c for c in table.columns if c.name not in known.values()]
    return _completed(table, {}, [role for role in wanted if role not in known], free)


def _completed(
    table: Table,
    settled: Mapping[PurchaseRole, PurchaseColumn],
    wanted: Sequence[PurchaseRole],
    free: Sequence[Column],
) -> tuple[PurchaseColumn, ...]:
    """The settled columns, and one of those that are free for each wanted role that one fits."""
    able = {role: [c for c in _proposed(role, free) if _tells(role, table, c)] for role in wanted}
    figures = _figures(table, sorted({c for columns in able.values() for c in columns}))
    found = dict(settled)
    for role in wanted:
        usable = _usable(role, [c for c in able[role] if _is_free(c, role, found)], figures, table)
        chosen = _chosen(role, usable, {c: figures[c]["filled"] / max(table.rows_read, 1) for c in usable})
        if chosen is not None:
            found[role] = PurchaseColumn(chosen, role, f"the name says '{_spoken(chosen)}'")
    if "time" in wanted and "time" not in found:
        found |= _time_of_orders(table, able["time"], figures, column_of(found.values(), "order")) or _only_date(free)
    if "customer" in wanted and "customer" in found:
        others = [c for c in able["customer"] if not is_name(c)]
        full = [c for c in others if figures[c]["filled"] > _NEARLY_ALL * table.rows_read]
        others = _usable("customer", [c for c in full if _is_free(c, "customer", found)], figures, table)
        found["customer"] = _who_returns(table, found["customer"], others, column_of(found.values(), "order"))
    if "product" in wanted and "product" in found:
        found["product"] = _as_fine_as_named(table, found["product"], found.get("product_name"))
    return tuple(found[role] for role in ROLES if role in found)


def column_of(found: Iterable[PurchaseColumn], role: str) -> str | None:
    """The column in this role; None where there is none."""
    return next((c.column for c in found if c.role == role), None)


def is_name(column: str) -> bool:
    """Whether the name of a column says that it holds names of persons or firms.

    >>> is_name("CUSTOMERNAME"), is_name("customer_id")
    (True, False)
    """
    return said(column).any("person_name")


def may_be_log(table: Table, stated: Mapping[str, str] | None = None) -> bool:
    """Whether the columns' names and kinds allow that a row is a purchase, with roles that are `stated`; no cell is
    looked at.

    >>> import polars as pl
    >>> from segmentry.tables import read
    >>> may_be_log(read(pl.DataFrame({"client": ["a", "b"], "signup_date": ["2026-01-05", "2026-02-01"]})))
    False
    """
    known = [PurchaseColumn(c, role, "") for role, c in _checked(stated or {}, table).items()]
    proposed = [PurchaseColumn(c, role, "") for role in ROLES for c in _proposed(role, table.columns)[:1]]
    return not missing_parts([*known, *proposed])


def missing_parts(found: Sequence[PurchaseColumn]) -> tuple[str, ...]:
    """What a purchase log must have and these columns lack, in words."""
    roles = {c.role for c in found}
    parts = [
        ("who bought (customer)", "customer" in roles),
        ("when (time)", "time" in roles),
        ("for how much (amount, or quantity and unit_price)", "amount" in roles or "unit_price" in roles),
    ]
    return tuple(words for words, there in parts if not there)


def misread(table: Table, found: Sequence[PurchaseColumn]) -> list[tuple[str, Misread]]:
    """Columns whose name says when or for how much, where no other does, and whose cells were not read as that."""
    roles, used = {c.role for c in found}, {c.column for c in found}
    without_time: list[PurchaseRole] = [] if "time" in roles else ["time"]
    without_amount: list[PurchaseRole] = [] if roles & {"amount", "unit_price"} else ["amount"]
    told = []
    for role in (*without_time, *without_amount):
        rules = [rule for rule in RULES if rule.role == role]
        named = [c.name for c in table.columns if any(rule.fits_name(said(c.name)) for rule in rules)]
        unread = [name for name in named if name not in used and table.column(name).reading.kind != _KIND_OF[role]]
        seen = [(name, look_at(table, name, _KIND_OF[role])) for name in unread]
        told += [(name, cells) for name, cells in seen if cells.remedy != OTHER]
    return told


def _checked(stated: Mapping[str, str], table: Table) -> dict[PurchaseRole, str]:
    settled: dict[PurchaseRole, str] = {}
    for column, role in stated.items():
        if column not in table.names:
            near = get_close_matches(column, table.names, n=1, cutoff=0.5)
            raise ColumnNotFoundError(
                f"The orders have no column '{column}'.",
                found=", ".join(table.names),
                remedy=f"Did you mean '{near[0]}'?" if near else "Check the roles of the orders.",
            )
        known = next((r for r in ROLES if r == role), None)
        if known is None:
            raise SettingsError(
                f"There is no role '{role}' in a purchase log.", found=role, remedy=f"Valid: {', '.join(ROLES)}."
            )
        refuse_kind(table, column, known, _KIND_OF.get(known))
        settled[known] = column
    return settled


def _proposed(role: PurchaseRole, columns: Sequence[Column]) -> list[str]:
    """Columns that fit a rule of the role, those of the first rule first."""
    rules = [rule for rule in RULES if rule.role == role]
    ranked: list[tuple[int, str]] = []
    for column in columns:
        fitting = [i for i, rule in enumerate(rules) if rule.fits(said(column.name), column)]
        if fitting:
            ranked.append((fitting[0], column.name))
    return [name for _, name in sorted(ranked)]


def _figures(table: Table, columns: Sequence[str]) -> dict[str, dict[str, int]]:
    """Of each column: how many cells are filled, and how many look like an e-mail address or an order's number."""
    named: dict[str, nw.Expr] = {}
    for i, column in enumerate(columns):
        named[f"{i} filled"] = ~nw.col(column).is_null()
        if table.column(column).reading.kind == "text":
            cell = text_of(table, column)
            if said(column).any("contact"):
                named[f"{i} email"] = cell.str.contains(EMAIL)
            if said(column).any("person_name"):
                named[f"{i} order"] = cell.str.contains(_ORDER_LOOKS)
            if said(column).any("order"):
                named[f"{i} told"] = cell.str.contains(_TEXT_OF_ORDER)
    if not named:
        return {}
    flags = [nw.when(e).then(1).otherwise(0).cast(nw.Int64).alias(n) for n, e in named.items()]
    [row] = collect_rows(table.frame.select(*flags).select(*(nw.col(n).sum() for n in named)))
    counts: dict[str, dict[str, int]] = {column: {} for column in columns}
    for name, value in row.items():
        place, _, what = name.partition(" ")
        counts[columns[int(place)]][what] = int(value or 0)
    return counts


def _is_free(column: str, role: PurchaseRole, found: Mapping[PurchaseRole, PurchaseColumn]) -> bool:
    taken = {c.column for r, c in found.items() if not (r == "product" and role == "product_name")}
    return column not in taken


def _usable(
    role: PurchaseRole, able: Sequence[str], figures: Mapping[str, Mapping[str, int]], table: Table
) -> list[str]:
    """Those that are filled enough and hold what the role needs."""
    least = _FILLED.get(role, 0.0) * table.rows_read
    usable = [c for c in able if figures[c]["filled"] > least and _looks_right(role, figures[c])]
    if role != "customer":
        return usable
    apart = [c for c in usable if _tells_apart(table, c)]
    # Two customers may have one name: it is taken where nothing else tells them apart.
    return [c for c in apart if not is_name(c)] or apart


def _chosen(role: PurchaseRole, usable: Sequence[str], filled: Mapping[str, float]) -> str | None:
    if not usable:
        return None
    if role == "customer" and filled[usable[0]] < _MOST:
        # Guests have no id, and an e-mail address all the same.
        return max(usable, key=lambda c: (filled[c], -usable.index(c)))
    return usable[0]


def _time_of_orders(
    table: Table, able: Sequence[str], figures: Mapping[str, Mapping[str, int]], order: str | None
) -> dict[PurchaseRole, PurchaseColumn]:
    """The first of the columns that says when for most orders, be it on one line of each only."""
    if order is None or not able:
        return {}
    [row] = collect_rows(table.frame.select(n=nw.col(order).n_unique()))
    for column in able:
        if figures[column]["filled"] > _MOST * int(row["n"]):
            return {"time": PurchaseColumn(column, "time", f"the name says '{_spoken(column)}', once an order")}
    return {}


def _only_date(free: Sequence[Column]) -> dict[PurchaseRole, PurchaseColumn]:
    """The one column of dates, by a word or in a language that is not known; not where its name says another day."""
    dates = [c for c in free if c.reading.kind == "date"]
    if len(dates) != 1 or said(dates[0].name).any(*_NOT_WHEN, "signup"):
        return {}
    return {"time": PurchaseColumn(dates[0].name, "time", "the only dates there are")}


def _tells_apart(table: Table, column: str) -> bool:
    """Whether the cells may be customers: no yes and no, and in a log of some length no two values."""
    some = collect_rows(table.frame.select(nw.col(column)).head(_MOST_LEVELS))
    if len({row[column] for row in some} - {None}) > 2:
        return True
    levels = levels_of(table, column)
    if levels is None or len(levels) > 2:
        return True
    plain = {plain_state(level).removesuffix(".0") for level in levels}
    if plain <= {*answers("yes"), *answers("no")}:
        return False
    return len(levels) != 2 or sum(levels.values()) < _FEWEST_LINES


def _who_returns(table: Table, own: PurchaseColumn, others: Sequence[str], order: str | None) -> PurchaseColumn:
    """The first of `others` whose customers come back, where every order has a customer of its `own`."""
    if not others:
        return own
    counted = [c for c in (own.column, order, *others) if c is not None]
    named = table.frame.filter(~nw.col(own.column).is_null())
    [row] = collect_rows(named.select(nw.len().alias("n"), *(nw.col(c).n_unique().alias(f"{c} ids") for c in counted)))
    orders = int(row["n" if order is None else f"{order} ids"])
    if int(row[f"{own.column} ids"]) < orders:
        return own
    for column in others:
        if orders <= _MOST_ORDERS * int(row[f"{column} ids"]) <= _MOST_ORDERS * _RETURN * orders:
            why = f"and they come back, where '{own.column}' is another for every order"
            return PurchaseColumn(column, "customer", f"the name says '{_spoken(column)}', {why}")
    return own


def _as_fine_as_named(table: Table, own: PurchaseColumn, named: PurchaseColumn | None) -> PurchaseColumn:
    """The products by their names, where the column found is no number and tells far fewer apart: a kind, or a box."""
    if named is None or named.column == own.column or said(own.column).any("id", "count"):
        return own
    [row] = collect_rows(table.frame.select(*(nw.col(c).n_unique().alias(c) for c in (own.column, named.column))))
    return own if _FINE * int(row[own.column]) >= int(row[named.column]) else replace(named, role="product")


def _tells(role: PurchaseRole, table: Table, column: str) -> bool:
    """Whether the cells say what the name does, where a name alone is too little."""
    match role:
        case "returned":
            return _tells_returns(table, column)
        case "cancelled":
            return _tells_cancelled(table, column)
        case "discount":
            return _tells_discounts(table, column)
        case _:
            return True


def _tells_returns(table: Table, column: str) -> bool:
    """Whether the cells are a yes and a no, or some are a kind of line that takes money back."""
    found = {plain_state(level).removesuffix(".0") for level in levels_of(table, column) or {}}
    if said(column).any("refund") and found & set(answers("yes")):
        return found <= {*answers("yes"), *answers("no")}
    return bool(found & set(line_kinds("back")))


def _tells_cancelled(table: Table, column: str) -> bool:
    """Whether the cells are the days of a few orders, or a yes and a no, and the name says nothing else: whoever may
    cancel, or may until a day, has not."""
    if parse_name(column).rest_unknown():
        return False
    if table.column(column).reading.kind == "date":
        [row] = collect_rows(table.frame.select(n=(~nw.col(column).is_null()).sum()))
        return int(row["n"] or 0) <= _MOST * table.rows_read
    found = {plain_state(level).removesuffix(".0") for level in levels_of(table, column) or {}}
    return bool(found & set(answers("yes"))) and found <= {*answers("yes"), *answers("no")}


def _tells_discounts(table: Table, column: str) -> bool:
    """Whether some lines have no discount, where words say which: a size of deal that stands on each says nothing."""
    levels = levels_of(table, column) if table.column(column).reading.kind == "text" else None
    if levels is None or sum(levels.values()) < table.rows_read:
        return True
    none = {*answers("no"), *numbers.MISSING_TOKENS}
    return any(level.casefold() in none or not any(sign.isalpha() for sign in level) for level in levels)


def _looks_right(role: PurchaseRole, figures: Mapping[str, int]) -> bool:
    filled = max(figures["filled"], 1)
    if role == "customer" and "email" in figures:
        return figures["email"] >= _MOST * filled
    if role == "order" and "order" in figures:
        return figures["order"] >= _NEARLY_ALL * filled
    if role == "order" and "told" in figures:
        return figures["told"] < _MOST * filled
    return True


def _spoken(column: str) -> str:
    return " ".join(word.text for word in parse_name(column).words) or column.casefold()


def levels_of(table: Table, column: str) -> dict[str, int] | None:
    """Rows by level of a column of text; None where it has more levels than one could look through."""
    counted = table.frame.select(text_of(table, column).alias("level")).group_by("level").agg(n=nw.len())
    rows: list[dict[str, Any]] = collect_rows(counted.sort("level").head(_MOST_LEVELS + 1))
    if len(rows) > _MOST_LEVELS:
        return None
    return {str(r["level"]): int(r["n"]) for r in rows if r["level"] is not None}
