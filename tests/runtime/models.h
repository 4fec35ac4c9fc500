// Models built in memory, for the tests of this folder.
#pragma once

#include <cstdlib>
#include <functional>
#include <memory>

#include "ops/builder.h"
#include "runtime/model.h"
#include "support/support.h"

namespace wf::test {

inline Feature array_feature(std::string name, DType dtype, Shape shape) {
  Feature feature;
  feature.name = std::move(name);
  feature.type = ArrayFeature{dtype, std::move(shape), {}, {}, {}};
  return feature;
}
inline Feature image_feature(std::string name, ColorLayout layout, int64_t width, int64_t height) {
  Feature feature;
  feature.name = std::move(name);
  feature.type = ImageFeature{width, height, layout, {}, {}, {}};
  return feature;
}

inline Function make_function(std::string name, const std::function<void(Builder&)>& build,
                              Opset opset = Opset::kIos15) {
  Function function;
  function.name = std::move(name);
  function.opset = opset;
  Builder builder(function);
  build(builder);
  EXPECT_TRUE(builder.ok()) << builder.status().error().to_string();
  return function;
}

// An ML program with one function, "main".
inline ModelFile make_file(std::vector<Feature> inputs, std::vector<Feature> outputs,
                           const std::function<void(Builder&)>& build, Opset opset = Opset::kIos15) {
  Program program;
  program.functions.push_back(make_function("main", build, opset));
  ModelFile file;
  file.path = "test.mlpackage";
  file.container = ".mlpackage";
  file.type = "mlProgram";
  file.specification_version = 7;
  file.description.interface.inputs = std::move(inputs);
  file.description.interface.outputs = std::move(outputs);
  file.program = std::make_shared<const Program>(std::move(program));
  return file;
}

// y = x + x, of one array of each dtype and shape as described and as the program writes them.
inline ModelFile doubling_file(Feature input, ValueType type, Feature output) {
  return make_file({std::move(input)}, {std::move(output)}, [&](Builder& b) {
    const ValueId x = b.input("x", type);
    b.set_outputs({b.op("add", {{"x", x}, {"y", x}}, "y")});
  });
}

// The engine of a test that is about none: the reference, or what WINDFALL_ENGINE names where the tests run
// once more.
inline std::string any_engine() {
  const char* named = std::getenv("WINDFALL_ENGINE");
  return named && *named ? named : "reference";
}

// For tests of what only Windfall's own engines see, where the tests run once more over Core ML.
#define WF_OWN_ENGINES_ONLY(why) \
  if (::wf::test::any_engine() == "coreml") GTEST_SKIP() << "not with Core ML: " << (why)

inline Result<Model> prepared(ModelFile file, std::string engine = any_engine()) {
  LoadOptions options;
  options.engine = std::move(engine);
  return Model::prepare(std::make_shared<const ModelFile>(std::move(file)), options);
}

inline const Tensor& tensor_of(const Features& features, std::string_view name) {
  static const Tensor none;
  const Datum* value = find_feature(features, name);
  EXPECT_TRUE(value && value->tensor()) << name;
  return value && value->tensor() ? *value->tensor() : none;
}

template <class T>
void expect_error(const Result<T>& result, ErrorCode code, std::string_view words) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(name_of(result.error().code), name_of(code));
  EXPECT_NE(result.error().to_string().find(words), std::string::npos) << result.error().to_string();
}

}  // namespace wf::test
