// depth_to_space, space_to_depth, pixel_shuffle, pixel_unshuffle: blocks of pixels exchanged for channels.
#include <fmt/format.h>

#include "ops/movement.h"
#include "ops/windows.h"

namespace wf {
namespace {

constexpr Param kBlockParams[] = {Param("x").of(kFloats), Param("block_size").ints().constant()};
constexpr Param kShuffleParams[] = {Param("x").of(kFloats), Param("upscale_factor").ints().constant()};
constexpr Param kUnshuffleParams[] = {Param("x").of(kFloats), Param("downscale_factor").ints().constant()};
constexpr std::string_view kToSpaceSamples[] = {"x=T[2,12,2,3] block_size=2", "x=T[1,9,1,2] block_size=3",
                                                "x=T[0,4,1,1] block_size=2"};
constexpr std::string_view kToDepthSamples[] = {"x=T[2,3,4,6] block_size=2", "x=T[1,1,3,6] block_size=3",
                                                "x=T[1,2,5,3] block_size=1"};
constexpr std::string_view kShuffleSamples[] = {
    "x=T[2,12,2,3] upscale_factor=2", "x=T[1,9,1,2] upscale_factor=3", "x=T[1,2,5,3] upscale_factor=1"};
constexpr std::string_view kUnshuffleSamples[] = {"x=T[2,3,4,6] downscale_factor=uint32:2",
                                                  "x=T[1,1,3,6] downscale_factor=uint32:3"};

Result<int64_t> block_of(const Call& call, std::string_view name) {
  const Shape& x = call.shape("x");
  if (x.size() != 4)
    return call.error(fmt::format("x is {}, expected [n, channels, height, width]", to_string(x)));
  const int64_t block = call.integer(name);
  if (block < 1 || block > 1 << 15)
    return call.error(fmt::format("'{}' is {}, expected 1 to {}", name, block, 1 << 15));
  for (const int64_t size : x) {
    if (size > kMaxSpatialSize) return call.error(fmt::format("x is {}: too large", to_string(x)));
  }
  return block;
}

int64_t times(int64_t size, int64_t factor) { return size == kUnknownSize ? size : size * factor; }
int64_t over(int64_t size, int64_t factor) { return size == kUnknownSize ? size : size / factor; }
bool divides(int64_t factor, int64_t size) { return size == kUnknownSize || size % factor == 0; }

Result<std::vector<ValueType>> infer_to_space(const Call& call, std::string_view name) {
  WF_TRY(const int64_t block, block_of(call, name));
  const Shape& x = call.shape("x");
  if (!divides(block * block, x[1])) {
    return call.error(fmt::format("{} channels do not divide by {} x {}", x[1], block, block));
  }
  return std::vector<ValueType>{tensor_type(
      call.dtype("x"), {x[0], over(x[1], block * block), times(x[2], block), times(x[3], block)})};
}

Result<std::vector<ValueType>> infer_to_depth(const Call& call, std::string_view name) {
  WF_TRY(const int64_t block, block_of(call, name));
  const Shape& x = call.shape("x");
  if (!divides(block, x[2]) || !divides(block, x[3])) {
    return call.error(fmt::format("{} x {} pixels do not divide into blocks of {}", x[2], x[3], block));
  }
  return std::vector<ValueType>{
      tensor_type(call.dtype("x"), {x[0], times(x[1], block * block), over(x[2], block), over(x[3], block)})};
}

// Which of a deep channel's factors is outermost: the place in the block, or the shallow channel.
enum class Order : uint8_t { kBlockFirst, kChannelFirst };

// One index space for both tensors, [n, channel, block row, block column, row, column]: the shallow tensor
// [n, C, H b, W b] has the block's places among its pixels, the deep one [n, C b b, H, W] among its channels.
Status rearrange(Evaluation& eval, std::string_view block_name, Order order, bool to_deep) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  if (out.size() > 0) {
    const int64_t b = eval.integer(block_name);
    const Shape& shallow = to_deep ? x.shape() : out.shape();
    const Shape& deep = to_deep ? out.shape() : x.shape();
    const int64_t n = deep[0], channels = shallow[1], height = deep[2], width = deep[3],
                  plane = height * width;
    const int64_t channel_step = order == Order::kChannelFirst ? b * b * plane : plane;
    const int64_t block_step = order == Order::kChannelFirst ? plane : channels * plane;
    const Shape sizes{n, channels, b, b, height, width};
    const Layout in_deep{0, {deep[1] * plane, channel_step, b * block_step, block_step, width, 1}};
    const Layout in_shallow{0, {channels * b * b * plane, b * b * plane, b * width, 1, b * b * width, b}};
    copy_elements(sizes, x, to_deep ? in_shallow : in_deep, out, to_deep ? in_deep : in_shallow);
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {
    {.name = "depth_to_space",
     .params = kBlockParams,
     .infer = [](const Call& call) { return infer_to_space(call, "block_size"); },
     .reference = [](Evaluation& eval) { return rearrange(eval, "block_size", Order::kBlockFirst, false); },
     .samples = kToSpaceSamples,
     .doc = "[n, b b C, H, W] to [n, C, H b, W b]: input channel (i b + j) C + c is the pixel (i, j) of each "
            "block of "
            "channel c. Source: MIL, iOS15 tensor transformation."},
    {.name = "space_to_depth",
     .params = kBlockParams,
     .infer = [](const Call& call) { return infer_to_depth(call, "block_size"); },
     .reference = [](Evaluation& eval) { return rearrange(eval, "block_size", Order::kBlockFirst, true); },
     .samples = kToDepthSamples,
     .doc = "[n, C, H b, W b] to [n, b b C, H, W], the inverse of depth_to_space. Source: MIL, iOS15 tensor "
            "transformation."},
    {.name = "pixel_shuffle",
     .params = kShuffleParams,
     .infer = [](const Call& call) { return infer_to_space(call, "upscale_factor"); },
     .reference =
         [](Evaluation& eval) { return rearrange(eval, "upscale_factor", Order::kChannelFirst, false); },
     .samples = kShuffleSamples,
     .doc = "[n, C r r, H, W] to [n, C, H r, W r]: input channel (c r + i) r + j is the pixel (i, j) of each "
            "block of "
            "channel c. Source: MIL, iOS15 tensor transformation; PyTorch's pixel_shuffle."},
    {.name = "pixel_unshuffle",
     .since = Opset::kIos16,
     .params = kUnshuffleParams,
     .infer = [](const Call& call) { return infer_to_depth(call, "downscale_factor"); },
     .reference =
         [](Evaluation& eval) { return rearrange(eval, "downscale_factor", Order::kChannelFirst, true); },
     .samples = kUnshuffleSamples,
     .doc = "[n, C, H r, W r] to [n, C r r, H, W], the inverse of pixel_shuffle. Source: MIL, iOS16 tensor "
            "transformation."},
};

}  // namespace

WF_OP_FILE(depth_to_space, kDefs);
}  // namespace wf
