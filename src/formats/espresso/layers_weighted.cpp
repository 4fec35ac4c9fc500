// Layers with weights: convolution, deconvolution, inner_product, batchnorm, load_constant.
#include <fmt/format.h>

#include "formats/espresso/layer_context.h"

namespace wf {
namespace {

constexpr int64_t kExplicitPadding = 0, kSamePadding = 1, kValidPadding = 2;

void add_padding(EspressoLayerContext& context, Builder::ArgumentList& arguments) {
  const int64_t mode = context.integer("pad_mode", kExplicitPadding);
  const std::vector<int64_t> pads = {context.integer("pad_t", 0), context.integer("pad_b", 0),
                                     context.integer("pad_l", 0), context.integer("pad_r", 0)};
  if (mode == kExplicitPadding) {
    arguments.emplace_back("pad_type", "custom");
    arguments.emplace_back("pad", pads);
  } else if (mode == kSamePadding) {
    arguments.emplace_back("pad_type", "same");
  } else if (mode == kValidPadding) {
    arguments.emplace_back("pad_type", "valid");
  } else {
    context.refuse(fmt::format("pad_mode {}", mode));
  }
}

// C outputs, K inputs in all groups together, a kernel of Ny rows and Nx columns.
void lower_convolution(EspressoLayerContext& context, bool transposed) {
  context.expect_bottoms(1, 1);
  const ValueId x = context.nchw();
  const int64_t inputs = context.sizes(x)[1], outputs = context.size("C"),
                groups = context.size("n_groups", 1);
  const int64_t declared_inputs = context.size("K");
  const int64_t rows = context.size("Ny"), columns = context.size("Nx");
  if (context.builder().ok() &&
      (declared_inputs != inputs || inputs % groups != 0 || outputs % groups != 0)) {
    context.damaged(fmt::format("{} channels come in; K is {}, C {}, n_groups {}", inputs, declared_inputs,
                                outputs, groups));
  }
  if (context.integer("n_parallel", 1) != 1) context.refuse("n_parallel other than 1");
  const Shape shape = transposed ? Shape{inputs, outputs / groups, rows, columns}
                                 : Shape{outputs, inputs / groups, rows, columns};
  if (!context.builder().ok()) return;

  Builder::ArgumentList arguments = {{"x", x}, {"groups", groups}};
  arguments.emplace_back("weight", context.blob("blob_weights", shape));
  if (context.flag("has_biases")) arguments.emplace_back("bias", context.blob("blob_biases", {outputs}));
  arguments.emplace_back("strides",
                         std::vector<int64_t>{context.size("stride_y", 1), context.size("stride_x", 1)});
  add_padding(context, arguments);
  const ValueId y = context.op(transposed ? "conv_transpose" : "conv", arguments);
  context.set(context.activated(y, "fused_relu", "fused_tanh"));
}

}  // namespace

void lower_espresso_convolution(EspressoLayerContext& context) { lower_convolution(context, false); }

// Weights lie as [K, C / groups, Ny, Nx], as in the .mlmodel twin of a compiled network and in
// conv_transpose.
void lower_espresso_deconvolution(EspressoLayerContext& context) { lower_convolution(context, true); }

// nB inputs (all of k, h and w together), nC outputs.
void lower_espresso_inner_product(EspressoLayerContext& context) {
  context.expect_bottoms(1, 1);
  const ValueId x = context.nchw();
  const Shape sizes = context.sizes(x);
  const int64_t inputs = context.size("nB"), outputs = context.size("nC");
  if (context.builder().ok() && sizes[1] * sizes[2] * sizes[3] != inputs) {
    context.damaged(fmt::format("{} come in, nB is {}", to_string(sizes), inputs));
  }
  if (!context.builder().ok()) return;
  Builder::ArgumentList arguments = {{"x", context.reshape(x, {sizes[0], inputs})}};
  arguments.emplace_back("weight", context.blob("blob_weights", {outputs, inputs}));
  if (context.flag("has_biases")) arguments.emplace_back("bias", context.blob("blob_biases", {outputs}));
  const ValueId y = context.activated(context.op("linear", arguments), "has_relu", "has_tanh");
  context.set(context.reshape(y, {sizes[0], outputs, 1, 1}));
}

// Four numbers for each channel, side by side: gamma, beta, mean, variance. With training_instancenorm mean
// and variance are those of the input. A file without an epsilon means the default of neural networks.
void lower_espresso_batchnorm(EspressoLayerContext& context) {
  context.expect_bottoms(1, 1);
  const ValueId x = context.nchw();
  const int64_t channels = context.size("C");
  const Tensor packed = context.blob("blob_batchnorm_params", {channels, 4});
  if (!context.has("training_eps")) context.note("batchnorm layers name no epsilon: 1e-5 is taken");
  const double epsilon = context.number("training_eps", 1e-5);
  context.number("training_momentum", 0);
  context.flag("training");
  const bool instance_norm = context.flag("training_instancenorm");
  if (!context.builder().ok()) return;
  Tensor column[4];
  for (int64_t c = 0; c < 4; ++c) {
    auto made = Tensor::allocate(DType::kFloat32, {channels});
    if (!made) return context.builder().fail(std::move(made).error());
    for (int64_t i = 0; i < channels; ++i) made->store(i, packed.load<float>(i * 4 + c));
    column[c] = *std::move(made);
  }
  if (instance_norm) {
    context.set(context.op("instance_norm",
                           {{"x", x}, {"gamma", column[0]}, {"beta", column[1]}, {"epsilon", epsilon}}));
    return;
  }
  context.set(context.op("batch_norm", {{"x", x},
                                        {"gamma", column[0]},
                                        {"beta", column[1]},
                                        {"mean", column[2]},
                                        {"variance", column[3]},
                                        {"epsilon", epsilon}}));
}

void lower_espresso_load_constant(EspressoLayerContext& context) {
  context.expect_bottoms(0, 0);
  EspressoShape shape;
  shape.n = context.size("n", 1);
  shape.k = context.size("k", 1);
  shape.h = context.size("h", 1);
  shape.w = context.size("w", 1);
  const Tensor value = context.blob("constant_blob", espresso_sizes(shape));
  if (context.builder().ok()) context.set(context.builder().constant(value, context.layer().name));
}

}  // namespace wf
