// matmul of two computed factors: many small products.
#include "plan/lower/matmul.h"

#include <fmt/format.h>

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
  const auto batch_strides = [&](const View& view) {
    const Shape shape(view.shape.begin(), view.shape.end() - 2),
        strides(view.strides.begin(), view.strides.end() - 2);
    return broadcast_strides(shape, strides, batch);
  };
  const Shape x_strides = batch_strides(x), y_strides = batch_strides(y), out_strides = batch_strides(out);
  struct Offsets {
    int64_t x, y, out;
  };
  std::vector<Offsets> offsets;
  p.count = 1;
  for (const int64_t size : batch) p.count *= size;
  for (int64_t i = 0; i < p.count; ++i) {
    Offsets at{0, 0, 0};
    int64_t rest = i;
    for (size_t d = batch.size(); d-- > 0;) {
      const int64_t position = rest % batch[d];
      rest /= batch[d];
      at.x += position * x_strides[d];
      at.y += position * y_strides[d];
      at.out += position * out_strides[d];
    }
    offsets.push_back(at);
  }
  const int64_t scratch = batched_scratch_bytes(l.isa(), p);
  l.emit(
      fmt::format("{} products {}x{}x{}", p.count, p.rows, p.columns, p.inner), {x, y}, {out},
      [p, offsets = std::move(offsets), isa = l.isa()](const StepIo& io) -> Status {
        BatchedProduct product = p;
        product.scratch = io.scratch;
        multiply_batched(
            isa, product,
            [&](int64_t i) {
              const Offsets& at = offsets[static_cast<size_t>(i)];
              return BatchedProduct::Place{io.at<const float>(0) + at.x, io.at<const float>(1) + at.y,
                                           io.at<float>(2) + at.out};
            },
            *io.pool);
        return {};
      },
      scratch);
  return true;
}

}  // namespace wf
