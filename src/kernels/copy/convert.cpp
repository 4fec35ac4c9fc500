#include "kernels/copy/convert.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/copy/convert.cpp"
#include "kernels/targets-inl.h"
// It comes after that: once for each instruction set.
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {

using Half = hwy::float16_t;

void widen(const void* halves, float* floats, int64_t count) {
  const Half* from = static_cast<const Half*>(halves);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(load(from + i), floats + i);
  if (i < count) {
    Half rest[kLanes] = {};
    std::memcpy(rest, from + i, static_cast<size_t>(count - i) * sizeof(Half));
    store_first(load(rest), floats + i, count - i);
  }
}

void narrow(const float* floats, void* halves, int64_t count) {
  Half* to = static_cast<Half*>(halves);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(load(floats + i), to + i);
  if (i < count) {
    Half rest[kLanes];
    store(load_first(floats + i, count - i), rest);
    std::memcpy(to + i, rest, static_cast<size_t>(count - i) * sizeof(Half));
  }
}

// In integers, as the compiler vectorises them: the upper half of the bits, rounded.
void narrow_bfloat(const float* floats, uint16_t* bfloats, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, floats + i, sizeof(bits));
    const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    bfloats[i] = static_cast<uint16_t>(is_nan ? bits >> 16 | 0x40 : rounded);
  }
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wf {

void halves_to_floats(Isa isa, const void* halves, float* floats, int64_t count) {
  (WF_FOR_ISA(isa, widen))(halves, floats, count);
}
void floats_to_halves(Isa isa, const float* floats, void* halves, int64_t count) {
  (WF_FOR_ISA(isa, narrow))(floats, halves, count);
}
void floats_to_bfloats(Isa isa, const float* floats, void* bfloats, int64_t count) {
  (WF_FOR_ISA(isa, narrow_bfloat))(floats, static_cast<uint16_t*>(bfloats), count);
}

}  // namespace wf
#endif
