#include "classic/item_similarity.h"

#include "formats/mlmodel/classic/keys.h"
#include "formats/mlmodel/classic/readers.h"
#include "proto/classic.h"

namespace wf {

Result<std::shared_ptr<const ClassicModel>> read_item_similarity_recommender(const Message& message,
                                                                             Interface&) {
  using Field = proto::ItemSimilarityRecommender;
  ItemSimilarityParams params;
  for (const Message& each : message.messages(Field::kItemItemSimilarities)) {
    SimilarItems& items = params.items[each.u64(proto::SimilarItems::kItemId)];
    items.adjustment = each.f64(proto::SimilarItems::kItemScoreAdjustment);
    for (const Message& other : each.messages(proto::SimilarItems::kSimilarItemList)) {
      items.similar.emplace_back(other.u64(proto::ConnectedItem::kItemId),
                                 other.f64(proto::ConnectedItem::kSimilarityScore));
    }
  }
  params.names = read_keys(message, Field::kItemStringIds, Field::kItemInt64Ids);
  params.items_input = message.text(Field::kItemInputFeatureName);
  params.count_input = message.text(Field::kNumRecommendationsInputFeatureName);
  params.restriction_input = message.text(Field::kItemRestrictionInputFeatureName);
  params.exclusion_input = message.text(Field::kItemExclusionInputFeatureName);
  params.list_output = message.text(Field::kRecommendedItemListOutputFeatureName);
  params.scores_output = message.text(Field::kRecommendedItemScoreOutputFeatureName);
  return ItemSimilarityRecommender::make(std::move(params));
}

}  // namespace wf
