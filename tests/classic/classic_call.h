// One prediction of a classical model in a test, with the description it needs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "classic/call.h"
#include "classic/key.h"
#include "classic/model.h"
#include "support/support.h"

namespace wf::test {

using FeatureKind = decltype(Feature::type);

inline Feature feature(std::string name, FeatureKind type, bool optional = false) {
  Feature made;
  made.name = std::move(name);
  made.type = std::move(type);
  made.optional = optional;
  return made;
}
inline FeatureKind doubles(Shape shape) {
  return ArrayFeature{DType::kFloat64, std::move(shape), {}, {}, {}};
}

inline Interface interface_of(std::vector<Feature> inputs, std::vector<Feature> outputs) {
  Interface made;
  made.inputs = std::move(inputs);
  made.outputs = std::move(outputs);
  return made;
}
// Takes one vector `x`, gives a number `y`.
inline Interface regressor(int64_t width) {
  return interface_of({feature("x", doubles({width}))}, {feature("y", DoubleFeature{})});
}
// Takes one vector `x`, gives `label` and `probabilities`.
inline Interface classifier(int64_t width, KeyKind keys = KeyKind::kString) {
  FeatureKind label = keys == KeyKind::kString ? FeatureKind(StringFeature{}) : FeatureKind(Int64Feature{});
  Interface made = interface_of({feature("x", doubles({width}))},
                                {feature("label", label), feature("probabilities", DictFeature{keys})});
  made.predicted_feature_name = "label";
  made.predicted_probabilities_name = "probabilities";
  return made;
}

inline Datum vector_of(std::vector<double> values) {
  const auto count = static_cast<int64_t>(values.size());
  return Datum(of(DType::kFloat64, {count}, std::move(values)));
}
inline Datum scalar_of(double value) { return Datum(of(DType::kFloat64, {}, {value})); }
inline Datum int64_of(int64_t value) { return *key_scalar(value); }
inline Datum text_of(std::string value) { return *key_scalar(std::move(value)); }
inline Datum dict_of(const std::vector<std::pair<Key, double>>& items) {
  Dict dict;
  for (const auto& [key, value] : items) dict.items.emplace_back(*key_scalar(key), scalar_of(value));
  return Datum(std::move(dict));
}

inline Result<std::vector<Datum>> predict(const ClassicModel& model, const Interface& interface,
                                          const std::vector<Datum>& inputs, uint64_t seed = 0) {
  ClassicOptions options;
  options.seed = seed;
  ClassicCall call(interface, inputs, options);
  WF_CHECK(model.predict(call));
  return call.take_outputs();
}

inline std::vector<double> numbers(const Datum& value) {
  auto read = numbers_of(value);
  EXPECT_TRUE(read.ok()) << read.error().to_string();
  return read ? *read : std::vector<double>();
}

inline void expect_numbers(const Datum& value, const std::vector<double>& expected,
                           double tolerance = 1e-12) {
  const std::vector<double> actual = numbers(value);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(expected[i])) {
      EXPECT_TRUE(std::isnan(actual[i])) << i << ": " << actual[i];
    } else {
      EXPECT_NEAR(actual[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i])))
          << "element " << i;
    }
  }
}

inline void expect_dict(const Datum& value, const std::vector<std::pair<Key, double>>& expected,
                        double tolerance = 1e-12) {
  ASSERT_TRUE(value.dict());
  ASSERT_EQ(value.dict()->items.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto& [key, number] = value.dict()->items[i];
    EXPECT_EQ(*key_of(key), expected[i].first) << i;
    expect_numbers(number, {expected[i].second}, tolerance);
  }
}

inline void expect_key(const Datum& value, const Key& expected) { EXPECT_EQ(*key_of(value), expected); }

}  // namespace wf::test
