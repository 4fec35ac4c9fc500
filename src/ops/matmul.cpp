// matmul: NumPy's matrix product, either factor transposed on request.
#include <fmt/format.h>

#include "ops/elementwise.h"
#include "ops/product.h"

namespace wf {
namespace {

constexpr Param kParamsIos15[] = {Param("x").of(kFloatsAndInt32, 'T'), Param("y").of(kFloatsAndInt32, 'T'),
                                  Param("transpose_x").flags().or_flag(false).constant(),
                                  Param("transpose_y").flags().or_flag(false).constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kFloatsAndInt32, 'T'), Param("y").of(kFloatsAndInt32, 'U'),
                                  Param("transpose_x").flags().or_flag(false).constant(),
                                  Param("transpose_y").flags().or_flag(false).constant()};
constexpr std::string_view kSamples[] = {"x=T[3,4] y=T[4,5]", "x=T[2,1,4,3] y=T[5,4,70] transpose_x=true",
                                         "x=T[4] y=T[4]",     "x=T[2,3,4] y=T[4]",
                                         "x=T[4] y=T[2,4,3]", "x=T[2,3,4] y=T[2,5,4] transpose_y=true",
                                         "x=T[2,0] y=T[0,3]", "x=int32[2,3] y=int32[3,2]"};

// Both operands as batches of matrices. A vector is a matrix of one row (x) or one column (y), which the
// result drops.
struct Layout {
  Shape x_batch, y_batch;
  int64_t rows, inner, columns;
  int64_t inner_of_y;
  bool keeps_rows, keeps_columns;
};

Layout layout_of(const Call& call, const Shape& x, const Shape& y) {
  Layout l{};
  l.keeps_rows = x.size() > 1;
  l.keeps_columns = y.size() > 1;
  l.rows = l.keeps_rows ? x[x.size() - 2] : 1;
  l.inner = x.back();
  l.inner_of_y = l.keeps_columns ? y[y.size() - 2] : y[0];
  l.columns = l.keeps_columns ? y.back() : 1;
  if (l.keeps_rows && call.flag("transpose_x")) std::swap(l.rows, l.inner);
  if (l.keeps_columns && call.flag("transpose_y")) std::swap(l.inner_of_y, l.columns);
  if (l.keeps_rows) l.x_batch.assign(x.begin(), x.end() - 2);
  if (l.keeps_columns) l.y_batch.assign(y.begin(), y.end() - 2);
  return l;
}

// The operands may differ where one of them is constant; the result has the other one's dtype. Which one was
// constant is not seen any more once all values are known: then the program's own word counts.
DType dtype_of_result(const Call& call) {
  const TensorType* declared = call.declared() ? call.declared()->tensor() : nullptr;
  if (declared && (declared->dtype == call.dtype("x") || declared->dtype == call.dtype("y"))) {
    return declared->dtype;
  }
  return call.value("x") && !call.value("y") ? call.dtype("y") : call.dtype("x");
}

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  const Shape& y = call.shape("y");
  if (x.empty() || y.empty()) return call.error("an operand is a scalar, expected rank 1 or more");
  const Layout l = layout_of(call, x, y);
  if (l.inner != kUnknownSize && l.inner_of_y != kUnknownSize && l.inner != l.inner_of_y) {
    return call.error(fmt::format("x {} has {} to sum over, y {} has {}", to_string(x), l.inner, to_string(y),
                                  l.inner_of_y));
  }
  auto out = broadcast_shapes(l.x_batch, l.y_batch);
  if (!out) return call.error("batch dimensions: " + out.error().message);
  if (l.keeps_rows) out->push_back(l.rows);
  if (l.keeps_columns) out->push_back(l.columns);
  return std::vector<ValueType>{tensor_type(dtype_of_result(call), *std::move(out))};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const Tensor& y = eval.input("y");
  WF_TRY(Tensor out, eval.make_output(0));
  if (out.size() > 0) {
    const Layout l = layout_of(eval, x.shape(), y.shape());
    const bool turned_x = l.keeps_rows && eval.flag("transpose_x"),
               turned_y = l.keeps_columns && eval.flag("transpose_y");
    const Product product{.a_rows = {{l.rows}, {turned_x ? 1 : l.inner}},
                          .a_inner = {{l.inner}, {turned_x ? l.rows : 1}},
                          .b_inner = {{l.inner}, {turned_y ? 1 : l.columns}},
                          .b_columns = {{l.columns}, {turned_y ? l.inner : 1}},
                          .out_rows = {{l.rows}, {l.columns}},
                          .out_columns = {{l.columns}, {1}}};
    WF_TRY(const Shape batch, broadcast_shapes(l.x_batch, l.y_batch));
    BroadcastIndex at_x(l.x_batch, batch), at_y(l.y_batch, batch);
    const int64_t matrix = l.rows * l.columns;
    for (int64_t first = 0; first < out.size(); first += matrix, at_x.next(), at_y.next()) {
      WF_CHECK(multiply(eval, product, x, at_x() * l.rows * l.inner, y, at_y() * l.inner * l.columns, nullptr,
                        out, first));
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "The matrix product over the last two dimensions, the others broadcast; a vector counts as a row (x) or "
    "a column (y) "
    "and its dimension is dropped. transpose_x and transpose_y swap the last two dimensions first (no effect "
    "on vectors). "
    "int32 wraps. iOS17: a constant factor may have another floating type. Source: MIL, iOS15 and iOS17 "
    "linear; "
    "numpy.matmul.";

constexpr OpDef kDefs[] = {
    {.name = "matmul",
     .params = kParamsIos15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "matmul",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(matmul, kDefs);
}  // namespace wf
