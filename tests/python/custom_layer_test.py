"""Custom layers implemented in Python."""
import numpy as np
import pytest

import windfall


@pytest.fixture
def register():
    names = []

    def add(name, *functions):
        names.append(name)
        windfall.register_custom_layer(name, *functions)

    yield add
    for name in names:
        windfall.forget_custom_layer(name)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """x [2, 3] -> Net.Scale(factor=2.5, weights [1, 2, 3, 4, 5, 6]) -> y [2, 3]."""
    from coremltools.models import datatypes
    from coremltools.models.neural_network import NeuralNetworkBuilder
    from coremltools.proto import NeuralNetwork_pb2

    custom = NeuralNetwork_pb2.CustomLayerParams()
    custom.className = "Net.Scale"
    custom.parameters["factor"].doubleValue = 2.5
    custom.weights.add().floatValue.extend([1, 2, 3, 4, 5, 6])
    builder = NeuralNetworkBuilder([("x", datatypes.Array(2, 3))], [("y", datatypes.Array(2, 3))],
                                   disable_rank5_shape_mapping=True)
    builder.add_custom("scale", ["x"], ["y"], custom)
    path = tmp_path_factory.mktemp("custom") / "scale.mlmodel"
    path.write_bytes(builder.spec.SerializeToString())
    return str(path)


X = np.array([[1, -2, 3], [4, 0, -6]], np.float32)


def test_evaluates(register, network):
    calls = []

    def scale(call):
        calls.append(call)
        return call.inputs[0] * call.parameters["factor"] + call.weights[0].reshape(2, 3)

    register("Net.Scale", scale)
    np.testing.assert_array_equal(windfall.Model(network).predict({"x": X})["y"], X * 2.5 + [[1, 2, 3], [4, 5, 6]])
    assert (calls[-1].class_name, calls[-1].layer_name) == ("Net.Scale", "scale")
    assert calls[-1].outputs == (("float32", (2, 3)),)


def test_is_refused_by_name_until_registered(network):
    with pytest.raises(windfall.Unsupported, match="Net.Scale"):
        windfall.Model(network)


def test_faults_name_the_layer_and_leave_the_process_alone(register, network):
    def broken(call):
        return {}["missing"]

    register("Net.Scale", broken)
    model = windfall.Model(network)
    with pytest.raises(windfall.Error, match="Net.Scale.*KeyError: 'missing'"):
        model.predict({"x": X})
    register("Net.Scale", lambda call: "no array")
    with pytest.raises(windfall.Error, match="Net.Scale.*output 0 is no array"):
        model.predict({"x": X})
    register("Net.Scale", lambda call: np.zeros(5, np.float32))
    with pytest.raises(windfall.Error, match="Net.Scale"):
        model.predict({"x": X})
    register("Net.Scale", lambda call: call.inputs[0])
    np.testing.assert_array_equal(model.predict({"x": X})["y"], X)


def test_output_shapes(register, network):
    asked = []

    def shapes(inputs, parameters):
        asked.append((inputs, parameters))
        return [[inputs[0][0], 1]]

    register("Net.Scale", lambda call: call.inputs[0].sum(axis=1, keepdims=True), shapes)
    np.testing.assert_array_equal(windfall.Model(network).predict({"x": X})["y"], [[2], [-2]])
    assert asked[0] == ([[2, 3]], {"factor": 2.5})
    register("Net.Scale", lambda call: call.inputs[0], lambda inputs, parameters: ["no shape"])
    with pytest.raises(windfall.Error, match="Net.Scale"):
        windfall.Model(network)


def test_a_name_is_needed():
    with pytest.raises(windfall.InvalidArgument):
        windfall.register_custom_layer("", lambda call: [])
