"""_MLModelProxy: a loaded model as coremltools.models.MLModel and CompiledMLModel drive it."""
import os
import time
import weakref

from ..model import Model
from . import _asset, _compiled_folder, _devices, _specification, _structure, _values
from ._compute_plan import _MLComputePlanProxy
from ._faults import as_runtime_error
from ._state import _State

_COMPILE_FAULT = 'Error compiling model: "{}".'
# Callers look for Apple's words where an operation met values it is not defined on.
_OPERATION_FAULT = "Unable to compute the prediction using {}. {{}}"
_COMPUTE_UNITS = ("ALL", "CPU_ONLY", "CPU_AND_GPU", "CPU_AND_NE")


class _MLModelProxy:
    """url: the model, or "" where `asset` is given. compute_units and optimization_hints are checked and otherwise
    ignored: there is one device, and one way to use it. WINDFALL_ENGINE in the environment chooses the engine."""

    def __init__(self, url, compute_units, function_name, optimization_hints, asset=None):
        if compute_units not in _COMPUTE_UNITS:
            raise RuntimeError(f"compute units are one of {', '.join(_COMPUTE_UNITS)}, not {compute_units!r}")
        began = time.perf_counter_ns()
        self._asset = asset  # its folder lives as long as it does
        self._path = os.fspath(url) if asset is None else asset.folder
        self._compiled = None
        self._predict_duration = None
        compiled = _compiled_folder.is_compiled(self._path)
        with as_runtime_error("{}" if compiled else _COMPILE_FAULT):
            self._model = Model(self._path, function=function_name, image_outputs="array")
        self._inputs = {feature.name: feature for feature in self._model.description.inputs}
        self._outputs = {feature.name: feature for feature in self._model.description.outputs}
        if os.path.isfile(self._path):
            self._own(_compiled_folder.link_model(self._path))
        self._load_duration = time.perf_counter_ns() - began

    def predict(self, data, state=None):
        began = time.perf_counter_ns()
        program = self._model.description.type == "mlProgram"
        fault = _OPERATION_FAULT.format("ML Program" if program else "a neural network model")
        with as_runtime_error(operation_template=fault):
            inputs = {name: _values.given(value, self._inputs.get(name)) for name, value in data.items()}
            outputs = self._model.predict(inputs, None if state is None else state._state)
        presented = {name: _values.presented(value, self._outputs[name]) for name, value in outputs.items()}
        self._predict_duration = time.perf_counter_ns() - began
        return presented

    def batchPredict(self, batch):
        return [self.predict(data) for data in batch]

    def newState(self):
        with as_runtime_error():
            return _State(self._model.new_state())

    def get_compiled_model_path(self):
        """The `.mlmodelc` in use. A temporary one goes when this object does, as Apple's does."""
        if self._asset is not None:
            return None
        if _compiled_folder.is_compiled(self._path):
            return self._path
        if self._compiled is None:
            self._own(self.compileModel(self._path))
        return self._compiled

    def _own(self, folder):
        self._compiled = folder
        if folder is not None:
            weakref.finalize(self, _compiled_folder.remove, folder)

    def get_load_duration_in_nano_seconds(self):
        return self._load_duration

    def get_last_predict_duration_in_nano_seconds(self):
        return self._predict_duration

    @staticmethod
    def compileModel(path):
        with as_runtime_error(_COMPILE_FAULT):
            return _compiled_folder.compile_model(path)

    @staticmethod
    def auto_set_specification_version(message):
        return _specification.with_least_version(message)

    @staticmethod
    def maximum_supported_specification_version():
        return _specification.NEWEST

    @staticmethod
    def create_model_asset_from_path(path):
        return _asset.from_path(path)

    @staticmethod
    def create_model_asset_from_memory(message, blobs):
        return _asset.from_memory(message, blobs)

    @staticmethod
    def get_model_structure(compiled_path):
        return _structure.of_folder(compiled_path)

    @staticmethod
    def get_compute_plan(compiled_path, compute_units):
        from coremltools.models.compute_plan import MLComputePlan

        return MLComputePlan(_MLComputePlanProxy.for_model(compiled_path))

    @staticmethod
    def get_available_compute_devices():
        return _devices.all_devices()

    @staticmethod
    def get_all_compute_devices():
        return _devices.all_devices()
