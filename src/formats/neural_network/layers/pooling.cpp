// Pooling in two and three dimensions, windowed and global.
#include "formats/neural_network/padding.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;
using P = proto::PoolingLayerParams;
using P3 = proto::Pooling3DLayerParams;

constexpr std::string_view kWindowed[] = {"max_pool", "avg_pool", "l2_pool"};
constexpr std::string_view kGlobal[] = {"reduce_max", "reduce_mean", "reduce_l2_norm"};

Status lower_pooling(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const uint64_t type = c.params().u64(P::kType);
  if (type >= std::size(kWindowed)) return c.bad(fmt::format("pooling type {} is not known", type));
  if (c.params().flag(P::kGlobalPooling)) {
    const std::vector<int64_t> plane = {-2, -1};
    c.set_held(c.op(kGlobal[type], {{"x", c.held()}, {"axes", plane}, {"keep_dims", true}}));
    return {};
  }
  const ValueId x = c.nchw();
  Builder::ArgumentList arguments = {{"x", x},
                                     {"kernel_sizes", c.sizes(P::kKernelSize, 2, 3, "kernelSize")},
                                     {"strides", c.sizes(P::kStride, 2, 1, "stride")}};
  if (c.params().has(P::kIncludeLastPixel)) {
    // The window may hang over the far edge; padding is the same on both sides of a dimension.
    std::vector<int64_t> pad;
    for (const uint64_t amount :
         c.params().message(P::kIncludeLastPixel).u64s(proto::ValidCompletePadding::kPaddingAmounts)) {
      const int64_t both = amount == 0 ? 0 : c.size(amount, "padding");
      pad.insert(pad.end(), {both, both});
    }
    if (pad.empty()) pad.assign(4, 0);
    if (pad.size() != 4) return c.bad(fmt::format("{} padding amounts, expected 2", pad.size() / 2));
    WindowPadding{"custom", pad}.add_to(arguments);
    arguments.emplace_back("ceil_mode", true);
  } else {
    window_padding(c, P::kValid, P::kSame, 2).add_to(arguments);
  }
  if (kWindowed[type] == "avg_pool") {
    arguments.emplace_back("exclude_padding_from_average", c.params().flag(P::kAvgPoolExcludePadding));
  }
  c.set_nchw(c.op(kWindowed[type], arguments));
  return {};
}

Status lower_pooling_3d(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const uint64_t type = c.params().u64(P3::kType);
  if (type > 1) return c.bad(fmt::format("pooling type {} is not known", type));
  const auto triple = [&](uint32_t first, std::string_view what) {
    std::vector<int64_t> sizes;
    for (uint32_t i = 0; i < 3; ++i) sizes.push_back(c.size(c.params().u64(first + i), what));
    return sizes;
  };
  Builder::ArgumentList arguments = {{"x", c.input()},
                                     {"kernel_sizes", triple(P3::kKernelDepth, "kernel size")},
                                     {"strides", triple(P3::kStrideDepth, "stride")}};
  volume_padding(c, P3::kPaddingType, P3::kCustomPaddingFront).add_to(arguments);
  if (type == 1)
    arguments.emplace_back("exclude_padding_from_average", c.params().flag(P3::kCountExcludePadding));
  c.set(c.op(kWindowed[type], arguments));
  return {};
}

Status lower_global_pooling_3d(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const uint64_t type = c.params().u64(proto::GlobalPooling3DLayerParams::kType);
  if (type > 1) return c.bad(fmt::format("pooling type {} is not known", type));
  const std::vector<int64_t> volume = {-3, -2, -1};
  c.set(c.op(kGlobal[type], {{"x", c.input()}, {"axes", volume}, {"keep_dims", true}}));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kPooling, "pooling", lower_pooling},
    {L::kPooling3d, "pooling3d", lower_pooling_3d},
    {L::kGlobalPooling3d, "globalPooling3d", lower_global_pooling_3d},
};

}  // namespace

WF_LAYER_FILE(pooling, kDefs);
}  // namespace wf
