// random_categorical: indices drawn with given probabilities.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/elementwise.h"
#include "ops/random.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats), Param("mode").text().constant().or_text("logits"),
                             Param("size").ints().constant().or_integer(1),
                             Param("seed").ints().constant().or_integer(-1)};
constexpr std::string_view kSamples[] = {"x=T[2,5] size=7 seed=3", "x=T[3]@0:1 mode=\"probs\"",
                                         "x=T[0,4] size=2 seed=1"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const std::string mode = call.text("mode");
  if (mode != "logits" && mode != "probs") {
    return call.error(fmt::format("mode is '{}', expected logits or probs", mode));
  }
  const int64_t size = call.integer("size");
  if (size < 1) return call.error(fmt::format("size is {}, expected at least 1", size));
  Shape shape = call.shape("x");
  if (shape.empty() || shape.back() == 0) {
    return call.error(
        fmt::format("x must hold classes in its last dimension, found shape {}", to_string(shape)));
  }
  shape.back() = size;
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(shape))};
}

// Turns a row of logits or probabilities into cumulative weights. False: no weight is positive, or one is not
// a number.
bool accumulate(std::span<double> row, bool logits) {
  double largest = -std::numeric_limits<double>::infinity();
  for (const double value : row) largest = nan_max(largest, value);
  double sum = 0;
  for (double& value : row) {
    const double weight = logits ? std::exp(value - largest) : value;
    if (!(weight >= 0)) return false;
    value = sum += weight;
  }
  return sum > 0 && std::isfinite(sum);
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  const bool logits = eval.text("mode") == "logits";
  const RandomStream stream = random_stream(eval);
  const int64_t draws = eval.integer("size");
  const int64_t rows = out.size() / draws;
  std::vector<double> row(rows > 0 ? static_cast<size_t>(x.shape().back()) : 0);
  for (int64_t r = 0; r < rows; ++r) {
    read_doubles(x, r * static_cast<int64_t>(row.size()), row);
    if (!accumulate(row, logits)) {
      return Error(ErrorCode::kRuntime,
                   fmt::format("row {} of x holds no distribution, expected {}", r,
                               logits ? "finite logits" : "probabilities of at least 0, not all 0"));
    }
    for (int64_t i = r * draws; i < (r + 1) * draws; ++i) {
      const double point = stream.uniform(static_cast<uint64_t>(i)) * row.back();
      const auto found = std::ranges::upper_bound(row, point);
      const auto index = static_cast<double>(std::min(found, row.end() - 1) - row.begin());
      write_doubles(out, i, std::span(&index, 1));
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "random_categorical",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "x [*D, classes] holds logits or probabilities; the output [*D, size] holds indices drawn with "
           "replacement, as "
           "numbers of x's dtype. A seed of 0 or more fixes them, -1 takes the engine's. Source: MIL, iOS15 "
           "random.",
}};

}  // namespace

WF_OP_FILE(random_categorical, kDefs);
}  // namespace wf
