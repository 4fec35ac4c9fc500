// Elementwise instructions against the C library, over ordinary and extreme values, on every instruction set.
#include <cmath>
#include <functional>
#include <limits>

#include "kernels/elementwise/program.h"
#include "support/support.h"

namespace wf::test {
namespace {

using Code = ElementwiseCode;

// Some thousand values: dense around 0, spread over all magnitudes, the special ones.
std::vector<float> probes() {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> values{0.0F,
                            -0.0F,
                            kInfinity,
                            -kInfinity,
                            std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::denorm_min(),
                            std::numeric_limits<float>::max(),
                            -std::numeric_limits<float>::max(),
                            88.7F,
                            88.8F,
                            -87.4F,
                            -103.9F,
                            -104.1F,
                            0.5F,
                            1.5F};
  for (int i = -2000; i <= 2000; ++i) values.push_back(static_cast<float>(i) * 0.01F);
  for (int e = -40; e <= 37; ++e) {
    values.push_back(static_cast<float>(std::pow(10.0, e) * 1.234));
    values.push_back(static_cast<float>(-std::pow(10.0, e) * 1.234));
  }
  return values;
}

std::vector<float> run(Isa isa, Code code, const std::vector<float>& x, float p = 0, float q = 0) {
  ElementwiseProgram program;
  program.operands = 1;
  program.registers = 2;
  program.code.push_back({code, 1, 0, 0, 0, p, q, nullptr, nullptr});
  std::vector<float> scratch(static_cast<size_t>(elementwise_scratch_floats(program))), out(x.size());
  const ElementwiseOperand operand{x.data(), DType::kFloat32, false};
  elementwise_function(isa)(program, &operand, static_cast<int64_t>(x.size()), out.data(), DType::kFloat32,
                            scratch.data());
  return out;
}

struct Unary {
  const char* name;
  Code code;
  double (*exact)(double);
  double relative;  // of the result
  double absolute;
};

constexpr double kMuch = std::numeric_limits<float>::max();

class UnaryFunction : public testing::TestWithParam<std::tuple<Isa, Unary>> {};

TEST_P(UnaryFunction, AgreesWithTheLibrary) {
  const auto [isa, unary] = GetParam();
  const std::vector<float> x = probes();
  const std::vector<float> y = run(isa, unary.code, x);
  for (size_t i = 0; i < x.size(); ++i) {
    const double exact = unary.exact(double{x[i]});
    const std::string where = std::string(unary.name) + "(" + std::to_string(x[i]) + ")";
    if (std::isnan(exact)) {
      EXPECT_TRUE(std::isnan(y[i])) << where << " is " << y[i];
    } else if (std::fabs(exact) > kMuch) {
      EXPECT_TRUE(std::isinf(y[i]) && std::signbit(y[i]) == std::signbit(exact)) << where << " is " << y[i];
    } else {
      EXPECT_NEAR(y[i], exact, unary.relative * std::fabs(exact) + unary.absolute) << where;
    }
  }
}

constexpr Unary kUnary[] = {
    {"exp", Code::kExp, [](double x) { return std::exp(x); }, 3e-7, 2e-38},
    {"log", Code::kLog, [](double x) { return std::log(x); }, 3e-7, 2e-7},
    {"erf", Code::kErf, [](double x) { return std::erf(x); }, 0, 4e-7},
    {"tanh", Code::kTanh, [](double x) { return std::tanh(x); }, 4e-7, 1e-38},
    {"sigmoid", Code::kSigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, 4e-7, 1e-37},
    {"silu", Code::kSilu, [](double x) { return x / (1 + std::exp(-x)); }, 5e-7, 1e-36},
    {"gelu", Code::kGelu, [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }, 4e-7, 2e-6},
    {"softplus", Code::kSoftplus,
     [](double x) { return std::isnan(x) ? x : std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); },
     4e-7, 2e-7},
    {"sqrt", Code::kSqrt, [](double x) { return std::sqrt(x); }, 1e-7, 0},
    {"floor", Code::kFloor, [](double x) { return std::floor(x); }, 0, 0},
    {"ceil", Code::kCeil, [](double x) { return std::ceil(x); }, 0, 0},
    {"round", Code::kRound, [](double x) { return std::nearbyint(x); }, 0, 0},
    {"abs", Code::kAbs, [](double x) { return std::fabs(x); }, 0, 0},
    {"sign", Code::kSign, [](double x) { return x > 0   ? 1.0
                                                : x < 0 ? -1.0
                                                        : x; }, 0, 0},
};

INSTANTIATE_TEST_SUITE_P(All, UnaryFunction,
                         testing::Combine(testing::ValuesIn(usable_isas().begin(), usable_isas().end()),
                                          testing::ValuesIn(kUnary)),
                         [](const auto& info) {
                           return std::string(name_of(std::get<0>(info.param))) + "_" +
                                  std::get<1>(info.param).name;
                         });

TEST(Elementwise, ClampKeepsNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Isa isa : usable_isas()) {
    const auto y = run(isa, Code::kClamp, {nan, -5, 5, 0.5F}, 0, 1);
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_EQ(y[1], 0);
    EXPECT_EQ(y[2], 1);
    EXPECT_EQ(y[3], 0.5F);
  }
}

// Every length around the width of vectors and of a run; operands that repeat; the output in an operand's
// place.
TEST(Elementwise, EveryLength) {
  for (const Isa isa : usable_isas()) {
    for (const int64_t count : {1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 511, 512, 513, 1500}) {
      std::vector<float> x(static_cast<size_t>(count)), y(x);
      for (int64_t i = 0; i < count; ++i) {
        x[static_cast<size_t>(i)] = static_cast<float>(i);
        y[static_cast<size_t>(i)] = static_cast<float>(i % 7);
      }
      const float three = 3;
      std::vector<uint8_t> flags(static_cast<size_t>(count));
      for (size_t i = 0; i < flags.size(); ++i) flags[i] = i % 3 == 0;
      ElementwiseProgram program;  // flag ? x * 3 + y : x
      program.operands = 4;
      program.registers = 7;
      program.code = {{Code::kMul, 4, 0, 2, 0, 0, 0, nullptr, nullptr},
                      {Code::kAdd, 5, 4, 1, 0, 0, 0, nullptr, nullptr},
                      {Code::kSelect, 6, 3, 5, 0, 0, 0, nullptr, nullptr}};
      std::vector<float> scratch(static_cast<size_t>(elementwise_scratch_floats(program)));
      const ElementwiseOperand operands[] = {{x.data(), DType::kFloat32, false},
                                             {y.data(), DType::kFloat32, false},
                                             {&three, DType::kFloat32, true},
                                             {flags.data(), DType::kBool, false}};
      elementwise_function(isa)(program, operands, count, x.data(), DType::kFloat32, scratch.data());
      for (int64_t i = 0; i < count; ++i) {
        const auto v = static_cast<float>(i);
        ASSERT_EQ(x[static_cast<size_t>(i)], i % 3 == 0 ? v * 3 + static_cast<float>(i % 7) : v)
            << name_of(isa) << ", element " << i << " of " << count;
      }
    }
  }
}

}  // namespace
}  // namespace wf::test
