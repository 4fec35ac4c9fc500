// linear: x times the transposed weight matrix, plus a bias.
#include <fmt/format.h>

#include "ops/product.h"

namespace wf {
namespace {

constexpr Param kParamsIos15[] = {Param("x").of(kFloatsAndInt32, 'T'),
                                  Param("weight").of(kFloatsAndInt32, 'T').constant(),
                                  Param("bias").of(kFloatsAndInt32, 'T').optional().constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kFloatsAndInt32, 'T'),
                                  Param("weight").of(kFloatsAndInt32, 'U').constant(),
                                  Param("bias").of(kFloatsAndInt32, 'U').optional().constant()};
constexpr std::string_view kSamples[] = {"x=T[5] weight=T[3,5]",
                                         "x=T[2,7] weight=T[70,7] bias=T[70]",
                                         "x=T[2,3,4] weight=T[5,4] bias=T[5]",
                                         "x=T[1,2,3,4] weight=T[2,4]",
                                         "x=T[0,4] weight=T[2,4]",
                                         "x=int32[2,4] weight=int32[3,4] bias=int32[3]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  const Shape& weight = call.shape("weight");
  if (x.empty()) return call.error("x is a scalar, expected rank 1 or more");
  if (weight.size() != 2)
    return call.error(fmt::format("weight is {}, expected [out, in]", to_string(weight)));
  if (x.back() != kUnknownSize && weight[1] != kUnknownSize && x.back() != weight[1]) {
    return call.error(fmt::format("x is {}, weight {}: the last sizes {} and {} must be equal", to_string(x),
                                  to_string(weight), x.back(), weight[1]));
  }
  if (call.has("bias") && (call.rank("bias") != 1 || call.shape("bias")[0] != weight[0])) {
    return call.error(fmt::format("bias is {}, expected [{}]", to_string(call.shape("bias")), weight[0]));
  }
  Shape out = x;
  out.back() = weight[0];
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const Tensor& weight = eval.input("weight");
  WF_TRY(Tensor out, eval.make_output(0));
  const int64_t columns = weight.shape()[0], inner = weight.shape()[1];
  const int64_t rows = columns > 0 ? out.size() / columns : 0;
  const Product product{.a_rows = {{rows}, {inner}},
                        .a_inner = {{inner}, {1}},
                        .b_inner = {{inner}, {1}},
                        .b_columns = {{columns}, {inner}},
                        .out_rows = {{rows}, {columns}},
                        .out_columns = {{columns}, {1}}};
  WF_CHECK(
      multiply(eval, product, x, 0, weight, 0, eval.has("bias") ? &eval.input("bias") : nullptr, out, 0));
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "out[..., o] = sum over i of x[..., i] * weight[o, i] + bias[o]. x [..., in], weight [out, in], bias "
    "[out]. int32 "
    "wraps. Source: MIL, iOS15 and iOS17 linear.";

constexpr OpDef kDefs[] = {
    {.name = "linear",
     .params = kParamsIos15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "linear",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(linear, kDefs);
}  // namespace wf
