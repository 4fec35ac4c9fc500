// Small packages written for a test.
#pragma once

#include <string>

#include "formats/save.h"
#include "program/text.h"
#include "runtime/models.h"
#include "support/support.h"

namespace wf::test {

inline std::filesystem::path save_program(const std::string& body, const std::string& type, Feature input,
                                          Feature output, const std::filesystem::path& path) {
  auto program =
      parse_text("program(1.3)\n{\n  func main<ios15>(" + type + " x) {\n" + body + "\n  } -> (y);\n}\n");
  if (!program) {
    ADD_FAILURE() << program.error().to_string();
    return {};
  }
  ModelFile file;
  file.type = "mlProgram";
  file.specification_version = 6;
  file.program = std::make_shared<const Program>(*std::move(program));
  file.description.interface.inputs.push_back(std::move(input));
  file.description.interface.outputs.push_back(std::move(output));
  const Status saved = save_mlpackage(file, path);
  if (!saved) ADD_FAILURE() << saved.error().to_string();
  return path;
}

// y = EXPRESSION for x, y: tensor<fp32, [2]>.
inline std::filesystem::path save_model_of(const std::string& expression,
                                           const std::filesystem::path& folder) {
  return save_program("    tensor<fp32, [2]> y = " + expression + "[name = string(\"y\")];",
                      "tensor<fp32, [2]>", array_feature("x", DType::kFloat32, {2}),
                      array_feature("y", DType::kFloat32, {2}), folder / "model.mlpackage");
}
inline std::filesystem::path save_doubling_model(const std::filesystem::path& folder) {
  return save_model_of("add(x = x, y = x)", folder);
}

// The mean brightness of a gray picture of this many pixels a side.
inline std::filesystem::path save_picture_model(const std::filesystem::path& folder, int64_t side) {
  const std::string size = std::to_string(side);
  return save_program(
      "    tensor<fp32, [1]> y = reduce_mean(x = x, axes = tensor<int32, [3]>([1, 2, 3]), keep_dims = "
      "bool(false))"
      "[name = string(\"y\")];",
      "tensor<fp32, [1, 1, " + size + ", " + size + "]>",
      image_feature("x", ColorLayout::kGrayscale, side, side), array_feature("y", DType::kFloat32, {1}),
      folder / "picture.mlpackage");
}

// Seconds of plain matrix products.
inline std::filesystem::path save_slow_model(const std::filesystem::path& folder) {
  std::string body;
  for (int i = 0; i < 40; ++i) {
    const std::string in = i == 0 ? "x" : "y" + std::to_string(i - 1),
                      out = i == 39 ? "y" : "y" + std::to_string(i);
    body += "    tensor<fp32, [400, 400]> " + out + " = matmul(x = " + in + ", y = x)[name = string(\"" +
            out + "\")];\n";
  }
  return save_program(body, "tensor<fp32, [400, 400]>", array_feature("x", DType::kFloat32, {400, 400}),
                      array_feature("y", DType::kFloat32, {400, 400}), folder / "slow.mlpackage");
}

}  // namespace wf::test
