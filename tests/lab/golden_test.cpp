#include "lab/golden.h"

#include <cmath>

#include "lab/conditioning.h"
#include "lab/generate.h"
#include "lab/parity.h"
#include "runtime/models.h"
#include "tensor/npy.h"

namespace wf::test {
namespace {

// y = x / 3 for three halves or singles: exact in neither.
ModelFile third(DType dtype) {
  return make_file({array_feature("x", dtype, {3})}, {array_feature("y", dtype, {3})}, [dtype](Builder& b) {
    const ValueId x = b.input("x", tensor_type(dtype, {3}));
    const ValueId three = b.constant(of(dtype, {}, {3}));
    b.set_outputs({b.op("real_div", {{"x", x}, {"y", three}}, "y")});
  });
}

const Budget kTight{"tight", 1e-6, 1e-6};

GoldenCase case_of(std::vector<double> x, std::vector<double> y) {
  return {.description = "by hand",
          .inputs = {{"x", f32({3}, std::move(x))}},
          .outputs = {{"y", f32({3}, std::move(y))}},
          .winning_class = {}};
}

TEST(Golden, IsMetByTheRightNumbersAndMissedByWrongOnes) {
  WF_ASSERT_OK_AND_ASSIGN(Model model, prepared(third(DType::kFloat32)));
  Golden golden{"hand", {case_of({3, 6, 9}, {1, 2, 3}), case_of({3, 6, 9}, {1, 2, 3.1})}};
  WF_ASSERT_OK_AND_ASSIGN(GoldenReport report, check_golden(model, golden, kTight));
  ASSERT_EQ(report.cases.size(), 2u);
  EXPECT_TRUE(all_passed(report.cases[0]));
  EXPECT_FALSE(all_passed(report.cases[1]));
  EXPECT_FALSE(report.passed());
  EXPECT_NEAR(report.worst_rel(), 0.1 / 3.1, 1e-6);
}

TEST(Golden, SurvivesTheDisk) {
  WF_ASSERT_OK_AND_ASSIGN(Model model, prepared(third(DType::kFloat32)));
  const std::filesystem::path folder = scratch_folder("golden_disk");
  WF_ASSERT_OK(write_golden(folder, Golden{"hand", {case_of({3, 6, 9}, {1, 2, 3})}}));
  WF_ASSERT_OK_AND_ASSIGN(Golden read, read_golden(folder, model.interface()));
  EXPECT_EQ(read.oracle, "hand");
  ASSERT_EQ(read.cases.size(), 1u);
  EXPECT_EQ(read.cases[0].description, "by hand");
  expect_near(*read.cases[0].inputs[0].second.tensor(), {3}, {3, 6, 9});
  expect_near(*read.cases[0].outputs[0].second.tensor(), {3}, {1, 2, 3});
}

TEST(Golden, FilesThatLeaveTheFolderAndBrokenJsonAreRefused) {
  WF_ASSERT_OK_AND_ASSIGN(Model model, prepared(third(DType::kFloat32)));
  const std::filesystem::path folder = scratch_folder("golden_broken");
  WF_ASSERT_OK(write_npy(folder / ".." / "outside.npy", f32({3}, {1, 2, 3})));
  for (const char* text : {"", "[]", "{}", R"({"cases": 3})", R"({"cases": [{"inputs": {}}]})",
                           R"({"cases": [{"inputs": {"x": {"file": "../outside.npy"}}, "outputs": {}}]})",
                           R"({"cases": [{"inputs": {"x": {"file": "nowhere.npy"}}, "outputs": {}}]})"}) {
    WF_ASSERT_OK(write_file(folder / "golden.json", std::string_view(text)));
    EXPECT_FALSE(read_golden(folder, model.interface()).ok()) << text;
  }
}

TEST(Parity, FindsTheFirstValueWhoseErrorIsOverBudget) {
  const auto file = std::make_shared<const ModelFile>(third(DType::kFloat16));
  const Features inputs = {{"x", f16({3}, {1, 2, 4})}};
  ParityOptions options;
  options.budget = *find_budget("fp16");
  WF_ASSERT_OK_AND_ASSIGN(ParityReport within_budget, compare_engines(file, inputs, options));
  EXPECT_TRUE(within_budget.passed());
  EXPECT_FALSE(within_budget.first_parting.has_value());
  // 1/3 in fp16 is 0.33325195, off by 8.1e-5: 4/3 is the scale, and a third of it has the same relative
  // error.
  ASSERT_TRUE(within_budget.worst_value.has_value());
  EXPECT_NEAR(within_budget.worst_value->finding.comparison->max_rel, 2.44e-4, 1e-6);

  options.budget = kTight;
  WF_ASSERT_OK_AND_ASSIGN(ParityReport over, compare_engines(file, inputs, options));
  EXPECT_FALSE(over.passed());
  ASSERT_TRUE(over.first_parting.has_value());
  EXPECT_EQ(over.first_parting->finding.name, "y");
}

TEST(Conditioning, IsOneUlpForADivisionAndLargeForACancellation) {
  WF_ASSERT_OK_AND_ASSIGN(Model division, prepared(third(DType::kFloat32), "reference:exact"));
  WF_ASSERT_OK_AND_ASSIGN(const double small, effect_of_one_ulp(division, {{"x", f32({3}, {1, 1.5, 1.75})}}));
  EXPECT_GT(small, 0);
  EXPECT_LT(small, 0x1p-22);

  // (x - 1) of x = 1.0001: the difference 1e-4 moves by one ulp of 1, which is about 1e-3 of itself.
  ModelFile minus_one = make_file({array_feature("x", DType::kFloat32, {3})},
                                  {array_feature("y", DType::kFloat32, {3})}, [](Builder& b) {
                                    const ValueId x = b.input("x", tensor_type(DType::kFloat32, {3}));
                                    const ValueId one = b.constant(f32({}, {1}));
                                    b.set_outputs({b.op("sub", {{"x", x}, {"y", one}}, "y")});
                                  });
  WF_ASSERT_OK_AND_ASSIGN(Model cancelling, prepared(std::move(minus_one), "reference:exact"));
  WF_ASSERT_OK_AND_ASSIGN(const double large,
                          effect_of_one_ulp(cancelling, {{"x", f32({3}, {1.0001, 1.0001, 1.0001})}}));
  EXPECT_NEAR(large, 0x1p-23 / 1.0001e-4, 1e-4);
}

TEST(Generate, TheSameSeedGivesTheSameValues) {
  WF_ASSERT_OK_AND_ASSIGN(Model model, prepared(third(DType::kFloat32)));
  WF_ASSERT_OK_AND_ASSIGN(Features a, generate_inputs(model, 7));
  WF_ASSERT_OK_AND_ASSIGN(Features b, generate_inputs(model, 7));
  WF_ASSERT_OK_AND_ASSIGN(Features c, generate_inputs(model, 8));
  ASSERT_EQ(a.size(), 1u);
  EXPECT_EQ(a[0].first, "x");
  EXPECT_TRUE(same_bits(a[0].second, b[0].second));
  EXPECT_FALSE(same_bits(a[0].second, c[0].second));
}

}  // namespace
}  // namespace wf::test
