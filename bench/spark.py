"""`fit` on a Spark DataFrame beside MLlib's own pipeline, in one local session on two cores. Prints JSON lines.

    python bench/spark.py CUSTOMERS.parquet

The peer derives the same features in SQL, imputes, assembles, standardises, fits KMeans for k = 2..10 and evaluates the
silhouette of each with ClusteringEvaluator. Both read the same Parquet file, ours after a warm-up on few rows of which
the peer has its own. Inertia is that of both groupings, at the k that segmentry took, about their means on one matrix:
the prepared features. Needs Java and the extra `spark`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
from pyspark.ml import Pipeline
from pyspark.ml.clustering import KMeans
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.feature import Imputer, StandardScaler, VectorAssembler
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql

import segmentry as sg
from segmentry.features.grid import FEATURE, axis_columns, axis_expressions, with_features
from segmentry.fitting import FitSettings, fit_source
from segmentry.segmentation import Segmentation

KS = range(2, 11)
WARM = 20_000
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.memory": "6g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def session() -> SparkSession:
    builder = SparkSession.builder.master("local[2]").appName("segmentry-bench")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    found = builder.getOrCreate()
    found.sparkContext.setLogLevel("OFF")
    return found


def derived(customers: DataFrame, segmentation: Segmentation) -> DataFrame:
    """The clustering's features as a person would write them."""
    columns = []
    for scale in segmentation.recipe.scales:
        feature = scale.feature
        value = sum((sql.col(c) for c in feature.sources[1:]), sql.col(feature.sources[0]))
        if feature.operation == "years_since_year" and segmentation.recipe.as_of:
            value = sql.lit(segmentation.recipe.as_of.year) - value
        columns.append(value.cast("double").alias(feature.name))
    return customers.select(*columns)


def mllib(customers: DataFrame, segmentation: Segmentation, ks: Sequence[int]) -> tuple[int, dict[int, Any]]:
    """The k with the best silhouette, and the fitted pipelines by k."""
    names = [s.feature.name for s in segmentation.recipe.scales]
    prepare = Pipeline(
        stages=[
            Imputer(strategy="median", inputCols=names, outputCols=names),
            VectorAssembler(inputCols=names, outputCol="raw"),
            StandardScaler(inputCol="raw", outputCol="features", withMean=True),
        ]
    )
    features = derived(customers, segmentation)
    prepared = prepare.fit(features)
    vectors = prepared.transform(features).select("features").persist()
    models, silhouettes = {}, {}
    start, before = time.perf_counter(), busy(customers.sparkSession)
    for k in ks:
        models[k] = KMeans(k=k, seed=0).fit(vectors)
        silhouettes[k] = ClusteringEvaluator().evaluate(models[k].transform(vectors))
        told = {"so_far": time.perf_counter() - start, "work_so_far": busy(customers.sparkSession) - before}
        print(json.dumps({"part": f"peer k={k}", **told}), flush=True)
    vectors.unpersist()
    return max(silhouettes, key=lambda k: silhouettes[k]), {k: (prepared, model) for k, model in models.items()}


def inertia(grid: DataFrame, axes: Sequence[str], label: str) -> float:
    """Squared distances to the groups' means, in squared standard deviations."""
    parts = [sql.var_pop(axis) * sql.count(sql.lit(1)) for axis in axes]
    by_group = grid.groupBy(label).agg(sum(parts[1:], parts[0]).alias("within"))
    return float(by_group.agg(sql.sum("within")).collect()[0][0]) / 1024**2


def inertias(customers: DataFrame, segmentation: Segmentation, theirs: tuple[Any, Any]) -> tuple[float, float]:
    """Ours and theirs, on the prepared features of all customers."""
    recipe = segmentation.recipe
    axes = axis_columns(recipe.axes)
    scored = nw.from_native(sg.score(segmentation, customers))
    numbered = with_features(scored, recipe.clustered, recipe.as_of)
    ours = nw.to_native(numbered.with_columns(*axis_expressions(recipe)).select("segment_id", *axes))
    prepared, model = theirs
    features = derived(customers, segmentation)
    hidden = [sql.col(name).alias(FEATURE + name) for name in features.columns]
    named = nw.from_native(features.select(*features.columns, *hidden))
    on_grid = nw.to_native(named.with_columns(*axis_expressions(recipe)))
    peer = model.transform(prepared.transform(on_grid)).select("prediction", *axes)
    return inertia(ours, axes, "segment_id"), inertia(peer, axes, "prediction")


def busy(spark: SparkSession) -> float:
    """Seconds that processors were busy with the session's Java and with this process, where the system tells."""
    gateway: Any = spark.sparkContext._gateway
    stat = Path(f"/proc/{gateway.proc.pid}/stat")
    ticks = stat.read_text(encoding="utf-8").rpartition(")")[2].split() if stat.exists() else []
    java = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK") if ticks else 0.0
    return java + time.process_time()


def timed(spark: SparkSession, name: str, work: Callable[[], Any]) -> Any:
    start, before = time.perf_counter(), busy(spark)
    found = work()
    told = {"seconds": time.perf_counter() - start, "work": busy(spark) - before}
    print(json.dumps({"step": name, **told}), flush=True)
    return found


def main(source: Path) -> None:
    warnings.simplefilter("ignore")  # Spark speaks of versions of pandas that are not used
    spark = session()
    customers = spark.read.parquet(str(source))
    few = customers.limit(WARM).persist()
    known = sg.fit(few, k="2-10")
    mllib(few, known, [2, 3])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    @contextmanager
    def step(name: str) -> Iterator[None]:
        start, work = time.perf_counter(), busy(spark)
        yield
        told = {"part": name, "seconds": time.perf_counter() - start, "work": busy(spark) - work}
        print(json.dumps(told), flush=True)

    settings = FitSettings(selection={"k": "2-10"})
    ours = timed(spark, "fit", lambda: fit_source(customers, settings, step).segmentation)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"part": "driver", "grew_mb": grown}), flush=True)
    _, models = timed(spark, "peer", lambda: mllib(customers, ours, KS))
    own, other = inertias(customers, ours, models[ours.k])
    print(json.dumps({"part": "inertia", "k": ours.k, "ours": own, "peer": other}), flush=True)
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
