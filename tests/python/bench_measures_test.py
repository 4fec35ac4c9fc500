"""The benchmark's statistics, on numbers one can work out by hand."""
import importlib.util
import math
import pathlib

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


measures = load(ROOT / "bench" / "measures.py")


def test_percentiles_are_values_that_occurred():
    values = list(range(100, 0, -1))
    assert measures.percentile(values, 0.5) == 50
    assert measures.percentile(values, 0.99) == 99
    assert measures.percentile([7.0], 0.99) == 7.0
    assert measures.percentile([1.0, 9.0], 0.5) == 1.0


def test_what_disturbs_a_round_does_not_disturb_the_ratio():
    ours = [[1.0, 1.0, 5.0], [10.0, 10.0, 10.0], [1.0, 1.0, 1.0]]  # the second round was ten times slower
    theirs = [[2.0, 2.0, 2.0], [20.0, 20.0, 20.0], [4.0, 4.0, 4.0]]
    assert measures.ratio(ours, theirs) == {"median": 0.5, "low": 0.25, "high": 0.5}


def test_latency_is_over_all_rounds():
    assert measures.latency([[1.0, 2.0], [3.0], [4.0]]) == {"p50": 2.0, "p99": 4.0, "runs": 4}


def test_geometric_mean():
    assert measures.geometric_mean([0.25, 4.0]) == pytest.approx(1.0)
    assert measures.geometric_mean([]) is None


def test_error_is_relative_to_the_scale_and_the_worst_output_counts():
    expected = {"a": np.array([0.0, -4.0]), "b": np.array([[1.0], [1.0]])}
    found = measures.error({"a": np.array([0.4, -4.0]), "b": np.array([1.0, 1.5], np.float32)}, expected)
    assert found["l_inf"] == pytest.approx(0.5)
    assert found["rms"] == pytest.approx(math.sqrt(0.125))


@pytest.mark.parametrize("answer", [{}, {"a": np.array([1.0])}, {"a": np.array([1.0, math.nan])}])
def test_a_missing_or_broken_output_is_infinitely_wrong(answer):
    assert measures.error(answer, {"a": np.array([1.0, 2.0])})["l_inf"] == math.inf
