"""What a test did: how often it predicted, how far its numbers were off, how it ended.

Comparisons are measured where coremltools' tests make them, in numpy.testing.assert_allclose. The tolerance they use for
fp16 models (0.5 absolute, 5 % relative, on inputs between 0 and 1) proves little, so a second, stricter limit is
applied to those: max |error| <= strict_fp16 * max(1, rms of the reference).
"""
import functools
import importlib
import time

import numpy

record = {}  # of the test that runs in this process
_limits = {}


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
        began = time.perf_counter()
        try:
            return predict(self, *arguments, **named)
        finally:
            record["predict_seconds"] = record.get("predict_seconds", 0.0) + time.perf_counter() - began

    return counted


def _measured(assert_allclose):
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
        assert_allclose(actual, desired, rtol, atol, *arguments, **named)
        if error and loose and _limits["fp16"] and error["absolute"] > _limits["fp16"] * max(1.0, error["rms"]):
            raise StrictMismatch(f"fp16 error {error['absolute']:.3g}, rms of the reference {error['rms']:.3g}")

    return measured


def _error(actual, desired):
    """Largest absolute error, and relative to the root mean square of the reference; None where there is no number."""
    try:
        actual, desired = numpy.asarray(actual, numpy.float64), numpy.asarray(desired, numpy.float64)
    except (TypeError, ValueError):
        return None
    if actual.shape != desired.shape or actual.size == 0:
        return None
    finite = numpy.isfinite(actual) & numpy.isfinite(desired)
    if not numpy.array_equal(actual[~finite], desired[~finite], equal_nan=True):
        return {"absolute": 1e300, "relative": 1e300, "rms": 0.0}  # infinite, as JSON can say it
    if not finite.any():
        return {"absolute": 0.0, "relative": 0.0, "rms": 0.0}
    rms = float(numpy.sqrt(numpy.mean(desired[finite] ** 2)))
    absolute = float(numpy.abs(actual - desired)[finite].max())
    return {"absolute": absolute, "relative": absolute / max(rms, 1e-12), "rms": rms}
