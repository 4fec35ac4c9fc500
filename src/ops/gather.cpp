// gather, gather_along_axis and gather_nd: elements of x by index.
#include <fmt/format.h>

#include <algorithm>

#include "ops/indices.h"
#include "ops/movement.h"

namespace wf {
namespace {

constexpr DTypeSet kX15 = kFloatsInt32AndBool;
constexpr DTypeSet kX17 = kFloatsInt32AndBool | kSmallInts;
constexpr Param kAxis = Param("axis").ints().constant().or_integer(0);
constexpr Param kBatchDims = Param("batch_dims").ints().constant().or_integer(0);
constexpr Param kValidate = Param("validate_indices").flags().constant().or_flag(false);
constexpr Param kIndices = Param("indices").ints();

int64_t batch_dims_of(const Call& call) {
  return call.opset() >= Opset::kIos16 ? call.integer("batch_dims") : 0;
}

bool may_be_equal(int64_t a, int64_t b) { return a < 0 || b < 0 || a == b; }

Result<size_t> checked_batch_dims(const Call& call, int64_t limit) {
  const int64_t batch = batch_dims_of(call);
  if (batch < 0 || batch > limit)
    return call.error(fmt::format("batch_dims is {}, expected 0 to {}", batch, limit));
  for (size_t d = 0; d < static_cast<size_t>(batch); ++d) {
    if (!may_be_equal(call.shape("x")[d], call.shape("indices")[d])) {
      return call.error(fmt::format("batch dimension {} has size {} in x and {} in indices", d,
                                    call.shape("x")[d], call.shape("indices")[d]));
    }
  }
  return static_cast<size_t>(batch);
}

// Of sizes whose product divides the output's, which exists and is not empty: it fits.
int64_t product(std::span<const int64_t> sizes) {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  return count;
}

// Copies `count` consecutive elements; -1 as source leaves the zeros of the output.
void copy_block(const Tensor& x, int64_t from, Tensor& out, int64_t to, int64_t count) {
  if (from >= 0) copy_run(x, from, out, to, count);
}

Status finish(Evaluation& eval, Tensor out) {
  eval.set_output(0, std::move(out));
  return {};
}

// ---- gather ----

Result<std::vector<ValueType>> infer_gather(const Call& call) {
  const Shape& x = call.shape("x");
  const Shape& indices = call.shape("indices");
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("x")));
  WF_TRY(const size_t batch, checked_batch_dims(call, std::min(axis, call.rank("indices"))));
  Shape out(x.begin(), x.begin() + axis);
  out.insert(out.end(), indices.begin() + static_cast<std::ptrdiff_t>(batch), indices.end());
  out.insert(out.end(), x.begin() + axis + 1, x.end());
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

Status gather(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const Tensor& indices = eval.input("indices");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), x.rank()));
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  if (out.size() == 0) return finish(eval, std::move(out));
  const IndexRule rule(eval);
  const auto batch_dims = static_cast<size_t>(batch_dims_of(eval));
  const auto along = static_cast<size_t>(axis);
  const std::span<const int64_t> sizes(x.shape());
  const int64_t batches = product(sizes.first(batch_dims));
  const int64_t outer = product(sizes.subspan(batch_dims, along - batch_dims));
  const int64_t inner = product(sizes.subspan(along + 1));
  const int64_t picks = product(std::span<const int64_t>(indices.shape()).subspan(batch_dims));
  int64_t to = 0;
  for (int64_t b = 0; b < batches; ++b) {
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t k = 0; k < picks; ++k, to += inner) {
        WF_TRY(const int64_t place, rule.resolve(read_int(indices, b * picks + k), sizes[along]));
        copy_block(x, place < 0 ? -1 : ((b * outer + o) * sizes[along] + place) * inner, out, to, inner);
      }
    }
  }
  return finish(eval, std::move(out));
}

// ---- gather_along_axis ----

Result<std::vector<ValueType>> infer_gather_along_axis(const Call& call) {
  const Shape& x = call.shape("x");
  const Shape& indices = call.shape("indices");
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("x")));
  bool fits = x.size() == indices.size();
  for (size_t d = 0; fits && d < x.size(); ++d)
    fits = static_cast<int64_t>(d) == axis || may_be_equal(x[d], indices[d]);
  if (!fits) {
    return call.error(
        fmt::format("indices of shape {} do not fit x of shape {}: all sizes but axis {} must be equal",
                    to_string(indices), to_string(x), axis));
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), indices)};
}

