"""The customers behind a segmentation, asked by query: a page of them, one of them, those chosen in figures.

Holds no table in memory: rows are laid out once as a Parquet file, and each question reads what it needs.
"""

from segmentry.browsing.chosen import Chosen, Range
from segmentry.browsing.described import described
from segmentry.browsing.moves import Move, moves
from segmentry.browsing.rows import CustomerRows, Page, lay_out

__all__ = ["Chosen", "CustomerRows", "Move", "Page", "Range", "described", "lay_out", "moves"]
