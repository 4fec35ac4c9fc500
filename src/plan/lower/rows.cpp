// softmax, layer_norm and the reductions: work on lines of elements.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "kernels/rows/extreme.h"
#include "kernels/rows/rows.h"
#include "plan/lowering.h"

namespace wf {
namespace {

bool holds(std::span<const int64_t> axes, int axis) { return std::ranges::find(axes, axis) != axes.end(); }

struct Lined {
  View x;
  Order order;  // that x lies in
  Lines lines;
};

// The argument with these axes next to each other in memory: where it lies if it does so, else moved so that
// they come last. `last`: they have to.
Result<Lined> lined_up(Lowering& l, std::span<const int64_t> axes, bool last) {
  Lined result;
  WF_TRY(result.x, l.input("x"));
  const Order lying = order_of(result.x);
  const auto is_axis = [&](int d) { return holds(axes, d); };
  const auto first = std::ranges::find_if(lying, is_axis);
  const auto end = std::find_if_not(first, lying.end(), is_axis);
  const bool together = std::none_of(end, lying.end(), is_axis) && lies_in_order(result.x, lying);
  // Ascending among themselves, because parameters of normalisations lie so.
  const bool ascending = std::is_sorted(first, end);
  if (together && (!last || (end == lying.end() && ascending))) {
    result.order = lying;
  } else {
    std::ranges::copy_if(lying, std::back_inserter(result.order), [&](int d) { return !is_axis(d); });
    for (int d = 0; d < static_cast<int>(lying.size()); ++d) {
      if (is_axis(d)) result.order.push_back(d);
    }
    WF_TRY(result.x, l.arrange(result.x, result.order));
  }
  bool seen = false;
  for (const int d : result.order) {
    const int64_t size = result.x.shape[static_cast<size_t>(d)];
    if (is_axis(d)) {
      seen = true;
      result.lines.length *= size;
    } else {
      (seen ? result.lines.inner : result.lines.outer) *= size;
    }
  }
  return result;
}

Result<bool> lower_softmax(Lowering& l) {
  WF_TRY(const int64_t axis, normalized_axis(l.call(), l.call().integer("axis"), l.call().rank("x")));
  WF_TRY(const Lined lined, lined_up(l, std::span(&axis, 1), false));
  const View out = l.new_output(0, lined.order);
  l.emit("softmax", {lined.x}, {out}, [lines = lined.lines, isa = l.isa()](const StepIo& io) -> Status {
    softmax_lines(isa, io.at<const float>(0), io.at<float>(1), lines, *io.pool);
    return {};
  });
  return true;
}

Result<bool> lower_layer_norm(Lowering& l) {
  const Call& call = l.call();
  std::vector<int64_t> axes(static_cast<size_t>(call.rank("x")));
  std::iota(axes.begin(), axes.end(), 0);
  if (const auto given = call.ints("axes")) {
    WF_TRY(axes, normalized_axes(call, *given, call.rank("x")));
  }
  if (axes.empty()) return false;
  WF_TRY(const Lined lined, lined_up(l, axes, true));
  std::vector<View> inputs{lined.x};
  for (const std::string_view name : {"gamma", "beta"}) {
    if (!call.has(name)) continue;
    WF_TRY(View view, l.row_major(name));
    inputs.push_back(std::move(view));
  }
  const View out = l.new_output(0, lined.order);
  const bool has_gamma = call.has("gamma"), has_beta = call.has("beta");
  const auto epsilon = static_cast<float>(call.number("epsilon"));
  l.emit(fmt::format("layer norm of {} lines of {}", lined.lines.outer, lined.lines.length), inputs, {out},
         [lines = lined.lines, isa = l.isa(), has_gamma, has_beta, epsilon](const StepIo& io) -> Status {
           Normalization how;
           size_t next = 1;
           if (has_gamma) how.gamma = io.at<const float>(next++);
           if (has_beta) how.beta = io.at<const float>(next++);
           how.epsilon = epsilon;
           normalize_lines(isa, io.at<const float>(0), io.at<float>(next), lines, how, *io.pool);
           return {};
         });
  return true;
}

Result<bool> lower_reduction(Lowering& l) {
  static const std::map<std::string_view, Reduction> kinds{{"reduce_sum", Reduction::kSum},
                                                           {"reduce_mean", Reduction::kMean},
                                                           {"reduce_max", Reduction::kMax},
                                                           {"reduce_min", Reduction::kMin},
                                                           {"reduce_sum_square", Reduction::kSumSquare},
                                                           {"reduce_l1_norm", Reduction::kL1},
                                                           {"reduce_l2_norm", Reduction::kL2}};
  const Call& call = l.call();
  const int64_t rank = call.rank("x");
  if (call.dtype("x") != DType::kFloat32 || rank == 0) return false;
  std::vector<int64_t> axes(static_cast<size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  if (const auto given = call.ints("axes")) {
    WF_TRY(axes, normalized_axes(call, *given, rank));
  }
  WF_TRY(const Lined lined, lined_up(l, axes, false));
  if (axes.empty() || lined.lines.length == 0) return false;
  // The output's dimensions in the order the kept ones lie in; those of size 1 anywhere.
  Order order;
  if (l.output_shape(0).size() == static_cast<size_t>(rank)) {
    order = lined.order;
  } else {
    for (const int d : lined.order) {
      if (holds(axes, d)) continue;
      const auto below = std::ranges::count_if(axes, [&](int64_t axis) { return axis < d; });
      order.push_back(d - static_cast<int>(below));
    }
  }
  const View out = l.new_output(0, order);
  const Reduction kind = kinds.at(call.op().type);
  l.emit(fmt::format("{} over {}", call.op().type, lined.lines.length), {lined.x}, {out},
         [lines = lined.lines, isa = l.isa(), kind](const StepIo& io) -> Status {
           reduce_lines(isa, kind, io.at<const float>(0), io.at<float>(1), lines, *io.pool);
           return {};
         });
  return true;
}

Result<bool> lower_extreme(Lowering& l) {
  const Call& call = l.call();
  const TensorType& type = *l.output_type(0).tensor();
  if (call.dtype("x") != DType::kFloat32 || type.dtype != DType::kInt32) return false;
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("x")));
  WF_TRY(const Lined lined, lined_up(l, std::span(&axis, 1), false));
  Order order;
  for (const int d : lined.order) {
    if (d == axis && type.shape->size() < lined.order.size()) continue;
    order.push_back(d > axis && type.shape->size() < lined.order.size() ? d - 1 : d);
  }
  const View out = l.new_output(0, order);
  const bool largest = call.op().type == "reduce_argmax";
  l.emit(fmt::format("{} over {}", call.op().type, lined.lines.length), {lined.x}, {out},
         [lines = lined.lines, largest](const StepIo& io) -> Status {
           const auto run = largest ? extreme_indices<true> : extreme_indices<false>;
           run(io.at<const float>(0), io.at<int32_t>(1), lines, *io.pool);
           return {};
         });
  return true;
}

constexpr LowerRule kRules[] = {
    {"reduce_argmax", lower_extreme},
    {"reduce_argmin", lower_extreme},
    {"softmax", lower_softmax},
    {"layer_norm", lower_layer_norm},
    {"reduce_sum", lower_reduction},
    {"reduce_mean", lower_reduction},
    {"reduce_max", lower_reduction},
    {"reduce_min", lower_reduction},
    {"reduce_sum_square", lower_reduction},
    {"reduce_l1_norm", lower_reduction},
    {"reduce_l2_norm", lower_reduction},
};

}  // namespace

WF_LOWER_FILE(rows, kRules);
}  // namespace wf
