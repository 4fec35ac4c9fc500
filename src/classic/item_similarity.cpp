#include "classic/item_similarity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace wf {

ItemSimilarityRecommender::ItemSimilarityRecommender(ItemSimilarityParams params)
    : params_(std::move(params)) {
  for (size_t i = 0; i < params_.names.size(); ++i) number_of_.emplace(params_.names[i], i);
  if (!params_.names.empty()) return;
  for (const auto& [item, similar] : params_.items) {
    number_of_.emplace(name_of(item), item);
    for (const auto& [other, score] : similar.similar) number_of_.emplace(name_of(other), other);
  }
}

Result<std::shared_ptr<const ClassicModel>> ItemSimilarityRecommender::make(ItemSimilarityParams params) {
  const size_t named = params.names.size();
  const auto check = [&](uint64_t item) -> Status {
    const uint64_t limit = named > 0 ? named : uint64_t{INT64_MAX};
    WF_REQUIRE(item < limit, kBadModel, fmt::format("item {} of {}", item, limit));
    return {};
  };
  for (const auto& [item, similar] : params.items) {
    WF_CHECK(check(item));
    for (const auto& [other, score] : similar.similar) WF_CHECK(check(other));
  }
  return std::shared_ptr<const ClassicModel>(new ItemSimilarityRecommender(std::move(params)));
}

Key ItemSimilarityRecommender::name_of(uint64_t item) const {
  if (item < params_.names.size()) return params_.names[static_cast<size_t>(item)];
  return static_cast<int64_t>(item);
}

Result<std::map<uint64_t, double>> ItemSimilarityRecommender::scored(const Datum& given) const {
  std::map<uint64_t, double> scores;
  const auto add = [&](const Datum& name, double score) -> Status {
    WF_TRY(const Key key, key_of(name));
    if (const auto found = number_of_.find(key); found != number_of_.end()) scores[found->second] = score;
    return {};
  };
  if (const Dict* dict = given.dict()) {
    for (const auto& [name, value] : dict->items) {
      WF_TRY(const double score, number_of(value));
      WF_CHECK(add(name, score));
    }
  } else if (const List* list = given.list()) {
    for (const Datum& name : list->items) WF_CHECK(add(name, 1));
  } else {
    WF_CHECK(add(given, 1));
  }
  return scores;
}

Result<std::vector<std::pair<uint64_t, double>>> ItemSimilarityRecommender::ranked(ClassicCall& call) const {
  const auto optional = [&](const std::string& name) { return name.empty() ? nullptr : call.input(name); };
  const Datum* given = call.input(params_.items_input);
  WF_REQUIRE(given, kInvalidArgument, fmt::format("input '{}' is missing", params_.items_input));
  WF_TRY(const auto observed, scored(*given));
  std::map<uint64_t, double> scores, allowed, excluded = observed;
  const Datum* restriction = optional(params_.restriction_input);
  if (restriction) {
    WF_TRY(allowed, scored(*restriction));
  }
  if (const Datum* exclusion = optional(params_.exclusion_input)) {
    WF_TRY(excluded, scored(*exclusion));
  }
  for (const auto& [name, item] : number_of_) {
    if ((!restriction || allowed.contains(item)) && !excluded.contains(item)) scores[item] = 0;
  }
  for (const auto& [item, score] : observed) {
    const auto known = params_.items.find(item);
    if (known == params_.items.end()) continue;
    for (const auto& [other, similarity] : known->second.similar) {
      WF_CHECK(call.tick());
      const auto place = scores.find(other);
      if (place == scores.end()) continue;
      const auto own = params_.items.find(other);
      place->second += similarity * (score - (own == params_.items.end() ? 0 : own->second.adjustment));
    }
  }
  std::vector<std::pair<uint64_t, double>> ranking(scores.begin(), scores.end());
  for (auto& [item, score] : ranking) {
    if (std::isnan(score)) score = -std::numeric_limits<double>::infinity();  // has no place in an order
  }
  std::ranges::sort(ranking, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  WF_TRY(const double most, call.number_or(params_.count_input, static_cast<double>(ranking.size())));
  if (most < static_cast<double>(ranking.size())) ranking.resize(most > 0 ? static_cast<size_t>(most) : 0);
  return ranking;
}

Status ItemSimilarityRecommender::put(ClassicCall& call,
                                      const std::vector<std::pair<uint64_t, double>>& ranking) const {
  List list;
  Dict scores;
  for (const auto& [item, score] : ranking) {
    WF_TRY(Datum name, key_scalar(name_of(item)));
    WF_TRY(Datum value, number_scalar(score));
    list.items.push_back(name);
    scores.items.emplace_back(std::move(name), std::move(value));
  }
  call.set(params_.list_output, Datum(std::move(list)));
  call.set(params_.scores_output, Datum(std::move(scores)));
  return {};
}

Status ItemSimilarityRecommender::predict(ClassicCall& call) const {
  WF_TRY(const auto ranking, ranked(call));
  return put(call, ranking);
}

}  // namespace wf
