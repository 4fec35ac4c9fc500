// constexpr operations, bit for bit: the expected bits are those of NumPy running the same steps.
#include "support/support.h"

namespace wf::test {
namespace {

template <class T>
Tensor bits(DType dtype, Shape shape, const std::vector<T>& values) {
  auto tensor = Tensor::allocate(dtype, std::move(shape));
  if (!tensor || tensor->size() != static_cast<int64_t>(values.size())) {
    ADD_FAILURE() << "shape and values do not fit";
    return {};
  }
  for (size_t i = 0; i < values.size(); ++i) tensor->template store<T>(static_cast<int64_t>(i), values[i]);
  return *tensor;
}
Tensor halves(Shape shape, const std::vector<uint16_t>& values) {
  return bits(DType::kFloat16, std::move(shape), values);
}
Tensor floats(Shape shape, const std::vector<uint32_t>& values) {
  return bits(DType::kFloat32, std::move(shape), values);
}
Tensor bytes(std::vector<double> values) {
  const auto count = static_cast<int64_t>(values.size());
  return of(DType::kUInt8, {count}, std::move(values));
}
Tensor sizes(std::vector<double> values) {
  const auto count = static_cast<int64_t>(values.size());
  return of(DType::kUInt32, {count}, std::move(values));
}

void expect_bits(const Tensor& actual, const Tensor& expected) {
  EXPECT_TRUE(same_bits(actual, expected)) << to_string(TensorType{actual.dtype(), actual.shape()});
  if (actual.dtype() == expected.dtype()) expect_near(actual, expected.shape(), read_doubles(expected), 0);
}

// ---- affine_dequantize ----

TEST(ConstexprAffineDequantize, PerChannel) {
  const Tensor data = of(DType::kUInt8, {2, 3}, {0, 3, 255, 128, 7, 77});
  const Tensor zero = bytes({128, 5});
  expect_bits(run_op1("constexpr_affine_dequantize",
                      {{"quantized_data", data},
                       {"zero_point", zero},
                       {"scale", f16({2}, {0.1, 0.0037})},
                       {"axis", integer(0)}},
                      Opset::kIos16),
              halves({2, 3}, {0xca66, 0xca40, 0x4a59, 0x3748, 0x1f94, 0x3443}));
  expect_bits(run_op1("constexpr_affine_dequantize",
                      {{"quantized_data", data},
                       {"zero_point", zero},
                       {"scale", f32({2}, {0.1, 0.0037})},
                       {"axis", integer(-2)}},
                      Opset::kIos16),
              floats({2, 3}, {0xc14ccccd, 0xc1480000, 0x414b3333, 0x3ee902de, 0x3bf27bb3, 0x3e886595}));
}
TEST(ConstexprAffineDequantize, ScalarsAndAFloatZeroPoint) {
  expect_bits(run_op1("constexpr_affine_dequantize",
                      {{"quantized_data", of(DType::kInt8, {3}, {-128, 0, 127})},
                       {"zero_point", number(0.3)},
                       {"scale", f16({}, {0.0123})},
                       {"axis", integer(0)}},
                      Opset::kIos16),
              halves({3}, {0xbe50, 0x9b8e, 0x3e3c}));
}
TEST(ConstexprAffineDequantize, RefusesBadCalls) {
  const auto attempt = [](Tensor scale, int64_t axis) {
    return run_op("constexpr_affine_dequantize",
                  {{"quantized_data", bytes({1, 2})},
                   {"zero_point", bytes({1, 2})},
                   {"scale", scale},
                   {"axis", integer(axis)}},
                  1, Opset::kIos16);
  };
  expect_error(attempt(f16({3}, {1, 1, 1}), 0), "'scale' has shape [3]");
  expect_error(attempt(f16({}, {1}), 1), "axis 1 is outside rank 1");
}

// ---- blockwise_shift_scale ----

const Tensor kData = of(DType::kInt4, {2, 4}, {-8, -3, 0, 7, 1, 2, -5, 6});

Tensor shift_scale(Tensor data, Tensor scale, std::vector<Tensor> offset) {
  std::vector<NamedInput> inputs = {{"data", data}, {"scale", scale}};
  if (!offset.empty()) inputs.push_back({"offset", offset[0]});
  return run_op1("constexpr_blockwise_shift_scale", inputs, Opset::kIos18);
}

TEST(ConstexprShiftScale, Int4Blocks) {
  const Tensor scale = f16({2, 2}, {0.1, 0.37, 3.3, 0.0011});
  expect_bits(shift_scale(kData, scale, {of(DType::kInt4, {2, 2}, {1, -2, 3, -8})}),
              halves({2, 4}, {0xbb33, 0xb666, 0x39ec, 0x42aa, 0xc69a, 0xc29a, 0x1ac2, 0x23e2}));
  expect_bits(shift_scale(kData, scale, {}),
              halves({2, 4}, {0xba66, 0xb4cc, 0x0, 0x412e, 0x429a, 0x469a, 0x9da1, 0x1ec2}));
}
TEST(ConstexprShiftScale, StepsRoundInTheirOwnDtype) {
  const Tensor scale = f32({2, 2}, {read_double(f16({}, {0.1}), 0), read_double(f16({}, {0.37}), 0),
                                    read_double(f16({}, {3.3}), 0), read_double(f16({}, {0.0011}), 0)});
  expect_bits(shift_scale(kData, scale, {f16({2, 2}, {0.3, 1.7, 2.2, -0.1})}),
              floats({2, 4}, {0xbf546dec, 0xbea8ebd7, 0xbf2117f0, 0x3ffb1408, 0xc07d55c0, 0xbf285700,
                              0xbbb08dd3, 0x3bdbca2d}));
  const Tensor halves_data = f16({1, 4}, {0.1, 2.5, -3.3, 1000.7});
  const Tensor half_scale = f16({1, 2}, {0.3, 7.1});
  expect_bits(shift_scale(halves_data, half_scale, {f16({1, 2}, {0.7, -0.33})}),
              halves({1, 4}, {0xb1c3, 0x3852, 0xcd46, 0x6ef1}));
  expect_bits(shift_scale(halves_data, half_scale, {f32({1, 2}, {0.7, -0.33})}),
              halves({1, 4}, {0xb1c3, 0x3852, 0xcd46, 0x6ef1}));
  expect_bits(shift_scale(bytes({250, 13, 0, 255}), f16({1}, {0.0313}), {bytes({127})}),
              halves({4}, {0x43b4, 0xc324, 0xc3f4, 0x4402}));
}
TEST(ConstexprShiftScale, RefusesBadBlocks) {
  const auto attempt = [](Tensor scale, Tensor offset) {
    return run_op("constexpr_blockwise_shift_scale", {{"data", kData}, {"scale", scale}, {"offset", offset}},
                  1, Opset::kIos18);
  };
  expect_error(attempt(f16({2, 3}, {1, 1, 1, 1, 1, 1}), f16({2, 3}, {1, 1, 1, 1, 1, 1})),
               "do not divide [2, 4]");
  expect_error(attempt(f16({0, 1}, {}), f16({0, 1}, {})), "do not divide");
  expect_error(attempt(f16({1}, {1}), f16({1}, {1})), "do not divide");
  expect_error(attempt(f16({1, 1}, {1}), f16({1, 2}, {1, 1})), "'offset' has shape [1, 2]");
  expect_error(attempt(f16({1, 1}, {1}), of(DType::kInt8, {1, 1}, {1})), "'offset' is int8");
}

TEST(ConstexprSparseShiftScale, FindsTheBlockOfTheDensePlace) {
  const Tensor mask = of(DType::kUInt1, {4, 4}, {1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0});
  auto out = run_op("constexpr_sparse_blockwise_shift_scale",
                    {{"data_mask", mask},
                     {"nonzero_data", of(DType::kInt8, {9}, {10, 11, 3, 4, 5, 6, 7, 8, 9})},
                     {"scale", f16({1, 4}, {0.1, 0.2, 0.3, 0.4})},
                     {"offset", of(DType::kInt8, {1, 4}, {1, 2, 3, 4})}},
                    2, Opset::kIos18);
  WF_ASSERT_OK(out);
  EXPECT_TRUE(same_bits(*(*out)[0].tensor(), mask));
  expect_bits(*(*out)[1].tensor(),
              halves({9}, {0x3b33, 0x3f33, 0x3266, 0x3666, 0x38cd, 0x3b34, 0x3ccc, 0x3999, 0x3d99}));
}

// ---- look-up tables ----

TEST(ConstexprLut16, IndicesStraddleBytes) {
  std::vector<double> table(64);
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<double>(i) / 2;
  expect_bits(
      run_op1(
          "constexpr_lut_to_dense",
          {{"indices", bytes({3, 240, 71, 42, 242, 1})}, {"lut", f32({64}, table)}, {"shape", sizes({7})}},
          Opset::kIos16),
      f32({7}, {1.5, 0, 31.5, 8.5, 21, 4, 15.5}));
  expect_bits(run_op1("constexpr_lut_to_dense",
                      {{"indices", bytes({77, 1})}, {"lut", f16({2}, {-1, 4})}, {"shape", sizes({3, 3})}},
                      Opset::kIos17),
              f16({3, 3}, {4, -1, 4, 4, -1, -1, 4, -1, 4}));
}
TEST(ConstexprLut16, RefusesSizesThatDoNotFit) {
  const auto attempt = [](Tensor lut, std::vector<double> shape) {
    return run_op("constexpr_lut_to_dense",
                  {{"indices", bytes({77, 1})}, {"lut", lut}, {"shape", sizes(std::move(shape))}}, 1,
                  Opset::kIos16);
  };
  expect_error(attempt(f16({2}, {0, 1}), {17}), "17 elements of 1 bits are 3 bytes, found [2]");
  expect_error(attempt(f16({3}, {0, 1, 2}), {8}), "3 entries");
  expect_error(attempt(f16({2}, {0, 1}), {4294967295.0, 4294967295.0, 4294967295.0}),
               "more elements than fit");
}

TEST(ConstexprLut18, ATablePerBlock) {
  expect_bits(run_op1("constexpr_lut_to_dense",
                      {{"indices", of(DType::kUInt2, {6, 2}, {2, 3, 3, 0, 1, 0, 3, 0, 2, 1, 0, 3})},
                       {"lut", f16({2, 1, 4, 1}, {1, 5, 9, 13, 2, 10, 18, 26})}},
                      Opset::kIos18),
              f16({6, 2}, {9, 13, 13, 1, 5, 1, 26, 2, 18, 10, 2, 26}));
}
TEST(ConstexprLut18, VectorsAlongAnAxis) {
  const Tensor indices = of(DType::kUInt1, {2, 4}, {0, 1, 1, 0, 1, 0, 0, 1});
  const auto dense = [&](Tensor lut, int64_t axis) {
    return run_op1("constexpr_lut_to_dense",
                   {{"indices", indices}, {"lut", lut}, {"vector_axis", integer(axis)}}, Opset::kIos18);
  };
  const Tensor columns = of(DType::kInt8, {1, 2, 2, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  expect_bits(dense(columns, 0), of(DType::kInt8, {6, 4}, {0, 3, 9, 6, 1, 4, 10, 7,  2, 5, 11, 8,
                                                           3, 0, 6, 9, 4, 1, 7,  10, 5, 2, 8,  11}));
  expect_bits(dense(columns, -1), of(DType::kInt8, {2, 12}, {0, 1, 2, 3, 4, 5, 9, 10, 11, 6, 7,  8,
                                                             3, 4, 5, 0, 1, 2, 6, 7,  8,  9, 10, 11}));
  const Tensor rows = f16({2, 1, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  expect_bits(dense(rows, 0), f16({4, 4}, {0, 2, 2, 0, 1, 3, 3, 1, 6, 4, 4, 6, 7, 5, 5, 7}));
}
TEST(ConstexprLut18, RefusesBadTables) {
  const auto attempt = [](Shape lut_shape, size_t count) {
    return run_op("constexpr_lut_to_dense",
                  {{"indices", of(DType::kUInt2, {2, 2}, {0, 1, 2, 3})},
                   {"lut", f16(std::move(lut_shape), std::vector<double>(count, 1))}},
                  1, Opset::kIos18);
  };
  expect_error(attempt({1, 1, 2, 1}, 2), "2-bit indices need 4");
  expect_error(attempt({1, 1, 4, 2}, 8), "need 'vector_axis'");
  expect_error(attempt({1, 4, 1}, 4), "'lut' has rank 3, expected 4");
  expect_error(attempt({3, 1, 4, 1}, 12), "do not divide");
  expect_error(attempt({1, 1, 4, 0}, 0), "are empty");
}

TEST(ConstexprLutToSparse, WidensTheMask) {
  const auto sparse = [](int64_t axis) {
    return run_op("constexpr_lut_to_sparse",
                  {{"indices_mask", of(DType::kUInt1, {2, 4}, {1, 1, 0, 0, 0, 1, 0, 1})},
                   {"indices_nonzero_data", of(DType::kUInt1, {4}, {0, 1, 1, 0})},
                   {"lut", f16({2, 1, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7})},
                   {"vector_axis", integer(axis)}},
                  2, Opset::kIos18);
  };
  auto rows = sparse(0);
  WF_ASSERT_OK(rows);
  expect_bits(*(*rows)[0].tensor(),
              of(DType::kUInt1, {4, 4}, {1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1}));
  expect_bits(*(*rows)[1].tensor(), f16({8}, {0, 2, 1, 3, 6, 4, 7, 5}));
  auto columns = sparse(1);
  WF_ASSERT_OK(columns);
  expect_bits(*(*columns)[1].tensor(), f16({8}, {0, 1, 2, 3, 6, 7, 4, 5}));
}

// ---- sparse_to_dense, cast ----

TEST(ConstexprSparseToDense, BothForms) {
  expect_bits(run_op1("constexpr_sparse_to_dense",
                      {{"nonzero_data", f32({5}, {1, 2, 3, 4, 5})},
                       {"mask", bytes({0b00101101, 0b1})},
                       {"shape", sizes({3, 3})}},
                      Opset::kIos16),
              f32({3, 3}, {1, 0, 2, 3, 0, 4, 0, 0, 5}));
  expect_bits(run_op1("constexpr_sparse_to_dense",
                      {{"nonzero_data", of(DType::kInt4, {3}, {-8, 7, 3})},
                       {"mask", of(DType::kUInt1, {3, 2}, {0, 1, 1, 0, 0, 1})}},
                      Opset::kIos18),
              of(DType::kInt4, {3, 2}, {0, -8, 7, 0, 0, 3}));
}
TEST(ConstexprSparseToDense, CountsMustAgree) {
  expect_error(run_op("constexpr_sparse_to_dense",
                      {{"nonzero_data", f16({2}, {1, 2})}, {"mask", of(DType::kUInt1, {3}, {1, 1, 1})}}, 1,
                      Opset::kIos18),
               "the mask has 3 ones, the nonzero elements have shape [2]");
  expect_error(run_op("constexpr_sparse_to_dense",
                      {{"nonzero_data", f16({1}, {1})}, {"mask", bytes({1})}, {"shape", sizes({9})}}, 1,
                      Opset::kIos16),
               "2 bytes");
}

TEST(ConstexprCast, HalfToFloat) {
  expect_bits(run_op1("constexpr_cast", {{"source_val", f16({2}, {0.1, -2})}, {"output_dtype", text("fp32")}},
                      Opset::kIos16),
              f32({2}, {0.0999755859375, -2}));
  expect_error(run_op("constexpr_cast", {{"source_val", f16({1}, {1})}, {"output_dtype", text("fp16")}}, 1,
                      Opset::kIos16),
               "expected fp32");
}

// ---- weights longer than what is decompressed at a time, in blocks that are not ----

std::vector<double> codes(int64_t count, int64_t values) {
  std::vector<double> all;
  for (int64_t i = 0; i < count; ++i) all.push_back(static_cast<double>((i * 7 + i / 13) % values));
  return all;
}

TEST(ConstexprLongWeights, AffineAlongEitherAxis) {
  const Shape shape = {3, 2500};
  const std::vector<double> data = codes(7500, 256);
  for (const int64_t axis : {0, 1}) {
    const int64_t channels = shape[static_cast<size_t>(axis)];
    std::vector<double> zeros = codes(channels, 200), scales, expected;
    for (int64_t c = 0; c < channels; ++c) scales.push_back(0.25 + static_cast<double>(c % 5) / 8);  // exact
    for (int64_t i = 0; i < 7500; ++i) {
      const auto c = static_cast<size_t>(axis == 0 ? i / 2500 : i % 2500);
      expected.push_back((data[static_cast<size_t>(i)] - zeros[c]) * scales[c]);
    }
    expect_bits(run_op1("constexpr_affine_dequantize",
                        {{"quantized_data", of(DType::kUInt8, shape, data)},
                         {"zero_point", bytes(zeros)},
                         {"scale", f16({channels}, scales)},
                         {"axis", integer(axis)}},
                        Opset::kIos16),
                f16(shape, expected));
  }
}

TEST(ConstexprLongWeights, BlocksAcrossSeveralDimensions) {
  const Shape shape = {2, 4, 1500};
  const std::vector<double> data = codes(12000, 16);
  for (const Shape& blocks : {Shape{2, 2, 1}, Shape{1, 4, 5}, Shape{1, 1, 1}, Shape{2, 4, 1500}}) {
    const int64_t count = blocks[0] * blocks[1] * blocks[2];
    std::vector<double> scales, expected;
    for (int64_t b = 0; b < count; ++b) scales.push_back(0.5 + static_cast<double>(b % 7) / 4);
    for (int64_t i = 0; i < 12000; ++i) {
      const int64_t place[] = {i / 6000, i / 1500 % 4, i % 1500};
      int64_t block = 0;
      for (size_t d = 0; d < 3; ++d) block = block * blocks[d] + place[d] / (shape[d] / blocks[d]);
      expected.push_back(data[static_cast<size_t>(i)] * scales[static_cast<size_t>(block)]);
    }
    expect_bits(
        run_op1("constexpr_blockwise_shift_scale",
                {{"data", of(DType::kUInt4, shape, data)}, {"scale", f16(blocks, scales)}}, Opset::kIos18),
        f16(shape, expected));
    // The same places in tables: entry k of block b is k * 100 + b % 100.
    std::vector<double> table, looked_up;
    for (int64_t b = 0; b < count; ++b) {
      for (int64_t k = 0; k < 16; ++k) table.push_back(static_cast<double>(k * 100 + b % 100));
    }
    for (int64_t i = 0; i < 12000; ++i) {
      const int64_t place[] = {i / 6000, i / 1500 % 4, i % 1500};
      int64_t block = 0;
      for (size_t d = 0; d < 3; ++d) block = block * blocks[d] + place[d] / (shape[d] / blocks[d]);
      looked_up.push_back(data[static_cast<size_t>(i)] * 100 + static_cast<double>(block % 100));
    }
    expect_bits(run_op1("constexpr_lut_to_dense",
                        {{"indices", of(DType::kUInt4, shape, data)},
                         {"lut", f16({blocks[0], blocks[1], blocks[2], 16, 1}, table)}},
                        Opset::kIos18),
                f16(shape, looked_up));
  }
}

TEST(ConstexprLongWeights, PackedIndices) {
  // Six bits each: indices straddle bytes, and stretches end within them.
  constexpr int64_t kCount = 3001;
  const std::vector<double> indices = codes(kCount, 64);
  std::vector<double> packed(static_cast<size_t>((kCount * 6 + 7) / 8)), table, expected;
  for (int64_t i = 0; i < kCount; ++i) {
    for (int64_t b = 0; b < 6; ++b) {
      const int64_t bit = i * 6 + b;
      if (static_cast<int64_t>(indices[static_cast<size_t>(i)]) >> b & 1)
        packed[static_cast<size_t>(bit / 8)] += static_cast<double>(1 << (bit % 8));
    }
    expected.push_back(indices[static_cast<size_t>(i)] / 4 - 3);
  }
  for (int64_t k = 0; k < 64; ++k) table.push_back(static_cast<double>(k) / 4 - 3);
  expect_bits(run_op1("constexpr_lut_to_dense",
                      {{"indices", bytes(packed)}, {"lut", f16({64}, table)}, {"shape", sizes({kCount})}},
                      Opset::kIos16),
              f16({kCount}, expected));
}

}  // namespace
}  // namespace wf::test
