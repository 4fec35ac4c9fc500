// constexpr_blockwise_shift_scale and its sparse form: weights with a scale and an offset per block.
#include <fmt/format.h>

#include "base/float16.h"
#include "ops/constexpr_weights.h"

namespace wf {
namespace {

constexpr Param kScale = Param("scale").of(kFloats).constant(),
                kOffset = Param("offset").of(kQuantized).constant().optional();
constexpr Param kDense[] = {Param("data").of(kQuantized).constant(), kScale, kOffset};
constexpr Param kSparse[] = {Param("data_mask").of(kMask).constant(),
                             Param("nonzero_data").of(kQuantized).constant(), kScale, kOffset};
constexpr std::string_view kDenseSamples[] = {
    "data=int8[4,6] scale=T[2,3]@0.1:1", "data=uint4[4,6]@0:16 scale=T[4,1]@0.1:1 offset=uint4[4,1]@0:16",
    "data=T[2,3] scale=T[1,1] offset=T[1,1]"};
constexpr std::string_view kSparseSamples[] = {
    "data_mask=uint1[2,3]@1:2 nonzero_data=int8[6] scale=T[2,1]@0.1:1",
    "data_mask=uint1[4]@1:2 nonzero_data=uint4[4]@0:16 scale=T[1]@0.1:1 offset=uint4[1]@0:16"};

// NumPy's arithmetic: data to the dtype of scale, minus offset in the wider of the two floating dtypes
// (integers do not widen), times scale. Each step rounds. fp16 steps are computed in fp32, as NumPy does.
class ShiftScale {
 public:
  explicit ShiftScale(const Evaluation& eval)
      : scale_(&eval.input("scale")),
        offset_(eval.has("offset") ? &eval.input("offset") : nullptr),
        half_(scale_->dtype() == DType::kFloat16),
        half_shift_(half_ && !(offset_ && offset_->dtype() == DType::kFloat32)) {}

  double operator()(const Tensor& data, int64_t i, int64_t block) const {
    double value = read_double(data, i);
    apply(std::span(&value, 1), block);
    return value;
  }

  // To values of one block.
  void apply(std::span<double> values, int64_t block) const {
    const auto scale = static_cast<float>(read_double(*scale_, block));
    const float offset = offset_ ? static_cast<float>(read_double(*offset_, block)) : 0;
    for (double& each : values) {
      float value = rounded(static_cast<float>(each), half_);
      if (offset_) value = rounded(value - offset, half_shift_);
      each = rounded(scale * value, half_shift_);
    }
  }

 private:
  static float rounded(float value, bool to_half) {
    return to_half ? static_cast<float>(half_to_double(double_to_half(value))) : value;
  }
  const Tensor* scale_;
  const Tensor* offset_;
  bool half_, half_shift_;
};

Status check_parameters(const Call& call, const Shape& data, std::string_view elements) {
  WF_CHECK(check_blocks(call, "scale", data, call.shape("scale")));
  if (!call.has("offset")) return {};
  if (call.shape("offset") != call.shape("scale")) {
    return call.error(fmt::format("'offset' has shape {}, 'scale' {}", to_string(call.shape("offset")),
                                  to_string(call.shape("scale"))));
  }
  if (!is_floating(call.dtype("offset")) && call.dtype("offset") != call.dtype(elements)) {
    return call.error(fmt::format("'offset' is {}, '{}' {}", name_of(call.dtype("offset")), elements,
                                  name_of(call.dtype(elements))));
  }
  return {};
}

Result<std::vector<ValueType>> infer_dense(const Call& call) {
  WF_CHECK(check_parameters(call, call.shape("data"), "data"));
  return std::vector<ValueType>{tensor_type(call.dtype("scale"), call.shape("data"))};
}

Status dense(Evaluation& eval) {
  const Tensor& data = eval.input("data");
  const ShiftScale shift_scale(eval);
  WF_TRY(Tensor out, Tensor::allocate(eval.dtype("scale"), data.shape()));
  double values[kStretch];
  for_each_stretch(data.shape(), eval.input("scale").shape(),
                   [&](int64_t first, int64_t count, int64_t block) {
                     const std::span stretch(values, static_cast<size_t>(count));
                     read_doubles(data, first, stretch);
                     shift_scale.apply(stretch, block);
                     write_doubles(out, first, stretch);
                   });
  eval.set_output(0, std::move(out));
  return {};
}

Result<std::vector<ValueType>> infer_sparse(const Call& call) {
  WF_CHECK(check_parameters(call, call.shape("data_mask"), "nonzero_data"));
  return std::vector<ValueType>{tensor_type(DType::kUInt1, call.shape("data_mask")),
                                tensor_type(call.dtype("scale"), call.shape("nonzero_data"))};
}

Status sparse(Evaluation& eval) {
  const Tensor& mask = eval.input("data_mask");
  const Tensor& nonzero = eval.input("nonzero_data");
  WF_CHECK(check_nonzeros(eval, mask, nonzero));
  const ShiftScale shift_scale(eval);
  WF_TRY(Tensor out, Tensor::allocate(eval.dtype("scale"), nonzero.shape()));
  BlockIndex block(mask.shape(), eval.input("scale").shape());
  int64_t k = 0;
  for (int64_t i = 0; i < mask.size(); ++i, block.next()) {
    if (read_int(mask, i) == 0) continue;
    const double value = shift_scale(nonzero, k, block.at());
    write_doubles(out, k++, std::span(&value, 1));
  }
  eval.set_output(0, mask);
  eval.set_output(1, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {
    {.name = "constexpr_blockwise_shift_scale",
     .since = Opset::kIos18,
     .params = kDense,
     .infer = infer_dense,
     .reference = dense,
     .samples = kDenseSamples,
     .doc = "scale * (data - offset), scale and offset (equal shapes) per block of data.shape / scale.shape. "
            "Computed in the dtype of "
            "scale, each step rounded, as NumPy does. Source: MIL, iOS18 compression."},
    {.name = "constexpr_sparse_blockwise_shift_scale",
     .since = Opset::kIos18,
     .params = kSparse,
     .infer = infer_sparse,
     .reference = sparse,
     .samples = kSparseSamples,
     .doc = "(mask, nonzero): as constexpr_blockwise_shift_scale for the elements where data_mask is 1, each "
            "with the block of its "
            "place in the dense tensor; the others stay zero, the offset does not apply to them. Source: "
            "MIL, iOS18 compression."},
};

}  // namespace

WF_OP_FILE(constexpr_shift_scale, kDefs);
}  // namespace wf
