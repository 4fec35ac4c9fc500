#include "plan/output_work.h"

#include <algorithm>

namespace wf {
namespace {

using Code = ElementwiseCode;

// Strides between rows and between columns of an operand that broadcasts to the output, if its rows are
// evenly spaced.
bool as_matrix(const View& operand, const Shape& shape, const Order& order, int64_t* row_stride,
               int64_t* column_stride) {
  const Shape strides = broadcast_strides(operand.shape, operand.strides, shape);
  const auto innermost = static_cast<size_t>(order.back());
  *column_stride = shape[innermost] == 1 ? 0 : strides[innermost];
  if (*column_stride != 0 && *column_stride != 1) return false;
  Order rows(order.begin(), order.end() - 1);
  const Loops loops = merged_loops(shape, rows, {strides});
  *row_stride = loops.strides[0].back();
  return loops.sizes.size() == 1;
}

bool reads(const ElementwiseInstruction& i, uint8_t reg) {
  switch (i.code) {
    case Code::kSelect:
      return i.a == reg || i.b == reg || i.c == reg;
    case Code::kAdd:
    case Code::kSub:
    case Code::kMul:
    case Code::kDiv:
    case Code::kMax:
    case Code::kMin:
    case Code::kEqual:
    case Code::kNotEqual:
    case Code::kLess:
    case Code::kLessEqual:
    case Code::kGreater:
    case Code::kGreaterEqual:
    case Code::kAnd:
    case Code::kOr:
    case Code::kXor:
    case Code::kScalar2:
      return i.a == reg || i.b == reg;
    default:
      return i.a == reg;
  }
}

}  // namespace

Result<OutputWork> OutputWork::make(Lowering& lowering, const Order& order, int64_t columns, int64_t width,
                                    const Tensor* bias) {
  OutputWork work;
  work.width_ = width;
  work.columns_ = columns;
  if (bias) {
    work.use_bias();
    const std::vector<double> values = read_doubles(*bias);
    for (size_t i = 0; i < values.size(); ++i) (*work.bias_)[i] = static_cast<float>(values[i]);
  }
  if (lowering.epilogue() && work.take(lowering, order)) lowering.take_epilogue();
  return work;
}

// A panel is read whole, also behind the last column of a group.
void OutputWork::use_scale() {
  if (!scale_) scale_ = std::make_shared<std::vector<float>>(static_cast<size_t>(columns_ + width_), 1.0F);
}
void OutputWork::use_bias() {
  if (!bias_) bias_ = std::make_shared<std::vector<float>>(static_cast<size_t>(columns_ + width_), 0.0F);
}

bool OutputWork::take(Lowering& lowering, const Order& order) {
  const Shape& shape = lowering.output_shape(0);
  const Epilogue& epilogue = *lowering.epilogue();
  std::vector<Operand> operands;
  std::vector<View> views;
  for (const View& given : epilogue.operands) {
    Operand operand{views.size(), 0, 0, given.dtype};
    View view = given;
    if (!as_matrix(view, shape, order, &operand.row_stride, &operand.column_stride)) {
      if (view.shape != shape) return false;
      auto moved = lowering.arrange(view, order);
      if (!moved) return false;
      view = *std::move(moved);
      if (!as_matrix(view, shape, order, &operand.row_stride, &operand.column_stride)) return false;
    }
    operands.push_back(operand);
    views.push_back(std::move(view));
  }
  views_ = std::move(views);
  operands_ = operands;
  ElementwiseProgram program = epilogue.program;
  peel(lowering, operands, program);
  if (!program.code.empty()) {
    program_ = std::move(program);
    function_ = elementwise_function(lowering.isa());
  }
  return true;
}

// Instructions that the product's own epilogue does in registers are taken off the front of the program:
// scales and biases by column, one residual, one clamp, in this order.
void OutputWork::peel(Lowering& lowering, const std::vector<Operand>& operands, ElementwiseProgram& program) {
  uint8_t current = 0;  // the register that holds the output so far
  size_t done = 0;
  for (; done < program.code.size(); ++done) {
    const ElementwiseInstruction& i = program.code[done];
    // Nobody else may want the value before this instruction.
    const bool is_last_reader =
        std::none_of(program.code.begin() + static_cast<int64_t>(done) + 1, program.code.end(),
                     [&](const auto& later) { return reads(later, current); });
    if (!reads(i, current) || !is_last_reader) break;
    const uint8_t other = i.a == current ? i.b : i.a;
    const bool takes_two = i.code == Code::kAdd || i.code == Code::kMul || i.code == Code::kSub;
    const bool is_operand = takes_two && other >= 1 && other < program.operands && i.a != i.b;
    const Operand* operand = is_operand ? &operands[other - 1U] : nullptr;
    const float* constant = nullptr;
    if (operand && operand->row_stride == 0) constant = lowering.constant_floats(views_[operand->view]);
    if (i.code == Code::kCopy) {
      current = i.out;
      continue;
    }
    if (clamps_) break;
    if (i.code == Code::kAffine && residual_ < 0) {
      use_scale();
      use_bias();
      for (float& s : *scale_) s *= i.p;
      for (float& b : *bias_) b = b * i.p + i.q;
    } else if (i.code == Code::kMul && constant && residual_ < 0) {
      use_scale();
      for (int64_t c = 0; c < columns_; ++c) {
        const float factor = constant[c * operand->column_stride];
        (*scale_)[static_cast<size_t>(c)] *= factor;
        if (bias_) (*bias_)[static_cast<size_t>(c)] *= factor;
      }
    } else if ((i.code == Code::kAdd || (i.code == Code::kSub && i.a == current)) && constant &&
               residual_ < 0) {
      use_bias();
      const float sign = i.code == Code::kSub ? -1.0F : 1.0F;
      for (int64_t c = 0; c < columns_; ++c) {
        (*bias_)[static_cast<size_t>(c)] += sign * constant[c * operand->column_stride];
      }
    } else if (i.code == Code::kAdd && operand && residual_ < 0 && operand->column_stride == 1 &&
               operand->dtype == DType::kFloat32) {
      residual_ = other - 1;
    } else if (i.code == Code::kClamp) {
      clamps_ = true;
      low_ = i.p;
      high_ = i.q;
    } else {
      break;
    }
    current = i.out;
  }
  // What is left starts from the output as it is stored: register 0.
  program.code.erase(program.code.begin(), program.code.begin() + static_cast<int64_t>(done));
  for (ElementwiseInstruction& i : program.code) {
    for (uint8_t* reg : {&i.a, &i.b, &i.c}) {
      if (*reg == current) *reg = 0;
    }
  }
}

int64_t OutputWork::scratch_bytes() const {
  return has_rectangle_work() ? elementwise_scratch_floats(program_) * static_cast<int64_t>(sizeof(float))
                              : 0;
}

int64_t OutputWork::bytes() const {
  return static_cast<int64_t>(((scale_ ? scale_->size() : 0) + (bias_ ? bias_->size() : 0)) * sizeof(float));
}

std::string OutputWork::text() const {
  std::string text;
  if (scale_) text += ", scale";
  if (bias_) text += ", bias";
  if (residual_ >= 0) text += ", residual";
  if (clamps_) text += ", clamp";
  if (has_rectangle_work()) text += ", " + std::to_string(program_.code.size()) + " elementwise instructions";
  return text;
}

TileEpilogue OutputWork::epilogue(const StepIo& io, size_t first) const {
  TileEpilogue e;
  e.scale = scale_ ? scale_->data() : nullptr;
  e.bias = bias_ ? bias_->data() : nullptr;
  if (residual_ >= 0) {
    const Operand& operand = operands_[static_cast<size_t>(residual_)];
    e.residual = io.at<const float>(first + operand.view);
    e.residual_stride = operand.row_stride;
  }
  e.clamps = clamps_;
  e.low = low_;
  e.high = high_;
  return e;
}

void OutputWork::Rectangles::run(int64_t row, int64_t rows, int64_t column, int64_t columns,
                                 int worker) const {
  auto* scratch = reinterpret_cast<float*>(scratch_ + worker * aligned_size(work_.scratch_bytes()));
  ElementwiseOperand operands[kMostElementwiseRegisters];
  // Whole rows, and operands that lie as the output does or are one element: one long run.
  const bool is_flat =
      columns == work_.columns_ && std::ranges::all_of(work_.operands_, [&](const Operand& operand) {
        return (operand.column_stride == 1 && operand.row_stride == columns) ||
               (operand.column_stride == 0 && operand.row_stride == 0);
      });
  if (is_flat) {
    columns *= rows;
    rows = 1;
  }
  for (int64_t r = row; r < row + rows; ++r) {
    float* out = out_ + r * work_.columns_ + column;
    operands[0] = {out, DType::kFloat32, false};
    for (size_t i = 0; i < work_.operands_.size(); ++i) {
      const Operand& operand = work_.operands_[i];
      const int64_t at = r * operand.row_stride + column * operand.column_stride;
      operands[i + 1] = {io_.at<const std::byte>(first_ + operand.view) + at * bit_width(operand.dtype) / 8,
                         operand.dtype, operand.column_stride == 0};
    }
    work_.function_(work_.program_, operands, columns, out, DType::kFloat32, scratch);
  }
}

}  // namespace wf
