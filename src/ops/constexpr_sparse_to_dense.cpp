// constexpr_sparse_to_dense: the nonzero weights and a bit for every weight.
#include <fmt/format.h>

#include "ops/constexpr_weights.h"

namespace wf {
namespace {

constexpr Param kParams16[] = {Param("nonzero_data").of(kLutEntries).constant(),
                               Param("mask").of(DTypeSet{DType::kUInt8}).constant(),
                               Param("shape").ints().constant()};
constexpr Param kParams18[] = {Param("nonzero_data").of(kQuantized).constant(),
                               Param("mask").of(kMask).constant()};
constexpr std::string_view kSamples16[] = {"nonzero_data=fp16[3] mask=uint8[1]@7:8 shape=uint32[1]@5:6",
                                           "nonzero_data=int8[1] mask=uint8[1]@8:9 shape=uint32[2]@2:3"};
constexpr std::string_view kSamples18[] = {"nonzero_data=fp16[6] mask=uint1[2,3]@1:2",
                                           "nonzero_data=int4[0] mask=uint1[4]@0:1"};

Result<Tensor> mask_of(const Call& call) {
  const Tensor* mask = call.tensor("mask");
  if (!mask) return call.error("'mask' must be constant");
  if (call.opset() >= Opset::kIos18) return *mask;
  WF_TRY(Shape shape, dense_shape(call));
  return unpacked(call, *mask, DType::kUInt1, std::move(shape));
}

Result<std::vector<ValueType>> infer(const Call& call) {
  if (call.opset() >= Opset::kIos18)
    return std::vector<ValueType>{tensor_type(call.dtype("nonzero_data"), call.shape("mask"))};
  WF_TRY(Shape shape, dense_shape(call));
  return std::vector<ValueType>{tensor_type(call.dtype("nonzero_data"), std::move(shape))};
}

Status reference(Evaluation& eval) {
  const Tensor& nonzero = eval.input("nonzero_data");
  WF_TRY(const Tensor mask, mask_of(eval));
  WF_CHECK(check_nonzeros(eval, mask, nonzero));
  WF_TRY(Tensor out, Tensor::allocate(nonzero.dtype(), mask.shape()));
  for_each_nonzero(mask, [&](int64_t place, int64_t k) { copy_element(nonzero, k, out, place); });
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {
    {.name = "constexpr_sparse_to_dense",
     .since = Opset::kIos16,
     .params = kParams16,
     .infer = infer,
     .reference = reference,
     .samples = kSamples16,
     .doc =
         "A tensor of `shape`: where the bit of `mask` (bytes, least significant bit first, row-major) is 1 "
         "the next of "
         "nonzero_data, else 0. The parameters are attributes in files. Source: MIL, iOS16 constexpr_ops."},
    {.name = "constexpr_sparse_to_dense",
     .since = Opset::kIos18,
     .params = kParams18,
     .infer = infer,
     .reference = reference,
     .samples = kSamples18,
     .doc = "A tensor of the mask's shape: where the mask (uint1) is 1 the next of nonzero_data in row-major "
            "order, else 0. Source: "
            "MIL, iOS18 compression."},
};

}  // namespace

WF_OP_FILE(constexpr_sparse_to_dense, kDefs);
}  // namespace wf
