// constexpr_lut_to_dense and constexpr_lut_to_sparse: weights as indices into tables of values or vectors.
#include <fmt/format.h>

#include <algorithm>

#include "ops/constexpr_weights.h"
#include "ops/movement.h"

namespace wf {
namespace {

// ---- iOS16: one table, packed indices ----

constexpr Param kParams16[] = {Param("indices").of(DTypeSet{DType::kUInt8}).constant(),
                               Param("lut").of(kLutEntries).constant(), Param("shape").ints().constant()};
constexpr std::string_view kSamples16[] = {"indices=uint8[3]@0:256 lut=T[4] shape=uint32[2]@3:4",
                                           "indices=uint8[3]@0:256 lut=int8[64] shape=uint32[2]@2:3"};

Result<DType> index_dtype(const Call& call, int64_t entries) {
  switch (entries) {
    case 2:
      return DType::kUInt1;
    case 4:
      return DType::kUInt2;
    case 8:
      return DType::kUInt3;
    case 16:
      return DType::kUInt4;
    case 64:
      return DType::kUInt6;
    case 256:
      return DType::kUInt8;
    default:
      return call.error(fmt::format("'lut' has {} entries, expected 2, 4, 8, 16, 64 or 256", entries));
  }
}

Result<std::vector<ValueType>> infer16(const Call& call) {
  if (call.rank("lut") != 1)
    return call.error(fmt::format("'lut' must be a vector, found rank {}", call.rank("lut")));
  WF_CHECK(index_dtype(call, call.shape("lut")[0]));
  WF_TRY(Shape shape, dense_shape(call));
  return std::vector<ValueType>{tensor_type(call.dtype("lut"), std::move(shape))};
}

Status lut_to_dense16(Evaluation& eval) {
  const Tensor& lut = eval.input("lut");
  WF_TRY(const DType dtype, index_dtype(eval, lut.size()));
  WF_TRY(Shape shape, dense_shape(eval));
  WF_TRY(const Tensor indices, unpacked(eval, eval.input("indices"), dtype, std::move(shape)));
  WF_TRY(Tensor out, Tensor::allocate(lut.dtype(), indices.shape()));
  int64_t codes[kStretch];
  for (int64_t first = 0; first < out.size(); first += kStretch) {
    const std::span stretch(codes, static_cast<size_t>(std::min(kStretch, out.size() - first)));
    read_ints(indices, first, stretch);
    look_up(lut, 0, stretch, out, first);
  }
  eval.set_output(0, std::move(out));
  return {};
}

// ---- iOS18: a table per block, of values or vectors ----

constexpr Param kLut = Param("lut").of(kLutEntries).constant();
constexpr Param kVectorAxis = Param("vector_axis").ints().constant().optional();
constexpr Param kParams18[] = {Param("indices").of(kLutIndices).constant(), kLut, kVectorAxis};
constexpr Param kSparse[] = {Param("indices_mask").of(kMask).constant(),
                             Param("indices_nonzero_data").of(kLutIndices).constant(), kLut, kVectorAxis};
constexpr std::string_view kSamples18[] = {"indices=uint2[6,2]@0:4 lut=T[2,1,4,1]",
                                           "indices=uint1[2,4]@0:2 lut=int8[1,2,2,3] vector_axis=-1",
                                           "indices=uint3[2,2]@0:8 lut=T[1,1,8,2] vector_axis=0"};
constexpr std::string_view kSparseSamples[] = {
    "indices_mask=uint1[2,3]@1:2 indices_nonzero_data=uint1[6]@0:2 lut=T[1,1,2,1]",
    "indices_mask=uint1[2,2]@1:2 indices_nonzero_data=uint2[4]@0:4 lut=T[2,1,4,3] vector_axis=1"};

// How tables apply to indices of some shape.
struct Tables {
  Shape blocks;         // how many tables along each dimension
  int64_t entries = 0;  // per table
  int64_t width = 1;    // elements per entry
  size_t axis = 0;      // which dimension the elements of an entry lie along
  Shape dense;          // the shape of the result
};

Result<Tables> tables_of(const Call& call, std::string_view indices, const Shape& shape) {
  const Shape& lut = call.shape("lut");
  if (lut.size() != shape.size() + 2) {
    return call.error(fmt::format("'lut' has rank {}, expected {}: two more than the indices", lut.size(),
                                  shape.size() + 2));
  }
  Tables tables;
  tables.blocks.assign(lut.begin(), lut.end() - 2);
  WF_CHECK(check_blocks(call, "lut", shape, tables.blocks));
  tables.entries = lut[lut.size() - 2];
  tables.width = lut.back();
  const int bits = bit_width(call.dtype(indices));
  if (tables.entries != int64_t{1} << bits) {
    return call.error(fmt::format("'lut' has {} entries, {}-bit indices need {}", tables.entries, bits,
                                  int64_t{1} << bits));
  }
  if (tables.width < 1) return call.error("the entries of 'lut' are empty");
  tables.dense = shape;
  if (call.has("vector_axis")) {
    WF_TRY(const int64_t axis,
           normalized_axis(call, call.integer("vector_axis"), static_cast<int64_t>(shape.size())));
    tables.axis = static_cast<size_t>(axis);
  } else if (tables.width > 1) {
    return call.error(fmt::format("entries of {} elements need 'vector_axis'", tables.width));
  }
  const int64_t grown[] = {tables.dense[tables.axis], tables.width};
  WF_TRY(tables.dense[tables.axis], product_of_sizes(call, grown));
  return tables;
}

// Calls visit(place in the result, place in the lut) for every element of the entry that the index at `place`
// names.
class Lookup {
 public:
  Lookup(const Tables& tables, const Shape& indices)
      : tables_(&tables), inner_(std::max<int64_t>(element_strides(indices)[tables.axis], 1)) {}

