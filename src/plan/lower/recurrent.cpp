// lstm, gru, rnn with constant weights: the inputs' products for the whole sequence at once, then step by
// step the states'.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include "kernels/gemm/multiply.h"
#include "kernels/recurrent/cells.h"
#include "ops/recurrent.h"
#include "plan/lower/weights.h"
#include "plan/lowering.h"

namespace wf {
namespace {

constexpr int64_t kFloat = sizeof(float);

using Matrix = std::shared_ptr<const PackedMatrix>;

// Forms of packing, by argument and part: a literal is told from others of its operation by nothing else.
enum Form : uint64_t { kInput = 16, kState, kFresh, kInputBack, kStateBack };

// Which blocks of `hidden` rows of the weights, in which order.
using Blocks = std::vector<int64_t>;

template <class T>
Matrix pack_rows(Isa isa, const Tensor& weight, const Blocks& blocks, int64_t hidden) {
  const int64_t inner = weight.shape()[1], rows = static_cast<int64_t>(blocks.size()) * hidden;
  std::vector<T> chosen(static_cast<size_t>(rows * inner));
  const T* from = reinterpret_cast<const T*>(weight.bytes().data());
  for (size_t b = 0; b < blocks.size(); ++b) {
    std::memcpy(chosen.data() + static_cast<int64_t>(b) * hidden * inner, from + blocks[b] * hidden * inner,
                static_cast<size_t>(hidden * inner) * sizeof(T));
  }
  const MatrixView view{chosen.data(), sizeof(T) == 2, 1, inner};
  return std::make_shared<const PackedMatrix>(pack(isa, view, inner, rows));
}

Result<Matrix> packed_rows(Lowering& l, const std::string& name, Form form, const Blocks& blocks,
                           int64_t hidden) {
  const auto make = [&]() -> Result<PackedWeights::Matrices> {
    WF_TRY(const Tensor usable, kernel_weights(*l.call().tensor(name)));
    return PackedWeights::Matrices{usable.dtype() == DType::kFloat16
                                       ? pack_rows<uint16_t>(l.isa(), usable, blocks, hidden)
                                       : pack_rows<float>(l.isa(), usable, blocks, hidden)};
  };
  const MatrixExtent extent{l.call().shape(name)[1], static_cast<int64_t>(blocks.size()) * hidden, false};
  WF_TRY(const PackedWeights::Matrices matrices, l.packed(name, form, make, std::span(&extent, 1)));
  return matrices[0];
}

// The same blocks of a bias (or peephole), filled up to whole panels; null if there is none.
Result<std::shared_ptr<const std::vector<float>>> chosen_floats(Lowering& l, const std::string& name,
                                                                const Blocks& blocks, int64_t hidden,
                                                                int64_t width) {
  const Tensor* tensor = l.call().tensor(name);
  if (!tensor) return std::shared_ptr<const std::vector<float>>();
  WF_TRY(const Tensor wide, converted(*tensor, DType::kFloat32));
  auto floats = std::make_shared<std::vector<float>>();
  for (const int64_t block : blocks) {
    for (int64_t i = 0; i < hidden; ++i) floats->push_back(wide.load<float>(block * hidden + i));
  }
  floats->resize(floats->size() + static_cast<size_t>(width));
  return std::shared_ptr<const std::vector<float>>(std::move(floats));
}

using Floats = std::shared_ptr<const std::vector<float>>;

Result<GateFunction> gate_function(const Call& call, std::string_view name) {
  WF_TRY(const ActivationKind kind, activation_kind(call, name));
  switch (kind) {
    case ActivationKind::kTanh:
      return GateFunction::kTanh;
    case ActivationKind::kSigmoid:
      return GateFunction::kSigmoid;
    case ActivationKind::kHardSigmoid:
      return GateFunction::kHardSigmoid;
    case ActivationKind::kRelu:
      return GateFunction::kRelu;
    case ActivationKind::kLinear:
      break;
  }
  return GateFunction::kLinear;
}

// rows of `x` times a matrix, plus bias, plus `residual` (which has `residual_stride` between rows).
void product_of(Isa isa, const float* x, int64_t rows, const PackedMatrix& b, const Floats& bias,
                const float* residual, int64_t residual_stride, float* out, ThreadPool& pool) {
  Product product{x, b.inner, rows, &b, out, b.columns, {}, nullptr};
  product.epilogue.bias = bias ? bias->data() : nullptr;
  product.epilogue.residual = residual;
  product.epilogue.residual_stride = residual_stride;
  multiply(isa, product, pool);
}

// One direction. A step of the sequence: `input` are the gates' sums of the input, [batch, gates * hidden]; h
// and c [batch, hidden] are replaced; `work` has work_floats for each element of the batch.
struct Recurrence {
  using Advance = std::function<void(const float* input, float* h, float* c, float* work, ThreadPool& pool)>;
  int64_t gates = 1;
  int64_t work_units = 0;  // floats of work for each unit
  Matrix input;
  Floats input_bias;
  Advance advance;
};

Result<Recurrence> make_lstm(Lowering& l, const RecurrentSizes& sizes, bool back) {
  const std::string suffix = back ? "_back" : "";
  const Blocks all{0, 1, 2, 3};
  Recurrence r{.gates = 4, .work_units = 4, .input = {}, .input_bias = {}, .advance = {}};
  WF_TRY(r.input, packed_rows(l, "weight_ih" + suffix, back ? kInputBack : kInput, all, sizes.hidden));
  WF_TRY(const Matrix state,
         packed_rows(l, "weight_hh" + suffix, back ? kStateBack : kState, all, sizes.hidden));
  WF_TRY(r.input_bias, chosen_floats(l, "bias" + suffix, all, sizes.hidden, r.input->width));
  WF_TRY(const Floats peephole, chosen_floats(l, "peephole" + suffix, {0, 1, 2}, sizes.hidden, 0));
  const Call& call = l.call();
  LstmCell cell;
  cell.hidden = sizes.hidden;
  WF_TRY(cell.gate, gate_function(call, "recurrent_activation"));
  WF_TRY(cell.cell, gate_function(call, "cell_activation"));
  WF_TRY(cell.output, gate_function(call, "activation"));
  if (call.has("clip")) cell.clip = static_cast<float>(call.number("clip"));
  r.advance = [cell, state, peephole, sizes, isa = l.isa()](const float* input, float* h, float* c,
                                                            float* work, ThreadPool& pool) {
    LstmCell now = cell;
    now.peephole = peephole ? peephole->data() : nullptr;
    const int64_t row = 4 * sizes.hidden;
    product_of(isa, h, sizes.batch, *state, nullptr, input, row, work, pool);
    for (int64_t b = 0; b < sizes.batch; ++b) {
      lstm_kernel(isa)(now, work + b * row, c + b * sizes.hidden, h + b * sizes.hidden);
    }
  };
  return r;
}

// The weights' rows are reset, fresh, update; here update comes before fresh, so that one product gives both
// gates.
Result<Recurrence> make_gru(Lowering& l, const RecurrentSizes& sizes, bool) {
  const Call& call = l.call();
  const int64_t hidden = sizes.hidden;
  Recurrence r{.gates = 3, .work_units = 4, .input = {}, .input_bias = {}, .advance = {}};
  WF_TRY(r.input, packed_rows(l, "weight_ih", kInput, {0, 2, 1}, hidden));
  WF_TRY(const Matrix gates, packed_rows(l, "weight_hh", kState, {0, 2}, hidden));
  WF_TRY(const Matrix fresh, packed_rows(l, "weight_hh", kFresh, {1}, hidden));
  WF_TRY(r.input_bias, chosen_floats(l, "input_bias", {0, 2, 1}, hidden, r.input->width));
  WF_TRY(const Floats gates_bias, chosen_floats(l, "bias", {0, 2}, hidden, gates->width));
  WF_TRY(const Floats fresh_bias, chosen_floats(l, "bias", {1}, hidden, fresh->width));
  GruCell cell;
  cell.hidden = hidden;
  WF_TRY(cell.gate, gate_function(call, "recurrent_activation"));
  WF_TRY(cell.output, gate_function(call, "activation"));
  const bool after = call.has("reset_after") && call.flag("reset_after");
  r.advance = [=, isa = l.isa()](const float* input, float* h, float*, float* work, ThreadPool& pool) {
    const int64_t row = 3 * hidden;
    float* sums = work;                                 // [batch, 2 * hidden]
    float* reset_h = work + sizes.batch * 2 * hidden;   // [batch, hidden]
    float* recurrent = reset_h + sizes.batch * hidden;  // [batch, hidden]
    product_of(isa, h, sizes.batch, *gates, gates_bias, input, row, sums, pool);
    for (int64_t b = 0; b < sizes.batch; ++b) {
      gru_gates_kernel(isa)(cell, sums + b * 2 * hidden, h + b * hidden, reset_h + b * hidden);
    }
    product_of(isa, after ? h : reset_h, sizes.batch, *fresh, fresh_bias, nullptr, 0, recurrent, pool);
    for (int64_t b = 0; b < sizes.batch; ++b) {
      gru_state_kernel(isa)(cell, sums + b * 2 * hidden, input + b * row + 2 * hidden, recurrent + b * hidden,
                            after, h + b * hidden);
    }
  };
  return r;
}

Result<Recurrence> make_rnn(Lowering& l, const RecurrentSizes& sizes, bool) {
  Recurrence r{.gates = 1, .work_units = 1, .input = {}, .input_bias = {}, .advance = {}};
  WF_TRY(r.input, packed_rows(l, "weight_ih", kInput, {0}, sizes.hidden));
  WF_TRY(const Matrix state, packed_rows(l, "weight_hh", kState, {0}, sizes.hidden));
  WF_TRY(r.input_bias, chosen_floats(l, "bias", {0}, sizes.hidden, r.input->width));
  WF_TRY(const GateFunction f, gate_function(l.call(), "activation"));
  r.advance = [=, isa = l.isa()](const float* input, float* h, float*, float* work, ThreadPool& pool) {
    product_of(isa, h, sizes.batch, *state, nullptr, input, sizes.hidden, work, pool);
    gate_kernel(isa)(f, work, h, sizes.batch * sizes.hidden);
  };
  return r;
}

// Where a direction reads and writes.
struct Walk {
  RecurrentSizes sizes;
  RecurrentPass pass;
  bool all = false;  // outputs of every step, not only the last
};

// `count` rows of `hidden` floats, one side with other distances between them.
void copy_rows(const float* from, int64_t from_stride, float* to, int64_t to_stride,
               const RecurrentSizes& sizes) {
  for (int64_t b = 0; b < sizes.batch; ++b) {
    std::memcpy(to + b * to_stride, from + b * from_stride, static_cast<size_t>(sizes.hidden * kFloat));
  }
}

struct States {
  const float* initial_h;
  const float* initial_c;  // null: there is none
  float* sequence;
  float* final_h;
  float* final_c;
};

Status walk(const Walk& w, const Recurrence& r, const float* gates, const States& at, float* memory,
            const StepIo& io) {
  const RecurrentSizes& sizes = w.sizes;
  const int64_t state = sizes.batch * sizes.hidden, columns = w.pass.columns, half = w.pass.first_column;
  float *h = memory, *c = memory + state, *work = c + state;
  copy_rows(at.initial_h + half, columns, h, sizes.hidden, sizes);
  if (at.initial_c) copy_rows(at.initial_c + half, columns, c, sizes.hidden, sizes);
  for (int64_t s = 0; s < sizes.steps; ++s) {
    WF_CHECK(io.control->check_time());
    const int64_t time = w.pass.backward ? sizes.steps - 1 - s : s;
    r.advance(gates + time * r.gates * state, h, c, work, *io.pool);
    const int64_t place = w.pass.time_aligned ? time : s;
    if (w.all) copy_rows(h, sizes.hidden, at.sequence + place * sizes.batch * columns + half, columns, sizes);
  }
  if (!w.all) copy_rows(h, sizes.hidden, at.sequence + half, columns, sizes);
  copy_rows(h, sizes.hidden, at.final_h + half, columns, sizes);
  if (at.final_c) copy_rows(c, sizes.hidden, at.final_c + half, columns, sizes);
  return {};
}

void emit_pass(Lowering& l, const Walk& w, const Recurrence& r, const std::vector<View>& inputs,
               const std::vector<View>& outputs) {
  const RecurrentSizes& sizes = w.sizes;
  const int64_t rows = sizes.steps * sizes.batch;
  const View gates = l.temporary(DType::kFloat32, {rows, r.gates * sizes.hidden}, row_major_order(2));
  l.emit(
      fmt::format("product {}x{}x{}, {} weights", rows, r.gates * sizes.hidden, sizes.input,
                  name_of(r.input->element)),
      {inputs[0]}, {gates},
      [=, isa = l.isa()](const StepIo& io) -> Status {
        product_of(isa, io.at<const float>(0), rows, *r.input, r.input_bias, nullptr, 0, io.at<float>(1),
                   *io.pool);
        return {};
      },
      0, r.input->bytes.size());
  const View memory = l.temporary(DType::kFloat32, {sizes.batch * sizes.hidden * (2 + r.work_units)}, {0});
  std::vector<View> reads(inputs.begin() + 1, inputs.end()), writes = outputs;
  reads.push_back(gates);
  writes.push_back(memory);
  const bool has_c = inputs.size() == 3;
  l.emit(fmt::format("{} steps of {} units, {}", sizes.steps, sizes.hidden,
                     w.pass.backward ? "backward" : "forward"),
         reads, writes, [=](const StepIo& io) -> Status {
           size_t next = 0;
           States at{};
           at.initial_h = io.at<const float>(next++);
           at.initial_c = has_c ? io.at<const float>(next++) : nullptr;
           const float* sums = io.at<const float>(next++);
           at.sequence = io.at<float>(next++);
           at.final_h = io.at<float>(next++);
           at.final_c = has_c ? io.at<float>(next++) : nullptr;
           return walk(w, r, sums, at, io.at<float>(next), io);
         });
}

using Make = Result<Recurrence> (*)(Lowering&, const RecurrentSizes&, bool back);

Result<bool> lower_recurrent(Lowering& l, int64_t gates, Make make) {
  const Call& call = l.call();
  const bool is_lstm = gates == 4;
  WF_TRY(const Direction direction, direction_of(call, is_lstm));
  const bool both = direction == Direction::kBidirectional;
  for (const std::string_view name : {"weight_ih", "weight_hh"}) {
    if (!call.tensor(name) || call.tensor(name)->size() == 0) return false;
    if (both && !call.tensor(std::string(name) + "_back")) return false;
  }
  WF_TRY(const RecurrentSizes sizes, recurrent_sizes(call, gates, both ? 2 : 1));
  std::vector<View> inputs;
  for (const std::string_view name : {"x", "initial_h", "initial_c"}) {
    if (name == "initial_c" && !is_lstm) continue;
    WF_TRY(View view, l.row_major(name));
    inputs.push_back(std::move(view));
  }
  std::vector<Recurrence> recurrences;
  for (const bool back : both ? std::vector<bool>{false, true} : std::vector<bool>{false}) {
    WF_TRY(Recurrence recurrence, make(l, sizes, back));
    recurrences.push_back(std::move(recurrence));
  }
  std::vector<View> outputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    outputs.push_back(l.new_output(i, row_major_order(l.output_shape(i).size())));
  }
  const int64_t columns = (both ? 2 : 1) * sizes.hidden;
  const bool all = call.flag("output_sequence");
  emit_pass(l, {sizes, {direction == Direction::kReverse, both, 0, columns}, all}, recurrences[0], inputs,
            outputs);
  if (both) emit_pass(l, {sizes, {true, true, sizes.hidden, columns}, all}, recurrences[1], inputs, outputs);
  return true;
}

Result<bool> lower_lstm(Lowering& l) { return lower_recurrent(l, 4, make_lstm); }
Result<bool> lower_gru(Lowering& l) { return lower_recurrent(l, 3, make_gru); }
Result<bool> lower_rnn(Lowering& l) { return lower_recurrent(l, 1, make_rnn); }

constexpr LowerRule kRules[] = {{"lstm", lower_lstm}, {"gru", lower_gru}, {"rnn", lower_rnn}};

}  // namespace

WF_LOWER_FILE(recurrent, kRules);
}  // namespace wf
