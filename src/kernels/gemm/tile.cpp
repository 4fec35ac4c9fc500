#include "kernels/gemm/tile.h"

#include "kernels/gemm/bfloat_tile.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/tile.cpp"
#include "kernels/targets-inl.h"
// It comes after that: once for each instruction set.
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {
namespace {

// Sums and two vectors of the panel have to fit the registers: 32 with AVX-512 and NEON, else 16.
#if HWY_TARGET == HWY_AVX3
constexpr int kRows = 12;
#elif HWY_TARGET == HWY_NEON
constexpr int kRows = 8;
#elif HWY_TARGET == HWY_AVX2
constexpr int kRows = 6;
#else
constexpr int kRows = 4;
#endif

// Reads a panel row by row.
template <class Element>
class Panel {
 public:
  explicit Panel(const void* bytes) : at_(static_cast<const Element*>(bytes)) {}
  HWY_INLINE void next(V* first, V* second) {
    *first = load(at_);
    *second = load(at_ + kLanes);
    at_ += 2 * kLanes;
  }

 private:
  const Element* at_;
};

struct Palette {};

template <>
class Panel<Palette> {
 public:
  explicit Panel(const void* bytes)
      : table_(static_cast<const float*>(bytes)),
        at_(reinterpret_cast<const uint8_t*>(table_ + kPaletteSize)) {
#if HWY_TARGET == HWY_AVX3
    low_ = load(table_);
#elif HWY_TARGET == HWY_AVX2
    low_ = load(table_);
    high_ = load(table_ + kLanes);
#endif
  }
  HWY_INLINE void next(V* first, V* second) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
    const hn::Rebind<int32_t, F> places;
    const hn::Rebind<uint8_t, F> bytes;
    const auto both = hn::PromoteTo(places, hn::LoadU(bytes, at_));
    *first = look_up(hn::And(both, hn::Set(places, 15)));
    *second = look_up(hn::ShiftRight<4>(both));
#else
    float lanes[2 * kLanes];
    for (int64_t i = 0; i < kLanes; ++i) {
      lanes[i] = table_[at_[i] & 15];
      lanes[kLanes + i] = table_[at_[i] >> 4];
    }
    *first = load(lanes);
    *second = load(lanes + kLanes);
#endif
    at_ += kLanes;
  }

 private:
#if HWY_TARGET == HWY_AVX3
  HWY_INLINE V look_up(hn::Vec<hn::Rebind<int32_t, F>> place) const {
    return hn::TableLookupLanes(low_, hn::IndicesFromVec(kFloats, place));
  }
  V low_;
#elif HWY_TARGET == HWY_AVX2
  HWY_INLINE V look_up(hn::Vec<hn::Rebind<int32_t, F>> place) const {
    const hn::Rebind<int32_t, F> places;
    const auto inside = hn::IndicesFromVec(kFloats, hn::And(place, hn::Set(places, 7)));
    const auto is_high = hn::RebindMask(kFloats, hn::Gt(place, hn::Set(places, 7)));
    return hn::IfThenElse(is_high, hn::TableLookupLanes(high_, inside), hn::TableLookupLanes(low_, inside));
  }
  V low_, high_;
#endif
  const float* table_;
  const uint8_t* at_;
};

// Two vectors of sums a row, through the epilogue to memory.
template <int R>
HWY_INLINE void finish(V (&sums)[R][2], float* out, int64_t out_stride, int64_t columns,
                       const TileEpilogue& epilogue) {
  if (epilogue.scale) {
    const V scale0 = load(epilogue.scale), scale1 = load(epilogue.scale + kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      sums[r][0] = hn::Mul(sums[r][0], scale0);
      sums[r][1] = hn::Mul(sums[r][1], scale1);
    }
  }
  if (epilogue.bias) {
    const V bias0 = load(epilogue.bias), bias1 = load(epilogue.bias + kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      sums[r][0] = hn::Add(sums[r][0], bias0);
      sums[r][1] = hn::Add(sums[r][1], bias1);
    }
  }
  if (epilogue.residual) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const float* residual = epilogue.residual + r * epilogue.residual_stride;
      sums[r][0] = hn::Add(sums[r][0], load_first(residual, columns));
      sums[r][1] = hn::Add(sums[r][1], load_first(residual + kLanes, columns - kLanes));
    }
  }
  if (epilogue.clamps) {
    const V low = hn::Set(kFloats, epilogue.low), high = hn::Set(kFloats, epilogue.high);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      sums[r][0] = clamp(sums[r][0], low, high);
      sums[r][1] = clamp(sums[r][1], low, high);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    store_first(sums[r][0], out + r * out_stride, columns);
    store_first(sums[r][1], out + r * out_stride + kLanes, columns - kLanes);
  }
}

template <int R, class Element>
void tile(const void* const* rows, int64_t taps, int64_t inner, const void* panel, float* out,
          int64_t out_stride, int64_t columns, const TileEpilogue& epilogue) {
  V sums[R][2];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) sums[r][0] = sums[r][1] = hn::Zero(kFloats);
  Panel<Element> b(panel);
  for (int64_t tap = 0; tap < taps; ++tap, rows += R) {
    for (int64_t i = 0; i < inner; ++i) {
      V b0, b1;
      b.next(&b0, &b1);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const V a = hn::Set(kFloats, static_cast<const float*>(rows[r])[i]);
        sums[r][0] = hn::MulAdd(a, b0, sums[r][0]);
        sums[r][1] = hn::MulAdd(a, b1, sums[r][1]);
      }
    }
  }
  finish<R>(sums, out, out_stride, columns, epilogue);
}

template <class Element, int R = kRows>
constexpr void fill(TileKernels& kernels) {
  kernels.of_rows[R] = &tile<R, Element>;
  if constexpr (R > 1) fill<Element, R - 1>(kernels);
}

template <class Element>
constexpr TileKernels make_kernels() {
  TileKernels kernels;
  kernels.columns = 2 * kLanes;
  kernels.rows = kRows;
  fill<Element>(kernels);
  return kernels;
}

}  // namespace

void run_tile_finish(const float* sums, int64_t rows, float* out, int64_t out_stride, int64_t columns,
                     const TileEpilogue& epilogue) {
  for (int64_t r = 0; r < rows; ++r) {
    V line[1][2] = {{load(sums + r * 2 * kLanes), load(sums + r * 2 * kLanes + kLanes)}};
    TileEpilogue of_row = epilogue;
    if (of_row.residual) of_row.residual += r * epilogue.residual_stride;
    finish<1>(line, out + r * out_stride, out_stride, columns, of_row);
  }
}

constexpr TileKernels kFloatTiles = make_kernels<float>();
constexpr TileKernels kHalfTiles = make_kernels<hwy::float16_t>();
constexpr TileKernels kPaletteTiles = make_kernels<Palette>();

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wf {

const TileKernels& tile_kernels(Isa isa, WeightElement element) {
  switch (element) {
    case WeightElement::kFloat:
      break;
    case WeightElement::kHalf:
      return *WF_FOR_ISA(isa, kHalfTiles);
    case WeightElement::kPalette:
      return *WF_FOR_ISA(isa, kPaletteTiles);
    case WeightElement::kBfloat:
      return bfloat_tiles();
  }
  return *WF_FOR_ISA(isa, kFloatTiles);
}

TileFinish tile_finish(Isa isa) { return WF_FOR_ISA(isa, run_tile_finish); }

}  // namespace wf
#endif
