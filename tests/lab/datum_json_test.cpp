#include "lab/datum_json.h"

#include <cmath>

#include "support/support.h"

namespace wf::test {
namespace {

Feature array_feature(DType dtype, Shape shape) {
  Feature feature;
  feature.name = "x";
  feature.type =
      ArrayFeature{.dtype = dtype, .shape = std::move(shape), .enumerated = {}, .ranges = {}, .fallback = {}};
  return feature;
}

TEST(DatumJson, NestedAndFlatListsMakeTheSameTensor) {
  const Feature feature = array_feature(DType::kFloat32, {2, 2});
  for (const char* text : {"[[1,2],[3,4]]", "[1,2,3,4]"}) {
    WF_ASSERT_OK_AND_ASSIGN(Datum datum, datum_from_json(nlohmann::json::parse(text), feature));
    ASSERT_NE(datum.tensor(), nullptr);
    expect_near(*datum.tensor(), {2, 2}, {1, 2, 3, 4});
  }
}

TEST(DatumJson, RaggedListsAndTextsAreRefusedByName) {
  const Feature feature = array_feature(DType::kFloat32, {2, 2});
  for (const char* text : {"[[1,2],[3]]", "[1,[2]]", "[\"a\"]", "{}", "[[[1]],2]"}) {
    auto datum = datum_from_json(nlohmann::json::parse(text), feature);
    ASSERT_FALSE(datum.ok()) << text;
    EXPECT_EQ(datum.error().where.substr(0, 1), "x") << text;
  }
}

TEST(DatumJson, NumbersThatJsonLacksSurviveTheRoundTrip) {
  EXPECT_EQ(json_number(std::nan("")), "NaN");
  EXPECT_EQ(json_number(-HUGE_VAL), "-Infinity");
  WF_ASSERT_OK_AND_ASSIGN(Datum datum, datum_from_json(nlohmann::json::parse("[\"NaN\", \"-Infinity\", 1]"),
                                                       array_feature(DType::kFloat32, {3})));
  EXPECT_TRUE(std::isnan(read_double(*datum.tensor(), 0)));
  EXPECT_EQ(read_double(*datum.tensor(), 1), -HUGE_VAL);
}

TEST(DatumJson, IntegerKeysOfADictionaryAreNumbers) {
  Feature feature;
  feature.name = "counts";
  feature.type = DictFeature{KeyKind::kInt64};
  WF_ASSERT_OK_AND_ASSIGN(Datum datum, datum_from_json(nlohmann::json::parse(R"({"7": 0.5})"), feature));
  ASSERT_EQ(datum.dict()->items.size(), 1u);
  EXPECT_EQ(read_int(*datum.dict()->items[0].first.tensor(), 0), 7);
  EXPECT_EQ(json_of(datum).dump(), R"({"7":0.5})");
  EXPECT_FALSE(datum_from_json(nlohmann::json::parse(R"({"seven": 0.5})"), feature).ok());
}

}  // namespace
}  // namespace wf::test
