// Attention against sums in double: masks of both kinds, odd sizes, keys in either orientation.
#include "kernels/attention/attention.h"

#include <cmath>
#include <limits>
#include <random>

#include "base/aligned_buffer.h"
#include "support/support.h"

namespace wf::test {
namespace {

std::vector<float> random_floats(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<size_t>(count));
  for (float& v : values) v = normal(random);
  return values;
}

struct Sizes {
  int64_t heads, queries, keys, inner, values;
};

void check(Isa isa, const Sizes& s, bool turned, int mask_kind) {
  const auto q = random_floats(s.heads * s.queries * s.inner, 1),
             k = random_floats(s.heads * s.keys * s.inner, 2),
             v = random_floats(s.heads * s.keys * s.values, 3), added = random_floats(s.queries * s.keys, 4);
  std::vector<uint8_t> flags(static_cast<size_t>(s.queries * s.keys));
  for (size_t i = 0; i < flags.size(); ++i) flags[i] = i % 3 != 1 || s.keys == 1;
  Attention a;
  a.queries = s.queries;
  a.keys = s.keys;
  a.inner = s.inner;
  a.values = s.values;
  a.scale = 0.3F;
  a.query_stride = s.inner;
  a.key_stride = turned ? 1 : s.inner;
  a.key_inner_stride = turned ? s.keys : 1;
  a.value_stride = s.values;
  a.out_stride = s.values + 2;
  a.has_mask = mask_kind != 0;
  a.mask_is_bool = mask_kind == 2;
  a.mask_row_stride = s.keys;
  a.mask_column_stride = 1;
  for (int64_t h = 0; h < s.heads; ++h) {
    a.heads.push_back({h * s.queries * s.inner, h * s.keys * s.inner, h * s.keys * s.values,
                       h * s.queries * a.out_stride, 0});
  }
  std::vector<float> out(static_cast<size_t>(s.heads * s.queries * a.out_stride), 5.0F);
  ThreadPool pool(2);
  AlignedBuffer packed(attention_packed_floats(isa, a) * 4);
  AlignedBuffer scratch(aligned_size(attention_score_floats(isa, a) * 4) * pool.threads());
  const void* mask = mask_kind == 2 ? static_cast<const void*>(flags.data()) : added.data();
  attend(isa, a, {q.data(), k.data(), v.data(), mask, out.data(), packed.as<float>(), scratch.data()}, pool);
  for (int64_t h = 0; h < s.heads; ++h) {
    for (int64_t i = 0; i < s.queries; ++i) {
      std::vector<double> weights;
      double total = 0;
      for (int64_t j = 0; j < s.keys; ++j) {
        double score = 0;
        for (int64_t d = 0; d < s.inner; ++d) {
          score += double{q[static_cast<size_t>(a.heads[static_cast<size_t>(h)].query + i * s.inner + d)]} *
                   k[static_cast<size_t>(h * s.keys * s.inner + j * a.key_stride + d * a.key_inner_stride)];
        }
        score *= 0.3;
        const auto at = static_cast<size_t>(i * s.keys + j);
        if (mask_kind == 1) score += added[at];
        if (mask_kind == 2 && flags[at] == 0) score = -std::numeric_limits<double>::infinity();
        weights.push_back(std::exp(score));
        total += weights.back();
      }
      for (int64_t d = 0; d < s.values; ++d) {
        double sum = 0;
        for (int64_t j = 0; j < s.keys; ++j) {
          sum += weights[static_cast<size_t>(j)] / total *
                 v[static_cast<size_t>((h * s.keys + j) * s.values + d)];
        }
        ASSERT_NEAR(out[static_cast<size_t>((h * s.queries + i) * a.out_stride + d)], sum, 1e-5)
            << name_of(isa) << ", head " << h << ", query " << i;
      }
    }
  }
}

TEST(Attention, AgreesWithDoubleSums) {
  for (const Isa isa : usable_isas()) {
    for (const Sizes& s :
         {Sizes{1, 1, 1, 1, 1}, Sizes{2, 7, 5, 3, 6}, Sizes{3, 50, 70, 16, 33}, Sizes{1, 130, 33, 64, 64}}) {
      for (const bool turned : {false, true}) {
        for (const int mask : {0, 1, 2}) check(isa, s, turned, mask);
      }
    }
  }
}

}  // namespace
}  // namespace wf::test
