"""The value that everything leads to and everything starts from: a fitted segmentation.

It holds no customer's row, except for `view`, the rows in memory right after fitting that pictures
are drawn from, which are never stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from segmentry.errors import Notice
from segmentry.features.recipe import Recipe
from segmentry.profiles.profile import Profile
from segmentry.prototypes.rule import Rule


@dataclass(frozen=True)
class Candidate:
    """One grouping that was tried. Criteria that could not be computed are None."""

    k: int
    method: str
    inertia: float  # in squared standard deviations, on the sample
    silhouette: float | None
    calinski_harabasz: float | None
    davies_bouldin: float | None
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Segment:
    """A group of customers with a permanent identity.

    `evidence` holds one sentence per word of the name; `description` is a paragraph for a marketer.
    """

    id: str
    name: str
    colour: str
    marker: str
    size: int
    share: float
    spend_share: float | None
    evidence: tuple[str, ...]
    description: str
    named_by: str = "rule"  # "rule" or "user"


@dataclass(frozen=True)
class Provenance:
    """Where the segmentation comes from; nothing in it depends on path, format, engine, threads or clock."""

    fingerprint: str  # row-order-free digest of the typed rows that were used
    n_customers: int
    n_no_data: int
    seed: int
    settings: dict[str, object]
    versions: dict[str, str]


@dataclass(frozen=True)
class View:
    """Rows of the sample, for pictures. Arrays are parallel, one entry a customer."""

    segment_ids: np.ndarray  # text
    values: dict[str, np.ndarray]  # by measure name, original units, NaN where missing
    components: np.ndarray  # (n, 2) principal components of the prepared features
    explained: tuple[float, float]  # share of variance of each
    silhouettes: np.ndarray  # (m,) silhouette of each of the first m customers, m <= n
    n_silhouettes: int
    two_main: tuple[str, str]  # the two features that separate the segments best


@dataclass(frozen=True)
class Segmentation:
    """Recipe, rule, segments, profile, candidates: enough to plot, report, store, score and explain."""

    recipe: Recipe
    rule: Rule
    segments: tuple[Segment, ...]
    profile: Profile
    candidates: tuple[Candidate, ...]
    method: str
    k: int
    reason: str  # why this k, in a sentence
    inertia: float  # of the final assignment over all customers, in squared standard deviations
    polish: str  # how the polishing passes ended
    knee: int | None  # k at the elbow of the inertia curve; drawn, never decides
    roles: tuple[dict[str, str], ...]  # column, role, reason
    notices: tuple[Notice, ...]
    provenance: Provenance
    view: View | None = field(default=None, compare=False, repr=False)

    def segment(self, segment_id: str) -> Segment:
        return next(s for s in self.segments if s.id == segment_id)
