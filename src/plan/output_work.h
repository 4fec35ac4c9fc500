// What a product's step does to its output besides: bias, residual, activation, whatever the epilogue says.
#pragma once

#include <memory>
#include <vector>

#include "kernels/gemm/multiply.h"
#include "plan/lowering.h"

namespace wf {

class OutputWork {
 public:
  // For an output that lies as rows of `columns` elements, the innermost dimension of `order`; its panels are
  // `width` wide. `bias` (of the operation itself) may be null. Takes the lowering's epilogue if it can.
  static Result<OutputWork> make(Lowering& lowering, const Order& order, int64_t columns, int64_t width,
                                 const Tensor* bias);

  // Views that the step has to have after its own inputs.
  const std::vector<View>& views() const { return views_; }
  int64_t scratch_bytes() const;
  int64_t bytes() const;  // of constants
  // " + bias + clamp": for the step's description.
  std::string text() const;

  // While the step runs: `first` is the index of the first of views() among the step's; `scratch` lies behind
  // the product's own.
  TileEpilogue epilogue(const StepIo& io, size_t first) const;
  bool has_rectangle_work() const { return !program_.code.empty(); }
  class Rectangles;

 private:
  struct Operand {
    size_t view;  // among views_
    int64_t row_stride, column_stride;
    DType dtype;
  };

  bool take(Lowering& lowering, const Order& order);
  void peel(Lowering& lowering, const std::vector<Operand>& operands, ElementwiseProgram& program);
  void use_scale();
  void use_bias();

  int64_t width_ = 1, columns_ = 0;
  std::shared_ptr<std::vector<float>> scale_, bias_;
  bool clamps_ = false;
  float low_ = 0, high_ = 0;
  int residual_ = -1;  // among operands_
  std::vector<View> views_;
  ElementwiseProgram program_;
  std::vector<Operand> operands_;
  ElementwiseFunction function_ = nullptr;
};

// The rest of the epilogue on a finished rectangle; lives while the step runs.
class OutputWork::Rectangles final : public RectangleWork {
 public:
  Rectangles(const OutputWork& work, const StepIo& io, size_t first, float* out, std::byte* scratch)
      : work_(work), io_(io), first_(first), out_(out), scratch_(scratch) {}
  void run(int64_t row, int64_t rows, int64_t column, int64_t columns, int worker) const override;

 private:
  const OutputWork& work_;
  const StepIo& io_;
  size_t first_;
  float* out_;
  std::byte* scratch_;
};

}  // namespace wf
