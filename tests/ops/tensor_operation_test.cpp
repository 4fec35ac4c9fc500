// cumsum, band_part, one_hot, fill, range_1d, identity, shape, non_zero. Expected numbers: NumPy or by hand.
#include "support/support.h"

namespace wf::test {
namespace {

constexpr double kNan = NAN;
using Ints = std::vector<int64_t>;

TEST(Cumsum, AlongEitherAxis) {
  const Tensor x = f32({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_near(run_op1("cumsum", {{"x", x}}), {2, 3}, {1, 2, 3, 5, 7, 9});
  expect_near(run_op1("cumsum", {{"x", x}, {"axis", integer(-1)}}), {2, 3}, {1, 3, 6, 4, 9, 15});
}

TEST(Cumsum, ExclusiveAndReverse) {
  const auto run = [](bool exclusive, bool reverse) {
    return run_op1("cumsum",
                   {{"x", f32({3}, {1, 2, 4})}, {"exclusive", flag(exclusive)}, {"reverse", flag(reverse)}});
  };
  expect_near(run(true, false), {3}, {0, 1, 3});
  expect_near(run(false, true), {3}, {7, 6, 4});
  expect_near(run(true, true), {3}, {6, 4, 0});
}

TEST(Cumsum, Int32Wraps) {
  EXPECT_EQ(read_ints(run_op1("cumsum", {{"x", ints({2147483647, 1, 1})}})),
            (Ints{2147483647, -2147483648LL, -2147483647}));
}

TEST(BandPart, Triangles) {
  const Tensor x = f32({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const auto part = [&](int64_t lower, int64_t upper) {
    return run_op1("band_part", {{"x", x}, {"lower", integer(lower)}, {"upper", integer(upper)}});
  };
  expect_near(part(0, -1), {3, 3}, {1, 2, 3, 0, 5, 6, 0, 0, 9});
  expect_near(part(-1, 0), {3, 3}, {1, 0, 0, 4, 5, 0, 7, 8, 9});
  expect_near(part(1, 0), {3, 3}, {1, 0, 0, 4, 5, 0, 0, 8, 9});
  expect_near(run_op1("band_part", {{"x", x}}), {3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_FALSE(run_op("band_part", {{"x", ints({1, 2})}}).ok());
}

TEST(BandPart, OutsideIsZeroEvenForNan) {
  expect_near(run_op1("band_part", {{"x", f32({2, 2}, {1, kNan, 2, 3})}, {"upper", integer(0)}}), {2, 2},
              {1, 0, 2, 3});
}

TEST(OneHot, IndicesOutOfRangeGiveOffValues) {
  const Tensor out =
      run_op1("one_hot", {{"indices", ints({0, 2, -1, 3})}, {"one_hot_vector_size", integer(3)}});
  EXPECT_EQ(out.dtype(), DType::kInt32);
  expect_near(out, {4, 3}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0});
}

TEST(OneHot, NewAxisAndValues) {
  const Tensor out = run_op1("one_hot", {{"indices", i32({2, 2}, {0, 1, 1, 0})},
                                         {"one_hot_vector_size", integer(2)},
                                         {"axis", integer(1)},
                                         {"on_value", f16({}, {5})},
                                         {"off_value", f16({}, {-1})}});
  EXPECT_EQ(out.dtype(), DType::kFloat16);
  expect_near(out, {2, 2, 2}, {5, -1, -1, 5, -1, 5, 5, -1});
}

TEST(OneHot, RefusesANegativeSizeAndAForeignAxis) {
  EXPECT_FALSE(run_op("one_hot", {{"indices", ints({0})}, {"one_hot_vector_size", integer(-1)}}).ok());
  EXPECT_FALSE(
      run_op("one_hot", {{"indices", ints({0})}, {"one_hot_vector_size", integer(2)}, {"axis", integer(2)}})
          .ok());
}

TEST(Fill, ValueDecidesTheDtype) {
  const Tensor out = run_op1("fill", {{"shape", ints({2, 1})}, {"value", integer(7)}});
  EXPECT_EQ(out.dtype(), DType::kInt32);
  expect_near(out, {2, 1}, {7, 7});
  const Tensor zeros = run_op1("fill", {{"shape", ints({2})}});
  EXPECT_EQ(zeros.dtype(), DType::kFloat32);
  expect_near(zeros, {2}, {0, 0});
}

TEST(Fill, RefusesNegativeAndAbsurdShapes) {
  const auto negative = run_op("fill", {{"shape", ints({2, -1})}});
  ASSERT_FALSE(negative.ok());
  EXPECT_NE(negative.error().message.find("negative size"), std::string::npos)
      << negative.error().to_string();
  const auto huge = run_op("fill", {{"shape", ints({2000000000, 2000000000})}});
  ASSERT_FALSE(huge.ok());
  EXPECT_NE(huge.error().code, ErrorCode::kInternal);
  EXPECT_FALSE(run_op("fill", {{"shape", i32({1, 1}, {2})}}).ok());
}

TEST(FillLike, ShapeFromOneDtypeFromTheOther) {
  const Tensor out =
      run_op1("fill_like", {{"ref_tensor", ints({1, 2, 3})}, {"value", f16({}, {1.5})}}, Opset::kIos16);
  EXPECT_EQ(out.dtype(), DType::kFloat16);
  expect_near(out, {3}, {1.5, 1.5, 1.5});
  EXPECT_FALSE(run_op("fill_like", {{"ref_tensor", ints({1})}}, 1, Opset::kIos15).ok());
}

Tensor range(Tensor start, Tensor end, Tensor step) {
  return run_op1("range_1d",
                 {{"start", std::move(start)}, {"end", std::move(end)}, {"step", std::move(step)}});
}

TEST(Range1d, AsNumpyArange) {
  expect_near(range(number(1), number(2), number(0.3)), {4}, {1, 1.3, 1.6, 1.9});
  expect_near(range(integer(5), integer(-4), integer(-2)), {5}, {5, 3, 1, -1, -3});
  expect_near(range(integer(5), integer(1), integer(2)), {0}, {});
}

TEST(Range1d, RefusesWhatHasNoEnd) {
  for (const auto& [end, step] :
       std::vector<std::pair<double, double>>{{2, 0}, {INFINITY, 1}, {kNan, 1}, {1, kNan}}) {
    const auto result =
        run_op("range_1d", {{"start", number(0)}, {"end", number(end)}, {"step", number(step)}});
    ASSERT_FALSE(result.ok());
    EXPECT_NE(result.error().message.find("no range goes"), std::string::npos) << result.error().to_string();
  }
  EXPECT_FALSE(run_op("range_1d", {{"start", f32({0}, {})}, {"end", number(1)}, {"step", number(1)}}).ok());
}

TEST(Identity, PassesTensorsListsAndDictionaries) {
  expect_near(run_op1("identity", {{"x", f16({2}, {1, 2})}}), {2}, {1, 2});
  const Datum list(List{{Datum(ints({1})), Datum(ints({2, 3}))}});
  const auto out = run_op("identity", {{"x", list}});
  ASSERT_TRUE(out.ok()) << out.error().to_string();
  EXPECT_TRUE(same_bits((*out)[0], list));
  const Datum dict(Dict{{{Datum(text("cat")), Datum(number(0.5))}}});
  const auto mapped = run_op("identity", {{"x", dict}});
  ASSERT_TRUE(mapped.ok()) << mapped.error().to_string();
  EXPECT_TRUE(same_bits((*mapped)[0], dict));
}

TEST(ShapeOf, Int32Vector) {
  const Tensor out = run_op1("shape", {{"x", f16({2, 0, 5}, {})}});
  EXPECT_EQ(out.dtype(), DType::kInt32);
  expect_near(out, {3}, {2, 0, 5});
  expect_near(run_op1("shape", {{"x", number(1)}}), {0}, {});
}

TEST(NonZero, PositionsInRowMajorOrder) {
  expect_near(run_op1("non_zero", {{"x", f32({2, 3}, {0, 1, 0, kNan, 0, -2})}}), {3, 2}, {0, 1, 1, 0, 1, 2});
  expect_near(run_op1("non_zero", {{"x", bools({2}, {0, 0})}}), {0, 1}, {});
}

}  // namespace
}  // namespace wf::test
