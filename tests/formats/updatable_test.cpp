// Updatable models run as they stand: what they keep for training (losses, optimizers, training inputs) does
// not touch a prediction. On models of the corpus; expected: their layers evaluated with NumPy in float64.
#include <cmath>

#include "runtime/model.h"
#include "support/support.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string_view path;
  bool updatable;
  Features inputs;
  std::string_view output;
  double expected;
};

std::vector<Case> cases() {
  std::vector<double> numbers;
  for (int i = 0; i < 11; ++i) numbers.push_back(i % 4 * 0.5 - 0.25);
  const Features house = {{"categoricalInput1", f32({1}, {1})},
                          {"categoricalInput2", f32({1}, {1})},
                          {"numericalInput", f32({11}, numbers)}};
  const Features line = {{"dense_input", f32({1}, {1.5})}};
  return {
      {"house-s4tf-updatable/s4tf_house_simplified_trainable_model.mlmodel", true, house, "output",
       -0.09813012},
      {"house-s4tf-trained/s4tf_house_simplified_trained_model.mlmodel", false, house, "output", 18.0392893},
      {"s4tf-keras-linear/keras_model.mlmodel",
       false,
       {{"dense_input", f32({1, 1}, {1.5})}},
       "Identity",
       4.49570215},
      {"s4tf-keras-personalization/keras_model_personalization.mlmodel", true, line, "output", 4.35587174},
      {"s4tf-retrained-mlmodelc/s4tf_model_retrained.mlmodelc", true, line, "output", 1.5000001}};
}

TEST(Updatable, ModelsRunAsTheyStand) {
  const fs::path corpus = corpus_folder();
  if (corpus.empty()) GTEST_SKIP() << "the corpus of foreign models is not beside the project";
  for (const Case& each : cases()) {
    SCOPED_TRACE(each.path);
    const fs::path path = corpus / each.path;
    if (!fs::exists(path)) continue;
    WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(path));
    EXPECT_EQ(model.file().updatable, each.updatable);
    WF_ASSERT_OK_AND_ASSIGN(const Features outputs, model.predict(each.inputs));
    const Datum* output = find_feature(outputs, each.output);
    ASSERT_NE(output, nullptr);
    ASSERT_EQ(output->tensor()->size(), 1);
    EXPECT_NEAR(read_double(*output->tensor(), 0), each.expected,
                1e-5 * std::max(1.0, std::abs(each.expected)));
  }
}

}  // namespace
}  // namespace wf::test
