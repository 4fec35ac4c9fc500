"""What stands in for `coremltools.libcoremlpython`, Apple's compiled module, which exists on macOS alone.

coremltools is never imported here at import time: it imports this module while it is itself being imported.
"""
from ._asset import _MLModelAssetProxy
from ._compute_plan import _MLComputePlanProxy
from ._devices import (_MLCPUComputeDeviceProxy, _MLGPUComputeDeviceProxy, _MLNeuralEngineComputeDeviceProxy)
from ._model_proxy import _MLModelProxy
from ._state import _State
from ._structure import _MLModelStructureNeuralNetworkLayerProxy, _MLModelStructureProgramOperationProxy

__all__ = [
    "_MLCPUComputeDeviceProxy", "_MLComputePlanProxy", "_MLGPUComputeDeviceProxy", "_MLModelAssetProxy",
    "_MLModelProxy", "_MLModelStructureNeuralNetworkLayerProxy", "_MLModelStructureProgramOperationProxy",
    "_MLNeuralEngineComputeDeviceProxy", "_State",
]
