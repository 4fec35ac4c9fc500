#!/usr/bin/env python3
"""Makes tests/formats/data/every_feature.mlmodel with coremltools' own messages: every feature type, every kind of
literal, a program with nested blocks. What our reader must find in it is written down in tests/formats/mlmodel_test.cpp.

usage: make_every_feature.py OUTPUT.mlmodel
"""

import os
import sys

os.environ.setdefault("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")

import coremltools as ct  # noqa: E402
from coremltools.converters.mil import Builder as mb  # noqa: E402
from coremltools.proto import MIL_pb2 as mil  # noqa: E402


@mb.program(input_specs=[mb.TensorSpec((1, 4))], opset_version=ct.target.iOS15)
def program(x):
    positive = mb.greater(x=mb.reduce_sum(x=x, axes=[0, 1], keep_dims=False), y=0.0)
    return mb.cond(pred=positive, _true_fn=lambda: mb.add(x=x, y=1.0), _false_fn=lambda: mb.mul(x=x, y=2.0))


def add_feature(features, name, optional=False):
    feature = features.add(name=name, shortDescription="about " + name)
    feature.type.isOptional = optional
    return feature.type


def describe(description):
    inputs = description.input
    add_feature(inputs, "int64").int64Type.SetInParent()
    add_feature(inputs, "double", optional=True).doubleType.SetInParent()
    add_feature(inputs, "string").stringType.SetInParent()
    for name, space in (("gray", 10), ("rgb", 20), ("bgr", 30), ("gray16", 40)):
        image = add_feature(inputs, name).imageType
        image.width, image.height, image.colorSpace = 5, 7, space
    image.enumeratedSizes.sizes.add(width=3, height=4)
    image = add_feature(inputs, "image_range").imageType
    image.width, image.height, image.colorSpace = 5, 7, 20
    image.imageSizeRange.widthRange.lowerBound, image.imageSizeRange.widthRange.upperBound = 1, -1
    image.imageSizeRange.heightRange.lowerBound, image.imageSizeRange.heightRange.upperBound = 2, 9
    arrays = {}
    for name, code in (("f32", 65568), ("f64", 65600), ("i32", 131104), ("i8", 131080), ("f16", 65552)):
        arrays[name] = add_feature(inputs, name, optional=True).multiArrayType
        arrays[name].dataType = code
        arrays[name].shape.extend([2, 3])
    arrays["f32"].floatDefaultValue = 0.1
    arrays["f64"].doubleDefaultValue = 0.1
    arrays["i32"].intDefaultValue = -7
    for lower, upper in ((1, -1), (3, 3)):
        arrays["i8"].shapeRange.sizeRanges.add(lowerBound=lower, upperBound=upper)
    for shape in ([2, 3], [4, 5]):
        arrays["f16"].enumeratedShapes.shapes.add(shape=shape)
    add_feature(inputs, "int64_keys").dictionaryType.int64KeyType.SetInParent()
    add_feature(inputs, "string_keys").dictionaryType.stringKeyType.SetInParent()
    sequence = add_feature(inputs, "int64_sequence").sequenceType
    sequence.int64Type.SetInParent()
    sequence.sizeRange.lowerBound, sequence.sizeRange.upperBound = 1, -1
    sequence = add_feature(inputs, "string_sequence").sequenceType
    sequence.stringType.SetInParent()
    sequence.sizeRange.upperBound = 5
    state = add_feature(description.state, "memory").stateType.arrayType
    state.dataType = 65552
    state.shape.extend([4])
    add_feature(description.trainingInput, "truth").int64Type.SetInParent()
    function = description.functions.add(name="other", predictedFeatureName="p", predictedProbabilitiesName="q")
    add_feature(function.input, "x").int64Type.SetInParent()
    description.defaultFunctionName = "other"
    description.predictedFeatureName = "label"
    description.predictedProbabilitiesName = "scores"
    metadata = description.metadata
    metadata.shortDescription, metadata.versionString, metadata.author, metadata.license = "short", "1.2", "Å", "free"
    metadata.userDefined.clear()
    metadata.userDefined["key"] = "value"


