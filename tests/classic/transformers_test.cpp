// Steps of feature engineering; every expected value is worked by hand from the format's definitions.
#include <gtest/gtest.h>

#include "classic/array_feature_extractor.h"
#include "classic/categorical_mapping.h"
#include "classic/classic_call.h"
#include "classic/dict_vectorizer.h"
#include "classic/feature_vectorizer.h"
#include "classic/identity.h"
#include "classic/imputer.h"
#include "classic/normalizer.h"
#include "classic/one_hot_encoder.h"
#include "classic/scaler.h"

namespace wf::test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Interface one_to_one(FeatureKind in, FeatureKind out, bool optional = false) {
  return interface_of({feature("x", std::move(in), optional)}, {feature("y", std::move(out))});
}
Interface array_to_array(int64_t width) { return one_to_one(doubles({width}), doubles({width})); }

Datum only(const Result<std::vector<Datum>>& outputs) {
  EXPECT_TRUE(outputs.ok()) << outputs.error().to_string();
  return outputs ? (*outputs)[0] : Datum();
}

TEST(Scaler, ShiftsThenScales) {
  expect_numbers(only(predict(Scaler({{1, 2}, {10, 100}}), array_to_array(2), {vector_of({3, 4})})),
                 {40, 600});
  expect_numbers(only(predict(Scaler({{1}, {10}}), array_to_array(2), {vector_of({3, 4})})), {40, 50});
  expect_numbers(only(predict(Scaler({}), array_to_array(2), {vector_of({3, 4})})), {3, 4});
  expect_error(predict(Scaler({{1, 2, 3}, {}}), array_to_array(2), {vector_of({3, 4})}), "3 shifts");
}

TEST(Scaler, AnIntegerMustNotLoseAnything) {
  const Interface integers = one_to_one(Int64Feature{}, Int64Feature{});
  expect_numbers(only(predict(Scaler({{1}, {3}}), integers, {int64_of(2)})), {9});
  expect_error(predict(Scaler({{}, {0.3}}), integers, {int64_of(1)}), "the scaled value is 0.3");
  expect_error(predict(Scaler({{}, {1e300}}), integers, {int64_of(5)}), "the output is an integer");
  expect_error(predict(Scaler({{}, {kNaN}}), integers, {int64_of(5)}), "the output is an integer");
}

TEST(Normalizer, DividesByTheNorm) {
  const auto answer = [](NormKind norm, std::vector<double> x) {
    const auto width = static_cast<int64_t>(x.size());
    return only(predict(Normalizer(norm), array_to_array(width), {vector_of(std::move(x))}));
  };
  expect_numbers(answer(NormKind::kMax, {1, -8, 4}), {0.25, -2, 1});
  expect_numbers(answer(NormKind::kL1, {1, -3, 4}), {0.125, -0.375, 0.5});
  expect_numbers(answer(NormKind::kL2, {3, -4}), {0.6, -0.8});
  expect_numbers(answer(NormKind::kL2, {0, 0}), {0, 0});
}

Datum impute(ImputerParams params, const Interface& interface, Datum input) {
  auto model = Imputer::make(std::move(params));
  EXPECT_TRUE(model.ok()) << model.error().to_string();
  return only(predict(**model, interface, {std::move(input)}));
}

TEST(Imputer, ReplacesElementsOfArrays) {
  expect_numbers(impute({std::vector<double>{7, 8, 9}, kNaN}, array_to_array(3), vector_of({kNaN, 1, kNaN})),
                 {7, 1, 9});
  expect_numbers(impute({std::vector<double>{7, 8, 9}, -1.0}, array_to_array(3), vector_of({kNaN, -1, 2})),
                 {kNaN, 8, 2});
  expect_numbers(impute({5.0, {}}, array_to_array(2), vector_of({kNaN, 1})), {5, 1});
  expect_numbers(impute({std::vector<int64_t>{7, 8}, int64_t{0}}, array_to_array(2), Datum(i32({2}, {0, 3}))),
                 {7, 3});
  expect_numbers(impute({5.0, {}}, one_to_one(DoubleFeature{}, DoubleFeature{}), scalar_of(kNaN)), {5});
}

