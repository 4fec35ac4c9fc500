#include "formats/mlmodel/mil_value.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/mil.h"

namespace wf {
namespace {

using Owner = std::shared_ptr<const void>;
constexpr uint32_t kValues = proto::Repeated::kValues;

Error bad(std::string message) { return Error(ErrorCode::kBadModel, std::move(message)); }

// The shape of a literal that holds `count` elements. One unknown size follows from the count.
Result<Shape> shape_for(const TensorType& type, size_t count) {
  Shape shape = type.shape.value_or(Shape{kUnknownSize});
  const auto unknown = std::ranges::find(shape, kUnknownSize);
  if (unknown != shape.end()) *unknown = 1;
  WF_TRY(int64_t expected, element_count(shape));
  if (unknown != shape.end() && expected > 0) {
    *unknown = static_cast<int64_t>(count) / expected;
    expected *= *unknown;
  }
  if (static_cast<uint64_t>(expected) != count) {
    return bad(fmt::format("a literal of type {} holds {} elements", to_string(type), count));
  }
  return shape;
}

// Floats or doubles. One packed piece of the declared type is used where it lies.
Result<Tensor> read_floating(const Message& repeated, DType stored, const TensorType& type,
                             const Owner& owner) {
  WF_REQUIRE(is_floating(type.dtype), kBadModel,
             fmt::format("a literal of type {} is written as {} numbers", to_string(type), name_of(stored)));
  const auto width = static_cast<size_t>(bit_width(stored)) / 8;
  if (const auto packed = repeated.packed(kValues, width)) {
    WF_TRY(Shape shape, shape_for(type, packed->size() / width));
    WF_TRY(Tensor tensor, Tensor::view(stored, std::move(shape), *packed, owner));
    return converted(tensor, type.dtype);
  }
  std::vector<double> values;
  if (stored == DType::kFloat64) {
    values = repeated.doubles(kValues);
  } else {
    const std::vector<float> singles = repeated.floats(kValues);
    values.assign(singles.begin(), singles.end());
  }
  WF_TRY(Shape shape, shape_for(type, values.size()));
  return Tensor::of_doubles(type.dtype, std::move(shape), values);
}

// Unsigned 32-bit numbers may have been written through a signed field, so both readings pass.
bool fits_integer(int64_t value, DType dtype) {
  const int bits = bit_width(dtype);
  if (bits == 64) return true;
  const int64_t top = int64_t{1} << bits;
  if (is_unsigned_integer(dtype)) return value < top && value >= (bits == 32 ? -(top / 2) : 0);
  return value >= -(top / 2) && value < top / 2;
}

Result<Tensor> read_integers(const Message& repeated, const TensorType& type) {
  WF_REQUIRE(is_integer(type.dtype), kBadModel,
             fmt::format("a literal of type {} is written as integers", to_string(type)));
  const std::vector<int64_t> values = repeated.i64s(kValues);
  WF_TRY(Shape shape, shape_for(type, values.size()));
  for (const int64_t value : values) {
    if (!fits_integer(value, type.dtype))
      return bad(fmt::format("{} in a literal of type {}", value, to_string(type)));
  }
  return Tensor::of_ints(type.dtype, std::move(shape), values);
}

Result<Tensor> read_bools(const Message& repeated, const TensorType& type) {
  WF_REQUIRE(type.dtype == DType::kBool, kBadModel,
             fmt::format("a literal of type {} is written as bools", to_string(type)));
  std::vector<int64_t> values = repeated.i64s(kValues);
  WF_TRY(Shape shape, shape_for(type, values.size()));
  for (int64_t& value : values) value = value != 0;
  return Tensor::of_ints(DType::kBool, std::move(shape), values);
}

Result<Tensor> read_strings(const Message& repeated, const TensorType& type) {
  WF_REQUIRE(type.dtype == DType::kString, kBadModel,
             fmt::format("a literal of type {} is written as strings", to_string(type)));
  std::vector<std::string> values = repeated.texts(kValues);
  WF_TRY(Shape shape, shape_for(type, values.size()));
  return Tensor::of_strings(std::move(shape), std::move(values));
}

// Raw little-endian elements, those below 8 bits packed.
Result<Tensor> read_raw(const Message& repeated, const TensorType& type, const Owner& owner) {
  WF_REQUIRE(type.dtype != DType::kString && type.dtype != DType::kBool, kBadModel,
             fmt::format("a literal of type {} is written as bytes", to_string(type)));
  const Bytes bytes = repeated.bytes(kValues);
  if (type.is_static()) return Tensor::view(type.dtype, *type.shape, bytes, owner);
  WF_TRY(Shape shape, shape_for(type, bytes.size() * 8 / static_cast<size_t>(bit_width(type.dtype))));
  return Tensor::view(type.dtype, std::move(shape), bytes, owner);
}

Result<Tensor> read_tensor(const Message& value, const TensorType& type, const Owner& owner) {
  using Field = proto::TensorValue;
  const uint32_t which = value.which({Field::kFloats, Field::kInts, Field::kBools, Field::kStrings,
                                      Field::kLongInts, Field::kDoubles, Field::kBytes});
  const Message repeated = value.message(which);
  switch (which) {
    case Field::kFloats:
      return read_floating(repeated, DType::kFloat32, type, owner);
    case Field::kDoubles:
      return read_floating(repeated, DType::kFloat64, type, owner);
    case Field::kInts:
    case Field::kLongInts:
      return read_integers(repeated, type);
    case Field::kBools:
      return read_bools(repeated, type);
    case Field::kStrings:
      return read_strings(repeated, type);
    case Field::kBytes:
      return read_raw(repeated, type, owner);
    default:
      break;
  }
  WF_TRY(Shape shape, shape_for(type, 0));  // nothing written: right for an empty tensor only
  return Tensor::allocate(type.dtype, std::move(shape));
}

// An element of a list, tuple or dictionary: a literal that lies in the model file itself.
Result<Datum> read_item(const Message& value, const Owner& owner) {
  WF_TRY(Constant constant, read_constant(value, owner));
  if (constant.blob) return bad("an element of a list, tuple or dictionary lies in a weight file");
  return std::move(constant.data);
}

Result<std::vector<Datum>> read_items(const std::vector<Message>& values, const Owner& owner) {
  std::vector<Datum> items;
  for (const Message& each : values) {
    WF_TRY(Datum item, read_item(each, owner));
    items.push_back(std::move(item));
  }
  return items;
}

Result<Datum> read_immediate(const Message& immediate, const ValueType& type, const Owner& owner) {
  using Field = proto::ImmediateValue;
  const uint32_t which = immediate.which({Field::kTensor, Field::kTuple, Field::kList, Field::kDictionary});
  const Message inner = immediate.message(which);
  if (which == Field::kTensor && type.tensor()) {
    WF_TRY(Tensor tensor, read_tensor(inner, *type.tensor(), owner));
    return Datum(std::move(tensor));
  }
  if (which == Field::kTuple && type.tuple()) {
    WF_TRY(auto items, read_items(inner.messages(proto::TupleValue::kValues), owner));
    return Datum(Tuple{std::move(items)});
  }
  if (which == Field::kList && type.list()) {
    WF_TRY(auto items, read_items(inner.messages(proto::ListValue::kValues), owner));
    return Datum(List{std::move(items)});
  }
  if (which == Field::kDictionary && type.dict()) {
    Dict dict;
    for (const Message& pair : inner.messages(proto::DictionaryValue::kValues)) {
      WF_TRY(Datum key, read_item(pair.message(proto::KeyValuePair::kKey), owner));
      WF_TRY(Datum value, read_item(pair.message(proto::KeyValuePair::kValue), owner));
      dict.items.emplace_back(std::move(key), std::move(value));
    }
    return Datum(std::move(dict));
  }
  return bad(fmt::format("the literal is not of its declared type {}", to_string(type)));
}

}  // namespace

Result<Constant> read_constant(const Message& value, const Owner& owner) {
  using Field = proto::Value;
  Constant constant;
  constant.doc = value.text(Field::kDocString);
  WF_TRY(constant.type, read_value_type(value.message(Field::kType)));
  switch (value.which({Field::kImmediateValue, Field::kBlobFileValue})) {
    case Field::kImmediateValue: {
      WF_TRY(constant.data, read_immediate(value.message(Field::kImmediateValue), constant.type, owner));
      constant.type = sized_as(std::move(constant.type), constant.data);
      break;
    }
    case Field::kBlobFileValue: {
      const Message blob = value.message(Field::kBlobFileValue);
      constant.blob =
          BlobRef{blob.text(proto::BlobFileValue::kFileName), blob.u64(proto::BlobFileValue::kOffset)};
      break;
    }
    default:
      return bad(fmt::format("a literal of type {} without a value", to_string(constant.type)));
  }
  return constant;
}

}  // namespace wf
