"""windfall.Model: values in and out, states, functions, errors, threads."""
import pickle
import signal
import threading
import time

import numpy as np
import pytest

import windfall

X = np.array([[1, -2, 3], [-4, 5, -6]], np.float32)
RELU = np.maximum(X + 1, 0)


@pytest.fixture
def relu(models):
    return windfall.Model(models["relu"])


def test_predicts(relu):
    outputs = relu.predict({"x": X})
    assert list(outputs) == ["y"] and outputs["y"].dtype == np.float32
    np.testing.assert_array_equal(outputs["y"], RELU)


@pytest.mark.parametrize("given", [
    X.tolist(), tuple(map(tuple, X.tolist())), X.astype(np.float64), X.astype(np.float16), X.astype(np.int64),
    X.astype(np.int8), X.astype(">f4"), np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X[::-1][::-1],
    memoryview(X),
], ids=["list", "tuple", "f64", "f16", "i64", "i8", "big-endian", "fortran", "strided", "reversed", "memoryview"])
def test_takes_any_array(relu, given):
    np.testing.assert_array_equal(relu.predict({"x": given})["y"], RELU)


def test_takes_read_only_bool_and_unsigned(relu):
    mask = np.array([[True, False, True], [False, False, True]])
    mask.flags.writeable = False
    np.testing.assert_array_equal(relu.predict({"x": mask})["y"], mask + 1.0)
    np.testing.assert_array_equal(relu.predict({"x": mask.astype(np.uint8)})["y"], mask + 1.0)


def test_takes_dlpack(relu):
    class Lent:
        """Nothing but DLPack, as other libraries' arrays offer it."""

        def __dlpack__(self, **options):
            return X.copy().__dlpack__(**options)

        def __dlpack_device__(self):
            return X.__dlpack_device__()

    np.testing.assert_array_equal(relu.predict({"x": Lent()})["y"], RELU)


def test_takes_torch(relu):
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(X.copy())
    for given in (tensor, tensor.T.contiguous().T, tensor.bfloat16(), tensor.clone().requires_grad_()):
        np.testing.assert_array_equal(relu.predict({"x": given})["y"], RELU)


def test_outputs_are_the_callers_own(relu):
    first = relu.predict({"x": X})["y"]
    kept = first.copy()
    first += 100  # writable
    np.testing.assert_array_equal(relu.predict({"x": X})["y"], kept)


def test_single_values_have_one_dimension(models):
    output = windfall.Model(models["total"]).predict({"x": [1, 2, 4]})["y"]
    assert output.shape == (1,) and output[0] == 7


def test_half_precision_stays(models):
    output = windfall.Model(models["halves"]).predict({"x": np.array([1, 3, 5, 7], np.float16)})["y"]
    assert output.dtype == np.float16
    np.testing.assert_array_equal(output, [0.5, 1.5, 2.5, 3.5])


def test_integers_lose_nothing(models):
    model = windfall.Model(models["integers"])
    np.testing.assert_array_equal(model.predict({"n": np.array([1.0, 2.0, 3.0])})["sum"], [11, 22, 33])
    with pytest.raises(windfall.InvalidArgument, match="element 1 is 2.5"):
        model.predict({"n": np.array([1.0, 2.5, 3.0])})


def test_classifier(models):
    outputs = windfall.Model(models["classifier"]).predict({"scores": [0.0, np.log(2), 0.0]})
    assert outputs["classLabel"] == "dog"
    probabilities = next(value for value in outputs.values() if isinstance(value, dict))
    assert probabilities == pytest.approx({"cat": 0.25, "dog": 0.5, "cow": 0.25}, abs=1e-6)
    assert all(type(value) is float for value in probabilities.values())


def test_batch(relu):
    outputs = relu.predict_batch([{"x": X}, {"x": -X}])
    np.testing.assert_array_equal(outputs[0]["y"], RELU)
    np.testing.assert_array_equal(outputs[1]["y"], np.maximum(1 - X, 0))


def test_states(models):
    model = windfall.Model(models["accumulate"])
    name = model.description.states[0].name
    one, other = model.new_state(), model.new_state()
    assert one.names == [name]
    given = np.array([1, 2, 3], np.float32)
    model.predict({"x": given}, one)
    given[:] = 0  # the state must not show the caller's memory
    np.testing.assert_array_equal(model.predict({"x": [1, 1, 1]}, one)["y"], [2, 3, 4])
    np.testing.assert_array_equal(one.read(name), [2, 3, 4])
    np.testing.assert_array_equal(other.read(name), [0, 0, 0])
    other.write(name, [5, 6, 7])
    np.testing.assert_array_equal(model.predict({"x": [0, 0, 1]}, other)["y"], [5, 6, 8])
    with pytest.raises(windfall.NotFound):
        one.read("nothing")
    with pytest.raises(windfall.InvalidArgument, match="shape"):
        one.write(name, [1, 2])
    with pytest.raises(windfall.InvalidArgument, match="new_state"):
        model.predict({"x": given})


