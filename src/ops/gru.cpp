// gru: gated recurrent units.
#include <fmt/format.h>

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
                             Param("recurrent_activation").text().or_text("sigmoid").constant(),
                             Param("activation").text().or_text("tanh").constant()};
constexpr Param kParamsIos18[] = {Param("x").of(kFloats, 'T'),
                                  Param("initial_h").of(kFloats, 'T'),
                                  Param("weight_ih").of(kFloats, 'T').constant(),
                                  Param("weight_hh").of(kFloats, 'T').constant(),
                                  Param("bias").of(kFloats, 'T').optional().constant(),
                                  Param("direction").text().or_text("forward").constant(),
                                  Param("output_sequence").flags().or_flag(false).constant(),
                                  Param("recurrent_activation").text().or_text("sigmoid").constant(),
                                  Param("activation").text().or_text("tanh").constant(),
                                  Param("reset_after").flags().or_flag(false).constant(),
                                  Param("input_bias").of(kFloats, 'T').optional().constant()};
constexpr std::string_view kSamplesIos15[] = {
    "x=fp32[4,2,3] initial_h=fp32[2,5] weight_ih=fp32[15,3] weight_hh=fp32[15,5] output_sequence=true",
    "x=fp32[4,1,3] initial_h=fp32[1,2] weight_ih=fp32[6,3] weight_hh=fp32[6,2] bias=fp32[6] "
    "direction=\"reverse\"",
    "x=fp32[2,1,1] initial_h=fp32[1,1] weight_ih=fp32[3,1] weight_hh=fp32[3,1] activation=\"sigmoid\" "
    "recurrent_activation=\"tanh\""};
constexpr std::string_view kSamplesIos17[] = {
    "x=T[4,2,3] initial_h=T[2,5] weight_ih=T[15,3] weight_hh=T[15,5] output_sequence=true",
    "x=T[4,1,3] initial_h=T[1,2] weight_ih=T[6,3] weight_hh=T[6,2] bias=T[6] direction=\"reverse\" "
    "output_sequence=true",
    "x=T[0,2,3] initial_h=T[2,1] weight_ih=T[3,3] weight_hh=T[3,1]"};
constexpr std::string_view kSamplesIos18[] = {
    "x=T[4,2,3] initial_h=T[2,5] weight_ih=T[15,3] weight_hh=T[15,5] bias=T[15] output_sequence=true "
    "reset_after=true",
    "x=T[4,1,3] initial_h=T[1,2] weight_ih=T[6,3] weight_hh=T[6,2] bias=T[6] input_bias=T[6] "
    "direction=\"reverse\" "
    "reset_after=true",
    "x=T[3,2,3] initial_h=T[2,2] weight_ih=T[6,3] weight_hh=T[6,2] bias=T[6] input_bias=T[6]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_CHECK(direction_of(call, false));
  WF_CHECK(activation_of(call, "activation"));
  WF_CHECK(activation_of(call, "recurrent_activation"));
  WF_TRY(const RecurrentSizes sizes, recurrent_sizes(call, 3, 1));
  if (call.has("input_bias") && call.shape("input_bias") != Shape{3 * sizes.hidden}) {
    return call.error(fmt::format("input_bias is {}, expected [{}]", to_string(call.shape("input_bias")),
                                  3 * sizes.hidden));
  }
  return recurrent_types(call, sizes, 1, 1);
}

// iOS18 only; the parameter does not exist before.
bool resets_after(const Call& call) { return call.has("reset_after") && call.flag("reset_after"); }

// The sums of one gate, [batch, hidden]: what the input and the state contribute.
class Cell {
 public:
  Cell(const Evaluation& eval, const RecurrentSizes& sizes, Activation gate, Activation activation)
      : eval_(eval),
        hidden_(sizes.hidden),
        gate_(gate),
        activation_(activation),
        reset_(static_cast<size_t>(sizes.batch * sizes.hidden)),
        update_(reset_.size()),
        fresh_(reset_.size()),
        recurrent_(reset_.size()),
        reset_h_(reset_.size()) {}

