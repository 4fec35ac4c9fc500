// lstm: long short-term memory, one direction or both.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ops/recurrent.h"

namespace wf {
namespace {

constexpr DTypeSet kFloat32{DType::kFloat32};
template <const DTypeSet& kTypes>
constexpr Param kParams[] = {Param("x").of(kTypes, 'T'),
                             Param("initial_h").of(kTypes, 'T'),
                             Param("initial_c").of(kTypes, 'T'),
                             Param("weight_ih").of(kTypes, 'T').constant(),
                             Param("weight_hh").of(kTypes, 'T').constant(),
                             Param("bias").of(kTypes, 'T').optional().constant(),
                             Param("peephole").of(kTypes, 'T').optional().constant(),
                             Param("weight_ih_back").of(kTypes, 'T').optional().constant(),
                             Param("weight_hh_back").of(kTypes, 'T').optional().constant(),
                             Param("bias_back").of(kTypes, 'T').optional().constant(),
                             Param("peephole_back").of(kTypes, 'T').optional().constant(),
                             Param("direction").text().or_text("forward").constant(),
                             Param("output_sequence").flags().or_flag(false).constant(),
                             Param("recurrent_activation").text().or_text("sigmoid").constant(),
                             Param("cell_activation").text().or_text("tanh").constant(),
                             Param("activation").text().or_text("tanh").constant(),
                             Param("clip").of(kTypes, 'T').optional().constant()};
constexpr std::string_view kSamplesIos15[] = {
    "x=fp32[4,2,3] initial_h=fp32[2,5] initial_c=fp32[2,5] weight_ih=fp32[20,3] weight_hh=fp32[20,5] "
    "output_sequence=true",
    "x=fp32[4,1,3] initial_h=fp32[1,2] initial_c=fp32[1,2] weight_ih=fp32[8,3] weight_hh=fp32[8,2] "
    "bias=fp32[8] "
    "peephole=fp32[6] clip=f:0.5 direction=\"reverse\"",
    "x=fp32[3,2,3] initial_h=fp32[2,4] initial_c=fp32[2,4] weight_ih=fp32[8,3] weight_hh=fp32[8,2] "
    "weight_ih_back=fp32[8,3] "
    "weight_hh_back=fp32[8,2] bias_back=fp32[8] direction=\"bidirectional\" output_sequence=true"};
constexpr std::string_view kSamplesIos17[] = {
    "x=T[4,2,3] initial_h=T[2,5] initial_c=T[2,5] weight_ih=T[20,3] weight_hh=T[20,5] output_sequence=true "
    "recurrent_activation=\"hard_sigmoid\" activation=\"relu\" cell_activation=\"linear\"",
    "x=T[4,1,3] initial_h=T[1,2] initial_c=T[1,2] weight_ih=T[8,3] weight_hh=T[8,2] bias=T[8] peephole=T[6] "
    "clip=0.5 "
    "direction=\"reverse\"",
    "x=T[3,2,3] initial_h=T[2,4] initial_c=T[2,4] weight_ih=T[8,3] weight_hh=T[8,2] weight_ih_back=T[8,3] "
    "weight_hh_back=T[8,2] peephole_back=T[6] direction=\"bidirectional\"",
    "x=T[0,2,3] initial_h=T[2,1] initial_c=T[2,1] weight_ih=T[4,3] weight_hh=T[4,1]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_TRY(const Direction direction, direction_of(call, true));
  for (const std::string_view name : {"recurrent_activation", "cell_activation", "activation"}) {
    WF_CHECK(activation_of(call, name));
  }
  const int64_t directions = direction == Direction::kBidirectional ? 2 : 1;
  WF_TRY(const RecurrentSizes sizes, recurrent_sizes(call, 4, directions));
  if (directions == 2) {
    if (!call.has("weight_ih_back") || !call.has("weight_hh_back")) {
      return call.error("direction bidirectional needs weight_ih_back and weight_hh_back");
    }
    WF_CHECK(check_recurrent_weights(call, sizes, 4, "_back"));
  }
  const Shape& c = call.shape("initial_c");
  const Shape& h = call.shape("initial_h");
  const bool alike = c.size() == 2 && (c[0] == h[0] || c[0] == kUnknownSize || h[0] == kUnknownSize) &&
                     (c[1] == directions * sizes.hidden || c[1] == kUnknownSize);
  if (!alike)
    return call.error(fmt::format("initial_c is {}, expected {} as initial_h", to_string(c), to_string(h)));
  return recurrent_types(call, sizes, directions, 2);
}

struct Activations {
  Activation gate, cell, output;
};

// One direction: its weights by suffix, its cell state.
class Cell {
 public:
  Cell(const Evaluation& eval, const RecurrentSizes& sizes, const Activations& activations,
       const std::string& suffix, std::vector<double> c)
      : weight_ih_(eval.input("weight_ih" + suffix)),
        weight_hh_(eval.input("weight_hh" + suffix)),
        bias_(eval.tensor("bias" + suffix)),
        rows_{0, 4 * sizes.hidden},
        f_(activations),
        c_(std::move(c)),
        sums_(4 * c_.size()) {
    if (const Tensor* peephole = eval.tensor("peephole" + suffix)) peephole_ = read_doubles(*peephole);
    if (eval.has("clip")) clip_ = eval.number("clip");
  }

