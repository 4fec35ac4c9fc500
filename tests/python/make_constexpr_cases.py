"""Writes tests/ops/data/constexpr_cases.txt: random small calls of every constexpr operation, with the bits that
coremltools' NumPy code gives for them.

    python tests/python/make_constexpr_cases.py > tests/ops/data/constexpr_cases.txt

A case is a line `OPERATION OPSET`, lines `in NAME DTYPE SHAPE HEX` and lines `out DTYPE SHAPE HEX`. Elements are
little-endian; those of fewer than 8 bits are packed, least significant bit first. A scalar's shape is `-`.
"""

import numpy as np
from coremltools.converters.mil.mil.ops.defs.iOS16 import constexpr_ops as ios16
from coremltools.converters.mil.mil.ops.defs.iOS18 import compression as ios18
from coremltools.converters.mil.mil.types.type_mapping import string_to_nptype

CASES_PER_OPERATION = 12
MOST_ELEMENTS = 48
random = np.random.default_rng(20261121)

BITS = {"uint1": 1, "uint2": 2, "uint3": 3, "uint4": 4, "uint6": 6, "int4": 4}
WIDE = {"uint8": np.uint8, "int8": np.int8, "uint32": np.uint32, "int32": np.int32,
        "fp16": np.float16, "fp32": np.float32}


def packed(dtype, array):
    """The bytes of an array as a weight file holds them."""
    if dtype in WIDE:
        return np.asarray(array).astype(WIDE[dtype]).tobytes()
    n = BITS[dtype]
    bits = [(int(v) & (2**n - 1)) >> i & 1 for v in np.asarray(array).astype(np.int64).ravel() for i in range(n)]
    return np.packbits(np.array(bits, np.uint8), bitorder="little").tobytes()


def line(kind, dtype, array):
    shape = ",".join(str(d) for d in np.shape(array)) or "-"
    return f"{kind} {dtype} {shape} {packed(dtype, array).hex() or '-'}"


def show(operation, opset, inputs, outputs):
    print(operation, opset)
    for name, (dtype, array) in inputs.items():
        print(line(f"in {name}", dtype, array))
    for dtype, array in outputs:
        print(line("out", dtype, array))


def shape(most=MOST_ELEMENTS):
    while True:
        sizes = tuple(int(d) for d in random.integers(1, 7, size=random.integers(1, 5)))
        if np.prod(sizes) <= most:
            return sizes


def blocks(sizes):
    return tuple(int(random.choice([b for b in range(1, d + 1) if d % b == 0])) for d in sizes)


def whole(dtype, sizes):
    signed, n = not dtype.startswith("u"), BITS.get(dtype, 8)
    low = -(2 ** (n - 1)) if signed else 0
    values = random.integers(low, low + 2**n, size=sizes)
    return values.astype(string_to_nptype(dtype))


def floats(dtype, sizes):
    return (random.standard_normal(sizes) * random.choice([0.01, 1, 30])).astype(WIDE[dtype])


def elements(dtype, sizes):
    return floats(dtype, sizes) if dtype.startswith("fp") else whole(dtype, sizes)


def mask_of(sizes):
    mask = (random.random(sizes) < random.choice([0.3, 0.7, 1.0])).astype(np.uint8)
    mask.flat[0] = 1
    return mask


def table(sizes, index_dtype):
    """A table for indices of this shape, and the axis its vectors lie along."""
    entries, dtype = 2 ** BITS.get(index_dtype, 8), str(random.choice(["fp16", "fp32", "int8", "uint8"]))
    vector = int(random.choice([1, 2, 3])) if entries < 64 else 1
    axis = int(random.integers(-len(sizes), len(sizes))) if vector > 1 else None
    per_dim = blocks(sizes) if entries < 64 else tuple(1 for _ in sizes)
    lut = elements(dtype, per_dim + (entries, vector))
    inputs = {"lut": (dtype, lut)}
    if axis is not None:
        inputs["vector_axis"] = ("int32", np.int32(axis))
    return dtype, lut, axis, inputs


def scales(sizes, data_dtype):
    """Scale and offset by block; the offset absent, of the data's dtype, or floating."""
    per_dim, dtype = blocks(sizes), str(random.choice(["fp16", "fp32"]))
    inputs = {"scale": (dtype, floats(dtype, per_dim))}
    offset_dtype = random.choice(["", data_dtype, dtype])
    if offset_dtype:
        inputs["offset"] = (str(offset_dtype), elements(str(offset_dtype), per_dim))
    return dtype, inputs


INDEX_DTYPES = ["uint1", "uint2", "uint3", "uint4", "uint6", "uint8"]
DATA_DTYPES = ["int4", "uint4", "int8", "uint8", "fp16", "fp32"]


def lut_to_dense(index_dtype):
    sizes = shape(16)
    indices = whole(index_dtype, sizes)
    dtype, lut, axis, inputs = table(sizes, index_dtype)
    result = ios18.constexpr_lut_to_dense.decompress(indices, lut, None if axis is None else np.int32(axis))
    show("constexpr_lut_to_dense", "ios18", {"indices": (index_dtype, indices)} | inputs, [(dtype, result)])


