"""Errors as coremltools' callers expect them: RuntimeError with one text."""
import contextlib

from ..errors import Error, OperationFault


@contextlib.contextmanager
def as_runtime_error(template="{}", operation_template="{}"):
    """Windfall's errors, and those of the disk, become RuntimeErrors: `template` with the message filled in, or
    `operation_template` where an operation met values it is not defined on."""
    try:
        yield
    except OperationFault as error:
        raise RuntimeError(template.format(operation_template.format(error))) from error
    except (Error, OSError) as error:
        raise RuntimeError(template.format(error)) from error