  void step(std::span<const double> x, std::span<double> h) {
    std::ranges::fill(sums_, 0.0);
    add_bias(bias_, rows_, sums_);
    add_products(weight_ih_, rows_, x, sums_, scratch_);
    add_products(weight_hh_, rows_, h, sums_, scratch_);
    const auto hidden = static_cast<size_t>(rows_.count) / 4;
    for (size_t i = 0; i < h.size(); ++i) {
      const size_t unit = i % hidden;
      const double* sum = sums_.data() + i / hidden * 4 * hidden + unit;  // gates i, f, o, z, `hidden` apart
      const double in = f_.gate(sum[0] + peep(0, unit, c_[i]));
      const double forget = f_.gate(sum[hidden] + peep(1, unit, c_[i]));
      double c = forget * c_[i] + in * f_.cell(sum[3 * hidden]);
      if (clip_ && !std::isnan(c)) c = std::max(std::min(c, *clip_), -*clip_);
      const double out = f_.gate(sum[2 * hidden] + peep(2, unit, c));
      c_[i] = c;
      h[i] = out * f_.output(c);
    }
  }

  std::span<const double> state() const { return c_; }

 private:
  // Nothing without a peephole, also of an infinite c.
  double peep(size_t gate, size_t unit, double c) const {
    const auto hidden = static_cast<size_t>(rows_.count) / 4;
    return peephole_.empty() ? 0.0 : peephole_[gate * hidden + unit] * c;
  }

  const Tensor& weight_ih_;
  const Tensor& weight_hh_;
  const Tensor* bias_;
  GateRows rows_;
  Activations f_;
  std::vector<double> peephole_;  // i, f, o
  std::optional<double> clip_;
  std::vector<double> c_, sums_, scratch_;
};

Status reference(Evaluation& eval) {
  WF_TRY(Tensor sequence, eval.make_output(0));
  WF_TRY(Tensor final_h, eval.make_output(1));
  WF_TRY(Tensor final_c, eval.make_output(2));
  WF_TRY(const Direction direction, direction_of(eval, true));
  const bool both = direction == Direction::kBidirectional;
  WF_TRY(const RecurrentSizes sizes, recurrent_sizes(eval, 4, both ? 2 : 1));
  Activations activations{};
  WF_TRY(activations.gate, activation_of(eval, "recurrent_activation"));
  WF_TRY(activations.cell, activation_of(eval, "cell_activation"));
  WF_TRY(activations.output, activation_of(eval, "activation"));
  const int64_t columns = final_h.shape()[1];

  std::vector<RecurrentPass> passes{{direction == Direction::kReverse, both, 0, columns}};
  if (both) passes.push_back({true, true, sizes.hidden, columns});
  for (const RecurrentPass& pass : passes) {
    std::vector<double> h = read_state(eval.input("initial_h"), pass, sizes);
    Cell cell(eval, sizes, activations, pass.first_column > 0 ? "_back" : "",
              read_state(eval.input("initial_c"), pass, sizes));
    const auto step = [&](std::span<const double> x, std::span<double> state) { cell.step(x, state); };
    WF_CHECK(run_pass(eval, sizes, pass, step, h, sequence));
    write_state(final_h, pass, sizes, h);
    write_state(final_c, pass, sizes, cell.state());
  }
  eval.set_output(0, std::move(sequence));
  eval.set_output(1, std::move(final_h));
  eval.set_output(2, std::move(final_c));
  return {};
}

constexpr std::string_view kDoc =
    "i = f(W_i x + R_i h + b_i + p_i c), forget likewise, c = clip(forget * c + i * k(W_z x + R_z h + b_z)), "
    "o = f(W_o x + "
    "R_o h + b_o + p_o c) with the new c, h = o * g(c); f recurrent_activation, k cell_activation, g "
    "activation. Rows of "
    "weight_ih [4H, I], weight_hh [4H, H], bias [4H]: i, forget, o, z; of peephole [3H]: i, forget, o. "
    "Outputs: every h [s, "
    "b, H] (output_sequence) or the last [1, b, H], the last h and c [b, H]. reverse gives its outputs in "
    "the order it makes "
    "them; bidirectional puts both halves [forward, backward] in the last dimension, each output at its "
    "input's place. "
    "Source: MIL, iOS15 and iOS17 recurrent.";

constexpr OpDef kDefs[] = {
    {.name = "lstm",
     .params = kParams<kFloat32>,
     .infer = infer,
     .reference = reference,
     .samples = kSamplesIos15,
     .doc = kDoc},
    {.name = "lstm",
     .since = Opset::kIos17,
     .params = kParams<kFloats>,
     .infer = infer,
     .reference = reference,
     .samples = kSamplesIos17,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(lstm, kDefs);
}  // namespace wf
