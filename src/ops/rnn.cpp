// rnn: the plain recurrent layer.
#include <algorithm>

#include "ops/recurrent.h"

namespace wf {
namespace {

constexpr DTypeSet kFloat32{DType::kFloat32};
template <const DTypeSet& kTypes>
constexpr Param kParams[] = {Param("x").of(kTypes, 'T'),
                             Param("initial_h").of(kTypes, 'T'),
                             Param("weight_ih").of(kTypes, 'T').constant(),
                             Param("weight_hh").of(kTypes, 'T').constant(),
                             Param("bias").of(kTypes, 'T').optional().constant(),
                             Param("direction").text().or_text("forward").constant(),
                             Param("output_sequence").flags().or_flag(false).constant(),
                             Param("activation").text().or_text("tanh").constant()};
constexpr std::string_view kSamplesIos15[] = {
    "x=fp32[4,2,3] initial_h=fp32[2,5] weight_ih=fp32[5,3] weight_hh=fp32[5,5] output_sequence=true",
    "x=fp32[4,1,3] initial_h=fp32[1,2] weight_ih=fp32[2,3] weight_hh=fp32[2,2] bias=fp32[2] "
    "direction=\"reverse\"",
    "x=fp32[1,3,2] initial_h=fp32[3,1] weight_ih=fp32[1,2] weight_hh=fp32[1,1] activation=\"sigmoid\""};
constexpr std::string_view kSamplesIos17[] = {
    "x=T[4,2,3] initial_h=T[2,5] weight_ih=T[5,3] weight_hh=T[5,5] output_sequence=true",
    "x=T[4,1,3] initial_h=T[1,2] weight_ih=T[2,3] weight_hh=T[2,2] bias=T[2] direction=\"reverse\" "
    "output_sequence=true",
    "x=T[0,2,3] initial_h=T[2,4] weight_ih=T[4,3] weight_hh=T[4,4]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_CHECK(direction_of(call, false));
  WF_CHECK(activation_of(call, "activation"));
  WF_TRY(const RecurrentSizes sizes, recurrent_sizes(call, 1, 1));
  return recurrent_types(call, sizes, 1, 1);
}

Status reference(Evaluation& eval) {
  WF_TRY(Tensor sequence, eval.make_output(0));
  WF_TRY(Tensor final_h, eval.make_output(1));
  WF_TRY(const RecurrentSizes sizes, recurrent_sizes(eval, 1, 1));
  WF_TRY(const Activation activation, activation_of(eval, "activation"));
  WF_TRY(const Direction direction, direction_of(eval, false));
  const RecurrentPass pass{direction == Direction::kReverse, false, 0, sizes.hidden};
  std::vector<double> h = read_state(eval.input("initial_h"), pass, sizes);
  std::vector<double> sums(h.size()), scratch;
  const GateRows rows{0, sizes.hidden};
  const auto step = [&](std::span<const double> x, std::span<double> state) {
    std::ranges::fill(sums, 0.0);
    add_bias(eval.tensor("bias"), rows, sums);
    add_products(eval.input("weight_ih"), rows, x, sums, scratch);
    add_products(eval.input("weight_hh"), rows, state, sums, scratch);
    for (size_t i = 0; i < sums.size(); ++i) state[i] = activation(sums[i]);
  };
  WF_CHECK(run_pass(eval, sizes, pass, step, h, sequence));
  write_state(final_h, pass, sizes, h);
  eval.set_output(0, std::move(sequence));
  eval.set_output(1, std::move(final_h));
  return {};
}

constexpr std::string_view kDoc =
    "h = activation(weight_ih x + weight_hh h + bias) for each step; x [s, b, I], initial_h [b, H], "
    "weight_ih [H, I], "
    "weight_hh [H, H]. Outputs: every h [s, b, H] (output_sequence) or the last one [1, b, H], and the last "
    "[b, H]. "
    "reverse reads the last step first and gives its outputs in that order. Source: MIL, iOS15 and iOS17 "
    "recurrent.";

constexpr OpDef kDefs[] = {
    {.name = "rnn",
     .params = kParams<kFloat32>,
     .infer = infer,
     .reference = reference,
     .samples = kSamplesIos15,
     .doc = kDoc},
    {.name = "rnn",
     .since = Opset::kIos17,
     .params = kParams<kFloats>,
     .infer = infer,
     .reference = reference,
     .samples = kSamplesIos17,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(rnn, kDefs);
}  // namespace wf
