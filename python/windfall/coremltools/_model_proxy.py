"""_MLModelProxy: a loaded model as coremltools.models.MLModel and CompiledMLModel drive it."""
import os
import shutil
import time
import weakref

from ..errors import Error
from ..model import Model
from . import _compiled_folder, _values
from ._faults import as_runtime_error
from ._state import _State

_COMPILE_FAULT = 'Error compiling model: "{}".'
# The newest specification coremltools 9 knows; a model beyond it is refused by coremltools itself.
_NEWEST_SPECIFICATION = 10


def _remove_with_parent(folder):
    shutil.rmtree(os.path.dirname(folder), ignore_errors=True)


class _MLModelProxy:
    def __init__(self, url, compute_units, function_name, optimization_hints, asset=None):
        began = time.perf_counter_ns()
        self._url = os.fspath(url)
        self._compiled = None
        compiled = _compiled_folder.is_compiled(self._url)
        with as_runtime_error("{}" if compiled else _COMPILE_FAULT):
            self._model = Model(self._url, engine=os.environ.get("WINDFALL_ENGINE", "reference"),
                                function=function_name, image_outputs="array")
        self._inputs = {feature.name: feature for feature in self._model.description.inputs}
        self._outputs = {feature.name: feature for feature in self._model.description.outputs}
        self._load_duration = time.perf_counter_ns() - began
        self._predict_duration = None

    def predict(self, data, state=None):
        began = time.perf_counter_ns()
        with as_runtime_error():
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
        if _compiled_folder.is_compiled(self._url):
            return self._url
        if self._compiled is None:
            self._compiled = _MLModelProxy.compileModel(self._url)
            weakref.finalize(self, _remove_with_parent, self._compiled)
        return self._compiled

    def get_load_duration_in_nano_seconds(self):
        return self._load_duration

    def get_last_predict_duration_in_nano_seconds(self):
        return self._predict_duration

    @staticmethod
    def compileModel(path):
        try:
            return _compiled_folder.compile_model(path)
        except (Error, OSError) as error:
            raise RuntimeError(_COMPILE_FAULT.format(error)) from error

    @staticmethod
    def maximum_supported_specification_version():
        return _NEWEST_SPECIFICATION
