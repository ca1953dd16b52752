"""The usual API beside `segmentry serve`: FastAPI that makes a data frame for a scikit-learn pipeline at each call.

    python bench/peer_api.py --port 8001

What such an API checks, it checks (types, by pydantic); keys, limits and a queue it has not.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import pandas as pd
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sklearn.cluster import KMeans
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from segmentry.samples import sample_marketing

COLUMNS = ["income", "recency", "year_birth", "mnt_wine", "mnt_fruit", "mnt_meat", "mnt_fish", "mnt_sweets", "mnt_gold"]


class Customer(BaseModel):
    """The columns that the pipeline takes."""

    income: float | None = None
    recency: float | None = None
    year_birth: float | None = None
    mnt_wine: float | None = None
    mnt_fruit: float | None = None
    mnt_meat: float | None = None
    mnt_fish: float | None = None
    mnt_sweets: float | None = None
    mnt_gold: float | None = None


class Asked(BaseModel):
    customers: list[Customer]


def fitted() -> Pipeline:
    customers = pd.DataFrame(sample_marketing(2240, seed=1).select(COLUMNS).to_dict(as_series=False))
    steps = SimpleImputer(strategy="median"), StandardScaler(), KMeans(4, n_init=10, random_state=0)
    return make_pipeline(*steps).fit(customers)


def api(pipeline: Pipeline) -> FastAPI:
    app = FastAPI()

    @app.get("/health/live")
    def live() -> dict[str, str]:
        return {"status": "live"}

    @app.post("/score")
    def score(asked: Asked) -> dict[str, Any]:
        frame = pd.DataFrame([customer.model_dump() for customer in asked.customers], columns=COLUMNS)
        return {"segments": [int(label) for label in pipeline.predict(frame.astype(float))]}

    return app


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8001)
    uvicorn.run(api(fitted()), host="127.0.0.1", port=parser.parse_args().port, log_level="error", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
