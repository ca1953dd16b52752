"""The usual notebook's steps with pandas and scikit-learn, as one program: the peer that `run.py` measures.

    python bench/peer.py CUSTOMERS.parquet OUT_FOLDER

Reads, derives age, total spend, children and tenure, standardises, tries k = 1..10 with ten starts each, computes a
silhouette on 10,000 rows, fits the best k, writes the labelled table and a profile, draws four pictures.
Each line that it prints is a JSON object with the seconds of a step, so that a run that is stopped still tells some.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

START = time.perf_counter()

import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import seaborn as sns  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402
from sklearn.metrics import silhouette_score  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

STARTS, MOST_K, SILHOUETTE_ROWS, DRAWN_ROWS = 10, 10, 10_000, 20_000


class Laps:
    """Prints the seconds since the last lap."""

    def __init__(self) -> None:
        self.last, self.last_work = START, time.process_time()

    def __call__(self, step: str) -> None:
        now, work = time.perf_counter(), time.process_time()
        print(json.dumps({"step": step, "seconds": now - self.last, "work": work - self.last_work}), flush=True)
        self.last, self.last_work = now, work


def derive(customers: pd.DataFrame) -> list[str]:
    """Adds the features and returns the names of those to cluster on."""
    signed_up = pd.to_datetime(customers["dt_customer"])
    customers["tenure_days"] = (signed_up.max() - signed_up).dt.days
    customers["age"] = signed_up.max().year - customers["year_birth"]
    customers["spend_total"] = customers[[c for c in customers if c.startswith("mnt_")]].sum(axis=1)
    customers["children"] = customers["kidhome"] + customers["teenhome"]
    customers["income"] = customers["income"].fillna(customers["income"].median())
    counts = [c for c in customers if c.startswith("num_")]
    return ["age", "income", "spend_total", "children", "tenure_days", "recency", *counts]


def best_k(matrix: np.ndarray[Any, Any], lap: Laps) -> tuple[int, dict[int, float]]:
    """The k with the highest silhouette of 2..10, and the inertia of each for the elbow."""
    some = np.random.default_rng(0).choice(len(matrix), min(len(matrix), SILHOUETTE_ROWS), replace=False)
    inertias, silhouettes = {}, {}
    for k in range(1, MOST_K + 1):
        model = KMeans(k, n_init=STARTS, random_state=0).fit(matrix)
        inertias[k] = float(model.inertia_)
        if k > 1:
            silhouettes[k] = silhouette_score(matrix[some], model.labels_[some])
        lap(f"elbow {k}")
    return max(silhouettes, key=lambda k: silhouettes[k]), inertias


def draw(customers: pd.DataFrame, names: list[str], inertias: dict[int, float], folder: Path) -> None:
    """An elbow, a scatter, a heat map and a box plot."""
    drawn = customers.sample(min(len(customers), DRAWN_ROWS), random_state=0)
    pictures = {
        "elbow": lambda: plt.plot(list(inertias), list(inertias.values())),
        "scatter": lambda: sns.scatterplot(drawn, x="income", y="spend_total", hue="segment"),
        "heatmap": lambda: sns.heatmap(drawn[names].corr()),
        "boxes": lambda: sns.boxplot(drawn, x="segment", y="spend_total"),
    }
    for name, picture in pictures.items():
        plt.figure()
        picture()
        plt.savefig(folder / f"{name}.png")
        plt.close()


def main(source: Path, folder: Path) -> None:
    lap = Laps()
    lap("imports")
    folder.mkdir(parents=True, exist_ok=True)
    customers = pd.read_parquet(source)
    lap("read")
    names = derive(customers)
    matrix = StandardScaler().fit_transform(customers[names])
    lap("features")
    k, inertias = best_k(matrix, lap)
    customers["segment"] = KMeans(k, n_init=STARTS, random_state=0).fit(matrix).labels_
    lap("fit")
    customers.groupby("segment")[names].mean().to_csv(folder / "profile.csv")
    lap("profile")
    customers.to_parquet(folder / "customers.parquet")
    lap("write")
    draw(customers, names, inertias, folder)
    lap("pictures")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
