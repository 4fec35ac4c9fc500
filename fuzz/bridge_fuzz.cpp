// The C interface's version 1 under any sequence of calls: the first bytes choose calls and handles (true,
// freed, foreign), the rest is the JSON of predictions on a model of every kind of input.
#include <cstring>
#include <string>
#include <vector>

#include "formats/save.h"
#include "ops/builder.h"
#include "scratch.h"
#include "windfall/coreml_bridge.h"

namespace {

using namespace wf;  // NOLINT(google-build-using-namespace): a fuzz target

// y = x + x on two fp32 numbers, and an int32 input that is passed on.
std::string model_path() {
  Function function;
  function.name = "main";
  Builder builder(function);
  const ValueId x = builder.input("x", tensor_type(DType::kFloat32, {2}));
  const ValueId n = builder.input("n", tensor_type(DType::kInt32, {1, 2}));
  builder.set_outputs(
      {builder.op("add", {{"x", x}, {"y", x}}, "y"), builder.op("add", {{"x", n}, {"y", n}}, "m")});
  Program program;
  program.functions.push_back(std::move(function));
  ModelFile file;
  file.type = "mlProgram";
  file.specification_version = 7;
  const auto feature = [](std::string name, DType dtype, Shape shape) {
    Feature out;
    out.name = std::move(name);
    out.type = ArrayFeature{dtype, std::move(shape), {}, {}, {}};
    return out;
  };
  Feature optional = feature("n", DType::kInt32, {1, 2});
  optional.optional = true;
  file.description.interface.inputs = {feature("x", DType::kFloat32, {2}), optional};
  file.description.interface.outputs = {feature("y", DType::kFloat32, {2}),
                                        feature("m", DType::kInt32, {1, 2})};
  file.program = std::make_shared<const Program>(std::move(program));
  const auto path = fuzz::scratch_folder() / "bridge.mlpackage";
  if (!builder.ok() || !save_mlpackage(file, path)) std::abort();
  return path.string();
}

void check(int32_t code, const char* out, const char* error) {
  if ((code == 0) != (out != nullptr) || (code == 0) != (error == nullptr)) std::abort();
  if (code < 0 || code > 8) std::abort();  // 9 is a fault of ours
  coreml_free_cstr(out);
  coreml_free_cstr(error);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string path = model_path();
  if (size == 0) return 0;
  const size_t calls = std::min<size_t>(data[0] % 8, size - 1);
  const std::string json(reinterpret_cast<const char*>(data) + 1 + calls, size - 1 - calls);
  // Files that a fuzzer names could be anybody's; what reads them has targets of its own.
  if (json.find("path") != std::string::npos || json.find('\\') != std::string::npos ||
      json.find("folder") != std::string::npos || json.find("large") != std::string::npos)
    return 0;
  std::vector<void*> handles = {nullptr, reinterpret_cast<void*>(uintptr_t{1}), const_cast<uint8_t*>(data)};
  uint64_t any = 0;
  std::memcpy(&any, data, std::min<size_t>(size, sizeof any));
  handles.push_back(reinterpret_cast<void*>(any));
  static void* kept = [] {
    void* handle = nullptr;
    if (coreml_load_model(path.c_str(), 0, &handle, nullptr) != 0) std::abort();
    return handle;
  }();
  handles.push_back(kept);
  for (size_t i = 1; i <= calls; ++i) {
    void* handle = handles[(data[i] >> 3) % handles.size()];
    const char *out = nullptr, *error = nullptr;
    int32_t code = 0;
    switch (data[i] % 4) {
      case 0: {
        void* loaded = nullptr;
        if (coreml_load_model(path.c_str(), data[i] >> 6, &loaded, nullptr) == 0) handles.push_back(loaded);
        break;
      }
      case 1:
        if (handle != kept) coreml_free_model(handle);
        break;
      case 2:
        code = coreml_model_schema(handle, &out, &error);
        check(code, out, error);
        break;
      default:
        code = coreml_predict(handle, json.c_str(), &out, 2000, &error);
        check(code, out, error);
    }
  }
  const char *out = nullptr, *error = nullptr;
  const int32_t code = coreml_predict(kept, json.c_str(), &out, 2000, &error);
  check(code, out, error);
  for (size_t i = 5; i < handles.size(); ++i) coreml_free_model(handles[i]);
  return 0;
}
