// IEEE binary16, bfloat16 and the two 8-bit floats of the format: stored as bits, converted with one rounding
// to nearest even.
#pragma once

#include <bit>
#include <cstdint>

namespace wf {

double half_to_double(uint16_t bits);
float half_to_float(uint16_t bits);
// One rounding straight from double: going through float would round twice.
uint16_t double_to_half(double value);
uint16_t float_to_half(float value);

inline float bfloat16_to_float(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}
uint16_t double_to_bfloat16(double value);

// OCP 8-bit floating point: E4M3FN has no infinities, E5M2 is a short binary16.
double float8_e4m3fn_to_double(uint8_t bits);
uint8_t double_to_float8_e4m3fn(double value);
double float8_e5m2_to_double(uint8_t bits);
uint8_t double_to_float8_e5m2(double value);

}  // namespace wf
