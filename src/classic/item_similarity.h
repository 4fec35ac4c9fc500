// Recommends the items most similar to given ones.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "classic/call.h"
#include "classic/key.h"
#include "classic/model.h"

namespace wf {

struct SimilarItems {
  std::vector<std::pair<uint64_t, double>> similar;  // (item, similarity)
  double adjustment = 0;                             // taken off the scores that recommend this item
};

struct ItemSimilarityParams {
  std::map<uint64_t, SimilarItems> items;  // by number
  Keys names;                              // of items 0, 1, ...; none: the numbers themselves
  // Names of inputs and outputs; all but the first may be "".
  std::string items_input, count_input, restriction_input, exclusion_input;
  std::string list_output, scores_output;
};

// The score of item k is the sum over the given items i of similarity(i, k) * (score of i - adjustment of k).
class ItemSimilarityRecommender final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(ItemSimilarityParams params);
  Status predict(ClassicCall& call) const override;

 private:
  explicit ItemSimilarityRecommender(ItemSimilarityParams params);
  Key name_of(uint64_t item) const;
  // Items of a dictionary with their numbers, or of a sequence with 1 each; unknown ones are left out.
  Result<std::map<uint64_t, double>> scored(const Datum& given) const;
  Result<std::vector<std::pair<uint64_t, double>>> ranked(ClassicCall& call) const;
  Status put(ClassicCall& call, const std::vector<std::pair<uint64_t, double>>& ranking) const;

  ItemSimilarityParams params_;
  std::map<Key, uint64_t> number_of_;
};

}  // namespace wf
