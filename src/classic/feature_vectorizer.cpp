#include "classic/feature_vectorizer.h"

#include <fmt/format.h>

#include "base/checked_math.h"

namespace wf {
namespace {

// Entries of a dictionary from index to number go to their places; the others stay 0.
Status put(const Dict& dict, int64_t first, uint64_t width, Tensor& out) {
  for (const auto& [key, value] : dict.items) {
    WF_REQUIRE(key.tensor() && key.tensor()->size() == 1 && key.tensor()->dtype() != DType::kString,
               kInvalidArgument, "takes a dictionary by index, given one by text");
    const int64_t index = read_int(*key.tensor(), 0);
    WF_REQUIRE(index >= 0 && static_cast<uint64_t>(index) < width, kInvalidArgument,
               fmt::format("index {} in a vector of {}", index, width));
    WF_TRY(const double number, number_of(value));
    out.store<double>(first + index, number);
  }
  return {};
}

Status put(const Datum& value, int64_t first, uint64_t width, Tensor& out) {
  if (value.dict()) return put(*value.dict(), first, width, out);
  WF_TRY(const std::vector<double> numbers, numbers_of(value));
  WF_REQUIRE(numbers.size() == width, kInvalidArgument,
             fmt::format("takes {} numbers, given {}", width, numbers.size()));
  write_doubles(out, first, numbers);
  return {};
}

}  // namespace

Result<std::shared_ptr<const ClassicModel>> FeatureVectorizer::make(std::vector<VectorizedColumn> columns) {
  int64_t total = 0;
  for (VectorizedColumn& column : columns) {
    if (column.width == 0) column.width = 1;  // not said: a single number
    const auto sum = checked_add(total, static_cast<int64_t>(column.width));
    WF_REQUIRE(sum && column.width <= INT64_MAX, kBadModel,
               fmt::format("column '{}' of {} numbers", column.input, column.width));
    total = *sum;
  }
  return std::shared_ptr<const ClassicModel>(new FeatureVectorizer(std::move(columns), total));
}

Status FeatureVectorizer::predict(ClassicCall& call) const {
  WF_TRY(Tensor out, Tensor::allocate(DType::kFloat64, {width_}));
  int64_t first = 0;
  for (const VectorizedColumn& column : columns_) {
    const Datum* value = call.input(column.input);
    WF_REQUIRE(value, kInvalidArgument, fmt::format("input '{}' is missing", column.input));
    if (auto status = put(*value, first, column.width, out); !status)
      return std::move(status).error().at(fmt::format("input '{}'", column.input));
    first += static_cast<int64_t>(column.width);
  }
  return call.set_single(Datum(std::move(out)));
}

}  // namespace wf
