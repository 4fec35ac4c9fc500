// argsort and topk: order along one axis, largest first unless `ascending`.
#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "ops/axis.h"

namespace wf {
namespace {

constexpr DTypeSet kTopkIos17Types = kFloatsAndInt32 | kSmallInts;
constexpr Param kAxis = Param("axis").ints().constant().or_integer(-1);
constexpr Param kAscending = Param("ascending").flags().constant().or_flag(false);
constexpr Param kCount = Param("k").ints().constant().or_integer(1);
// Networks compute it, so the newest form takes what is not constant.
constexpr Param kComputedCount = Param("k").ints().or_integer(1);
constexpr Param kSort = Param("sort").flags().constant().or_flag(true);
constexpr Param kReturnIndices = Param("return_indices").flags().constant().or_flag(true);
constexpr Param kArgsort[] = {Param("x").of(kFloatsAndInt32), kAxis, kAscending};
constexpr Param kTopk[] = {Param("x").of(kFloatsAndInt32), kCount, kAxis, kAscending};
constexpr Param kTopkIos16[] = {
    Param("x").of(kFloatsAndInt32), kCount, kAxis, kAscending, kSort, kReturnIndices};
constexpr Param kTopkIos17[] = {Param("x").of(kTopkIos17Types),
                                kComputedCount,
                                kAxis,
                                kAscending,
                                kSort,
                                kReturnIndices,
                                Param("output_indices_dtype").text().constant().or_text("int32")};
constexpr std::string_view kArgsortSamples[] = {"x=T[2,3,5]", "x=T[2,3,5] axis=1 ascending=true",
                                                "x=int32[9]@-2:3", "x=T[3,0]"};
constexpr std::string_view kTopkSamples[] = {"x=T[2,3,5]", "x=T[2,7,3] k=3 axis=1 ascending=true",
                                             "x=int32[9]@-2:3 k=9", "x=T[0,3] k=2"};
constexpr std::string_view kTopkSamplesIos16[] = {"x=T[2,7] k=3 sort=false",
                                                  "x=T[2,7] k=2 return_indices=false"};
constexpr std::string_view kTopkSamplesIos17[] = {"x=T[2,7] k=3 output_indices_dtype=\"uint16\"",
                                                  "x=uint8[2,7] k=-1", "x=T[2,7] k=2 return_indices=false"};

Result<std::vector<ValueType>> infer_argsort(const Call& call) {
  WF_CHECK(normalized_axis(call, call.integer("axis"), call.rank("x")));
  return std::vector<ValueType>{tensor_type(DType::kInt32, call.shape("x"))};
}

Result<DType> indices_dtype(const Call& call) {
  if (!call.has("output_indices_dtype")) return DType::kInt32;
  const std::string name = call.text("output_indices_dtype");
  const auto dtype = dtype_from_name(name);
  if (!dtype || !(kSmallInts | DTypeSet{DType::kInt32}).contains(*dtype)) {
    return call.error(
        fmt::format("output_indices_dtype is '{}', expected int32, uint16, int16, uint8 or int8", name));
  }
  return *dtype;
}

bool returns_indices(const Call& call) { return !call.has("return_indices") || call.flag("return_indices"); }

Result<std::vector<ValueType>> infer_topk(const Call& call) {
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("x")));
  WF_TRY(const DType indices, indices_dtype(call));
  Shape shape = call.shape("x");
  int64_t& size = shape[static_cast<size_t>(axis)];
  const bool known = !call.has("k") || call.tensor("k") != nullptr;
  const int64_t k = known ? call.integer("k") : -1;
  if (k < -1 || (size >= 0 && k > size)) {
    return call.error(fmt::format("k is {}, expected 0 to {} (the size of axis {}), or -1 for all", k,
                                  size < 0 ? "?" : std::to_string(size), axis));
  }
  if (!known) {
    size = kUnknownSize;
  } else if (k >= 0) {
    size = k;
  }
  std::vector<ValueType> types{tensor_type(call.dtype("x"), shape)};
  if (returns_indices(call)) types.push_back(tensor_type(indices, shape));
  return types;
}

