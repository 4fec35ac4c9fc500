#!/usr/bin/env python3
"""Opens packages that Windfall wrote with coremltools: the specification, and the program with all its weights.

usage: open_with_coremltools.py PACKAGE...

Prints one line per package; exit code 1 if one does not open.
"""

import os
import sys

os.environ.setdefault("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")

import coremltools as ct  # noqa: E402
from coremltools.converters.mil.frontend.milproto import load as milproto  # noqa: E402


def open_package(path):
    """Returns what is in the package, in a few words; raises if coremltools does not accept it."""
    model = ct.models.MLModel(path, skip_model_load=True)
    spec = model.get_spec()
    program = milproto.load(spec, spec.specificationVersion, model.weights_dir or "")
    operations = sum(len(function.operations) for function in program.functions.values())
    return f"specification {spec.specificationVersion}, {len(program.functions)} function(s), {operations} operations"


def main(paths):
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    failed = 0
    for path in paths:
        try:
            print(f"ok      {path}: {open_package(path)}")
        except Exception as error:  # whatever coremltools raises is the answer we came for
            failed += 1
            print(f"FAILED  {path}: {type(error).__name__}: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
