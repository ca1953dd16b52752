"""What of a log counts in a way that only its owner can say is right: told with its lines and money, and not changed.

States that are not known, ids that stand for nobody in particular, and a first day that stands for no day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import narwhals.stable.v2 as nw

from segmentry.errors import Notice, plural
from segmentry.purchases import lines as ln
from segmentry.purchases.account import Account
from segmentry.purchases.lines import Lines
from segmentry.purchases.recipe import PurchaseRecipe
from segmentry.purchases.words import answers, line_kinds
from segmentry.tables import collect_rows
from segmentry.tables.masking import FEWEST_TOLD, shown

_MOST_STATES = 200
_TOLD = 6
_PLACEHOLDER_IDS = ("0", "1", "-1", "99", "999", "9999", "99999", "999999")
_TIMES_THE_MEAN = 10
_FEWEST_LINES = 20
_DAYS_APART = 730
FEWEST_ORDERS = 20  # of so many it is told that each has a customer of its own


def doubts_of(lines: Lines, recipe: PurchaseRecipe, account: Account) -> tuple[Notice, ...]:
    """A warning for each thing of the log that may not be what it counts as."""
    used = ln.usable(lines, recipe)
    marks = {*answers("yes"), *answers("no"), *line_kinds("sold"), *line_kinds("back")}
    known = {*ln.meaning(recipe, "sold"), *ln.meaning(recipe, "refunded")}
    found = [
        *_unknown_states(lines, recipe, "status", ln.STATE, known),
        *_unknown_states(lines, recipe, "returned", ln.MARK, {*known, *marks}),
        *_placeholder_customers(used, recipe, account),
        *_far_first_day(used, recipe, account),
    ]
    return tuple(found)


def never_back(lines: Lines, recipe: PurchaseRecipe, account: Account) -> tuple[Notice, ...]:
    """That no customer of a whole log has a second order; later orders alone, of a week say, need none."""
    who, order = recipe.column("customer"), recipe.column("order")
    if order is None or account.customers < FEWEST_ORDERS:
        return ()
    sales = ln.usable(lines, recipe).filter(nw.col(ln.SALE))
    [row] = collect_rows(sales.select(orders=nw.col(ln.ORDER).n_unique(), customers=nw.col(ln.CUSTOMER).n_unique()))
    if int(row["orders"]) != int(row["customers"]):
        return ()
    text = (
        f"No customer comes back: each of the {int(row['orders']):,} orders has a customer of its own in '{who}'. Is "
        "there another column that names the customers? Name it with --id; else how often someone buys tells nothing."
    )
    return (Notice("customers-never-return", text),)


def _unknown_states(lines: Lines, recipe: PurchaseRecipe, role: str, column: str, known: set[str]) -> Iterator[Notice]:
    """States whose lines count as sales only because nothing else is known of them."""
    name = recipe.column(role)
    if name is None:
        return
    sold = ln.usable(lines, recipe).filter(nw.col(ln.SALE), nw.col(ln.RETURNED) == 0).group_by(column)
    counted = sold.agg(n=nw.len(), money=nw.col(ln.SOLD).sum()).sort("n", column, descending=[True, False])
    rows = collect_rows(counted.head(_MOST_STATES))
    told = [(row[column], int(row["n"]), float(row["money"]) / 10.0**recipe.places) for row in rows]
    if recipe.amount_is == "order":
        # What the lines beside that with the order's amount say counts for nothing, and what came back stands there.
        told = [item for item in told if item[2]]
    unknown = [item for item in told if item[0] is not None and item[0] not in known]
    none = [item for item in told if item[0] is None and len(told) > 1]
    if not unknown and not none:
        return
    cells = _cells(lines, column, [state for state, _, _ in unknown[:_TOLD]])
    said = [
        f"'{shown(state, cells[state])}' ({plural(n, 'line')}, {money:,.2f})" for state, n, money in unknown[:_TOLD]
    ]
    said += [f"{len(unknown) - _TOLD:,} more"] if len(unknown) > _TOLD else []
    said += [f"nothing at all ({plural(n, 'line')}, {money:,.2f})" for _, n, money in none]
    rare = f" What stands in fewer than {FEWEST_TOLD} cells is shown by its first letter: look it up in '{name}'."
    yield Notice(
        "orders-unknown-state",
        f"'{name}' says what is not known to be a sale or none, and counts as a sale: {', '.join(said)}. "
        'To settle it, state for example [orders.states] "on its way" = "sold" (or "void", or "refunded") in the '
        f"segmentry.toml of a fit.{rare if min(cells.values(), default=FEWEST_TOLD) < FEWEST_TOLD else ''}",
    )


def _cells(lines: Lines, column: str, states: Sequence[str]) -> dict[str, int]:
    """In how many lines of the whole log each of these states stands, whether they count or not."""
    if not states:
        return {}
    rows = collect_rows(lines.filter(nw.col(column).is_in(list(states))).group_by(column).agg(n=nw.len()))
    return {row[column]: int(row["n"]) for row in rows}


def _placeholder_customers(used: Lines, recipe: PurchaseRecipe, account: Account) -> Iterator[Notice]:
    """Ids such as 0 and 1, where one has many times the lines of others."""
    few = used.filter(nw.col(ln.CUSTOMER).is_in(list(_PLACEHOLDER_IDS))).group_by(ln.CUSTOMER)
    many = max(_FEWEST_LINES, _TIMES_THE_MEAN * account.used / max(account.customers, 1))
    for row in collect_rows(few.agg(n=nw.len()).sort(ln.CUSTOMER)):
        if int(row["n"]) >= many:
            yield Notice(
                "placeholder-customer",
                f"'{recipe.column('customer')}' is '{row[ln.CUSTOMER]}' in {plural(int(row['n']), 'order line')}, many "
                "times as many as other customers have. If that stands for guests, empty these cells in the source.",
            )


def _far_first_day(used: Lines, recipe: PurchaseRecipe, account: Account) -> Iterator[Notice]:
    """A first day that lies years before all others, as the day that a system writes for none does."""
    first, last = account.first_day, account.last_day
    if first is None or last is None or (last - first).days < _DAYS_APART:
        return
    day = nw.col(ln.DAY)
    on_first = nw.when(day == first).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64)
    [row] = collect_rows(
        used.select(n=on_first, later=nw.when(day > first).then(day)).select(nw.col("n").sum(), nw.col("later").min())
    )
    if row["later"] is None or (row["later"] - first).days < _DAYS_APART:
        return
    yield Notice(
        "far-first-day",
        f"The first day, {first}, lies {(row['later'] - first).days // 365} years before the next, {row['later']}: "
        f"{plural(int(row['n'] or 0), 'order line')}. Many systems write such a day where they know none, and it makes "
        f"customers of many years; if so, empty these cells of '{recipe.column('time')}'.",
    )
