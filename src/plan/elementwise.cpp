#include "plan/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

namespace wf {
namespace {

using Code = ElementwiseCode;
using Registers = std::vector<uint8_t>;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

float number(const Call& call, std::string_view name) { return static_cast<float>(call.number(name)); }

struct Rule {
  std::vector<std::string_view> operands;
  uint8_t (*write)(const Call&, const Registers&, ElementwiseWriter&);
};

template <Code code>
uint8_t one(const Call&, const Registers& r, ElementwiseWriter& w) {
  return w.add(code, r[0]);
}
template <Code code>
uint8_t two(const Call&, const Registers& r, ElementwiseWriter& w) {
  return w.add(code, r[0], r[1]);
}
template <float (*function)(float)>
uint8_t scalar(const Call&, const Registers& r, ElementwiseWriter& w) {
  return w.add(function, r[0]);
}
template <float (*function)(float, float)>
uint8_t scalar2(const Call&, const Registers& r, ElementwiseWriter& w) {
  return w.add(function, r[0], r[1]);
}
template <Code code>
uint8_t with_epsilon(const Call& call, const Registers& r, ElementwiseWriter& w) {
  return w.add(code, r[0], 0, 0, number(call, "epsilon"));
}

float exp2_of(float x) { return std::exp2(x); }
float sin_of(float x) { return std::sin(x); }
float cos_of(float x) { return std::cos(x); }
float tan_of(float x) { return std::tan(x); }
float asin_of(float x) { return std::asin(x); }
float acos_of(float x) { return std::acos(x); }
float atan_of(float x) { return std::atan(x); }
float sinh_of(float x) { return std::sinh(x); }
float cosh_of(float x) { return std::cosh(x); }
float atanh_of(float x) { return std::atanh(x); }
float pow_of(float x, float y) { return std::pow(x, y); }

// As the reference's: exact remainders first, the sign of the divisor.
float modulo(float x, float y) {
  const float rest = std::fmod(x, y);
  if (rest == 0) return std::copysign(0.0F, y);
  return (rest < 0) != (y < 0) ? rest + y : rest;
}
float floor_divide(float x, float y) {
  if (y == 0) return x / y;
  const double rest = std::fmod(double{x}, double{y});
  const double quotient = (double{x} - rest) / double{y};
  return static_cast<float>(std::round(rest != 0 && (rest < 0) != (y < 0) ? quotient - 1 : quotient));
}

uint8_t clamp(ElementwiseWriter& w, uint8_t x, float low, float high) {
  return w.add(Code::kClamp, x, 0, 0, low, high);
}

uint8_t write_gelu(const Call& call, const Registers& r, ElementwiseWriter& w) {
  const std::string mode = call.text("mode");
  if (mode == "EXACT") return w.add(Code::kGelu, r[0]);
  if (mode == "TANH_APPROXIMATION") return w.add(Code::kGeluTanh, r[0]);
  const uint8_t gate = w.add(Code::kSigmoid, w.add(Code::kAffine, r[0], 0, 0, 1.702F, 0));
  return w.add(Code::kMul, r[0], gate);
}

uint8_t write_pow(const Call& call, const Registers& r, ElementwiseWriter& w) {
  const Tensor* y = call.tensor("y");
  if (y && y->size() == 1) {
    const double power = read_double(*y, 0);
    if (power == 1) return w.add(Code::kCopy, r[0]);
    if (power == 2) return w.add(Code::kSquare, r[0]);
    if (power == 3) return w.add(Code::kMul, r[0], w.add(Code::kSquare, r[0]));
  }
  return w.add(pow_of, r[0], r[1]);
}

uint8_t write_cast(const Call& call, const Registers& r, ElementwiseWriter& w) {
  const std::string to = call.text("dtype");
  if (to == "bool") return w.add(Code::kNot, w.add(Code::kNot, r[0]));
  if (to == "fp16") return w.add(Code::kHalf, r[0]);
  return w.add(Code::kCopy, r[0]);
}

const std::map<std::string_view, Rule>& rules() {
  static const std::map<std::string_view, Rule> table{
      {"add", {{"x", "y"}, two<Code::kAdd>}},
      {"sub", {{"x", "y"}, two<Code::kSub>}},
      {"mul", {{"x", "y"}, two<Code::kMul>}},
      {"real_div", {{"x", "y"}, two<Code::kDiv>}},
      {"maximum", {{"x", "y"}, two<Code::kMax>}},
      {"minimum", {{"x", "y"}, two<Code::kMin>}},
      {"pow", {{"x", "y"}, write_pow}},
      {"mod", {{"x", "y"}, scalar2<modulo>}},
      {"floor_div", {{"x", "y"}, scalar2<floor_divide>}},
      {"equal", {{"x", "y"}, two<Code::kEqual>}},
      {"not_equal", {{"x", "y"}, two<Code::kNotEqual>}},
      {"less", {{"x", "y"}, two<Code::kLess>}},
      {"less_equal", {{"x", "y"}, two<Code::kLessEqual>}},
      {"greater", {{"x", "y"}, two<Code::kGreater>}},
      {"greater_equal", {{"x", "y"}, two<Code::kGreaterEqual>}},
      {"logical_and", {{"x", "y"}, two<Code::kAnd>}},
      {"logical_or", {{"x", "y"}, two<Code::kOr>}},
      {"logical_xor", {{"x", "y"}, two<Code::kXor>}},
      {"logical_not", {{"x"}, one<Code::kNot>}},
      {"select",
       {{"cond", "a", "b"},
        [](const Call&, const Registers& r, ElementwiseWriter& w) {
          return w.add(Code::kSelect, r[0], r[1], r[2]);
        }}},
      {"abs", {{"x"}, one<Code::kAbs>}},
      {"ceil", {{"x"}, one<Code::kCeil>}},
      {"floor", {{"x"}, one<Code::kFloor>}},
      {"round", {{"x"}, one<Code::kRound>}},
      {"sign", {{"x"}, one<Code::kSign>}},
      {"square", {{"x"}, one<Code::kSquare>}},
      {"sqrt", {{"x"}, one<Code::kSqrt>}},
      {"exp", {{"x"}, one<Code::kExp>}},
      {"exp2", {{"x"}, scalar<exp2_of>}},
      {"erf", {{"x"}, one<Code::kErf>}},
      {"tanh", {{"x"}, one<Code::kTanh>}},
      {"sin", {{"x"}, scalar<sin_of>}},
      {"cos", {{"x"}, scalar<cos_of>}},
      {"tan", {{"x"}, scalar<tan_of>}},
      {"asin", {{"x"}, scalar<asin_of>}},
      {"acos", {{"x"}, scalar<acos_of>}},
      {"atan", {{"x"}, scalar<atan_of>}},
      {"sinh", {{"x"}, scalar<sinh_of>}},
      {"cosh", {{"x"}, scalar<cosh_of>}},
      {"atanh", {{"x"}, scalar<atanh_of>}},
      {"log", {{"x"}, with_epsilon<Code::kLog>}},
      {"rsqrt", {{"x"}, with_epsilon<Code::kRsqrt>}},
      {"inverse", {{"x"}, with_epsilon<Code::kInverse>}},
      {"sigmoid", {{"x"}, one<Code::kSigmoid>}},
      {"silu", {{"x"}, one<Code::kSilu>}},
      {"softplus", {{"x"}, one<Code::kSoftplus>}},
      {"gelu", {{"x"}, write_gelu}},
      {"cast", {{"x"}, write_cast}},
      {"identity", {{"x"}, one<Code::kCopy>}},
      {"relu",
       {{"x"},
        [](const Call&, const Registers& r, ElementwiseWriter& w) { return clamp(w, r[0], 0, kInfinity); }}},
      {"relu6",
       {{"x"}, [](const Call&, const Registers& r, ElementwiseWriter& w) { return clamp(w, r[0], 0, 6); }}},
      {"leaky_relu",
       {{"x"},
        [](const Call& call, const Registers& r, ElementwiseWriter& w) {
          return w.add(Code::kLeaky, r[0], 0, 0, number(call, "alpha"));
        }}},
      {"elu",
       {{"x"},
        [](const Call& call, const Registers& r, ElementwiseWriter& w) {
          return w.add(Code::kElu, r[0], 0, 0, number(call, "alpha"));
        }}},
      {"thresholded_relu",
       {{"x"},
        [](const Call& call, const Registers& r, ElementwiseWriter& w) {
          return w.add(Code::kThreshold, r[0], 0, 0, number(call, "alpha"));
        }}},
      {"linear_activation",
       {{"x"},
        [](const Call& call, const Registers& r, ElementwiseWriter& w) {
          return w.add(Code::kAffine, r[0], 0, 0, number(call, "alpha"), number(call, "beta"));
        }}},
      {"sigmoid_hard",
       {{"x"},
        [](const Call& call, const Registers& r, ElementwiseWriter& w) {
          return clamp(w, w.add(Code::kAffine, r[0], 0, 0, number(call, "alpha"), number(call, "beta")), 0,
                       1);
        }}},
      {"scaled_tanh",
       {{"x"},
        [](const Call& call, const Registers& r, ElementwiseWriter& w) {
          const uint8_t inner = w.add(Code::kTanh, w.add(Code::kAffine, r[0], 0, 0, number(call, "beta")));
          return w.add(Code::kAffine, inner, 0, 0, number(call, "alpha"));
        }}},
      {"clamped_relu",
       {{"x"},
        [](const Call& call, const Registers& r, ElementwiseWriter& w) {
          return clamp(w, w.add(Code::kLeaky, r[0], 0, 0, number(call, "alpha")), -kInfinity,
                       number(call, "beta"));
        }}},
      {"softsign",
       {{"x"},
        [](const Call&, const Registers& r, ElementwiseWriter& w) {
          const uint8_t below = w.add(Code::kAffine, w.add(Code::kAbs, r[0]), 0, 0, 1, 1);
          return w.add(Code::kDiv, r[0], below);
        }}},
      {"threshold",
       {{"x"},
        [](const Call& call, const Registers& r, ElementwiseWriter& w) {
          return clamp(w, r[0], number(call, "alpha"), kInfinity);
        }}},
      {"clip",
       {{"x"},
        [](const Call& call, const Registers& r, ElementwiseWriter& w) {
          return clamp(w, r[0], number(call, "alpha"), number(call, "beta"));
        }}},
  };
  return table;
}

bool fits_registers(const ValueType& type) {
  const TensorType* tensor = type.tensor();
  return tensor && (tensor->dtype == DType::kFloat32 || tensor->dtype == DType::kBool);
}

}  // namespace

uint8_t ElementwiseWriter::add(ElementwiseCode code, uint8_t a, uint8_t b, uint8_t c, float p, float q) {
  const auto out = static_cast<uint8_t>(program_.registers++);
  program_.code.push_back({code, out, a, b, c, p, q, nullptr, nullptr});
  return out;
}
uint8_t ElementwiseWriter::add(float (*function)(float), uint8_t a) {
  const uint8_t out = add(ElementwiseCode::kScalar, a);
  program_.code.back().function = function;
  return out;
}
uint8_t ElementwiseWriter::add(float (*function)(float, float), uint8_t a, uint8_t b) {
  const uint8_t out = add(ElementwiseCode::kScalar2, a, b);
  program_.code.back().function2 = function;
  return out;
}

std::vector<std::string_view> elementwise_operands(const Call& call) {
  const std::string_view op = call.op().type;
  const auto rule = rules().find(op);
  if (rule == rules().end()) return {};
  for (const std::string_view name : rule->second.operands) {
    const bool from_int = op == "cast" && call.dtype(name) == DType::kInt32;
    if (!fits_registers(call.type(name)) && !from_int) return {};
  }
  if (op == "cast") {
    const std::string to = call.text("dtype");
    // An integer becomes a float or a flag here; a float becomes an integer elsewhere.
    if (to != "fp32" && to != "fp16" && to != "bool") return {};
  }
  // Bounds that are not numbers, or crossed, are the reference's business.
  if (op == "clip" && !(call.number("alpha") <= call.number("beta"))) return {};
  if (op == "clamped_relu" && std::isnan(call.number("beta"))) return {};
  return rule->second.operands;
}

uint8_t write_elementwise(const Call& call, const std::vector<uint8_t>& operands, ElementwiseWriter& writer) {
  return rules().at(call.op().type).write(call, operands, writer);
}

}  // namespace wf
