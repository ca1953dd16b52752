"""The methods' names, for settings and options: known without loading any of the methods."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from segmentry.errors import SettingsError

METHODS: Mapping[str, str] = {
    "k-means": "k-means",
    "gmm": "a Gaussian mixture",
    "ward": "Ward's hierarchical clustering",
    "k-medoids": "k-medoids",
    "k-prototypes": "k-prototypes",
    "hdbscan": "HDBSCAN",
    "dbscan": "DBSCAN",
    "rfm": "an RFM grid",
}
FIND_K = ("hdbscan", "dbscan", "rfm")  # these find the number of groups themselves
STATED = ("rfm",)  # these divide by a table that is stated, and search nothing
_SPELLINGS = {"hierarchical": "ward", "mixture": "gmm", "gaussian-mixture": "gmm", "pam": "k-medoids"}


def known_method(name: str) -> str:
    """The name as it stands in the table, however it was written. Raises SettingsError for another one.

    >>> known_method("KMeans"), known_method("k_prototypes")
    ('k-means', 'k-prototypes')
    """
    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    plain = _SPELLINGS.get(plain, plain)
    for known in METHODS:
        if plain.replace("-", "") == known.replace("-", ""):
            return known
    near = difflib.get_close_matches(plain, METHODS, n=1, cutoff=0.5)
    raise SettingsError(
        f"There is no method '{name}'.",
        found=", ".join(METHODS),
        remedy=f"Did you mean '{near[0]}'?" if near else "Pass one of those with --method.",
    )
