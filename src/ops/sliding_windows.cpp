// sliding_windows: overlapping windows along an axis.
#include <fmt/format.h>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kAxis = Param("axis").ints().constant(), kSize = Param("size").ints().constant();
constexpr Param kStride = Param("stride").ints().constant().or_integer(1);
constexpr Param kParams15[] = {Param("x").of(kMovable15), kAxis, kSize, kStride};
constexpr Param kParams17[] = {Param("x").of(kMovable17), kAxis, kSize, kStride};
constexpr std::string_view kSamples[] = {"x=T[1,8,2] axis=1 size=3", "x=T[2,9] axis=-1 size=4 stride=2"};

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("x")));
  const int64_t size = call.integer("size"), stride = call.integer("stride");
  if (size < 1 || stride < 1)
    return call.error(fmt::format("size is {} and stride {}, expected at least 1", size, stride));
  Shape out = call.shape("x");
  int64_t& length = out[static_cast<size_t>(axis)];
  if (length >= 0 && length < size)
    return call.error(fmt::format("a window of {} does not fit {} elements", size, length));
  if (length >= 0) length = (length - size) / stride + 1;
  out.insert(out.begin() + axis + 1, size);
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), x.rank()));
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  Layout source = dense_layout(x.shape());
  const int64_t step = source.strides[static_cast<size_t>(axis)];
  source.strides.insert(source.strides.begin() + axis + 1, step);
  // With a single window the stride is never taken, and may be too large to multiply.
  if (out.shape()[static_cast<size_t>(axis)] > 1)
    source.strides[static_cast<size_t>(axis)] *= eval.integer("stride");
  copy_elements(out.shape(), x, source, out, dense_layout(out.shape()));
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "out[.., w, i, ..] = x[.., w * stride + i, ..]: windows of `size` along `axis`, counted by the axis, "
    "their elements on a new "
    "dimension behind it. Source: MIL, tensor_transformation; iOS17 adds bool and the 8- and 16-bit "
    "integers.";

constexpr OpDef kDefs[] = {
    {.name = "sliding_windows",
     .params = kParams15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "sliding_windows",
     .since = Opset::kIos17,
     .params = kParams17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(sliding_windows, kDefs);
}  // namespace wf