TEST(Imputer, ReplacesIntegersAndTexts) {
  const Interface integers = one_to_one(Int64Feature{}, Int64Feature{}),
                  texts = one_to_one(StringFeature{}, StringFeature{});
  expect_key(impute({int64_t{5}, int64_t{-1}}, integers, int64_of(-1)), 5);
  expect_key(impute({int64_t{5}, int64_t{-1}}, integers, int64_of(3)), 3);
  expect_key(impute({std::string("none"), std::string("")}, texts, text_of("")), "none");
  expect_key(impute({std::string("none"), std::string("")}, texts, text_of("some")), "some");
}

TEST(Imputer, FillsDictionaries) {
  const Interface dicts = one_to_one(DictFeature{KeyKind::kString}, DictFeature{KeyKind::kString});
  const std::map<Key, double> imputed = {{"a", 1}, {"b", 2}, {"c", 3}};
  const Datum out = impute({imputed, kNaN}, dicts, dict_of({{"b", kNaN}, {"a", 9}, {"z", kNaN}}));
  expect_dict(out, {{"b", 2}, {"a", 9}, {"z", kNaN}, {"c", 3}});
}

TEST(Imputer, StandsInForAnInputThatWasLeftOut) {
  expect_numbers(impute({5.0, {}}, one_to_one(DoubleFeature{}, DoubleFeature{}, true), Datum()), {5});
  expect_numbers(
      impute({std::vector<double>{1, 2}, {}}, one_to_one(doubles({2}), doubles({2}), true), Datum()), {1, 2});
  expect_key(impute({std::string("none"), {}}, one_to_one(StringFeature{}, StringFeature{}, true), Datum()),
             "none");
}

TEST(Imputer, RefusesWhatDoesNotFit) {
  expect_error(Imputer::make({}), "without a value");
  WF_ASSERT_OK_AND_ASSIGN(auto model, Imputer::make({std::vector<double>{1, 2, 3}, {}}));
  expect_error(predict(*model, array_to_array(2), {vector_of({1, 2})}),
               "values for 3 elements, the input has 2");
  expect_error(predict(*model, one_to_one(StringFeature{}, StringFeature{}), {text_of("a")}), "given a text");
  expect_error(predict(*model, one_to_one(DictFeature{}, DictFeature{}), {dict_of({{"a", 1}})}),
               "given a dictionary");
}

TEST(OneHotEncoder, GivesAnArrayOrADictionary) {
  const Interface dense = one_to_one(StringFeature{}, doubles({3}));
  const Interface sparse = one_to_one(Int64Feature{}, DictFeature{KeyKind::kInt64});
  WF_ASSERT_OK_AND_ASSIGN(auto model, OneHotEncoder::make({{"a", "b", "c"}, false, false}));
  expect_numbers(only(predict(*model, dense, {text_of("b")})), {0, 1, 0});
  expect_error(predict(*model, dense, {text_of("q")}), "unknown category 'q'");
  WF_ASSERT_OK_AND_ASSIGN(model, OneHotEncoder::make({{"a", "b"}, false, true}));
  expect_numbers(only(predict(*model, dense, {text_of("q")})), {0, 0});
  WF_ASSERT_OK_AND_ASSIGN(model, OneHotEncoder::make({{30, 10, 20}, true, true}));
  expect_dict(only(predict(*model, sparse, {int64_of(20)})), {{2, 1}});
  expect_dict(only(predict(*model, sparse, {int64_of(7)})), {});
  expect_error(OneHotEncoder::make({{"a", "a"}, false, false}), "occurs twice");
}

