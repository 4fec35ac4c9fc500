#include "lab/model_facts.h"

#include "support/support.h"

namespace wf::test {
namespace {

// A function of one relu whose value has this type.
ModelFile model_with(DType dtype) {
  auto program = std::make_shared<Program>();
  Function function;
  function.name = "main";
  const ValueId x = function.add_value("x", tensor_type(dtype, {2}));
  const ValueId y = function.add_value("y", tensor_type(dtype, {2}));
  function.inputs = {x};
  Op op;
  op.type = "relu";
  op.inputs.push_back({"x", {x}});
  op.outputs = {y};
  function.body.ops.push_back(std::move(op));
  function.body.outputs = {y};
  program->functions.push_back(std::move(function));
  ModelFile file;
  file.type = "mlProgram";
  file.specification_version = 6;
  file.program = std::move(program);
  return file;
}

TEST(ModelFacts, PrecisionIsThatOfTheComputedValues) {
  EXPECT_EQ(facts_of(model_with(DType::kFloat32)).precision, "fp32");
  EXPECT_EQ(facts_of(model_with(DType::kFloat32)).budget, "fp32");
  EXPECT_EQ(facts_of(model_with(DType::kFloat16)).precision, "fp16");
  EXPECT_EQ(facts_of(model_with(DType::kFloat16)).budget, "fp16");
}

TEST(ModelFacts, CountsOperationsAndNamesTheOldestSystem) {
  const ModelFacts facts = facts_of(model_with(DType::kFloat32));
  ASSERT_EQ(facts.operations.size(), 1u);
  EXPECT_EQ(facts.operations[0], (std::pair<std::string, int64_t>{"relu", 1}));
  EXPECT_NE(facts.oldest_os.find("iOS 15"), std::string::npos);
  EXPECT_NE(facts.oldest_os.find("macOS 12"), std::string::npos);
  EXPECT_EQ(oldest_os_of(99), "");
}

}  // namespace
}  // namespace wf::test
