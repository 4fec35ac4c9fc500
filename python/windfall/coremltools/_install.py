"""Puts Windfall in the place of `coremltools.libcoremlpython`, whether coremltools was imported yet or not."""
import importlib.abc
import sys

_NAME = "coremltools.libcoremlpython"
_MACOS_VERSION = (15, 5)  # of the system whose behaviour we answer for: states and multifunction models need 15


def _is_macos():
    return True


def _macos_version():
    return _MACOS_VERSION


# What coremltools' modules import from each other by value.
_ANSWERS = {"_is_macos": _is_macos, "_macos_version": _macos_version, "_IS_MACOS": True}


def _answer(module, backend):
    """Rebinds, in one module of coremltools, the questions for the platform and the proxies that were not found."""
    names = vars(module)
    for name, value in _ANSWERS.items():
        if name in names:
            setattr(module, name, value)
    for name in backend.__all__:
        if name in names and names[name] is None:
            setattr(module, name, getattr(backend, name))


class _Loader(importlib.abc.Loader):
    """The loader that really reads a module of coremltools, and our answers after it."""

    def __init__(self, inner, backend):
        self._inner = inner
        self._backend = backend

    def create_module(self, spec):
        return self._inner.create_module(spec)

    def exec_module(self, module):
        self._inner.exec_module(module)
        _answer(module, self._backend)

    def __getattr__(self, name):  # get_source, get_data, is_package, ... of the real loader
        return getattr(self._inner, name)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds coremltools' modules as ever, and wraps their loaders."""

    def __init__(self, backend):
        self._backend = backend

    def find_spec(self, fullname, path, target=None):
        if fullname != "coremltools" and not fullname.startswith("coremltools."):
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader, self._backend)
                return spec
        return None


def install():
    """Makes coremltools predict with Windfall in this process. Calling it again changes nothing."""
    from . import libcoremlpython as backend

    sys.modules[_NAME] = backend
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(backend))
    for name, module in list(sys.modules.items()):
        if module is not None and (name == "coremltools" or name.startswith("coremltools.")):
            _answer(module, backend)
    if "coremltools" in sys.modules:
        sys.modules["coremltools"].libcoremlpython = backend
