"""Purchases: a log of orders or order lines in one form, and what it says of each customer.

Takes typed tables; a customer's features go the way of every other customer table from here on.
"""

from segmentry.purchases.account import Account
from segmentry.purchases.customers import CustomersOfLog, customers_of
from segmentry.purchases.log import Purchases, looks_like_log, open_like, open_log
from segmentry.purchases.reading import in_full, read_log
from segmentry.purchases.recipe import LogColumn, PurchaseRecipe
from segmentry.purchases.settings import PurchaseSettings
from segmentry.purchases.summary import purchase_summary

__all__ = [
    "Account",
    "CustomersOfLog",
    "LogColumn",
    "PurchaseRecipe",
    "PurchaseSettings",
    "Purchases",
    "customers_of",
    "in_full",
    "looks_like_log",
    "open_like",
    "open_log",
    "purchase_summary",
    "read_log",
]
