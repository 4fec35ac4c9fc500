"""Windfall runs Core ML models anywhere.

    import windfall
    model = windfall.Model("model.mlpackage")
    outputs = model.predict({"x": [[1.0, 2.0, 3.0]]})

`import windfall.coremltools` gives coremltools itself the ability to predict on this machine.
"""
from .custom import CustomLayerCall, forget_custom_layer, register_custom_layer
from .description import Description, Feature
from .errors import (BadModel, DeadlineExceeded, EnvironmentFault, Error, InternalFault, InvalidArgument, NotFound,
                     OperationFault, Unsupported, WeightsMissing)
from .lab import Finding, ParityReport, info, parity
from .model import Model, State, describe

__version__ = "0.1.0"
__all__ = [
    "BadModel", "CustomLayerCall", "DeadlineExceeded", "Description", "EnvironmentFault", "Error", "Feature", "Finding",
    "InternalFault", "InvalidArgument", "Model", "NotFound", "OperationFault", "ParityReport", "State", "Unsupported",
    "WeightsMissing", "describe", "forget_custom_layer", "info", "parity", "register_custom_layer",
]
