"""The fitted model: small trees in a file of this package, walked through in plain Python.

Made by benchmarks/organisation_pairs.py; adr/0017 says why and from what.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "model.json"


@cache
def _model() -> dict[str, Any]:
    model: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return model


def probability(values: Sequence[float]) -> float:
    """How probable it is that both are one organisation, calibrated on pairs not fitted to."""
    model = _model()
    score = model["start"]
    for features, thresholds, lefts, rights, leaves in model["trees"]:
        node = 0
        while (feature := features[node]) >= 0:
            node = lefts[node] if values[feature] <= thresholds[node] else rights[node]
        score += leaves[node]
    score = model["slope"] * score + model["offset"]
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def bounds() -> tuple[float, float]:
    """Below the first two are different, from the second on they are the same."""
    model = _model()
    return model["different_below"], model["same_from"]
