#include "lab/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace wf {
namespace {

constexpr int64_t kChunk = 4096;  // elements converted to double at a time

// Sums are kept apart from the result so that the parts of a dictionary or list can be folded into one.
struct Sums {
  Comparison out;
  double error_squares = 0, expected_squares = 0;
  int64_t measured = 0;  // elements where both sides are finite
  double largest_actual = 0;
  bool actual_is_finite = true;
  int64_t texts = 0;

  void add(double actual, double expected, int64_t index) {
    const bool nan_a = std::isnan(actual), nan_e = std::isnan(expected);
    const bool inf_a = std::isinf(actual), inf_e = std::isinf(expected);
    out.count += 1;
    out.only_text = false;
    out.nan_actual += nan_a;
    out.nan_expected += nan_e;
    out.inf_actual += inf_a;
    out.inf_expected += inf_e;
    if (!nan_e && !inf_e) out.scale = std::max(out.scale, std::fabs(expected));
    if (nan_a || inf_a) actual_is_finite = false;
    if (nan_a || nan_e || inf_a || inf_e) {
      const bool same = (nan_a && nan_e) || (inf_a && inf_e && actual == expected);
      if (!same && out.mismatches++ == 0) set_worst(actual, expected, index);
      return;
    }
    largest_actual = std::max(largest_actual, std::fabs(actual));
    const double error = std::fabs(actual - expected);
    if (out.mismatches == 0 && (out.worst < 0 || error > out.max_abs)) set_worst(actual, expected, index);
    out.max_abs = std::max(out.max_abs, error);
    error_squares += error * error;
    expected_squares += expected * expected;
    measured += 1;
  }

  void add_text(const std::string& actual, const std::string& expected, int64_t index) {
    out.only_text = out.count == texts++;
    out.count += 1;
    if (actual == expected) return;
    if (out.mismatches++ == 0) out.worst = index;
  }

  void set_worst(double actual, double expected, int64_t index) {
    out.worst = index;
    out.worst_actual = actual;
    out.worst_expected = expected;
  }

  Comparison finish() {
    if (measured > 0) out.rmse = std::sqrt(error_squares / static_cast<double>(measured));
    const double unit = out.scale > 0 ? out.scale : 1;
    out.max_rel = out.max_abs / unit;
    out.rmse_rel = out.rmse / unit;
    out.snr_db = error_squares > 0 ? 10 * std::log10(expected_squares / error_squares)
                                   : std::numeric_limits<double>::infinity();
    out.near_zero = actual_is_finite && out.scale > kNearZero && largest_actual < kNearZero && measured > 0;
    return out;
  }
};

Shape without_ones(const Shape& shape) {
  Shape kept;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(kept), [](int64_t size) { return size != 1; });
  return kept;
}

Shape position(int64_t index, const Shape& shape) {
  Shape at(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    at[i] = index % shape[i];
    index /= shape[i];
  }
  return at;
}

Status add_tensors(Sums& sums, const Tensor& actual, const Tensor& expected) {
  if (without_ones(actual.shape()) != without_ones(expected.shape())) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("shapes differ: {}, expected {}", to_string(actual.shape()),
                             to_string(expected.shape())));
  }
  const bool text = actual.dtype() == DType::kString;
  if (text != (expected.dtype() == DType::kString)) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("cannot compare {} with {}", name_of(actual.dtype()), name_of(expected.dtype())));
  }
  const int64_t base = sums.out.count;
  if (text) {
    for (size_t i = 0; i < actual.strings().size(); ++i) {
      sums.add_text(actual.strings()[i], expected.strings()[i], base + static_cast<int64_t>(i));
    }
    return {};
  }
  std::vector<double> a(kChunk), e(kChunk);
  for (int64_t first = 0; first < actual.size(); first += kChunk) {
    const auto count = static_cast<size_t>(std::min(kChunk, actual.size() - first));
    read_doubles(actual, first, std::span(a).first(count));
    read_doubles(expected, first, std::span(e).first(count));
    for (size_t i = 0; i < count; ++i) sums.add(a[i], e[i], base + first + static_cast<int64_t>(i));
  }
  return {};
}

Status add_data(Sums& sums, const Datum& actual, const Datum& expected);

