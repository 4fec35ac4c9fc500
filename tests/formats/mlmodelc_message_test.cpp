// Compiled folders as Windfall makes them: the message as it was, weight files beside it.
#include "formats/save.h"
#include "formats/small_models.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;

// The inside of a saved package, as windfall.coremltools lays it out.
fs::path compiled_folder() {
  const fs::path package = own_scratch() / "small.mlpackage", compiled = own_scratch() / "small.mlmodelc";
  EXPECT_TRUE(save_mlpackage(model_of(small_program()), package).ok());
  fs::copy(package / "Data/com.apple.CoreML", compiled, fs::copy_options::recursive);
  return compiled;
}

TEST(MlmodelcMessage, ReadsMessageAndWeights) {
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(compiled_folder()));
  EXPECT_EQ(file.container, ".mlmodelc");
  EXPECT_EQ(file.type, "mlProgram");
  EXPECT_EQ(file.weight_bytes, 64u);
  EXPECT_FALSE(first_difference(small_program(), *file.program).has_value());
}

TEST(MlmodelcMessage, WeightsThatAreNotThereAreNamed) {
  const fs::path compiled = compiled_folder();
  fs::remove_all(compiled / "weights");
  expect_error(read_model_file(compiled), "weight.bin");
}

TEST(MlmodelcMessage, AppleFilesComeFirst) {
  const fs::path compiled = compiled_folder();
  ASSERT_TRUE(write_file(compiled / "coremldata.bin", "no compiled data").ok());
  expect_error(read_model_file(compiled), "coremldata.bin");
}

TEST(MlmodelcMessage, MessageOutsideOfTheFolderIsRefused) {
  const fs::path compiled = compiled_folder();
  fs::rename(compiled / "model.mlmodel", own_scratch() / "elsewhere.mlmodel");
  fs::create_symlink(own_scratch() / "elsewhere.mlmodel", compiled / "model.mlmodel");
  EXPECT_FALSE(read_model_file(compiled).ok());
}

}  // namespace
}  // namespace wf::test
