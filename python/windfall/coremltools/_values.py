"""Values as Apple's module takes and gives them, where that differs from windfall.Model."""
import numpy

from .. import _values


def given(value, feature):
    """An input for `feature` (None if the model has no such input, which the library then says)."""
    value = _values.given(value, feature)
    if feature is None or not isinstance(value, numpy.ndarray):
        return value
    if feature.kind in ("int", "double") and value.size == 1:
        number = value.reshape(()).item()
        return int(number) if feature.kind == "int" else float(number)
    # Core ML converts to the declared type whatever comes; Windfall itself would refuse to lose a fraction.
    if feature.kind == "array" and feature.dtype.startswith("int") and value.dtype.kind == "f":
        return numpy.trunc(value)
    return value


def state_value(array):
    """An array as coremltools shows arrays: half precision as float32, single values of shape (1,)."""
    if array.dtype == numpy.float16:
        array = array.astype(numpy.float32)
    return array.reshape(1) if array.ndim == 0 else array


def presented(value, feature):
    """An output of `feature`."""
    if not isinstance(value, numpy.ndarray):
        return value
    if feature.kind != "image":
        return state_value(value)
    picture = _values.picture(value)
    return picture.convert("RGBA") if picture.mode == "RGB" else picture