// Positions of the values in order; equal values keep theirs, NaN comes last.
void sort_positions(std::span<const double> values, bool ascending, std::vector<size_t>& positions) {
  std::iota(positions.begin(), positions.end(), size_t{0});
  std::ranges::sort(positions, [&](size_t i, size_t j) {
    const double a = values[i];
    const double b = values[j];
    if (std::isnan(a) != std::isnan(b)) return std::isnan(b);
    if (a < b || a > b) return ascending ? a < b : a > b;
    return i < j;
  });
}

// Sorts each line of x and calls visit(the line's number, its values, their sorted positions).
template <class Visit>
Status for_each_sorted_line(Evaluation& eval, Visit visit) {
  const Tensor& x = eval.input("x");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), x.rank()));
  const AxisSplit split = split_at_axis(x.shape(), axis);
  std::vector<double> values(static_cast<size_t>(split.length));
  std::vector<size_t> positions(values.size());
  const bool ascending = eval.flag("ascending");
  for_each_line(split, [&](Line line) {
    read_line(x, line, values);
    sort_positions(values, ascending, positions);
    visit(line, values, positions);
  });
  return {};
}

Status argsort(Evaluation& eval) {
  WF_TRY(Tensor out, eval.make_output(0));
  WF_CHECK(for_each_sorted_line(eval, [&](Line line, const auto&, const std::vector<size_t>& positions) {
    write_line(out, line, std::span<const int64_t>(std::vector<int64_t>(positions.begin(), positions.end())));
  }));
  eval.set_output(0, std::move(out));
  return {};
}

Status topk(Evaluation& eval) {
  WF_TRY(Tensor values_out, eval.make_output(0));
  Tensor indices_out;
  if (returns_indices(eval)) {
    WF_TRY(indices_out, eval.make_output(1));
  }
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), eval.rank("x")));
  const auto k = static_cast<size_t>(values_out.shape()[static_cast<size_t>(axis)]);
  std::vector<double> top(values_out.size() > 0 ? k : 0);
  std::vector<int64_t> indices(top.size());
  WF_CHECK(for_each_sorted_line(
      eval, [&](Line line, std::span<const double> values, const std::vector<size_t>& positions) {
        for (size_t i = 0; i < top.size(); ++i) {
          top[i] = values[positions[i]];
          indices[i] = static_cast<int64_t>(positions[i]);
        }
        // The same line of an output whose axis has k elements instead of values.size().
        const int64_t outer = line.first / (line.step * static_cast<int64_t>(values.size()));
        const Line to{outer * line.step * static_cast<int64_t>(k) + line.first % line.step, line.step};
        write_line(values_out, to, std::span<const double>(top));
        if (indices_out.valid()) write_line(indices_out, to, std::span<const int64_t>(indices));
      }));
  eval.set_output(0, std::move(values_out));
  if (indices_out.valid()) eval.set_output(1, std::move(indices_out));
  return {};
}

constexpr std::string_view kTopkDoc =
    "The k largest (ascending: smallest) values along axis in order, and their indices; k = -1 takes all. "
    "Equal values keep "
    "their order, NaN comes last; sort=false leaves the order free, here it stays sorted. Source: MIL, "
    "tensor_operation.";

constexpr OpDef kDefs[] = {
    {.name = "argsort",
     .params = kArgsort,
     .infer = infer_argsort,
     .reference = argsort,
     .samples = kArgsortSamples,
     .doc = "Indices that sort x along axis, largest first unless ascending; equal values keep their order, "
            "NaN comes "
            "last. Source: MIL, iOS15 tensor_operation."},
    {.name = "topk",
     .params = kTopk,
     .infer = infer_topk,
     .reference = topk,
     .samples = kTopkSamples,
     .doc = kTopkDoc},
    {.name = "topk",
     .since = Opset::kIos16,
     .params = kTopkIos16,
     .infer = infer_topk,
     .reference = topk,
     .samples = kTopkSamplesIos16,
     .doc = kTopkDoc},
    {.name = "topk",
     .since = Opset::kIos17,
     .params = kTopkIos17,
     .infer = infer_topk,
     .reference = topk,
     .samples = kTopkSamplesIos17,
     .doc = kTopkDoc},
};

}  // namespace

WF_OP_FILE(argsort, kDefs);
}  // namespace wf
