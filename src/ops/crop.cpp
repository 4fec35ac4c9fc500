// crop: rows and columns cut off the last two dimensions.
#include <fmt/format.h>

#include "ops/movement.h"
#include "ops/windows.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats), Param("crop_height").ints().constant(),
                             Param("crop_width").ints().constant()};
constexpr std::string_view kSamples[] = {"x=T[2,5,6] crop_height={1,2} crop_width={0,1}",
                                         "x=T[1,2,3,4] crop_height={0,0} crop_width={3,0}",
                                         "x=T[0,3,4] crop_height={1,1} crop_width={1,1}"};

struct Edges {
  std::vector<int64_t> height, width;
};
Result<Edges> edges_of(const Call& call) {
  Edges edges;
  WF_TRY(edges.height, spatial_ints(call, "crop_height", 2, 0, 0));
  WF_TRY(edges.width, spatial_ints(call, "crop_width", 2, 0, 0));
  return edges;
}

Result<std::vector<ValueType>> infer(const Call& call) {
  Shape shape = call.shape("x");
  if (shape.size() < 3) return call.error(fmt::format("x is {}, expected rank 3 or more", to_string(shape)));
  WF_TRY(const Edges edges, edges_of(call));
  const auto cut = [&](int64_t& size, const std::vector<int64_t>& edge) -> Status {
    if (size == kUnknownSize) return {};
    if (edge[0] + edge[1] > size) {
      return call.error(fmt::format("{} and {} cannot be cut off a size of {}", edge[0], edge[1], size));
    }
    size -= edge[0] + edge[1];
    return {};
  };
  WF_CHECK(cut(shape[shape.size() - 2], edges.height));
  WF_CHECK(cut(shape.back(), edges.width));
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(shape))};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  WF_TRY(const Edges edges, edges_of(eval));
  const int64_t first = edges.height[0] * x.shape().back() + edges.width[0];
  copy_elements(out.shape(), x, {first, dense_strides(x.shape())}, out, {0, dense_strides(out.shape())});
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "crop",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "x without the first crop_height[0] and last crop_height[1] rows (dimension -2) and, with "
           "crop_width, columns "
           "(dimension -1). Source: MIL, iOS15 image resizing.",
}};

}  // namespace

WF_OP_FILE(crop, kDefs);
}  // namespace wf
