// gather along one axis: rows picked from a table.
#include <cstring>

#include "kernels/copy/convert.h"
#include "ops/indices.h"
#include "plan/lower/weights.h"
#include "plan/lowering.h"

namespace wf {
namespace {

// The table as constant fp16 rows, which are widened one by one as they are picked: as it lies in the file,
// if its address is fit for them.
Result<View> half_table(Lowering& l, const Tensor& table) {
  if (reinterpret_cast<uintptr_t>(table.bytes().data()) % sizeof(uint16_t) == 0) {
    const auto owner = std::make_shared<const Tensor>(table);
    return l.constant(DType::kFloat16, table.shape(),
                      AlignedBuffer::borrowed(owner->bytes().data(), owner->byte_size(), owner));
  }
  AlignedBuffer bytes(table.byte_size());
  if (!bytes.valid()) return Error(ErrorCode::kEnvironment, "no memory for a table");
  std::memcpy(bytes.data(), table.bytes().data(), static_cast<size_t>(table.byte_size()));
  return l.constant(DType::kFloat16, table.shape(), std::move(bytes));
}

// Reads index k of a dense array; null for a dtype that indices do not have.
using IndexReader = int64_t (*)(const std::byte* indices, int64_t k);
template <class T>
int64_t read_index(const std::byte* indices, int64_t k) {
  return reinterpret_cast<const T*>(indices)[k];
}
IndexReader index_reader(DType dtype) {
  switch (dtype) {
    case DType::kInt32:
      return read_index<int32_t>;
    case DType::kInt16:
      return read_index<int16_t>;
    case DType::kUInt16:
      return read_index<uint16_t>;
    case DType::kInt8:
      return read_index<int8_t>;
    case DType::kUInt8:
      return read_index<uint8_t>;
    default:
      return nullptr;
  }
}

Result<bool> lower_gather(Lowering& l) {
  const Call& call = l.call();
  const Shape& x_shape = call.shape("x");
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("x")));
  const bool has_batches = call.opset() >= Opset::kIos16 && call.integer("batch_dims") != 0;
  const IndexReader index_at = index_reader(call.dtype("indices"));
  if (has_batches || !index_at || bit_width(call.dtype("x")) < 8) return false;
  const Tensor* table = call.tensor("x");
  const bool is_half = table && table->dtype() == DType::kFloat16;
  View x;
  if (is_half) {
    WF_TRY(x, half_table(l, *table));
  } else {
    WF_TRY(x, l.row_major("x"));
  }
  WF_TRY(const View indices, l.row_major("indices"));
  const View out = l.new_output(0, row_major_order(l.output_shape(0).size()));
  if (out.size() == 0) return true;
  int64_t outer = 1, inner = 1;
  for (size_t d = 0; d < x_shape.size(); ++d) {
    if (static_cast<int64_t>(d) < axis) outer *= x_shape[d];
    if (static_cast<int64_t>(d) > axis) inner *= x_shape[d];
  }
  const int64_t size = x_shape[static_cast<size_t>(axis)], picks = indices.size();
  const bool wraps = call.opset() < Opset::kIos17;
  const bool validates = call.opset() >= Opset::kIos17 && call.flag("validate_indices");
  if (validates) return false;
  const int64_t element = bit_width(x.dtype) / 8;
  l.emit(is_half ? "rows of an fp16 table" : "rows of a table", {x, indices}, {out},
         [=, isa = l.isa()](const StepIo& io) -> Status {
           const auto* from = io.at<const std::byte>(0);
           auto* to = io.at<std::byte>(2);
           const int64_t to_bytes = inner * (is_half ? 4 : element);
           io.pool->for_each(outer, [&](int64_t o, int) {
             for (int64_t k = 0; k < picks; ++k) {
               std::byte* row = to + (o * picks + k) * to_bytes;
               const int64_t index = index_at(io.at<const std::byte>(1), k);
               const int64_t place = wraps && index < 0 ? index + size : index;
               if (place < 0 || place >= size) {  // Core ML leaves it open; 0 here, as the reference has it
                 std::memset(row, 0, static_cast<size_t>(to_bytes));
                 continue;
               }
               const std::byte* source = from + (o * size + place) * inner * element;
               if (is_half) {
                 halves_to_floats(isa, source, reinterpret_cast<float*>(row), inner);
               } else {
                 std::memcpy(row, source, static_cast<size_t>(to_bytes));
               }
             }
           });
           return {};
         });
  return true;
}

constexpr LowerRule kRules[] = {{"gather", lower_gather}};

}  // namespace

WF_LOWER_FILE(gather, kRules);
}  // namespace wf
