#include "api/convert_values.h"

#include <fmt/format.h>

namespace windfall {
namespace {

static_assert(static_cast<int>(DType::kUInt64) == static_cast<int>(wf::DType::kUInt64));
static_assert(static_cast<int>(DType::kInt4) == static_cast<int>(wf::DType::kInt4));
static_assert(static_cast<int>(DType::kFloat16) == static_cast<int>(wf::DType::kFloat16));
static_assert(static_cast<int>(ErrorCode::kInternal) == static_cast<int>(wf::ErrorCode::kInternal));

wf::Error unexpected(std::string_view what) {
  return {wf::ErrorCode::kInternal, fmt::format("a value that the interface cannot carry: {}", what)};
}

wf::Result<Key> public_key(const wf::Datum& datum) {
  const wf::Tensor* tensor = datum.tensor();
  if (!tensor || tensor->size() != 1) return unexpected("a key that is no scalar");
  if (tensor->dtype() == wf::DType::kString) return Key(tensor->strings()[0]);
  return Key(wf::read_int(*tensor, 0));
}

wf::Result<Value> public_value(const wf::Datum& datum) {
  if (const wf::Tensor* tensor = datum.tensor()) return Value(detail::Access::wrap(*tensor));
  if (const wf::Dict* dict = datum.dict()) {
    Dictionary out;
    for (const auto& [key, number] : dict->items) {
      WF_TRY(Key out_key, public_key(key));
      if (!number.tensor() || number.tensor()->size() != 1)
        return unexpected("a dictionary of more than numbers");
      out.emplace_back(std::move(out_key), wf::read_double(*number.tensor(), 0));
    }
    return Value(std::move(out));
  }
  if (const wf::List* list = datum.list()) {
    Sequence out;
    for (const wf::Datum& item : list->items) {
      WF_TRY(Key out_item, public_key(item));
      out.push_back(std::move(out_item));
    }
    return Value(std::move(out));
  }
  return unexpected("neither a tensor nor a dictionary nor a sequence");
}

wf::Result<wf::Datum> internal_key(const Key& key) {
  if (const auto* text = std::get_if<std::string>(&key)) return wf::string_scalar(*text);
  WF_TRY(wf::Tensor whole,
         wf::Tensor::of_ints(wf::DType::kInt64, {}, std::span(&std::get<std::int64_t>(key), 1)));
  return wf::Datum(std::move(whole));
}

wf::Result<wf::Datum> internal_datum(const Value& value) {
  if (const auto* tensor = std::get_if<Tensor>(&value)) return wf::Datum(detail::Access::unwrap(*tensor));
  if (const auto* dictionary = std::get_if<Dictionary>(&value)) {
    wf::Dict out;
    for (const auto& [key, number] : *dictionary) {
      WF_TRY(wf::Datum out_key, internal_key(key));
      WF_TRY(wf::Tensor out_number, wf::Tensor::scalar(wf::DType::kFloat64, number));
      out.items.emplace_back(std::move(out_key), std::move(out_number));
    }
    return wf::Datum(std::move(out));
  }
  wf::List out;
  for (const Key& key : std::get<Sequence>(value)) {
    WF_TRY(wf::Datum item, internal_key(key));
    out.items.push_back(std::move(item));
  }
  return wf::Datum(std::move(out));
}

void set_array(Feature& out, FeatureKind kind, const wf::ArrayFeature& array) {
  out.kind = kind;
  out.dtype = static_cast<DType>(array.dtype);
  out.shape = array.shape;
}

}  // namespace

Error public_error(const wf::Error& error) {
  Error out;
  out.code = static_cast<ErrorCode>(error.code);
  wf::Error without_hint = error;
  without_hint.hint.clear();
  out.message = without_hint.to_string();
  out.hint = error.hint;
  return out;
}

Result<Tensor> public_tensor(wf::Result<wf::Tensor> tensor) {
  if (!tensor) return public_error(tensor.error());
  return detail::Access::wrap(*std::move(tensor));
}

Feature public_feature(const wf::Feature& feature) {
  Feature out;
  out.name = feature.name;
  out.doc = feature.doc;
  out.optional = feature.optional;
  out.text = wf::to_string(feature);
  struct Visitor {
    Feature& out;
    void operator()(const std::monostate&) const {}
    void operator()(const wf::ArrayFeature& array) const { set_array(out, FeatureKind::kArray, array); }
    void operator()(const wf::StateFeature& state) const { set_array(out, FeatureKind::kState, state.array); }
    void operator()(const wf::ImageFeature& image) const {
      out.kind = FeatureKind::kImage;
      out.dtype = image.layout == wf::ColorLayout::kGrayscaleFloat16 ? DType::kFloat16 : DType::kUInt8;
      out.shape = {image.height, image.width};
      if (wf::channels(image.layout) == 3) out.shape.push_back(3);
    }
    void operator()(const wf::DictFeature&) const { out.kind = FeatureKind::kDictionary; }
    void operator()(const wf::SequenceFeature&) const { out.kind = FeatureKind::kSequence; }
    void operator()(const wf::Int64Feature&) const { out.kind = FeatureKind::kInt64; }
    void operator()(const wf::DoubleFeature&) const { out.kind = FeatureKind::kDouble; }
    void operator()(const wf::StringFeature&) const { out.kind = FeatureKind::kString; }
  };
  std::visit(Visitor{out}, feature.type);
  return out;
}

wf::Result<Values> public_values(const wf::Features& features) {
  Values out;
  for (const auto& [name, datum] : features) {
    WF_TRY(Value value, public_value(datum));
    out.insert_or_assign(name, std::move(value));
  }
  return out;
}

wf::Result<wf::Features> internal_features(const Values& values) {
  wf::Features out;
  for (const auto& [name, value] : values) {
    WF_TRY(wf::Datum datum, internal_datum(value));
    out.emplace_back(name, std::move(datum));
  }
  return out;
}

}  // namespace windfall
