// Every .mlpackage of the corpus of foreign models reads; programs whose weights are left out of the corpus
// (structure-only/) read with allow_missing_weights and are refused without.
#include <gtest/gtest.h>

#include <algorithm>

#include "formats/model_file.h"
#include "support/support.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> packages_below(const fs::path& folder) {
  std::vector<fs::path> found;
  for (auto it = fs::recursive_directory_iterator(folder); it != fs::recursive_directory_iterator(); ++it) {
    if (it->path().extension() == ".mlpackage") found.push_back(it->path());
  }
  std::ranges::sort(found);
  return found;
}

TEST(Corpus, PackagesRead) {
  const fs::path corpus = test::corpus_folder();
  if (corpus.empty()) GTEST_SKIP() << "the corpus of foreign models is not beside the project";
  int programs = 0, incomplete = 0;
  for (const fs::path& path : packages_below(corpus)) {
    SCOPED_TRACE(path.filename().string());
    const auto file = read_model_file(path, {.allow_missing_weights = true});
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_NE(can_run(*file), !file->refusals.empty() || !file->missing_weights.empty());
    programs += file->program != nullptr;
    if (file->missing_weights.empty()) continue;
    ++incomplete;
    const auto strict = read_model_file(path);
    ASSERT_FALSE(strict.ok());
    EXPECT_EQ(strict.error().code, ErrorCode::kWeightsMissing);
  }
  EXPECT_GE(programs, 5);
  EXPECT_GE(incomplete, 1);
}

}  // namespace
}  // namespace wf
