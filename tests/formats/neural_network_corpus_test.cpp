// Every neural network of the corpus of foreign models lowers, or is refused by name; and those with golden
// outputs computed independently (from a Keras or TFLite twin, or by PyTorch) are within 1e-4 of the output's
// scale.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "formats/model_file.h"
#include "program/text.h"
#include "runtime/model.h"
#include "support/support.h"
#include "tensor/npy.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

constexpr double kBudget = 1e-4;

std::vector<fs::path> single_file_models(const fs::path& corpus) {
  std::vector<fs::path> found;
  for (const auto& folder : fs::directory_iterator(corpus)) {
    if (!folder.is_directory()) continue;
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      if (entry.path().extension() == ".mlmodel") found.push_back(entry.path());
    }
  }
  std::ranges::sort(found);
  return found;
}

// Largest difference over the expected output's largest magnitude.
double relative_error(const Tensor& actual, const Tensor& expected) {
  double scale = 0, difference = 0;
  for (int64_t i = 0; i < expected.size(); ++i) {
    scale = std::max(scale, std::abs(read_double(expected, i)));
    const double d = std::abs(read_double(actual, i) - read_double(expected, i));
    difference = std::isnan(d) ? INFINITY : std::max(difference, d);
  }
  return scale > 0 ? difference / scale : difference;
}

Features read_features(const fs::path& golden, const nlohmann::json& named) {
  Features features;
  for (const auto& [name, entry] : named.items()) {
    auto tensor = read_npy(golden / entry.at("file").get<std::string>());
    EXPECT_TRUE(tensor.ok()) << tensor.error().to_string();
    if (tensor) features.emplace_back(name, Datum(*tensor));
  }
  return features;
}

void check_case(const Model& model, const fs::path& golden, const nlohmann::json& one) {
  auto outputs = model.predict(read_features(golden, one.at("inputs")));
  ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
  for (const auto& [name, expected] : read_features(golden, one.at("outputs"))) {
    SCOPED_TRACE(name);
    const Datum* actual = find_feature(*outputs, name);
    ASSERT_NE(actual, nullptr);
    ASSERT_NE(actual->tensor(), nullptr);
    ASSERT_EQ(actual->tensor()->size(), expected.tensor()->size()) << to_string(actual->tensor()->shape());
    EXPECT_LE(relative_error(*actual->tensor(), *expected.tensor()), kBudget);
  }
}

TEST(NeuralNetworkCorpus, EveryNetworkLowersOrIsRefusedByName) {
  const fs::path corpus = test::corpus_folder();
  if (corpus.empty()) GTEST_SKIP() << "the corpus of foreign models is not beside the project";
  int lowered = 0, refused = 0;
  for (const fs::path& path : single_file_models(corpus)) {
    SCOPED_TRACE(path.string());
    auto file = read_model_file(path);
    EXPECT_TRUE(file.ok()) << file.error().to_string();
    if (!file) continue;
    if (!file->type.starts_with("neuralNetwork")) continue;
    EXPECT_FALSE(file->layer_types.empty());
    if (!file->refusals.empty()) {
      ++refused;
      EXPECT_NE(refusal_text(*file).find("custom layer '"), std::string::npos) << refusal_text(*file);
      EXPECT_EQ(file->program, nullptr);
      continue;
    }
    ++lowered;
    ASSERT_NE(file->program, nullptr);
    const Status status = verify(*file->program);
    EXPECT_TRUE(status.ok()) << status.error().to_string();
    auto model = Model::prepare(std::make_shared<const ModelFile>(*std::move(file)));
    EXPECT_TRUE(model.ok()) << model.error().to_string();
  }
  EXPECT_GE(lowered, 22);
  EXPECT_EQ(refused, 2);
}

TEST(NeuralNetworkCorpus, GoldensAreMet) {
  const fs::path corpus = test::corpus_folder();
  if (corpus.empty()) GTEST_SKIP() << "the corpus of foreign models is not beside the project";
  // Small enough for the reference engine in a unit test; the corpus command runs them all.
  constexpr std::string_view kSmall[] = {"blazeface",
                                         "es2en-char-decoder",
                                         "es2en-char-encoder",
                                         "house-keras",
                                         "house-keras-simplified",
                                         "s4tf-keras-linear",
                                         "s4tf-keras-personalization"};
  const char* chosen = std::getenv("WF_GOLDEN_MODELS");
  for (const fs::path& path : single_file_models(corpus)) {
    const fs::path golden = path.parent_path() / "golden";
    const std::string name = path.parent_path().filename().string();
    if (!fs::exists(golden / "golden.json")) continue;
    if (chosen ? std::string_view(chosen).find(name) == std::string_view::npos
               : std::ranges::find(kSmall, name) == std::end(kSmall))
      continue;
    SCOPED_TRACE(name);
    auto model = Model::load(path);
    EXPECT_TRUE(model.ok()) << model.error().to_string();
    if (!model) continue;
    std::ifstream in(golden / "golden.json");
    const nlohmann::json cases = nlohmann::json::parse(in).at("cases");
    for (const auto& one : cases) check_case(*model, golden, one);
  }
}

}  // namespace
}  // namespace wf
