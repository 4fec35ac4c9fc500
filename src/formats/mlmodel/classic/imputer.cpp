#include "classic/imputer.h"

#include "formats/mlmodel/classic/readers.h"
#include "proto/classic.h"
#include "proto/data_structures.h"

namespace wf {
namespace {

using Field = proto::Imputer;

std::map<Key, double> read_map(const Message& map, bool text_keys) {
  static_assert(static_cast<int>(proto::StringToDoubleMap::kMap) == proto::Int64ToDoubleMap::kMap);
  std::map<Key, double> values;
  for (const Message& entry : map.messages(proto::StringToDoubleMap::kMap)) {
    Key key = text_keys ? Key(entry.text(proto::MapEntry::kKey)) : Key(entry.i64(proto::MapEntry::kKey));
    values[std::move(key)] = entry.f64(proto::MapEntry::kValue);
  }
  return values;
}

}  // namespace

Result<std::shared_ptr<const ClassicModel>> read_imputer(const Message& message, Interface&) {
  ImputerParams params;
  const uint32_t which =
      message.which({Field::kImputedDoubleValue, Field::kImputedInt64Value, Field::kImputedStringValue,
                     Field::kImputedDoubleArray, Field::kImputedInt64Array, Field::kImputedStringDictionary,
                     Field::kImputedInt64Dictionary});
  switch (which) {
    case Field::kImputedDoubleValue:
      params.imputed = message.f64(which);
      break;
    case Field::kImputedInt64Value:
      params.imputed = message.i64(which);
      break;
    case Field::kImputedStringValue:
      params.imputed = message.text(which);
      break;
    case Field::kImputedDoubleArray:
      params.imputed = message.message(which).doubles(proto::DoubleVector::kVector);
      break;
    case Field::kImputedInt64Array:
      params.imputed = message.message(which).i64s(proto::Int64Vector::kVector);
      break;
    case Field::kImputedStringDictionary:
    case Field::kImputedInt64Dictionary:
      params.imputed = read_map(message.message(which), which == Field::kImputedStringDictionary);
      break;
    default:
      break;
  }
  const uint32_t replaced =
      message.which({Field::kReplaceDoubleValue, Field::kReplaceInt64Value, Field::kReplaceStringValue});
  if (replaced == Field::kReplaceDoubleValue) params.missing = message.f64(replaced);
  if (replaced == Field::kReplaceInt64Value) params.missing = message.i64(replaced);
  if (replaced == Field::kReplaceStringValue) params.missing = message.text(replaced);
  return Imputer::make(std::move(params));
}

}  // namespace wf
