#include "formats/mlmodel/mil_value_writer.h"

#include "proto/mil.h"

namespace wf {
namespace {

constexpr uint32_t kValues = proto::Repeated::kValues;

// Which field holds a literal's elements depends on their type; whatever has no field of its own is raw
// bytes.
uint32_t field_of(DType dtype) {
  using Field = proto::TensorValue;
  switch (dtype) {
    case DType::kBool:
      return Field::kBools;
    case DType::kString:
      return Field::kStrings;
    case DType::kFloat32:
      return Field::kFloats;
    case DType::kFloat64:
      return Field::kDoubles;
    case DType::kInt64:
    case DType::kUInt64:
      return Field::kLongInts;
    case DType::kInt32:
    case DType::kInt16:
    case DType::kUInt16:
      return Field::kInts;
    default:
      return Field::kBytes;
  }
}

void write_tensor(const Tensor& tensor, WireWriter& out) {
  using Field = proto::TensorValue;
  const uint32_t field = field_of(tensor.dtype());
  out.add_message(field, [&] {
    switch (field) {
      case Field::kStrings:
        for (const std::string& text : tensor.strings()) out.add_text(kValues, text);
        break;
      case Field::kBools:
      case Field::kInts:
      case Field::kLongInts:
        out.put_packed(kValues, read_ints(tensor));
        break;
      default:  // packed numbers of fixed size are little-endian bytes too
        if (!tensor.bytes().empty()) out.add_bytes(kValues, tensor.bytes());
    }
  });
}

void write_immediate(const Datum& data, const ValueType& type, WireWriter& out);

// An item of a list, tuple or dictionary is a Value message with a type of its own. The items of a literal
// have the type that the whole declares for them, where that type is definite.
void write_item(uint32_t field, const Datum& item, const ValueType& declared, WireWriter& out) {
  out.add_message(field, [&] {
    const TensorType* tensor = declared.tensor();
    const ValueType type = tensor && !tensor->is_static() ? type_of(item) : declared;
    write_value_type(proto::Value::kType, type, out);
    write_immediate(item, type, out);
  });
}

void write_immediate(const Datum& data, const ValueType& type, WireWriter& out) {
  using Field = proto::ImmediateValue;
  out.add_message(proto::Value::kImmediateValue, [&] {
    if (const Tensor* tensor = data.tensor()) {
      out.add_message(Field::kTensor, [&] { write_tensor(*tensor, out); });
    }
    if (const Tuple* tuple = data.tuple()) {
      out.add_message(Field::kTuple, [&] {
        for (size_t i = 0; i < tuple->items.size(); ++i) {
          write_item(proto::TupleValue::kValues, tuple->items[i], type.tuple()->items[i], out);
        }
      });
    }
    if (const List* list = data.list()) {
      out.add_message(Field::kList, [&] {
        for (const Datum& item : list->items) {
          write_item(proto::ListValue::kValues, item, *type.list()->element, out);
        }
      });
    }
    if (const Dict* dict = data.dict()) {
      out.add_message(Field::kDictionary, [&] {
        for (const auto& [key, value] : dict->items) {
          out.add_message(proto::DictionaryValue::kValues, [&, &key = key, &value = value] {
            write_item(proto::KeyValuePair::kKey, key, *type.dict()->key, out);
            write_item(proto::KeyValuePair::kValue, value, *type.dict()->value, out);
          });
        }
      });
    }
  });
}

}  // namespace

void write_constant(uint32_t field, const Constant& constant, const BlobRef* blob, WireWriter& out) {
  out.add_message(field, [&] {
    out.put_text(proto::Value::kDocString, constant.doc);
    write_value_type(proto::Value::kType, constant.type, out);
    if (!blob) return write_immediate(constant.data, constant.type, out);
    out.add_message(proto::Value::kBlobFileValue, [&] {
      out.put_text(proto::BlobFileValue::kFileName, blob->path);
      out.put_int(proto::BlobFileValue::kOffset, static_cast<int64_t>(blob->offset));
    });
  });
}

}  // namespace wf
