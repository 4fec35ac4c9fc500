// Products against plain sums in double: odd sizes, strides, fp16 weights, epilogues, every instruction set.
#include "kernels/gemm/multiply.h"

#include <cmath>
#include <limits>
#include <random>

#include "base/float16.h"
#include "kernels/copy/convert.h"
#include "support/support.h"

namespace wf::test {
namespace {

std::vector<float> random_floats(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& v : values) v = normal(random);
  return values;
}

struct Case {
  int64_t rows, inner, columns;
  bool half;
  bool palette = false;
};

class Multiply : public testing::TestWithParam<std::tuple<Isa, Case>> {};

TEST_P(Multiply, GivesTheSumsAndTheEpilogue) {
  const auto [isa, c] = GetParam();
  const int64_t a_stride = c.inner + 3, out_stride = c.columns + 5;
  const auto a = random_floats(static_cast<size_t>(c.rows * a_stride), 1);
  std::vector<float> b = random_floats(static_cast<size_t>(c.inner * c.columns), 2);
  std::vector<uint16_t> halves;
  for (float& v : b) {
    halves.push_back(float_to_half(v));
    if (c.half) v = half_to_float(halves.back());
  }
  if (c.palette) {  // sixteen values, others in every other panel
    for (size_t i = 0; i < b.size(); ++i) {
      const auto column = static_cast<int64_t>(i) % c.columns;
      b[i] = static_cast<float>((i * 7 + i / 13) % 16) * 0.25F - 2 +
             static_cast<float>(column / panel_width(isa) % 2);
      halves[i] = float_to_half(b[i]);
    }
  }
  const void* source = c.half ? static_cast<const void*>(halves.data()) : b.data();
  const PackedMatrix packed = pack(isa, {source, c.half, c.columns, 1}, c.inner, c.columns);
  ASSERT_TRUE(packed.bytes.valid());
  if (c.palette) {
    ASSERT_EQ(packed.element, WeightElement::kPalette);
  }
  const auto padded = static_cast<size_t>(c.columns + packed.width);
  const auto scale = random_floats(padded, 3), bias = random_floats(padded, 4);
  const auto residual = random_floats(static_cast<size_t>(c.rows * out_stride), 5);

  for (const int threads : {1, 2, 5}) {
    std::vector<float> out(static_cast<size_t>(c.rows * out_stride), 77.0F);
    ThreadPool pool(threads);
    Product product{a.data(), a_stride, c.rows, &packed, out.data(), out_stride, {}, nullptr};
    product.epilogue = {scale.data(), bias.data(), residual.data(), out_stride, -1.5F, 2.5F, true};
    multiply(isa, product, pool);
    for (int64_t r = 0; r < c.rows; ++r) {
      for (int64_t j = 0; j < out_stride; ++j) {
        const auto at = static_cast<size_t>(r * out_stride + j);
        if (j >= c.columns) {
          ASSERT_EQ(out[at], 77.0F) << "wrote beyond the last column of row " << r;
          continue;
        }
        double sum = 0, magnitude = 1;
        for (int64_t i = 0; i < c.inner; ++i) {
          const double term =
              double{a[static_cast<size_t>(r * a_stride + i)]} * b[static_cast<size_t>(i * c.columns + j)];
          sum += term;
          magnitude += std::fabs(term);
        }
        sum = sum * scale[static_cast<size_t>(j)] + bias[static_cast<size_t>(j)] + residual[at];
        ASSERT_NEAR(out[at], std::clamp(sum, -1.5, 2.5), 1e-6 * magnitude * 4)
            << "row " << r << ", column " << j;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, Multiply,
    testing::Combine(testing::ValuesIn(usable_isas().begin(), usable_isas().end()),
                     testing::Values(Case{1, 1, 1, false}, Case{1, 70, 33, true}, Case{5, 3, 31, false},
                                     Case{12, 16, 32, true}, Case{13, 17, 65, true}, Case{25, 130, 7, false},
                                     Case{49, 64, 100, true}, Case{3, 0, 5, false}, Case{200, 300, 130, true},
                                     Case{1, 64, 64, true, true}, Case{30, 77, 100, true, true},
                                     Case{12, 40, 33, false, true})));

TEST(Multiply, NothingToDo) {
  const PackedMatrix packed = pack(default_isa(), {nullptr, false, 0, 1}, 4, 0);
  ThreadPool pool(2);
  Product product;
  product.rows = 3;
  product.b = &packed;
  multiply(default_isa(), product, pool);  // no columns: nothing is touched
  EXPECT_EQ(packed.panels(), 0);
}

TEST(Multiply, NanAndInfinityGoThrough) {
  for (const Isa isa : usable_isas()) {
    const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
    const float a[] = {nan, 1, inf, 1, 1, 1};
    const float b[] = {1, 2, 3, 4, 5, 6};  // 2 x 3
    const PackedMatrix packed = pack(isa, {b, false, 3, 1}, 2, 3);
    float out[9];
    ThreadPool pool(1);
    Product product{a, 2, 3, &packed, out, 3, {}, nullptr};
    product.epilogue.clamps = true;
    product.epilogue.low = 0;
    product.epilogue.high = 8;
    multiply(isa, product, pool);
    for (int j = 0; j < 3; ++j) {
      EXPECT_TRUE(std::isnan(out[j])) << name_of(isa);
      EXPECT_EQ(out[3 + j], 8) << name_of(isa);
      EXPECT_EQ(out[6 + j], std::min(8.0F, b[j] + b[3 + j])) << name_of(isa);
    }
  }
}

// Left and right operands in any orientation, as matmul has them.
TEST(MultiplyBatched, AnyStrides) {
  constexpr int64_t kRows = 14, kInner = 9, kColumns = 37, kCount = 3;
  const auto a = random_floats(kCount * kRows * kInner, 6), b = random_floats(kCount * kInner * kColumns, 7);
  for (const Isa isa : usable_isas()) {
    for (const bool turn_a : {false, true}) {
      for (const bool turn_b : {false, true}) {
        BatchedProduct p;
        p.count = kCount;
        p.rows = kRows;
        p.inner = kInner;
        p.columns = kColumns;
        p.a_row_stride = turn_a ? 1 : kInner;
        p.a_inner_stride = turn_a ? kRows : 1;
        p.b_inner_stride = turn_b ? 1 : kColumns;
        p.b_column_stride = turn_b ? kInner : 1;
        p.out_stride = kColumns;
        ThreadPool pool(3);
        AlignedBuffer scratch(batched_scratch_bytes(isa, p) * pool.threads());
        p.scratch = scratch.data();
        std::vector<float> out(kCount * kRows * kColumns);
        multiply_batched(
            isa, p,
            [&](int64_t n) {
              return BatchedProduct::Place{a.data() + n * kRows * kInner, b.data() + n * kInner * kColumns,
                                           out.data() + n * kRows * kColumns};
            },
            pool);
        for (int64_t n = 0; n < kCount; ++n) {
          for (int64_t r = 0; r < kRows; ++r) {
            for (int64_t j = 0; j < kColumns; ++j) {
              double sum = 0;
              for (int64_t i = 0; i < kInner; ++i) {
                sum += double{a[static_cast<size_t>(n * kRows * kInner + r * p.a_row_stride +
                                                    i * p.a_inner_stride)]} *
                       b[static_cast<size_t>(n * kInner * kColumns + i * p.b_inner_stride +
                                             j * p.b_column_stride)];
              }
              ASSERT_NEAR(out[static_cast<size_t>((n * kRows + r) * kColumns + j)], sum, 1e-5);
            }
          }
        }
      }
    }
  }
}

// bf16 operands: exactly the products of the rounded values, but for the sums' order.
TEST(Bfloat, ProductsOfRoundedOperands) {
  if (!has_bfloat_products(default_isa())) GTEST_SKIP() << "this machine has no bf16 products";
  const Isa isa = default_isa();
  for (const Case& c :
       {Case{1, 2, 1, false}, Case{5, 64, 33, true}, Case{13, 130, 70, true}, Case{48, 256, 96, false}}) {
    const auto a = random_floats(static_cast<size_t>(c.rows * c.inner), 1);
    auto b = random_floats(static_cast<size_t>(c.inner * c.columns), 2);
    std::vector<uint16_t> halves, rounded(a.size());
    for (float& v : b) {
      halves.push_back(float_to_half(v));
      if (c.half) v = half_to_float(halves.back());
    }
    const void* source = c.half ? static_cast<const void*>(halves.data()) : b.data();
    const PackedMatrix packed = pack_bfloat(isa, {source, c.half, c.columns, 1}, c.inner, c.columns);
    ASSERT_TRUE(packed.bytes.valid());
    floats_to_bfloats(isa, a.data(), rounded.data(), static_cast<int64_t>(a.size()));
    const auto bias = random_floats(static_cast<size_t>(c.columns + packed.width), 4);
    std::vector<float> one;
    for (const int threads : {1, 3}) {
      std::vector<float> out(static_cast<size_t>(c.rows * c.columns));
      ThreadPool pool(threads);
      Product product{rounded.data(), c.inner, c.rows, &packed, out.data(), c.columns, {}, nullptr};
      product.epilogue.bias = bias.data();
      multiply(isa, product, pool);
      for (int64_t r = 0; r < c.rows; ++r) {
        for (int64_t j = 0; j < c.columns; ++j) {
          double sum = bias[static_cast<size_t>(j)], scale = 1;
          for (int64_t i = 0; i < c.inner; ++i) {
            const double x = bfloat16_to_float(rounded[static_cast<size_t>(r * c.inner + i)]);
            const double y = bfloat16_to_float(double_to_bfloat16(b[static_cast<size_t>(i * c.columns + j)]));
            sum += x * y;
            scale += std::fabs(x * y);
          }
          ASSERT_NEAR(out[static_cast<size_t>(r * c.columns + j)], sum, 1e-6 * scale) << r << ", " << j;
        }
      }
      if (one.empty()) one = out;
      EXPECT_EQ(one, out) << "the same bits with " << threads << " threads";
    }
  }
}

TEST(Bfloat, RoundsToNearestEvenAndKeepsWhatIsNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values{
      1.0F,    -1.00390625F, 1.01171875F, infinity, -infinity,
      3.4e38F, 1e-40F,       0.0F,        -0.0F,    std::numeric_limits<float>::quiet_NaN()};
  for (const Isa isa : usable_isas()) {
    std::vector<uint16_t> bits(values.size());
    floats_to_bfloats(isa, values.data(), bits.data(), static_cast<int64_t>(values.size()));
    for (size_t i = 0; i + 1 < values.size(); ++i)
      EXPECT_EQ(bits[i], double_to_bfloat16(values[i])) << values[i];
    EXPECT_TRUE(std::isnan(bfloat16_to_float(bits.back())));
  }
}

}  // namespace
}  // namespace wf::test
