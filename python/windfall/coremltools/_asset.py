"""_MLModelAssetProxy: a compiled model that is not loaded yet, on disk or in memory."""
import weakref

from . import _compiled_folder
from ._faults import as_runtime_error


class _MLModelAssetProxy:
    def __init__(self, folder):
        self.folder = folder


def _public(proxy):
    from coremltools.models.model import MLModelAsset

    return MLModelAsset(proxy)


def from_path(path):
    with as_runtime_error():
        return _public(_MLModelAssetProxy(_compiled_folder.require_compiled(path)))


def from_memory(message, blobs):
    with as_runtime_error():
        proxy = _MLModelAssetProxy(_compiled_folder.write_folder(message, blobs))
    weakref.finalize(proxy, _compiled_folder.remove, proxy.folder)
    return _public(proxy)
