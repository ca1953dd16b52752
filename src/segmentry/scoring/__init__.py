"""New customers -> segment, confidence, runner-up and what was unusual about them. Never imports scikit-learn."""

from segmentry.scoring.rows import Field, PlacedRow, RowScorer
from segmentry.scoring.score import score, score_one, score_table
from segmentry.scoring.sql import to_sql

__all__ = ["Field", "PlacedRow", "RowScorer", "score", "score_one", "score_table", "to_sql"]
