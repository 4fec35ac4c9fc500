#include "classic/one_hot_encoder.h"

#include <fmt/format.h>

namespace wf {

OneHotEncoder::OneHotEncoder(OneHotParams params) : params_(std::move(params)) {
  for (const Key& category : params_.categories) {
    index_of_.emplace(category, static_cast<int64_t>(index_of_.size()));
  }
}

Result<std::shared_ptr<const ClassicModel>> OneHotEncoder::make(OneHotParams params) {
  const size_t count = params.categories.size();
  const std::shared_ptr<const OneHotEncoder> made(new OneHotEncoder(std::move(params)));
  WF_REQUIRE(made->index_of_.size() == count, kBadModel, "a category occurs twice");
  return std::shared_ptr<const ClassicModel>(made);
}

Status OneHotEncoder::predict(ClassicCall& call) const {
  WF_TRY(const Datum* input, call.single_input());
  WF_TRY(const Key category, key_of(*input));
  const auto found = index_of_.find(category);
  const bool known = found != index_of_.end();
  WF_REQUIRE(known || params_.ignore_unknown, kInvalidArgument,
             fmt::format("unknown category {}", to_string(category)));
  if (params_.sparse) {
    Dict dict;
    if (known) {
      WF_TRY(Datum key, integer_scalar(found->second));
      WF_TRY(Datum one, number_scalar(1));
      dict.items.emplace_back(std::move(key), std::move(one));
    }
    return call.set_single(Datum(std::move(dict)));
  }
  std::vector<double> values(params_.categories.size());
  if (known) values[static_cast<size_t>(found->second)] = 1;
  WF_TRY(Datum array, number_array({static_cast<int64_t>(values.size())}, values));
  return call.set_single(std::move(array));
}

}  // namespace wf
