"""What a model takes and gives, as its file describes it."""
from __future__ import annotations

from dataclasses import dataclass, field

_NUMPY_NAMES = {"fp16": "float16", "fp32": "float32", "fp64": "float64", "bf16": "bfloat16"}


def numpy_name(dtype: str) -> str:
    """NumPy's name of a dtype that the format calls "fp16"."""
    return _NUMPY_NAMES.get(dtype, dtype)


@dataclass(frozen=True)
class Feature:
    """One input, output or state."""

    name: str
    kind: str
    """"array", "image", "dictionary", "sequence", "int", "double", "string" or "state"."""
    text: str
    """All of it in words: "MultiArray (Float32 1 x 3), optional"."""
    doc: str = ""
    optional: bool = False
    dtype: str = ""
    """NumPy's name ("float32") for arrays, states and images."""
    shape: tuple[int, ...] = ()
    """The usual shape of arrays, states and images ([height, width, 3]); () where the model leaves it open."""
    enumerated_shapes: tuple[tuple[int, ...], ...] = ()
    """The only shapes allowed, if any; (height, width) for images."""
    shape_ranges: tuple[tuple[int, int | None], ...] = ()
    """Least and greatest size (None: unbounded) of each dimension, if they may vary."""
    default: float | None = None
    """What fills an optional array that was left out."""
    color_layout: str = ""
    """"RGB", "BGR", "GRAYSCALE" or "GRAYSCALE_FLOAT16" for images."""
    key: str = ""
    """"int" or "str": keys of a dictionary, elements of a sequence."""


@dataclass(frozen=True)
class Description:
    """What a model file says about its model, or about the function of it that was loaded."""

    container: str
    """".mlmodel", ".mlpackage" or ".mlmodelc"."""
    type: str
    """"mlProgram", "neuralNetwork", "neuralNetworkClassifier", "pipeline", ..."""
    specification_version: int
    inputs: tuple[Feature, ...]
    outputs: tuple[Feature, ...]
    states: tuple[Feature, ...] = ()
    functions: tuple[str, ...] = ()
    """Of a multifunction model; empty otherwise."""
    short_description: str = ""
    version: str = ""
    author: str = ""
    license: str = ""
    user_defined: dict[str, str] = field(default_factory=dict)
    predicted_feature_name: str = ""
    predicted_probabilities_name: str = ""
    updatable: bool = False
    why_not: str = ""
    """Why the model cannot run here; empty if it can."""


def _feature(plain):
    return Feature(**{**plain, "dtype": numpy_name(plain.get("dtype", ""))})


def from_core(plain):
    """A Description from what the compiled module tells."""
    features = {name: tuple(_feature(each) for each in plain[name]) for name in ("inputs", "outputs", "states")}
    return Description(**{**plain, **features})
