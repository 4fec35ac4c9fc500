"""Errors as coremltools' callers expect them: RuntimeError with one text."""
import contextlib

from ..errors import Error


@contextlib.contextmanager
def as_runtime_error(template="{}"):
    """Windfall's errors, and those of the disk, become RuntimeErrors: `template` with the message filled in."""
    try:
        yield
    except (Error, OSError) as error:
        raise RuntimeError(template.format(error)) from error
