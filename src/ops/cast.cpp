// cast: to another dtype.
#include <fmt/format.h>

#include "ops/call.h"

namespace wf {
namespace {

constexpr DTypeSet kIos17Types = kFloatsInt32AndBool | kSmallInts;
constexpr Param kParams[] = {Param("x").of(kFloatsInt32AndBool), Param("dtype").text().constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kIos17Types), Param("dtype").text().constant()};
constexpr std::string_view kSamples[] = {"x=T[2,3]@-9:9 dtype=\"int32\"", "x=int32[5] dtype=\"fp16\"",
                                         "x=bool[4] dtype=\"fp32\"", "x=T[2,0] dtype=\"bool\"",
                                         "x=fp32[7] dtype=\"fp16\""};
constexpr std::string_view kSamplesIos17[] = {"x=T[2,3]@-9:9 dtype=\"int8\"", "x=int32[5] dtype=\"uint16\"",
                                              "x=uint8[4] dtype=\"fp32\"", "x=int16[] dtype=\"uint8\""};

// The definition lists its target dtypes once: what x may have.
Result<std::vector<ValueType>> infer(const Call& call) {
  const std::string name = call.text("dtype");
  const auto dtype = dtype_from_name(name);
  const DTypeSet allowed = call.opset() >= Opset::kIos17 ? kIos17Types : kFloatsInt32AndBool;
  if (!dtype || !allowed.contains(*dtype)) {
    return call.error(fmt::format("dtype is '{}', expected fp16, fp32, int32, bool{}", name,
                                  call.opset() >= Opset::kIos17
                                      ? ", int8, uint8, int16 or uint16"
                                      : " (iOS17 adds int8, uint8, int16 and uint16)"));
  }
  return std::vector<ValueType>{tensor_type(*dtype, call.shape("x"))};
}

Status reference(Evaluation& eval) {
  WF_TRY(Tensor out, converted(eval.input("x"), eval.storage(eval.output_type(0).tensor()->dtype)));
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "x in the dtype named. Floats become integers toward 0, saturated, NaN as 0; integers wrap; bool is x != "
    "0. "
    "Source: MIL, elementwise_unary.";

constexpr OpDef kDefs[] = {
    {.name = "cast",
     .params = kParams,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "cast",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference,
     .samples = kSamplesIos17,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(cast, kDefs);
}  // namespace wf
