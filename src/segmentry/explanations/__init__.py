"""Why a customer is in a segment, and each segment as a rule that a person can apply. Never imports scikit-learn."""

from segmentry.explanations.customer import Explanation, explain, explain_row
from segmentry.explanations.growing import grow_tree
from segmentry.explanations.offers import recommend
from segmentry.explanations.questions import find_questions
from segmentry.explanations.rules import segment_rules, tree_text, tree_to_sql

__all__ = [
    "Explanation",
    "explain",
    "explain_row",
    "find_questions",
    "grow_tree",
    "recommend",
    "segment_rules",
    "tree_text",
    "tree_to_sql",
]
