#include "classic/imputer.h"

#include <fmt/format.h>

#include <cmath>

namespace wf {
namespace {

template <class T>
const T* element_of(const ImputerParams& params, size_t i) {
  if (const auto* all = std::get_if<std::vector<T>>(&params.imputed)) return &(*all)[i];
  return std::get_if<T>(&params.imputed);
}

// One for all, or as many as the input has elements.
template <class T>
Status check_count(const ImputerParams& params, size_t count) {
  const auto* all = std::get_if<std::vector<T>>(&params.imputed);
  WF_REQUIRE(!all || all->size() == count, kInvalidArgument,
             fmt::format("values for {} elements, the input has {}", all->size(), count));
  return {};
}

}  // namespace

Result<std::shared_ptr<const ClassicModel>> Imputer::make(ImputerParams params) {
  WF_REQUIRE(params.imputed.index() != 0, kBadModel, "an imputer without a value to impute");
  return std::shared_ptr<const ClassicModel>(new Imputer(std::move(params)));
}

bool Imputer::is_missing(double value) const {
  if (const auto* missing = std::get_if<double>(&params_.missing))
    return value == *missing || (std::isnan(value) && std::isnan(*missing));
  if (const auto* missing = std::get_if<int64_t>(&params_.missing))
    return value == static_cast<double>(*missing);
  return params_.missing.index() == 0 && std::isnan(value);
}

bool Imputer::is_missing(int64_t value) const {
  if (const auto* missing = std::get_if<double>(&params_.missing))
    return static_cast<double>(value) == *missing;
  const auto* missing = std::get_if<int64_t>(&params_.missing);
  return missing && value == *missing;
}

bool Imputer::is_missing(const std::string& value) const {
  const auto* missing = std::get_if<std::string>(&params_.missing);
  return missing && value == *missing;
}

Result<Datum> Imputer::replaced_numbers(const Tensor& input) const {
  std::vector<double> values = read_doubles(input);
  WF_CHECK(check_count<double>(params_, values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    if (is_missing(values[i])) values[i] = *element_of<double>(params_, i);
  }
  return number_array(input.shape(), values);
}

Result<Datum> Imputer::replaced_integers(const Tensor& input) const {
  WF_REQUIRE(!is_floating(input.dtype()), kInvalidArgument, "imputes integers, given floating numbers");
  std::vector<int64_t> values = read_ints(input);
  WF_CHECK(check_count<int64_t>(params_, values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    if (is_missing(values[i])) values[i] = *element_of<int64_t>(params_, i);
  }
  WF_TRY(Tensor out, Tensor::of_ints(DType::kInt64, input.shape(), values));
  return Datum(std::move(out));
}

Result<Datum> Imputer::replaced(const Tensor& input) const {
  if (const auto* text = std::get_if<std::string>(&params_.imputed)) {
    WF_REQUIRE(input.dtype() == DType::kString && input.size() == 1, kInvalidArgument,
               "imputes a text, given numbers");
    return is_missing(input.strings()[0]) ? string_scalar(*text) : Result<Datum>(Datum(input));
  }
  WF_REQUIRE(input.dtype() != DType::kString, kInvalidArgument, "imputes numbers, given a text");
  const bool numbers = element_of<double>(params_, 0) != nullptr ||
                       std::holds_alternative<std::vector<double>>(params_.imputed);
  const bool integers = std::holds_alternative<int64_t>(params_.imputed) ||
                        std::holds_alternative<std::vector<int64_t>>(params_.imputed);
  WF_REQUIRE(numbers || integers, kInvalidArgument, "imputes entries of a dictionary, given numbers");
  return numbers ? replaced_numbers(input) : replaced_integers(input);
}

// Keys that the input lacks count as missing too.
Result<Datum> Imputer::replaced(const Dict& input, const std::map<Key, double>& imputed) const {
  Dict out;
  std::map<Key, double> lacking = imputed;
  for (const auto& [key, value] : input.items) {
    WF_TRY(const Key name, key_of(key));
    WF_TRY(const double number, number_of(value));
    const auto found = imputed.find(name);
    if (found != imputed.end()) lacking.erase(name);
    WF_TRY(Datum kept, number_scalar(found != imputed.end() && is_missing(number) ? found->second : number));
    out.items.emplace_back(key, std::move(kept));
  }
  for (const auto& [name, number] : lacking) {
    WF_TRY(Datum key, key_scalar(name));
    WF_TRY(Datum value, number_scalar(number));
    out.items.emplace_back(std::move(key), std::move(value));
  }
  return Datum(std::move(out));
}

// In place of an input that was left out.
Result<Datum> Imputer::whole(const Feature& input) const {
  if (const auto* map = std::get_if<std::map<Key, double>>(&params_.imputed)) return replaced(Dict{}, *map);
  if (const auto* values = std::get_if<std::vector<double>>(&params_.imputed)) {
    return number_array({static_cast<int64_t>(values->size())}, *values);
  }
  if (const auto* values = std::get_if<std::vector<int64_t>>(&params_.imputed)) {
    WF_TRY(Tensor out, Tensor::of_ints(DType::kInt64, {static_cast<int64_t>(values->size())}, *values));
    return Datum(std::move(out));
  }
  WF_REQUIRE(!input.array(), kInvalidArgument,
             "the array is missing, there is a value for its elements only");
  if (const auto* value = std::get_if<double>(&params_.imputed)) return number_scalar(*value);
  if (const auto* value = std::get_if<int64_t>(&params_.imputed)) return integer_scalar(*value);
  return string_scalar(std::get<std::string>(params_.imputed));
}

Status Imputer::predict(ClassicCall& call) const {
  WF_REQUIRE(call.interface().inputs.size() == 1, kBadModel,
             fmt::format("takes one input, {} are described", call.interface().inputs.size()));
  const Feature& feature = call.interface().inputs[0];
  const Datum* input = call.input(feature.name);
  Result<Datum> out =
      Error(ErrorCode::kInvalidArgument, "imputes numbers or texts, given a dictionary or a sequence");
  const auto* map = std::get_if<std::map<Key, double>>(&params_.imputed);
  if (!input) {
    out = whole(feature);
  } else if (input->dict() && map) {
    out = replaced(*input->dict(), *map);
  } else if (input->tensor()) {
    out = replaced(*input->tensor());
  }
  WF_TRY(Datum value, std::move(out));
  return call.set_single(std::move(value));
}

}  // namespace wf