def lut_to_sparse(index_dtype):
    sizes = shape(16)
    mask = mask_of(sizes)
    nonzero = whole(index_dtype, (int(mask.sum()),))
    dtype, lut, axis, inputs = table(sizes, index_dtype)
    wide_mask, values = ios18.constexpr_lut_to_sparse.decompress(
        mask, nonzero, lut, None if axis is None else np.int32(axis))
    inputs = {"indices_mask": ("uint1", mask), "indices_nonzero_data": (index_dtype, nonzero)} | inputs
    show("constexpr_lut_to_sparse", "ios18", inputs, [("uint1", wide_mask), (dtype, values)])


def shift_scale(data_dtype):
    sizes = shape()
    data = elements(data_dtype, sizes)
    dtype, inputs = scales(sizes, data_dtype)
    offset = inputs["offset"][1] if "offset" in inputs else None
    result = ios18.constexpr_blockwise_shift_scale.decompress(data, inputs["scale"][1], offset)
    show("constexpr_blockwise_shift_scale", "ios18", {"data": (data_dtype, data)} | inputs,
         [(dtype, result.astype(WIDE[dtype]))])


def sparse_shift_scale(data_dtype):
    sizes = shape()
    mask = mask_of(sizes)
    nonzero = elements(data_dtype, (int(mask.sum()),))
    dtype, inputs = scales(sizes, data_dtype)
    offset = inputs["offset"][1] if "offset" in inputs else None
    same_mask, values = ios18.constexpr_sparse_blockwise_shift_scale.decompress(
        mask, nonzero, inputs["scale"][1], offset)
    show("constexpr_sparse_blockwise_shift_scale", "ios18",
         {"data_mask": ("uint1", mask), "nonzero_data": (data_dtype, nonzero)} | inputs,
         [("uint1", same_mask), (dtype, values.astype(WIDE[dtype]))])


def sparse_to_dense(data_dtype):
    mask = mask_of(shape())
    nonzero = elements(data_dtype, (int(mask.sum()),))
    result = ios18.constexpr_sparse_to_dense.decompress(nonzero, mask)
    show("constexpr_sparse_to_dense", "ios18", {"nonzero_data": (data_dtype, nonzero), "mask": ("uint1", mask)},
         [(data_dtype, result)])


def old_affine_dequantize(data_dtype):
    sizes, dtype = shape(), str(random.choice(["fp16", "fp32"]))
    axis = int(random.integers(0, len(sizes)))
    count = () if random.random() < 0.4 else (sizes[axis],)
    data, zero, scale = whole(data_dtype, sizes), whole(data_dtype, count), floats(dtype, count)
    result = ios16.constexpr_affine_dequantize.decompress(data, zero, scale, axis)
    show("constexpr_affine_dequantize", "ios16",
         {"quantized_data": (data_dtype, data), "zero_point": (data_dtype, zero), "scale": (dtype, scale),
          "axis": ("int32", np.int32(axis))}, [(dtype, result)])


def old_lut_to_dense(index_dtype):
    sizes, dtype = shape(), str(random.choice(["fp16", "fp32", "int8", "uint8"]))
    indices = np.frombuffer(packed(index_dtype, whole(index_dtype, sizes)), np.uint8)
    lut = elements(dtype, (2 ** BITS.get(index_dtype, 8),))
    result = ios16.constexpr_lut_to_dense.decompress(lut, indices, np.array(sizes, np.uint32))
    show("constexpr_lut_to_dense", "ios16",
         {"indices": ("uint8", indices), "lut": (dtype, lut), "shape": ("uint32", np.array(sizes))},
         [(dtype, result)])


def old_sparse_to_dense(data_dtype):
    mask = mask_of(shape())
    nonzero = elements(data_dtype, (int(mask.sum()),))
    bits = np.packbits(mask.ravel(), bitorder="little")
    result = ios16.constexpr_sparse_to_dense.decompress(nonzero, bits, np.array(mask.shape, np.uint32))
    show("constexpr_sparse_to_dense", "ios16",
         {"nonzero_data": (data_dtype, nonzero), "mask": ("uint8", bits), "shape": ("uint32", np.array(mask.shape))},
         [(data_dtype, result)])


def main():
    for make, dtypes in [(lut_to_dense, INDEX_DTYPES), (lut_to_sparse, INDEX_DTYPES), (shift_scale, DATA_DTYPES),
                         (sparse_shift_scale, DATA_DTYPES), (sparse_to_dense, DATA_DTYPES),
                         (old_affine_dequantize, ["int8", "uint8"]),
                         (old_lut_to_dense, ["uint1", "uint2", "uint4", "uint6", "uint8"]),
                         (old_sparse_to_dense, ["int8", "uint8", "fp16", "fp32"])]:
        for i in range(CASES_PER_OPERATION):
            make(dtypes[i % len(dtypes)])


if __name__ == "__main__":
    main()
