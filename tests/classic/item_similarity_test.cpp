#include "classic/item_similarity.h"

#include <gtest/gtest.h>

#include "classic/classic_call.h"

namespace wf::test {
namespace {

ItemSimilarityParams params() {
  ItemSimilarityParams made;
  made.items[0] = {{{1, 0.5}, {2, 0.25}}, 0};
  made.items[1] = {{{0, 0.5}, {3, 1}}, 0};
  made.items[3] = {{}, 2};
  made.names = {"a", "b", "c", "d"};
  made.items_input = "items";
  made.count_input = "count";
  made.restriction_input = "only";
  made.exclusion_input = "not";
  made.list_output = "list";
  made.scores_output = "scores";
  return made;
}

const Interface kInterface =
    interface_of({feature("items", DictFeature{KeyKind::kString}), feature("count", Int64Feature{}, true),
                  feature("only", SequenceFeature{KeyKind::kString, {}}, true),
                  feature("not", SequenceFeature{KeyKind::kString, {}}, true)},
                 {feature("list", SequenceFeature{KeyKind::kString, {}}),
                  feature("scores", DictFeature{KeyKind::kString})});

Datum texts(const std::vector<std::string>& items) {
  List list;
  for (const std::string& item : items) list.items.push_back(text_of(item));
  return Datum(std::move(list));
}

Datum scores(std::vector<Datum> inputs) {
  auto model = ItemSimilarityRecommender::make(params());
  auto out = predict(**model, kInterface, inputs);
  EXPECT_TRUE(out.ok()) << out.error().to_string();
  EXPECT_EQ((*out)[0].list()->items.size(), (*out)[1].dict()->items.size());
  return (*out)[1];
}

TEST(ItemSimilarity, SumsSimilaritiesTimesAdjustedScores) {
  // c: 0.25 * 4; d: 1 * (6 - 2) from b; a and b are given, so they are not recommended.
  const Datum given = dict_of({{"a", 4}, {"b", 6}, {"unknown", 1}});
  expect_dict(scores({given, {}, {}, {}}), {{"d", 4}, {"c", 1}});
  expect_dict(scores({given, int64_of(1), {}, {}}), {{"d", 4}});
  expect_dict(scores({given, {}, texts({"c", "a"}), {}}), {{"c", 1}});
  expect_dict(scores({given, {}, {}, texts({"d"})}), {{"a", 3}, {"b", 2}, {"c", 1}});
}

TEST(ItemSimilarity, RefusesItemsThatDoNotExist) {
  ItemSimilarityParams broken = params();
  broken.items[1].similar.emplace_back(9, 1);
  expect_error(ItemSimilarityRecommender::make(broken), "item 9 of 4");
}

}  // namespace
}  // namespace wf::test
