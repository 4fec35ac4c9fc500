#include <algorithm>

#include "plan/elementwise.h"

namespace wf {
namespace {

// Elements that one task computes.
constexpr int64_t kTaskElements = 16 << 10;

}  // namespace

StepCode elementwise_step(const ElementwiseProgram& program, Loops loops, const std::vector<View>& operands,
                          DType out_dtype, Isa isa, int64_t scratch_bytes) {
  struct Work {
    ElementwiseProgram program;
    Loops loops;
    std::vector<DType> dtypes;  // of the output, then of the operands
    int64_t outer = 1, inner = 1;
  };
  Work work{program, std::move(loops), {out_dtype}, 1, 1};
  for (const View& operand : operands) work.dtypes.push_back(operand.dtype);
  work.inner = work.loops.sizes.back();
  for (size_t i = 0; i + 1 < work.loops.sizes.size(); ++i) work.outer *= work.loops.sizes[i];
  const ElementwiseFunction function = elementwise_function(isa);

  return [work = std::move(work), function, scratch_bytes](const StepIo& io) -> Status {
    const size_t operand_count = work.dtypes.size() - 1;
    if (work.outer == 0 || work.inner == 0) return {};
    // Long innermost loops are cut, short ones gathered.
    const int64_t pieces = work.outer == 1 ? (work.inner + kTaskElements - 1) / kTaskElements : 1;
    const int64_t piece = pieces > 1 ? kTaskElements : work.inner;
    const int64_t rows = std::max<int64_t>(1, kTaskElements / work.inner);
    const int64_t tasks = pieces > 1 ? pieces : (work.outer + rows - 1) / rows;
    io.pool->for_each(tasks, [&](int64_t task, int worker) {
      auto* scratch = reinterpret_cast<float*>(io.scratch + worker * aligned_size(scratch_bytes));
      const int64_t first_row = pieces > 1 ? 0 : task * rows;
      const int64_t last_row = pieces > 1 ? 1 : std::min(work.outer, first_row + rows);
      const int64_t start = pieces > 1 ? task * piece : 0;
      const int64_t count = std::min(piece, work.inner - start);
      ElementwiseOperand run[kMostElementwiseRegisters];
      for (int64_t row = first_row; row < last_row; ++row) {
        int64_t at[kMostElementwiseRegisters] = {};
        int64_t rest = row;
        for (size_t loop = work.loops.sizes.size() - 1; loop-- > 0;) {
          const int64_t position = rest % work.loops.sizes[loop];
          rest /= work.loops.sizes[loop];
          for (size_t v = 0; v <= operand_count; ++v) at[v] += position * work.loops.strides[v][loop];
        }
        for (size_t v = 0; v < operand_count; ++v) {
          const int64_t step = work.loops.strides[v + 1].back();
          run[v].dtype = work.dtypes[v + 1];
          run[v].repeats = step == 0;
          run[v].data = io.at<const std::byte>(v) + (at[v + 1] + start * step) * bit_width(run[v].dtype) / 8;
        }
        std::byte* out = io.at<std::byte>(operand_count) +
                         (at[0] + start * work.loops.strides[0].back()) * bit_width(work.dtypes[0]) / 8;
        function(work.program, run, count, out, work.dtypes[0], scratch);
      }
    });
    return {};
  };
}

}  // namespace wf
