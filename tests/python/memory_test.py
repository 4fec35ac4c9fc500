"""Models that are dropped give everything back: memory, mapped weights, open files."""
import os
import pathlib

import numpy as np
import pytest
from conftest import saved
from coremltools.converters.mil import Builder as mb

import windfall

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="asks Linux what the process holds")

ROUNDS = 300
WEIGHT_MB = 1
ALLOWED_MB = 10  # of ROUNDS x WEIGHT_MB, had every model stayed


def resident_mb():
    pages = int(pathlib.Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def files_and_maps(path):
    maps = pathlib.Path("/proc/self/maps").read_text(encoding="utf-8")
    return len(os.listdir("/proc/self/fd")), maps.count(str(path))


def test_load_predict_drop(tmp_path):
    width = 512
    weight = np.ones((WEIGHT_MB * 2**20 // 4 // width, width), np.float32)

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, width))])
    def product(x):
        return mb.linear(x=x, weight=weight, name="y")

    path = saved(product, tmp_path / "product.mlpackage")
    x = np.ones((1, width), np.float32)

    def use():
        outputs = windfall.Model(path).predict({"x": x})
        assert outputs["y"][0, 0] == width

    for _ in range(20):  # pools fill, modules load
        use()
    memory, (files, maps) = resident_mb(), files_and_maps(path)
    assert maps == 0
    for _ in range(ROUNDS):
        use()
    assert resident_mb() - memory < ALLOWED_MB
    assert files_and_maps(path) == (files, 0)
