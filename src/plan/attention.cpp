#include "plan/attention.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/attention/attention.h"

namespace wf {
namespace {

std::optional<ValueId> value_of(const Op& op, std::string_view name) {
  const Argument* argument = op.find_input(name);
  const auto* id = argument ? std::get_if<ValueId>(&argument->bindings[0]) : nullptr;
  return id ? std::optional(*id) : std::nullopt;
}

std::optional<double> known_number(const StaticFunction& function, ValueId id) {
  if (!function.is_known(id)) return std::nullopt;
  const Tensor* tensor = function.known[id.index].tensor();
  if (!tensor || tensor->size() != 1) return std::nullopt;
  return read_double(*tensor, 0);
}

bool is_float(const StaticFunction& function, ValueId id) {
  const TensorType* type = function.type(id).tensor();
  return type && type->dtype == DType::kFloat32;
}

}  // namespace

std::optional<AttentionMatch> match_attention(const StaticFunction& function, size_t last,
                                              const std::vector<int>& uses,
                                              const std::vector<int>& producer) {
  const std::vector<Op>& ops = function.function.body.ops;
  AttentionMatch match;
  match.members = {last};
  // The operation that computes what `op` reads as `name`, if nobody else reads it.
  const auto feeding = [&](size_t op, std::string_view name) -> std::optional<size_t> {
    const auto id = value_of(ops[op], name);
    if (!id || uses[id->index] != 1 || producer[id->index] < 0) return std::nullopt;
    return static_cast<size_t>(producer[id->index]);
  };
  if (ops[last].type != "matmul") return std::nullopt;
  auto call = function.call(ops[last]);
  if (!call || call->flag("transpose_x") || call->flag("transpose_y") || call->rank("x") < 3)
    return std::nullopt;
  match.value = *value_of(ops[last], "y");
  if (call->rank("y") != call->rank("x") || function.is_known(match.value)) return std::nullopt;

  auto at = feeding(last, "x");
  if (!at || ops[*at].type != "softmax") return std::nullopt;
  call = function.call(ops[*at]);
  const int64_t axis = call ? call->integer("axis") : 0;
  if (!call || (axis != -1 && axis != call->rank("x") - 1)) return std::nullopt;
  match.members.push_back(*at);
  at = feeding(*at, "x");
  // Scaling before or after the mask: a scale after it would scale the mask, too.
  while (at && ops[*at].type != "matmul") {
    const Op& op = ops[*at];
    const auto x = value_of(op, "x"), y = value_of(op, "y");
    if (!x || !y || (op.type != "mul" && op.type != "real_div" && op.type != "add")) return std::nullopt;
    std::string_view next = "x";
    if (op.type == "add") {
      if (match.mask || match.scale != 1) return std::nullopt;
      // The scores have the shape of the sum; the other operand is the mask.
      const Shape& shape = function.shape(op.outputs[0]);
      const bool x_scores = function.shape(*x) == shape && producer[x->index] >= 0 && uses[x->index] == 1;
      match.mask = x_scores ? *y : *x;
      next = x_scores ? "x" : "y";
      if (!is_float(function, *match.mask)) return std::nullopt;
    } else {
      auto number = known_number(function, *y);
      if (!number && op.type == "mul") {
        number = known_number(function, *x);
        next = "y";
      }
      if (!number || (op.type == "real_div" && *number == 0)) return std::nullopt;
      match.scale *= op.type == "mul" ? *number : 1 / *number;
    }
    match.members.push_back(*at);
    at = feeding(*at, next);
  }
  if (!at) return std::nullopt;
  call = function.call(ops[*at]);
  const auto q = value_of(ops[*at], "x"), k = value_of(ops[*at], "y");
  if (!call || !q || !k || call->flag("transpose_x") || call->rank("x") != call->rank("y"))
    return std::nullopt;
  if (call->rank("x") != static_cast<int64_t>(function.shape(match.value).size())) return std::nullopt;
  if (!is_float(function, *q) || !is_float(function, *k)) return std::nullopt;
  if (function.is_known(*q) || function.is_known(*k)) return std::nullopt;
  match.query = *q;
  match.key = *k;
  match.key_is_transposed = !call->flag("transpose_y");
  const Shape& k_shape = function.shape(*k);
  if (std::ranges::find(k_shape, 0) != k_shape.end()) return std::nullopt;
  match.members.push_back(*at);
  std::ranges::sort(match.members);
  return match;
}

bool emit_attention(const AttentionViews& v, Isa isa, const Allocate& allocate, const EmitStep& emit) {
  const size_t rank = v.out.shape.size();
  const size_t row = rank - 2, column = rank - 1;
  const size_t key_row = v.key_is_transposed ? column : row, key_inner = v.key_is_transposed ? row : column;
  Attention a;
  a.queries = v.query.shape[row];
  a.inner = v.query.shape[column];
  a.keys = v.key.shape[key_row];
  a.values = v.value.shape[column];
  if (a.keys == 0 || a.inner == 0) return false;
  const auto contiguous = [&](const View& view) {
    return view.strides[column] == 1 || view.shape[column] == 1;
  };
  if (!contiguous(v.query) || !contiguous(v.value) || !contiguous(v.out)) return false;
  a.scale = static_cast<float>(v.scale);
  a.query_stride = v.query.strides[row];
  a.key_stride = v.key.strides[key_row];
  a.key_inner_stride = v.key.strides[key_inner];
  a.value_stride = v.value.strides[row];
  a.out_stride = v.out.strides[row];

  const Shape batch(v.out.shape.begin(), v.out.shape.end() - 2);
  const std::vector<int64_t> query = batch_offsets(v.query, batch), key = batch_offsets(v.key, batch),
                             value = batch_offsets(v.value, batch), out = batch_offsets(v.out, batch);
  std::vector<int64_t> mask(out.size(), 0);
  if (v.mask) {
    // The mask under the shape of the scores, which it broadcasts to.
    View scores = *v.mask;
    scores.shape = batch;
    scores.shape.insert(scores.shape.end(), {a.queries, a.keys});
    scores.strides = broadcast_strides(v.mask->shape, v.mask->strides, scores.shape);
    mask = batch_offsets(scores, batch);
    a.has_mask = true;
    a.mask_is_bool = v.mask->dtype == DType::kBool;
    a.mask_row_stride = scores.strides[row];
    a.mask_column_stride = scores.strides[column];
  }
  for (size_t i = 0; i < out.size(); ++i) a.heads.push_back({query[i], key[i], value[i], out[i], mask[i]});
  Step step;
  step.kernel = fmt::format("attention, {} heads of {}x{}x{}", out.size(), a.queries, a.keys, a.inner);
  step.inputs = {v.query, v.key, v.value};
  if (v.mask) step.inputs.push_back(*v.mask);
  const View packed = allocate(attention_packed_floats(isa, a));
  step.outputs = {v.out, packed};
  step.scratch_bytes = attention_score_floats(isa, a) * static_cast<int64_t>(sizeof(float));
  step.code = [a = std::move(a), isa](const StepIo& io) -> Status {
    const size_t first_out = a.has_mask ? 4 : 3;
    attend(isa, a,
           {io.at<const float>(0), io.at<const float>(1), io.at<const float>(2),
            a.has_mask ? io.at<const void>(3) : nullptr, io.at<float>(first_out), io.at<float>(first_out + 1),
            io.scratch},
           *io.pool);
    return {};
  };
  emit(std::move(step));
  return true;
}

}  // namespace wf