TEST(CategoricalMapping, MapsBothWays) {
  const Interface texts = one_to_one(StringFeature{}, Int64Feature{}),
                  integers = one_to_one(Int64Feature{}, StringFeature{});
  const CategoricalMapping to_integer({{{"a", 1}, {"b", 2}}, Key(int64_t{-1})});
  expect_key(only(predict(to_integer, texts, {text_of("b")})), 2);
  expect_key(only(predict(to_integer, texts, {text_of("z")})), -1);
  const CategoricalMapping to_text({{{1, "a"}}, {}});
  expect_key(only(predict(to_text, integers, {int64_of(1)})), "a");
  expect_error(predict(to_text, integers, {int64_of(5)}), "no entry for 5");
}

TEST(DictVectorizer, KeepsListedNamesByIndex) {
  const Interface interface = one_to_one(DictFeature{KeyKind::kString}, DictFeature{KeyKind::kInt64});
  const DictVectorizer model({"a", "b", "c"});
  expect_dict(only(predict(model, interface, {dict_of({{"c", 5}, {"x", 1}, {"a", 2}})})), {{2, 5}, {0, 2}});
  expect_error(predict(model, interface, {scalar_of(1)}), "takes a dictionary");
}

TEST(FeatureVectorizer, PutsFeaturesOneAfterTheOther) {
  const Interface interface =
      interface_of({feature("n", DoubleFeature{}), feature("v", doubles({2})),
                    feature("d", DictFeature{KeyKind::kInt64}), feature("i", Int64Feature{})},
                   {feature("y", doubles({7}))});
  const std::vector<Datum> inputs = {scalar_of(1), vector_of({2, 3}), dict_of({{2, 9}}), int64_of(4)};
  // In the model's order, not the description's.
  WF_ASSERT_OK_AND_ASSIGN(auto model, FeatureVectorizer::make({{"v", 2}, {"d", 3}, {"n", 1}, {"i", 1}}));
  expect_numbers(only(predict(*model, interface, inputs)), {2, 3, 0, 0, 9, 1, 4});
  WF_ASSERT_OK_AND_ASSIGN(model, FeatureVectorizer::make({{"v", 3}}));
  expect_error(predict(*model, interface, inputs), "takes 3 numbers, given 2");
  WF_ASSERT_OK_AND_ASSIGN(model, FeatureVectorizer::make({{"d", 2}}));
  expect_error(predict(*model, interface, inputs), "index 2 in a vector of 2");
  WF_ASSERT_OK_AND_ASSIGN(model, FeatureVectorizer::make({{"q", 2}}));
  expect_error(predict(*model, interface, inputs), "input 'q' is missing");
  expect_error(FeatureVectorizer::make({{"v", UINT64_MAX}}), "column 'v'");
  expect_error(FeatureVectorizer::make({{"v", INT64_MAX}, {"d", 2}}), "column 'd'");
  WF_ASSERT_OK_AND_ASSIGN(model, FeatureVectorizer::make({{"v", INT64_MAX / 16}}));
  EXPECT_FALSE(predict(*model, interface, inputs).ok());
}

TEST(ArrayFeatureExtractor, TakesElementsByIndex) {
  expect_numbers(only(predict(ArrayFeatureExtractor({2, 0, 2}), array_to_array(3), {vector_of({5, 6, 7})})),
                 {7, 5, 7});
  expect_error(predict(ArrayFeatureExtractor({3}), array_to_array(3), {vector_of({5, 6, 7})}),
               "element 3, the input has 3");
}

TEST(Identity, PassesByNameOrElseInOrder) {
  const Interface named = interface_of({feature("a", DoubleFeature{}), feature("b", StringFeature{})},
                                       {feature("b", StringFeature{}), feature("a", DoubleFeature{})});
  WF_ASSERT_OK_AND_ASSIGN(const auto out, predict(IdentityModel(), named, {scalar_of(3), text_of("t")}));
  expect_key(out[0], "t");
  expect_numbers(out[1], {3});
  expect_numbers(only(predict(IdentityModel(), array_to_array(2), {vector_of({1, 2})})), {1, 2});
}

}  // namespace
}  // namespace wf::test
