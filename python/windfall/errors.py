"""Exceptions: one class for each kind of error, all of them windfall.Error.

Every exception carries `code` (stable, for programs), `message` (which file and operation, what was found, what was
expected) and `hint` (what to do about it, perhaps empty).
"""


class Error(Exception):
    """The base of all errors that Windfall raises."""

    code = "unknown"

    def __init__(self, message, hint=""):
        super().__init__(f"{message} ({hint})" if hint else message)
        self.message = message
        self.hint = hint

    def __reduce__(self):  # so that it crosses processes
        return type(self), (self.message, self.hint)


class InvalidArgument(Error, ValueError):
    """The caller's input does not fit the model or the call."""

    code = "invalid_argument"


class NotFound(Error, FileNotFoundError):
    """No such file, function, feature or state."""

    code = "not_found"


class BadModel(Error):
    """A file (model, arrays, image) is damaged or breaks its format's rules."""

    code = "bad_model"


class Unsupported(Error, NotImplementedError):
    """Understood, but Windfall cannot run it: the message names what and why."""

    code = "unsupported"


class DeadlineExceeded(Error, TimeoutError):
    """Stopped because its time was over."""

    code = "deadline_exceeded"


class EnvironmentFault(Error, OSError):
    """Disk, permission or memory of this machine."""

    code = "environment"


class WeightsMissing(BadModel):
    """The program is there, its weight file is not."""

    code = "weights_missing"


class OperationFault(Error, RuntimeError):
    """An operation met values it is not defined on."""

    code = "runtime"


class InternalFault(Error, RuntimeError):
    """A fault of Windfall's own: please report it."""

    code = "internal"


_CLASSES = {
    each.code: each
    for each in (InvalidArgument, NotFound, BadModel, Unsupported, DeadlineExceeded, EnvironmentFault, WeightsMissing,
                 OperationFault, InternalFault)
}


def from_code(code, message, hint):
    """The exception that stands for an error of the library; called by the compiled module."""
    return _CLASSES.get(code, InternalFault)(message, hint)
