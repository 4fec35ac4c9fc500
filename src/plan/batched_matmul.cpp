// matmul of two computed factors: many small products.
#include "plan/lower/matmul.h"

#include <fmt/format.h>

#include <functional>

#include "kernels/gemm/multiply.h"

namespace wf {

Result<bool> lower_batched_matmul(Lowering& l) {
  const Call& call = l.call();
  if (call.dtype("x") != DType::kFloat32 || call.dtype("y") != DType::kFloat32) return false;
  if (call.rank("x") < 2 || call.rank("y") < 2) return false;
  WF_TRY(const View x, l.input("x"));
  WF_TRY(const View y, l.input("y"));
  const Shape& out_shape = l.output_shape(0);
  const auto rank = out_shape.size();
  const auto turned = [](const View& view, bool transpose, size_t from_end) {
    const size_t last = view.shape.size() - 1;
    return transpose ? last - (1 - from_end) : last - from_end;
  };
  const bool turn_x = call.flag("transpose_x"), turn_y = call.flag("transpose_y");
  const size_t x_row = turned(x, turn_x, 1), x_inner = turned(x, turn_x, 0);
  const size_t y_inner = turned(y, turn_y, 1), y_column = turned(y, turn_y, 0);
  BatchedProduct p;
  p.rows = x.shape[x_row];
  p.inner = x.shape[x_inner];
  p.columns = y.shape[y_column];
  if (p.inner == 0) return false;
  p.a_row_stride = x.strides[x_row];
  p.a_inner_stride = p.inner == 1 ? 1 : x.strides[x_inner];
  p.b_inner_stride = y.strides[y_inner];
  p.b_column_stride = y.strides[y_column];
  const Order order = l.preferred_order(0);
  const View out =
      l.new_output(0, order.back() == static_cast<int>(rank) - 1 ? order : row_major_order(rank));
  p.out_stride = out.strides[rank - 2];

  // First elements of every product.
  const Shape batch(out_shape.begin(), out_shape.end() - 2);
  const std::vector<int64_t> x_first = batch_offsets(x, batch), y_first = batch_offsets(y, batch),
                             out_first = batch_offsets(out, batch);
  p.count = static_cast<int64_t>(out_first.size());
  const int64_t scratch = batched_scratch_bytes(l.isa(), p);
  l.emit(
      fmt::format("{} products {}x{}x{}", p.count, p.rows, p.columns, p.inner), {x, y}, {out},
      [p, x_first, y_first, out_first, isa = l.isa()](const StepIo& io) -> Status {
        BatchedProduct product = p;
        product.scratch = io.scratch;
        const auto place = [&](int64_t i) {
          const auto at = static_cast<size_t>(i);
          return BatchedProduct::Place{io.at<const float>(0) + x_first[at],
                                       io.at<const float>(1) + y_first[at], io.at<float>(2) + out_first[at]};
        };
        multiply_batched(isa, product, std::cref(place), *io.pool);  // a reference: a copy would need memory
        return {};
      },
      scratch);
  return true;
}

}  // namespace wf
