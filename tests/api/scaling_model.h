// A model with a custom layer, for the tests of both interfaces.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "formats/save.h"
#include "runtime/models.h"

namespace wf::test {

inline NamedConstant attribute(std::string name, Datum value) {
  ValueType type = type_of(value);
  return {std::move(name), {std::move(type), std::move(value), {}, {}}};
}

// y = Scale(x; factor = 3) on two fp32 numbers, as a file.
inline std::filesystem::path scaling_model(std::string_view test) {
  const ModelFile file = make_file(
      {array_feature("x", DType::kFloat32, {2})}, {array_feature("y", DType::kFloat32, {2})}, [](Builder& b) {
        const ValueId x = b.input("x", tensor_type(DType::kFloat32, {2}));
        b.set_outputs(b.op_with_attributes(
            "custom_layer", {{"x", x}, {"factor", 3.0}},
            {attribute("class_name", text("Api.Scale")), attribute("input_order", List{{Datum(text("x"))}}),
             attribute("parameters", List{{Datum(text("factor"))}})},
            {tensor_type(DType::kFloat32, {2})}, "y"));
      });
  const auto path = scratch_folder(test) / "scale.mlpackage";
  const auto status = save_mlpackage(file, path);
  EXPECT_TRUE(status.ok()) << status.error().to_string();
  return path;
}

}  // namespace wf::test
