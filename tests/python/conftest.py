"""Small models, made once by coremltools."""
import logging
import os

os.environ.setdefault("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")
import pytest

logging.getLogger("coremltools").setLevel(logging.ERROR)
collect_ignore = ["run.py"]


def saved(program, path, **options):
    """The program as a package at `path`, fp32 unless told otherwise, without predicting."""
    import coremltools as ct

    options.setdefault("compute_precision", ct.precision.FLOAT32)
    options.setdefault("skip_model_load", True)
    ct.convert(program, convert_to="mlprogram", **options).save(str(path))
    return str(path)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Paths of the models by name."""
    import coremltools as ct
    import numpy as np
    from coremltools.converters.mil import Builder as mb
    from coremltools.converters.mil.mil import types

    folder = tmp_path_factory.mktemp("models")

    @mb.program(input_specs=[mb.TensorSpec(shape=(2, 3))])
    def relu(x):
        return mb.relu(x=mb.add(x=x, y=1.0), name="y")

    @mb.program(input_specs=[mb.TensorSpec(shape=(3,), dtype=types.int32)])
    def integers(n):
        return mb.add(x=n, y=np.array([10, 20, 30], np.int32), name="sum")

    @mb.program(input_specs=[mb.TensorSpec(shape=(4,), dtype=types.fp16)], opset_version=ct.target.iOS16)
    def halves(x):
        return mb.mul(x=x, y=np.float16(0.5), name="y")

    @mb.program(input_specs=[mb.TensorSpec(shape=(3,))])
    def total(x):
        return mb.reduce_sum(x=x, axes=[0], keep_dims=False, name="y")

    @mb.program(input_specs=[mb.TensorSpec(shape=(3,)), mb.StateTensorSpec(shape=(3,), dtype=types.fp16)],
                opset_version=ct.target.iOS18)
    def accumulate(x, memory):
        summed = mb.add(x=mb.read_state(input=memory), y=mb.cast(x=x, dtype="fp16"))
        return mb.cast(x=mb.coreml_update_state(state=memory, value=summed), dtype="fp32", name="y")

    @mb.program(input_specs=[mb.TensorSpec(shape=(256, 256))])
    def slow(x):
        for _ in range(100):
            x = mb.matmul(x=x, y=x)
        return mb.identity(x=x, name="y")

    return {
        "relu": saved(relu, folder / "relu.mlpackage"),
        "integers": saved(integers, folder / "integers.mlpackage"),
        "halves": saved(halves, folder / "halves.mlpackage", minimum_deployment_target=ct.target.iOS16,
                        compute_precision=ct.precision.FLOAT16),
        "total": saved(total, folder / "total.mlpackage"),
        "accumulate": saved(accumulate, folder / "accumulate.mlpackage", minimum_deployment_target=ct.target.iOS18),
        "slow": saved(slow, folder / "slow.mlpackage"),
        "picture": picture_model(folder),
        "classifier": classifier_model(folder),
        "functions": functions_model(folder),
    }


def picture_model(folder):
    """Halves every channel of an RGB image of width 6 and height 4."""
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 3, 4, 6))])
    def half(image):
        return mb.mul(x=image, y=0.5, name="darker")

    model = ct.convert(half, inputs=[ct.ImageType(name="image", shape=(1, 3, 4, 6))], convert_to="mlprogram",
                       minimum_deployment_target=ct.target.iOS16, skip_model_load=True)
    spec = model.get_spec()
    output = spec.description.output[0].type.imageType
    output.width, output.height, output.colorSpace = 6, 4, spec.description.input[0].type.imageType.colorSpace
    path = str(folder / "picture.mlpackage")
    ct.models.utils.save_spec(spec, path, weights_dir=model.weights_dir)
    return path


def classifier_model(folder):
    """A neural network: softmax of three scores, named "cat", "dog" and "cow"."""
    from coremltools.models import datatypes
    from coremltools.models.neural_network import NeuralNetworkBuilder

    builder = NeuralNetworkBuilder([("scores", datatypes.Array(3))], [("probability", None)], mode="classifier")
    builder.add_softmax("softmax", "scores", "softened")
    builder.set_class_labels(["cat", "dog", "cow"], prediction_blob="softened")
    path = folder / "classifier.mlmodel"
    path.write_bytes(builder.spec.SerializeToString())
    return str(path)


def functions_model(folder):
    """Two functions of one input x: "double" (the default) and "triple"."""
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb

    description = ct.utils.MultiFunctionDescriptor()
    for name, factor in (("double", 2.0), ("triple", 3.0)):

        @mb.program(input_specs=[mb.TensorSpec(shape=(2,))], opset_version=ct.target.iOS18)
        def times(x):
            return mb.mul(x=x, y=factor, name="y")

        part = saved(times, folder / f"{name}.mlpackage", minimum_deployment_target=ct.target.iOS18)
        description.add_function(part, "main", name)
    description.default_function_name = "double"
    path = str(folder / "functions.mlpackage")
    ct.utils.save_multifunction(description, path)
    return path
