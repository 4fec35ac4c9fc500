// The bridge's plain parts: numbers of types and units, texts of errors, JSON, folders that move.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "bridge/array_dtype.h"
#include "bridge/compute_units.h"
#include "bridge/error_text.h"
#include "bridge/facts.h"
#include "bridge/move_folder.h"
#include "support/support.h"

namespace wf::bridge {
namespace {

namespace fs = std::filesystem;

TEST(ArrayDtype, BothWays) {
  for (const int64_t number : {65600, 65568, 65552, 131104, 131080}) {
    const auto dtype = dtype_of_apple(number);
    ASSERT_TRUE(dtype.ok()) << number;
    EXPECT_EQ(*apple_of_dtype(*dtype), number);
    EXPECT_EQ(*apple_element_size(number) * 8, static_cast<size_t>(number & 0xffff));
  }
  test::expect_error(dtype_of_apple(65544), "0x10008");
  test::expect_error(apple_of_dtype(DType::kInt64), "no arrays of int64");
}

TEST(Units, NumbersAreMapped) {
  EXPECT_EQ(apple_units(0), 2);  // all
  EXPECT_EQ(apple_units(1), 0);  // CPU
  EXPECT_EQ(apple_units(2), 1);  // CPU and GPU
  EXPECT_EQ(apple_units(3), 3);  // CPU and Neural Engine
  EXPECT_EQ(apple_units(4), std::nullopt);
  EXPECT_EQ(apple_units(-1), std::nullopt);
  EXPECT_EQ(abi_units(false, false), 1);
  EXPECT_EQ(abi_units(true, false), 2);
  EXPECT_EQ(abi_units(false, true), 3);
  EXPECT_EQ(abi_units(true, true), 0);
}

TEST(ErrorText, ChainsNamesAndHints) {
  EXPECT_EQ(chain_text({}), "Core ML failed and gave no reason");
  const std::vector<NativeError> chain = {
      {"com.apple.CoreML", 3, "Unable to load"}, {"", 5, "Unable to load"}, {"E5RT", -14, ""}};
  EXPECT_EQ(chain_text(chain), "com.apple.CoreML 3 (io): Unable to load <- (no domain) 5 <- E5RT -14");
  EXPECT_NE(hint_of(chain).find("cpu_only"), std::string::npos) << "the innermost code is the one to act on";
  EXPECT_EQ(hint_of({{"somewhere", 3, "x"}}), "");
}

TEST(ErrorText, BytesThatAreNoText) {
  EXPECT_EQ(to_utf8("grün"), "grün");
  EXPECT_EQ(to_utf8("a\xff"
                    "b\xe2\x82"),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(to_utf8(nullptr), "");
}

TEST(Facts, JsonIsJsonWhateverTheNumbersAndTexts) {
  PlanFacts plan{
      "program",
      {{"main", "ios17.conv", "y\xff", Device::kNeuralEngine, {Device::kCpu, Device::kNeuralEngine}, 0.75},
       {"main", "const", "w", std::nullopt, {}, std::nullopt},
       {"main", "ios17.add", "z", Device::kCpu, {Device::kCpu}, std::nan("")}}};
  const auto json = nlohmann::json::parse(to_json(plan));
  EXPECT_EQ(json["placed"], 2);
  EXPECT_EQ(json["ane_coverage_pct"], 50.0);
  EXPECT_EQ(json["compute_units"], 3);
  EXPECT_EQ(json["cost_ane"], 0.75);
  EXPECT_EQ(json["operations"][1]["device"], nullptr);
  EXPECT_EQ(json["operations"][2]["cost"], nullptr);
  EXPECT_EQ(json["operations"][0]["output"], "y\xef\xbf\xbd");

  ModelFacts model;
  model.inputs.push_back({.name = "x",
                          .type = "array",
                          .optional = false,
                          .dtype = "fp16",
                          .shape = {1, 3},
                          .enumerated = {},
                          .range = {{1, 1}, {1, -1}},
                          .width = 0,
                          .height = 0,
                          .pixels = {},
                          .element = {}});
  EXPECT_EQ(nlohmann::json::parse(to_json(model))["inputs"][0]["range"][1][1], -1);
}

struct Folders {
  explicit Folders(const char* name) : root(test::scratch_folder(name)) {
    fs::create_directories(root / "from" / "deep");
    std::ofstream(root / "from" / "deep" / "file") << "content";
  }
  fs::path root;
};

TEST(MoveFolder, BothWays) {
  for (const auto move : {move_folder, move_folder_by_copy}) {
    const Folders folders("move_folder");
    WF_ASSERT_OK(move(folders.root / "from", folders.root / "to"));
    EXPECT_FALSE(fs::exists(folders.root / "from"));
    EXPECT_EQ(*read_text_file(folders.root / "to" / "deep" / "file"), "content");
    EXPECT_EQ(std::distance(fs::directory_iterator(folders.root), {}), 1) << "nothing partial stays";
  }
}

TEST(MoveFolder, WhoComesSecondLeavesTheFirst) {
  for (const auto move : {move_folder, move_folder_by_copy}) {
    const Folders folders("move_second");
    fs::create_directories(folders.root / "to");
    std::ofstream(folders.root / "to" / "first") << "first";
    WF_ASSERT_OK(move(folders.root / "from", folders.root / "to"));
    EXPECT_TRUE(fs::exists(folders.root / "to" / "first"));
    EXPECT_FALSE(fs::exists(folders.root / "from"));
  }
}

TEST(MoveFolder, WhatIsNotThereIsAnError) {
  const Folders folders("move_nothing");
  test::expect_error(move_folder(folders.root / "absent", folders.root / "to"), "cannot move");
}

}  // namespace
}  // namespace wf::bridge
