"""Errors as coremltools' callers expect them: RuntimeError with one text."""
import contextlib

from ..errors import Error


@contextlib.contextmanager
def as_runtime_error(template="{}"):
    """Windfall's errors become RuntimeErrors of the text `template` with the message filled in."""
    try:
        yield
    except Error as error:
        raise RuntimeError(template.format(error)) from error
