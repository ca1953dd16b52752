"""What became of the lines of a purchase log, as rows of a page or a terminal."""

from __future__ import annotations

from segmentry.profiles.wording import say_number
from segmentry.purchases import Account, PurchaseRecipe
from segmentry.segmentation import Segmentation


def order_rows(segmentation: Segmentation) -> list[tuple[str, str]]:
    """What became of the order lines of a segmentation; none where customers came as a table."""
    if segmentation.orders is None or segmentation.purchases is None:
        return []
    rows = account_rows(segmentation.orders, segmentation.purchases)
    if segmentation.orders.customers_without_orders:
        rows.append(("customers without an order", f"{segmentation.orders.customers_without_orders:,}"))
    if segmentation.orders.unknown_customers:
        rows.append(("customers not in the table", f"{segmentation.orders.unknown_customers:,}"))
    return rows


def account_rows(account: Account, recipe: PurchaseRecipe) -> list[tuple[str, str]]:
    """Headings and values, the lines that were used first; what did not occur is left out."""
    money = recipe.symbol
    rows = [
        ("Order lines", f"{account.rows:,}"),
        ("used", _lines(account.used, account.amount, money)),
        ("customers", f"{account.customers:,}"),
        ("days", f"{account.first_day} to {min(account.as_of, account.last_day or account.as_of)}"),
    ]
    told = [
        ("of cancelled, failed or open orders", account.void, 0.0),
        ("without a customer", account.without_customer, account.amount_without_customer),
        ("without a day", account.without_date, 0.0),
        ("without an amount", account.without_amount, 0.0),
        (f"after {account.as_of}", account.after_as_of, account.amount_after_as_of),
        ("returned", account.returns, 0.0),
        ("refunded", account.refunded, 0.0),
        ("of nothing (0.00)", account.zero, 0.0),
        ("repeating another", account.duplicates or 0, 0.0),
        ("rejected", account.rejected, 0.0),
    ]
    rows += [(heading, _lines(n, amount, money)) for heading, n, amount in told if n]
    if recipe.amount_is == "order":
        rows.append(("an amount stands for", "its order, once"))
    return rows


def _lines(n: int, amount: float, symbol: str) -> str:
    return f"{n:,}" + (f" ({say_number(amount, 'money', symbol)})" if amount else "")
