#include "kernels/attention/attention.h"

#include <algorithm>
#include <limits>

#include "base/aligned_buffer.h"
#include "kernels/gemm/packed_matrix.h"
#include "kernels/gemm/tile.h"
#include "kernels/gemm/tiling.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention/attention.cpp"
#include "kernels/targets-inl.h"
// They come after that, in this order: once for each instruction set.
#include "kernels/vectors-inl.h"
//
#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {

// s = exp(s * scale + mask - max); the sum of that. `mask` may be null; step 0 repeats its one element.
float weigh(float* s, int64_t length, float scale, const float* mask, int64_t mask_step) {
  const V factor = all(scale);
  const float infinity = std::numeric_limits<float>::infinity();
  V most = all(-infinity);
  int64_t i = 0;
  const auto score = [&](int64_t at, int64_t count) {
    V v = hn::Mul(load_first(s + at, count), factor);
    if (mask) v = hn::Add(v, mask_step == 0 ? all(*mask) : load_first(mask + at, count));
    return v;
  };
  for (; i + kLanes <= length; i += kLanes) {
    const V v = score(i, kLanes);
    store(v, s + i);
    most = max_or_nan(most, v);
  }
  float lanes[kLanes];
  store(most, lanes);
  float top = -infinity;
  for (const float lane : lanes) top = lane > top || lane != lane ? lane : top;
  if (i < length) {
    store_first(score(i, length - i), s + i, length - i);
    for (int64_t k = i; k < length; ++k) top = s[k] > top || s[k] != s[k] ? s[k] : top;
  }
  const V offset = all(top);
  V sum = hn::Zero(kFloats);
  for (i = 0; i + kLanes <= length; i += kLanes) {
    const V e = vexp(hn::Sub(load(s + i), offset));
    store(e, s + i);
    sum = hn::Add(sum, e);
  }
  store(sum, lanes);
  float total = 0;
  for (const float lane : lanes) total += lane;
  if (i < length) {
    store_first(vexp(hn::Sub(load_first(s + i, length - i), offset)), s + i, length - i);
    for (int64_t k = i; k < length; ++k) total += s[k];
  }
  return total;
}

