// scaled_dot_product_attention: softmax of query times key, applied to the values.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/elementwise.h"
#include "ops/product.h"
#include "ops/work_buffer.h"

namespace wf {
namespace {

constexpr DTypeSet kMask = kFloats | DTypeSet{DType::kBool};
constexpr Param kParams[] = {Param("query").of(kFloats, 'T'), Param("key").of(kFloats, 'T'),
                             Param("value").of(kFloats, 'T'), Param("attn_mask").of(kMask).optional()};
constexpr std::string_view kSamples[] = {"query=T[2,3,4] key=T[2,5,4] value=T[2,5,6]",
                                         "query=T[1,2,3,4] key=T[1,2,5,4] value=T[1,2,5,2] attn_mask=T[3,5]",
                                         "query=T[2,3,4] key=T[2,70,4] value=T[2,70,6] attn_mask=T[2,1,70]",
                                         "query=T[0,3,4] key=T[0,5,4] value=T[0,5,6]",
                                         "query=T[2,70,8] key=T[2,3,8] value=T[2,3,1] attn_mask=T[]"};

struct Sizes {
  Shape batch;
  int64_t queries = 0, keys = 0, inner = 0, values = 0;
};

Shape batch_of(const Shape& shape) { return Shape(shape.begin(), shape.end() - 2); }

Result<Sizes> sizes_of(const Call& call) {
  const Shape& q = call.shape("query");
  const Shape& k = call.shape("key");
  const Shape& v = call.shape("value");
  if (q.size() < 3 || k.size() < 3 || v.size() < 3) {
    return call.error(fmt::format("query {}, key {}, value {}: expected rank 3 or more", to_string(q),
                                  to_string(k), to_string(v)));
  }
  const auto differ = [](int64_t a, int64_t b) { return a != b && a != kUnknownSize && b != kUnknownSize; };
  if (differ(q.back(), k.back())) {
    return call.error(
        fmt::format("query {} and key {} differ in their last size", to_string(q), to_string(k)));
  }
  if (differ(k[k.size() - 2], v[v.size() - 2])) {
    return call.error(
        fmt::format("key {} and value {} differ in their number of entries", to_string(k), to_string(v)));
  }
  auto batch = broadcast_shapes(batch_of(q), batch_of(k));
  if (batch) batch = broadcast_shapes(*batch, batch_of(v));
  if (!batch) return call.error("batch dimensions: " + batch.error().message);
  return Sizes{*std::move(batch), q[q.size() - 2], k[k.size() - 2], q.back(), v.back()};
}

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_TRY(const Sizes sizes, sizes_of(call));
  Shape out = sizes.batch;
  out.push_back(sizes.queries);
  if (call.has("attn_mask")) {
    Shape scores = out;
    scores.push_back(sizes.keys);
    const auto masked = broadcast_shapes(call.shape("attn_mask"), scores);
    const bool known = std::ranges::find(scores, kUnknownSize) == scores.end();
    if (!masked || masked->size() != scores.size() || (known && *masked != scores)) {
      return call.error(fmt::format("attn_mask is {}, expected a shape that broadcasts to {}",
                                    to_string(call.shape("attn_mask")), to_string(scores)));
    }
  }
  out.push_back(sizes.values);
  return std::vector<ValueType>{tensor_type(call.dtype("query"), std::move(out))};
}

// Reads the mask as if it had the shape [batch..., queries, keys].
class Mask {
 public:
  Mask(const Tensor& tensor, const Sizes& sizes) : tensor_(tensor) {
    group_.sizes = sizes.batch;
    group_.sizes.push_back(sizes.queries);
    group_.sizes.push_back(sizes.keys);
    group_.strides.assign(group_.sizes.size(), 0);
    const Shape dense = dense_strides(tensor.shape());
    const size_t lead = group_.sizes.size() - dense.size();
    for (size_t i = 0; i < dense.size(); ++i)
      group_.strides[lead + i] = tensor.shape()[i] == 1 ? 0 : dense[i];
  }
  // False: no attention, -inf. Numbers are added.
  void apply(int64_t row, std::span<double> scores) const {
    if (scores.empty()) return;
    const bool flags = tensor_.dtype() == DType::kBool;
    const int64_t first = group_.offset(row * static_cast<int64_t>(scores.size()));
    for (size_t i = 0; i < scores.size(); ++i) {
      const double value = read_double(tensor_, first + static_cast<int64_t>(i) * group_.strides.back());
      if (!flags)
        scores[i] += value;
      else if (value == 0)
        scores[i] = -std::numeric_limits<double>::infinity();
    }
  }

