#include "base/float16.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>

namespace wf {
namespace {

TEST(Float16, EveryValueSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const double value = half_to_double(static_cast<uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(half_to_double(double_to_half(value))));
    } else {
      ASSERT_EQ(double_to_half(value), bits);
    }
  }
}

TEST(Float16, KnownValues) {  // IEEE 754-2019, binary16
  EXPECT_EQ(half_to_double(0x3c00), 1.0);
  EXPECT_EQ(half_to_double(0x7bff), 65504.0);
  EXPECT_EQ(half_to_double(0x0400), 0x1p-14);
  EXPECT_EQ(half_to_double(0x0001), 0x1p-24);
  EXPECT_EQ(half_to_double(0xc000), -2.0);
  EXPECT_EQ(double_to_half(65519.99), 0x7bff);
  EXPECT_EQ(double_to_half(65520.0), 0x7c00);  // half way to 65536 goes to even, which is infinity
  EXPECT_EQ(double_to_half(0x1p-25), 0x0000);  // half way between 0 and the least denormal goes to even
  EXPECT_EQ(double_to_half(0x1.8p-25), 0x0001);
  EXPECT_EQ(double_to_half(-INFINITY), 0xfc00);
}

TEST(Float16, TiesGoToTheEvenNeighbourAndAnythingElseToTheNearer) {
  for (uint16_t low = 0; low < 0x7bff; ++low) {
    const auto high = static_cast<uint16_t>(low + 1);
    const uint16_t even = low % 2 == 0 ? low : high;
    const double middle = (half_to_double(low) + half_to_double(high)) / 2;
    ASSERT_EQ(double_to_half(middle), even);
    ASSERT_EQ(double_to_half(-middle), 0x8000 | even);
    ASSERT_EQ(double_to_half(std::nextafter(middle, 0.0)), low);
    ASSERT_EQ(double_to_half(std::nextafter(middle, 1e9)), high);
  }
}

TEST(Float16, RoundsOnceFromDouble) {
  // 1 + 2^-11 + 2^-40 lies above the half-way point; through float it would land on it and round down to
  // even.
  EXPECT_EQ(double_to_half(1.0 + 0x1p-11 + 0x1p-40), 0x3c01);
  EXPECT_EQ(double_to_half(1.0 + 0x1p-11), 0x3c00);
}

#if defined(__FLT16_MAX__)
TEST(Float16, AgreesWithTheCompiler) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(-30, 18), mantissa(-2, 2);
  for (int i = 0; i < 200000; ++i) {
    const double value = mantissa(random) * std::exp2(exponent(random));
    ASSERT_EQ(double_to_half(value), std::bit_cast<uint16_t>(static_cast<_Float16>(value))) << value;
  }
}
#endif

TEST(Bfloat16, RoundsHalfToEven) {
  EXPECT_EQ(double_to_bfloat16(1.0), 0x3f80);
  EXPECT_EQ(double_to_bfloat16(1.0 + 0x1p-8), 0x3f80);
  EXPECT_EQ(double_to_bfloat16(1.0 + 0x1p-8 + 0x1p-30), 0x3f81);
  EXPECT_EQ(double_to_bfloat16(3.4e38), 0x7f80);
  EXPECT_EQ(bfloat16_to_float(0xc040), -3.0f);
}

TEST(Float8, EveryValueSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 256; ++bits) {
    const auto byte = static_cast<uint8_t>(bits);
    const double e4m3 = float8_e4m3fn_to_double(byte);
    const double e5m2 = float8_e5m2_to_double(byte);
    EXPECT_TRUE(std::isnan(e4m3) || double_to_float8_e4m3fn(e4m3) == byte) << bits;
    EXPECT_TRUE(std::isnan(e5m2) || double_to_float8_e5m2(e5m2) == byte) << bits;
  }
}

TEST(Float8, LimitsOfTheOcpFormats) {  // OCP 8-bit Floating Point Specification, table 1
  EXPECT_EQ(float8_e4m3fn_to_double(0x7e), 448.0);
  EXPECT_TRUE(std::isnan(float8_e4m3fn_to_double(0x7f)));
  EXPECT_EQ(float8_e4m3fn_to_double(0x01), 0x1p-9);
  EXPECT_EQ(float8_e5m2_to_double(0x7b), 57344.0);
  EXPECT_EQ(float8_e5m2_to_double(0x7c), INFINITY);
}

}  // namespace
}  // namespace wf