void scale_row(float* row, int64_t length, float factor) {
  const V f = all(factor);
  int64_t i = 0;
  for (; i + kLanes <= length; i += kLanes) store(hn::Mul(load(row + i), f), row + i);
  if (i < length) store_first(hn::Mul(load_first(row + i, length - i), f), row + i, length - i);
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wf {
namespace {

// Rows of scores that are computed before they are used: several tiles' worth.
constexpr int64_t kTilesPerBlock = 4;

int64_t packed_floats(Isa isa, int64_t inner, int64_t columns) {
  return aligned_size(packed_bytes(isa, inner, columns, false)) / static_cast<int64_t>(sizeof(float));
}
int64_t score_stride(const Attention& a) { return aligned_size(a.keys * 4) / 4; }

// rows of `left` (stride apart) times a packed matrix.
void tiles_of(const TileKernels& tiles, const float* left, int64_t left_stride, int64_t count, int64_t inner,
              const float* packed, int64_t columns, float* out, int64_t out_stride) {
  const TileEpilogue none;
  const void* rows[kMostTileRows];
  const int64_t tile_height = even_height(count, tiles.rows);
  for (int64_t column = 0; column < columns; column += tiles.columns) {
    for (int64_t row = 0; row < count; row += tile_height) {
      const int64_t height = std::min(tile_height, count - row);
      for (int64_t r = 0; r < height; ++r) rows[r] = left + (row + r) * left_stride;
      tiles.of_rows[height](rows, 1, inner, packed + column * inner, out + row * out_stride + column,
                            out_stride, std::min(tiles.columns, columns - column), none);
    }
  }
}

// A row of the mask as numbers to add, in `to` if it has to be made.
const float* mask_row(const Attention& a, const AttentionIo& io, int64_t at, float* to, int64_t* step) {
  *step = a.mask_column_stride;
  if (!a.mask_is_bool && a.mask_column_stride <= 1) return static_cast<const float*>(io.mask) + at;
  *step = 1;
  for (int64_t k = 0; k < a.keys; ++k) {
    const int64_t element = at + k * a.mask_column_stride;
    if (a.mask_is_bool) {
      to[k] = static_cast<const uint8_t*>(io.mask)[element] ? 0.0F : -std::numeric_limits<float>::infinity();
    } else {
      to[k] = static_cast<const float*>(io.mask)[element];
    }
  }
  return to;
}

}  // namespace

int64_t attention_packed_floats(Isa isa, const Attention& a) {
  return static_cast<int64_t>(a.heads.size()) *
         (packed_floats(isa, a.inner, a.keys) + packed_floats(isa, a.keys, a.values));
}

int64_t attention_score_floats(Isa isa, const Attention& a) {
  return (kTilesPerBlock * tile_kernels(isa).rows + 1) * score_stride(a);  // and a row of the mask
}

void attend(Isa isa, const Attention& a, const AttentionIo& io, ThreadPool& pool) {
  const auto weigh_row = WF_FOR_ISA(isa, weigh);
  const auto scale = WF_FOR_ISA(isa, scale_row);
  const TileKernels& tiles = tile_kernels(isa);
  const auto heads = static_cast<int64_t>(a.heads.size());
  const int64_t key_floats = packed_floats(isa, a.inner, a.keys);
  const int64_t head_floats = key_floats + packed_floats(isa, a.keys, a.values);
  pool.for_each(2 * heads, [&](int64_t task, int) {
    const Attention::Head& head = a.heads[static_cast<size_t>(task / 2)];
    float* packed = io.packed + task / 2 * head_floats;
    if (task % 2 == 0) {
      pack_into(isa, {io.key + head.key, false, a.key_inner_stride, a.key_stride}, a.inner, a.keys,
                reinterpret_cast<std::byte*>(packed));
    } else {
      pack_into(isa, {io.value + head.value, false, a.value_stride, 1}, a.keys, a.values,
                reinterpret_cast<std::byte*>(packed + key_floats));
    }
  });
  const int64_t block = kTilesPerBlock * tiles.rows, stride = score_stride(a);
  const int64_t blocks = (a.queries + block - 1) / block;
  const int64_t scratch_bytes =
      aligned_size(attention_score_floats(isa, a) * static_cast<int64_t>(sizeof(float)));
  pool.for_each(heads * blocks, [&](int64_t task, int worker) {
    const Attention::Head& head = a.heads[static_cast<size_t>(task / blocks)];
    const float* packed = io.packed + task / blocks * head_floats;
    const int64_t first = task % blocks * block;
    const int64_t count = std::min(block, a.queries - first);
    auto* scores = reinterpret_cast<float*>(io.scratch + worker * scratch_bytes);
    float* mask_space = scores + block * stride;
    tiles_of(tiles, io.query + head.query + first * a.query_stride, a.query_stride, count, a.inner, packed,
             a.keys, scores, stride);
    float sums[kTilesPerBlock * kMostTileRows];
    for (int64_t r = 0; r < count; ++r) {
      int64_t step = 0;
      const float* mask = nullptr;
      if (a.has_mask) mask = mask_row(a, io, head.mask + (first + r) * a.mask_row_stride, mask_space, &step);
      sums[r] = weigh_row(scores + r * stride, a.keys, a.scale, mask, step);
    }
    float* out = io.out + head.out + first * a.out_stride;
    tiles_of(tiles, scores, stride, count, a.keys, packed + key_floats, a.values, out, a.out_stride);
    for (int64_t r = 0; r < count; ++r) scale(out + r * a.out_stride, a.values, 1.0F / sums[r]);
  });
}

}  // namespace wf
#endif
