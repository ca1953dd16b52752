"""From a purchase log to a table of customers, alone or beside what a customer file says of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from segmentry.errors import IdentifierError, InputError, Notice, plural
from segmentry.features.customers import MadeColumn, check_ids
from segmentry.features.lifetime import LifetimeModel
from segmentry.features.misread import form_of
from segmentry.features.roles import assign_roles
from segmentry.features.sample import MODELLED, draw
from segmentry.features.summaries import summarise
from segmentry.purchases import lines as ln
from segmentry.purchases.account import Account
from segmentry.purchases.features import customer_rows, purchase_features
from segmentry.purchases.log import Purchases
from segmentry.purchases.worth import (
    VALUE_COLUMNS,
    ModelOf,
    count_columns,
    value_features,
    with_counts,
    with_value,
)
from segmentry.tables import Column, Reading, Table, beside, computed_table, free_names, unmatched

_STRANGERS = 0.01  # with no larger share of ids in common, the ids are not the same kind of id
_FEWEST_TO_TELL = 10
# What a customer without an order has of these is nothing, not something unknown.
_NONE_IS_ZERO = ("n_orders", "spend_total")


@dataclass(frozen=True)
class CustomersOfLog:
    """A row per customer: `made` says what the columns that come from the orders mean, `id_column` who it is."""

    table: Table
    made: tuple[MadeColumn, ...]
    id_column: str
    account: Account
    notices: tuple[Notice, ...]
    model: LifetimeModel | None = None


def customers_of(
    purchases: Purchases,
    customers: Table | None = None,
    id_column: str | None = None,
    model_of: ModelOf | None = None,
) -> CustomersOfLog:
    """One row per customer with what the orders say; beside a customer table, a row for each of its customers.

    `model_of` gives the model of lifetime value from the customers' counts, or None: with a model, what it says of each
    customer is beside the rest.

    Customers without orders are kept, orders of customers who are not in the table are left out; both are counted.
    Raises IdentifierError where the customer table repeats ids, InputError where it has none.
    """
    recipe = purchases.recipe
    who = recipe.column("customer") or ""
    made = purchase_features(recipe)
    taken = [who] if customers is None else list(customers.names)
    named = free_names([*(m.feature.name for m in made), *VALUE_COLUMNS], taken)
    rows = customer_rows(purchases.used, recipe)
    counts = count_columns() if model_of is not None else ()
    if model_of is not None:
        rows = with_counts(rows, purchases)
    # A name of the log may be that of a figure that is worked out from it.
    rows = rows.rename({ln.CUSTOMER: "__who__"}).rename({m.feature.name: named[m.feature.name] for m in made})
    columns = (Column("__who__", Reading("text"), "text"), *(_column(m, named) for m in made), *counts)
    own = computed_table(rows, columns, "__who__", purchases.table)
    model = None
    if model_of is not None:
        own, model = with_value(own, model_of, named)
    if model is not None:
        valued = value_features(model, recipe)
        made = (*made, *valued)
        modelled = (replace(_column(m, named), how=MODELLED) for m in valued)
        own = replace(own, columns=(*own.columns, *modelled))
    moved = tuple(MadeColumn(replace(m.feature, sources=(named[m.feature.name],)), m.role, m.how) for m in made)
    if customers is None:
        frame = own.frame.rename({"__who__": who})
        table = replace(own, frame=frame, columns=(Column(who, Reading("text"), "text"), *own.columns[1:]))
        return CustomersOfLog(table, moved, who, purchases.account, purchases.notices, model)
    found = id_column or _id_of(customers)
    check_ids(customers, found, "error")
    without, unknown = unmatched(customers, found, own, "__who__")
    _refuse_strangers(customers, found, without, own, unknown, purchases)
    absent = {named[name]: 0.0 for name in _NONE_IS_ZERO}
    table = beside(customers, found, own, "__who__", absent)
    account = replace(purchases.account, unknown_customers=unknown, customers_without_orders=without)
    notices = replace(purchases, account=account).notices
    return CustomersOfLog(table, moved, found, account, notices, model)


def _refuse_strangers(
    customers: Table, id_column: str, without: int, own: Table, unknown: int, purchases: Purchases
) -> None:
    """Raises IdentifierError where ids of orders and of customers, many as they are, have nearly none in common."""
    n_buyers = purchases.account.customers
    matched = n_buyers - unknown
    fewer = min(n_buyers, without + matched)
    if fewer < _FEWEST_TO_TELL or matched > _STRANGERS * fewer:
        return
    who = purchases.recipe.column("customer")
    raise IdentifierError(
        f"Of {plural(n_buyers, 'customer')} in the orders, {matched:,} {'is' if matched == 1 else 'are'} in the table.",
        found=f"'{who}' of the orders such as '{form_of(own, '__who__')}', '{id_column}' of the customers such as "
        f"'{form_of(customers, id_column)}'",
        remedy="Write the ids alike in both, or name the column of the customers' ids with --id.",
        code="strange-customers",
    )


def _column(made: MadeColumn, named: dict[str, str]) -> Column:
    feature = made.feature
    kind = Reading("text" if feature.unit == "category" else "number")
    return Column(named[feature.name], kind, "from the orders", unit=feature.symbol)


def _id_of(customers: Table) -> str:
    roles = assign_roles(summarise(draw(customers).frame, customers.columns))
    found = next((r.column for r in roles if r.role == "id"), None)
    if found is None:
        raise InputError(
            "The customers have no id that their orders could be matched by.",
            found=", ".join(customers.names),
            remedy="Name the column with --id.",
            code="no-id",
        )
    return found
