#include "base/float16.h"

#include <cmath>
#include <limits>

namespace wf {
namespace {

// A binary floating format with `exponent_bits` and `mantissa_bits`, IEEE style: all-ones exponent is inf and
// NaN.
struct Layout {
  int exponent_bits;
  int mantissa_bits;
  constexpr int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  constexpr uint32_t exponent_ones() const { return ((1u << exponent_bits) - 1) << mantissa_bits; }
};
constexpr Layout kHalf{5, 10};
constexpr Layout kBfloat16{8, 7};
constexpr Layout kE5M2{5, 2};

// value / 2^exponent rounded half to even; the quotient is below 2^53, so every step but the rounding is
// exact.
uint64_t round_scaled(double value, int exponent) {
  const double scaled = std::ldexp(value, -exponent);
  const double below = std::floor(scaled);
  const double rest = scaled - below;
  uint64_t units = static_cast<uint64_t>(below);
  if (rest > 0.5 || (rest == 0.5 && (units & 1))) ++units;
  return units;
}

uint32_t encode(double value, Layout layout) {
  const uint32_t sign = std::signbit(value) ? 1u << (layout.exponent_bits + layout.mantissa_bits) : 0;
  if (std::isnan(value)) return sign | layout.exponent_ones() | (1u << (layout.mantissa_bits - 1));
  const double magnitude = std::fabs(value);
  if (std::isinf(magnitude)) return sign | layout.exponent_ones();
  if (magnitude == 0) return sign;
  int exponent = std::ilogb(magnitude);
  const int min_exponent = 1 - layout.bias();
  if (exponent < min_exponent) exponent = min_exponent;  // denormal: the grid stops getting finer
  if (exponent > layout.bias()) return sign | layout.exponent_ones();
  // Counting units of the last place from the start of this binade; a carry runs into the exponent by itself.
  const uint64_t units = round_scaled(magnitude, exponent - layout.mantissa_bits);
  const uint64_t base = static_cast<uint64_t>(exponent - min_exponent) << layout.mantissa_bits;
  const uint64_t bits = base + units;
  return sign | (bits >= layout.exponent_ones() ? layout.exponent_ones() : static_cast<uint32_t>(bits));
}

double decode(uint32_t bits, Layout layout) {
  const uint32_t mantissa = bits & ((1u << layout.mantissa_bits) - 1);
  const int exponent = static_cast<int>((bits >> layout.mantissa_bits) & ((1u << layout.exponent_bits) - 1));
  const bool negative = (bits >> (layout.exponent_bits + layout.mantissa_bits)) & 1;
  double magnitude;
  if (exponent == (1 << layout.exponent_bits) - 1) {
    magnitude = mantissa ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  } else if (exponent == 0) {
    magnitude = std::ldexp(mantissa, 1 - layout.bias() - layout.mantissa_bits);
  } else {
    magnitude =
        std::ldexp(mantissa + (1u << layout.mantissa_bits), exponent - layout.bias() - layout.mantissa_bits);
  }
  return negative ? -magnitude : magnitude;
}

struct HalfTable {
  float values[1 << 16];
  HalfTable() {
    for (uint32_t bits = 0; bits < (1u << 16); ++bits) values[bits] = static_cast<float>(decode(bits, kHalf));
  }
};

}  // namespace

float half_to_float(uint16_t bits) {
  static const HalfTable table;
  return table.values[bits];
}
double half_to_double(uint16_t bits) { return half_to_float(bits); }
uint16_t double_to_half(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  const int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1023;
  if (exponent < -14 || exponent > 15) return static_cast<uint16_t>(encode(value, kHalf));
  // Normal in both formats, the case that every activation takes: 42 of the 52 mantissa bits are dropped,
  // half to even, and a carry runs into the exponent, from the largest to infinity.
  constexpr int kDropped = 42;
  const uint64_t magnitude = bits & ~(uint64_t{1} << 63);
  const uint64_t even = magnitude >> kDropped & 1;
  const uint64_t rounded = (magnitude + (uint64_t{1} << (kDropped - 1)) - 1 + even) >> kDropped;
  return static_cast<uint16_t>((bits >> 63 << 15) | (rounded - (uint64_t{1023 - 15} << 10)));
}
uint16_t float_to_half(float value) { return double_to_half(value); }
uint16_t double_to_bfloat16(double value) { return static_cast<uint16_t>(encode(value, kBfloat16)); }

double float8_e5m2_to_double(uint8_t bits) { return decode(bits, kE5M2); }
uint8_t double_to_float8_e5m2(double value) { return static_cast<uint8_t>(encode(value, kE5M2)); }

double float8_e4m3fn_to_double(uint8_t bits) {
  const int exponent = (bits >> 3) & 15;
  const int mantissa = bits & 7;
  double magnitude;
  if (exponent == 15 && mantissa == 7) {
    magnitude = std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(mantissa, -9);
  } else {
    magnitude = std::ldexp(mantissa + 8, exponent - 10);
  }
  return bits & 0x80 ? -magnitude : magnitude;
}

uint8_t double_to_float8_e4m3fn(double value) {
  const uint8_t sign = std::signbit(value) ? 0x80 : 0;
  const double magnitude = std::fabs(value);
  if (!(magnitude < 464)) return sign | 0x7f;  // beyond 448 by half a unit, infinite, or NaN
  if (magnitude == 0) return sign;
  int exponent = std::ilogb(magnitude);
  if (exponent < -6) exponent = -6;
  const uint64_t units = round_scaled(magnitude, exponent - 3);
  const uint64_t bits = (static_cast<uint64_t>(exponent + 6) << 3) + units;
  return static_cast<uint8_t>(sign | (bits > 0x7e ? 0x7f : bits));
}

}  // namespace wf
