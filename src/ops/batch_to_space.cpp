// batch_to_space, space_to_batch: blocks of pixels exchanged for samples.
#include <fmt/format.h>

#include <algorithm>

#include "ops/movement.h"
#include "ops/windows.h"

namespace wf {
namespace {

constexpr Param kToSpaceParams[] = {Param("x").of(kFloats), Param("block_shape").ints().constant(),
                                    Param("crops").ints().constant()};
constexpr Param kToBatchParams[] = {Param("x").of(kFloats), Param("block_shape").ints().constant(),
                                    Param("paddings").ints().constant()};
constexpr std::string_view kToSpaceSamples[] = {"x=T[6,2,3,2] block_shape={2,3} crops=int32[2,2]@0:2",
                                                "x=T[4,1,2,2] block_shape={2,2} crops=int32[2,2]@0:1",
                                                "x=T[0,1,2,2] block_shape={2,2} crops=int32[2,2]@0:1"};
constexpr std::string_view kToBatchSamples[] = {"x=T[2,3,4,6] block_shape={2,3} paddings=int32[2,2]@0:1",
                                                "x=T[1,2,4,4] block_shape={2,2} paddings=int32[2,2]@1:2",
                                                "x=T[1,2,5,3] block_shape={1,1} paddings=int32[2,2]@0:3"};

// What both have: the block and, before and after each of the two dimensions, the pixels cut off or added.
struct Blocks {
  int64_t size[2];
  int64_t before[2], after[2];
};

Result<Blocks> blocks_of(const Call& call, std::string_view edges_name) {
  const Shape& x = call.shape("x");
  if (x.size() != 4)
    return call.error(fmt::format("x is {}, expected [n, channels, height, width]", to_string(x)));
  if (std::ranges::any_of(x, [](int64_t size) { return size > kMaxSpatialSize; })) {
    return call.error(fmt::format("x is {}: too large", to_string(x)));
  }
  constexpr int64_t kMaxBlock = 1 << 15;
  WF_TRY(const std::vector<int64_t> block, spatial_ints(call, "block_shape", 2, 1, 1));
  WF_TRY(const std::vector<int64_t> edges, spatial_ints(call, edges_name, 4, 0, 0));
  if (block[0] > kMaxBlock || block[1] > kMaxBlock) {
    return call.error(fmt::format("block_shape is {}, expected at most {}", to_string(block), kMaxBlock));
  }
  return Blocks{{block[0], block[1]}, {edges[0], edges[2]}, {edges[1], edges[3]}};
}

Result<std::vector<ValueType>> infer_to_space(const Call& call) {
  WF_TRY(const Blocks blocks, blocks_of(call, "crops"));
  Shape out = call.shape("x");
  const int64_t samples = blocks.size[0] * blocks.size[1];
  if (out[0] != kUnknownSize) {
    if (out[0] % samples != 0) {
      return call.error(fmt::format("{} samples do not divide into blocks of {} x {}", out[0], blocks.size[0],
                                    blocks.size[1]));
    }
    out[0] /= samples;
  }
  for (size_t d = 0; d < 2; ++d) {
    int64_t& size = out[d + 2];
    if (size == kUnknownSize) continue;
    size = size * blocks.size[d] - blocks.before[d] - blocks.after[d];
    if (size < 0)
      return call.error(fmt::format("cropping {} and {} leaves nothing", blocks.before[d], blocks.after[d]));
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

Result<std::vector<ValueType>> infer_to_batch(const Call& call) {
  WF_TRY(const Blocks blocks, blocks_of(call, "paddings"));
  Shape out = call.shape("x");
  if (out[0] != kUnknownSize) out[0] *= blocks.size[0] * blocks.size[1];
  for (size_t d = 0; d < 2; ++d) {
    int64_t& size = out[d + 2];
    if (size == kUnknownSize) continue;
    const int64_t padded = size + blocks.before[d] + blocks.after[d];
    if (padded % blocks.size[d] != 0) {
      return call.error(
          fmt::format("{} padded pixels do not divide into blocks of {}", padded, blocks.size[d]));
    }
    size = padded / blocks.size[d];
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

// Along one dimension, the blocks whose pixel at `place` lies inside an image of `size` pixels that starts at
// `before` of the blocked one: the first and how many.
struct Inside {
  int64_t first, count;
};
Inside inside(int64_t place, int64_t block, int64_t before, int64_t size, int64_t blocks) {
  const int64_t first = place >= before ? 0 : (before - place + block - 1) / block;
  const int64_t end = std::min(blocks, (before + size - place + block - 1) / block);
  return {first, std::max<int64_t>(end - first, 0)};
}

// Moves between the image [n, C, H, W] and the blocked form [places in the block * n, C, rows, columns],
// whichever is x. What of the blocked form lies outside the image stays 0.
Status move_blocks(Evaluation& eval, std::string_view edges_name, bool to_image) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  WF_TRY(const Blocks blocks, blocks_of(eval, edges_name));
  const Shape& image = to_image ? out.shape() : x.shape();
  const Shape& blocked = to_image ? x.shape() : out.shape();
  const Shape image_strides = dense_strides(image), blocked_strides = dense_strides(blocked);
  for (int64_t i = 0; i < blocks.size[0] && x.size() > 0 && out.size() > 0; ++i) {
    for (int64_t j = 0; j < blocks.size[1]; ++j) {
      WF_CHECK(eval.tick());
      const Inside rows = inside(i, blocks.size[0], blocks.before[0], image[2], blocked[2]);
      const Inside columns = inside(j, blocks.size[1], blocks.before[1], image[3], blocked[3]);
      if (rows.count == 0 || columns.count == 0) continue;
      const int64_t top = rows.first * blocks.size[0] + i - blocks.before[0];
      const int64_t left = columns.first * blocks.size[1] + j - blocks.before[1];
      const Layout in_image{top * image[3] + left,
                            {image_strides[0], image_strides[1], blocks.size[0] * image[3], blocks.size[1]}};
      const Layout in_blocked{
          (i * blocks.size[1] + j) * image[0] * blocked_strides[0] + rows.first * blocked[3] + columns.first,
          blocked_strides};
      copy_elements({image[0], image[1], rows.count, columns.count}, x, to_image ? in_blocked : in_image, out,
                    to_image ? in_image : in_blocked);
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {
    {.name = "batch_to_space",
     .params = kToSpaceParams,
     .infer = infer_to_space,
     .reference = [](Evaluation& eval) { return move_blocks(eval, "crops", true); },
     .samples = kToSpaceSamples,
     .doc = "[b0 b1 n, C, H, W] to [n, C, H b0 - crops, W b1 - crops]: sample (i b1 + j) n + k holds the "
            "pixels (i, j) of "
            "every block of sample k. crops [[top, bottom], [left, right]]. Source: MIL, iOS15 tensor "
            "transformation; "
            "TensorFlow's batch_to_space."},
    {.name = "space_to_batch",
     .params = kToBatchParams,
     .infer = infer_to_batch,
     .reference = [](Evaluation& eval) { return move_blocks(eval, "paddings", false); },
     .samples = kToBatchSamples,
     .doc = "[n, C, H, W], padded with zeros, to [b0 b1 n, C, H' / b0, W' / b1], the inverse of "
            "batch_to_space. Source: MIL, "
            "iOS15 tensor transformation."},
};

}  // namespace

WF_OP_FILE(batch_to_space, kDefs);
}  // namespace wf
