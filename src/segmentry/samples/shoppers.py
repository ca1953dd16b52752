"""The five kinds of customer that are planted in the made-up shop, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

PRODUCTS = ("wine", "fruit", "meat", "fish", "sweets", "gold")
EDUCATION = ("School", "College", "Bachelor", "Master", "Doctorate")
MARITAL_STATUS = ("Single", "Together", "Married", "Divorced", "Widowed")


@dataclass(frozen=True)
class Shoppers:
    """One kind of customer. A pair is a mean and a standard deviation; `mix` and the shares need not sum to 1."""

    name: str
    share: float
    age: tuple[float, float]
    income: float
    income_spread: float  # relative
    spend: float
    spend_spread: float  # relative
    mix: tuple[float, ...]  # of spend, by product
    web: float
    catalog: float
    store: float
    deals: float
    visits: float
    recency: tuple[float, float]
    kids: tuple[float, ...]  # chance of 0, 1, 2
    teens: tuple[float, ...]
    education: tuple[float, ...]
    marital_status: tuple[float, ...]
    campaigns: tuple[float, float, float]  # chance of accepting each
    response: float
    complain: float


SHOPPERS = (
    Shoppers(
        name="affluent engaged",
        share=0.16,
        age=(45, 5.5),
        income=91_000,
        income_spread=0.10,
        spend=1_750,
        spend_spread=0.18,
        mix=(48, 5, 28, 7, 5, 7),
        web=5.5,
        catalog=8.0,
        store=7.0,
        deals=1.2,
        visits=2.6,
        recency=(12, 5.5),
        kids=(0.96, 0.04, 0.0),
        teens=(0.84, 0.15, 0.01),
        education=(1, 10, 40, 29, 20),
        marital_status=(17, 26, 44, 10, 3),
        campaigns=(0.34, 0.28, 0.40),
        response=0.38,
        complain=0.006,
    ),
    Shoppers(
        name="young families on a budget",
        share=0.27,
        age=(36, 4.0),
        income=34_000,
        income_spread=0.14,
        spend=190,
        spend_spread=0.24,
        mix=(30, 9, 29, 10, 10, 12),
        web=2.6,
        catalog=0.5,
        store=4.2,
        deals=5.8,
        visits=6.6,
        recency=(30, 7),
        kids=(0.07, 0.68, 0.25),
        teens=(0.80, 0.18, 0.02),
        education=(6, 22, 48, 16, 8),
        marital_status=(10, 33, 50, 7, 0),
        campaigns=(0.03, 0.05, 0.06),
        response=0.09,
        complain=0.012,
    ),
    Shoppers(
        name="dormant",
        share=0.21,
        age=(50, 6.0),
        income=42_000,
        income_spread=0.15,
        spend=75,
        spend_spread=0.32,
        mix=(45, 8, 24, 8, 7, 8),
        web=1.2,
        catalog=0.3,
        store=1.8,
        deals=0.7,
        visits=1.6,
        recency=(88, 5),
        kids=(0.86, 0.13, 0.01),
        teens=(0.72, 0.26, 0.02),
        education=(5, 20, 46, 18, 11),
        marital_status=(24, 25, 36, 11, 4),
        campaigns=(0.01, 0.01, 0.02),
        response=0.02,
        complain=0.016,
    ),
    Shoppers(
        name="web browsers who rarely buy",
        share=0.12,
        age=(25, 3.0),
        income=52_000,
        income_spread=0.13,
        spend=120,
        spend_spread=0.26,
        mix=(33, 8, 22, 8, 13, 16),
        web=3.0,
        catalog=0.3,
        store=0.7,
        deals=1.4,
        visits=15.5,
        recency=(55, 7),
        kids=(0.95, 0.05, 0.0),
        teens=(1.0, 0.0, 0.0),
        education=(2, 16, 52, 24, 6),
        marital_status=(52, 33, 14, 1, 0),
        campaigns=(0.06, 0.10, 0.04),
        response=0.08,
        complain=0.010,
    ),
    Shoppers(
        name="loyal store shoppers",
        share=0.24,
        age=(65, 5.0),
        income=57_000,
        income_spread=0.12,
        spend=680,
        spend_spread=0.18,
        mix=(38, 11, 28, 12, 5, 6),
        web=4.0,
        catalog=1.4,
        store=12.0,
        deals=2.2,
        visits=4.0,
        recency=(38, 8),
        kids=(0.97, 0.03, 0.0),
        teens=(0.60, 0.37, 0.03),
        education=(5, 16, 44, 18, 17),
        marital_status=(12, 20, 49, 11, 8),
        campaigns=(0.06, 0.09, 0.08),
        response=0.12,
        complain=0.008,
    ),
)
