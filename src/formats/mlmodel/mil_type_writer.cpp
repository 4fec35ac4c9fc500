#include "formats/mlmodel/mil_dtype.h"
#include "formats/mlmodel/mil_value_writer.h"
#include "proto/mil.h"

namespace wf {
namespace {

void write_dimension(uint32_t field, int64_t size, WireWriter& out) {
  out.add_message(field, [&] {
    if (size >= 0) {
      out.add_message(proto::Dimension::kConstant,
                      [&] { out.put_int(proto::ConstantDimension::kSize, size); });
    } else {
      out.add_message(proto::Dimension::kUnknown, [] {});
    }
  });
}

void write_tensor_type(uint32_t field, const TensorType& type, WireWriter& out) {
  using Field = proto::TensorType;
  out.add_message(field, [&] {
    out.put_int(Field::kDataType, static_cast<int64_t>(mil_of_dtype(type.dtype)));
    out.put_int(Field::kRank, type.shape ? static_cast<int64_t>(type.shape->size()) : -1);
    if (!type.shape) return;
    for (const int64_t size : *type.shape) write_dimension(Field::kDimensions, size, out);
  });
}

}  // namespace

void write_value_type(uint32_t field, const ValueType& type, WireWriter& out) {
  using Field = proto::ValueType;
  out.add_message(field, [&] {
    if (const TensorType* tensor = type.tensor()) write_tensor_type(Field::kTensorType, *tensor, out);
    if (const ListType* list = type.list()) {
      out.add_message(Field::kListType, [&] {
        write_value_type(proto::ListType::kType, *list->element, out);
        write_dimension(proto::ListType::kLength, list->length, out);
      });
    }
    if (const TupleType* tuple = type.tuple()) {
      out.add_message(Field::kTupleType, [&] {
        for (const ValueType& item : tuple->items) write_value_type(proto::TupleType::kTypes, item, out);
      });
    }
    if (const DictType* dict = type.dict()) {
      out.add_message(Field::kDictionaryType, [&] {
        write_value_type(proto::DictionaryType::kKeyType, *dict->key, out);
        write_value_type(proto::DictionaryType::kValueType, *dict->value, out);
      });
    }
    if (const StateType* state = type.state()) {
      out.add_message(Field::kStateType,
                      [&] { write_value_type(proto::StateType::kWrappedType, state->tensor, out); });
    }
  });
}

}  // namespace wf