Status gather_along_axis(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const Tensor& indices = eval.input("indices");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), x.rank()));
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  if (out.size() == 0) return finish(eval, std::move(out));
  const IndexRule rule(eval);
  const int64_t size = x.shape()[static_cast<size_t>(axis)];
  const int64_t picks = indices.shape()[static_cast<size_t>(axis)];
  const int64_t inner = product(std::span<const int64_t>(x.shape()).subspan(static_cast<size_t>(axis) + 1));
  for (int64_t i = 0; i < out.size(); ++i) {
    WF_TRY(const int64_t place, rule.resolve(read_int(indices, i), size));
    const int64_t outer = i / (inner * picks);
    copy_block(x, place < 0 ? -1 : (outer * size + place) * inner + i % inner, out, i, 1);
  }
  return finish(eval, std::move(out));
}

// ---- gather_nd ----

Result<std::vector<ValueType>> infer_gather_nd(const Call& call) {
  const Shape& x = call.shape("x");
  const Shape& indices = call.shape("indices");
  if (indices.empty()) return call.error("'indices' must have at least one dimension");
  WF_TRY(const size_t batch, checked_batch_dims(call, std::min(call.rank("x"), call.rank("indices") - 1)));
  const int64_t depth = indices.back();
  if (depth < 0) return std::vector<ValueType>{tensor_type_of_unknown_rank(call.dtype("x"))};
  if (depth > static_cast<int64_t>(x.size() - batch)) {
    return call.error(fmt::format("each index has {} entries, x has {} dimensions after the batch", depth,
                                  x.size() - batch));
  }
  Shape out(indices.begin(), indices.end() - 1);
  out.insert(out.end(), x.begin() + static_cast<std::ptrdiff_t>(batch) + depth, x.end());
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

Status gather_nd(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const Tensor& indices = eval.input("indices");
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  if (out.size() == 0) return finish(eval, std::move(out));
  const IndexRule rule(eval);
  const auto batch_dims = static_cast<size_t>(batch_dims_of(eval));
  const auto depth = static_cast<size_t>(indices.shape().back());
  const std::span<const int64_t> sizes(x.shape());
  const int64_t batches = product(sizes.first(batch_dims));
  const int64_t inner = product(sizes.subspan(batch_dims + depth));
  const int64_t per_batch = product(std::span<const int64_t>(indices.shape()).subspan(batch_dims)) /
                            std::max<int64_t>(indices.shape().back(), 1);
  const int64_t picks = depth == 0 ? out.size() / std::max<int64_t>(batches * inner, 1) : per_batch;
  int64_t to = 0;
  for (int64_t b = 0; b < batches; ++b) {
    for (int64_t k = 0; k < picks; ++k, to += inner) {
      int64_t from = b;
      for (size_t d = 0; d < depth; ++d) {
        const int64_t index =
            read_int(indices, (b * picks + k) * static_cast<int64_t>(depth) + static_cast<int64_t>(d));
        WF_TRY(const int64_t place, rule.resolve(index, sizes[batch_dims + d]));
        from = place < 0 || from < 0 ? -1 : from * sizes[batch_dims + d] + place;
      }
      copy_block(x, from < 0 ? -1 : from * inner, out, to, inner);
    }
  }
  return finish(eval, std::move(out));
}

constexpr Param kGather15[] = {Param("x").of(kX15), kIndices, kAxis};
constexpr Param kGather16[] = {Param("x").of(kX15), kIndices, kAxis, kBatchDims};
constexpr Param kGather17[] = {Param("x").of(kX17), kIndices, kAxis, kBatchDims, kValidate};
constexpr Param kAlong17[] = {Param("x").of(kX17), kIndices, kAxis, kValidate};
constexpr Param kNd15[] = {Param("x").of(kX15), kIndices};
constexpr Param kNd16[] = {Param("x").of(kX15), kIndices, kBatchDims};
constexpr Param kNd17[] = {Param("x").of(kX17), kIndices, kBatchDims, kValidate};

constexpr std::string_view kGatherSamples15[] = {"x=T[4,3] indices={0,-1,2}", "x=T[4,3] indices=1 axis=1",
                                                 "x=int32[2,5,3] indices=int32[2,2]@0:5 axis=-2"};
constexpr std::string_view kGatherSamples16[] = {"x=T[2,4,3] indices=int32[2,5]@0:4 axis=1 batch_dims=1",
                                                 "x=T[4,3] indices={0,-1,2}"};
constexpr std::string_view kGatherSamples17[] = {"x=T[4,3] indices=uint16[2,2]@0:4",
                                                 "x=T[4,3] indices={0,3} validate_indices=true"};
constexpr std::string_view kAlongSamples[] = {"x=T[4,3] indices=int32[2,3]@0:4",
                                              "x=T[4,3] indices=int32[4,6]@0:3 axis=-1"};
constexpr std::string_view kNdSamples15[] = {"x=T[4,3,2] indices=int32[5,2]@0:3",
                                             "x=T[4,3] indices=int32[2,2,1]@0:4"};
constexpr std::string_view kNdSamples16[] = {"x=T[2,3,4] indices=int32[2,5,1]@0:3 batch_dims=1",
                                             "x=T[4,3] indices=int32[5,2]@0:3"};

constexpr OpDef kDefs[] = {
    {.name = "gather",
     .params = kGather15,
     .infer = infer_gather,
     .reference = gather,
     .samples = kGatherSamples15,
     .doc = "out = x[:axis] + indices.shape + x[axis+1:]: slices of x along `axis`, picked by indices of any "
            "rank. A negative "
            "index counts from the end; one outside x gives 0. Source: MIL, iOS15 scatter_gather; np.take."},
    {.name = "gather",
     .since = Opset::kIos16,
     .params = kGather16,
     .infer = infer_gather,
     .reference = gather,
     .samples = kGatherSamples16,
     .doc = "As in iOS15, with the first `batch_dims` dimensions of x and indices in step. Source: MIL, "
            "iOS16 scatter_gather."},
    {.name = "gather",
     .since = Opset::kIos17,
     .params = kGather17,
     .infer = infer_gather,
     .reference = gather,
     .samples = kGatherSamples17,
     .doc = "As in iOS16, but a negative index is out of bounds: an error with validate_indices, else 0 "
            "(Core ML leaves it "
            "open). 8- and 16-bit integers are taken too. Source: MIL, iOS17 scatter_gather."},
    {.name = "gather_along_axis",
     .params = kGather15,
     .infer = infer_gather_along_axis,
     .reference = gather_along_axis,
     .samples = kAlongSamples,
     .doc = "out[.., i, ..] = x[.., indices[.., i, ..], ..] along `axis`; the other sizes of x and indices "
            "are equal. A negative "
            "index counts from the end; one outside x gives 0. Source: MIL, scatter_gather; "
            "np.take_along_axis."},
    {.name = "gather_along_axis",
     .since = Opset::kIos17,
     .params = kAlong17,
     .infer = infer_gather_along_axis,
     .reference = gather_along_axis,
     .samples = kAlongSamples,
     .doc = "As in iOS15, but a negative index is out of bounds: an error with validate_indices, else 0 "
            "(Core ML leaves it "
            "open). Source: MIL, iOS17 scatter_gather."},
    {.name = "gather_nd",
     .params = kNd15,
     .infer = infer_gather_nd,
     .reference = gather_nd,
     .samples = kNdSamples15,
     .doc = "out[i] = x[indices[i, 0], indices[i, 1], ...]: the last dimension of indices holds an index "
            "into the leading "
            "dimensions of x. A negative index counts from the end; one outside x gives 0. Source: MIL, "
            "iOS15 scatter_gather."},
    {.name = "gather_nd",
     .since = Opset::kIos16,
     .params = kNd16,
     .infer = infer_gather_nd,
     .reference = gather_nd,
     .samples = kNdSamples16,
     .doc = "As in iOS15, with the first `batch_dims` dimensions of x and indices in step. Source: MIL, "
            "iOS16 scatter_gather."},
    {.name = "gather_nd",
     .since = Opset::kIos17,
     .params = kNd17,
     .infer = infer_gather_nd,
     .reference = gather_nd,
     .samples = kNdSamples16,
     .doc = "As in iOS16, but a negative index is out of bounds: an error with validate_indices, else 0 "
            "(Core ML leaves it "
            "open). Source: MIL, iOS17 scatter_gather."},
};

}  // namespace

WF_OP_FILE(gather, kDefs);
}  // namespace wf