def tensor(value, dtype, shape):
    value.type.tensorType.dataType = dtype
    value.type.tensorType.rank = len(shape)
    for size in shape:
        value.type.tensorType.dimensions.add().constant.size = size
    return value.immediateValue.tensor


def add_literals(attributes):
    tensor(attributes["int64"], mil.INT64, [2]).longInts.values.extend([-1, 2**62])
    tensor(attributes["uint64"], mil.UINT64, [1]).longInts.values.extend([-1])
    tensor(attributes["fp64"], mil.FLOAT64, [2]).doubles.values.extend([0.1, float("inf")])
    tensor(attributes["fp32"], mil.FLOAT32, [2, 1]).floats.values.extend([0.5, -2.0])
    tensor(attributes["fp16"], mil.FLOAT16, [2]).bytes.values = b"\x00\x3c\x00\xc0"  # 1, -2
    tensor(attributes["bf16"], mil.BFLOAT16, [1]).bytes.values = b"\x80\x3f"  # 1
    tensor(attributes["int32"], mil.INT32, [2]).ints.values.extend([-(2**31), 5])
    tensor(attributes["int16"], mil.INT16, [2]).ints.values.extend([-5, 5])
    tensor(attributes["uint16"], mil.UINT16, [1]).ints.values.extend([65535])
    tensor(attributes["int8"], mil.INT8, [2]).bytes.values = b"\xff\x01"
    tensor(attributes["uint32"], mil.UINT32, [1]).bytes.values = b"\xff\xff\xff\xff"
    tensor(attributes["int4"], mil.INT4, [3]).bytes.values = b"\x1f\x08"  # -1, 1, -8
    tensor(attributes["uint3"], mil.UINT3, [3]).bytes.values = b"\x88\x00"  # 0, 1, 2
    tensor(attributes["bool"], mil.BOOL, [3]).bools.values.extend([True, False, True])
    tensor(attributes["string"], mil.STRING, [2]).strings.values.extend(["", "ü"])
    tensor(attributes["empty"], mil.INT32, [0]).ints.SetInParent()
    attributes["bool"].docString = "documented"

    pair = attributes["tuple"]
    for i in range(2):
        item = pair.immediateValue.tuple.values.add()
        tensor(item, mil.INT32, []).ints.values.extend([i])
        pair.type.tupleType.types.add().CopyFrom(item.type)
    mapping = attributes["dict"]
    entry = mapping.immediateValue.dictionary.values.add()
    tensor(entry.key, mil.STRING, []).strings.values.extend(["k"])
    tensor(entry.value, mil.FLOAT32, [2]).floats.values.extend([1, 2])
    mapping.type.dictionaryType.keyType.CopyFrom(entry.key.type)
    mapping.type.dictionaryType.valueType.CopyFrom(entry.value.type)
    listing = attributes["list"]
    item = listing.immediateValue.list.values.add()
    tensor(item, mil.FLOAT32, [2]).floats.values.extend([3, 4])
    listing.type.listType.type.CopyFrom(item.type)
    listing.type.listType.length.constant.size = 1


def main(path):
    model = ct.convert(program, convert_to="mlprogram", minimum_deployment_target=ct.target.iOS15,
                       compute_precision=ct.precision.FLOAT32, pass_pipeline=ct.PassPipeline.EMPTY,
                       skip_model_load=True)
    spec = model.get_spec()
    describe(spec.description)
    add_literals(spec.mlProgram.functions["main"].attributes)
    spec.mlProgram.docString = "a program"
    spec.mlProgram.attributes.clear()
    spec.isUpdatable = True
    with open(path, "wb") as file:
        file.write(spec.SerializeToString(deterministic=True))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
