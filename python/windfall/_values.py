"""Python's richer values on their way to the compiled module, which takes numbers, text, dicts, lists and arrays."""
import sys

import numpy

from .errors import InvalidArgument


def is_picture(value):
    """A PIL image? Without importing PIL for those who do not use it."""
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(value, pil.Image)


def _picture_array(image, feature):
    gray = feature is not None and feature.color_layout.startswith("GRAYSCALE")
    if image.mode not in ("RGB", "L", "F"):
        image = image.convert("L" if gray else "RGB")
    array = numpy.asarray(image)
    return array.astype(numpy.float16) if image.mode == "F" else array


def _plain_array(array):
    """An array that the buffer protocol can show to anybody: native byte order, no objects."""
    if array.dtype.kind in "OUS":
        return array.tolist()
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("="))
    if array.dtype.name == "bfloat16":  # ml_dtypes: no buffer protocol; fp32 holds every value
        return array.astype(numpy.float32)
    return array


def given(value, feature):
    """`value` as the compiled module takes it; `feature` is what the model declares (or None)."""
    if is_picture(value):
        return _picture_array(value, feature)
    if isinstance(value, (list, tuple)) and feature is not None and feature.kind in ("array", "image", "state"):
        try:
            value = numpy.asarray(value)
        except ValueError as error:
            raise InvalidArgument(f"input '{feature.name}': the nested lists are no array: {error}") from None
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, numpy.generic):
        return value.item() if value.dtype.kind in "biufUS" else value
    if isinstance(value, numpy.ndarray):
        return _plain_array(value)
    if getattr(value, "requires_grad", False):  # PyTorch does not lend such tensors
        return value.detach()
    return value


def picture(array):
    """An image output as PIL shows it: "RGB", "L", or "F" for 16-bit floating grayscale."""
    from PIL import Image

    if array.dtype == numpy.float16:
        return Image.fromarray(array.astype(numpy.float32))
    return Image.fromarray(array)


def array(value):
    """`value` as an array; what is one already stays as it is."""
    value = given(value, None)
    if isinstance(value, (int, float, list, tuple)):
        return numpy.asarray(value)
    return value
