"""Versions of the specification."""

# The newest one coremltools 9 knows; it refuses to load what is beyond.
NEWEST = 10

# An ML program says which system's operations it uses: "CoreML5" came with iOS 15 and specification 6, and so on.
_OPSET_PREFIX = "CoreML"


def _of_program(program):
    """The least version whose systems know every operation set the program uses; None if it names another kind."""
    opsets = [function.opset for function in program.functions.values()]
    numbers = [opset[len(_OPSET_PREFIX):] for opset in opsets if opset.startswith(_OPSET_PREFIX)]
    if not numbers or len(numbers) < len(opsets) or not all(number.isdigit() for number in numbers):
        return None
    return max(map(int, numbers)) + 1


def with_least_version(message):
    """The Model message with the least specification version it needs; as it was where that is not known.

    Known for ML programs, whose operation sets say it. Every other type keeps the version its converter chose.
    """
    from coremltools.proto import Model_pb2

    if not isinstance(message, bytes):
        raise TypeError(f"a serialized Model message is needed, not a {type(message).__name__}")
    model = Model_pb2.Model()
    model.ParseFromString(message)
    if model.WhichOneof("Type") != "mlProgram":
        return message
    least = _of_program(model.mlProgram)
    if least is None:
        return message
    model.specificationVersion = least
    return model.SerializeToString()
