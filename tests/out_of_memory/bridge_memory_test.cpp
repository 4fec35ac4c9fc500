// The C interfaces when memory runs out: operator new fails at its n-th call, for every n that a call makes.
// A binary of its own, because it replaces operator new.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "formats/save.h"
#include "runtime/models.h"
#include "windfall/coreml_bridge.h"
#include "windfall/windfall.h"

namespace {

thread_local int64_t allocations_left = -1;  // of this thread; -1: as many as it likes
thread_local bool fails_on = false;          // at the first that fails only, or at all that follow
std::atomic<int64_t> living{0};
std::atomic<int64_t> made{0};  // of any thread, freed or not

void* allocate(size_t size, size_t alignment) {
  if (allocations_left == 0) {
    if (!fails_on) allocations_left = -1;
    return nullptr;
  }
  if (allocations_left > 0) --allocations_left;
  void* memory = alignment > alignof(std::max_align_t)
                     ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                     : std::malloc(size ? size : 1);
  if (memory) ++living, ++made;
  return memory;
}
void* allocate_or_throw(size_t size, size_t alignment = 1) {
  if (void* memory = allocate(size, alignment)) return memory;
  throw std::bad_alloc();
}
void release(void* memory) {
  if (memory) --living;
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return allocate_or_throw(size); }
void* operator new[](size_t size) { return allocate_or_throw(size); }
void* operator new(size_t size, std::align_val_t align) { return allocate_or_throw(size, size_t(align)); }
void* operator new[](size_t size, std::align_val_t align) { return allocate_or_throw(size, size_t(align)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, size_t) noexcept { release(memory); }
void operator delete[](void* memory, size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { release(memory); }

namespace wf::test {
namespace {

std::filesystem::path doubling(std::string_view test) {
  const auto path = scratch_folder(test) / "model.mlpackage";
  const auto status = save_mlpackage(
      doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                    array_feature("y", DType::kFloat32, {2})),
      path);
  EXPECT_TRUE(status.ok()) << status.error().to_string();
  return path;
}

// One round of the below. `kept`: how many allocations may live after each call; nothing if that is not
// known.
void fail_every_allocation(const std::function<int32_t(const char** out_err)>& call, bool all_that_follow,
                           std::optional<int64_t> kept, bool every = true) {
  bool failed = true;
  for (int64_t n = 0; failed; n += every ? 1 : 1 + n / 64) {
    ASSERT_LT(n, 100000);
    const char* error = nullptr;
    fails_on = all_that_follow;
    allocations_left = n;
    const int32_t code = call(&error);
    failed = all_that_follow ? allocations_left == 0 : allocations_left == -1;
    allocations_left = -1;
    ASSERT_TRUE(failed || code == 0);
    if (code != 0) {
      ASSERT_EQ(code, 6) << "allocation " << n << ": " << (error ? error : "no words");
      ASSERT_NE(error, nullptr);
      ASSERT_NE(std::string_view(error).find("memory"), std::string_view::npos) << error;
    }
    coreml_free_cstr(error);
    if (kept) {
      ASSERT_LE(living, *kept) << "allocation " << n << ", code " << code;
    }
  }
}

// Runs `call` with the n-th allocation failing, and again with all from the n-th on, for every n until
// nothing fails any more. Each must end well or with words about memory, and leave nothing behind. `call`
// gets where to put its words and frees all it is given.
void with_every_allocation_failing(const std::function<int32_t(const char** out_err)>& call) {
  const char* first_error = nullptr;
  coreml_load_model("no such model", 0, nullptr, &first_error);
  coreml_free_cstr(first_error);
  // The first round makes what is kept for later calls: engines that stand in for one that failed, among
  // others.
  for (const bool all_that_follow : {false, true}) fail_every_allocation(call, all_that_follow, std::nullopt);
  ASSERT_EQ(call(nullptr), 0);
  const int64_t kept = living;
  for (const bool all_that_follow : {false, true}) fail_every_allocation(call, all_that_follow, kept);
  EXPECT_EQ(call(nullptr), 0);
  EXPECT_LE(living, kept);
}

// Into a cache that holds nothing (not every allocation: a compilation makes thousands, and waits for the
// disk), then out of it.
TEST(BridgeWithoutMemory, CompilesOrSaysSo) {
  const auto path = doubling("oom_compile");
  const std::string before = std::getenv("WINDFALL_CACHE_DIR") ? std::getenv("WINDFALL_CACHE_DIR") : "";
  ASSERT_EQ(::setenv("WINDFALL_CACHE_DIR", scratch_folder("oom_compile_cache").c_str(), 1), 0);
  const auto call = [&](const char** error) {
    const char* compiled = nullptr;
    const int32_t code = coreml_compile_model(path.c_str(), 0, &compiled, error);
    EXPECT_EQ(code == 0, compiled != nullptr);
    coreml_free_cstr(compiled);
    return code;
  };
  fail_every_allocation(call, /*all_that_follow=*/false, std::nullopt, /*every=*/false);
  // What is two seconds old is noted, once: those notes are kept.
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  with_every_allocation_failing(call);
  ::setenv("WINDFALL_CACHE_DIR", before.c_str(), 1);
}

TEST(BridgeWithoutMemory, LoadsOrSaysSo) {
  const auto path = doubling("oom_load");
  const auto call = [&](const char** error) {
    void* handle = nullptr;
    const int32_t code = coreml_load_model(path.c_str(), 0, &handle, error);
    EXPECT_EQ(code == 0, handle != nullptr);
    coreml_free_model(handle);
    return code;
  };
  with_every_allocation_failing(call);
}

TEST(BridgeWithoutMemory, DescribesAndPredictsOrSaysSo) {
  const auto path = doubling("oom_predict");
  void* handle = nullptr;
  ASSERT_EQ(coreml_load_model(path.c_str(), 0, &handle, nullptr), 0);
  const auto schema = [&](const char** error) {
    const char* json = nullptr;
    const int32_t code = coreml_model_schema(handle, &json, error);
    coreml_free_cstr(json);
    return code;
  };
  const auto folder = scratch_folder("oom_predict_files");
  const std::string request = R"({"inputs":[{"name":"x","dtype":"fp32","shape":[2],"values":[1,2]}],)"
                              R"("options":{"large":{"bytes":8,"folder":")" +
                              folder.string() + R"("}}})";
  const auto predict = [&](const char** error) {
    const char* json = nullptr;
    const int32_t code = coreml_predict(handle, request.c_str(), &json, 0, error);
    const int64_t left = std::exchange(allocations_left, -1);
    // The caller deletes the file he was told of; there is no other.
    const auto files = std::distance(std::filesystem::directory_iterator(folder), {});
    EXPECT_EQ(files, code == 0 ? 1 : 0);
    for (const auto& entry : std::filesystem::directory_iterator(folder)) std::filesystem::remove(entry);
    allocations_left = left;
    coreml_free_cstr(json);
    return code;
  };
  with_every_allocation_failing(schema);
  with_every_allocation_failing(predict);
  coreml_free_model(handle);
}

