"""windfall.info and windfall.parity."""
import numpy as np
import pytest

import windfall


def test_info(models):
    facts = windfall.info(models["halves"])
    assert facts["kind"] == "ML Program" and facts["precision"] == "fp16"
    assert facts["operations"] == {"mul": 1}
    assert facts["refusals"] == [] and facts["parts"] == []
    with pytest.raises(windfall.NotFound):
        windfall.info("/nowhere.mlmodel")


def test_parity(models):
    report = windfall.parity(models["halves"], {"x": [1.0, 3.0, 5.0, 2.0**-24]})
    assert report.passed and report.budget == "fp16"
    # Half of the smallest fp16 number rounds to 0: the only error, 2^-25.
    assert report.outputs[0].max_abs == 2.0**-25
    assert report.outputs[0].worst_at == (3,)
    assert windfall.parity(models["relu"]).passed
    with pytest.raises(windfall.InvalidArgument, match="fp32, fp16"):
        windfall.parity(models["relu"], budget="fp64")


def test_parity_finds_where_engines_part(models):
    x = np.full((4,), 2.0**-24)
    report = windfall.parity(models["halves"], {"x": x})
    assert not report.passed
    operation, finding = report.first_parting
    assert operation.startswith("mul") and finding.max_rel == 1.0
