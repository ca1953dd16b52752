"""Made-up shops with a known truth: to try the product on, to test it, and to measure it by."""

from segmentry.samples.marketing import AS_OF, sample_marketing, sample_marketing_truth
from segmentry.samples.writing import write_sample_marketing

__all__ = ["AS_OF", "sample_marketing", "sample_marketing_truth", "write_sample_marketing"]
