"""_MLComputePlanProxy: where each operation runs (on the CPU) and an estimate of its share of the work."""
from . import _devices, _structure


class _MLComputePlanProxy:
    """Made without arguments, as coremltools' subclass for remote devices does; for_model() makes a useful one."""

    def __init__(self):
        self._structure = None

    @classmethod
    def for_model(cls, compiled_path):
        plan = cls()
        plan._structure = _structure.of_folder(compiled_path)
        return plan

    @property
    def model_structure(self):
        return self._structure

    def get_compute_device_usage_for_mlprogram_operation(self, operation):
        return None if operation.__proxy__.weight is None else _usage()

    def get_compute_device_usage_for_neuralnetwork_layer(self, layer):
        return _usage()

    def get_estimated_cost_for_mlprogram_operation(self, operation):
        from coremltools.models.compute_plan import MLComputePlanCost

        weight = operation.__proxy__.weight
        return None if weight is None else MLComputePlanCost(weight)


def _usage():
    from coremltools.models.compute_plan import MLComputePlanDeviceUsage

    devices = _devices.all_devices()
    return MLComputePlanDeviceUsage(devices[0], devices)
