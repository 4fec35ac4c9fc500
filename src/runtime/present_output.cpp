#include <fmt/format.h>

#include "runtime/feature_values.h"

namespace wf {
namespace {

Error not_as_described(const Feature& feature, const Datum& value) {
  return {ErrorCode::kBadModel, fmt::format("the description declares {}, the program gives {}",
                                            to_string(feature), to_string(type_of(value)))};
}

// A tensor of one element, as a rank-0 tensor of this dtype.
Result<Datum> scalar(const Feature& feature, const Datum& value, DType dtype) {
  const Tensor* tensor = value.tensor();
  if (!tensor || tensor->size() != 1) return not_as_described(feature, value);
  if ((tensor->dtype() == DType::kString) != (dtype == DType::kString))
    return not_as_described(feature, value);
  WF_TRY(const Tensor flat, tensor->reshaped({}));
  WF_TRY(Tensor out, converted(flat, dtype));
  return Datum(std::move(out));
}

DType dtype_of(KeyKind kind) { return kind == KeyKind::kInt64 ? DType::kInt64 : DType::kString; }

Result<Datum> dictionary(const Feature& feature, KeyKind key, const Datum& value) {
  if (!value.dict()) return not_as_described(feature, value);
  Dict out;
  for (const auto& [name, number] : value.dict()->items) {
    WF_TRY(Datum out_name, scalar(feature, name, dtype_of(key)));
    WF_TRY(Datum out_number, scalar(feature, number, DType::kFloat64));
    out.items.emplace_back(std::move(out_name), std::move(out_number));
  }
  return Datum(std::move(out));
}

Result<Datum> sequence(const Feature& feature, KeyKind element, const Datum& value) {
  if (!value.list()) return not_as_described(feature, value);
  List out;
  for (const Datum& item : value.list()->items) {
    WF_TRY(Datum out_item, scalar(feature, item, dtype_of(element)));
    out.items.push_back(std::move(out_item));
  }
  return Datum(std::move(out));
}

Result<Datum> array(const Feature& feature, const ArrayFeature& declared, const ValueType& type,
                    const Datum& value) {
  const Tensor* tensor = value.tensor();
  if (!tensor || (tensor->dtype() == DType::kString) != (declared.dtype == DType::kString)) {
    return not_as_described(feature, value);
  }
  Tensor out = *tensor;
  if (out.shape().empty()) {
    WF_TRY(out, out.reshaped({1}));
  }
  const bool exact =
      out.dtype() == DType::kFloat64 && type.tensor() && type.tensor()->dtype != DType::kFloat64;
  if (exact && is_floating(declared.dtype)) return Datum(std::move(out));
  WF_TRY(out, converted(out, declared.dtype));
  return Datum(std::move(out));
}

}  // namespace

Result<Datum> present_output(const Feature& feature, const ValueType& type, const Datum& value) {
  if (const ArrayFeature* declared = feature.array()) return array(feature, *declared, type, value);
  if (const ImageFeature* image = feature.image()) {
    if (!value.tensor()) return not_as_described(feature, value);
    WF_TRY(Tensor pixels, present_image(*image, *value.tensor()));
    return Datum(std::move(pixels));
  }
  if (const auto* dict = std::get_if<DictFeature>(&feature.type))
    return dictionary(feature, dict->key, value);
  if (const auto* list = std::get_if<SequenceFeature>(&feature.type))
    return sequence(feature, list->element, value);
  if (std::holds_alternative<Int64Feature>(feature.type)) return scalar(feature, value, DType::kInt64);
  if (std::holds_alternative<DoubleFeature>(feature.type)) return scalar(feature, value, DType::kFloat64);
  if (std::holds_alternative<StringFeature>(feature.type)) return scalar(feature, value, DType::kString);
  return not_as_described(feature, value);
}

Result<Datum> present_again(const Feature& feature, const Datum& value) {
  if (feature.image() && value.tensor()) return value;
  return present_output(feature, type_of(value), value);
}

}  // namespace wf
