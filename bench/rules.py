"""What the usual rules for the number of groups make of the battery's tables, beside ours.

    make rules                   the held-out seeds; the table goes into docs/choosing-k.md

Each rule as scikit-learn's users write it, on standardised columns and for up to ten groups. Its answer counts when it
is the planted number, or one group on a table without groups; elbow, silhouette, Calinski-Harabasz and Davies-Bouldin
have no way to say that. Ours is what `make battery` left on the page.
"""

from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # one table a process

import argparse  # noqa: E402
import re  # noqa: E402
import sys  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Callable, Mapping, Sequence  # noqa: E402
from concurrent.futures import ProcessPoolExecutor  # noqa: E402
from pathlib import Path  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np  # noqa: E402
from battery import BEGIN, END, SEEDS, Job, put  # noqa: E402
from planted import DIMENSIONS, LOPSIDED, NULLS, OTHERWISE, SEPARATE, make  # noqa: E402
from sklearn.cluster import HDBSCAN, KMeans  # noqa: E402
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score  # noqa: E402
from sklearn.mixture import GaussianMixture  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

MOST = 10  # groups
REFERENCES = 10  # of the gap statistic
FAMILIES = {
    "none": NULLS,
    "separable": SEPARATE,
    "overlapping": ("overlapping",),
    "not Gaussian": OTHERWISE,
    "one large": LOPSIDED,
}
OURS = "segmentry's verdict"
MARKS = "<!-- rules: begin -->", "<!-- rules: end -->"

Score = Callable[[np.ndarray, np.ndarray], float]


def judge(job: Job) -> dict[str, bool]:
    """Which rules see as many groups as were planted in the table of that kind, number of columns and seed."""
    planted = make(*job)
    return {rule: number == planted.k for rule, number in answers(planted.values).items()}


def answers(table: np.ndarray) -> dict[str, int]:
    """How many groups each rule sees in a table."""
    warnings.simplefilter("ignore")  # mixtures that have not converged after their usual steps
    values = StandardScaler().fit_transform(table)
    fits = [KMeans(k, n_init=10, random_state=0).fit(values) for k in range(1, MOST + 1)]
    labels = [fit.labels_ for fit in fits[1:]]
    return {
        "elbow (farthest from the chord)": elbow([fit.inertia_ for fit in fits]),
        "highest silhouette": best(silhouette_score, values, labels),
        "highest Calinski-Harabasz": best(calinski_harabasz_score, values, labels),
        "lowest Davies-Bouldin": best(lambda *given: -davies_bouldin_score(*given), values, labels),
        "gap statistic": gap(values, np.log([fit.inertia_ for fit in fits])),
        "BIC of Gaussian mixtures": likeliest(values),
        "HDBSCAN, 20 customers or more": dense(values),
    }


def elbow(inertias: Sequence[float]) -> int:
    """Where the curve lies farthest below the line from its first point to its last.

    >>> elbow([100.0, 60.0, 12.0, 10.0, 8.0])
    3
    """
    curve = np.array(inertias)
    chord = np.linspace(curve[0], curve[-1], len(curve))
    return int((chord - curve).argmax()) + 1


def best(score: Score, values: np.ndarray, labels: Sequence[np.ndarray]) -> int:
    return int(np.argmax([score(values, own) for own in labels])) + 2


def gap(values: np.ndarray, logs: np.ndarray) -> int:
    """The first number whose gap is not a standard error below the next one's (Tibshirani, Walther and Hastie 2001)."""
    random = np.random.default_rng(0)
    middle = values.mean(axis=0)
    directions = np.linalg.svd(values - middle, full_matrices=False)[2]
    turned = (values - middle) @ directions.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    found = np.empty((REFERENCES, MOST))
    for row in found:
        table = random.uniform(low, high, values.shape)
        row[:] = np.log([KMeans(k, n_init=1, random_state=0).fit(table).inertia_ for k in range(1, MOST + 1)])
    gaps = found.mean(axis=0) - logs
    errors = found.std(axis=0) * np.sqrt(1 + 1 / REFERENCES)
    held = gaps[:-1] >= gaps[1:] - errors[1:]
    return int(held.argmax()) + 1 if held.any() else MOST


def likeliest(values: np.ndarray) -> int:
    fits = [GaussianMixture(k, random_state=0).fit(values) for k in range(1, MOST + 1)]
    return int(np.argmin([fit.bic(values) for fit in fits])) + 1


def dense(values: np.ndarray) -> int:
    return max(int(HDBSCAN(min_cluster_size=20, copy=True).fit_predict(values).max()) + 1, 1)


def sums(jobs: Sequence[Job], judged: Sequence[Mapping[str, bool]]) -> dict[str, dict[str, int]]:
    """How many tables of each family each rule has right."""
    counts = {rule: dict.fromkeys(FAMILIES, 0) for rule in judged[0]}
    for (kind, *_), own in zip(jobs, judged, strict=True):
        family = next(family for family, kinds in FAMILIES.items() if kind in kinds)
        for rule, right in own.items():
            counts[rule][family] += right
    return counts


def ours(page: str) -> dict[str, int]:
    """How many tables of each family the battery on the page has right."""
    rows = re.findall(r"^\| ([^|]+) \| \d+ \| (\d+) of \d+ \|", page.split(BEGIN)[1].split(END)[0], re.MULTILINE)
    return {family: sum(int(n) for kind, n in rows if kind in kinds) for family, kinds in FAMILIES.items()}


def table(counts: Mapping[str, Mapping[str, int]], tables: Mapping[str, int]) -> str:
    """A row a rule."""
    heads = [f"{family} ({tables[family]})" for family in FAMILIES]
    lines = [f"| Rule | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    lines += [f"| {rule} | {' | '.join(str(own[family]) for family in FAMILIES)} |" for rule, own in counts.items()]
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--into", type=Path, required=True, help="page with the battery's table, and marks for this")
    chosen = options.parse_args()
    kinds = [kind for family in FAMILIES.values() for kind in family]
    jobs = [(kind, d, seed) for kind in kinds for d in DIMENSIONS for seed in SEEDS["held-out"]]
    judged = []
    with ProcessPoolExecutor(chosen.jobs) as pool:
        for own in pool.map(judge, jobs):
            judged.append(own)
            if sys.stderr.isatty():
                print(f"\r{len(judged)} of {len(jobs)}", end="", file=sys.stderr, flush=True)
    sizes = {family: sum(kind in kinds for kind, *_ in jobs) for family, kinds in FAMILIES.items()}
    text = table(sums(jobs, judged) | {f"**{OURS}**": ours(chosen.into.read_text())}, sizes)
    print(text)
    put(text + "\n", chosen.into, MARKS)


if __name__ == "__main__":
    main()
