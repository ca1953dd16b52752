from typing import Any

import numpy as np

def place(
    rows: int,
    spans: np.ndarray[Any, Any],
    numbers: np.ndarray[Any, Any],
    columns: list[np.ndarray[Any, Any]],
    most: np.ndarray[Any, Any],
    weights: np.ndarray[Any, Any],
    owners: np.ndarray[Any, Any],
    lookups: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]],
    room: float,
    cutoff: float,
    segment: np.ndarray[Any, Any],
    runner_up: np.ndarray[Any, Any],
    confidence: np.ndarray[Any, Any],
    /,
) -> bool: ...
