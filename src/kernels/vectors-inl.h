// Vectors of fp32 as the kernels use them. Included inside each instruction set's pass, after targets-inl.h.
#if defined(WF_KERNELS_VECTORS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WF_KERNELS_VECTORS_INL_H
#undef WF_KERNELS_VECTORS_INL_H
#else
#define WF_KERNELS_VECTORS_INL_H
#endif

#include <cstring>

#include "base/float16.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using F = hn::CappedTag<float, 16>;
using V = hn::Vec<F>;
inline constexpr F kFloats{};
inline constexpr int64_t kLanes = hn::MaxLanes(F());

HWY_INLINE V load(const float* at) { return hn::LoadU(kFloats, at); }
// Portable code converts lane by lane: Highway's own there knows no infinities.
HWY_INLINE V load(const hwy::float16_t* at) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  float lanes[kLanes];
  for (int64_t i = 0; i < kLanes; ++i) {
    uint16_t bits;
    std::memcpy(&bits, at + i, sizeof(bits));
    lanes[i] = half_to_float(bits);
  }
  return load(lanes);
#else
  const hn::Rebind<hwy::float16_t, F> halves;
  return hn::PromoteTo(kFloats, hn::LoadU(halves, at));
#endif
}
// Rounds to nearest even.
HWY_INLINE void store(V value, hwy::float16_t* at) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  float lanes[kLanes];
  hn::StoreU(value, kFloats, lanes);
  for (int64_t i = 0; i < kLanes; ++i) {
    const uint16_t bits = float_to_half(lanes[i]);
    std::memcpy(at + i, &bits, sizeof(bits));
  }
#else
  const hn::Rebind<hwy::float16_t, F> halves;
  hn::StoreU(hn::DemoteTo(halves, value), halves, at);
#endif
}
HWY_INLINE void store(V value, float* at) { hn::StoreU(value, kFloats, at); }
HWY_INLINE V all(float value) { return hn::Set(kFloats, value); }

// The first `count` lanes of memory, zeros behind; never touches what lies beyond, as masked loads without
// hardware masks would.
HWY_INLINE V load_first(const float* at, int64_t count) {
  if (count >= kLanes) return load(at);
  if (count <= 0) return hn::Zero(kFloats);
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(kFloats, static_cast<size_t>(count)), kFloats, at);
#else
  float lanes[kLanes] = {};
  std::memcpy(lanes, at, static_cast<size_t>(count) * sizeof(float));
  return load(lanes);
#endif
}
HWY_INLINE void store_first(V value, float* at, int64_t count) {
  if (count >= kLanes) return store(value, at);
  if (count <= 0) return;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  hn::BlendedStore(value, hn::FirstN(kFloats, static_cast<size_t>(count)), kFloats, at);
#else
  float lanes[kLanes];
  store(value, lanes);
  std::memcpy(at, lanes, static_cast<size_t>(count) * sizeof(float));
#endif
}

// NaN if either is: x86's own maximum gives the second operand then.
HWY_INLINE V max_or_nan(V a, V b) {
  return hn::IfThenElse(hn::IsNaN(a), a, hn::IfThenElse(hn::IsNaN(b), b, hn::Max(a, b)));
}
HWY_INLINE V min_or_nan(V a, V b) {
  return hn::IfThenElse(hn::IsNaN(a), a, hn::IfThenElse(hn::IsNaN(b), b, hn::Min(a, b)));
}

// NaN stays; low and high are numbers.
HWY_INLINE V clamp(V value, V low, V high) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  return hn::Min(high, hn::Max(low, value));
#else
  return hn::IfThenElse(hn::IsNaN(value), value, hn::Min(high, hn::Max(low, value)));
#endif
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // once per instruction set
