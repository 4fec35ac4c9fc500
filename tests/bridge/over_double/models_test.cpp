// Pitfalls 6 to 8, 11, 17, 19, 20: compile, load, describe, and what goes wrong there.
#include <nlohmann/json.hpp>

#include "bridge/over_double/over_double.h"

namespace wf::test {
namespace {

class BridgeModels : public OverDouble {
 protected:
  std::string package() {
    const fs::path path = folder_ / "p.mlpackage";
    if (!fs::exists(path)) {
      const Status saved = save_mlpackage(
          doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                        array_feature("y", DType::kFloat32, {2})),
          path);
      EXPECT_TRUE(saved.ok());
    }
    return path.string();
  }
  int compile(const std::string& to, Failure& failure) {
    return wfa_compile(package().c_str(), (folder_ / to).c_str(), &failure);
  }
  int load(const std::string& path, Failure& failure, const char* function = nullptr, int units = 0) {
    wfa_load_options options;
    wfa_default_load_options(&options);
    options.function = function;
    options.compute_units = units;
    wfa_model* model = nullptr;
    const int code = wfa_load(path.c_str(), &options, &model, &failure);
    EXPECT_EQ(model != nullptr, code == WFA_OK);
    wfa_free_model(model);
    return code;
  }
};

// The handler may come on this thread before the call returns, on another, or late.
TEST_F(BridgeModels, CompilationThatIsDoneAtOnceOrLate) {
  Failure failure;
  set_script("compile.at_once", "1");
  EXPECT_EQ(compile("a.mlmodelc", failure), WFA_OK) << failure.words();
  set_script("compile.late_ms", "30");
  EXPECT_EQ(compile("b.mlmodelc", failure), WFA_OK) << failure.words();
  for (const char* name : {"a.mlmodelc", "b.mlmodelc"})
    EXPECT_TRUE(fs::exists(folder_ / name / "source.mlpackage"));
  // Nothing stays in the place where Core ML puts results.
  for (const auto& entry : fs::directory_iterator(folder_))
    EXPECT_FALSE(entry.path().filename().string().starts_with("windfall_double")) << entry.path();
}

TEST_F(BridgeModels, CompilationThatFails) {
  Failure failure;
  set_script("compile.error", "1");
  EXPECT_EQ(compile("a.mlmodelc", failure), WFA_ERROR);
  EXPECT_NE(failure.words().find("com.apple.appleneuralengine -14"), std::string::npos) << failure.words();
  EXPECT_NE(failure.advice().find("cpu_only"), std::string::npos) << failure.advice();
  set_script("compile.nil", "1");
  EXPECT_EQ(compile("a.mlmodelc", failure), WFA_ERROR);
  EXPECT_NE(failure.words().find("gave no reason"), std::string::npos) << failure.words();
  set_script("compile.throw_at_once", "1");
  EXPECT_EQ(compile("a.mlmodelc", failure), WFA_EXCEPTION);
  EXPECT_NE(failure.words().find("the compiler is not there"), std::string::npos) << failure.words();
  set_script("compile.vanish", "1");
  EXPECT_EQ(compile("a.mlmodelc", failure), WFA_ENVIRONMENT);
  EXPECT_NE(failure.words().find("cannot move"), std::string::npos) << failure.words();
  EXPECT_EQ(wfa_compile("/nowhere.mlpackage", (folder_ / "x.mlmodelc").c_str(), &failure), WFA_ERROR);
  EXPECT_FALSE(fs::exists(folder_ / "a.mlmodelc"));
}

// Two writers of one place: both succeed, one result is there.
TEST_F(BridgeModels, ConcurrentCompilations) {
  package();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Failure failure;
      EXPECT_EQ(compile("same.mlmodelc", failure), WFA_OK) << failure.words();
    });
  }
  for (std::thread& thread : threads) thread.join();
  Failure failure;
  EXPECT_EQ(load((folder_ / "same.mlmodelc").string(), failure), WFA_OK) << failure.words();
}

TEST_F(BridgeModels, CompilationToAnotherFileSystem) {
  const fs::path elsewhere = "/dev/shm/windfall bridge test";
  std::error_code reason;
  fs::create_directories(elsewhere, reason);
  if (reason) GTEST_SKIP() << "no second file system here: " << reason.message();
  Failure failure;
  const std::string target = (elsewhere / "m.mlmodelc").string();
  EXPECT_EQ(wfa_compile(package().c_str(), target.c_str(), &failure), WFA_OK) << failure.words();
  EXPECT_EQ(load(target, failure), WFA_OK) << failure.words();
  fs::remove_all(elsewhere);
}

