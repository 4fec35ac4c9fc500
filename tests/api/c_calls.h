// What the tests of version 2 of the C interface share.
#pragma once

#include <string>
#include <vector>

#include "formats/save.h"
#include "runtime/models.h"
#include "windfall/windfall.h"

namespace wf::test {

inline std::filesystem::path saved(const ModelFile& file, std::string_view test) {
  const auto path = scratch_folder(test) / "model.mlpackage";
  const auto status = save_mlpackage(file, path);
  EXPECT_TRUE(status.ok()) << status.error().to_string();
  return path;
}

inline std::filesystem::path doubling(std::string_view test, DType dtype = DType::kFloat32,
                                      Shape shape = {2}) {
  return saved(doubling_file(array_feature("x", dtype, shape), tensor_type(dtype, shape),
                             array_feature("y", dtype, shape)),
               test);
}

// s = s + x; y = s.
inline std::filesystem::path summing(std::string_view test) {
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

struct Failure {
  int32_t code = 0;
  std::string message, hint;
};
inline Failure taken(windfall_error_t* error) {
  Failure failure{windfall_error_code(error), windfall_error_message(error), windfall_error_hint(error)};
  windfall_error_free(error);
  return failure;
}
inline void ok(windfall_error_t* error) {
  const Failure failure = taken(error);
  EXPECT_EQ(failure.code, 0) << failure.message;
}
inline void refused(windfall_error_t* error, int32_t code, std::string_view words) {
  const Failure failure = taken(error);
  EXPECT_EQ(failure.code, code) << failure.message;
  EXPECT_NE(failure.message.find(words), std::string::npos) << failure.message;
}

inline windfall_model_t* load(const std::filesystem::path& path,
                              const windfall_options_t* options = nullptr) {
  windfall_model_t* model = nullptr;
  ok(windfall_model_load(path.c_str(), options, &model));
  return model;
}
inline windfall_request_t* request_of(const windfall_model_t* model) {
  windfall_request_t* request = nullptr;
  ok(windfall_request_new(model, &request));
  return request;
}
template <class T>
windfall_tensor_t* wrap(int32_t dtype, std::vector<int64_t> shape, std::vector<T>& data,
                        const std::vector<int64_t>& strides = {}) {
  windfall_tensor_t* tensor = nullptr;
  ok(windfall_tensor_wrap(dtype, shape.size(), shape.data(), strides.empty() ? nullptr : strides.data(),
                          data.data(), data.size() * sizeof(T), nullptr, nullptr, &tensor));
  return tensor;
}
inline windfall_tensor_info_t info_of(const windfall_tensor_t* tensor) {
  windfall_tensor_info_t info;
  info.struct_size = sizeof info;
  ok(windfall_tensor_info(tensor, &info));
  return info;
}
template <class T>
std::vector<T> values_of(const windfall_tensor_t* tensor) {
  const windfall_tensor_info_t info = info_of(tensor);
  return {static_cast<T*>(info.data), static_cast<T*>(info.data) + info.count};
}

}  // namespace wf::test
