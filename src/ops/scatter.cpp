// scatter, scatter_along_axis and scatter_nd: updates written to, or combined with, elements by index.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ops/axis.h"
#include "ops/indices.h"

namespace wf {
namespace {

constexpr Param kData = Param("data").of(kFloatsAndInt32, 'T'),
                kUpdates = Param("updates").of(kFloatsAndInt32, 'T');
constexpr Param kIndices = Param("indices").ints(), kAxis = Param("axis").ints().constant().or_integer(0);
// The documentation says "update", the code and the numeric tests say "add" in every opset.
constexpr Param kMode = Param("mode").text().constant().or_text("add");
constexpr Param kValidate = Param("validate_indices").flags().constant().or_flag(false);

constexpr std::string_view kModes[] = {"add", "div", "max", "min", "mul", "sub", "update"};

Status check_mode(const Call& call) {
  const std::string mode = call.text("mode");
  if (std::ranges::find(kModes, mode) != std::end(kModes)) return {};
  return call.error(fmt::format("mode is '{}', expected add, div, max, min, mul, sub or update", mode));
}

double combined(std::string_view mode, double old, double update) {
  if (mode == "add") return old + update;
  if (mode == "sub") return old - update;
  if (mode == "mul") return old * update;
  if (mode == "div") return old / update;
  if (mode == "max") return std::isnan(old) || old > update ? old : update;
  if (mode == "min") return std::isnan(old) || old < update ? old : update;
  return update;
}

// 32-bit values in 64 bits cannot overflow here; storing wraps.
Result<int64_t> combined(std::string_view mode, int64_t old, int64_t update) {
  if (mode == "add") return old + update;
  if (mode == "sub") return old - update;
  if (mode == "mul") return old * update;
  if (mode == "max") return std::max(old, update);
  if (mode == "min") return std::min(old, update);
  if (mode == "update") return update;
  if (update == 0) return Error(ErrorCode::kRuntime, "an integer is divided by 0");
  return old / update;
}

// The data while updates arrive: floating elements in double, so that many updates of one element round once.
class Accumulator {
 public:
  static Result<Accumulator> make(const Evaluation& eval) {
    const Tensor& data = eval.input("data");
    Accumulator out(eval);
    if (is_floating(data.dtype()) && data.dtype() != DType::kFloat64) {
      WF_TRY(out.values_, converted(data, DType::kFloat64));
      return out;
    }
    WF_TRY(out.values_, Tensor::allocate(data.dtype(), data.shape()));
    std::ranges::copy(data.bytes(), out.values_.mutable_bytes().begin());
    return out;
  }

  Status combine(int64_t at, int64_t update_at) {
    if (is_floating(values_.dtype())) {
      const double value = combined(mode_, read_double(values_, at), read_double(*updates_, update_at));
      write_doubles(values_, at, std::span(&value, 1));
      return {};
    }
    WF_TRY(const int64_t value, combined(mode_, read_int(values_, at), read_int(*updates_, update_at)));
    write_ints(values_, at, std::span(&value, 1));
    return {};
  }

  Result<Tensor> finish(DType dtype) && { return converted(values_, dtype); }

 private:
  explicit Accumulator(const Evaluation& eval) : updates_(&eval.input("updates")), mode_(eval.text("mode")) {}
  Tensor values_;
  const Tensor* updates_;
  std::string mode_;
};

Status finish(Evaluation& eval, Accumulator&& sums) {
  WF_TRY(Tensor out, std::move(sums).finish(eval.input("data").dtype()));
  eval.set_output(0, std::move(out));
  return {};
}

Status check_updates(const Call& call, const Shape& expected) {
  const bool fits = std::ranges::equal(call.shape("updates"), expected,
                                       [](int64_t a, int64_t b) { return a < 0 || b < 0 || a == b; });
  if (fits) return {};
  return call.error(fmt::format("'updates' has shape {}, expected {}", to_string(call.shape("updates")),
                                to_string(expected)));
}

std::vector<ValueType> like_data(const Call& call) { return {call.type("data")}; }

// ---- scatter ----

Result<std::vector<ValueType>> infer_scatter(const Call& call) {
  WF_CHECK(check_mode(call));
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("data")));
  Shape expected = call.shape("data");
  const auto at = expected.erase(expected.begin() + axis);
  expected.insert(at, call.shape("indices").begin(), call.shape("indices").end());
  WF_CHECK(check_updates(call, expected));
  return like_data(call);
}

