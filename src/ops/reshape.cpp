// reshape: the same elements under another shape. What 0 means in the shape depends on the opset.
#include <fmt/format.h>

#include <algorithm>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams15[] = {Param("x").of(kMovable15), Param("shape").ints()};
constexpr Param kParams17[] = {Param("x").of(kMovable17), Param("shape").ints()};
constexpr std::string_view kSamples15[] = {"x=T[2,3,4] shape={4,6}", "x=T[2,3,4] shape={0,-1,2}",
                                           "x=T[] shape={1,1}", "x=int32[6] shape={2,-1}"};
constexpr std::string_view kSamples17[] = {"x=T[2,50] shape={1,0,-1,0}", "x=T[2,3,4] shape={6,0}",
                                           "x=int8[4] shape={2,2}"};

// Up to iOS16 a 0 stands for the input's size at the same index, so the ranks must be equal. From iOS17 the
// input is aligned to the right, and a 0 before its first size is 1.
Result<int64_t> size_of_zero(const Call& call, const Shape& x, size_t rank, size_t index) {
  if (call.opset() < Opset::kIos17) {
    if (x.size() == rank) return x[index];
    return call.error(
        fmt::format("a 0 in the shape needs the input's rank {}, found {} sizes", x.size(), rank));
  }
  const size_t from_right = rank - index;
  return from_right <= x.size() ? x[x.size() - from_right] : int64_t{1};
}

Result<Shape> target_shape(const Call& call, const Shape& x, const std::vector<int64_t>& wanted) {
  Shape out(wanted);
  std::optional<size_t> inferred;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == 0) {
      WF_TRY(out[i], size_of_zero(call, x, wanted.size(), i));
    } else if (wanted[i] == -1) {
      if (inferred) return call.error("more than one -1 in the shape");
      inferred = i;
    } else if (wanted[i] < 0) {
      return call.error(fmt::format("size {} in the shape, expected at least -1", wanted[i]));
    }
  }
  WF_TRY(const int64_t have, product_of_sizes(call, x));
  if (inferred) out[*inferred] = 1;
  WF_TRY(const int64_t named, product_of_sizes(call, out));
  if (inferred) out[*inferred] = kUnknownSize;
  if (have < 0 || named < 0) return out;
  if (inferred && named > 0 && have % named == 0) {
    out[*inferred] = have / named;
  } else if (inferred || have != named) {
    return call.error(fmt::format("cannot reshape {} ({} elements) to {}", to_string(x), have,
                                  fmt::format("[{}]", fmt::join(wanted, ", "))));
  }
  return out;
}

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& shape = call.shape("shape");
  if (shape.size() != 1)
    return call.error(fmt::format("'shape' must be a vector, found rank {}", shape.size()));
  if (shape[0] > kMaxRank) return call.error(fmt::format("rank {} is more than {}", shape[0], kMaxRank));
  const auto wanted = call.ints("shape");
  if (wanted) {
    WF_TRY(Shape out, target_shape(call, call.shape("x"), *wanted));
    return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
  }
  if (shape[0] < 0) return std::vector<ValueType>{tensor_type_of_unknown_rank(call.dtype("x"))};
  return std::vector<ValueType>{
      tensor_type(call.dtype("x"), Shape(static_cast<size_t>(shape[0]), kUnknownSize))};
}

constexpr OpDef kDefs[] = {
    {.name = "reshape",
     .params = kParams15,
     .infer = infer,
     .reference = share_reshaped,
     .samples = kSamples15,
     .doc = "The elements of x in row-major order under `shape`. One -1 is worked out from the rest; 0 "
            "copies the input's "
            "size at the same index and needs equal ranks. Source: MIL, iOS15 tensor_transformation."},
    {.name = "reshape",
     .since = Opset::kIos17,
     .params = kParams17,
     .infer = infer,
     .reference = share_reshaped,
     .samples = kSamples17,
     .doc = "As in iOS15, but a 0 copies the input's size counted from the right, and is 1 where the input "
            "has none: "
            "[2, 50] to [1, 0, -1, 0] is [1, 1, 2, 50]. Source: MIL, iOS17 tensor_transformation."},
};

}  // namespace

WF_OP_FILE(reshape, kDefs);
}  // namespace wf
