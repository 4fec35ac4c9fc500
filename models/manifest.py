"""The manifest beside every model."""
import importlib.metadata
import json
import pathlib

SCHEMA = pathlib.Path(__file__).with_name("manifest.schema.json")
QUANTIZATION = {
    "": None,
    "int8": {"kind": "linear_symmetric", "bits": 8, "granularity": "per_channel"},
    "pal4": {"kind": "palettized_kmeans", "bits": 4, "granularity": "per_tensor"},
}
PACKAGES = ("coremltools", "torch", "torchvision", "timm", "transformers", "onnx")


def describe(spec, variant, network, outputs, facts, weights, files):
    return {
        "schema_version": 1,
        "model": f"{spec.name}-{variant}" if variant else spec.name,
        "title": spec.title,
        "source": spec.source,
        "weights": {**weights, "parameters": sum(parameter.numel() for parameter in network.parameters())},
        "backend": "mlprogram",
        "files": files,
        "io_schema": {
            "inputs": [{"name": feature.name, "dtype": feature.dtype, "shape": list(feature.shape)} for feature in spec.inputs],
            "outputs": [{"name": name, "dtype": "fp32", "shape": list(output.shape)}
                        for name, output in zip(spec.outputs, outputs)],
        },
        "shapes": "fixed",
        "precision": "fp16",
        "quantization": QUANTIZATION[variant],
        "compute_units": "ALL",
        # Measured elsewhere and later: on a Mac, and by ./dev bench.
        "ane_op_coverage_pct": None,
        "expected_speedup": {"onnxruntime": None, "openvino": None, "torch": None},
        "accuracy_delta": {"l_inf": None, "rms": None},
        "output_facts": facts,
        "made_with": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def write(manifest, path):
    validate(manifest)
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def validate(manifest):
    import jsonschema
    jsonschema.validate(manifest, json.loads(SCHEMA.read_text(encoding="utf-8")))
