"""What a compiled model is made of, in the words of coremltools.models.compute_plan."""
import json
import os
import pathlib
import re

from .. import _core
from . import _compiled_folder, _espresso_types
from ._faults import as_runtime_error
from ._work import work_of_function


class _MLModelStructureProgramOperationProxy:
    """Stands behind one operation; `weight` is its share of the function's work (None for constants)."""

    def __init__(self, weight):
        self.weight = weight


class _MLModelStructureNeuralNetworkLayerProxy:
    """Stands behind one layer of a neural network."""


def _named_types(values):
    from coremltools.models import compute_plan as names

    return [names.MLModelStructureProgramNamedValueType(name, names.MLModelStructureProgramValueType())
            for name, _shape in values]


def _argument(bindings):
    from coremltools.models import compute_plan as names

    return names.MLModelStructureProgramArgument([
        names.MLModelStructureProgramBinding(name, names.MLModelStructureProgramValue() if name is None else None)
        for name in bindings
    ])


def _block(block, weights):
    from coremltools.models import compute_plan as names

    operations = [
        names.MLModelStructureProgramOperation(
            {name: _argument(bindings) for name, bindings in operation["inputs"].items()},
            operation["operator"],
            _named_types(operation["outputs"]),
            [_block(inner, weights) for inner in operation["blocks"]],
            _MLModelStructureProgramOperationProxy(weights.get(id(operation))),
        )
        for operation in block["operations"]
    ]
    return names.MLModelStructureProgramBlock(_named_types(block["inputs"]), operations, block["outputs"])


def _program(functions):
    from coremltools.models import compute_plan as names

    return names.MLModelStructureProgram({
        name: names.MLModelStructureProgramFunction(
            _named_types(function["inputs"]), _block(function["block"], work_of_function(function)))
        for name, function in functions.items()
    })


def _layer(name, kind, inputs, outputs):
    from coremltools.models import compute_plan as names

    return names.MLModelStructureNeuralNetworkLayer(name, kind, inputs, outputs,
                                                    _MLModelStructureNeuralNetworkLayerProxy())


def _message_layers(model):
    network = getattr(model, model.WhichOneof("Type"))
    return [_layer(layer.name, _espresso_types.of_layer(layer), list(layer.input), list(layer.output))
            for layer in network.layers]


def _espresso_layers(folder):
    net = json.loads((folder / "model.espresso.net").read_text(encoding="utf-8"))
    return [_layer(layer["name"], layer["type"], _names(layer.get("bottom", "")), _names(layer.get("top", "")))
            for layer in net["layers"]]


def _names(listed):
    return [name for name in re.split(r",\s*", listed) if name]


def _structure(plain, model, folder):
    """`plain`: what the compiled module tells; `model`: the message, or None for a folder that Apple compiled."""
    from coremltools.models import compute_plan as names

    if plain["type"] == "mlProgram":
        return names.MLModelStructure(None, _program(plain["functions"]), None)
    if plain["type"].startswith("neuralNetwork"):
        layers = _espresso_layers(folder) if model is None else _message_layers(model)
        return names.MLModelStructure(names.MLModelStructureNeuralNetwork(layers), None, None)
    if plain["type"].startswith("pipeline"):
        parts = [(_part_name(model, i), _structure(part, _part(model, i), folder / f"model{i}"))
                 for i, part in enumerate(plain["parts"])]
        return names.MLModelStructure(None, None, names.MLModelStructurePipeline(parts))
    return names.MLModelStructure(None, None, None)


def _pipeline(model):
    kind = model.WhichOneof("Type")
    return model.pipeline if kind == "pipeline" else getattr(model, kind).pipeline


def _part(model, index):
    return None if model is None else _pipeline(model).models[index]


def _part_name(model, index):
    names = [] if model is None else _pipeline(model).names
    return names[index] if index < len(names) else f"model{index}"


def _message(folder):
    from coremltools.proto import Model_pb2

    path = folder / _compiled_folder.MESSAGE
    if not path.exists():
        return None
    model = Model_pb2.Model()
    model.ParseFromString(path.read_bytes())
    return model


def of_folder(path):
    """The MLModelStructure of a compiled model. RuntimeError if there is none at `path`."""
    with as_runtime_error():
        folder = pathlib.Path(_compiled_folder.require_compiled(path))
        plain = _core.structure(os.fspath(folder))
    return _structure(plain, _message(folder), folder)
