"""Model and State: load a Core ML model, see what it takes and gives, predict."""
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from . import _core, _values
from .description import Description, from_core
from .errors import InvalidArgument


class State:
    """The memory of one conversation with a stateful model, zero at first. Made by Model.new_state().

    Predictions with the same state, from several threads, wait for each other.
    """

    def __init__(self, core: _core.State):
        self._core = core

    @property
    def names(self) -> list[str]:
        """The states' names."""
        return self._core.names()

    def read(self, name: str):
        """A copy of the state's present value: a NumPy array of the declared dtype and shape. Raises NotFound."""
        return self._core.read(name)

    def write(self, name: str, value: Any) -> None:
        """Replaces the state's value. `value`: anything NumPy can read as an array of the state's shape; its dtype
        is converted. Raises NotFound, InvalidArgument."""
        self._core.write(name, _values.array(value))


class Model:
    """A Core ML model, loaded and ready to predict. Any number of threads may use it at once.

    path: a .mlmodel file, a .mlpackage folder or a .mlmodelc folder.
    engine: "cpu", the fast one; "reference", the ground truth; or "reference:exact", which keeps every floating-point
        value in double precision. "" is what WINDFALL_ENGINE names in the environment, else "cpu".
    function: of a multifunction model; "" is its default function.
    image_outputs: "pil" gives image outputs as PIL images, "array" as uint8 arrays [height, width, 3] (RGB) or
        [height, width].

    Raises NotFound, BadModel, Unsupported, WeightsMissing (all are windfall.Error).
    """

    def __init__(self, path: str | os.PathLike, *, engine: str = "", function: str = "",
                 image_outputs: str = "pil"):
        if image_outputs not in ("pil", "array"):
            raise InvalidArgument(f"image_outputs is {image_outputs!r}", "it is 'pil' or 'array'")
        self._core = _core.Model(os.fspath(path), engine, function)
        self._description = from_core(self._core.describe())
        self._inputs = {feature.name: feature for feature in self._description.inputs}
        pictures = image_outputs == "pil"
        self._pictures = [each.name for each in self._description.outputs if pictures and each.kind == "image"]

    @property
    def description(self) -> Description:
        """What the loaded function takes and gives, and the model's metadata."""
        return self._description

    def new_state(self) -> State:
        """A new State with every value zero; it is empty for a model that keeps none."""
        return State(self._core.new_state())

    def predict(self, inputs: Mapping[str, Any], state: State | None = None, *, timeout: float | None = None,
                seed: int = 0) -> dict[str, Any]:
        """One prediction. The GIL is released while it runs; Ctrl-C stops it between two operations.

        inputs: a value for each input that is not optional. Arrays: anything with the buffer protocol or DLPack
            (NumPy, PyTorch, ...) or nested lists, of a shape the description allows; dtypes are converted, floating
            values rounded, integers only if nothing is lost. Dense arrays are not copied. Images: PIL images, or
            arrays [height, width, 3] in RGB order. Numbers, text, dictionaries and lists as the description says.
        state: of a stateful model: from new_state(); the prediction changes it.
        timeout: seconds after which to give up with DeadlineExceeded.
        seed: of the model's random operations.

        Returns one value for each output: arrays are NumPy arrays of the declared dtype that own their memory, images
        PIL images, Int64, Double and String features int, float and str, dictionaries dicts of floats.
        Raises InvalidArgument, which names the input that does not fit and what it takes; DeadlineExceeded;
        OperationFault.
        """
        given = {name: _values.given(value, self._inputs.get(name)) for name, value in inputs.items()}
        outputs = self._core.predict(given, None if state is None else state._core, timeout, seed)
        for name in self._pictures:
            outputs[name] = _values.picture(outputs[name])
        return outputs

    def predict_batch(self, batch: Iterable[Mapping[str, Any]], *, timeout: float | None = None,
                      seed: int = 0) -> list[dict[str, Any]]:
        """predict() for each item, in order. `timeout` holds for each item by itself."""
        return [self.predict(inputs, timeout=timeout, seed=seed) for inputs in batch]


def describe(path: str | os.PathLike, function: str = "") -> Description:
    """What a model file holds, also if it cannot run here or its weights are missing.

    function: of a multifunction model; "" is its default function. Raises NotFound, BadModel.
    """
    return from_core(_core.describe(os.fspath(path), function))