Status scatter(Evaluation& eval) {
  const Tensor& data = eval.input("data");
  const Tensor& indices = eval.input("indices");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), data.rank()));
  WF_TRY(Accumulator sums, Accumulator::make(eval));
  const IndexRule rule(eval);
  const AxisSplit split = split_at_axis(data.shape(), axis);
  int64_t update = 0;
  for (int64_t o = 0; o < split.outer; ++o) {
    for (int64_t k = 0; k < indices.size(); ++k) {
      WF_TRY(const int64_t place, rule.resolve(read_int(indices, k), split.length));
      for (int64_t i = 0; i < split.inner; ++i, ++update) {
        if (place >= 0) WF_CHECK(sums.combine((o * split.length + place) * split.inner + i, update));
      }
    }
  }
  return finish(eval, std::move(sums));
}

// ---- scatter_along_axis ----

Result<std::vector<ValueType>> infer_along_axis(const Call& call) {
  WF_CHECK(check_mode(call));
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("data")));
  WF_CHECK(check_updates(call, call.shape("indices")));
  Shape expected = call.shape("data");
  if (call.rank("indices") == call.rank("data")) {
    expected[static_cast<size_t>(axis)] = call.shape("indices")[static_cast<size_t>(axis)];
  }
  const bool fits = std::ranges::equal(call.shape("indices"), expected,
                                       [](int64_t a, int64_t b) { return a < 0 || b < 0 || a == b; });
  if (!fits) {
    return call.error(
        fmt::format("indices of shape {} do not fit data of shape {}: all sizes but axis {} must be equal",
                    to_string(call.shape("indices")), to_string(call.shape("data")), axis));
  }
  return like_data(call);
}

Status scatter_along_axis(Evaluation& eval) {
  const Tensor& data = eval.input("data");
  const Tensor& indices = eval.input("indices");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), data.rank()));
  WF_TRY(Accumulator sums, Accumulator::make(eval));
  const IndexRule rule(eval);
  const AxisSplit split = split_at_axis(indices.shape(), axis);
  const int64_t length = data.shape()[static_cast<size_t>(axis)];
  for (int64_t k = 0; k < indices.size(); ++k) {
    WF_TRY(const int64_t place, rule.resolve(read_int(indices, k), length));
    const int64_t outer = k / (split.length * split.inner);
    if (place >= 0) WF_CHECK(sums.combine((outer * length + place) * split.inner + k % split.inner, k));
  }
  return finish(eval, std::move(sums));
}

// ---- scatter_nd ----

Result<std::vector<ValueType>> infer_nd(const Call& call) {
  WF_CHECK(check_mode(call));
  const Shape& indices = call.shape("indices");
  const Shape& data = call.shape("data");
  if (indices.empty()) return call.error("'indices' must have at least one dimension");
  const int64_t depth = indices.back();
  if (depth > call.rank("data"))
    return call.error(fmt::format("each index has {} entries, data has {} dimensions", depth, data.size()));
  if (depth < 0) return like_data(call);
  Shape expected(indices.begin(), indices.end() - 1);
  expected.insert(expected.end(), data.begin() + depth, data.end());
  WF_CHECK(check_updates(call, expected));
  return like_data(call);
}

Status scatter_nd(Evaluation& eval) {
  const Tensor& data = eval.input("data");
  const Tensor& indices = eval.input("indices");
  WF_TRY(Accumulator sums, Accumulator::make(eval));
  const IndexRule rule(eval);
  const int64_t depth = indices.shape().back();
  WF_TRY(const int64_t inner,
         element_count(std::span<const int64_t>(data.shape()).subspan(static_cast<size_t>(depth))));
  const int64_t updates = eval.input("updates").size();
  for (int64_t k = 0; k * inner < updates; ++k) {
    int64_t place = 0;
    for (int64_t d = 0; d < depth; ++d) {
      const int64_t size = data.shape()[static_cast<size_t>(d)];
      WF_TRY(const int64_t index, rule.resolve(read_int(indices, k * depth + d), size));
      place = place < 0 || index < 0 ? -1 : place * size + index;
    }
    for (int64_t i = 0; place >= 0 && i < inner; ++i)
      WF_CHECK(sums.combine(place * inner + i, k * inner + i));
  }
  return finish(eval, std::move(sums));
}

