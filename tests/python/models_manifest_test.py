"""The schema of the models' manifests takes what it should and nothing else."""
import copy
import json
import pathlib

import pytest

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = json.loads((pathlib.Path(__file__).resolve().parents[2] / "models" / "manifest.schema.json").read_text(encoding="utf-8"))
GOOD = {
    "schema_version": 1,
    "model": "resnet50-int8",
    "source": "torchvision.models.resnet50",
    "weights": {"from": "seeded random", "seed": 1, "parameters": 25557032},
    "backend": "mlprogram",
    "files": {"core_ml": "resnet50-int8.mlpackage", "input": "input.npz"},
    "io_schema": {
        "inputs": [{"name": "image", "dtype": "fp32", "shape": [1, 3, 224, 224]}],
        "outputs": [{"name": "logits", "dtype": "fp32", "shape": [1, 1000]}],
    },
    "shapes": "fixed",
    "precision": "fp16",
    "quantization": {"kind": "linear_symmetric", "bits": 8, "granularity": "per_channel"},
    "compute_units": "ALL",
    "ane_op_coverage_pct": None,
    "expected_speedup": {"onnxruntime": None, "openvino": 1.5, "torch": None},
    "accuracy_delta": {"l_inf": None, "rms": 1e-3},
    "made_with": {"coremltools": "9.0"},
}


def test_the_schema_is_one_and_takes_a_manifest():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(GOOD, SCHEMA)


@pytest.mark.parametrize("field", SCHEMA["required"])
def test_every_required_field_is_missed(field):
    manifest = copy.deepcopy(GOOD)
    del manifest[field]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(manifest, SCHEMA)


@pytest.mark.parametrize("field, value", [
    ("ane_op_coverage_pct", 101), ("precision", "fp8"), ("quantization", {"kind": "linear_symmetric"}),
    ("expected_speedup", {"onnxruntime": 0, "openvino": None, "torch": None}), ("unheard_of", 1),
])
def test_what_makes_no_sense_is_refused(field, value):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**GOOD, field: value}, SCHEMA)
