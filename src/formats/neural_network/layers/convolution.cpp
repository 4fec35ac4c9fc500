// Convolutions and deconvolutions in two and three dimensions.
#include "formats/neural_network/padding.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;
using P2 = proto::ConvolutionLayerParams;
using P3 = proto::Convolution3DLayerParams;

// What both convolutions have in common once their fields are read.
struct Window {
  int64_t output_channels = 1, weight_channels = 1, groups = 1;
  std::vector<int64_t> kernel, stride, dilation;
  bool transposed = false;
  WindowPadding padding;
  Message weights, bias;  // absent: an input of the layer
  bool has_bias = false;
  std::vector<int64_t> output_size;  // of a deconvolution that says it
};

Shape weight_shape(const Window& w) {
  Shape shape = w.transposed ? Shape{w.weight_channels, w.output_channels / w.groups}
                             : Shape{w.output_channels, w.weight_channels};
  shape.insert(shape.end(), w.kernel.begin(), w.kernel.end());
  return shape;
}

// The second and third inputs, if there are any, are weights and bias.
Result<ValueId> convolve(LayerContext& c, const Window& w, ValueId x) {
  WF_CHECK(c.builder().status());
  if (w.output_channels % w.groups != 0) {
    return c.bad(fmt::format("{} output channels in {} groups", w.output_channels, w.groups));
  }
  const bool given = c.input_count() > 1;
  Builder::ArgumentList arguments = {
      {"x", x},
      {"weight", given ? c.input(1) : c.weights(w.weights, weight_shape(w), "weight", w.transposed ? 1 : 0)},
      {"strides", w.stride},
      {"dilations", w.dilation},
      {"groups", w.groups}};
  w.padding.add_to(arguments);
  if (c.input_count() > 2) {
    arguments.emplace_back("bias", c.reshape(c.input(2), {w.output_channels}));
  } else if (w.has_bias) {
    arguments.emplace_back("bias", c.weights(w.bias, {w.output_channels}, "bias"));
  }
  if (w.transposed && !w.output_size.empty()) {
    std::vector<int64_t> sizes = {c.dim(x, 0), w.output_channels};  // an unknown batch size fits any
    sizes.insert(sizes.end(), w.output_size.begin(), w.output_size.end());
    arguments.emplace_back("output_shape", sizes);
  }
  return c.op(w.transposed ? "conv_transpose" : "conv", arguments);
}

Status lower_convolution(LayerContext& c) {
  WF_CHECK(c.expect(1, 3));
  Window w;
  w.output_channels = c.size(c.params().u64(P2::kOutputChannels), "outputChannels");
  w.weight_channels = c.size(c.params().u64(P2::kKernelChannels), "kernelChannels");
  w.groups = c.size(c.params().u64(P2::kNGroups) == 0 ? 1 : c.params().u64(P2::kNGroups), "nGroups");
  w.kernel = c.sizes(P2::kKernelSize, 2, 3, "kernelSize");
  w.stride = c.sizes(P2::kStride, 2, 1, "stride");
  w.dilation = c.sizes(P2::kDilationFactor, 2, 1, "dilationFactor");
  w.transposed = c.params().flag(P2::kIsDeconvolution);
  w.padding = window_padding(c, P2::kValid, P2::kSame, 2);
  w.weights = c.params().message(P2::kWeights);
  w.bias = c.params().message(P2::kBias);
  w.has_bias = c.params().flag(P2::kHasBias);
  if (w.transposed && c.params().has(P2::kOutputShape))
    w.output_size = c.sizes(P2::kOutputShape, 2, 1, "outputShape");
  WF_TRY(const ValueId y, convolve(c, w, c.nchw()));
  c.set_nchw(y);
  return {};
}

Status lower_convolution_3d(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  if (c.rank() != 5) return c.bad(fmt::format("an input of rank {}, expected [N, C, D, H, W]", c.rank()));
  const auto triple = [&](uint32_t first, std::string_view what) {
    std::vector<int64_t> sizes;
    for (uint32_t i = 0; i < 3; ++i) {
      const uint64_t value = c.params().u64(first + i);
      sizes.push_back(c.size(value == 0 ? 1 : value, what));
    }
    return sizes;
  };
  Window w;
  w.output_channels = c.size(c.params().u64(P3::kOutputChannels), "outputChannels");
  w.groups = c.size(c.params().u64(P3::kNGroups) == 0 ? 1 : c.params().u64(P3::kNGroups), "nGroups");
  w.transposed = c.params().flag(P3::kIsDeconvolution);
  const int64_t input_channels = c.size(c.params().u64(P3::kInputChannels), "inputChannels");
  w.weight_channels = w.transposed ? input_channels : input_channels / w.groups;
  w.kernel = triple(P3::kKernelDepth, "kernel size");
  w.stride = triple(P3::kStrideDepth, "stride");
  w.dilation = triple(P3::kDilationDepth, "dilation");
  w.padding = volume_padding(c, P3::kPaddingType, P3::kCustomPaddingFront);
  w.weights = c.params().message(P3::kWeights);
  w.bias = c.params().message(P3::kBias);
  w.has_bias = c.params().flag(P3::kHasBias);
  if (w.transposed && c.params().has(P3::kOutputShape))
    w.output_size = c.sizes(P3::kOutputShape, 3, 1, "outputShape");
  WF_TRY(const ValueId y, convolve(c, w, c.input()));
  c.set(y);
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kConvolution, "convolution", lower_convolution},
    {L::kConvolution3d, "convolution3d", lower_convolution_3d},
};

}  // namespace

WF_LAYER_FILE(convolution, kDefs);
}  // namespace wf
