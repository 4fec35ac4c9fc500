"""windfall.coremltools: coremltools predicts here, and behaves as it does on macOS."""
import os
import subprocess
import sys
import textwrap

import coremltools as ct
import numpy as np
import pytest
from coremltools.converters.mil import Builder as mb
from coremltools.models import compute_plan
from coremltools.models.compute_device import MLComputeDevice, MLCPUComputeDevice
from coremltools.models.model import MLModelAsset
from PIL import Image

import windfall.coremltools  # noqa: F401  after coremltools, on purpose

X = np.array([[1, -2, 3], [-4, 5, -6]], np.float32)
RELU = np.maximum(X + 1, 0)


def run_python(text):
    """Runs a script in a fresh interpreter."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, check=False,
                          env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("imports", [
    "import windfall.coremltools, coremltools as ct",
    "import coremltools as ct, windfall.coremltools",
    "import torch, coremltools as ct, windfall.coremltools",
    "import windfall.coremltools, torch, coremltools as ct",
    "import windfall.coremltools, coremltools as ct; windfall.coremltools.install()",
])
def test_import_order(models, imports):
    if "torch" in imports:
        pytest.importorskip("torch")
    told = run_python(f"""
        {imports}
        from coremltools.models.compute_plan import MLModelStructure
        import numpy as np
        model = ct.models.MLModel({models["accumulate"]!r})
        state = model.make_state()
        model.predict({{"x": np.float32([1, 2, 3])}}, state)
        print(model.predict({{"x": np.float32([1, 2, 3])}}, state)["y"].tolist())
        print(MLModelStructure.load_from_path(model.get_compiled_model_path()).program is not None)
        print(ct.libcoremlpython.__name__)
    """)
    assert told.splitlines() == ["[2.0, 4.0, 6.0]", "True", "windfall.coremltools.libcoremlpython"]


def test_predict(models):
    model = ct.models.MLModel(models["relu"])
    np.testing.assert_array_equal(model.predict({"x": X})["y"], RELU)
    np.testing.assert_array_equal(model.predict({"x": X.astype(np.float64)})["y"], RELU)
    batch = model.predict([{"x": X}, {"x": -X}])
    np.testing.assert_array_equal(batch[1]["y"], np.maximum(1 - X, 0))
    assert model.load_duration_in_nano_seconds > 0
    assert model.last_predict_duration_in_nano_seconds > 0


def test_convert_predicts_at_once():
    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 2))])
    def program(x):
        return mb.mul(x=x, y=np.float32([2, 3]), name="y")

    for kind in ("mlprogram", "neuralnetwork"):
        model = ct.convert(program, convert_to=kind)
        np.testing.assert_allclose(model.predict({"x": [[1.0, 2.0]]})["y"], [[2, 6]])


def test_half_precision_comes_as_float32(models):
    output = ct.models.MLModel(models["halves"]).predict({"x": np.float32([1, 3, 5, 7])})["y"]
    assert output.dtype == np.float32
    np.testing.assert_array_equal(output, [0.5, 1.5, 2.5, 3.5])


def test_single_values_have_one_dimension(models):
    output = ct.models.MLModel(models["total"]).predict({"x": np.float32([1, 2, 4])})["y"]
    assert output.shape == (1,) and output[0] == 7


def test_floats_for_integers_are_cut_off(models):
    output = ct.models.MLModel(models["integers"]).predict({"n": np.float32([1.0, 2.9, -3.9])})["sum"]
    assert output.dtype == np.int32
    np.testing.assert_array_equal(output, [11, 22, 27])


def test_classifier(models):
    outputs = ct.models.MLModel(models["classifier"]).predict({"scores": np.float32([0, 0, np.log(2)])})
    assert outputs["classLabel"] == "cow" and type(outputs["classLabel"]) is str
    probabilities = next(value for value in outputs.values() if isinstance(value, dict))
    assert probabilities == pytest.approx({"cat": 0.25, "dog": 0.25, "cow": 0.5}, abs=1e-6)
    assert all(type(value) is float for value in probabilities.values())


def test_images(models):
    model = ct.models.MLModel(models["picture"])
    pixels = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    darker = model.predict({"image": Image.fromarray(pixels)})["darker"]
    assert darker.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(darker)[..., :3], np.round(pixels / 2.0))
    assert (np.asarray(darker)[..., 3] == 255).all()
    with pytest.raises(TypeError):
        model.predict({"image": Image.fromarray(pixels).convert("L")})


def test_states(models):
    model = ct.models.MLModel(models["accumulate"])
    name = model.get_spec().description.state[0].name
    state = model.make_state()
    state.write_state(name, np.float32([10, 20, 30]))
    np.testing.assert_array_equal(model.predict({"x": np.float32([1, 2, 3])}, state)["y"], [11, 22, 33])
    read = state.read_state(name)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, [11, 22, 33])
    with pytest.raises(RuntimeError):
        state.read_state("nothing")
    with pytest.raises(RuntimeError):
        state.write_state(name, np.float32([1]))


def test_functions(models):
    model = ct.models.MLModel(models["functions"], function_name="triple")
    np.testing.assert_array_equal(model.predict({"x": np.float32([1, 2])})["y"], [3, 6])
    compiled = ct.models.CompiledMLModel(model.get_compiled_model_path(), function_name="double")
    np.testing.assert_array_equal(compiled.predict({"x": np.float32([1, 2])})["y"], [2, 4])


@pytest.mark.parametrize("name, given", [("relu", {"x": X}), ("classifier", {"scores": np.float32([1, 2, 3])})])
def test_compiled_models(models, tmp_path, name, given):
    model = ct.models.MLModel(models[name])
    target = ct.models.utils.compile_model(models[name], str(tmp_path / "there.mlmodelc"))
    for path in (target, model.get_compiled_model_path()):
        compiled = ct.models.CompiledMLModel(path)
        assert str(compiled.predict(given)) == str(model.predict(given))
    asset = MLModelAsset.from_path(target)
    assert str(ct.models.CompiledMLModel.from_asset(asset).predict(given)) == str(model.predict(given))


def test_compiled_programs_hold_their_text(models):
    model = ct.models.MLModel(models["relu"])
    with open(os.path.join(model.get_compiled_model_path(), "model.mil"), encoding="utf-8") as text:
        assert text.read().startswith("program(1.0)")


def test_temporary_compiled_models_go(models):
    model = ct.models.MLModel(models["relu"])
    path = model.get_compiled_model_path()
    assert os.path.isdir(path)
    del model
    assert not os.path.exists(os.path.dirname(path))


def test_asset_from_memory(tmp_path):
    weights = np.arange(600, dtype=np.float32).reshape(3, 200) / 100

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 200))])
    def linear(x):
        return mb.linear(x=x, weight=weights, name="y")

    model = ct.convert(linear, convert_to="mlprogram", compute_precision=ct.precision.FLOAT32, skip_model_load=True)
    with open(os.path.join(model.weights_dir, "weight.bin"), "rb") as file:
        blobs = {"weights/weight.bin": file.read()}
    asset = MLModelAsset.from_memory(model.get_spec().SerializeToString(), blobs)
    loaded = ct.models.CompiledMLModel.from_asset(asset)
    del asset
    np.testing.assert_allclose(loaded.predict({"x": np.ones((1, 200), np.float32)})["y"][0], weights.sum(1), rtol=1e-6)
    with pytest.raises(RuntimeError, match="does not lie inside"):
        MLModelAsset.from_memory(b"", {"../outside": b""})


def test_damaged_models(tmp_path):
    path = tmp_path / "bad.mlmodel"
    path.write_bytes(b"\x08\x04\x12\xff")
    with pytest.raises(RuntimeError, match='^Error compiling model: "'):
        ct.models.utils.compile_model(str(path))
    with pytest.raises(RuntimeError):
        ct.models.CompiledMLModel(str(tmp_path / "none.mlmodelc"))


def test_wrong_inputs_raise_runtime_errors(models):
    with pytest.raises(RuntimeError, match="'x'"):
        ct.models.MLModel(models["relu"]).predict({"x": X[:1]})


def test_structure_and_plan_of_a_program(models):
    model = ct.models.MLModel(models["relu"])
    plan = compute_plan.MLComputePlan.load_from_path(model.get_compiled_model_path())
    program = plan.model_structure.program
    function = program.functions["main"]
    assert [named.name for named in function.inputs] == ["x"] and function.block.output_names == ["y"]
    operations = {operation.operator_name: operation for operation in function.block.operations}
    assert set(operations) == {"const", "add", "relu"}
    assert operations["add"].inputs["x"].bindings[0].name == "x"
    usage = plan.get_compute_device_usage_for_mlprogram_operation(operations["add"])
    assert isinstance(usage.preferred_compute_device, MLCPUComputeDevice)
    assert plan.get_compute_device_usage_for_mlprogram_operation(operations["const"]) is None
    # Both write six elements and do nothing else.
    assert plan.get_estimated_cost_for_mlprogram_operation(operations["add"]).weight == 0.5
    assert [type(device) for device in MLComputeDevice.get_all_compute_devices()] == [MLCPUComputeDevice]


def test_estimated_cost_of_products(models):
    model = ct.models.MLModel(models["slow"])
    plan = compute_plan.MLComputePlan.load_from_path(model.get_compiled_model_path())
    operations = plan.model_structure.program.functions["main"].block.operations
    weights = [plan.get_estimated_cost_for_mlprogram_operation(each).weight
               for each in operations if each.operator_name == "matmul"]
    copies = sum(each.operator_name == "identity" for each in operations)
    # 256 steps for each of 256 x 256 elements; a copy is one step for each.
    assert weights == pytest.approx([256 / (100 * 256 + copies)] * 100)


def test_structure_of_a_network(models):
    model = ct.models.MLModel(models["classifier"])
    layer, = compute_plan.MLModelStructure.load_from_path(model.get_compiled_model_path()).neuralnetwork.layers
    assert (layer.name, layer.type, layer.input_names, layer.output_names) == \
        ("softmax", "softmax", ["scores"], ["softened"])


def test_specification_version():
    @mb.program(input_specs=[mb.TensorSpec(shape=(2,))], opset_version=ct.target.iOS17)
    def program(x):
        return mb.add(x=x, y=1.0)

    spec = ct.convert(program, minimum_deployment_target=ct.target.iOS17, skip_model_load=True).get_spec()
    spec.specificationVersion = 9
    proxy = windfall.coremltools.libcoremlpython._MLModelProxy
    least = type(spec)()
    least.ParseFromString(proxy.auto_set_specification_version(spec.SerializeToString()))
    assert least.specificationVersion == 8
    assert proxy.maximum_supported_specification_version() == 10
