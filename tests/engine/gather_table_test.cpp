// Rows picked from an fp16 table by small indices, as converters write embeddings: read where the table lies.
#include "engine/cpu/cpu_function.h"

#include <algorithm>

#include "ops/builder.h"
#include "support/support.h"

namespace wf::test {
namespace {

TEST(GatherTable, Int16IndicesPickRowsOfTheFile) {
  Program program;
  program.functions.emplace_back();
  program.functions[0].name = "main";
  program.functions[0].opset = Opset::kIos17;
  Builder b(program.functions[0]);
  std::vector<double> values(600 * 8);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 97) / 8;
  const ValueId x = b.input("x", tensor_type(DType::kInt32, {5}));
  const ValueId small = b.op("cast", {{"x", x}, {"dtype", "int16"}});
  const ValueId table = b.constant(f16({600, 8}, values), "table");
  b.set_outputs(
      {b.op("gather", {{"x", table}, {"indices", small}, {"axis", 0}, {"validate_indices", false}})});
  ASSERT_TRUE(b.ok()) << b.status().error().to_string();
  const auto shared = std::make_shared<const Program>(program);
  PlanOptions options;
  options.isa = default_isa();
  options.threads = shared_thread_pool().threads();
  WF_ASSERT_OK_AND_ASSIGN(const auto function, CpuFunction::prepare(shared, "", options));
  const auto planned = function->planned();
  ASSERT_TRUE(planned && planned->plan);
  EXPECT_TRUE(std::ranges::any_of(planned->plan->steps(),
                                  [](const Step& step) { return step.kernel == "rows of an fp16 table"; }));
  WF_ASSERT_OK_AND_ASSIGN(const auto reference, ReferenceFunction::prepare(shared, ""));
  const std::vector<Datum> inputs{i32({5}, {0, 599, 3, 300, 3})};
  WF_ASSERT_OK_AND_ASSIGN(const auto actual, function->run(inputs, {}));
  WF_ASSERT_OK_AND_ASSIGN(const auto expected, reference->run(inputs, {}));
  EXPECT_TRUE(same_bits(*actual[0].tensor(), *expected[0].tensor()));
}

}  // namespace
}  // namespace wf::test
