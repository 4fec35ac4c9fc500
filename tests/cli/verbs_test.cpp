// Each verb on a real model: the demo's classifier of digits and its stored answers, which NumPy computed.
#include "cli/command.h"
#include "cli/small_models.h"
#include "tensor/npy.h"
#include "tensor/npz.h"
#include "tensor/safetensors.h"

namespace wf::test {
namespace {

std::string digits() { return quoted(demo("digits.mlpackage")); }
std::string image(int digit) { return quoted(demo("images/digit-" + std::to_string(digit) + ".png")); }

nlohmann::json expected_probabilities(size_t c) {
  std::ifstream file(demo("golden/golden.json"));
  return nlohmann::json::parse(file)["cases"][c]["outputs"]["digit_probs"]["value"];
}

TEST(Info, TellsWhatTheModelTakesGivesAndHolds) {
  const auto info = windfall("info --json " + digits()).json();
  EXPECT_EQ(info["schema"], "windfall.info/1");
  EXPECT_EQ(info["type"], "mlProgram");
  EXPECT_EQ(info["container"], ".mlpackage");
  EXPECT_EQ(info["specification_version"], 6);
  EXPECT_EQ(info["inputs"][0]["name"], "image");
  EXPECT_EQ(info["operations"]["conv"], 2);
  EXPECT_TRUE(info["runs"]);
  // conv 8*9+8, conv 16*72+16, linear 10*784+10, and the pads, strides and the like that are vectors too
  EXPECT_GE(info["weight_elements"]["fp16"].get<int64_t>(), 8 * 9 + 16 * 72 + 10 * 784);
  const CommandResult text = windfall("info " + digits());
  EXPECT_NE(text.out.find("iOS 15"), std::string::npos);
  EXPECT_NE(text.out.find("conv x2"), std::string::npos);
}

TEST(Run, ReadsAPictureAndGivesTheOraclesProbabilities) {
  for (const int digit : {0, 5, 8}) {
    const auto answer = windfall("run --json " + digits() + " --input " + image(digit)).json();
    EXPECT_EQ(answer["schema"], "windfall.run/1");
    const auto expected = expected_probabilities(static_cast<size_t>(digit));
    const auto& actual = answer["outputs"]["digit_probs"]["value"];
    ASSERT_EQ(actual.size(), 10u);
    for (const auto& [label, probability] : expected.items()) {
      EXPECT_NEAR(actual[label].get<double>(), probability.get<double>(), 1e-2) << digit << " " << label;
    }
    EXPECT_EQ(answer["outputs"]["digit_probs"]["top"].size(), 5u);
  }
}

TEST(Run, TextShowsTheBestClassesOnStandardOutputOnly) {
  const CommandResult result =
      windfall("run " + digits() + " -i image=" + image(0) + " --top-k 2 --show --time 2");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_NE(result.out.find("digit  0"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("8 more"), std::string::npos);
  EXPECT_NE(result.out.find("2 runs: p50"), std::string::npos);
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos) << "colours, though this is no terminal";
}

TEST(Run, TelemetryIsToldWhereItDoesNotMix) {
  const std::string command = "run " + digits() + " -i " + image(0) + " --time 3 --telemetry";
  const CommandResult summary = windfall(command);
  EXPECT_EQ(summary.exit_code, 0) << summary.err;
  EXPECT_NE(summary.err.find("predict  4 done: p50"), std::string::npos) << summary.err;
  EXPECT_EQ(summary.out.find("done: p50"), std::string::npos);
  const CommandResult prometheus = windfall(command + "=prometheus");
  EXPECT_NE(prometheus.err.find("windfall_operation_duration_seconds_count{operation=\"predict\"} 4\n"),
            std::string::npos)
      << prometheus.err;
  EXPECT_EQ(nlohmann::json::parse(windfall(command + "=json").err)["operations"]["load"]["count"], 1);
  const CommandResult document = windfall(command + " --json");
  EXPECT_EQ(document.json()["telemetry"]["operations"]["predict"]["count"], 4);
  EXPECT_EQ(document.err, "");
  EXPECT_EQ(windfall(command + "=verse").exit_code, 2);
}

TEST(Run, TheEnvironmentAsksForALogOfEvents) {
  const std::filesystem::path log = scratch_folder("cli_telemetry_log") / "events.jsonl";
  ::setenv("WINDFALL_TELEMETRY_LOG", log.c_str(), 1);
  const CommandResult result = windfall("run " + digits() + " -i " + image(0));
  ::unsetenv("WINDFALL_TELEMETRY_LOG");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::ifstream file(log);
  std::string load, predict, more;
  ASSERT_TRUE(std::getline(file, load) && std::getline(file, predict));
  EXPECT_EQ(nlohmann::json::parse(load)["event"], "load");
  EXPECT_EQ(nlohmann::json::parse(predict)["event"], "predict");
  EXPECT_FALSE(std::getline(file, more));
}

TEST(Run, OneFileMayHoldSeveralInputs) {
  const std::filesystem::path folder = scratch_folder("cli_several");
  auto program = parse_text(
      "program(1.3)\n{\n  func main<ios15>(tensor<fp32, [2]> a, tensor<fp32, [2]> b) {\n"
      "    tensor<fp32, [2]> y = sub(x = a, y = b)[name = string(\"y\")];\n  } -> (y);\n}\n");
  ASSERT_TRUE(program.ok()) << program.error().to_string();
  ModelFile file;
  file.type = "mlProgram";
  file.specification_version = 6;
  file.program = std::make_shared<const Program>(*std::move(program));
  for (const char* name : {"a", "b"})
    file.description.interface.inputs.push_back(array_feature(name, DType::kFloat32, {2}));
  file.description.interface.outputs.push_back(array_feature("y", DType::kFloat32, {2}));
  ASSERT_TRUE(save_mlpackage(file, folder / "difference.mlpackage").ok());
  const NamedTensors both = {{"b", of(DType::kFloat32, {2}, {1, 2})},
                             {"a", of(DType::kFloat32, {2}, {5, 9})}};
  std::ofstream(folder / "both.json") << R"({"b": [1, 2], "a": [5, 9]})";
  WF_ASSERT_OK(write_npz(folder / "both.npz", both));
  WF_ASSERT_OK(write_safetensors(folder / "both.safetensors", both));
  for (const char* given : {"both.json", "both.npz", "both.safetensors"}) {
    const std::string command = "run --json " + quoted(folder / "difference.mlpackage") + " --input ";
    const auto answer = windfall(command + quoted(folder / given)).json();
    EXPECT_EQ(answer["outputs"]["y"]["value"], nlohmann::json({4.0, 7.0})) << given << ": " << answer;
  }
}

TEST(Run, TakesStandardInputAndTellsOfAResizeOnStandardError) {
  const std::filesystem::path folder = scratch_folder("cli_resize");
  WF_ASSERT_OK(write_npy(folder / "x.npy", of(DType::kUInt8, {28, 28}, std::vector<double>(784, 0))));
  std::ifstream file(folder / "x.npy", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(windfall("run --json " + digits() + " -i -", bytes).exit_code, 0);

  const std::string picture = quoted(demo("images/digit-3.png"));
  const CommandResult small = windfall("run " + quoted(save_picture_model(folder, 14)) + " -i " + picture);
  EXPECT_EQ(small.exit_code, 0) << small.err;
  EXPECT_NE(small.err.find("28 x 28 picture stretched to 14 x 14"), std::string::npos) << small.err;
}

TEST(Run, WritesOutputsInEveryForm) {
  const std::filesystem::path folder = scratch_folder("cli_outputs");
  const std::string run = "run " + quoted(save_doubling_model(folder)) + " -i '[1, 2]' -o ";
  EXPECT_EQ(windfall(run + quoted(folder / "all.npz") + " -o y=" + quoted(folder / "one.npy") + " -o " +
                     quoted(folder / "all.json") + " -o " + quoted(folder / "all"))
                .exit_code,
            0);
  WF_ASSERT_OK_AND_ASSIGN(NamedTensors all, read_npz(folder / "all.npz"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].first, "y");
  expect_near(all[0].second, {2}, {2, 4});
  for (const char* file : {"one.npy", "all/y.npy"}) {
    WF_ASSERT_OK_AND_ASSIGN(Tensor y, read_npy(folder / file));
    expect_near(y, {2}, {2, 4});
  }
  std::ifstream json(folder / "all.json");
  EXPECT_EQ(nlohmann::json::parse(json)["y"], (std::vector<double>{2, 4}));
}

TEST(Run, SaysWhatIsMissingAndWhatDoesNotFit) {
  const CommandResult nothing = windfall("run " + digits());
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_NE(nothing.err.find("image"), std::string::npos);
  EXPECT_EQ(windfall("run " + digits() + " --random-inputs 1").exit_code, 0);
  EXPECT_EQ(windfall("run " + digits() + " -i picture=" + image(1)).exit_code, 2);
  EXPECT_EQ(windfall("run " + digits() + " -i " + image(1) + " --engine warp").exit_code, 2);
}

TEST(Golden, TheOraclesAnswersAreMet) {
  const std::string golden = quoted(demo("golden"));
  EXPECT_EQ(windfall("golden check " + digits() + " " + golden).exit_code, 0);
  EXPECT_EQ(windfall("golden check " + digits() + " " + golden + " --budget 1e-12").exit_code, 1);
  const auto parity = windfall("parity --json " + digits() + " --golden " + golden).json();
  EXPECT_EQ(parity["schema"], "windfall.parity/1");
  EXPECT_EQ(parity["cases"].size(), 10u);
  EXPECT_TRUE(parity["passed"]);
}

TEST(Golden, WhatIsRecordedIsMetUntilItIsChanged) {
  const std::filesystem::path folder = scratch_folder("cli_golden");
  const std::string model = quoted(save_doubling_model(folder)), golden = quoted(folder / "golden");
  EXPECT_EQ(windfall("golden record " + model + " " + golden + " --cases 2").exit_code, 0);
  EXPECT_EQ(windfall("golden check " + model + " " + golden).exit_code, 0);
  WF_ASSERT_OK(write_npy(folder / "golden" / "case1.out.y.npy", f32({2}, {100, 100})));
  EXPECT_EQ(windfall("golden check " + model + " " + golden).exit_code, 1);
}

TEST(Parity, ShowsWhatHalfPrecisionCostsAndHoldsAssertions) {
  const std::string parity = "parity " + digits() + " --input " + image(5);
  const auto report = windfall(parity + " --json").json();
  EXPECT_TRUE(report["passed"]);
  EXPECT_EQ(report["engines"], (std::vector<std::string>{"reference", "reference:exact"}));
  EXPECT_GT(report["values_compared"].get<int>(), 8);
  const double error = report["worst_value"]["value"]["comparison"]["max_rel"];
  EXPECT_GT(error, 0);  // halves cannot be exact
  EXPECT_LT(error, 1e-2);
  const auto over = windfall(parity + " --budget 1e-9 --json");
  EXPECT_EQ(over.exit_code, 1);
  EXPECT_TRUE(over.json()["first_parting"].is_object());
  EXPECT_EQ(windfall(parity + " --assert 'max_abs<1e-2' --assert 'snr>20'").exit_code, 0);
  EXPECT_EQ(windfall(parity + " --assert 'max_abs<1e-30'").exit_code, 1);
  EXPECT_EQ(windfall(parity + " --assert 'colour<1'").exit_code, 2);
}

TEST(Save, WhatIsWrittenRunsTheSame) {
  const std::filesystem::path folder = scratch_folder("cli_save");
  const std::string run = " --input " + image(5) + " --json";
  const auto before = windfall("run " + digits() + run).json()["outputs"];
  for (const char* name : {"copy.mlpackage", "copy.mlmodel"}) {
    EXPECT_EQ(windfall("save " + digits() + " " + quoted(folder / name)).exit_code, 0) << name;
    EXPECT_EQ(windfall("run " + quoted(folder / name) + run).json()["outputs"], before) << name;
  }
  EXPECT_NE(windfall("save " + digits() + " -").out.find("conv("), std::string::npos);
  EXPECT_EQ(windfall("save " + digits() + " model.onnx").exit_code, 2);
}

TEST(ExitCodes, AreThoseOfTheirKind) {
  const std::filesystem::path folder = scratch_folder("cli_exit_codes");
  std::filesystem::copy(demo("digits.mlpackage"), folder / "hollow.mlpackage",
                        std::filesystem::copy_options::recursive);
  std::filesystem::remove_all(folder / "hollow.mlpackage" / "Data" / "com.apple.CoreML" / "weights");
  EXPECT_EQ(windfall("run " + quoted(folder / "hollow.mlpackage") + " --random-inputs 1").exit_code, 3);
  EXPECT_EQ(windfall("info " + quoted(folder / "hollow.mlpackage")).exit_code, 0);

  const CommandResult unknown =
      windfall("run " + quoted(save_model_of("frobnicate(x = x)", folder)) + " --random-inputs 1");
  EXPECT_EQ(unknown.exit_code, 4) << unknown.err;
  EXPECT_NE(unknown.err.find("frobnicate"), std::string::npos);

  const std::string slow = "run " + quoted(save_slow_model(folder)) + " --random-inputs 1";
  EXPECT_EQ(windfall(slow + " --deadline 1").exit_code, 5);
  EXPECT_EQ(windfall("run " + digits() + " -i " + image(1) + " -o /proc/nowhere/folder").exit_code, 6);
}

TEST(ExitCodes, CtrlCIsOneHundredAndThirty) {
  const std::filesystem::path folder = scratch_folder("cli_interrupt");
  const std::string command =
      "timeout --preserve-status -s INT 0.5 " + quoted(build_folder() / "tools" / "windfall" / "windfall") +
      " run " + quoted(save_slow_model(folder)) + " --engine reference --random-inputs 1 >/dev/null 2>&1";
  const int status = std::system(command.c_str());
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
}

TEST(CorpusVerb, EndsWithTheCountsAndFailsIfAnyModelFails) {
  const std::filesystem::path folder = scratch_folder("cli_corpus");
  std::filesystem::create_directories(folder / "doubling");
  save_doubling_model(folder / "doubling");
  const CommandResult good = windfall("corpus " + quoted(folder));
  EXPECT_EQ(good.exit_code, 0) << good.out;
  EXPECT_TRUE(good.out.ends_with("\n1 passed, 0 failed\n")) << good.out;

  std::filesystem::create_directories(folder / "unknown");
  save_model_of("frobnicate(x = x)", folder / "unknown");
  const CommandResult bad = windfall("corpus " + quoted(folder) + " --json");
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_EQ(bad.json()["passed"], 1);
  EXPECT_EQ(bad.json()["failed"], 1);
  EXPECT_EQ(bad.json()["models"][1]["status"], "failed");
}

}  // namespace
}  // namespace wf::test
