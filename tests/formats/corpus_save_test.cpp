// Load, save, load: every ML program of the corpus, compiled ones too, comes back identical through both
// containers.
#include <gtest/gtest.h>

#include "formats/save.h"
#include "support/support.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

// What a model says besides its program survives, too.
void expect_same(const ModelFile& before, const ModelFile& after) {
  ASSERT_NE(after.program, nullptr);
  const auto difference = first_difference(*before.program, *after.program);
  EXPECT_FALSE(difference.has_value()) << *difference;
  EXPECT_EQ(before.description, after.description);
  EXPECT_EQ(before.specification_version, after.specification_version);
  EXPECT_EQ(before.updatable, after.updatable);
}

TEST(Corpus, ProgramsSurviveSaving) {
  const fs::path corpus = test::corpus_folder();
  if (corpus.empty()) GTEST_SKIP() << "the corpus of foreign models is not beside the project";
  const fs::path folder = test::scratch_folder("corpus_save");
  int saved = 0;
  for (auto it = fs::recursive_directory_iterator(corpus); it != fs::recursive_directory_iterator(); ++it) {
    const fs::path& path = it->path();
    if (path.extension() != ".mlpackage" && path.extension() != ".mlmodelc") continue;
    it.disable_recursion_pending();
    SCOPED_TRACE(path.string());
    const auto before = read_model_file(path, {.allow_missing_weights = true});
    ASSERT_TRUE(before.ok()) << before.error().to_string();
    const std::string name = path.parent_path().filename().string();
    const fs::path package = folder / (name + ".mlpackage");
    const Status status = save_mlpackage(*before, package);
    const bool is_program = before->type == "mlProgram";
    if (!is_program || !before->missing_weights.empty()) {
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().code, is_program ? ErrorCode::kWeightsMissing : ErrorCode::kUnsupported);
      EXPECT_FALSE(fs::exists(package));
      continue;
    }
    ASSERT_TRUE(status.ok()) << status.error().to_string();
    WF_ASSERT_OK_AND_ASSIGN(const ModelFile packaged, read_model_file(package));
    expect_same(*before, packaged);

    const fs::path single = folder / (name + ".mlmodel");
    WF_ASSERT_OK(save_mlmodel(*before, single));
    WF_ASSERT_OK_AND_ASSIGN(const ModelFile alone, read_model_file(single));
    expect_same(*before, alone);
    ++saved;
  }
  EXPECT_GE(saved, 6);
}

}  // namespace
}  // namespace wf