TEST_F(BridgeModels, LoadHandsOverWhatWasAsked) {
  Failure failure;
  ASSERT_EQ(compile("m.mlmodelc", failure), WFA_OK) << failure.words();
  const std::string path = (folder_ / "m.mlmodelc").string();
  wfa_load_options options;
  wfa_default_load_options(&options);
  const char* const apple[] = {"2", "0", "1", "3"};
  for (int units = 0; units < 4; ++units) {
    ModelHandle model(path, units);
    EXPECT_EQ(apple_double::last("units"), apple[units]);
    EXPECT_EQ(apple_double::last("reshape"), "") << "no hints were asked for";
    EXPECT_EQ(apple_double::last("path"), path);
  }
  options.reshape_frequent = 0;
  options.specialize_fast = 1;
  options.low_precision_gpu = 1;
  options.function = "main";
  wfa_model* model = nullptr;
  ASSERT_EQ(wfa_load(path.c_str(), &options, &model, &failure), WFA_OK) << failure.words();
  wfa_free_model(model);
  EXPECT_EQ(apple_double::last("function"), "main");
  EXPECT_EQ(apple_double::last("reshape"), "1");
  EXPECT_EQ(apple_double::last("specialization"), "1");
  EXPECT_EQ(apple_double::last("low_precision"), "1");

  EXPECT_EQ(load(path, failure, "absent"), WFA_ERROR);
  EXPECT_NE(failure.words().find("absent"), std::string::npos) << failure.words();
  EXPECT_EQ(load(path, failure, nullptr, 7), WFA_INVALID);
}

TEST_F(BridgeModels, LoadThatFails) {
  Failure failure;
  ASSERT_EQ(compile("m.mlmodelc", failure), WFA_OK) << failure.words();
  const std::string path = (folder_ / "m.mlmodelc").string();
  EXPECT_EQ(load("/nowhere.mlmodelc", failure), WFA_ERROR);
  EXPECT_NE(failure.words().find("com.apple.CoreML 3 (io)"), std::string::npos) << failure.words();
  set_script("load.throw", "1");
  EXPECT_EQ(load(path, failure), WFA_EXCEPTION);
  EXPECT_NE(failure.words().find("NSInvalidArgumentException: MultiArray shape"), std::string::npos)
      << failure.words();
  set_script("load.throw_object", "1");
  EXPECT_EQ(load(path, failure), WFA_INTERNAL);
  set_script("load.throw_cpp", "1");
  EXPECT_EQ(load(path, failure), WFA_INTERNAL);
  EXPECT_EQ(failure.words(), "std::runtime_error from within Core ML");
  set_script("load.nil", "1");
  EXPECT_EQ(load(path, failure), WFA_ERROR);
  EXPECT_NE(failure.words().find("gave no reason"), std::string::npos) << failure.words();
  set_script("load.chain", "1");
  EXPECT_EQ(load(path, failure), WFA_ERROR);
  EXPECT_NE(failure.words().find(
                "com.apple.CoreML 0 (generic): outer <- com.apple.CoreML 11 (predictionCancelled): "
                "middle <- com.apple.CoreML -7: E5RT: the true reason"),
            std::string::npos)
      << failure.words();
  // An error may be set though the model is there.
  set_script("load.error_but_fine", "1");
  EXPECT_EQ(load(path, failure), WFA_OK) << failure.words();
}

TEST_F(BridgeModels, ModelThatRaisesWhileItGoes) {
  Failure failure;
  ASSERT_EQ(compile("m.mlmodelc", failure), WFA_OK) << failure.words();
  set_script("dealloc.throw", "1");
  EXPECT_EQ(load((folder_ / "m.mlmodelc").string(), failure), WFA_OK);
}

TEST_F(BridgeModels, ArgumentsThatAreMissing) {
  Failure failure;
  wfa_model* model = nullptr;
  wfa_result* result = nullptr;
  wfa_load_options options;
  wfa_default_load_options(&options);
  EXPECT_EQ(wfa_compile(nullptr, "x", &failure), WFA_INVALID);
  EXPECT_EQ(wfa_load(nullptr, &options, &model, &failure), WFA_INVALID);
  EXPECT_EQ(wfa_load("x", nullptr, &model, nullptr), WFA_INVALID);
  EXPECT_EQ(wfa_predict(nullptr, nullptr, nullptr, &result, &failure), WFA_INVALID);
  const wfa_request empty = {};
  EXPECT_EQ(wfa_predict(nullptr, &empty, nullptr, &result, &failure), WFA_INVALID);
  ArrayValue input("x", iota({2}));
  const wfa_request request = {&input, 1, nullptr, 0, nullptr, 0};
  EXPECT_EQ(wfa_predict(nullptr, &request, nullptr, &result, &failure), WFA_INVALID);
  EXPECT_EQ(*input.released, 1) << "what was given is released, whatever the outcome";
  ArrayValue row("x", iota({2}));
  const wfa_request in_batch = {&row, 1, nullptr, 0, nullptr, 0};
  EXPECT_EQ(wfa_predict_batch(nullptr, &in_batch, 1, &result, &failure), WFA_INVALID);
  EXPECT_EQ(*row.released, 1);
  EXPECT_EQ(wfa_result_count(nullptr), 0u);
  EXPECT_EQ(wfa_result_value(nullptr, 0), nullptr);
  wfa_free_model(nullptr);
  wfa_free_state(nullptr);
  wfa_free_result(nullptr);
  wfa_lose_state(nullptr);
}

