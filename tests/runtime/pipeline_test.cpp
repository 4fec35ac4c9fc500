// Pipelines: parts of every kind, values flowing between them by name.
#include <gtest/gtest.h>

#include "classic/classic_call.h"
#include "classic/dict_vectorizer.h"
#include "classic/feature_vectorizer.h"
#include "classic/glm.h"
#include "classic/scaler.h"
#include "runtime/models.h"

namespace wf::test {
namespace {

ModelFile classic_file(std::string type, std::shared_ptr<const ClassicModel> model, Interface interface) {
  ModelFile file;
  file.type = std::move(type);
  file.classic = std::move(model);
  file.description.interface = std::move(interface);
  return file;
}

ModelFile pipeline_of(std::vector<ModelFile> parts, Interface interface) {
  ModelFile file;
  file.type = "pipeline";
  file.path = "test.mlmodel";
  file.parts = std::move(parts);
  file.description.interface = std::move(interface);
  return file;
}

Result<Model> prepared(ModelFile file) {
  return Model::prepare(std::make_shared<const ModelFile>(std::move(file)));
}

class Pipeline : public ::testing::Test {
 protected:
  void SetUp() override { WF_OWN_ENGINES_ONLY("these pipelines are in no file that it could be given"); }
};

TEST_F(Pipeline, DictionariesBecomeVectorsBecomeClasses) {
  std::vector<ModelFile> parts;
  parts.push_back(classic_file("dictVectorizer", std::make_shared<DictVectorizer>(Keys{"good", "bad"}),
                               interface_of({feature("words", DictFeature{KeyKind::kString})},
                                            {feature("sparse", DictFeature{KeyKind::kInt64})})));
  parts.push_back(classic_file(
      "featureVectorizer", *FeatureVectorizer::make({{"sparse", 2}}),
      interface_of({feature("sparse", DictFeature{KeyKind::kInt64})}, {feature("x", doubles({2}))})));
  parts.push_back(classic_file("glmClassifier",
                               *GlmClassifier::make({{{1, -1}}, {-0.5}, Link::kLogit},
                                                    ClassEncoding::kReferenceClass, {"sad", "happy"}),
                               classifier(2)));
  Interface interface = classifier(2);
  interface.inputs = {feature("words", DictFeature{KeyKind::kString})};
  WF_ASSERT_OK_AND_ASSIGN(const Model model, prepared(pipeline_of(std::move(parts), interface)));
  EXPECT_EQ(model.prepared().meta().backend, "pipeline");
  // good 2, bad 1: the score is 2 - 1 - 0.5.
  WF_ASSERT_OK_AND_ASSIGN(const Features out,
                          model.predict({{"words", dict_of({{"good", 2}, {"bad", 1}, {"rug", 9}})}}));
  expect_key(*find_feature(out, "label"), "happy");
  expect_dict(*find_feature(out, "probabilities"),
              {{"sad", 0.3775406687981454}, {"happy", 0.6224593312018546}});
  expect_error(model.predict({{"words", scalar_of(1)}}), "part 0: input 'words'");
}

TEST_F(Pipeline, IntegerKeysPassADescriptionThatSaysTexts) {
  std::vector<ModelFile> parts;
  parts.push_back(classic_file("dictVectorizer", std::make_shared<DictVectorizer>(Keys{30, 40}),
                               interface_of({feature("words", DictFeature{KeyKind::kString})},
                                            {feature("sparse", DictFeature{KeyKind::kInt64})})));
  WF_ASSERT_OK_AND_ASSIGN(
      const Model model,
      prepared(
          pipeline_of(std::move(parts), interface_of({feature("words", DictFeature{KeyKind::kString})},
                                                     {feature("sparse", DictFeature{KeyKind::kInt64})}))));
  WF_ASSERT_OK_AND_ASSIGN(const Features out, model.predict({{"words", dict_of({{40, 2}, {7, 1}})}}));
  expect_dict(out[0].second, {{1, 2}});
}

TEST_F(Pipeline, ProgramsAndClassicalModelsShareValues) {
  std::vector<ModelFile> parts;
  parts.push_back(doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                                array_feature("y", DType::kFloat32, {2})));
  parts.push_back(classic_file("scaler", std::make_shared<Scaler>(ScalerParams{{1}, {10}}),
                               interface_of({feature("y", doubles({2}))}, {feature("y", doubles({2}))})));
  WF_ASSERT_OK_AND_ASSIGN(
      const Model model, prepared(pipeline_of(std::move(parts), interface_of({feature("x", doubles({2}))},
                                                                             {feature("y", doubles({2}))}))));
  WF_ASSERT_OK_AND_ASSIGN(const Features out, model.predict({{"x", vector_of({1, 2})}}));
  EXPECT_EQ(out[0].second.tensor()->dtype(), DType::kFloat64);
  expect_numbers(out[0].second, {30, 50});
}

TEST_F(Pipeline, AnImagePassesToThePartThatTakesIt) {
  std::vector<ModelFile> parts;
  const Feature image = image_feature("x", ColorLayout::kRgb, 2, 1);
  parts.push_back(doubling_file(image, tensor_type(DType::kFloat32, {1, 3, 1, 2}),
                                image_feature("y", ColorLayout::kBgr, 2, 1)));
  WF_ASSERT_OK_AND_ASSIGN(
      const Model model,
      prepared(pipeline_of(std::move(parts),
                           interface_of({image}, {image_feature("y", ColorLayout::kBgr, 2, 1)}))));
  const Tensor pixels = of(DType::kUInt8, {1, 2, 3}, {1, 2, 3, 10, 20, 200});
  WF_ASSERT_OK_AND_ASSIGN(const Features out, model.predict({{"x", Datum(pixels)}}));
  // Doubled and clamped; what the network calls its first channel is blue on the way out.
  expect_numbers(out[0].second, {6, 4, 2, 255, 40, 20});
}

TEST_F(Pipeline, APartThatCannotRunRefusesTheWhole) {
  ModelFile refused;
  refused.type = "visionFeaturePrint";
  ModelFile file = pipeline_of({refused}, {});
  file.refusals.push_back({"part 0: visionFeaturePrint", "Apple's systems", Supplier::kApple});
  EXPECT_FALSE(can_run(file));
  expect_error(prepared(file), "visionFeaturePrint");
  EXPECT_FALSE(can_run(pipeline_of({}, {})));
}

TEST_F(Pipeline, AnOutputThatNoPartGivesIsNamed) {
  std::vector<ModelFile> parts;
  parts.push_back(
      classic_file("scaler", std::make_shared<Scaler>(ScalerParams{}),
                   interface_of({feature("x", DoubleFeature{})}, {feature("y", DoubleFeature{})})));
  WF_ASSERT_OK_AND_ASSIGN(
      const Model model,
      prepared(pipeline_of(std::move(parts),
                           interface_of({feature("x", DoubleFeature{})}, {feature("z", DoubleFeature{})}))));
  expect_error(model.predict({{"x", scalar_of(1)}}), "no part gives the output 'z'");
}

}  // namespace
}  // namespace wf::test
