// Every classical type from the bytes of a file to a prediction.
#include <gtest/gtest.h>

#include <functional>

#include "classic/classic_call.h"
#include "formats/mlmodel/description_writer.h"
#include "formats/own_scratch.h"
#include "formats/wire/writer.h"
#include "proto/classic.h"
#include "proto/data_structures.h"
#include "proto/model.h"
#include "runtime/model.h"
#include "support/damage.h"

namespace wf::test {
namespace {

using Fill = std::function<void(WireWriter&)>;

std::string model_bytes(uint32_t type, const Interface& interface, const Fill& fill) {
  WireWriter w;
  w.put_int(proto::Model::kSpecificationVersion, 4);
  Description description;
  description.interface = interface;
  w.add_message(proto::Model::kDescription, [&] { write_description(description, w); });
  w.add_message(type, [&] { fill(w); });
  return std::string(w.text());
}

Result<Model> load(const std::string& bytes) {
  const auto path = own_scratch() / "model.mlmodel";
  WF_CHECK(write_file(path, bytes));
  return Model::load(path);
}

Features answer(uint32_t type, const Interface& interface, const Fill& fill, const Features& inputs) {
  const auto model = load(model_bytes(type, interface, fill));
  EXPECT_TRUE(model.ok()) << model.error().to_string();
  if (!model) return {};
  EXPECT_EQ(model->prepared().meta().backend, "classic");
  auto out = model->predict(inputs);
  EXPECT_TRUE(out.ok()) << out.error().to_string();
  return out ? *out : Features();
}
Datum only(const Features& outputs) { return outputs.empty() ? Datum() : outputs[0].second; }

void put_doubles(WireWriter& w, uint32_t field, const std::vector<double>& values) {
  w.add_bytes(field, std::as_bytes(std::span(values)));
}
void put_labels(WireWriter& w, uint32_t field, const std::vector<std::string>& labels) {
  w.add_message(field, [&] {
    for (const std::string& label : labels) w.add_text(proto::StringVector::kVector, label);
  });
}
void put_labels(WireWriter& w, uint32_t field, const std::vector<int64_t>& labels) {
  w.add_message(field, [&] { w.put_packed(proto::Int64Vector::kVector, labels); });
}

// x[1] < 2.5: tree 0 adds 0.25, else -1; NaN counts as true.
void put_trees(WireWriter& w, uint32_t field) {
  using Node = proto::TreeNode;
  w.add_message(field, [&] {
    w.add_message(proto::TreeEnsembleParameters::kNodes, [&] {
      w.add_varint(Node::kNodeBehavior, 1);
      w.add_varint(Node::kBranchFeatureIndex, 1);
      w.add_double(Node::kBranchFeatureValue, 2.5);
      w.add_varint(Node::kTrueChildNodeId, 1);
      w.add_varint(Node::kFalseChildNodeId, 2);
      w.add_varint(Node::kMissingValueTracksTrueChild, 1);
    });
    for (const auto& [id, value] : {std::pair(1, 0.25), std::pair(2, -1.0)}) {
      w.add_message(proto::TreeEnsembleParameters::kNodes, [&] {
        w.add_varint(Node::kNodeId, static_cast<uint64_t>(id));
        w.add_varint(Node::kNodeBehavior, 6);
        w.add_message(Node::kEvaluationInfo,
                      [&] { w.add_double(proto::EvaluationInfo::kEvaluationValue, value); });
      });
    }
    w.add_varint(proto::TreeEnsembleParameters::kNumPredictionDimensions, 1);
    put_doubles(w, proto::TreeEnsembleParameters::kBasePredictionValue, {0.25});
  });
}

TEST(ClassicMessages, TreeEnsembles) {
  const Fill trees = [](WireWriter& w) { put_trees(w, proto::TreeEnsembleRegressor::kTreeEnsemble); };
  const uint32_t type = proto::Model::kTreeEnsembleRegressor;
  expect_numbers(only(answer(type, regressor(2), trees, {{"x", vector_of({0, 2})}})), {0.5});
  expect_numbers(only(answer(type, regressor(2), trees, {{"x", vector_of({0, 3})}})), {-0.75});
  expect_numbers(only(answer(type, regressor(2), trees, {{"x", vector_of({0, std::nan("")})}})), {0.5});
  // Single numbers, one of them optional and left out: missing.
  const Interface numbers = interface_of({feature("a", DoubleFeature{}), feature("b", DoubleFeature{}, true)},
                                         {feature("y", DoubleFeature{})});
  expect_numbers(only(answer(type, numbers, trees, {{"a", int64_of(1)}})), {0.5});
  const Fill classes = [](WireWriter& w) {
    put_trees(w, proto::TreeEnsembleClassifier::kTreeEnsemble);
    w.add_varint(proto::TreeEnsembleClassifier::kPostEvaluationTransform, 2);
    put_labels(w, proto::TreeEnsembleClassifier::kInt64ClassLabels, std::vector<int64_t>{-5, 8});
  };
  const Features out = answer(proto::Model::kTreeEnsembleClassifier, classifier(2, KeyKind::kInt64), classes,
                              {{"x", vector_of({0, 2})}});
  expect_key(*find_feature(out, "label"), 8);
  expect_dict(*find_feature(out, "probabilities"), {{-5, 0.3775406687981454}, {8, 0.6224593312018546}});
}

TEST(ClassicMessages, LinearModels) {
  const auto rows = [](WireWriter& w, const std::vector<std::vector<double>>& weights) {
    for (const auto& row : weights)
      w.add_message(proto::GlmRegressor::kWeights, [&] { put_doubles(w, proto::DoubleArray::kValue, row); });
  };
  const Fill regression = [&](WireWriter& w) {
    rows(w, {{1, 2}});
    put_doubles(w, proto::GlmRegressor::kOffset, {0.3 - 5});
    w.add_varint(proto::GlmRegressor::kPostEvaluationTransform, 2);
  };
  expect_numbers(
      only(answer(proto::Model::kGlmRegressor, regressor(2), regression, {{"x", vector_of({1, 2})}})),
      {0.6179114221889526});
  const Fill classes = [&](WireWriter& w) {
    rows(w, {{1, 0}, {0, 1}, {0, 0}});
    put_doubles(w, proto::GlmClassifier::kOffset, {0, 0, 2});
    w.add_varint(proto::GlmClassifier::kClassEncoding, 1);
    put_labels(w, proto::GlmClassifier::kStringClassLabels, std::vector<std::string>{"a", "b", "c"});
  };
  const Features out =
      answer(proto::Model::kGlmClassifier, classifier(2), classes, {{"x", vector_of({0.5, -1})}});
  expect_key(*find_feature(out, "label"), "c");
  expect_dict(*find_feature(out, "probabilities"),
              {{"a", 0.35123580475706195}, {"b", 0.1517558687489026}, {"c", 0.49700832649403537}});
}

void put_poly_kernel(WireWriter& w, uint32_t field) {
  w.add_message(field, [&] {
    w.add_message(proto::Kernel::kPolyKernel, [&] {
      w.add_varint(proto::PolyKernel::kDegree, 2);
      w.add_double(proto::PolyKernel::kC, 1);
      w.add_double(proto::PolyKernel::kGamma, 0.5);
    });
  });
}

// Of scikit-learn, see support_vector_machine_test.cpp; the decision at (1, 1) is 0.9709153122326775.
void put_svc(WireWriter& w) {
  using Field = proto::SupportVectorClassifier;
  put_poly_kernel(w, Field::kKernel);
  w.put_packed(Field::kNumberOfSupportVectorsPerClass, std::vector<int64_t>{1, 1});
  w.add_message(Field::kSparseSupportVectors, [&] {
    for (const auto& [first, second] : {std::pair(0.5, 1.5), std::pair(3.0, 3.0)}) {
      w.add_message(proto::SparseSupportVectors::kVectors, [&] {
        for (const auto& [index, value] : {std::pair(1, first), std::pair(2, second)}) {
          w.add_message(proto::SparseVector::kNodes, [&] {
            w.add_varint(proto::SparseNode::kIndex, static_cast<uint64_t>(index));
            w.add_double(proto::SparseNode::kValue, value);
          });
        }
      });
    }
  });
  w.add_message(Field::kCoefficients, [&] {
    put_doubles(w, proto::Coefficients::kAlpha, {0.02737382378100941, -0.02737382378100941});
  });
  put_doubles(w, Field::kRho, {-1.2994011976047903});
  put_doubles(w, Field::kProbA, {-2});
  put_doubles(w, Field::kProbB, {0.5});
  put_labels(w, Field::kStringClassLabels, std::vector<std::string>{"a", "b"});
}

TEST(ClassicMessages, SupportVectorMachines) {
  const Features out =
      answer(proto::Model::kSupportVectorClassifier, classifier(2), put_svc, {{"x", vector_of({1, 1})}});
  expect_key(*find_feature(out, "label"), "a");
  const double a = 1 / (1 + std::exp(-2 * 0.9709153122326775 + 0.5));
  expect_dict(*find_feature(out, "probabilities"), {{"a", a}, {"b", 1 - a}});
  const Fill regression = [](WireWriter& w) {
    using Field = proto::SupportVectorRegressor;
    w.add_message(Field::kKernel, [&] {
      w.add_message(proto::Kernel::kRbfKernel, [&] { w.add_double(proto::RBFKernel::kGamma, 0.1); });
    });
    w.add_message(Field::kDenseSupportVectors, [&] {
      w.add_message(proto::DenseSupportVectors::kVectors,
                    [&] { put_doubles(w, proto::DenseVector::kValues, {3, 4}); });
    });
    w.add_message(Field::kCoefficients, [&] { put_doubles(w, proto::Coefficients::kAlpha, {2}); });
    w.add_double(Field::kRho, 0.5);
  };
  expect_numbers(only(answer(proto::Model::kSupportVectorRegressor, regressor(2), regression,
                             {{"x", vector_of({2, 2})}})),
                 {2 * std::exp(-0.5) - 0.5});
}

TEST(ClassicMessages, NearestNeighbors) {
  const Fill fill = [](WireWriter& w) {
    using Field = proto::KNearestNeighborsClassifier;
    w.add_message(Field::kNearestNeighborsIndex, [&] {
      w.add_varint(proto::NearestNeighborsIndex::kNumberOfDimensions, 2);
      for (const float at : {0.f, 1.f, 5.f}) {
        const float sample[] = {at, at};
        w.add_message(proto::NearestNeighborsIndex::kFloatSamples,
                      [&] { w.add_bytes(proto::FloatVector::kVector, std::as_bytes(std::span(sample))); });
      }
    });
    w.add_message(Field::kNumberOfNeighbors, [&] { w.add_varint(proto::Int64Parameter::kDefaultValue, 2); });
    put_labels(w, Field::kInt64ClassLabels, std::vector<int64_t>{3, 3, 1});
    w.add_message(Field::kInverseDistanceWeighting, [] {});
  };
  const Features out = answer(proto::Model::kKNearestNeighborsClassifier, classifier(2, KeyKind::kInt64),
                              fill, {{"x", vector_of({3.5, 3.5})}});
  // Squared distances 2 * 1.5^2 to 5 and 2 * 2.5^2 to 1.
  const double one = 1 / 4.5, three = 1 / 12.5;
  expect_key(*find_feature(out, "label"), 1);
  expect_dict(*find_feature(out, "probabilities"), {{1, one / (one + three)}, {3, three / (one + three)}});
}

TEST(ClassicMessages, Transformers) {
  const auto one = [](FeatureKind in, FeatureKind out) {
    return interface_of({feature("x", std::move(in))}, {feature("y", std::move(out))});
  };
  const Interface arrays = one(doubles({2}), doubles({2}));
  const Features x = {{"x", vector_of({3, -4})}};
  const Fill scaler = [](WireWriter& w) {
    put_doubles(w, proto::Scaler::kShiftValue, {1, 2});
    put_doubles(w, proto::Scaler::kScaleValue, {10, 100});
  };
  expect_numbers(only(answer(proto::Model::kScaler, arrays, scaler, x)), {40, -200});
  const Fill normalizer = [](WireWriter& w) { w.add_varint(proto::Normalizer::kNormType, 2); };
  expect_numbers(only(answer(proto::Model::kNormalizer, arrays, normalizer, x)), {0.6, -0.8});
  const Fill imputer = [](WireWriter& w) {
    w.add_message(proto::Imputer::kImputedDoubleArray,
                  [&] { put_doubles(w, proto::DoubleVector::kVector, {7, 8}); });
    w.add_double(proto::Imputer::kReplaceDoubleValue, -4);
  };
  expect_numbers(only(answer(proto::Model::kImputer, arrays, imputer, x)), {3, 8});
  const Fill extractor = [](WireWriter& w) {
    w.put_packed(proto::ArrayFeatureExtractor::kExtractIndex, std::vector<int64_t>{1});
  };
  expect_key(
      only(answer(proto::Model::kArrayFeatureExtractor, one(doubles({2}), Int64Feature{}), extractor, x)),
      -4);
  expect_numbers(only(answer(proto::Model::kIdentity, arrays, [](WireWriter&) {}, x)), {3, -4});
  expect_numbers(
      only(answer(proto::Model::kClassConfidenceThresholding, arrays, [](WireWriter&) {}, x)), {3, -4});
}

TEST(ClassicMessages, CategoriesAndDictionaries) {
  const auto one = [](FeatureKind in, FeatureKind out) {
    return interface_of({feature("x", std::move(in))}, {feature("y", std::move(out))});
  };
  const Fill encoder = [](WireWriter& w) {
    put_labels(w, proto::OneHotEncoder::kInt64Categories, std::vector<int64_t>{3, 5});
    w.add_varint(proto::OneHotEncoder::kOutputSparse, 1);
  };
  const Interface sparse = one(Int64Feature{}, DictFeature{KeyKind::kInt64});
  expect_dict(only(answer(proto::Model::kOneHotEncoder, sparse, encoder, {{"x", scalar_of(5)}})), {{1, 1}});
  WF_ASSERT_OK_AND_ASSIGN(const Model strict,
                          load(model_bytes(proto::Model::kOneHotEncoder, sparse, encoder)));
  expect_error(strict.predict({{"x", int64_of(4)}}), "unknown category 4");
  expect_error(strict.predict({{"x", scalar_of(4.5)}}), "element 0 is 4.5");

  const Fill mapping = [](WireWriter& w) {
    w.add_message(proto::CategoricalMapping::kInt64ToStringMap, [&] {
      w.add_message(proto::Int64ToStringMap::kMap, [&] {
        w.add_varint(proto::MapEntry::kKey, 7);
        w.add_text(proto::MapEntry::kValue, "seven");
      });
    });
    w.add_text(proto::CategoricalMapping::kStrValue, "many");
  };
  const Interface to_text = one(Int64Feature{}, StringFeature{});
  expect_key(only(answer(proto::Model::kCategoricalMapping, to_text, mapping, {{"x", int64_of(7)}})),
             "seven");
  expect_key(only(answer(proto::Model::kCategoricalMapping, to_text, mapping, {{"x", int64_of(8)}})), "many");

  const Fill vectorizer = [](WireWriter& w) {
    put_labels(w, proto::DictVectorizer::kStringToIndex, std::vector<std::string>{"a", "b"});
  };
  expect_dict(only(answer(proto::Model::kDictVectorizer,
                          one(DictFeature{KeyKind::kString}, DictFeature{KeyKind::kInt64}), vectorizer,
                          {{"x", dict_of({{"b", 3}, {"q", 4}})}})),
              {{1, 3}});
  const Fill columns = [](WireWriter& w) {
    w.add_message(proto::FeatureVectorizer::kInputList, [&] {
      w.add_text(proto::InputColumn::kInputColumn, "x");
      w.add_varint(proto::InputColumn::kInputDimensions, 3);
    });
  };
  expect_numbers(
      only(answer(proto::Model::kFeatureVectorizer, one(DictFeature{KeyKind::kInt64}, doubles({3})), columns,
                  {{"x", dict_of({{1, 3}})}})),
      {0, 3, 0});
  const Fill imputer = [](WireWriter& w) {
    w.add_message(proto::Imputer::kImputedStringDictionary, [&] {
      w.add_message(proto::StringToDoubleMap::kMap, [&] {
        w.add_text(proto::MapEntry::kKey, "a");
        w.add_double(proto::MapEntry::kValue, 1.5);
      });
    });
  };
  const Interface dicts = one(DictFeature{KeyKind::kString}, DictFeature{KeyKind::kString});
  expect_dict(only(answer(proto::Model::kImputer, dicts, imputer, {{"x", dict_of({{"b", 3}})}})),
              {{"b", 3}, {"a", 1.5}});
}

TEST(ClassicMessages, SuppressionTakesThresholdsThatTheDescriptionLeavesOut) {
  using Field = proto::NonMaximumSuppression;
  const Fill fill = [](WireWriter& w) {
    w.add_double(Field::kIouThreshold, 0.4);
    w.add_double(Field::kConfidenceThreshold, 0.3);
    w.add_text(Field::kConfidenceInputFeatureName, "scores");
    w.add_text(Field::kCoordinatesInputFeatureName, "boxes");
    w.add_text(Field::kIouThresholdInputFeatureName, "iou");
    w.add_text(Field::kConfidenceThresholdInputFeatureName, "least");
    w.add_text(Field::kConfidenceOutputFeatureName, "kept");
    w.add_text(Field::kCoordinatesOutputFeatureName, "places");
  };
  const Interface interface =
      interface_of({feature("scores", doubles({2, 1})), feature("boxes", doubles({2, 4}))},
                   {feature("kept", doubles({})), feature("places", doubles({}))});
  Features inputs = {{"scores", Datum(of(DType::kFloat64, {2, 1}, {0.5, 0.4}))},
                     {"boxes", Datum(of(DType::kFloat64, {2, 4}, {1, 1, 2, 2, 1, 1, 2, 2}))}};
  expect_numbers(only(answer(proto::Model::kNonMaximumSuppression, interface, fill, inputs)), {0.5});
  inputs.emplace_back("iou", scalar_of(1));
  expect_numbers(only(answer(proto::Model::kNonMaximumSuppression, interface, fill, inputs)), {0.5, 0.4});
}

TEST(ClassicMessages, NumbersOutsideOfTheFormatAreNamed) {
  const Fill broken = [](WireWriter& w) {
    w.add_message(proto::TreeEnsembleRegressor::kTreeEnsemble, [&] {
      w.add_message(proto::TreeEnsembleParameters::kNodes,
                    [&] { w.add_varint(proto::TreeNode::kNodeBehavior, 9); });
    });
  };
  expect_error(load(model_bytes(proto::Model::kTreeEnsembleRegressor, regressor(1), broken)),
               "behaviour 9 does not exist");
  const Fill no_kernel = [](WireWriter&) {};
  expect_error(load(model_bytes(proto::Model::kSupportVectorRegressor, regressor(1), no_kernel)),
               "without a kernel");
}

TEST(ClassicMessages, DamageNeverCrashes) {
  for (const std::string& bytes :
       {model_bytes(proto::Model::kTreeEnsembleRegressor, regressor(2),
                    [](WireWriter& w) { put_trees(w, proto::TreeEnsembleRegressor::kTreeEnsemble); }),
        model_bytes(proto::Model::kSupportVectorClassifier, classifier(2), put_svc)}) {
    for_each_damage(bytes, 300, [](const std::string& damaged) {
      const auto model = load(damaged);
      if (model) (void)model->predict({{"x", vector_of({1, 1})}}).ok();
    });
  }
}

}  // namespace
}  // namespace wf::test
