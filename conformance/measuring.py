"""What a test did: how often it predicted, how far its numbers were off, how it ended.

Comparisons are measured where coremltools' tests make them, in numpy.testing.assert_allclose. The tolerance they use for
fp16 models (0.5 absolute, 5 % relative, on inputs between 0 and 1) proves little, so a second, stricter limit is
applied to those: max |error| <= strict_fp16 * max(1, rms of the reference).

The other way round, some tests hold programs that compute in fp16 by declaration to fp32 limits, which the rounding of
one value to fp16 exceeds, in the expectation as in the prediction. These are held to four such roundings of the largest
value (4 * 2^-11). How often that happened is recorded and published.
"""
import functools
import importlib
import time

import numpy

record = {}  # of the test that runs in this process
_limits = {}
_last = {}  # the model that predicted last
_ROUNDINGS_FP16 = 4 * 2.0**-11
_FLOAT16 = 10  # of the format's DataType


class StrictMismatch(Exception):
    """Not an AssertionError: coremltools' compare_backend swallows those when its loose check passes."""


def install(settings):
    _limits["fp16"] = settings["strict_fp16"]
    coremltools = importlib.import_module("coremltools")
    for model in (coremltools.models.MLModel, coremltools.models.CompiledMLModel):
        model.predict = _counted(model.predict)
        model.make_state = _counted(model.make_state)
    numpy.testing.assert_allclose = _measured(numpy.testing.assert_allclose)
    if settings["run_xfails"]:
        # Tests stop themselves in front of faults of Apple's framework; here they may go on.
        pytest = importlib.import_module("pytest")
        pytest.xfail = lambda reason="": record.setdefault("xfails", []).append(reason)


def start(test_id):
    record.clear()
    _last.clear()
    record.update(id=test_id, outcome="passed", seconds=0.0, predicts=0, predict_seconds=0.0, comparisons=0)


def finish_record():
    for key in ("seconds", "predict_seconds"):
        record[key] = round(record[key], 3)


def note_phase(report, excinfo):
    """Setup, call and teardown of a test make one outcome: the first that is not `passed`."""
    record["seconds"] += report.duration
    if report.passed or record["outcome"] != "passed":
        return
    record["outcome"] = report.outcome
    if report.skipped:
        record["message"] = str(getattr(report, "wasxfail", None) or _skip_reason(report))[:300]
        if hasattr(report, "wasxfail"):
            record["outcome"] = "xfailed"
        return
    if excinfo and excinfo.errisinstance(NameError) and "'torch'" in str(excinfo.value):
        record.update(outcome="skipped", message="needs PyTorch and does not say so")
        return
    lines = [line for line in str(excinfo.value).splitlines() if line.strip()] if excinfo else []
    record.update(
        exception=excinfo.typename if excinfo else "",
        message=" | ".join(line.strip() for line in lines[:6])[:600],
        detail=report.longreprtext[-3000:],
    )


def _skip_reason(report):
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr


def _counted(predict):
    """Counts attempts: a model that fails to load or to run is a test that wanted a prediction."""

    @functools.wraps(predict)
    def counted(self, *arguments, **named):
        record["predicts"] = record.get("predicts", 0) + 1
        _last["model"] = self
        began = time.perf_counter()
        try:
            return predict(self, *arguments, **named)
        finally:
            record["predict_seconds"] = record.get("predict_seconds", 0.0) + time.perf_counter() - began

    return counted


def _measured(assert_allclose):
    def within_fp16_limit(error):
        return not _limits["fp16"] or error["absolute"] <= _limits["fp16"] * max(1.0, error["rms"])

    @functools.wraps(assert_allclose)
    def measured(actual, desired, rtol=1e-7, atol=0, *arguments, **named):
        error = _error(actual, desired) if record.get("predicts") else None
        loose = 0.5 <= atol < 100 and rtol >= 0.05  # from 100 on a test says that its numbers are random
        if error:
            record["comparisons"] += 1
            error.update(atol=float(atol), rtol=float(rtol))
            kind = "worst_fp16" if loose else "worst"
            if error["relative"] >= record.get(kind, {"relative": -1})["relative"]:
                record[kind] = error
        try:
            assert_allclose(actual, desired, rtol, atol, *arguments, **named)
        except AssertionError:
            if loose or not error or error["absolute"] > _ROUNDINGS_FP16 * error["largest"] or not _computes_in_fp16():
                raise
            record["held_to_fp16"] = True
        if error and loose and not within_fp16_limit(error):
            raise StrictMismatch(f"fp16 error {error['absolute']:.3g}, rms of the reference {error['rms']:.3g}")

    return measured


def _computes_in_fp16():
    """Whether the model that predicted last declares an fp16 value anywhere."""
    spec = _last["model"].get_spec() if hasattr(_last.get("model"), "get_spec") else None
    if spec is None or spec.WhichOneof("Type") != "mlProgram":
        return False
    blocks = [block for function in spec.mlProgram.functions.values()
              for block in function.block_specializations.values()]
    while blocks:
        for operation in blocks.pop().operations:
            blocks.extend(operation.blocks)
            if any(output.type.tensorType.dataType == _FLOAT16 for output in operation.outputs):
                return True
    return False


def _error(actual, desired):
    """Largest error, absolute and relative to the root mean square of the reference; None where there is no number."""
    try:
        actual, desired = numpy.asarray(actual, numpy.float64), numpy.asarray(desired, numpy.float64)
    except (TypeError, ValueError):
        return None
    if actual.shape != desired.shape or actual.size == 0:
        return None
    finite = numpy.isfinite(actual) & numpy.isfinite(desired)
    if not numpy.array_equal(actual[~finite], desired[~finite], equal_nan=True):
        return {"absolute": 1e300, "relative": 1e300, "rms": 0.0, "largest": 0.0}  # infinite, as JSON can say it
    if not finite.any():
        return {"absolute": 0.0, "relative": 0.0, "rms": 0.0, "largest": 0.0}
    rms = float(numpy.sqrt(numpy.mean(desired[finite] ** 2)))
    absolute = float(numpy.abs(actual - desired)[finite].max())
    largest = float(numpy.abs(desired[finite]).max())
    return {"absolute": absolute, "relative": absolute / max(rms, 1e-12), "rms": rms, "largest": largest}
