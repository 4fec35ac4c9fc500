"""Layers whose code a model file does not hold: the app it was made for brought them along, here Python does."""
from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from . import _core, _values
from .description import numpy_name


@dataclass(frozen=True)
class CustomLayerCall:
    """One call of a custom layer."""

    class_name: str
    layer_name: str
    parameters: dict[str, bool | int | float | str]
    """The layer's own parameters by name."""
    inputs: tuple[numpy.ndarray, ...]
    """Copies, in the order the model gives them. In a neural network fp32 and, unless the file asks for exact shapes,
    with all dimensions: [sequence, batch, channel, height, width]."""
    weights: tuple[numpy.ndarray, ...]
    """In the order of the file, decompressed; flat in a neural network."""
    outputs: tuple[tuple[str, tuple[int, ...] | None], ...]
    """Dtype and shape of each expected output: -1 for a size that the model leaves open, None for any shape."""


_registered: set[str] = set()


def register_custom_layer(
    class_name: str,
    evaluate: Callable[[CustomLayerCall], Any],
    output_shapes: Callable[[list[list[int]], dict[str, Any]], Sequence[Sequence[int]]] | None = None,
) -> None:
    """Registers the implementation of a custom layer's class; again under the same name replaces it.

    Register before loading a model that holds the layer. `evaluate(call)` returns an array, or a list of them where the
    layer has several outputs. `output_shapes(input_shapes, parameters)` is needed where a layer of a neural network
    changes the shape of its first input; sizes not known yet are -1. What they raise ends the prediction with an
    OperationFault that names the layer. Several threads may call at once.
    Raises InvalidArgument for an empty name.
    """

    def call(name, layer, parameters, inputs, weights, outputs):
        shapes = tuple((numpy_name(dtype), None if shape is None else tuple(shape)) for dtype, shape in outputs)
        answer = evaluate(CustomLayerCall(name, layer, parameters, tuple(inputs), tuple(weights), shapes))
        several = answer if isinstance(answer, (list, tuple)) else [answer]
        return [_values.array(each) for each in several]

    _core.register_custom_layer(class_name, call, output_shapes)
    _registered.add(class_name)


def forget_custom_layer(class_name: str) -> None:
    """Takes an implementation back. A name that is not registered is fine."""
    _registered.discard(class_name)
    _core.forget_custom_layer(class_name)


@atexit.register
def _forget_all():
    """The callables go before the interpreter does."""
    for name in _registered:
        _core.forget_custom_layer(name)
