"""What the lab tells: facts about a model, and how far two engines lie apart on it."""
from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import _core, _values
from .model import describe


@dataclass(frozen=True)
class Finding:
    """How far one value lies from what was expected. Numbers are None where it could not be compared."""

    name: str
    passed: bool
    trouble: str = ""
    """Why it could not be compared, or NaN, infinities and all-zero outputs in words."""
    max_abs: float | None = None
    rmse: float | None = None
    scale: float | None = None
    """The largest finite expected magnitude, by which the relative errors are divided."""
    max_rel: float | None = None
    rmse_rel: float | None = None
    snr_db: float | None = None
    worst_at: tuple[int, ...] | None = None
    worst_actual: float | None = None
    worst_expected: float | None = None


@dataclass(frozen=True)
class ParityReport:
    """Two engines on the same inputs."""

    passed: bool
    budget: str
    """The budget the errors were held to: "fp32", "fp16" or "int8"."""
    outputs: tuple[Finding, ...]
    values_compared: int
    """Values on the way to the outputs that both engines computed."""
    first_parting: tuple[str, Finding] | None
    """The first operation whose value exceeds the budget, and by how much."""
    worst_value: tuple[str, Finding] | None
    """The operation with the largest relative error."""


def info(path: str | os.PathLike) -> dict[str, Any]:
    """Facts about a model, without running it, also if it cannot run here.

    Keys: kind, specification_version, container, oldest_os, operations and operation_count, layers, compression,
    weight_elements (by dtype), precision, weight_bytes, file_bytes, refusals (what, what it needs), missing_weights,
    notes, parts (the same of each part of a pipeline). Counts are dicts, most frequent first.
    Raises NotFound, BadModel.
    """
    return _core.info(os.fspath(path))


def parity(path: str | os.PathLike, inputs: Mapping[str, Any] | None = None, *, actual: str = "reference",
           expected: str = "reference:exact", budget: str = "", function: str = "", timeout: float | None = None,
           seed: int = 0) -> ParityReport:
    """Runs the engine `actual` and the engine `expected`, which is taken for the truth, on the same inputs.

    inputs: as for Model.predict(); None makes them at random from `seed`.
    budget: what errors may be: "fp32", "fp16" or "int8"; "" is what the model's precision suggests.
    Raises what Model.predict() raises.
    """
    given = None
    if inputs is not None:
        features = {feature.name: feature for feature in describe(path, function).inputs}
        given = {name: _values.given(value, features.get(name)) for name, value in inputs.items()}
    plain = _core.parity(os.fspath(path), given, actual, expected, budget, function, timeout, seed)

    def parting(found):
        return None if found is None else (found[0], Finding(**found[1]))

    return ParityReport(plain["passed"], plain["budget"], tuple(Finding(**each) for each in plain["outputs"]),
                        plain["values_compared"], parting(plain["first_parting"]), parting(plain["worst_value"]))
