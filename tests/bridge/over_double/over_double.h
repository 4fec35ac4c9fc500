// What the tests of the bridge over the double share: models on disk, values, and a clean double before and
// after.
#pragma once

#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bridge/apple/bridge.h"
#include "bridge/array_dtype.h"
#include "bridge/double/control.h"
#include "bridge/worker.h"
#include "formats/save.h"
#include "runtime/models.h"
#include "support/support.h"

namespace wf::test {

namespace fs = std::filesystem;
using apple_double::set_script;

struct Failure : wfa_failure {
  Failure() : wfa_failure{} {}
  ~Failure() { wfa_clear_failure(this); }
  std::string words() const { return text ? text : ""; }
  std::string advice() const { return hint ? hint : ""; }
};

// Waits for what another thread will do, and fails the test if it does not: generous, for slow machines.
inline bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// Every test starts with a double that does all right, and ends with nothing of it alive and no thread left.
class OverDouble : public testing::Test {
 protected:
  static void SetUpTestSuite() { apple_double::warm_up(); }
  void SetUp() override {
    apple_double::reset_script();
    folder_ = scratch_folder(std::string("bridge ünd ") +
                             testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
    set_script("compile.folder", folder_.string());
    before_ = apple_double::living_objects();
  }
  void TearDown() override {
    apple_double::release_hanging();
    EXPECT_TRUE(eventually([] { return bridge::Worker::living() == 0; }))
        << bridge::Worker::living() << " threads";
    EXPECT_TRUE(eventually([&] { return apple_double::living_objects() == before_; })) << leaked();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::string leaked() const {
    std::string out;
    for (const auto& [name, count] : apple_double::living_objects())
      out += name + ": " + std::to_string(count) + " ";
    return out;
  }

  // Saved as a package and compiled.
  std::string compiled(const ModelFile& file, const std::string& name = "model") {
    const fs::path package = folder_ / (name + ".mlpackage"), out = folder_ / (name + ".mlmodelc");
    const Status saved = save_mlpackage(file, package);
    EXPECT_TRUE(saved.ok()) << (saved ? "" : saved.error().to_string());
    Failure failure;
    EXPECT_EQ(wfa_compile(package.c_str(), out.c_str(), &failure), WFA_OK) << failure.words();
    return out.string();
  }
  // y = x + x
  std::string doubling(const Shape& shape, DType dtype = DType::kFloat32) {
    return compiled(doubling_file(array_feature("x", dtype, shape), tensor_type(dtype, shape),
                                  array_feature("y", dtype, shape)));
  }

  fs::path folder_;

 private:
  std::map<std::string, int64_t> before_;
};

// s += x; y = s
inline ModelFile counting_file() {
  ModelFile file = make_file(
      {array_feature("x", DType::kFloat16, {2})}, {array_feature("y", DType::kFloat16, {2})},
      [](Builder& b) {
        const ValueId x = b.input("x", tensor_type(DType::kFloat16, {2}));
        const ValueId s = b.input("s", StateType{TensorType{DType::kFloat16, Shape{2}}});
        const ValueId old = b.op("read_state", {{"input", s}});
        const ValueId sum = b.op("add", {{"x", old}, {"y", x}}, "y");
        b.op_list("write_state", {{"input", s}, {"data", sum}}, 0);
        b.set_outputs({sum});
      },
      Opset::kIos18);
  Feature state;
  state.name = "s";
  state.type = StateFeature{ArrayFeature{DType::kFloat16, {2}, {}, {}, {}}};
  file.description.interface.states = {state};
  file.specification_version = 9;
  return file;
}

struct ModelHandle {
  wfa_model* model = nullptr;
  explicit ModelHandle(const std::string& path, int units = 0) {
    wfa_load_options options;
    wfa_default_load_options(&options);
    options.compute_units = units;
    Failure failure;
    EXPECT_EQ(wfa_load(path.c_str(), &options, &model, &failure), WFA_OK) << failure.words();
  }
  ~ModelHandle() { wfa_free_model(model); }
  ModelHandle(const ModelHandle&) = delete;
};

struct StateHandle {
  wfa_state* state = nullptr;
  explicit StateHandle(wfa_model* model) {
    Failure failure;
    EXPECT_EQ(wfa_new_state(model, &state, &failure), WFA_OK) << failure.words();
  }
  ~StateHandle() { wfa_free_state(state); }
  StateHandle(const StateHandle&) = delete;
};

// An array in memory of its own, freed when the bridge says that nobody uses it; `released` counts that.
struct ArrayValue : wfa_value {
  ArrayValue(const char* name_in, const Tensor& tensor, std::vector<int64_t> strides_in = {})
      : wfa_value{}, sizes(tensor.shape()), steps(std::move(strides_in)) {
    name = name_in;
    kind = WFA_ARRAY;
    dtype = *bridge::apple_of_dtype(tensor.dtype());
    rank = sizes.size();
    shape = sizes.data();
    strides = steps.empty() ? nullptr : steps.data();
    bytes = static_cast<size_t>(tensor.byte_size());
    memory = new Memory{std::vector<std::byte>(tensor.bytes().begin(), tensor.bytes().end()), released};
    data = memory->bytes.data();
    context = memory;
    release = [](void* it) {
      auto* there = static_cast<Memory*>(it);
      ++*there->released;
      delete there;  // a second release, or a use that comes later, is caught by the sanitizer
    };
  }
  struct Memory {
    std::vector<std::byte> bytes;
    std::shared_ptr<int> released;
  };
  std::vector<int64_t> sizes, steps;
  std::shared_ptr<int> released = std::make_shared<int>(0);
  Memory* memory = nullptr;
};

struct ResultHandle {
  wfa_result* result = nullptr;
  ~ResultHandle() { wfa_free_result(result); }
  const wfa_value& operator[](size_t i) const { return *wfa_result_value(result, i); }
  Tensor tensor(size_t i = 0) const {
    const wfa_value& value = (*this)[i];
    EXPECT_EQ(value.kind, WFA_ARRAY);
    Tensor out =
        *Tensor::allocate(*bridge::dtype_of_apple(value.dtype), Shape(value.shape, value.shape + value.rank));
    EXPECT_EQ(static_cast<size_t>(out.byte_size()), value.bytes);
    if (value.bytes > 0) std::memcpy(out.mutable_bytes().data(), value.data, value.bytes);
    return out;
  }
};

inline int predict(wfa_model* model, std::vector<wfa_value> inputs, ResultHandle& out, Failure& failure,
                   wfa_state* state = nullptr, std::vector<wfa_value> backings = {},
                   std::vector<const char*> outputs = {}) {
  wfa_free_result(out.result);
  const wfa_request request = {inputs.data(),  inputs.size(),   outputs.data(),
                               outputs.size(), backings.data(), backings.size()};
  return wfa_predict(model, &request, state, &out.result, &failure);
}

}  // namespace wf::test
