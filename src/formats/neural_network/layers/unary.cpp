// Layers that apply one function to every element.
#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

template <OpName kOp>
Status lower_plain(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  c.set_held(c.op(kOp.text, {{"x", c.held()}}));
  return {};
}

// f(scale * x + shift)
Status lower_unary(LayerContext& c) {
  using U = proto::UnaryFunctionLayerParams;
  using F = U::Operation;
  WF_CHECK(c.expect(1, 1));
  // Zero means "not set" for scale (1) and epsilon (1e-6).
  const double scale = c.number(U::kScale) == 0 ? 1 : c.number(U::kScale);
  const double epsilon = c.number(U::kEpsilon) == 0 ? 1e-6 : c.number(U::kEpsilon);
  const double shift = c.number(U::kShift), alpha = c.number(U::kAlpha);
  ValueId x = c.held();
  if (scale != 1 || shift != 0) x = c.op("linear_activation", {{"x", x}, {"alpha", scale}, {"beta", shift}});
  const uint64_t function = c.params().u64(U::kType);
  switch (static_cast<F>(function)) {
    case F::kSqrt:
      c.set_held(c.op("sqrt", {{"x", x}}));
      return {};
    case F::kRsqrt:
      c.set_held(c.op("rsqrt", {{"x", x}, {"epsilon", epsilon}}));
      return {};
    case F::kInverse:
      c.set_held(c.op("inverse", {{"x", x}, {"epsilon", epsilon}}));
      return {};
    case F::kPower:
      c.set_held(c.op("pow", {{"x", x}, {"y", alpha}}));
      return {};
    case F::kExp:
      c.set_held(c.op("exp", {{"x", x}}));
      return {};
    case F::kLog:
      // Here it is added only if set: coremltools' tests want log(x + epsilon), the format's text knows none.
      c.set_held(c.op("log", {{"x", x}, {"epsilon", c.number(U::kEpsilon)}}));
      return {};
    case F::kAbs:
      c.set_held(c.op("abs", {{"x", x}}));
      return {};
    case F::kThreshold:
      c.set_held(c.op("threshold", {{"x", x}, {"alpha", alpha}}));
      return {};
  }
  return c.bad(fmt::format("function {} is not known", function));
}

Status lower_clip(LayerContext& c) {
  using P = proto::ClipLayerParams;
  WF_CHECK(c.expect(1, 1));
  const ValueId capped = c.op("minimum", {{"x", c.held()}, {"y", c.number(P::kMaxVal)}});
  c.set_held(c.op("maximum", {{"x", capped}, {"y", c.number(P::kMinVal)}}));
  return {};
}

// sign(x) * log(|x| + sqrt(x^2 + 1)), and near zero, where that cancels, atanh(x / sqrt(x^2 + 1)).
Status lower_asinh(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const ValueId x = c.held();
  const ValueId magnitude = c.op("abs", {{"x", x}});
  const ValueId root = c.op("sqrt", {{"x", c.op("add", {{"x", c.op("square", {{"x", x}})}, {"y", 1.0}})}});
  const ValueId sum = c.op("add", {{"x", magnitude}, {"y", root}});
  const ValueId far =
      c.op("mul", {{"x", c.op("sign", {{"x", x}})}, {"y", c.op("log", {{"x", sum}, {"epsilon", 0.0}})}});
  const ValueId near = c.op("atanh", {{"x", c.op("real_div", {{"x", x}, {"y", root}})}});
  c.set_held(
      c.op("select", {{"cond", c.op("less", {{"x", magnitude}, {"y", 1.0}})}, {"a", near}, {"b", far}}));
  return {};
}

// log(x + sqrt((x - 1) * (x + 1)))
Status lower_acosh(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const ValueId x = c.held();
  const ValueId below = c.op("sub", {{"x", x}, {"y", 1.0}});
  const ValueId above = c.op("add", {{"x", x}, {"y", 1.0}});
  const ValueId root = c.op("sqrt", {{"x", c.op("mul", {{"x", below}, {"y", above}})}});
  c.set_held(c.op("log", {{"x", c.op("add", {{"x", x}, {"y", root}})}, {"epsilon", 0.0}}));
  return {};
}

Status lower_logical_not(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  c.set_held(c.to_float(c.op("equal", {{"x", c.held()}, {"y", 0.0}})));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kUnary, "unary", lower_unary},
    {L::kClip, "clip", lower_clip},
    {L::kCeil, "ceil", lower_plain<"ceil">},
    {L::kFloor, "floor", lower_plain<"floor">},
    {L::kSign, "sign", lower_plain<"sign">},
    {L::kRound, "round", lower_plain<"round">},
    {L::kExp2, "exp2", lower_plain<"exp2">},
    {L::kSin, "sin", lower_plain<"sin">},
    {L::kCos, "cos", lower_plain<"cos">},
    {L::kTan, "tan", lower_plain<"tan">},
    {L::kAsin, "asin", lower_plain<"asin">},
    {L::kAcos, "acos", lower_plain<"acos">},
    {L::kAtan, "atan", lower_plain<"atan">},
    {L::kSinh, "sinh", lower_plain<"sinh">},
    {L::kCosh, "cosh", lower_plain<"cosh">},
    {L::kTanh, "tanh", lower_plain<"tanh">},
    {L::kAsinh, "asinh", lower_asinh},
    {L::kAcosh, "acosh", lower_acosh},
    {L::kAtanh, "atanh", lower_plain<"atanh">},
    {L::kErf, "erf", lower_plain<"erf">},
    {L::kLogicalNot, "logicalNot", lower_logical_not},
};

}  // namespace

WF_LAYER_FILE(unary, kDefs);
}  // namespace wf
