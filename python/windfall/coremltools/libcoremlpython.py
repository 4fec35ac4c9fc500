"""What stands in for `coremltools.libcoremlpython`, Apple's compiled module, which exists on macOS alone.

coremltools is never imported here at import time: it imports this module while it is itself being imported.
"""
from ._model_proxy import _MLModelProxy
from ._state import _State

__all__ = ["_MLModelProxy", "_State"]