 private:
  const Tensor& tensor_;
  IndexGroup group_;
};

// A row of nothing but -inf becomes NaN, as in NumPy.
void softmax(std::span<double> row) {
  double most = -std::numeric_limits<double>::infinity();
  for (const double value : row) most = std::max(most, value);
  double sum = 0;
  for (double& value : row) sum += value = std::exp(value - most);
  for (double& value : row) value /= sum;
}

Status reference(Evaluation& eval) {
  const Tensor& query = eval.input("query");
  const Tensor& key = eval.input("key");
  const Tensor& value = eval.input("value");
  WF_TRY(Tensor out, eval.make_output(0));
  WF_TRY(const Sizes s, sizes_of(eval));
  if (out.size() > 0) {
    // The scores of a few queries at a time: about 8 MB.
    const int64_t rows_at_once = std::clamp<int64_t>((1 << 20) / std::max<int64_t>(s.keys, 1), 1, s.queries);
    WF_TRY(WorkBuffer scores, WorkBuffer::make(rows_at_once * s.keys));
    Tensor scores_tensor = scores.tensor();  // the same memory, as multiply() takes it
    std::optional<Mask> mask;
    if (eval.has("attn_mask")) mask.emplace(eval.input("attn_mask"), s);
    const double scale = std::sqrt(static_cast<double>(s.inner));
    BroadcastIndex at_query(batch_of(query.shape()), s.batch), at_key(batch_of(key.shape()), s.batch),
        at_value(batch_of(value.shape()), s.batch);
    for (int64_t b = 0; b < out.size() / (s.queries * s.values);
         ++b, at_query.next(), at_key.next(), at_value.next()) {
      for (int64_t first = 0; first < s.queries; first += rows_at_once) {
        const int64_t rows = std::min(rows_at_once, s.queries - first);
        const Product to_scores{.a_rows = {{rows}, {s.inner}},
                                .a_inner = {{s.inner}, {1}},
                                .b_inner = {{s.inner}, {1}},
                                .b_columns = {{s.keys}, {s.inner}},
                                .out_rows = {{rows}, {s.keys}},
                                .out_columns = {{s.keys}, {1}}};
        WF_CHECK(multiply(eval, to_scores, query, (at_query() * s.queries + first) * s.inner, key,
                          at_key() * s.keys * s.inner, nullptr, scores_tensor, 0));
        for (int64_t r = 0; r < rows; ++r) {
          const std::span<double> row = scores.part(r * s.keys, s.keys);
          for (double& score : row) score /= scale;
          if (mask) mask->apply(b * s.queries + first + r, row);
          softmax(row);
        }
        const Product to_output{.a_rows = {{rows}, {s.keys}},
                                .a_inner = {{s.keys}, {1}},
                                .b_inner = {{s.keys}, {s.values}},
                                .b_columns = {{s.values}, {1}},
                                .out_rows = {{rows}, {s.values}},
                                .out_columns = {{s.values}, {1}}};
        WF_CHECK(multiply(eval, to_output, scores_tensor, 0, value, at_value() * s.keys * s.values, nullptr,
                          out, (b * s.queries + first) * s.values));
      }
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "scaled_dot_product_attention",
    .since = Opset::kIos18,
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "softmax(query key^T / sqrt(E) + attn_mask) value; query [B..., L, E], key [B..., S, E], value "
           "[B..., S, V], a mask "
           "that broadcasts to [B..., L, S]: numbers are added, false is -inf. A row without any key left is "
           "NaN. Source: "
           "MIL, iOS18 transformers.",
}};

}  // namespace

WF_OP_FILE(scaled_dot_product_attention, kDefs);
}  // namespace wf
