#include "lab/compare/diagnosis.h"

#include <cmath>
#include <random>

#include "lab/compare/side_by_side.h"
#include "support/support.h"
#include "support/wrong_values.h"

namespace wf {
namespace {

using test::f16;
using test::f32;
using test::made_wrong;

Tensor noise(Shape shape, bool positive = false) {
  std::mt19937 random(7);
  const auto count = element_count(shape);
  std::vector<double> values(static_cast<size_t>(*count));
  for (double& value : values) {
    const double unit = static_cast<double>(random() % 100000) / 100000;
    value = positive ? unit + 0.01 : 2 * unit - 1;
  }
  return f32(std::move(shape), values);
}

Tensor probabilities(int64_t rows, int64_t classes) {
  const Tensor raw = noise({rows, classes}, true);
  std::vector<double> values = read_doubles(raw);
  for (int64_t r = 0; r < rows; ++r) {
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) sum += values[static_cast<size_t>(r * classes + c)];
    for (int64_t c = 0; c < classes; ++c) values[static_cast<size_t>(r * classes + c)] /= sum;
  }
  return f32({rows, classes}, values);
}

// The public report: the first two values of Python's output, and what another binding showed.
TEST(Diagnosis, PublicCaseOfNearZeroOutputs) {
  const auto [low, high] = as_two_halves(5.278993e-16f);
  EXPECT_NEAR(low, 0.031982422, 1e-8);
  EXPECT_NEAR(high, 0.023803711, 1e-8);
  const Tensor python = f32({2}, {0.031982422, 0.023803711});
  const Tensor other = f32({1}, {5.278993e-16});
  const Diagnosis diagnosis = diagnose(other, python);
  EXPECT_EQ(diagnosis.name, "half_read_as_float");
  EXPECT_NE(diagnosis.evidence.find("5.278993e-16, is the bytes of 0.0319824219 and 0.0238037109"),
            std::string::npos)
      << diagnosis.evidence;
}

TEST(Diagnosis, EachFaultHasItsName) {
  struct Case {
    const char* fault;
    const char* name;
    Tensor right;
  };
  const std::vector<Case> cases = {
      {"half_as_float", "half_read_as_float", noise({4, 50})},
      {"float_as_half", "float_read_as_half", noise({4, 50})},
      {"padding", "padding_as_data", noise({6, 50})},
      {"transposed", "transposed", noise({2, 5, 7})},
      {"byte_order", "byte_order", noise({4, 50})},
      {"channels", "channel_order", noise({1, 3, 4, 5})},
      {"no_softmax", "softmax_missing", probabilities(2, 10)},
      {"zeros", "near_zero", noise({4, 50})},
      {"nan", "nan", noise({4, 50})},
      {"shifted", "shifted", noise({40})},
      {"scaled", "not_normalised", noise({4, 50})},
      {"none", "same", noise({4, 50})},
  };
  for (const Case& each : cases) {
    const Diagnosis diagnosis = diagnose(made_wrong(each.right, each.fault), each.right);
    EXPECT_EQ(diagnosis.name, each.name) << each.fault << ": " << diagnosis.evidence;
    EXPECT_EQ(diagnosis.fix.empty(), diagnosis.name == "same") << each.fault;
  }
}

TEST(Diagnosis, WhatHasNoNameIsNotGivenOne) {
  const Tensor right = noise({4, 50});
  std::vector<double> values = read_doubles(right);
  for (size_t i = 0; i < values.size(); i += 2) values[i] = std::sin(1000.0 * static_cast<double>(i));
  EXPECT_EQ(diagnose(f32({4, 50}, values), right).name, "unexplained");
  values[3] = INFINITY;
  EXPECT_EQ(diagnose(f32({4, 50}, values), right).name, "infinite");
  // Small errors of fp16 are no fault.
  EXPECT_EQ(diagnose(*converted(right, DType::kFloat16), right).name, "same");
}

TEST(SideBySide, RecordingsByNameOrAlone) {
  const Tensor a = f32({2}, {1, 2}), b = f32({2}, {2, 1});
  EXPECT_TRUE(compare_recordings({{"x", a}}, {{"y", a}}, 1e-3).agree());
  const SideBySide sides = compare_recordings({{"x", a}, {"z", b}}, {{"x", a}, {"y", a}}, 1e-3);
  EXPECT_FALSE(sides.agree());
  EXPECT_EQ(sides.outputs.size(), 1u);
  EXPECT_EQ(sides.components[1].second, "absent");
  EXPECT_EQ(sides.components[2].first, "absent");
}

}  // namespace
}  // namespace wf
