// Classical models of the corpus. Expected numbers: a dozen lines of Python over the same files, read with
// protobuf's own library (sums of leaves, dot products, the logistic function).
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "classic/classic_call.h"
#include "runtime/model.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;

class ClassicCorpus : public ::testing::Test {
 protected:
  void SetUp() override {
    if (corpus_folder().empty()) GTEST_SKIP() << "no corpus beside the project";
  }
};

Result<Model> load(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(corpus_folder() / folder)) {
    if (entry.path().extension().string().starts_with(".mlmodel")) return Model::load(entry.path());
  }
  return Error(ErrorCode::kNotFound, "no model in " + folder);
}

Features predict(const std::string& folder, const Features& inputs) {
  const auto model = load(folder);
  EXPECT_TRUE(model.ok()) << model.error().to_string();
  if (!model) return {};
  auto out = model->predict(inputs);
  EXPECT_TRUE(out.ok()) << out.error().to_string();
  return out ? *out : Features();
}

Features named(const std::vector<std::pair<std::string, double>>& values) {
  Features inputs;
  for (const auto& [name, value] : values) inputs.emplace_back(name, scalar_of(value));
  return inputs;
}

TEST_F(ClassicCorpus, BoostedTreesTellTumoursApart) {
  const char* names[] = {"Cl.thickness", "Cell.size",   "Cell.shape",      "Marg.adhesion", "Epith.c.size",
                         "Bare.nuclei",  "Bl.cromatin", "Normal.nucleoli", "Mitoses"};
  const struct {
    double x[9];
    double probability;
  } rows[] = {{{5, 1, 1, 1, 2, 1, 3, 1, 1}, 0.12332612591706082},
              {{8, 10, 10, 8, 7, 10, 9, 7, 1}, 0.8617811296607207},
              {{4, 3, 2.5, 1, 2, 4, 3, 2, 1}, 0.3751735141547264}};
  for (const auto& row : rows) {
    Features inputs;
    for (size_t i = 0; i < std::size(names); ++i) inputs.emplace_back(names[i], scalar_of(row.x[i]));
    for (const char* folder : {"wisconsin", "wisconsin-mlmodelc"}) {
      const Features out = predict(folder, inputs);
      ASSERT_EQ(out.size(), 2u) << folder;
      expect_key(*find_feature(out, "Class"), row.probability > 0.5 ? 1 : 0);
      expect_dict(*find_feature(out, "ClassProbability"), {{0, 1 - row.probability}, {1, row.probability}});
    }
  }
}

TEST_F(ClassicCorpus, LinearRegressions) {
  Features out = predict("sleep-calculator", named({{"wake", 25200}, {"estimatedSleep", 8}, {"coffee", 2}}));
  expect_numbers(*find_feature(out, "actualSleep"), {30940.024071469004});
  out = predict("mars-habitat-mlmodelc", named({{"solarPanels", 1.5}, {"greenhouses", 2}, {"size", 2000}}));
  expect_numbers(*find_feature(out, "price"), {9469.214332431937});
  out = predict("boston-pricer-mlmodelc", named({{"crime", 0.5}, {"rooms", 6.2}}));
  expect_numbers(*find_feature(out, "price"), {22.632103760164885});
}

TEST_F(ClassicCorpus, TwoHundredTreesOfAThousandNumbers) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, load("improve-messages"));
  for (const auto& [varied, expected] :
       {std::pair(false, 109.66074543726927), std::pair(true, 107.60648584203)}) {
    Features inputs;
    for (const Feature& feature : model.interface().inputs) {
      const double value = varied ? static_cast<double>(inputs.size() * 37 % 101) / 100 : 0;
      inputs.emplace_back(feature.name, scalar_of(value));
    }
    WF_ASSERT_OK_AND_ASSIGN(const Features out, model.predict(inputs));
    expect_numbers(*find_feature(out, "target"), {expected});
  }
}

