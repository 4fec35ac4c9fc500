#include "formats/neural_network/activation.h"

#include "proto/neural_network_layers.h"

namespace wf {

Result<ValueId> apply_activation(LayerContext& context, const Message& activation, ValueId x) {
  using A = proto::ActivationParams;
  const uint32_t kind = activation.which({A::kLinear, A::kReLU, A::kLeakyReLU, A::kThresholdedReLU, A::kPReLU,
                                          A::kTanh, A::kScaledTanh, A::kSigmoid, A::kSigmoidHard, A::kELU,
                                          A::kSoftsign, A::kSoftplus, A::kParametricSoftplus});
  const Message params = activation.message(kind);
  // Every activation with scalars has alpha in field 1 and beta in field 2.
  const double alpha = params.f32(proto::ActivationLinear::kAlpha);
  const double beta = params.f32(proto::ActivationLinear::kBeta);
  switch (kind) {
    case A::kLinear:
      return context.op("linear_activation", {{"x", x}, {"alpha", alpha}, {"beta", beta}});
    case A::kReLU:
      return context.op("relu", {{"x", x}});
    case A::kLeakyReLU:
      return context.op("leaky_relu", {{"x", x}, {"alpha", alpha}});
    case A::kThresholdedReLU:
      return context.op("thresholded_relu", {{"x", x}, {"alpha", alpha}});
    case A::kTanh:
      return context.op("tanh", {{"x", x}});
    case A::kScaledTanh:
      return context.op("scaled_tanh", {{"x", x}, {"alpha", alpha}, {"beta", beta}});
    case A::kSigmoid:
      return context.op("sigmoid", {{"x", x}});
    case A::kSigmoidHard:
      return context.op("sigmoid_hard", {{"x", x}, {"alpha", alpha}, {"beta", beta}});
    case A::kELU:
      return context.op("elu", {{"x", x}, {"alpha", alpha}});
    case A::kSoftsign:
      return context.op("softsign", {{"x", x}});
    case A::kSoftplus:
      return context.op("softplus", {{"x", x}});
    case 0:
      return LayerContext::bad("names no activation");
    default:
      return LayerContext::bad("an activation with parameters per channel cannot be used inside this layer");
  }
}

}  // namespace wf
