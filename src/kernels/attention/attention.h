// softmax(q k^T * scale + mask) v, head by head, with no more of the scores in memory than a block of rows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/isa.h"

namespace wf {

// Strides in elements. Queries and values have contiguous rows; the scores of a fully masked row are NaN, as
// a softmax of nothing but -infinity is.
struct Attention {
  int64_t queries = 0, keys = 0, inner = 0, values = 0;  // sizes of one head
  float scale = 1;
  int64_t query_stride = 0;
  int64_t key_stride = 0, key_inner_stride = 1;
  int64_t value_stride = 0;
  int64_t out_stride = 0;
  bool has_mask = false, mask_is_bool = false;  // added, or false: no attention
  int64_t mask_row_stride = 0, mask_column_stride = 0;
  // First elements of each head.
  struct Head {
    int64_t query, key, value, out, mask;
  };
  std::vector<Head> heads;
};

// Floats for the packed keys and values of all heads, and for the scores of one thread.
int64_t attention_packed_floats(Isa isa, const Attention& attention);
int64_t attention_score_floats(Isa isa, const Attention& attention);

struct AttentionIo {
  const float* query = nullptr;
  const float* key = nullptr;
  const float* value = nullptr;
  const void* mask = nullptr;
  float* out = nullptr;
  float* packed = nullptr;       // attention_packed_floats
  std::byte* scratch = nullptr;  // attention_score_floats for each thread, aligned
};
void attend(Isa isa, const Attention& attention, const AttentionIo& io, ThreadPool& pool);

}  // namespace wf
