#include "lab/corpus.h"

#include <fstream>

#include "formats/wire/writer.h"
#include "proto/model.h"
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

// A pipeline of one part, named "custom part", that is this alternative of the Model message (empty).
std::string pipeline_of(uint32_t type_field) {
  WireWriter out;
  out.put_int(proto::Model::kSpecificationVersion, 4);
  out.add_message(proto::Model::kPipeline, [&] {
    out.add_message(proto::Pipeline::kModels, [&] { out.add_message(type_field, [] {}); });
    out.add_text(proto::Pipeline::kNames, "custom part");
  });
  return std::string(out.text());
}

TEST(Corpus, WhatOnlyAppleOrTheCallerHasIsRefusedWhatIsNotWrittenYetFails) {
  constexpr uint32_t kOfTheFuture = 4000;
  const std::pair<uint32_t, CorpusStatus> cases[] = {
      {proto::Model::kVisionFeaturePrint, CorpusStatus::kRefused},
      {proto::Model::kCustomModel, CorpusStatus::kRefused},
      {kOfTheFuture, CorpusStatus::kFailed}};
  for (const auto& [type_field, expected] : cases) {
    SCOPED_TRACE(type_field);
    const std::filesystem::path folder = scratch_folder("corpus_refused") / std::to_string(type_field);
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "model.mlmodel", std::ios::binary) << pipeline_of(type_field);
    WF_ASSERT_OK_AND_ASSIGN(std::vector<CorpusRow> rows, run_corpus(folder, {}, kIgnore));
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].status, expected) << rows[0].detail;
    EXPECT_TRUE(rows[0].detail.starts_with("part 0 'custom part': ")) << rows[0].detail;
  }
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
