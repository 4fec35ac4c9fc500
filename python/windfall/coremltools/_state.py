"""_State: the states of one conversation, as coremltools.models.model.MLState wants them."""
from ..model import State
from . import _values
from ._faults import as_runtime_error


class _State:
    def __init__(self, state: State):
        self._state = state

    def read_state(self, name):
        with as_runtime_error():
            return _values.state_value(self._state.read(name))

    def write_state(self, name, value):
        with as_runtime_error():
            self._state.write(name, value)
