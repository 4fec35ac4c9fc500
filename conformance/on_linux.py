"""Puts the drop-in under coremltools before its tests are imported. The drop-in answers coremltools' questions for the
platform, in its tests too; some helpers of tests ask Python itself, and those are answered here."""
import importlib
import importlib.metadata
import importlib.util
import platform
import sys
import types

import numpy


def loaded(name):
    return sys.modules.get(name)


def place_libsvm():
    """The tests import LIBSVM's modules from where they lay before they became a package, and coremltools' converter asks
    the package for its version, which only an unofficial one had."""
    for name in ("svm", "svmutil"):
        sys.modules[name] = importlib.import_module(f"libsvm.{name}")
    sys.modules["libsvm"].__version__ = importlib.metadata.version("libsvm-official")


def prepare(settings):
    if "coremltools" in sys.modules:
        raise SystemExit("conformance: load the plugin with -p, so that it precedes `import coremltools`")
    if settings["machine"]:
        importlib.import_module("torch")  # has to see the true machine
        platform.machine = lambda: settings["machine"]
    if not hasattr(numpy, "bool"):
        numpy.bool = numpy.bool_  # NumPy 2's name; coremltools 9.0 looks constants' types up by it, under NumPy 1 too
    if importlib.util.find_spec("libsvm"):
        place_libsvm()
    if not settings["engine"]:  # sanity run: nothing may predict
        return
    importlib.import_module("windfall.coremltools")
    coremltools = importlib.import_module("coremltools")
    if not getattr(coremltools.libcoremlpython, "__name__", "").startswith("windfall"):
        raise SystemExit("conformance: `import windfall.coremltools` did not become the backend of coremltools")
    for name in settings["platform_modules"]:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue  # this coremltools does not have it, or PyTorch is not installed
        module.sys = types.SimpleNamespace(platform="darwin")
