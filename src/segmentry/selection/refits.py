"""Any method fitted again on bootstrap samples: what its stability is measured with.

K-means has a way of its own, which is many times as fast (`quality.resampled`).
"""

from __future__ import annotations

import numpy as np

from segmentry.clusters.grouping import Grouping, Layout, Method
from segmentry.clusters.kmeans import Clustering
from segmentry.prototypes.assign import kmeans_rule, nearest
from segmentry.prototypes.rule import Rule
from segmentry.prototypes.threads import on_one_thread
from segmentry.quality.resampled import Resampled

ROWS = 1_000  # Ward's tree and mixtures take a fifth of a second for as many
PAIRS = 5


def refitted(method: Method, layout: Layout, rows: np.ndarray, k: int, seed: int, samples: int) -> Resampled:
    """All rows placed by the rule of each fit on a bootstrap sample of them; -1 is noise.

    A method that finds the number of groups itself may find another one in each sample.
    """
    draw = np.random.default_rng(seed)
    counts = np.zeros((samples, len(rows)))
    labels = np.empty((samples, len(rows)), dtype=np.int64)
    with on_one_thread():
        for sample in range(samples):
            taken = np.sort(draw.integers(len(rows), size=len(rows)))
            counts[sample] = np.bincount(taken, minlength=len(rows))
            labels[sample] = placed(method.search(rows[taken], k, seed), layout, rows)
    return Resampled(labels, counts)


def placed(fitted: Clustering | Grouping, layout: Layout, rows: np.ndarray) -> np.ndarray:
    """The group of each row by the fit's rule; -1 is noise."""
    if isinstance(fitted, Grouping):
        return _owners(fitted.rule, rows)
    return nearest(kmeans_rule(layout.axes, fitted.centres, [str(p) for p in range(len(fitted.centres))]), rows)


def _owners(rule: Rule, rows: np.ndarray) -> np.ndarray:
    owners = np.array([*(int(o) for o in rule.owners), -1])
    labels: np.ndarray = owners[nearest(rule, rows)]
    return labels
