#include <fmt/format.h>

#include "formats/mlmodel/mil_dtype.h"
#include "formats/mlmodel/mil_value.h"
#include "proto/mil.h"

namespace wf {
namespace {

constexpr int64_t kMaxRank = 32;  // Core ML itself stops at 5; a longer shape is damage

Error bad(std::string message) { return Error(ErrorCode::kBadModel, std::move(message)); }

// kUnknownSize for "?", nothing for "any number of sizes".
Result<std::optional<int64_t>> read_dimension(const Message& dimension) {
  using Field = proto::Dimension;
  switch (dimension.which({Field::kConstant, Field::kUnknown})) {
    case Field::kConstant: {
      const int64_t size = dimension.message(Field::kConstant).i64(proto::ConstantDimension::kSize);
      if (size < 0) return bad(fmt::format("size {} in a type", static_cast<uint64_t>(size)));
      return std::optional(size);
    }
    case Field::kUnknown:
      if (dimension.message(Field::kUnknown).flag(proto::UnknownDimension::kVariadic))
        return std::optional<int64_t>();
      return std::optional(kUnknownSize);
    default:
      return bad("a dimension that is neither constant nor unknown");
  }
}

Result<TensorType> read_tensor_type(const Message& type) {
  const uint64_t code = type.u64(proto::TensorType::kDataType);
  const auto dtype = dtype_of_mil(code);
  if (!dtype) return bad(fmt::format("element type {} does not exist", code));
  const int64_t rank = type.i64(proto::TensorType::kRank);
  if (rank < 0) return TensorType{*dtype, std::nullopt};
  WF_REQUIRE(rank <= kMaxRank, kBadModel,
             fmt::format("a tensor of rank {}, expected at most {}", rank, kMaxRank));
  const auto dimensions = type.messages(proto::TensorType::kDimensions);
  if (static_cast<uint64_t>(rank) != dimensions.size()) {
    return bad(fmt::format("a tensor type of rank {} lists {} dimensions", rank, dimensions.size()));
  }
  Shape shape;
  for (const Message& each : dimensions) {
    WF_TRY(const auto size, read_dimension(each));
    if (!size) return TensorType{*dtype, std::nullopt};
    shape.push_back(*size);
  }
  return TensorType{*dtype, std::move(shape)};
}

Result<std::shared_ptr<const ValueType>> read_shared(const Message& type) {
  WF_TRY(ValueType inner, read_value_type(type));
  return std::make_shared<const ValueType>(std::move(inner));
}

}  // namespace

Result<ValueType> read_value_type(const Message& type) {
  using Field = proto::ValueType;
  const uint32_t which = type.which(
      {Field::kTensorType, Field::kListType, Field::kTupleType, Field::kDictionaryType, Field::kStateType});
  const Message inner = type.message(which);
  switch (which) {
    case Field::kTensorType: {
      WF_TRY(TensorType tensor, read_tensor_type(inner));
      return ValueType(std::move(tensor));
    }
    case Field::kListType: {
      ListType list;
      WF_TRY(list.element, read_shared(inner.message(proto::ListType::kType)));
      if (inner.has(proto::ListType::kLength)) {
        WF_TRY(const auto length, read_dimension(inner.message(proto::ListType::kLength)));
        list.length = length.value_or(kUnknownSize);
      }
      return ValueType(std::move(list));
    }
    case Field::kTupleType: {
      TupleType tuple;
      for (const Message& each : inner.messages(proto::TupleType::kTypes)) {
        WF_TRY(ValueType item, read_value_type(each));
        tuple.items.push_back(std::move(item));
      }
      return ValueType(std::move(tuple));
    }
    case Field::kDictionaryType: {
      DictType dict;
      WF_TRY(dict.key, read_shared(inner.message(proto::DictionaryType::kKeyType)));
      WF_TRY(dict.value, read_shared(inner.message(proto::DictionaryType::kValueType)));
      return ValueType(std::move(dict));
    }
    case Field::kStateType: {
      WF_TRY(ValueType wrapped, read_value_type(inner.message(proto::StateType::kWrappedType)));
      if (!wrapped.tensor())
        return bad(fmt::format("a state of {}, only tensors can be states", to_string(wrapped)));
      return ValueType(StateType{*wrapped.tensor()});
    }
    default:
      return bad("a value without a type");
  }
}

}  // namespace wf