// Bytes that are no UTF-8, in a path and in a name: an answer, never a crash.
TEST_F(BridgeModels, BytesThatAreNoText) {
  Failure failure;
  EXPECT_NE(load("/tmp/\xff\xfe.mlmodelc", failure), WFA_OK);
  EXPECT_FALSE(failure.words().empty());
  ASSERT_EQ(compile("m.mlmodelc", failure), WFA_OK);
  const ModelHandle model((folder_ / "m.mlmodelc").string());
  ArrayValue input("x\xff", iota({2}));
  ResultHandle result;
  EXPECT_EQ(predict(model.model, {input}, result, failure), WFA_ERROR);
  EXPECT_NE(failure.words().find("Feature x is required"), std::string::npos) << failure.words();
}

TEST_F(BridgeModels, SchemaSaysWhatTheModelTakes) {
  Feature flexible = array_feature("r", DType::kFloat16, {1, 3});
  std::get<ArrayFeature>(flexible.type).ranges = {{1, 1}, {1, -1}};
  Feature listed = array_feature("e", DType::kFloat32, {2});
  std::get<ArrayFeature>(listed.type).enumerated = {{2}, {4}};
  Feature picture = image_feature("i", ColorLayout::kRgb, 4, 2);
  picture.optional = true;
  const std::string path = compiled(
      make_file({flexible, listed, picture}, {array_feature("y", DType::kFloat32, {2})}, [](Builder& b) {
        b.input("r", tensor_type(DType::kFloat16, {1, kUnknownSize}));
        const ValueId e = b.input("e", tensor_type(DType::kFloat32, {kUnknownSize}));
        b.input("i", tensor_type(DType::kFloat32, {1, 3, 2, 4}));
        b.set_outputs({b.op("add", {{"x", e}, {"y", e}}, "y")});
      }));
  const ModelHandle model(path);
  Failure failure;
  char* text = nullptr;
  ASSERT_EQ(wfa_model_schema(model.model, &text, &failure), WFA_OK) << failure.words();
  const auto json = nlohmann::json::parse(text);
  wfa_free_text(text);
  const auto& inputs = json["inputs"];
  ASSERT_EQ(inputs.size(), 3u);
  EXPECT_EQ(inputs[0]["enumerated"], nlohmann::json::parse("[[2], [4]]"));
  EXPECT_EQ(inputs[1]["type"], "image");
  EXPECT_EQ(inputs[1]["optional"], true);
  EXPECT_EQ(inputs[1]["width"], 4);
  EXPECT_EQ(inputs[1]["pixels"], "bgra");
  EXPECT_EQ(inputs[2]["dtype"], "fp16");
  EXPECT_EQ(inputs[2]["range"], nlohmann::json::parse("[[1, 1], [1, -1]]"));
  EXPECT_EQ(json["outputs"][0]["name"], "y");
}

TEST_F(BridgeModels, PlanSaysWhereOperationsRun) {
  const std::string path = doubling({2});
  wfa_load_options options;
  wfa_default_load_options(&options);
  Failure failure;
  for (const auto& [device, units, expected] : std::vector<std::tuple<const char*, int, int>>{
           {"ane", 0, 3}, {"gpu", 0, 2}, {"cpu", 0, 1}, {"ane", 1, 1}}) {
    set_script("plan.device", device);
    options.compute_units = units;
    char* text = nullptr;
    ASSERT_EQ(wfa_compute_plan(path.c_str(), &options, &text, &failure), WFA_OK) << failure.words();
    const auto plan = nlohmann::json::parse(text);
    wfa_free_text(text);
    EXPECT_EQ(plan["kind"], "program");
    EXPECT_EQ(plan["compute_units"], expected) << device << units;
    EXPECT_EQ(plan["operations"].back()["output"], "y");
    EXPECT_EQ(plan["ane_coverage_pct"], expected == 3 ? 100.0 : 0.0);
  }
  char* text = nullptr;
  set_script("plan.error", "1");
  EXPECT_EQ(wfa_compute_plan(path.c_str(), &options, &text, &failure), WFA_ERROR);
  EXPECT_EQ(text, nullptr);
  // Core ML ends the process over a package.
  EXPECT_EQ(wfa_compute_plan((folder_ / "model.mlpackage").c_str(), &options, &text, &failure), WFA_INVALID);
  EXPECT_NE(failure.words().find("is no compiled model"), std::string::npos) << failure.words();

  ASSERT_EQ(wfa_devices(&text, &failure), WFA_OK) << failure.words();
  EXPECT_EQ(nlohmann::json::parse(text)[2]["cores"], 16);
  wfa_free_text(text);
}

}  // namespace
}  // namespace wf::test
