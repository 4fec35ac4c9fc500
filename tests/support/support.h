// What the tests share.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ops/call.h"
#include "program/program.h"

namespace wf::test {

// The value, or a test failure that prints the error.
#define WF_ASSERT_OK_AND_ASSIGN(declaration, expression)                                              \
  auto WF_CONCAT(wf_tmp_, __LINE__) = (expression);                                                   \
  ASSERT_TRUE(WF_CONCAT(wf_tmp_, __LINE__).ok()) << WF_CONCAT(wf_tmp_, __LINE__).error().to_string(); \
  declaration = *std::move(WF_CONCAT(wf_tmp_, __LINE__))
#define WF_ASSERT_OK(expression)                                          \
  do {                                                                    \
    auto wf_tmp_status = (expression);                                    \
    ASSERT_TRUE(wf_tmp_status.ok()) << wf_tmp_status.error().to_string(); \
  } while (false)

// Tensors in one line: f32({2, 2}, {1, 2, 3, 4}).
Tensor f16(Shape shape, std::vector<double> values);
Tensor f32(Shape shape, std::vector<double> values);
Tensor i32(Shape shape, std::vector<int64_t> values);
Tensor bools(Shape shape, std::vector<int64_t> values);
Tensor of(DType dtype, Shape shape, std::vector<double> values);
Tensor text(std::string value);
inline Tensor flag(bool value) { return bools({}, {value}); }
inline Tensor integer(int64_t value) { return i32({}, {value}); }
inline Tensor ints(std::vector<int64_t> values) {
  const auto count = static_cast<int64_t>(values.size());
  return i32({count}, std::move(values));
}
inline Tensor number(double value) { return f32({}, {value}); }

// 0, 1, 2, ... as fp32.
Tensor iota(Shape shape);

struct NamedInput {
  std::string name;
  std::vector<Datum> values;
  NamedInput(std::string n, Datum v) : name(std::move(n)), values{std::move(v)} {}
  NamedInput(std::string n, Tensor v) : name(std::move(n)), values{Datum(std::move(v))} {}
  NamedInput(std::string n, std::vector<Datum> v) : name(std::move(n)), values(std::move(v)) {}
};

// Evaluates one operation on the reference, every argument a constant of the given type.
Result<std::vector<Datum>> run_op(std::string_view type, std::vector<NamedInput> inputs, size_t outputs = 1,
                                  Opset opset = Opset::kIos15, Reading reading = Reading::kTyped);

// The first output as a tensor; fails the test if the operation failed.
Tensor run_op1(std::string_view type, std::vector<NamedInput> inputs, Opset opset = Opset::kIos15);

// Fails the test unless `result` is an error whose text holds `part`.
template <class T>
void expect_error(const Result<T>& result, std::string_view part) {
  ASSERT_FALSE(result.ok()) << "expected an error that says '" << part << "'";
  EXPECT_NE(result.error().to_string().find(part), std::string::npos) << result.error().to_string();
}

// Same shape, and every element within `tolerance` (absolute + relative) of the expected value; NaN equals
// NaN.
void expect_near(const Tensor& actual, const Shape& shape, const std::vector<double>& expected,
                 double tolerance = 1e-6);

// The checkout and the build folder the tests were built from.
std::filesystem::path source_folder();
std::filesystem::path build_folder();
// A fresh folder for one test, below the build folder; removed first if it is there.
std::filesystem::path scratch_folder(std::string_view name);
// The folder that the environment variable WINDFALL_CORPUS names, else ../shared/corpus beside the project;
// an empty path if there is none: tests that need it skip with a clear word.
std::filesystem::path corpus_folder();

}  // namespace wf::test
