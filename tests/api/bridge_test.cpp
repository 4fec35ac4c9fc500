// Version 1 of the C interface, called as C would call it.
#include "windfall/coreml_bridge.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "api/bounded_json.h"
#include "api/stage.h"
#include "formats/save.h"
#include "runtime/models.h"
#include "tensor/image.h"
#include "tensor/safetensors.h"

namespace wf::test {
namespace {

using Json = nlohmann::json;

struct Answer {
  int32_t code = 0;
  std::string text, error;
  Json json() const { return Json::parse(text); }
};

std::string taken(const char* text) {
  std::string copy = text ? text : "";
  coreml_free_cstr(text);
  return copy;
}

class Loaded {
 public:
  explicit Loaded(const std::filesystem::path& path) {
    const char* error = nullptr;
    EXPECT_EQ(coreml_load_model(path.c_str(), 0, &handle, &error), 0) << (error ? error : "");
    coreml_free_cstr(error);
  }
  ~Loaded() { coreml_free_model(handle); }
  Answer predict(const std::string& json, int32_t timeout_ms = 0) const {
    const char *out = nullptr, *error = nullptr;
    Answer answer;
    answer.code = coreml_predict(handle, json.c_str(), &out, timeout_ms, &error);
    EXPECT_EQ(answer.code == 0, out != nullptr);
    EXPECT_EQ(answer.code == 0, error == nullptr);
    answer.text = taken(out);
    answer.error = taken(error);
    return answer;
  }
  Json schema() const {
    const char* out = nullptr;
    EXPECT_EQ(coreml_model_schema(handle, &out, nullptr), 0);
    return Json::parse(taken(out));
  }
  void* handle = nullptr;
};

std::filesystem::path saved(const ModelFile& file, std::string_view test) {
  const auto path = scratch_folder(test) / "model.mlpackage";
  const auto status = save_mlpackage(file, path);
  EXPECT_TRUE(status.ok()) << status.error().to_string();
  return path;
}

// y = x + x.
std::filesystem::path doubling(std::string_view test, DType dtype = DType::kFloat32, Shape shape = {2}) {
  return saved(doubling_file(array_feature("x", dtype, shape), tensor_type(dtype, shape),
                             array_feature("y", dtype, shape)),
               test);
}

void expect_refused(const Answer& answer, int32_t code, std::string_view words) {
  EXPECT_EQ(answer.code, code) << answer.error;
  EXPECT_NE(answer.error.find(words), std::string::npos) << answer.error;
}

TEST(Bridge, CompilesLoadsDescribesAndPredicts) {
  const auto path = doubling("bridge_all");
  const char *compiled = nullptr, *error = nullptr;
  ASSERT_EQ(coreml_compile_model(path.c_str(), 1, &compiled, &error), 0) << error;
  const std::string folder = taken(compiled);
  EXPECT_TRUE(folder.ends_with(".mlmodelc")) << folder;
  const char* named = std::getenv("WINDFALL_ENGINE");
  // What the double of Core ML compiles no reader of ours can read.
  if (named && std::string_view(named) == "coreml") GTEST_SKIP() << "not over the double";
  ASSERT_EQ(coreml_compile_model(folder.c_str(), 1, &compiled, &error), 0) << error;
  EXPECT_EQ(taken(compiled), folder);  // compiled already
  const Loaded model(folder);
  const Json schema = model.schema();
  EXPECT_EQ(schema["schema"], "windfall.schema/1");
  EXPECT_EQ(schema["type"], "mlProgram");
  EXPECT_EQ(schema["inputs"][0]["name"], "x");
  EXPECT_EQ(schema["inputs"][0]["kind"], "array");
  EXPECT_EQ(schema["inputs"][0]["shape"], Json::array({2}));
  EXPECT_EQ(schema["inputs"][0]["dtype"], "fp32");

  const Answer answer =
      model.predict(R"({"inputs":[{"name":"x","shape":[2],"dtype":"fp32","values":[1.5,-2]}]})");
  ASSERT_EQ(answer.code, 0) << answer.error;
  const Json out = answer.json();
  EXPECT_EQ(out["outputs"][0]["name"], "y");
  EXPECT_EQ(out["outputs"][0]["dtype"], "fp32");
  EXPECT_EQ(out["outputs"][0]["shape"], Json::array({2}));
  EXPECT_EQ(out["outputs"][0]["values"], Json::array({3.0, -4.0}));
  EXPECT_EQ(schema["engine"], named ? named : "auto");
  EXPECT_EQ(out["engine"], named ? named : "cpu");  // which answered
  for (const char* stage : {"marshal_in", "predict", "marshal_out"}) EXPECT_GE(out["timings_ms"][stage], 0.0);
}

TEST(Bridge, ErrorsHaveStableCodesAndWords) {
  void* handle = &handle;
  const char* error = nullptr;
  EXPECT_EQ(coreml_load_model("no_such.mlpackage", 0, &handle, &error), 2);
  EXPECT_EQ(handle, nullptr);
  EXPECT_NE(taken(error).find("no_such.mlpackage"), std::string::npos);
  EXPECT_EQ(coreml_load_model("x", 4, &handle, &error), 1);
  EXPECT_NE(taken(error).find("compute_units is 4"), std::string::npos);

  const auto damaged = scratch_folder("bridge_damaged") / "model.mlmodel";
  std::ofstream(damaged) << "\xff\xff\xff no model \xff";
  EXPECT_EQ(coreml_load_model(damaged.c_str(), 0, &handle, &error), 3);
  EXPECT_FALSE(taken(error).empty());

  const char* compiled = nullptr;
  EXPECT_EQ(coreml_compile_model(damaged.c_str(), 0, &compiled, &error), 3);
  EXPECT_EQ(compiled, nullptr);
  coreml_free_cstr(error);
}

TEST(Bridge, MessagesAreWellFormedUtf8) {
  void* handle = nullptr;
  const char* error = nullptr;
  EXPECT_EQ(coreml_load_model("gr\xfc\xdf"
                              "e\xe2\x82.mlmodel",
                              0, &handle, &error),
            2);
  const std::string words = taken(error);
  EXPECT_NE(words.find("gr\xEF\xBF\xBD\xEF\xBF\xBD"
                       "e"),
            std::string::npos)
      << words;
  EXPECT_NO_THROW(Json(words).dump()) << words;
}

TEST(Bridge, NullFreedAndForeignHandlesAreRefused) {
  const auto path = doubling("bridge_handles");
  const char* inputs = R"({"inputs":[{"name":"x","values":[1,2]}]})";
  const auto refused = [&](void* handle, std::string_view words) {
    const char *out = "", *error = nullptr;
    EXPECT_EQ(coreml_predict(handle, inputs, &out, 0, &error), 1);
    EXPECT_EQ(out, nullptr);
    EXPECT_NE(taken(error).find(words), std::string::npos);
    EXPECT_EQ(coreml_model_schema(handle, &out, &error), 1);
    EXPECT_NE(taken(error).find(words), std::string::npos);
    coreml_free_model(handle);
  };
  refused(nullptr, "NULL");
  int on_the_stack = 0;
  refused(&on_the_stack, "no model has this handle");
  refused(reinterpret_cast<void*>(1), "no model has this handle");
  refused(reinterpret_cast<void*>(UINTPTR_MAX), "no model has this handle");

  void* first = nullptr;
  ASSERT_EQ(coreml_load_model(path.c_str(), 0, &first, nullptr), 0);
  // Neighbours of a true handle.
  for (uint64_t bit = 0; bit < 64; ++bit)
    refused(reinterpret_cast<void*>(reinterpret_cast<uint64_t>(first) ^ uint64_t{1} << bit), "");
  coreml_free_model(first);
  refused(first, "was freed");
  void* second = nullptr;  // takes the slot of the first, under another handle
  ASSERT_EQ(coreml_load_model(path.c_str(), 0, &second, nullptr), 0);
  EXPECT_NE(first, second);
  refused(first, "was freed");
  const char* out = nullptr;
  EXPECT_EQ(coreml_predict(second, inputs, &out, 0, nullptr), 0);
  coreml_free_cstr(out);
  coreml_free_model(second);
}

TEST(Bridge, NullArgumentsAreRefused) {
  const Loaded model(doubling("bridge_null"));
  const char* out = nullptr;
  void* handle = nullptr;
  EXPECT_EQ(coreml_compile_model(nullptr, 0, &out, nullptr), 1);
  EXPECT_EQ(coreml_compile_model("x", 0, nullptr, nullptr), 1);
  EXPECT_EQ(coreml_load_model(nullptr, 0, &handle, nullptr), 1);
  EXPECT_EQ(coreml_load_model("x", 0, nullptr, nullptr), 1);
  EXPECT_EQ(coreml_model_schema(model.handle, nullptr, nullptr), 1);
  EXPECT_EQ(coreml_predict(model.handle, nullptr, &out, 0, nullptr), 1);
  EXPECT_EQ(coreml_predict(model.handle, "{}", nullptr, 0, nullptr), 1);
  coreml_free_model(nullptr);
  coreml_free_cstr(nullptr);
}

TEST(Bridge, OnlyItsOwnStringsAreFreed) {
  const Loaded model(doubling("bridge_strings"));
  char mine[] = "mine";
  coreml_free_cstr(mine);
  EXPECT_STREQ(mine, "mine");
  const char* text = nullptr;
  ASSERT_EQ(coreml_model_schema(model.handle, &text, nullptr), 0);
  coreml_free_cstr(text + 1);
  EXPECT_EQ(text[0], '{');
  coreml_free_cstr(text);
  coreml_free_cstr(text);
}

TEST(Bridge, MalformedJsonIsRefusedInWords) {
  const Loaded model(doubling("bridge_json"));
  const std::pair<const char*, const char*> cases[] = {
      {"", "cannot be read"},
      {"{", "cannot be read"},
      {"[]", "no JSON object"},
      {"{}", "needs 'inputs'"},
      {R"({"inputs":{}})", "needs 'inputs'"},
      {R"({"input":[]})", "unknown key 'input'"},
      {R"({"inputs":[1]})", "no JSON object"},
      {R"({"inputs":[{}]})", "no 'name'"},
      {R"({"inputs":[{"name":7,"values":[]}]})", "'name' is no text"},
      {R"({"inputs":[{"name":"x"}]})", "needs one of"},
      {R"({"inputs":[{"name":"x","values":[1,2],"sequence":[]}]})", "needs one of"},
      {R"({"inputs":[{"name":"x","values":[1,2],"shap":[2]}]})", "unknown key 'shap'"},
      {R"({"inputs":[{"name":"x","values":[1,2]},{"name":"x","values":[1,2]}]})", "twice"},
      {R"({"inputs":[{"name":"z","values":[1,2]}]})", "no input 'z'"},
      {R"({"inputs":[]})", "missing"},
      {R"({"inputs":[{"name":"x","values":[[1],[2,3]]}]})", "ragged"},
      {R"({"inputs":[{"name":"x","values":[1,null]}]})", "null"},
      {R"({"inputs":[{"name":"x","values":{"a":1}}]})", "expected a number"},
      {R"({"inputs":[{"name":"x","values":[1,"two"]}]})", "mixes"},
      {R"({"inputs":[{"name":"x","values":[1,2],"shape":[-2]}]})", "no size"},
      {R"({"inputs":[{"name":"x","values":[1,2],"shape":[9223372036854775807,9223372036854775807]}]})",
       "input 'x'"},
      {R"({"inputs":[{"name":"x","values":[1,2],"dtype":"fp33"}]})", "no dtype 'fp33'"},
      {R"({"inputs":[{"name":"x","values":["a","b"],"dtype":"string"}]})", "string"},
      {R"({"inputs":[{"name":"x","file":{}}]})", "needs a 'path'"},
      {R"({"inputs":[{"name":"x","file":{"path":"a\u0000b"}}]})", "zero byte"},
      {R"({"inputs":[{"name":"x","dictionary":{"a":1}}]})", "given a dictionary"},
      {R"({"inputs":[{"name":"x","sequence":[1,2]}]})", "given a list"},
      {R"({"inputs":[{"name":"x","values":[1,2]}],"options":{"speed":9}})", "unknown key 'speed'"},
      {R"({"inputs":[{"name":"x","values":[1,2]}],"options":{"files":{"q":{"path":"p"}}}})", "no output"},
      {R"({"inputs":[{"name":"x","values":[1,2]}],"options":{"state":{"name":"s"}}})", "keeps no state"},
  };
  for (const auto& [json, words] : cases) {
    const Answer answer = model.predict(json);
    EXPECT_EQ(answer.code, 1) << json << ": " << answer.error;
    EXPECT_NE(answer.error.find(words), std::string::npos) << json << ": " << answer.error;
  }
}

TEST(Bridge, HugeAndDeepJsonIsRefused) {
  const Loaded model(doubling("bridge_huge"));
  expect_refused(model.predict(std::string(100000, '[')), 1, "nested deeper");
  std::string many = R"({"inputs":[{"name":"x","values":[1)";
  for (size_t i = 0; i <= api::kMaxJsonValues; ++i) many += ",1";
  expect_refused(model.predict(many + "]}]}"), 1, "values");
  expect_refused(model.predict(std::string(api::kMaxJsonBytes + 1, ' ')), 1, "longer than");
}

TEST(Bridge, WrongShapesAndDtypesAreRefused) {
  const Loaded model(doubling("bridge_wrong", DType::kInt32));
  expect_refused(model.predict(R"({"inputs":[{"name":"x","values":[1,2,3]}]})"), 1, "given int64 [3]");
  expect_refused(model.predict(R"({"inputs":[{"name":"x","values":[1,2],"shape":[1,2]}]})"), 1,
                 "drop the leading dimension");
  expect_refused(model.predict(R"({"inputs":[{"name":"x","values":[1,2],"shape":[3]}]})"), 1, "reshape");
  expect_refused(model.predict(R"({"inputs":[{"name":"x","values":[1.5,2]}]})"), 1, "element 0 is 1.5");
  expect_refused(model.predict(R"({"inputs":[{"name":"x","values":[1,3000000000]}]})"), 1, "3000000000");
  expect_refused(model.predict(R"({"inputs":[{"name":"x","values":[1,300],"dtype":"uint8"}]})"), 1, "300");
  EXPECT_EQ(model.predict(R"({"inputs":[{"name":"x","values":[2.0,3.0]}]})").json()["outputs"][0]["values"],
            Json::array({4, 6}));
}

TEST(Bridge, NumbersThatJsonDoesNotKnow) {
  const Loaded model(doubling("bridge_nan", DType::kFloat32, {3}));
  const Answer answer = model.predict(R"({"inputs":[{"name":"x","values":["NaN","Infinity","-Infinity"]}]})");
  ASSERT_EQ(answer.code, 0) << answer.error;
  EXPECT_EQ(answer.json()["outputs"][0]["values"], Json::array({"NaN", "Infinity", "-Infinity"}));
}

TEST(Bridge, RawFilesBothWays) {
  const Loaded model(doubling("bridge_raw"));
  const auto folder = scratch_folder("bridge_raw_files");
  const float numbers[] = {9, 1.5, -2, 9};
  std::ofstream(folder / "in.raw", std::ios::binary)
      .write(reinterpret_cast<const char*>(numbers), sizeof numbers);
  std::ofstream(folder / "out.raw") << "before";
  Json request = {{"inputs",
                   {{{"name", "x"},
                     {"dtype", "float32"},
                     {"shape", {2}},
                     {"file", {{"path", folder / "in.raw"}, {"offset", 4}, {"length", 8}}}}}},
                  {"options", {{"files", {{"y", {{"path", folder / "out.raw"}, {"offset", 6}}}}}}}};
  const Answer answer = model.predict(request.dump());
  ASSERT_EQ(answer.code, 0) << answer.error;
  const Json file = answer.json()["outputs"][0]["file"];
  EXPECT_EQ(file, (Json{{"path", folder / "out.raw"},
                        {"format", "raw"},
                        {"offset", 6},
                        {"length", 8},
                        {"temporary", false}}));
  std::ifstream in(folder / "out.raw", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  ASSERT_EQ(bytes.size(), 14u);
  EXPECT_EQ(bytes.substr(0, 6), "before");
  float written[2];
  std::memcpy(written, bytes.data() + 6, 8);
  EXPECT_EQ(written[0], 3);
  EXPECT_EQ(written[1], -4);

  const auto with = [&](const char* key, const Json& value) {
    Json changed = request;
    changed["inputs"][0]["file"][key] = value;
    return model.predict(changed.dump());
  };
  expect_refused(with("offset", 12), 1, "bytes 12 to 20 of a file of 16");
  expect_refused(with("offset", UINT64_MAX), 1, "of a file of 16");
  expect_refused(with("length", 7), 1, "'length' is 7");
  expect_refused(with("format", "npy"), 1, "no file format");
  expect_refused(with("path", folder / "none"), 2, "none");
  expect_refused(with("path", folder), 1, "folder");
  request["options"]["files"]["y"]["path"] = "/dev/null";
  expect_refused(model.predict(request.dump()), 1, "device");
  request["options"]["files"]["y"]["path"] = folder / "no" / "folder";
  expect_refused(model.predict(request.dump()), 2, "open for writing");
}

TEST(Bridge, SafetensorsBothWays) {
  const Loaded model(doubling("bridge_st"));
  const auto folder = scratch_folder("bridge_st_files");
  WF_ASSERT_OK(
      write_safetensors(folder / "in.st", {{"other", f32({1}, {7})}, {"mine", f32({2}, {1.5, -2})}}));
  Json request = {
      {"inputs",
       {{{"name", "x"},
         {"file", {{"path", folder / "in.st"}, {"format", "safetensors"}, {"tensor", "mine"}}}}}},
      {"options", {{"files", {{"y", {{"path", folder / "out.st"}, {"format", "safetensors"}}}}}}}};
  ASSERT_EQ(model.predict(request.dump()).code, 0);
  WF_ASSERT_OK_AND_ASSIGN(const NamedTensors out, read_safetensors(folder / "out.st"));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].first, "y");
  expect_near(out[0].second, {2}, {3, -4});
  request["inputs"][0]["file"]["tensor"] = "none";
  expect_refused(model.predict(request.dump()), 1, "holds no tensor 'none'");
  request["inputs"][0]["file"].erase("tensor");
  expect_refused(model.predict(request.dump()), 1, "say which");
}

TEST(Bridge, LargeOutputsGoToTemporaryFiles) {
  const Loaded model(doubling("bridge_large"));
  const auto folder = scratch_folder("bridge_large_files");
  Json request = {{"inputs", {{{"name", "x"}, {"values", {1, 2}}}}},
                  {"options", {{"large", {{"bytes", 8}, {"folder", folder}}}}}};
  const Json output = model.predict(request.dump()).json()["outputs"][0];
  EXPECT_FALSE(output.contains("values"));
  EXPECT_EQ(output["file"]["temporary"], true);
  EXPECT_EQ(std::filesystem::file_size(output["file"]["path"].get<std::string>()), 8u);
  request["options"]["large"]["bytes"] = 9;
  EXPECT_EQ(model.predict(request.dump()).json()["outputs"][0]["values"], Json::array({2.0, 4.0}));
  request["options"]["large"] = {{"folder", folder / "none"}};
  expect_refused(model.predict(request.dump()), 2, "temporary file");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST(Bridge, PicturesAreReadAndResized) {
  const ModelFile file = make_file({image_feature("x", ColorLayout::kRgb, 2, 1)},
                                   {array_feature("y", DType::kFloat32, {1, 3, 1, 2})}, [](Builder& b) {
                                     const ValueId x =
                                         b.input("x", tensor_type(DType::kFloat32, {1, 3, 1, 2}));
                                     b.set_outputs({b.op("add", {{"x", x}, {"y", x}}, "y")});
                                   });
  const Loaded model(saved(file, "bridge_picture"));
  const auto folder = scratch_folder("bridge_picture_files");
  WF_ASSERT_OK(write_png(folder / "wide.png", of(DType::kUInt8, {2, 4, 3}, std::vector<double>(24, 10))));
  Json request = {{"inputs", {{{"name", "x"}, {"image", {{"path", folder / "wide.png"}}}}}}};
  expect_refused(model.predict(request.dump()), 1, "4 x 2 pixels");
  request["inputs"][0]["image"]["resize"] = true;
  const Answer answer = model.predict(request.dump());
  ASSERT_EQ(answer.code, 0) << answer.error;
  EXPECT_EQ(answer.json()["outputs"][0]["values"], Json(std::vector<double>(6, 20.0)));
  std::ofstream(folder / "no.png") << "no picture";
  request["inputs"][0]["image"]["path"] = folder / "no.png";
  EXPECT_EQ(model.predict(request.dump()).code, 1);
}

// s = s + x; y = s.
std::filesystem::path summing(std::string_view test) {
  Feature state;
  state.name = "s";
  state.type = StateFeature{{DType::kFloat16, {2}, {}, {}, {}}};
  ModelFile file = make_file(
      {array_feature("x", DType::kFloat16, {2})}, {array_feature("y", DType::kFloat16, {2})},
      [](Builder& b) {
        const ValueId x = b.input("x", tensor_type(DType::kFloat16, {2}));
        const ValueId s = b.input("s", StateType{{DType::kFloat16, Shape{2}}});
        const ValueId sum = b.op("add", {{"x", b.op("read_state", {{"input", s}})}, {"y", x}}, "y");
        b.op_list("write_state", {{"input", s}, {"data", sum}}, 0);
        b.set_outputs({sum});
      },
      Opset::kIos18);
  file.specification_version = 9;
  file.description.interface.states = {state};
  return saved(file, test);
}

TEST(Bridge, StatesAreKeptByName) {
  const Loaded model(summing("bridge_state"));
  ASSERT_NE(model.handle, nullptr);
  EXPECT_EQ(model.schema()["states"][0]["kind"], "state");
  const auto predict = [&](const Json& state) {
    Json request = {{"inputs", {{{"name", "x"}, {"values", {1, 2}}}}}};
    if (!state.is_null()) request["options"]["state"] = state;
    const Answer answer = model.predict(request.dump());
    EXPECT_EQ(answer.code, 0) << answer.error;
    return answer.code == 0 ? answer.json()["outputs"][0]["values"] : Json();
  };
  EXPECT_EQ(predict({{"name", "a"}}), Json::array({1.0, 2.0}));
  EXPECT_EQ(predict({{"name", "a"}}), Json::array({2.0, 4.0}));
  EXPECT_EQ(predict({{"name", "b"}}), Json::array({1.0, 2.0}));
  EXPECT_EQ(predict(nullptr), Json::array({1.0, 2.0}));
  EXPECT_EQ(predict(nullptr), Json::array({1.0, 2.0}));
  EXPECT_EQ(predict({{"name", "a"}, {"drop", true}}), Json::array({3.0, 6.0}));
  EXPECT_EQ(predict({{"name", "a"}}), Json::array({1.0, 2.0}));
  EXPECT_EQ(predict({{"name", "a"}, {"reset", true}}), Json::array({1.0, 2.0}));
}

TEST(Bridge, SixteenThreadsOnOneHandle) {
  const Loaded model(doubling("bridge_threads"));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const Json request = {{"inputs", {{{"name", "x"}, {"values", {t, i}}}}}};
        const Answer answer = model.predict(request.dump());
        if (answer.code != 0 || answer.json()["outputs"][0]["values"] != Json::array({2.0 * t, 2.0 * i}))
          ++wrong;
        if (model.predict("{").code != 1) ++wrong;
        if (model.schema()["inputs"].size() != 1) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Bridge, FreeingWhileOthersPredict) {
  const auto path = doubling("bridge_free");
  for (int round = 0; round < 8; ++round) {
    void* handle = nullptr;
    ASSERT_EQ(coreml_load_model(path.c_str(), 0, &handle, nullptr), 0);
    std::atomic<int> odd{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 10; ++i) {
          const char *out = nullptr, *error = nullptr;
          const int32_t code =
              coreml_predict(handle, R"({"inputs":[{"name":"x","values":[1,2]}]})", &out, 0, &error);
          if (code != 0 && code != 1) ++odd;
          coreml_free_cstr(out);
          coreml_free_cstr(error);
        }
      });
    }
    coreml_free_model(handle);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(odd, 0);
  }
}

