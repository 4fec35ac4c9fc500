// linear, and matmul with constant right factor: rows times packed weights.
#include <fmt/format.h>

#include <array>

#include "plan/lower/matmul.h"
#include "plan/lower/weights.h"
#include "plan/lowering.h"
#include "plan/output_work.h"

namespace wf {
namespace {

// Forms of packing.
constexpr uint64_t kRowsOfWeights = 0, kTurnedWeights = 1, kBfloats = 1 << 10;

// x [..., inner] times weights whose element (i, j) lies at i * inner_stride + j * column_stride.
Result<bool> rows_times_weights(Lowering& l, const Tensor& weights, int64_t inner, int64_t columns,
                                int64_t inner_stride, int64_t column_stride, const Tensor* bias) {
  const Order order = row_major_order(l.output_shape(0).size());
  const std::string_view name = l.call().op().type == "linear" ? "weight" : "y";
  const bool bfloats = l.uses_bfloats(inner);
  WF_TRY(const PackedWeights::Matrices matrices,
         l.packed(
             name, (column_stride == 1 ? kRowsOfWeights : kTurnedWeights) + (bfloats ? kBfloats : 0),
             [&]() -> Result<PackedWeights::Matrices> {
               WF_TRY(const Tensor usable, kernel_weights(weights));
               const MatrixView view = matrix_of(usable, inner_stride, column_stride);
               return PackedWeights::Matrices{std::make_shared<const PackedMatrix>(
                   (bfloats ? pack_bfloat : pack)(l.isa(), view, inner, columns))};
             },
             std::array{MatrixExtent{inner, columns, bfloats}}));
  const std::shared_ptr<const PackedMatrix> packed = matrices[0];
  WF_TRY(View x, l.row_major("x"));
  if (bfloats) x = l.as_bfloats(x);
  WF_TRY(OutputWork work, OutputWork::make(l, order, columns, packed->width, bias));
  const View out = l.new_output(0, order);
  std::vector<View> inputs{x};
  inputs.insert(inputs.end(), work.views().begin(), work.views().end());
  const int64_t rows = inner > 0 ? x.size() / inner : 0;
  const size_t out_view = inputs.size();
  const int64_t bytes = packed->bytes.size() + work.bytes();
  const int64_t scratch = work.scratch_bytes();
  std::string kernel = fmt::format("product {}x{}x{}, {} weights{}", rows, columns, inner,
                                   name_of(packed->element), work.text());
  l.emit(
      std::move(kernel), std::move(inputs), {out},
      [packed, work = std::move(work), rows, inner, columns, out_view,
       isa = l.isa()](const StepIo& io) -> Status {
        Product product;
        product.a = io.at<const std::byte>(0);
        product.a_stride = inner;
        product.rows = rows;
        product.b = packed.get();
        product.out = io.at<float>(out_view);
        product.out_stride = columns;
        product.epilogue = work.epilogue(io, 1);
        const OutputWork::Rectangles rest(work, io, 1, product.out, io.scratch);
        if (work.has_rectangle_work()) product.after = &rest;
        multiply(isa, product, *io.pool);
        return {};
      },
      scratch, bytes);
  return true;
}

Result<bool> lower_linear(Lowering& l) {
  const Call& call = l.call();
  const Tensor* weight = call.tensor("weight");
  if (call.dtype("x") != DType::kFloat32 || !weight || weight->size() == 0) return false;
  const int64_t columns = weight->shape()[0], inner = weight->shape()[1];
  return rows_times_weights(l, *weight, inner, columns, 1, inner, call.tensor("bias"));
}

Result<bool> lower_matmul(Lowering& l) {
  const Call& call = l.call();
  const Tensor* y = call.tensor("y");
  if (call.dtype("x") != DType::kFloat32 || call.rank("x") < 2) return false;
  if (call.flag("transpose_x")) return lower_batched_matmul(l);
  if (!y || y->rank() != 2 || y->size() == 0) return lower_batched_matmul(l);
  const bool transposed = call.flag("transpose_y");
  const int64_t inner = y->shape()[transposed ? 1 : 0], columns = y->shape()[transposed ? 0 : 1];
  return rows_times_weights(l, *y, inner, columns, transposed ? 1 : columns, transposed ? inner : 1, nullptr);
}

constexpr LowerRule kRules[] = {{"linear", lower_linear, true}, {"matmul", lower_matmul, true}};

}  // namespace

WF_LOWER_FILE(linear, kRules);
}  // namespace wf
