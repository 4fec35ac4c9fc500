// A real model made of loops and lists: two LSTM layers that TensorFlow wrote as while_loop over tensor
// lists.
#include "engine/reference/interpreter.h"
#include "formats/model_file.h"
#include "support/support.h"

namespace wf::test {
namespace {

Tensor pattern(Shape shape, int64_t period, double offset) {
  const auto count = element_count(shape);
  std::vector<double> values(static_cast<size_t>(*count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<double>(static_cast<int64_t>(i) % period) / static_cast<double>(period) + offset;
  }
  return f32(std::move(shape), std::move(values));
}

void expect_elements(const Tensor& tensor, const std::vector<double>& expected) {
  const int64_t places[] = {0, 1, 2, 100, tensor.size() - 1};
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(read_double(tensor, places[i]), expected[i], 1e-6) << places[i];
}

// Expected numbers: the same program walked by NumPy in double.
TEST(CorpusLoop, TensorListLstm) {
  const auto folder = corpus_folder();
  if (folder.empty()) GTEST_SKIP() << "no ../shared/corpus";
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(folder / "dtln-aec128-part1-mlpackage" /
                                                                "DTLN_AEC_128_Part1.mlpackage"));
  WF_ASSERT_OK_AND_ASSIGN(const auto function, ReferenceFunction::prepare(file.program, "main"));
  const std::vector<Datum> inputs = {pattern({1, 1, 257}, 17, 0.01), pattern({1, 1, 257}, 13, 0.02),
                                     pattern({1, 2, 128, 2}, 11, -0.4)};
  for (const Reading reading : {Reading::kTyped, Reading::kExact}) {
    RunOptions options;
    options.reading = reading;
    WF_ASSERT_OK_AND_ASSIGN(const auto outputs, function->run(inputs, options));
    ASSERT_EQ(outputs.size(), 2u);
    expect_elements(*outputs[0].tensor(), {0.01347280904700013, 0.016839025087974625, 0.973130145252447,
                                           0.10019306115799796, 0.14835996815053107});
    expect_elements(*outputs[1].tensor(), {-0.006493585402084838, -0.35986326500053306, -0.011953312772901821,
                                           -0.0836543996240565, -0.15887205962083953});
  }
}

}  // namespace
}  // namespace wf::test
