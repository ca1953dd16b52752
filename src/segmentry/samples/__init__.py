"""Made-up shops with a known truth: to try the product on, to test it, and to measure it by."""

from segmentry.samples.ecommerce import sample_ecommerce, sample_ecommerce_truth
from segmentry.samples.mall import sample_mall, sample_mall_truth
from segmentry.samples.marketing import AS_OF, sample_marketing, sample_marketing_truth
from segmentry.samples.orders import Shopping, sample_orders, sample_orders_truth
from segmentry.samples.shops import SHOPS
from segmentry.samples.writing import write_orders, write_sample

__all__ = [
    "AS_OF",
    "SHOPS",
    "Shopping",
    "sample_ecommerce",
    "sample_ecommerce_truth",
    "sample_mall",
    "sample_mall_truth",
    "sample_marketing",
    "sample_marketing_truth",
    "sample_orders",
    "sample_orders_truth",
    "write_orders",
    "write_sample",
]
