// transpose: reorders the dimensions.
#include <fmt/format.h>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams15[] = {Param("x").of(kMovable15), Param("perm").ints().constant()};
constexpr Param kParams17[] = {Param("x").of(kMovable17), Param("perm").ints().constant()};
constexpr std::string_view kSamples[] = {"x=T[2,3,4] perm={2,0,1}", "x=T[2,3,4,5] perm={0,2,-1,1}",
                                         "x=bool[2,3] perm={1,0}", "x=T[0,3] perm={1,0}"};

Result<std::vector<int64_t>> permutation(const Call& call, int64_t rank) {
  const auto perm = call.ints("perm");
  if (!perm || static_cast<int64_t>(perm->size()) != rank) {
    return call.error(
        fmt::format("'perm' has {} entries, the input has rank {}", perm ? perm->size() : 0, rank));
  }
  return normalized_axes(call, *perm, rank);
}

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  WF_TRY(const auto perm, permutation(call, call.rank("x")));
  Shape out;
  for (const int64_t axis : perm) out.push_back(x[static_cast<size_t>(axis)]);
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(const auto perm, permutation(eval, x.rank()));
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  const Shape strides = element_strides(x.shape());
  Layout source;
  for (const int64_t axis : perm) source.strides.push_back(strides[static_cast<size_t>(axis)]);
  copy_elements(out.shape(), x, source, out, dense_layout(out.shape()));
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "out[i_perm[0], i_perm[1], ...] = x[i_0, i_1, ...]: dimension d of the output is dimension perm[d] of x; "
    "negative "
    "entries count from the end. Source: MIL, tensor_transformation; iOS17 adds the 8- and 16-bit integers.";

constexpr OpDef kDefs[] = {
    {.name = "transpose",
     .params = kParams15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "transpose",
     .since = Opset::kIos17,
     .params = kParams17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(transpose, kDefs);
}  // namespace wf
