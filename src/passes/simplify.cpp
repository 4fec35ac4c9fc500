#include "passes/simplify.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace wf {
namespace {

// A vector over the channels, dimension 1, in a shape that broadcasts to rank `rank`.
Result<ValueId> channel_values(StaticFunction& function, std::string name, const std::vector<double>& values,
                               int64_t rank) {
  Shape shape(static_cast<size_t>(rank - 1), 1);
  shape[0] = static_cast<int64_t>(values.size());
  WF_TRY(Tensor tensor, Tensor::of_doubles(DType::kFloat32, std::move(shape), values));
  return function.add_known(std::move(name), std::move(tensor));
}

Op make_op(std::string type, std::vector<std::pair<std::string, ValueId>> inputs, ValueId output) {
  Op op;
  op.type = std::move(type);
  for (auto& [name, id] : inputs) op.inputs.push_back({std::move(name), {id}});
  std::ranges::sort(op.inputs, {}, &Argument::name);
  op.outputs = {output};
  return op;
}

std::vector<double> values_or(const Call& call, std::string_view name, size_t count, double fallback) {
  const Tensor* given = call.tensor(name);
  return given ? read_doubles(*given) : std::vector<double>(count, fallback);
}

Result<bool> append_batch_norm(StaticFunction& function, const Op& op, const Call& call) {
  const std::vector<double> mean = read_doubles(*call.tensor("mean")),
                            variance = read_doubles(*call.tensor("variance"));
  const std::vector<double> gamma = values_or(call, "gamma", mean.size(), 1),
                            beta = values_or(call, "beta", mean.size(), 0);
  const double epsilon = call.number("epsilon");
  const int64_t rank = call.rank("x");  // the call does not see the function grow
  std::vector<double> scale, shift;
  for (size_t c = 0; c < mean.size(); ++c) {
    scale.push_back(gamma[c] / std::sqrt(variance[c] + epsilon));
    shift.push_back(beta[c] - mean[c] * scale[c]);
  }
  const std::string name = function.function.value(op.outputs[0]).name;
  const ValueId x = std::get<ValueId>(op.find_input("x")->bindings[0]);
  WF_TRY(const ValueId factor, channel_values(function, name + "_scale", scale, rank));
  WF_TRY(const ValueId offset, channel_values(function, name + "_shift", shift, rank));
  const ValueId scaled = function.add_value(name + "_scaled", function.type(op.outputs[0]));
  auto& ops = function.function.body.ops;
  ops.push_back(make_op("mul", {{"x", x}, {"y", factor}}, scaled));
  ops.push_back(make_op("add", {{"x", scaled}, {"y", offset}}, op.outputs[0]));
  return true;
}

Result<bool> append_prelu(StaticFunction& function, const Op& op, const Call& call) {
  const std::string name = function.function.value(op.outputs[0]).name;
  const ValueId x = std::get<ValueId>(op.find_input("x")->bindings[0]);
  const std::vector<double> alphas = read_doubles(*call.tensor("alpha"));
  const int64_t rank = call.rank("x");  // the call does not see the function grow
  WF_TRY(const ValueId alpha, channel_values(function, name + "_alpha", alphas, rank));
  WF_TRY(Tensor nothing, Tensor::scalar(DType::kFloat32, 0));
  const ValueId zero = function.add_known(name + "_zero", std::move(nothing));
  const Shape shape = function.shape(op.outputs[0]);
  const ValueId negative = function.add_value(name + "_negative", tensor_type(DType::kBool, shape));
  const ValueId scaled = function.add_value(name + "_scaled", tensor_type(DType::kFloat32, shape));
  auto& ops = function.function.body.ops;
  ops.push_back(make_op("less", {{"x", x}, {"y", zero}}, negative));
  ops.push_back(make_op("mul", {{"x", x}, {"y", alpha}}, scaled));
  ops.push_back(make_op("select", {{"cond", negative}, {"a", scaled}, {"b", x}}, op.outputs[0]));
  return true;
}

}  // namespace

Result<bool> append_simplified(StaticFunction& function, Op op, const Call& call) {
  const bool is_float = call.has("x") && call.type("x").tensor() && call.dtype("x") == DType::kFloat32;
  if (op.type == "batch_norm" && is_float) return append_batch_norm(function, op, call);
  if (op.type == "prelu" && is_float) return append_prelu(function, op, call);
  function.function.body.ops.push_back(std::move(op));
  return true;
}

}  // namespace wf