TEST_F(ClassicCorpus, DictionariesOfTextFeatures) {
  const auto name_features = [](const std::string& name) {
    const size_t n = name.size();
    return dict_of({{"first-letter=" + name.substr(0, 1), 1},
                    {"first2-letters=" + name.substr(0, 2), 1},
                    {"first3-letters=" + name.substr(0, 3), 1},
                    {"last-letter=" + name.substr(n - 1), 1},
                    {"last2-letters=" + name.substr(n - 2), 1},
                    {"last3-letters=" + name.substr(n - 3), 1}});
  };
  expect_key(*find_feature(predict("names-dt", {{"input", name_features("anna")}}), "classLabel"), "F");
  expect_key(*find_feature(predict("names-dt", {{"input", name_features("john")}}), "classLabel"), "M");
  Features out = predict("sentiment-polarity", {{"input", dict_of({{"great", 2}, {"car", 1}})}});
  expect_key(*find_feature(out, "classLabel"), "Pos");
  expect_dict(*find_feature(out, "classProbability"),
              {{"Neg", 1 - 0.5698259883078808}, {"Pos", 0.5698259883078808}});
  out = predict("sentiment-polarity", {{"input", dict_of({{"terrible", 1}, {"broke", 1}, {"car", 1}})}});
  expect_key(*find_feature(out, "classLabel"), "Neg");
}

TEST_F(ClassicCorpus, AReviewAsAVector) {
  std::vector<double> x(12482);
  x[2] = 1;
  x[30] = 2;
  x[32] = 1;
  x[100] = 0.5;
  const Features out = predict("movie-review-glm", {{"input", vector_of(x)}});
  expect_key(*find_feature(out, "classLabel"), "pos");
  expect_dict(*find_feature(out, "classProbability"),
              {{"neg", 1 - 0.7940010224955305}, {"pos", 0.7940010224955305}});
}

// A network and a suppression: with thresholds that keep everything, its rows in descending confidence.
TEST_F(ClassicCorpus, AFaceDetectorWithSuppression) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, load("blazeface-pipeline"));
  WF_ASSERT_OK_AND_ASSIGN(Tensor picture, Tensor::allocate(DType::kUInt8, {128, 128, 3}));
  for (int64_t i = 0; i < picture.size(); ++i)
    picture.store<uint8_t>(i, static_cast<uint8_t>(i * 7919 % 251));
  const Features image = {{"input_image", Datum(picture)}};
  auto part = std::make_shared<const ModelFile>(model.file().parts[0]);
  WF_ASSERT_OK_AND_ASSIGN(const Model network, Model::prepare(part));
  WF_ASSERT_OK_AND_ASSIGN(const Features raw, network.predict(image));
  std::vector<double> confidences = numbers(*find_feature(raw, "box_confidence"));
  std::ranges::sort(confidences, std::greater<>());

  Features inputs = image;
  inputs.emplace_back("iouThreshold", scalar_of(1));
  inputs.emplace_back("confidenceThreshold", scalar_of(0));
  WF_ASSERT_OK_AND_ASSIGN(const Features all, model.predict(inputs));
  expect_numbers(*find_feature(all, "confidence"), confidences, 0);
  EXPECT_EQ(find_feature(all, "coordinates")->tensor()->shape(), (Shape{896, 4}));
  WF_ASSERT_OK_AND_ASSIGN(const Features own, model.predict(image));
  for (const double confidence : numbers(*find_feature(own, "confidence"))) EXPECT_GE(confidence, 0.75);
}

TEST_F(ClassicCorpus, AppleNetworksAreNamed) {
  for (const char* folder :
       {"nsfw-visionfeatureprint", "dogcat-vfp", "healthy-snacks-vfp-nn", "customclutter-mlmodelc"}) {
    expect_error(load(folder), "visionFeaturePrint: needs the image feature network");
  }
}

}  // namespace
}  // namespace wf::test
