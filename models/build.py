#!/usr/bin/env python3
"""Builds the benchmark's models: a Core ML package (fp16; also with int8 and 4-bit weights) and its ONNX twin.

Nothing is downloaded: weights come from --weights, else from a seed. `./dev models` makes the environment and runs this.
"""
import argparse
import copy
import json
import logging
import os
import pathlib
import shutil
import sys
import time
import warnings

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TQDM_DISABLE="1")
warnings.filterwarnings("ignore")
logging.getLogger("coremltools").setLevel(logging.CRITICAL)  # it cannot predict here, and says so eight times

import numpy as np  # noqa: E402
import torch  # noqa: E402

import architectures  # noqa: E402
import export  # noqa: E402
import initialise  # noqa: E402
import manifest  # noqa: E402

VARIANTS = ("fp16", "int8", "pal4")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev models", description=__doc__)
    parser.add_argument("--model", default="", metavar="M[,M]", help=f"which: {', '.join(architectures.NAMES)}")
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--variants", default=",".join(VARIANTS), metavar="V[,V]", help="of fp16, int8, pal4 (all)")
    parser.add_argument("--weights", type=pathlib.Path, metavar="FILE",
                        help="safetensors or PyTorch state dictionary of the one model, under the published names")
    parser.add_argument("--seed", type=int, default=1, help="for random weights and the input (1)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("build/models"), help="folder (build/models)")
    parser.add_argument("--fresh", action="store_true", help="build again what is there")
    options = parser.parse_args()
    options.names = architectures.NAMES if options.all else tuple(filter(None, options.model.split(",")))
    options.variants = options.variants.split(",")
    if not options.names or set(options.names) - set(architectures.NAMES):
        parser.error(f"name models with --model, of {', '.join(architectures.NAMES)}, or say --all")
    if set(options.variants) - set(VARIANTS):
        parser.error(f"variants are {', '.join(VARIANTS)}")
    if options.weights and len(options.names) != 1:
        parser.error("--weights are of one model: name it with --model")
    return options


def prepare_network(spec, options):
    """The network with its weights, and where those are from."""
    torch.manual_seed(options.seed)
    network = spec.network().eval()
    if options.weights:
        initialise.load_weights(network, options.weights, spec.weight_prefix)
        origin = {"from": "file", "file": options.weights.name, "seed": None}
    else:
        initialise.randomise(network, options.seed)
        initialise.calibrate_batch_norms(spec.plain(network), spec.draw_inputs(options.seed + 1, batch=4))
        origin = {"from": "seeded random", "seed": options.seed}
    initialise.round_to_fp16(network)
    return network, origin


def bytes_of(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def write_shared_files(spec, network, module, inputs, folder):
    """What all variants have in common: the twin, the weights under their published names, one input, and what the twin
    answers to it in double precision."""
    from safetensors.torch import save_file
    folder.mkdir(parents=True, exist_ok=True)
    export.to_onnx(spec, module, inputs, folder / f"{spec.name}.onnx")
    weights = {name: value.contiguous().clone() for name, value in network.state_dict().items()}
    save_file(weights, folder / "weights.safetensors")
    np.savez(folder / "input.npz", **{feature.name: value.numpy() for feature, value in zip(spec.inputs, inputs)})
    in_double = copy.deepcopy(module).double()(*(x.double() if x.is_floating_point() else x for x in inputs))
    answers = zip(spec.outputs, initialise.as_tuple(in_double))
    np.savez(folder / "expected.npz", **{name: value.numpy() for name, value in answers})


def build(spec, options):
    began = time.monotonic()
    network, weights = prepare_network(spec, options)
    module = spec.for_inference(network)
    inputs = spec.draw_inputs(options.seed)
    facts = initialise.check_outputs(module, (inputs, spec.draw_inputs(options.seed + 2)))
    with torch.no_grad():
        outputs = initialise.as_tuple(module(*inputs))
        twin_folder = options.out / spec.name
        write_shared_files(spec, network, module, inputs, twin_folder)
        say(f"{spec.name}: ONNX twin and weights after {time.monotonic() - began:.0f} s")
        package = export.to_core_ml(spec, module, inputs, twin_folder / f"{spec.name}.mlpackage")
    for variant in options.variants:
        name = spec.name if variant == "fp16" else f"{spec.name}-{variant}"
        folder = options.out / name
        folder.mkdir(exist_ok=True)
        if variant != "fp16":
            export.smaller(package, variant).save(str(folder / f"{name}.mlpackage"))
            shutil.copy(twin_folder / "input.npz", folder / "input.npz")
        bytes_on_disk = bytes_of(folder / f"{name}.mlpackage")
        twin = f"../{spec.name}/" if variant != "fp16" else ""
        files = {"core_ml": f"{name}.mlpackage", "onnx": f"{twin}{spec.name}.onnx",
                 "weights": f"{twin}weights.safetensors", "input": "input.npz", "expected": f"{twin}expected.npz"}
        manifest.write(manifest.describe(spec, "" if variant == "fp16" else variant, network, outputs, facts,
                                         {**weights, "bytes_on_disk": bytes_on_disk}, files), folder / "manifest.json")
        say(f"{name}: {bytes_on_disk / 1e6:.1f} MB after {time.monotonic() - began:.0f} s")


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def check_same_origin(name, options):
    """A variant with random weights beside a package with those of a file would pass for the same model."""
    earlier = options.out / name / "manifest.json"
    if earlier.is_file() and not options.weights and not options.fresh:
        origin = json.loads(earlier.read_text(encoding="utf-8"))["weights"]
        if origin["from"] == "file":
            raise SystemExit(f"{name} has the weights of {origin['file']}: give them again with --weights, or say --fresh")


def wanted(name, options):
    """Whether anything of a model is missing."""
    folders = [name if variant == "fp16" else f"{name}-{variant}" for variant in options.variants]
    return options.fresh or not all((options.out / folder / "manifest.json").is_file() for folder in folders)


def main():
    options = arguments()
    for name in options.names:
        if wanted(name, options):
            check_same_origin(name, options)
            build(architectures.find(name), options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
