#!/usr/bin/env python3
"""What a call and a load cost through the C interfaces of Windfall and ONNX Runtime, by turns in one process, and what
telemetry costs; writes docs/performance-calls.md. Started by `./dev bench --calls`."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import machine
import measures
import peers
import report

ROOT = peers.ROOT
RELEASE = ROOT / "build" / "release"

# Written where coremltools and onnx are: y = x, one number.
EMPTY_MODELS = """
import sys, onnx, coremltools as ct
from coremltools.converters.mil import Builder as mb
folder = sys.argv[1]
@mb.program(input_specs=[mb.TensorSpec(shape=(1,))], opset_version=ct.target.iOS15)
def program(x):
    return mb.identity(x=x, name="y")
ct.convert(program, compute_precision=ct.precision.FLOAT32, minimum_deployment_target=ct.target.iOS15).save(folder + "/empty.mlpackage")
tensor = lambda name: onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1])
graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["x"], ["y"])], "g", [tensor("x")], [tensor("y")])
onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), folder + "/empty.onnx")
"""


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench --calls", description=__doc__)
    parser.add_argument("--model", default="resnet50,mobilenetv3,fastvit,distilbert,bert", metavar="M[,M]", help="models to load")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "build" / "models", help="folder of ./dev models")
    parser.add_argument("--json", action="store_true", help="last line: one object")
    return parser.parse_args()


def onnxruntime_library():
    """ONNX Runtime's shared library, out of its Python package."""
    python = peers.worker_python("bench")
    find = "import importlib.util as u; print(u.find_spec('onnxruntime').submodule_search_locations[0])"
    folder = subprocess.run([python, "-c", find], capture_output=True, text=True, check=True).stdout.strip()
    library = next(pathlib.Path(folder, "capi").glob("libonnxruntime.so*"))
    return library, library.name.removeprefix("libonnxruntime.so").strip(".")


def run(*command, **more):
    answer = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True, **more)
    return json.loads(answer.stdout.splitlines()[-1])


def of_models(options, calls, library, work):
    """{model: {way: [milliseconds]}}"""
    times = {}
    for name in options.model.split(","):
        folder = options.models / name
        package, onnx = folder / f"{name}.mlpackage", folder / f"{name}.onnx"
        compiled = work / f"{name}.mlmodelc"
        subprocess.run([RELEASE / "tools/windfall/windfall", "compile", package, "-o", compiled], check=True,
                       stdout=subprocess.DEVNULL)
        report.say(f"{name}: loading")
        times[name] = run(calls, "load", RELEASE / "libwindfall.so", library, package, compiled, onnx,
                          work / f"{name}.onnx", options.rounds, 2, stderr=subprocess.DEVNULL)
    return times


def rows(times, unit):
    return [[way, f"{statistics.median(values):.3g} {unit}", f"{measures.percentile(values, 0.99):.3g} {unit}"]
            for way, values in sorted(times.items(), key=lambda item: statistics.median(item[1]))]


def load_rows(loads):
    found = []
    for name, times in loads.items():
        p50 = {way: statistics.median(values) for way, values in times.items()}
        warm = p50["windfall, from the cache"]
        found.append([name, *(f"{p50[way]:.3g}" for way in (
            "windfall, from the cache", "windfall, .mlmodelc", "windfall, from the package", "onnxruntime",
            "onnxruntime, optimised before")), f"{warm / p50['onnxruntime']:.3f}",
            f"{warm / p50['onnxruntime, optimised before']:.3f}", f"{warm / p50['windfall, .mlmodelc']:.2f}"])
    return found


def page(results):
    version, rounds = results["onnxruntime"], results["rounds"]
    head = ["model", "cache", ".mlmodelc", "package", "ONNX Runtime", "the same, optimised before", "cache / ONNX Runtime",
            "cache / optimised before", "cache / .mlmodelc"]
    return "\n\n".join([
        "# What a call and a load cost",
        f"Written by `./dev bench --calls`: Windfall's C interface and that of ONNX Runtime {version}, by turns in one process "
        f"(bench/peers/calls), {rounds} rounds. {report.machine_words(results['machine'])}",
        "## An empty prediction",
        "`y = x`, one number, inputs and outputs in the caller's memory; 2000 predictions a round; telemetry on. Version 1 "
        "takes and gives JSON.",
        report.table(["interface", "p50", "p99 of the rounds"], rows(results["empty"], "µs")),
        "The same prediction through C++ with telemetry and without it:",
        report.table(["", "p50", "p99 of the rounds"], rows(results["telemetry"], "µs")),
        "## Loading",
        "Milliseconds (p50) from files that are in the page cache to a model that can be asked, two threads. From the cache of "
        "compiled models (a hit), a model compiled before, the package as it is; ONNX Runtime's session creation from its twin, "
        "and from the model it wrote down optimised.",
        report.table(head, load_rows(results["loads"])),
    ]) + "\n"


def main():
    options = arguments()
    peers.build_rust("calls")
    library, version = onnxruntime_library()
    calls = peers.CARGO_TARGET / "release" / "calls"
    with tempfile.TemporaryDirectory(prefix="windfall_calls.") as folder:
        work = pathlib.Path(folder)
        os.environ["WINDFALL_CACHE_DIR"] = str(work / "cache")
        subprocess.run([peers.worker_python("models"), "-c", EMPTY_MODELS, folder], check=True, stderr=subprocess.DEVNULL)
        results = {
            "machine": machine.describe(), "onnxruntime": version, "rounds": options.rounds,
            "empty": run(calls, "empty", RELEASE / "libwindfall.so", library, work / "empty.mlpackage", work / "empty.onnx",
                         options.rounds),
            "telemetry": run(RELEASE / "bench/telemetry_cost", work / "empty.mlpackage", options.rounds),
            "loads": of_models(options, calls, library, work),
        }
    (ROOT / "docs" / "performance-calls.md").write_text(page(results), encoding="utf-8")
    print(page(results))
    if options.json:
        print(json.dumps(results))


if __name__ == "__main__":
    sys.exit(main())
