// Small models that the format tests damage, save and read again.
#pragma once

#include <functional>
#include <string>

#include "formats/mlmodel/model_writer.h"
#include "formats/model_file.h"
#include "formats/own_scratch.h"
#include "program/text.h"
#include "support/support.h"

namespace wf::test {

// main: z = relu(x + w), with w of 16 elements, large enough for a weight file.
inline Program small_program() {
  auto program = parse_text(
      "program(1.3)\n{ func main<ios17>(tensor<fp32, [16]> x) {\n"
      "tensor<fp32, [16]> w = const()[name = string(\"w\"), "
      "val = tensor<fp32, [16]>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])];\n"
      "tensor<fp32, [16]> y = add(x = x, y = w)[name = string(\"sum\")];\n"
      "tensor<fp32, [16]> z = relu(x = y);\n} -> (z); }");
  EXPECT_TRUE(program.ok()) << program.error().to_string();
  return *std::move(program);
}

inline ModelFile model_of(Program program) {
  ModelFile file;
  file.type = "mlProgram";
  file.specification_version = 8;
  Feature feature;
  feature.name = "x";
  ArrayFeature array;
  array.shape = {16};
  feature.type = array;
  file.description.interface.inputs.push_back(feature);
  feature.name = "z";
  file.description.interface.outputs.push_back(feature);
  file.program = std::make_shared<const Program>(std::move(program));
  return file;
}

// The Model message, written without any of the checks that save_mlmodel makes.
inline std::string message_of(Program program) {
  auto message = write_model_message(model_of(std::move(program)), {});
  EXPECT_TRUE(message.ok());
  return std::string(message->text());
}

inline Result<ModelFile> read_bytes(const std::string& bytes, const ReadOptions& options = {}) {
  const auto path = own_scratch() / "model.mlmodel";
  WF_CHECK(write_file(path, bytes));
  return read_model_file(path, options);
}

// Place and message of the error, without file and hint.
template <class T>
std::string failure_of(const Result<T>& result) {
  if (result.ok()) return "no error";
  return (result.error().where.empty() ? "" : result.error().where + ": ") + result.error().message;
}

}  // namespace wf::test