  template <class F>
  void operator()(int64_t place, int64_t block, int64_t index, F&& visit) const {
    const int64_t entry = (block * tables_->entries + index) * tables_->width;
    const int64_t first = place / inner_ * inner_ * tables_->width + place % inner_;
    for (int64_t j = 0; j < tables_->width; ++j) visit(first + j * inner_, entry + j);
  }

 private:
  const Tables* tables_;
  int64_t inner_;  // distance between neighbours along the vector axis
};

Result<std::vector<ValueType>> infer18(const Call& call) {
  WF_TRY(Tables tables, tables_of(call, "indices", call.shape("indices")));
  return std::vector<ValueType>{tensor_type(call.dtype("lut"), std::move(tables.dense))};
}

Status lut_to_dense18(Evaluation& eval) {
  const Tensor& indices = eval.input("indices");
  const Tensor& lut = eval.input("lut");
  WF_TRY(const Tables tables, tables_of(eval, "indices", indices.shape()));
  WF_TRY(Tensor out, Tensor::allocate(lut.dtype(), tables.dense));
  const Lookup lookup(tables, indices.shape());
  int64_t codes[kStretch];
  for_each_stretch(indices.shape(), tables.blocks, [&](int64_t first, int64_t count, int64_t block) {
    const std::span stretch(codes, static_cast<size_t>(count));
    read_ints(indices, first, stretch);
    if (tables.width == 1) return look_up(lut, block * tables.entries, stretch, out, first);
    for (int64_t i = 0; i < count; ++i)
      lookup(first + i, block, codes[i], [&](int64_t to, int64_t from) { copy_element(lut, from, out, to); });
  });
  eval.set_output(0, std::move(out));
  return {};
}

Result<std::vector<ValueType>> infer_sparse(const Call& call) {
  WF_TRY(Tables tables, tables_of(call, "indices_nonzero_data", call.shape("indices_mask")));
  const Shape& nonzero = call.shape("indices_nonzero_data");
  if (nonzero.size() != 1)
    return call.error(fmt::format("'indices_nonzero_data' must be a vector, found rank {}", nonzero.size()));
  const int64_t grown[] = {nonzero[0], tables.width};
  WF_TRY(const int64_t count, product_of_sizes(call, grown));
  return std::vector<ValueType>{tensor_type(DType::kUInt1, std::move(tables.dense)),
                                tensor_type(call.dtype("lut"), {count})};
}

Status lut_to_sparse(Evaluation& eval) {
  const Tensor& mask = eval.input("indices_mask");
  const Tensor& nonzero = eval.input("indices_nonzero_data");
  const Tensor& lut = eval.input("lut");
  WF_TRY(const Tables tables, tables_of(eval, "indices_nonzero_data", mask.shape()));
  WF_CHECK(check_nonzeros(eval, mask, nonzero));
  // The dense result, of which the places under the widened mask are kept.
  WF_TRY(Tensor dense, Tensor::allocate(lut.dtype(), tables.dense));
  WF_TRY(Tensor out_mask, Tensor::allocate(DType::kUInt1, tables.dense));
  WF_TRY(Tensor out, Tensor::allocate(lut.dtype(), {nonzero.size() * tables.width}));
  const Lookup lookup(tables, mask.shape());
  BlockIndex block(mask.shape(), tables.blocks);
  int64_t k = 0;
  for (int64_t i = 0; i < mask.size(); ++i, block.next()) {
    if (read_int(mask, i) == 0) continue;
    lookup(i, block.at(), read_int(nonzero, k++), [&](int64_t to, int64_t from) {
      const int64_t one = 1;
      write_ints(out_mask, to, std::span(&one, 1));
      copy_element(lut, from, dense, to);
    });
  }
  for_each_nonzero(out_mask, [&](int64_t place, int64_t at) { copy_element(dense, place, out, at); });
  eval.set_output(0, std::move(out_mask));
  eval.set_output(1, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {
    {.name = "constexpr_lut_to_dense",
     .since = Opset::kIos16,
     .params = kParams16,
     .infer = infer16,
     .reference = lut_to_dense16,
     .samples = kSamples16,
     .doc = "out[i] = lut[index i] in `shape`; the indices are packed in bytes, log2(len(lut)) bits each, "
            "least significant bit "
            "first, and may straddle bytes. The parameters are attributes in files. Source: MIL, iOS16 "
            "constexpr_ops."},
    {.name = "constexpr_lut_to_dense",
     .since = Opset::kIos18,
     .params = kParams18,
     .infer = infer18,
     .reference = lut_to_dense18,
     .samples = kSamples18,
     .doc = "lut [blocks of each dimension.., 2^bits, vector]: each index names an entry of its block's "
            "table; the entry's elements lie "
            "one after the other along vector_axis, so that this dimension grows by the factor `vector`. "
            "Source: MIL, iOS18 "
            "compression."},
    {.name = "constexpr_lut_to_sparse",
     .since = Opset::kIos18,
     .params = kSparse,
     .infer = infer_sparse,
     .reference = lut_to_sparse,
     .samples = kSparseSamples,
     .doc = "(mask, nonzero): as constexpr_lut_to_dense where indices_mask is 1; the mask is widened along "
            "vector_axis as the result "
            "is, and the nonzero elements are in row-major order of the widened tensor. Source: MIL, iOS18 "
            "compression."},
};

}  // namespace

WF_OP_FILE(constexpr_lut, kDefs);
}  // namespace wf
