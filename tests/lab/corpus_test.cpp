#include "lab/corpus.h"

#include <fstream>

#include "support/support.h"

namespace wf::test {
namespace {

const auto kIgnore = [](const CorpusRow&) {};

TEST(Corpus, AFileThatIsNoModelFailsItsRowNotTheRun) {
  const std::filesystem::path folder = scratch_folder("corpus_broken");
  std::filesystem::create_directories(folder / "broken");
  std::ofstream(folder / "broken" / "model.mlmodel") << "this is no protobuf";
  WF_ASSERT_OK_AND_ASSIGN(std::vector<CorpusRow> rows, run_corpus(folder, {}, kIgnore));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].name, "broken");
  EXPECT_EQ(rows[0].status, CorpusStatus::kFailed);
  EXPECT_NE(rows[0].detail, "");
}

TEST(Corpus, AFolderThatIsNotThereIsAnError) {
  auto rows = run_corpus(scratch_folder("corpus_empty") / "nowhere", {}, kIgnore);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code, ErrorCode::kNotFound);
}

TEST(Corpus, TolerancesAreThoseOfThePrecision) {
  EXPECT_EQ(corpus_tolerance("fp32"), 1e-4);
  EXPECT_EQ(corpus_tolerance("fp16"), 1e-2);
  EXPECT_EQ(corpus_tolerance("int8"), 1e-2);
}

}  // namespace
}  // namespace wf::test
