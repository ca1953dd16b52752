"""Purchases: a log of orders or order lines in one form, and what it says of each customer.

Takes typed tables; a customer's features go the way of every other customer table from here on.
"""

from segmentry.purchases.account import Account
from segmentry.purchases.changes import NEW_COLUMN
from segmentry.purchases.customers import CustomersOfLog, customers_of
from segmentry.purchases.later import before_and_after, last_day
from segmentry.purchases.log import (
    OR_CUSTOMERS,
    CustomerTable,
    OrderTable,
    Purchases,
    looks_like_log,
    open_like,
    open_log,
    read_either,
)
from segmentry.purchases.reading import read_log
from segmentry.purchases.recipe import LogColumn, PurchaseRecipe
from segmentry.purchases.settings import PurchaseSettings, SourceSettings
from segmentry.purchases.summary import purchase_summary
from segmentry.purchases.worth import CustomerCounts

__all__ = [
    "NEW_COLUMN",
    "OR_CUSTOMERS",
    "Account",
    "CustomerCounts",
    "CustomerTable",
    "CustomersOfLog",
    "LogColumn",
    "OrderTable",
    "PurchaseRecipe",
    "PurchaseSettings",
    "Purchases",
    "SourceSettings",
    "before_and_after",
    "customers_of",
    "last_day",
    "looks_like_log",
    "open_like",
    "open_log",
    "purchase_summary",
    "read_either",
    "read_log",
]
