"""The steps of a fit and of its outputs, in their order, and what is said while each is under way.

Those that fit enter them by name; the terminal and the dashboard say the words.
"""

from __future__ import annotations

from collections.abc import Mapping

STEPS: Mapping[str, str] = {
    "imports": "Getting ready: loading the methods that find segments",
    "input": "Waiting for all of standard input",
    "read": "Reading the table",
    "roles": "Finding out what each column is",
    "features": "Deriving and preparing features",
    "search": "Trying numbers of segments",
    "polish": "Placing every customer",
    "profile": "Describing and naming segments",
    "stability": "Drawing customers anew to see what is stable",
    "evidence": "Finding out what tells the segments apart",
    "baskets": "Seeing what is bought together, where there are orders",
    "label": "Writing the labelled customers and the model",
    "pictures": "Drawing pictures",
    "report": "Writing the report",
    "score": "Placing customers",
}
