from typing import Any

import numpy as np

def places_of(column: object, words: list[bytes | None], places: np.ndarray[Any, Any], /) -> int: ...
