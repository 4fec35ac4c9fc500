"""Pictures in and out."""
import numpy as np
import pytest
from PIL import Image

import windfall

PIXELS = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
HALVED = np.round(PIXELS.astype(np.float64) / 2)  # NumPy rounds to even, as the presentation does


def test_pil_in_and_out(models):
    model = windfall.Model(models["picture"])
    darker = model.predict({"image": Image.fromarray(PIXELS)})["darker"]
    assert (darker.mode, darker.size) == ("RGB", (6, 4))
    np.testing.assert_array_equal(np.asarray(darker), HALVED)


def test_arrays_in_and_out(models):
    model = windfall.Model(models["picture"], image_outputs="array")
    np.testing.assert_array_equal(model.predict({"image": PIXELS})["darker"], HALVED)
    with pytest.raises(windfall.InvalidArgument):
        windfall.Model(models["picture"], image_outputs="png")


def test_other_modes_are_converted(models):
    model = windfall.Model(models["picture"], image_outputs="array")
    with_alpha = Image.fromarray(PIXELS).convert("RGBA")
    np.testing.assert_array_equal(model.predict({"image": with_alpha})["darker"], HALVED)


def test_wrong_size_is_named(models):
    with pytest.raises(windfall.InvalidArgument, match="width 6 and height 4"):
        windfall.Model(models["picture"]).predict({"image": Image.new("RGB", (5, 4))})