Status add_items(Sums& sums, const std::vector<Datum>& actual, const std::vector<Datum>& expected) {
  if (actual.size() != expected.size()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} items, expected {}", actual.size(), expected.size()));
  }
  for (size_t i = 0; i < actual.size(); ++i) WF_CHECK(add_data(sums, actual[i], expected[i]));
  return {};
}

Status add_dictionaries(Sums& sums, const Dict& actual, const Dict& expected) {
  if (actual.items.size() != expected.items.size()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} keys, expected {}", actual.items.size(), expected.items.size()));
  }
  for (const auto& [key, value] : expected.items) {
    const auto same_key = [&key = key](const auto& item) { return same_bits(item.first, key); };
    const auto found = std::find_if(actual.items.begin(), actual.items.end(), same_key);
    if (found == actual.items.end()) {
      return Error(ErrorCode::kInvalidArgument, "a key that was expected is not there");
    }
    WF_CHECK(add_data(sums, found->second, value));
  }
  return {};
}

Status add_data(Sums& sums, const Datum& actual, const Datum& expected) {
  if (actual.tensor() && expected.tensor()) return add_tensors(sums, *actual.tensor(), *expected.tensor());
  if (actual.dict() && expected.dict()) return add_dictionaries(sums, *actual.dict(), *expected.dict());
  if (actual.list() && expected.list()) return add_items(sums, actual.list()->items, expected.list()->items);
  if (actual.tuple() && expected.tuple())
    return add_items(sums, actual.tuple()->items, expected.tuple()->items);
  if (actual.state() && expected.state())
    return add_tensors(sums, actual.state()->tensor, expected.state()->tensor);
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("kinds differ: {}, expected {}", to_string(type_of(actual)), to_string(type_of(expected))));
}

}  // namespace

Result<Comparison> compare(const Tensor& actual, const Tensor& expected) {
  Sums sums;
  WF_CHECK(add_tensors(sums, actual, expected));
  Comparison comparison = sums.finish();
  if (comparison.worst >= 0) comparison.worst_at = position(comparison.worst, actual.shape());
  return comparison;
}

Result<Comparison> compare(const Datum& actual, const Datum& expected) {
  if (actual.tensor() && expected.tensor()) return compare(*actual.tensor(), *expected.tensor());
  Sums sums;
  WF_CHECK(add_data(sums, actual, expected));
  Comparison comparison = sums.finish();
  if (comparison.worst >= 0) comparison.worst_at = {comparison.worst};
  return comparison;
}

std::optional<Budget> find_budget(std::string_view name) {
  if (name == "fp32") return Budget{"fp32", 1e-5, 1e-6};
  if (name == "fp16") return Budget{"fp16", 1e-2, 1e-3};
  if (name == "int8") return Budget{"int8", 5e-2, 5e-3};
  return std::nullopt;
}

bool within(const Comparison& comparison, const Budget& budget) {
  return comparison.mismatches == 0 && !comparison.near_zero && comparison.max_rel <= budget.max_rel &&
         comparison.rmse_rel <= budget.rmse_rel;
}

std::string to_string(const Comparison& c) {
  if (c.only_text) return c.mismatches == 0 ? "equal" : "differs";
  std::string text = fmt::format("L-inf {:.2e} ({:.1e} of scale {:.4g}), RMSE {:.2e}, SNR {:.1f} dB",
                                 c.max_abs, c.max_rel, c.scale, c.rmse, c.snr_db);
  if (c.worst >= 0 && (c.max_abs > 0 || c.mismatches > 0)) {
    text += fmt::format(", worst at {}: {:.6g}, expected {:.6g}", to_string(c.worst_at), c.worst_actual,
                        c.worst_expected);
  }
  return text;
}

std::string warnings_of(const Comparison& c) {
  std::string text;
  const auto say = [&text](const std::string& what) { text += (text.empty() ? "" : "; ") + what; };
  if (c.near_zero) say("the output is all zeros (below 1e-6), the expected one is not");
  if (c.nan_actual != 0 || c.nan_expected != 0)
    say(fmt::format("{} NaN, expected {}", c.nan_actual, c.nan_expected));
  if (c.inf_actual != 0 || c.inf_expected != 0) {
    say(fmt::format("{} infinities, expected {}", c.inf_actual, c.inf_expected));
  }
  if (c.mismatches != 0) say(fmt::format("{} elements cannot be reconciled", c.mismatches));
  return text;
}

}  // namespace wf