// Version 2, from loading to the output and back: whatever fails, everything is freed and the error is one
// about memory.
TEST(CInterfaceWithoutMemory, LoadsPredictsOrSaysSo) {
  const auto path = doubling("oom_c");
  const auto call = [&](const char** words) {
    windfall_model_t* model = nullptr;
    windfall_request_t* request = nullptr;
    windfall_tensor_t *x = nullptr, *y = nullptr, *out = nullptr;
    float in[] = {1, 2}, result[4] = {0, 0, 0, 0};
    const int64_t shape[] = {2}, gaps[] = {8};
    windfall_error_t* error = windfall_model_load(path.c_str(), nullptr, &model);
    if (!error) error = windfall_request_new(model, &request);
    if (!error) error = windfall_tensor_wrap(WINDFALL_FP32, 1, shape, nullptr, in, 8, nullptr, nullptr, &x);
    if (!error) error = windfall_tensor_wrap(WINDFALL_FP32, 1, shape, gaps, result, 16, nullptr, nullptr, &y);
    if (!error) error = windfall_request_set_input(request, "x", x);
    if (!error) error = windfall_request_run(request);
    if (!error) error = windfall_request_output(request, "y", &out);
    if (!error) error = windfall_request_set_output(request, "y", y);
    if (!error) error = windfall_request_run(request);
    EXPECT_EQ(result[2], error ? 0 : 4);
    const int32_t code = windfall_error_code(error);
    if (error && words && std::strstr(windfall_error_message(error), "memory")) *words = "memory";
    windfall_error_free(error);
    for (windfall_tensor_t* tensor : {x, y, out}) windfall_tensor_free(tensor);
    windfall_request_free(request);
    windfall_model_free(model);
    return code;
  };
  windfall_model_t* none = nullptr;
  windfall_error_free(windfall_model_load("no such model", nullptr, &none));  // makes the table of errors
  with_every_allocation_failing(call);
}

// What describes, converts and registers: the same; a layer that could not be registered is not released.
TEST(CInterfaceWithoutMemory, DescribesConvertsRegistersOrSaysSo) {
  const auto path = doubling("oom_c_describe");
  static int released;
  const auto call = [&](const char** words) {
    windfall_model_t* model = nullptr;
    windfall_tensor_t *x = nullptr, *narrow = nullptr, *same = nullptr;
    const int64_t shape[] = {2};
    windfall_model_info_t info{};
    info.struct_size = sizeof info;
    windfall_layer_t layer{};
    layer.struct_size = sizeof layer;
    layer.evaluate = [](void*, windfall_layer_call_t*) {};
    layer.output_shapes = layer.evaluate;
    layer.release = [](void*) { ++released; };
    windfall_error_t* error = windfall_model_describe(path.c_str(), nullptr, &model);
    if (!error) error = windfall_model_info(model, &info);
    if (!error) error = windfall_tensor_new(WINDFALL_FP32, 1, shape, &x);
    if (!error) error = windfall_tensor_convert(x, WINDFALL_FP16, &narrow);
    if (!error) error = windfall_tensor_convert(x, WINDFALL_FP32, &same);
    released = 0;
    if (!error) {
      error = windfall_layer_register("a class whose name is too long to be kept in place", &layer);
      const int registered = error ? 0 : 1;
      windfall_layer_forget("a class whose name is too long to be kept in place");
      EXPECT_EQ(released, registered);
    }
    const int32_t code = windfall_error_code(error);
    if (error && words && std::strstr(windfall_error_message(error), "memory")) *words = "memory";
    windfall_error_free(error);
    for (windfall_tensor_t* tensor : {x, narrow, same}) windfall_tensor_free(tensor);
    windfall_model_free(model);
    return code;
  };
  with_every_allocation_failing(call);
}

