#include "classic/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace wf {

namespace {
constexpr unsigned kTicksPerLook = 256;             // reading the clock costs more than a tick of most loops
constexpr int64_t kMostNumbers = int64_t{1} << 28;  // that are copied out of a tensor
constexpr int64_t kLongestAbsent = int64_t{1} << 24;  // elements of an array that is left out
}  // namespace

const Datum* ClassicCall::input(std::string_view name) const {
  const auto found = std::ranges::find(interface_.inputs, name, &Feature::name);
  if (found == interface_.inputs.end()) return nullptr;
  const Datum& value = inputs_[static_cast<size_t>(found - interface_.inputs.begin())];
  return value.known() ? &value : nullptr;
}

Result<const Datum*> ClassicCall::single_input() const {
  WF_REQUIRE(inputs_.size() == 1, kBadModel,
             fmt::format("takes one input, {} are described", inputs_.size()));
  WF_REQUIRE(inputs_[0].known(), kInvalidArgument,
             fmt::format("input '{}' is missing", interface_.inputs[0].name));
  return &inputs_[0];
}

Result<double> ClassicCall::number_or(std::string_view name, double fallback) const {
  const Datum* given = name.empty() ? nullptr : input(name);
  return given ? number_of(*given) : Result<double>(fallback);
}

Result<std::vector<double>> ClassicCall::vector() const {
  std::vector<double> all;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const Feature& feature = interface_.inputs[i];
    if (!inputs_[i].known()) {
      const auto count = feature.array() ? element_count(feature.array()->shape) : Result<int64_t>(1);
      WF_REQUIRE(count && *count <= kLongestAbsent, kInvalidArgument,
                 fmt::format("input '{}' is missing", feature.name));
      all.insert(all.end(), static_cast<size_t>(*count), std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    auto numbers = numbers_of(inputs_[i]);
    if (!numbers) return std::move(numbers).error().at(fmt::format("input '{}'", feature.name));
    all.insert(all.end(), numbers->begin(), numbers->end());
  }
  return all;
}

void ClassicCall::set(std::string_view output, Datum value) {
  const auto found = std::ranges::find(interface_.outputs, output, &Feature::name);
  if (output.empty() || found == interface_.outputs.end()) return;
  outputs_[static_cast<size_t>(found - interface_.outputs.begin())] = std::move(value);
}

Status ClassicCall::set_single(Datum value) {
  WF_REQUIRE(!outputs_.empty(), kBadModel, "the description declares no output");
  outputs_[0] = std::move(value);
  return {};
}

Status ClassicCall::tick() {
  if (++ticks_ % kTicksPerLook != 0) return {};
  WF_REQUIRE(!options_.cancelled || !options_.cancelled->load(), kDeadlineExceeded, "cancelled");
  WF_REQUIRE(!options_.deadline || std::chrono::steady_clock::now() < *options_.deadline, kDeadlineExceeded,
             "the deadline is over");
  return {};
}

Result<std::vector<Datum>> ClassicCall::take_outputs() {
  for (size_t i = 0; i < outputs_.size(); ++i) {
    WF_REQUIRE(outputs_[i].known(), kBadModel,
               fmt::format("output '{}' is described, but the model does not compute it",
                           interface_.outputs[i].name));
  }
  return std::move(outputs_);
}

Result<std::vector<double>> numbers_of(const Datum& value) {
  const Tensor* tensor = value.tensor();
  WF_REQUIRE(tensor && tensor->dtype() != DType::kString, kInvalidArgument,
             fmt::format("takes numbers, given {}", to_string(type_of(value))));
  WF_REQUIRE(tensor->size() <= kMostNumbers, kUnsupported,
             fmt::format("{} numbers, at most {} are taken", tensor->size(), kMostNumbers));
  return read_doubles(*tensor);
}

Result<double> number_of(const Datum& value) {
  WF_TRY(const std::vector<double> numbers, numbers_of(value));
  WF_REQUIRE(numbers.size() == 1, kInvalidArgument,
             fmt::format("takes one number, given {}", numbers.size()));
  return numbers[0];
}

Result<Datum> number_scalar(double value) { return number_array({}, std::span(&value, 1)); }

Result<Datum> integer_scalar(int64_t value) {
  WF_TRY(Tensor tensor, Tensor::of_ints(DType::kInt64, {}, std::span(&value, 1)));
  return Datum(std::move(tensor));
}

Result<Datum> number_array(Shape shape, std::span<const double> values) {
  WF_TRY(Tensor tensor, Tensor::of_doubles(DType::kFloat64, std::move(shape), values));
  return Datum(std::move(tensor));
}

}  // namespace wf
