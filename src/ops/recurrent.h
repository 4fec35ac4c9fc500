// Shared by gru, lstm and rnn: shapes, activations, the walk over a sequence.
#pragma once

#include <functional>
#include <span>

#include "ops/call.h"

namespace wf {

// What a text parameter names, in any case: tanh, scaled_tanh (unscaled where nothing says by how much:
// coremltools' LSTM tests expect tanh of either form of model), sigmoid, hard_sigmoid or sigmoid_hard
// (0.2 x + 0.5, clamped to 0 and 1), relu, linear.
enum class ActivationKind : uint8_t { kTanh, kSigmoid, kHardSigmoid, kRelu, kLinear };
Result<ActivationKind> activation_kind(const Call& call, std::string_view name);
// The same as a function.
using Activation = double (*)(double);
Result<Activation> activation_of(const Call& call, std::string_view name);

enum class Direction : uint8_t { kForward, kReverse, kBidirectional };
// The parameter "direction"; bidirectional where it is allowed.
Result<Direction> direction_of(const Call& call, bool may_be_bidirectional);

// x is [steps, batch, input]. Sizes may be kUnknownSize during type inference.
struct RecurrentSizes {
  int64_t steps = 0, batch = 0, input = 0, hidden = 0;
};
// Checks x, the initial state h [batch, directions * hidden] and the weights [gates * hidden, ...] and biases
// [gates * hidden] of the forward direction.
Result<RecurrentSizes> recurrent_sizes(const Call& call, int64_t gates, int64_t directions);
// Weights, of either direction: `suffix` is empty or "_back".
Status check_recurrent_weights(const Call& call, const RecurrentSizes& sizes, int64_t gates,
                               const std::string& suffix);
// The sequence or its last step, then the final state, `states` times.
std::vector<ValueType> recurrent_types(const Call& call, const RecurrentSizes& sizes, int64_t directions,
                                       size_t states);

// Some rows of a layer's weight matrices: one gate, or several.
struct GateRows {
  int64_t first = 0, count = 0;
};
// sums[b, r] += sum over i of weight[first + r, i] * vectors[b, i]. The weights are read once for the whole
// batch.
void add_products(const Tensor& weight, const GateRows& rows, std::span<const double> vectors,
                  std::span<double> sums, std::vector<double>& scratch);
// sums[b, r] += bias[first + r], if there is one.
void add_bias(const Tensor* bias, const GateRows& rows, std::span<double> sums);

// One direction of a layer. `step` advances the state by one element of the sequence: x is [batch, input], h
// [batch, hidden].
struct RecurrentPass {
  bool backward = false;     // the last element first
  bool time_aligned = true;  // the outputs at their inputs' places; else in the order they are made
  int64_t first_column = 0, columns = 0;  // where its half lies in the outputs
};
using RecurrentStep = std::function<void(std::span<const double> x, std::span<double> h)>;
// h holds the initial state, then the final one; the outputs go to `sequence` if all are wanted, else the
// last one.
Status run_pass(const Evaluation& eval, const RecurrentSizes& sizes, const RecurrentPass& pass,
                const RecurrentStep& step, std::span<double> h, Tensor& sequence);

// A state tensor's columns [first, first + hidden) for the whole batch, and back.
std::vector<double> read_state(const Tensor& state, const RecurrentPass& pass, const RecurrentSizes& sizes);
void write_state(Tensor& state, const RecurrentPass& pass, const RecurrentSizes& sizes,
                 std::span<const double> values);

}  // namespace wf