// A network of `rounds` rounds of the operations that networks are made of, on fp16.
std::filesystem::path deep_network(int rounds) {
  const Shape shape = {1, 24, 10, 12};
  const ModelFile file = make_file(
      {array_feature("x", DType::kFloat32, shape)}, {array_feature("y", DType::kFloat32, shape)},
      [&](Builder& b) {
        const auto weights = [](Shape sizes) {
          int64_t count = 1;
          for (const int64_t size : sizes) count *= size;
          std::vector<double> values;
          for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i % 11 - 5) / 64);
          return f16(std::move(sizes), std::move(values));
        };
        ValueId x = b.input("x", tensor_type(DType::kFloat32, shape));
        x = b.op("cast", {{"x", x}, {"dtype", "fp16"}});
        for (int i = 0; i < rounds; ++i) {
          const ValueId before = x;
          x = b.op("conv", {{"x", x}, {"weight", weights({24, 24, 3, 3})}, {"pad_type", "same"}});
          x = b.op(
              "conv",
              {{"x", x}, {"weight", weights({24, 1, 3, 3})}, {"pad_type", "same"}, {"groups", int64_t{24}}});
          x = b.op("silu", {{"x", x}});
          x = b.op("max_pool",
                   {{"x", x}, {"kernel_sizes", std::vector<int64_t>{3, 3}}, {"pad_type", "same"}});
          x = b.op("softmax", {{"x", x}, {"axis", int64_t{-1}}});
          x = b.op("linear", {{"x", x}, {"weight", weights({12, 12})}});
          x = b.op("layer_norm", {{"x", x}, {"axes", std::vector<int64_t>{-1}}});
          x = b.op("matmul", {{"x", x}, {"y", x}, {"transpose_y", true}});
          x = b.op("slice_by_index",
                   {{"x", b.op("concat", {{"values", std::vector{x, x}}, {"axis", int64_t{3}}})},
                    {"begin", std::vector<int64_t>{0, 0, 0, 4}},
                    {"end", std::vector<int64_t>{1, 24, 10, 16}}});
          x = b.op("transpose", {{"x", x}, {"perm", std::vector<int64_t>{0, 1, 3, 2}}});
          x = b.op("reshape", {{"x", x}, {"shape", std::vector<int64_t>{1, 24, 10, 12}}});
          x = b.op("add", {{"x", b.op("sub", {{"x", x},
                                              {"y", b.op("reduce_mean", {{"x", x},
                                                                         {"axes", std::vector<int64_t>{2, 3}},
                                                                         {"keep_dims", true}})}})},
                           {"y", before}});
        }
        b.set_outputs({b.op("cast", {{"x", x}, {"dtype", "fp32"}}, "y")});
      });
  const auto path = scratch_folder("steady_" + std::to_string(rounds)) / "model.mlpackage";
  EXPECT_TRUE(save_mlpackage(file, path).ok());
  return path;
}

// How often a prediction asks for memory once it has been made before.
int64_t allocations_of_a_prediction(const std::filesystem::path& path) {
  windfall_model_t* model = nullptr;
  windfall_request_t* request = nullptr;
  windfall_tensor_t *x = nullptr, *y = nullptr;
  const int64_t shape[] = {1, 24, 10, 12};
  for (windfall_error_t* error :
       {windfall_model_load(path.c_str(), nullptr, &model), windfall_request_new(model, &request),
        windfall_tensor_new(WINDFALL_FP32, 4, shape, &x), windfall_tensor_new(WINDFALL_FP32, 4, shape, &y),
        windfall_request_set_input(request, "x", x), windfall_request_set_output(request, "y", y),
        windfall_request_run(request), windfall_request_run(request)})
    EXPECT_EQ(error, nullptr) << windfall_error_message(error);
  const int64_t before = made;
  EXPECT_EQ(windfall_request_run(request), nullptr);
  const int64_t count = made - before;
  windfall_tensor_free(x);
  windfall_tensor_free(y);
  windfall_request_free(request);
  windfall_model_free(model);
  return count;
}

// What a call needs for its inputs and outputs does not depend on how much there is to compute: no operation
// asks for memory.
TEST(SteadyState, OperationsAllocateNothing) {
  const int64_t shallow = allocations_of_a_prediction(deep_network(1));
  EXPECT_EQ(allocations_of_a_prediction(deep_network(6)), shallow);
  EXPECT_LE(shallow, 40);
}

}  // namespace
}  // namespace wf::test