constexpr Param kScatter15[] = {kData, kIndices, kUpdates, kAxis, kMode};
constexpr Param kScatter17[] = {kData, kIndices, kUpdates, kAxis, kMode, kValidate};
constexpr Param kNd15[] = {kData, kIndices, kUpdates, kMode};
constexpr Param kNd17[] = {kData, kIndices, kUpdates, kMode, kValidate};
constexpr std::string_view kScatterSamples[] = {
    "data=T[4,3] indices={1,0} updates=T[2,3]",
    "data=T[4,3] indices={2,2} updates=T[4,2] axis=1 mode=\"mul\"",
    "data=int32[5] indices={0,4} updates=int32[2] mode=\"max\""};
constexpr std::string_view kAlongSamples[] = {
    "data=T[4,3] indices=int32[2,3]@0:4 updates=T[2,3]",
    "data=T[2,5] indices=int32[2,2]@0:5 updates=T[2,2] axis=-1 mode=\"sub\""};
constexpr std::string_view kNdSamples[] = {"data=T[4,3] indices=int32[2,1]@0:4 updates=T[2,3]",
                                           "data=T[4,3] indices=int32[3,2]@0:3 updates=T[3] mode=\"min\""};

constexpr std::string_view kChange17 =
    "As in iOS15, but a negative index is out of bounds: an error with validate_indices, else it changes "
    "nothing (Core ML leaves "
    "it open). Source: MIL, iOS17 scatter_gather.";
constexpr OpDef kDefs[] = {
    {.name = "scatter",
     .params = kScatter15,
     .infer = infer_scatter,
     .reference = scatter,
     .samples = kScatterSamples,
     .doc = "data with out[.., indices[k], ..] = mode(out[.., indices[k], ..], updates[.., k, ..]) along "
            "`axis`, k ascending. mode: add "
            "(default), sub, mul, div, max, min, update. A negative index counts from the end; one outside "
            "data changes nothing. "
            "Source: MIL, iOS15 scatter_gather."},
    {.name = "scatter",
     .since = Opset::kIos17,
     .params = kScatter17,
     .infer = infer_scatter,
     .reference = scatter,
     .samples = kScatterSamples,
     .doc = kChange17},
    {.name = "scatter_along_axis",
     .params = kScatter15,
     .infer = infer_along_axis,
     .reference = scatter_along_axis,
     .samples = kAlongSamples,
     .doc = "out[.., indices[.., k, ..], ..] = mode(itself, updates[.., k, ..]) along `axis`; modes and "
            "bounds as in scatter. Source: "
            "MIL, iOS15 scatter_gather; np.put_along_axis with a mode (its constant folding upstream ignores "
            "the mode)."},
    {.name = "scatter_along_axis",
     .since = Opset::kIos17,
     .params = kScatter17,
     .infer = infer_along_axis,
     .reference = scatter_along_axis,
     .samples = kAlongSamples,
     .doc = kChange17},
    {.name = "scatter_nd",
     .params = kNd15,
     .infer = infer_nd,
     .reference = scatter_nd,
     .samples = kNdSamples,
     .doc = "out[indices[k, 0], indices[k, 1], ...] = mode(itself, updates[k]); modes and bounds as in "
            "scatter. Source: MIL, iOS15 "
            "scatter_gather; tf.tensor_scatter_nd_*."},
    {.name = "scatter_nd",
     .since = Opset::kIos17,
     .params = kNd17,
     .infer = infer_nd,
     .reference = scatter_nd,
     .samples = kNdSamples,
     .doc = kChange17},
};

}  // namespace

WF_OP_FILE(scatter, kDefs);
}  // namespace wf
