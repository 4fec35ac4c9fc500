// Values that cross the public interface in either direction.
#include "api/convert_values.h"

#include "support/support.h"

namespace wf::test {
namespace {

TEST(ApiValues, DictionariesAndSequences) {
  Dict dict;
  dict.items.emplace_back(text("cat"), of(DType::kFloat64, {}, {0.75}));
  dict.items.emplace_back(text("dog"), of(DType::kFloat64, {}, {0.25}));
  Features features = {
      {"p", Datum(dict)}, {"s", Datum(List{{Datum(integer(4))}})}, {"x", Datum(f32({1}, {2}))}};
  WF_ASSERT_OK_AND_ASSIGN(const windfall::Values values, windfall::public_values(features));
  const auto& probabilities = std::get<windfall::Dictionary>(values.at("p"));
  ASSERT_EQ(probabilities.size(), 2u);
  EXPECT_EQ(std::get<std::string>(probabilities[0].first), "cat");
  EXPECT_EQ(probabilities[0].second, 0.75);
  EXPECT_EQ(std::get<std::int64_t>(std::get<windfall::Sequence>(values.at("s"))[0]), 4);

  WF_ASSERT_OK_AND_ASSIGN(const Features back, windfall::internal_features(values));
  const Datum* p = find_feature(back, "p");
  ASSERT_TRUE(p && p->dict());
  EXPECT_TRUE(same_bits(*p, features[0].second));
  EXPECT_EQ(find_feature(back, "x")->tensor()->bytes().data(), features[2].second.tensor()->bytes().data());
}

TEST(ApiValues, WhatCannotCrossIsAnError) {
  EXPECT_FALSE(windfall::public_values({{"x", Datum()}}).ok());
  EXPECT_FALSE(windfall::public_values({{"x", Datum(List{{Datum(f32({2}, {1, 2}))}})}}).ok());
}

TEST(ApiValues, ImagesAreDescribedByTheirPixels) {
  Feature feature;
  feature.name = "image";
  feature.type = ImageFeature{4, 2, ColorLayout::kBgr, {}, {}, {}};
  const windfall::Feature out = windfall::public_feature(feature);
  EXPECT_EQ(out.kind, windfall::FeatureKind::kImage);
  EXPECT_EQ(out.shape, (windfall::Shape{2, 4, 3}));
  EXPECT_EQ(out.dtype, windfall::DType::kUInt8);
  EXPECT_EQ(out.text, "Image (BGR 4 x 2)");
}

}  // namespace
}  // namespace wf::test
