#include "ops/recurrent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/checked_math.h"
#include "ops/windows.h"

namespace wf {
namespace {

bool fits(int64_t size, int64_t wanted) {
  return size == wanted || size == kUnknownSize || wanted == kUnknownSize;
}

Status check_shape(const Call& call, std::string_view name, const Shape& wanted) {
  const Shape& shape = call.shape(name);
  if (shape.size() == wanted.size() && std::ranges::equal(shape, wanted, fits)) return {};
  return call.error(fmt::format("'{}' is {}, expected {}", name, to_string(shape), to_string(wanted)));
}

// Rows beyond the batch are not read: coremltools converts packed sequences so that there are some.
Status check_state(const Call& call, const RecurrentSizes& sizes, int64_t directions) {
  const Shape& state = call.shape("initial_h");
  const bool has_more = state.size() == 2 && sizes.batch >= 0 && state[0] > sizes.batch;
  return check_shape(call, "initial_h", {has_more ? state[0] : sizes.batch, directions * sizes.hidden});
}

}  // namespace

Result<ActivationKind> activation_kind(const Call& call, std::string_view name) {
  std::string text = call.text(name);
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (text == "tanh" || text == "scaled_tanh") return ActivationKind::kTanh;
  if (text == "sigmoid") return ActivationKind::kSigmoid;
  if (text == "hard_sigmoid" || text == "sigmoid_hard") return ActivationKind::kHardSigmoid;
  if (text == "relu") return ActivationKind::kRelu;
  if (text == "linear") return ActivationKind::kLinear;
  return call.error(
      fmt::format("{} is '{}', expected tanh, scaled_tanh, sigmoid, hard_sigmoid, relu or linear", name,
                  call.text(name)));
}

Result<Activation> activation_of(const Call& call, std::string_view name) {
  WF_TRY(const ActivationKind kind, activation_kind(call, name));
  switch (kind) {
    case ActivationKind::kTanh:
      return [](double x) { return std::tanh(x); };
    case ActivationKind::kSigmoid:
      return [](double x) { return 1 / (1 + std::exp(-x)); };
    case ActivationKind::kHardSigmoid:
      return [](double x) { return std::isnan(x) ? x : std::clamp(0.2 * x + 0.5, 0.0, 1.0); };
    case ActivationKind::kRelu:
      return [](double x) { return x < 0 ? 0.0 : x; };
    case ActivationKind::kLinear:
      break;
  }
  return [](double x) { return x; };
}

Result<Direction> direction_of(const Call& call, bool may_be_bidirectional) {
  const std::string text = call.text("direction");
  if (text == "forward") return Direction::kForward;
  if (text == "reverse") return Direction::kReverse;
  if (text == "bidirectional" && may_be_bidirectional) return Direction::kBidirectional;
  return call.error(fmt::format("direction is '{}', expected forward{} reverse{}", text,
                                may_be_bidirectional ? "," : " or",
                                may_be_bidirectional ? " or bidirectional" : ""));
}

Result<RecurrentSizes> recurrent_sizes(const Call& call, int64_t gates, int64_t directions) {
  const Shape& x = call.shape("x");
  if (x.size() != 3) return call.error(fmt::format("x is {}, expected [steps, batch, input]", to_string(x)));
  const Shape& recurrent = call.shape("weight_hh");
  if (recurrent.size() != 2 || recurrent[1] < 1 || recurrent[1] > kMaxSpatialSize ||
      recurrent[0] != gates * recurrent[1]) {
    return call.error(
        fmt::format("weight_hh is {}, expected [{} * hidden, hidden]", to_string(recurrent), gates));
  }
  const RecurrentSizes sizes{x[0], x[1], x[2], recurrent[1]};
  constexpr int64_t kMaxStep = 1 << 26;  // elements of one step, which are held as doubles
  const auto state = checked_mul(sizes.batch, sizes.hidden), step = checked_mul(sizes.batch, sizes.input);
  if (!state || !step || *state > kMaxStep || *step > kMaxStep) {
    return call.error(fmt::format("a batch of {} with {} inputs and {} units is too large", sizes.batch,
                                  sizes.input, sizes.hidden));
  }
  WF_CHECK(check_state(call, sizes, directions));
  WF_CHECK(check_recurrent_weights(call, sizes, gates, ""));
  return sizes;
}

Status check_recurrent_weights(const Call& call, const RecurrentSizes& sizes, int64_t gates,
                               const std::string& suffix) {
  const int64_t rows = gates * sizes.hidden;
  WF_CHECK(check_shape(call, "weight_ih" + suffix, {rows, sizes.input}));
  WF_CHECK(check_shape(call, "weight_hh" + suffix, {rows, sizes.hidden}));
  if (call.has("bias" + suffix)) WF_CHECK(check_shape(call, "bias" + suffix, {rows}));
  if (call.has("peephole" + suffix)) WF_CHECK(check_shape(call, "peephole" + suffix, {3 * sizes.hidden}));
  return {};
}

std::vector<ValueType> recurrent_types(const Call& call, const RecurrentSizes& sizes, int64_t directions,
                                       size_t states) {
  const DType dtype = call.dtype("x");
  const int64_t columns = directions * sizes.hidden;
  std::vector<ValueType> types{
      tensor_type(dtype, {call.flag("output_sequence") ? sizes.steps : 1, sizes.batch, columns})};
  types.resize(1 + states, tensor_type(dtype, {sizes.batch, columns}));
  return types;
}

void add_products(const Tensor& weight, const GateRows& rows, std::span<const double> vectors,
                  std::span<double> sums, std::vector<double>& scratch) {
  const auto count = static_cast<size_t>(rows.count), inner = static_cast<size_t>(weight.shape()[1]);
  const size_t batch = sums.size() / count;
  scratch.resize(inner);
  for (size_t r = 0; r < count; ++r) {
    read_doubles(weight, (rows.first + static_cast<int64_t>(r)) * static_cast<int64_t>(inner), scratch);
    for (size_t b = 0; b < batch; ++b) {
      double sum = 0;
      for (size_t i = 0; i < inner; ++i) sum += scratch[i] * vectors[b * inner + i];
      sums[b * count + r] += sum;
    }
  }
}

void add_bias(const Tensor* bias, const GateRows& rows, std::span<double> sums) {
  if (!bias) return;
  for (size_t i = 0; i < sums.size(); ++i) {
    sums[i] += read_double(*bias, rows.first + static_cast<int64_t>(i) % rows.count);
  }
}

namespace {

// Writes a pass's half of the rows [first, first + batch) of an output.
void write_half(Tensor& tensor, int64_t first, const RecurrentPass& pass, const RecurrentSizes& sizes,
                std::span<const double> values) {
  const auto hidden = static_cast<size_t>(sizes.hidden);
  for (int64_t b = 0; b < sizes.batch; ++b) {
    write_doubles(tensor, (first + b) * pass.columns + pass.first_column,
                  values.subspan(static_cast<size_t>(b) * hidden, hidden));
  }
}

}  // namespace

Status run_pass(const Evaluation& eval, const RecurrentSizes& sizes, const RecurrentPass& pass,
                const RecurrentStep& step, std::span<double> h, Tensor& sequence) {
  const bool all = eval.flag("output_sequence");
  const Tensor& x = eval.input("x");
  std::vector<double> input(sizes.steps > 0 ? static_cast<size_t>(sizes.batch * sizes.input) : 0);
  for (int64_t s = 0; s < sizes.steps; ++s) {
    WF_CHECK(eval.tick());
    const int64_t time = pass.backward ? sizes.steps - 1 - s : s;
    read_doubles(x, time * sizes.batch * sizes.input, input);
    step(input, h);
    if (all) write_half(sequence, (pass.time_aligned ? time : s) * sizes.batch, pass, sizes, h);
  }
  if (!all) write_half(sequence, 0, pass, sizes, h);
  return {};
}

std::vector<double> read_state(const Tensor& state, const RecurrentPass& pass, const RecurrentSizes& sizes) {
  std::vector<double> values(static_cast<size_t>(sizes.batch * sizes.hidden));
  for (int64_t b = 0; b < sizes.batch; ++b) {
    read_doubles(
        state, b * pass.columns + pass.first_column,
        std::span(values).subspan(static_cast<size_t>(b * sizes.hidden), static_cast<size_t>(sizes.hidden)));
  }
  return values;
}

void write_state(Tensor& state, const RecurrentPass& pass, const RecurrentSizes& sizes,
                 std::span<const double> values) {
  write_half(state, 0, pass, sizes, values);
}

}  // namespace wf
