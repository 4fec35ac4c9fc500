// one_hot: indices to vectors that are `on_value` in one place.
#include <fmt/format.h>

#include <algorithm>

#include "ops/axis.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("indices").ints(), Param("one_hot_vector_size").ints(),
                             Param("axis").ints().constant().or_integer(-1),
                             Param("on_value").of(kFloatsInt32AndBool, 'T').constant().or_integer(1),
                             Param("off_value").of(kFloatsInt32AndBool, 'T').constant().or_integer(0)};
constexpr std::string_view kSamples[] = {
    "indices=int32[2,3]@-1:6 one_hot_vector_size=5",
    "indices=int32[4]@0:3 one_hot_vector_size=3 axis=0 on_value=2.5 off_value=-0.5",
    "indices=int32[] one_hot_vector_size=4 on_value=true off_value=false",
    "indices=int32[2,3]@0:4 one_hot_vector_size=4 axis=1 on_value=1.0 off_value=0.0",
    "indices=int32[3] one_hot_vector_size=0"};

DType output_dtype(const Call& call) {
  if (call.has("on_value")) return call.dtype("on_value");
  return call.has("off_value") ? call.dtype("off_value") : DType::kInt32;
}

Result<int64_t> new_axis(const Call& call) {
  return normalized_axis(call, call.integer("axis"), call.rank("indices") + 1);
}

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_TRY(const int64_t axis, new_axis(call));
  int64_t size = kUnknownSize;
  if (const auto sizes = call.ints("one_hot_vector_size")) {
    if (sizes->size() != 1 || sizes->front() < 0) {
      return call.error("one_hot_vector_size must be one number, at least 0");
    }
    size = sizes->front();
  }
  Shape shape = call.shape("indices");
  shape.insert(shape.begin() + axis, size);
  return std::vector<ValueType>{tensor_type(output_dtype(call), std::move(shape))};
}

// Lines of the output along the new axis lie in the order of the indices.
Status reference(Evaluation& eval) {
  const Tensor& indices = eval.input("indices");
  WF_TRY(const int64_t axis, new_axis(eval));
  WF_TRY(Tensor out, eval.make_output(0));
  const double on = eval.number("on_value");
  const double off = eval.number("off_value");
  const AxisSplit split = split_at_axis(out.shape(), axis);
  std::vector<double> values(static_cast<size_t>(split.length));
  int64_t at = 0;
  for_each_line(split, [&](Line line) {
    std::ranges::fill(values, off);
    const int64_t index = read_int(indices, at++);
    if (index >= 0 && index < split.length) values[static_cast<size_t>(index)] = on;
    write_line(out, line, std::span<const double>(values));
  });
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "one_hot",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "A new dimension at axis (default last) of one_hot_vector_size elements: on_value at the index, "
           "off_value "
           "elsewhere, everywhere if the index is out of range. Their dtype is the output's, int32 if both "
           "are left out. "
           "Source: MIL, iOS15 tensor_operation.",
}};

}  // namespace

WF_OP_FILE(one_hot, kDefs);
}  // namespace wf
