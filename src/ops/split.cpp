// split: cuts a tensor along an axis.
#include <fmt/format.h>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kMovable17), Param("num_splits").ints().constant().optional(),
                             Param("split_sizes").ints().constant().optional(),
                             Param("axis").ints().constant()};
constexpr std::string_view kSamples[] = {"x=T[2,6] num_splits=3 axis=1",
                                         "x=T[6,2] split_sizes={1,2,3} axis=0",
                                         "x=int32[4] num_splits=2 split_sizes={1,3} axis=-1"};
constexpr int64_t kMaxParts = 1 << 16;

Result<std::vector<int64_t>> equal_parts(const Call& call, int64_t whole) {
  const Tensor* given = call.tensor("num_splits");
  if (!given || given->size() != 1) return call.error("one of 'num_splits' and 'split_sizes' must be given");
  const int64_t parts = read_int(*given, 0);
  if (parts < 1 || parts > kMaxParts)
    return call.error(fmt::format("num_splits is {}, expected 1 to {}", parts, kMaxParts));
  if (whole % parts != 0 && whole >= 0)
    return call.error(fmt::format("size {} does not divide into {} equal parts", whole, parts));
  return std::vector<int64_t>(static_cast<size_t>(parts), whole < 0 ? kUnknownSize : whole / parts);
}

Result<std::vector<int64_t>> part_sizes(const Call& call, int64_t whole) {
  const auto sizes = call.ints("split_sizes");
  if (!sizes) return equal_parts(call, whole);
  for (const int64_t size : *sizes) {
    if (size < 0) return call.error(fmt::format("split_sizes holds {}, expected at least 0", size));
  }
  if (sizes->size() > static_cast<size_t>(kMaxParts))
    return call.error(fmt::format("{} parts are more than {}", sizes->size(), kMaxParts));
  WF_TRY(const int64_t total, sum_of_sizes(call, *sizes));
  if (whole >= 0 && total != whole)
    return call.error(fmt::format("split_sizes add up to {}, the axis has {}", total, whole));
  return *sizes;
}

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("x")));
  WF_TRY(const auto sizes, part_sizes(call, call.shape("x")[static_cast<size_t>(axis)]));
  std::vector<ValueType> types;
  Shape part = call.shape("x");
  for (const int64_t size : sizes) {
    part[static_cast<size_t>(axis)] = size;
    types.push_back(tensor_type(call.dtype("x"), part));
  }
  return types;
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), x.rank()));
  Layout source = dense_layout(x.shape());
  for (size_t i = 0; i < eval.output_count(); ++i) {
    WF_TRY(Tensor part, make_moved(eval, i, x));
    copy_elements(part.shape(), x, source, part, dense_layout(part.shape()));
    source.offset += part.shape()[static_cast<size_t>(axis)] * source.strides[static_cast<size_t>(axis)];
    eval.set_output(i, std::move(part));
  }
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "split",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "x cut along `axis` into `num_splits` equal parts, or into parts of `split_sizes`; one output "
           "each. Source: MIL, "
           "iOS15 tensor_operation.",
}};

}  // namespace

WF_OP_FILE(split, kDefs);
}  // namespace wf
