// slice_by_size: a block of x from `begin`, of `size`.
#include <fmt/format.h>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams15[] = {Param("x").of(kMovable15), Param("begin").ints(), Param("size").ints()};
constexpr Param kParams17[] = {Param("x").of(kMovable17), Param("begin").ints(), Param("size").ints()};
constexpr std::string_view kSamples[] = {"x=T[4,5] begin={1,0} size={2,-1}",
                                         "x=T[4,5] begin={-2,3} size={2,1}", "x=int32[6] begin={2} size={0}"};

Status check_length(const Call& call, std::string_view name) {
  const Shape& shape = call.shape(name);
  if (shape.size() == 1 && (shape[0] < 0 || shape[0] == call.rank("x"))) return {};
  return call.error(fmt::format("'{}' has shape {}, expected one entry for each of {} dimensions", name,
                                to_string(shape), call.rank("x")));
}

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_CHECK(check_length(call, "begin"));
  WF_CHECK(check_length(call, "size"));
  const auto begin = call.ints("begin");
  const auto size = call.ints("size");
  const Shape& x = call.shape("x");
  Shape out(x.size(), kUnknownSize);
  for (size_t d = 0; size && d < x.size(); ++d) {
    const int64_t wanted = (*size)[d];
    if (wanted < -1)
      return call.error(fmt::format("size {} of dimension {}, expected at least -1", wanted, d));
    if (wanted >= 0) out[d] = wanted;
    if (!begin || x[d] < 0) continue;
    const int64_t first = (*begin)[d] < 0 ? (*begin)[d] + x[d] : (*begin)[d];
    if (first < 0 || first > x[d] || wanted > x[d] - first) {
      return call.error(fmt::format("{} elements from {} do not lie in dimension {} of size {}", wanted,
                                    (*begin)[d], d, x[d]));
    }
    if (wanted == -1) out[d] = x[d] - first;
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const auto begin = *eval.ints("begin");
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  Layout source = dense_layout(x.shape());
  for (size_t d = 0; d < begin.size(); ++d) {
    source.offset += (begin[d] < 0 ? begin[d] + x.shape()[d] : begin[d]) * source.strides[d];
  }
  copy_elements(out.shape(), x, source, out, dense_layout(out.shape()));
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "x[begin : begin + size] in every dimension; size -1 reaches to the end, a negative begin counts from "
    "the end. What lies "
    "outside x is an error. Source: MIL, tensor_transformation; iOS17 adds the 8- and 16-bit integers.";

constexpr OpDef kDefs[] = {
    {.name = "slice_by_size",
     .params = kParams15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "slice_by_size",
     .since = Opset::kIos17,
     .params = kParams17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(slice_by_size, kDefs);
}  // namespace wf