  void step(std::span<const double> x, std::span<double> h) {
    const GateRows reset_rows{0, hidden_}, fresh_rows{hidden_, hidden_}, update_rows{2 * hidden_, hidden_};
    for (std::vector<double>* sums : {&reset_, &update_, &fresh_, &recurrent_}) std::ranges::fill(*sums, 0.0);
    add_input(reset_rows, x, reset_);
    add_state(reset_rows, h, reset_);
    add_input(update_rows, x, update_);
    add_state(update_rows, h, update_);
    add_input(fresh_rows, x, fresh_);
    for (size_t i = 0; i < h.size(); ++i) {
      reset_[i] = gate_(reset_[i]);
      reset_h_[i] = reset_[i] * h[i];
    }
    const bool after = resets_after(eval_);
    if (after)
      add_state(fresh_rows, h, recurrent_);
    else
      add_state(fresh_rows, reset_h_, recurrent_);
    for (size_t i = 0; i < h.size(); ++i) {
      const double fresh = activation_(fresh_[i] + (after ? reset_[i] * recurrent_[i] : recurrent_[i]));
      const double keep = gate_(update_[i]);
      h[i] = (1 - keep) * fresh + keep * h[i];
    }
  }

 private:
  void add_input(const GateRows& rows, std::span<const double> x, std::span<double> sums) {
    add_bias(eval_.tensor("input_bias"), rows, sums);
    add_products(eval_.input("weight_ih"), rows, x, sums, scratch_);
  }
  // The bias belongs to the recurrent part: reset_after resets it too.
  void add_state(const GateRows& rows, std::span<const double> h, std::span<double> sums) {
    add_bias(eval_.tensor("bias"), rows, sums);
    add_products(eval_.input("weight_hh"), rows, h, sums, scratch_);
  }

  const Evaluation& eval_;
  int64_t hidden_;
  Activation gate_, activation_;
  std::vector<double> reset_, update_, fresh_, recurrent_, reset_h_, scratch_;
};

Status reference(Evaluation& eval) {
  WF_TRY(Tensor sequence, eval.make_output(0));
  WF_TRY(Tensor final_h, eval.make_output(1));
  WF_TRY(const RecurrentSizes sizes, recurrent_sizes(eval, 3, 1));
  WF_TRY(const Activation activation, activation_of(eval, "activation"));
  WF_TRY(const Activation gate, activation_of(eval, "recurrent_activation"));
  WF_TRY(const Direction direction, direction_of(eval, false));
  const RecurrentPass pass{direction == Direction::kReverse, false, 0, sizes.hidden};
  std::vector<double> h = read_state(eval.input("initial_h"), pass, sizes);
  Cell cell(eval, sizes, gate, activation);
  const auto step = [&](std::span<const double> x, std::span<double> state) { cell.step(x, state); };
  WF_CHECK(run_pass(eval, sizes, pass, step, h, sequence));
  write_state(final_h, pass, sizes, h);
  eval.set_output(0, std::move(sequence));
  eval.set_output(1, std::move(final_h));
  return {};
}

constexpr std::string_view kDoc =
    "r = f(W_r x + R_r h + b_r), z = f(W_z x + R_z h + b_z), o = g(W_o x + R_o (r * h) + b_o), h = (1 - z) * "
    "o + z * h, "
    "with f recurrent_activation, g activation; the rows of weight_ih [3H, I], weight_hh [3H, H] and bias "
    "[3H] are r, o, z. "
    "The reset gate acts before the matrix product. iOS18: input_bias is added to the input's part; "
    "reset_after makes it o "
    "= g(W_o x + input_bias_o + r * (R_o h + b_o)). Outputs and reverse as rnn. Source: MIL, iOS15 to iOS18 "
    "recurrent; the "
    "order of reset and product is that of its numeric tests, not of its prose.";

constexpr OpDef kDefs[] = {
    {.name = "gru",
     .params = kParams<kFloat32>,
     .infer = infer,
     .reference = reference,
     .samples = kSamplesIos15,
     .doc = kDoc},
    {.name = "gru",
     .since = Opset::kIos17,
     .params = kParams<kFloats>,
     .infer = infer,
     .reference = reference,
     .samples = kSamplesIos17,
     .doc = kDoc},
    {.name = "gru",
     .since = Opset::kIos18,
     .params = kParamsIos18,
     .infer = infer,
     .reference = reference,
     .samples = kSamplesIos18,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(gru, kDefs);
}  // namespace wf
