// The types that turn features into features, each a few fields.
#include <fmt/format.h>

#include "classic/array_feature_extractor.h"
#include "classic/categorical_mapping.h"
#include "classic/dict_vectorizer.h"
#include "classic/feature_vectorizer.h"
#include "classic/identity.h"
#include "classic/normalizer.h"
#include "classic/one_hot_encoder.h"
#include "classic/scaler.h"
#include "formats/mlmodel/classic/keys.h"
#include "formats/mlmodel/classic/readers.h"
#include "proto/classic.h"
#include "proto/data_structures.h"

namespace wf {
namespace {

using Made = Result<std::shared_ptr<const ClassicModel>>;

template <class Model, class... Args>
Made made(Args&&... args) {
  return std::shared_ptr<const ClassicModel>(std::make_shared<Model>(std::forward<Args>(args)...));
}

}  // namespace

Made read_scaler(const Message& message, Interface&) {
  return made<Scaler>(
      ScalerParams{message.doubles(proto::Scaler::kShiftValue), message.doubles(proto::Scaler::kScaleValue)});
}

Made read_normalizer(const Message& message, Interface&) {
  const uint64_t norm = message.u64(proto::Normalizer::kNormType);
  WF_REQUIRE(norm <= static_cast<uint64_t>(NormKind::kL2), kBadModel,
             fmt::format("norm {} does not exist", norm));
  return made<Normalizer>(static_cast<NormKind>(norm));
}

Made read_one_hot_encoder(const Message& message, Interface&) {
  using Field = proto::OneHotEncoder;
  return OneHotEncoder::make({read_keys(message, Field::kStringCategories, Field::kInt64Categories),
                              message.flag(Field::kOutputSparse), message.u64(Field::kHandleUnknown) == 1});
}

Made read_categorical_mapping(const Message& message, Interface&) {
  using Field = proto::CategoricalMapping;
  CategoricalMappingParams params;
  const uint32_t which = message.which({Field::kStringToInt64Map, Field::kInt64ToStringMap});
  static_assert(static_cast<int>(proto::StringToInt64Map::kMap) == proto::Int64ToStringMap::kMap);
  if (which != 0) {
    for (const Message& entry : message.message(which).messages(proto::StringToInt64Map::kMap)) {
      const auto part = [&](uint32_t field, bool text) {
        return text ? Key(entry.text(field)) : Key(entry.i64(field));
      };
      const bool text_keys = which == Field::kStringToInt64Map;
      params.map.insert_or_assign(part(proto::MapEntry::kKey, text_keys),
                                  part(proto::MapEntry::kValue, !text_keys));
    }
  }
  switch (message.which({Field::kStrValue, Field::kInt64Value})) {
    case Field::kStrValue:
      params.on_unknown = message.text(Field::kStrValue);
      break;
    case Field::kInt64Value:
      params.on_unknown = message.i64(Field::kInt64Value);
      break;
    default:
      break;
  }
  return made<CategoricalMapping>(std::move(params));
}

Made read_dict_vectorizer(const Message& message, Interface&) {
  using Field = proto::DictVectorizer;
  return made<DictVectorizer>(read_keys(message, Field::kStringToIndex, Field::kInt64ToIndex));
}

Made read_feature_vectorizer(const Message& message, Interface&) {
  std::vector<VectorizedColumn> columns;
  for (const Message& column : message.messages(proto::FeatureVectorizer::kInputList)) {
    columns.push_back(
        {column.text(proto::InputColumn::kInputColumn), column.u64(proto::InputColumn::kInputDimensions)});
  }
  return FeatureVectorizer::make(std::move(columns));
}

Made read_array_feature_extractor(const Message& message, Interface&) {
  return made<ArrayFeatureExtractor>(message.u64s(proto::ArrayFeatureExtractor::kExtractIndex));
}

Made read_identity(const Message&, Interface&) { return made<IdentityModel>(); }

}  // namespace wf