#ifdef WINDFALL_STAGE_HOOK
const char* throwing_stage = nullptr;
int what_is_thrown = 0;

// The clock passes the deadline while the hook sleeps, so no machine is too slow or too fast for this.
TEST(Bridge, ThePredictionEndsWithItsTime) {
  const Loaded model(doubling("bridge_deadline"));
  const char* request = R"({"inputs":[{"name":"x","values":[1,2]}]})";
  for (const char* stage : {"marshal_in", "predict"}) {
    throwing_stage = stage;
    api::stage_hook = [](const char* entered) {
      if (std::strcmp(entered, throwing_stage) == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    };
    EXPECT_EQ(model.predict(request, 1).code, 5) << stage;
    api::stage_hook = nullptr;
    EXPECT_EQ(model.predict(request).code, 0);
  }
}

TEST(Bridge, ExceptionsInEveryStageBecomeCodes) {
  const auto path = doubling("bridge_throws");
  api::stage_hook = [](const char* stage) {
    if (!throwing_stage || std::strcmp(stage, throwing_stage) != 0) return;
    if (what_is_thrown == 0) throw std::runtime_error("boom");
    if (what_is_thrown == 1) throw std::bad_alloc();
    throw 7;
  };
  const std::pair<int32_t, const char*> expected[] = {
      {9, "boom"}, {6, "out of memory"}, {9, "no known type"}};
  for (what_is_thrown = 0; what_is_thrown < 3; ++what_is_thrown) {
    const auto [code, words] = expected[what_is_thrown];
    const char *out = nullptr, *error = nullptr;
    void* handle = nullptr;
    throwing_stage = "compile";
    EXPECT_EQ(coreml_compile_model(path.c_str(), 0, &out, &error), code);
    EXPECT_EQ(out, nullptr);
    EXPECT_NE(taken(error).find(words), std::string::npos);
    throwing_stage = "load";
    EXPECT_EQ(coreml_load_model(path.c_str(), 0, &handle, &error), code);
    EXPECT_EQ(handle, nullptr);
    EXPECT_NE(taken(error).find(words), std::string::npos);
    throwing_stage = nullptr;
    const Loaded model(path);
    throwing_stage = "schema";
    EXPECT_EQ(coreml_model_schema(model.handle, &out, &error), code);
    EXPECT_NE(taken(error).find(words), std::string::npos);
    for (const char* stage : {"marshal_in", "predict", "marshal_out"}) {
      throwing_stage = stage;
      expect_refused(model.predict(R"({"inputs":[{"name":"x","values":[1,2]}]})"), code, words);
    }
    throwing_stage = nullptr;
    EXPECT_EQ(model.predict(R"({"inputs":[{"name":"x","values":[1,2]}]})").code, 0);
  }
  api::stage_hook = nullptr;
}
#endif

}  // namespace
}  // namespace wf::test