def test_functions(models):
    assert windfall.describe(models["functions"]).functions == ("double", "triple")
    np.testing.assert_array_equal(windfall.Model(models["functions"]).predict({"x": [1, 2]})["y"], [2, 4])
    triple = windfall.Model(models["functions"], function="triple")
    np.testing.assert_array_equal(triple.predict({"x": [1, 2]})["y"], [3, 6])
    with pytest.raises(windfall.NotFound):
        windfall.Model(models["functions"], function="quadruple")


def test_description(models):
    description = windfall.Model(models["relu"]).description
    assert (description.type, description.container) == ("mlProgram", ".mlpackage")
    feature = description.inputs[0]
    assert (feature.name, feature.kind, feature.dtype, feature.shape) == ("x", "array", "float32", (2, 3))
    assert "com.github.apple.coremltools.version" in description.user_defined
    assert windfall.describe(models["relu"]) == description


@pytest.mark.parametrize("given, text", [
    ({}, "missing"), ({"x": X, "z": X}, "no input 'z'"), ({"x": X[:1]}, "2 x 3"), ({"x": "text"}, "string"),
    ({"x": object()}, "type object"), ({"x": X.astype(np.complex64)}, "dtype"), ({"x": [[1], [2, 3]]}, "no array"),
    ({1: X}, "name"),
])
def test_wrong_inputs_are_named(relu, given, text):
    with pytest.raises(windfall.InvalidArgument, match=text) as caught:
        relu.predict(given)
    assert isinstance(caught.value, ValueError) and caught.value.code == "invalid_argument"


def test_errors(tmp_path, models):
    with pytest.raises(FileNotFoundError) as caught:
        windfall.Model(str(tmp_path / "none.mlmodel"))
    assert caught.value.code == "not_found" and "none.mlmodel" in caught.value.message
    (tmp_path / "bad.mlmodel").write_bytes(b"\x08\x04\x12\xff")
    with pytest.raises(windfall.BadModel):
        windfall.Model(tmp_path / "bad.mlmodel")
    with pytest.raises(windfall.Error, match="reference:exact"):
        windfall.Model(models["relu"], engine="none")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is windfall.NotFound and again.message == caught.value.message


def test_timeout(models):
    model = windfall.Model(models["slow"])
    x = np.eye(256, dtype=np.float32)
    with pytest.raises(TimeoutError):
        model.predict({"x": x}, timeout=0.0)
    np.testing.assert_array_equal(model.predict({"x": x}, timeout=600)["y"], x)
    with pytest.raises(windfall.InvalidArgument):
        model.predict({"x": x}, timeout=float("nan"))


def test_other_threads_run_meanwhile(models):
    """While one thread predicts, another must be able to take the GIL: seen from before its end."""
    model = windfall.Model(models["slow"])
    x = np.eye(256, dtype=np.float32)
    inside, steps = threading.Event(), []

    def predict():
        inside.set()
        model.predict({"x": x})
        steps.append("predicted")

    worker = threading.Thread(target=predict)
    worker.start()
    inside.wait()
    while worker.is_alive():
        steps.append("counted")
    worker.join()
    assert steps.index("predicted") > 10


def test_signals_stop_a_prediction(models):
    """Measured in processor time, so that a busy machine changes nothing."""
    model = windfall.Model(models["slow"])
    inputs = {"x": np.eye(256, dtype=np.float32)}
    began = time.process_time()
    model.predict(inputs)
    whole = time.process_time() - began

    class Rang(Exception):
        pass

    def ring(number, frame):
        raise Rang

    before = signal.signal(signal.SIGVTALRM, ring)
    try:
        began = time.process_time()
        with pytest.raises(Rang):
            signal.setitimer(signal.ITIMER_VIRTUAL, whole / 10)
            model.predict(inputs)
        assert time.process_time() - began < whole / 2
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    np.testing.assert_array_equal(model.predict(inputs)["y"], inputs["x"])


def test_one_model_in_many_threads(relu):
    failures = []

    def predict(factor):
        for _ in range(50):
            if not np.array_equal(relu.predict({"x": X * factor})["y"], np.maximum(X * factor + 1, 0)):
                failures.append(factor)

    threads = [threading.Thread(target=predict, args=(factor,)) for factor in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
