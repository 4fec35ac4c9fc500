"""What the suite consists of: coremltools' own test files, in stages, and the lists that qualify them."""
import dataclasses
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
MIL = "converters/mil"
TORCH = f"{MIL}/frontend/torch/test"


@dataclasses.dataclass(frozen=True)
class Stage:
    name: str
    what: str
    tests: tuple  # files and folders below the coremltools package
    k: int = 0  # cases per test function, backend and frontend; 0: all of them
    left_out: tuple = ()  # of those, files that are not even imported
    # Helpers of the tests that look at sys.platform while they are imported; they are told it is a Mac before.
    platform_modules: tuple = ()


STAGES = {
    stage.name: stage
    for stage in (
        Stage("mil_ops", "MIL operations, one program per case, expectations by NumPy", (f"{MIL}/mil/ops/tests",)),
        Stage(
            "nn_layers",
            "neural-network layers and the neural-network back end",
            ("test/neural_network", f"{MIL}/backend/nn"),
        ),
        Stage("torch_ops", "PyTorch operations through the converter, expectations by PyTorch", (TORCH,), k=4),
        Stage("passes", "graph passes: the model before and after", (f"{MIL}/mil/passes/tests", f"{MIL}/backend/mil")),
        Stage(
            "compression",
            "compressed weights, compared with their decompressed twins",
            (
                "test/optimize/coreml",
                "optimize/coreml",
                f"{MIL}/mil/ops/tests/iOS18/test_compression.py",
                f"{MIL}/mil/ops/tests/iOS16/test_constexpr_ops.py",
                "test/optimize/torch/conversion",
            ),
            platform_modules=(
                "coremltools.test.optimize.torch.utils",
                "coremltools.test.optimize.torch.conversion.conversion_utils",
            ),
        ),
        Stage(
            "api",
            "the Python interface: packages, states, pipelines, compute plans, debugging tools",
            (
                "test/api",
                "test/blob",
                "test/ml_program",
                "test/modelpackage",
                "test/pipeline",
                f"{MIL}/test_inputs_outputs_shape.py",
                f"{MIL}/mil/tests",
                f"{MIL}/frontend/milproto",
                f"{TORCH}/test_torch_stateful_model.py",
                f"{TORCH}/test_torch_conversion_api.py",
            ),
        ),
        Stage("classical", "scikit-learn, XGBoost and LIBSVM converters", ("test/sklearn_tests", "test/xgboost_tests")),
    )
}

# What ./dev test runs: no PyTorch, a few minutes.
SLICE = Stage(
    "slice",
    "MIL operations whose expectations need no PyTorch, one case each",
    (f"{MIL}/mil/ops/tests",),
    k=1,
    left_out=tuple(
        f"{MIL}/mil/ops/tests/{file}.py"
        for file in ("iOS17/test_quantization", "iOS18/test_recurrent", "iOS18/test_transformers")
    ),
)


def read_list(name):
    """[(compiled pattern, reason)] of a list file: `PATTERN  --  REASON` a line, on test ids; `#` starts a comment."""
    entries = []
    for number, line in enumerate((HERE / name).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pattern, separator, reason = line.partition("  --  ")
        if not separator or not reason.strip():
            raise SystemExit(f"{name}:{number}: expected `PATTERN  --  REASON`, found: {line}")
        entries.append((re.compile(pattern.strip()), reason.strip()))
    return entries


def reason_for(test_id, entries):
    return next((reason for pattern, reason in entries if pattern.search(test_id)), None)
