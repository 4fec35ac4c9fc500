#include "program/datum.h"

#include <algorithm>

namespace wf {

ValueType type_of(const Datum& datum) {
  if (const Tensor* tensor = datum.tensor()) return tensor_type(tensor->dtype(), tensor->shape());
  if (const StateCell* cell = datum.state()) return StateType{{cell->tensor.dtype(), cell->tensor.shape()}};
  if (const List* list = datum.list()) {
    ListType type{
        std::make_shared<const ValueType>(list->items.empty() ? ValueType() : type_of(list->items[0])),
        static_cast<int64_t>(list->items.size())};
    return type;
  }
  if (const Tuple* tuple = datum.tuple()) {
    TupleType type;
    for (const Datum& item : tuple->items) type.items.push_back(type_of(item));
    return type;
  }
  if (const Dict* dict = datum.dict()) {
    const bool empty = dict->items.empty();
    return DictType{std::make_shared<const ValueType>(empty ? ValueType() : type_of(dict->items[0].first)),
                    std::make_shared<const ValueType>(empty ? ValueType() : type_of(dict->items[0].second))};
  }
  return {};
}

ValueType sized_as(ValueType declared, const Datum& datum) {
  const Tensor* data = datum.tensor();
  const TensorType* type = declared.tensor();
  return data && type ? tensor_type(type->dtype, data->shape()) : std::move(declared);
}

Result<Datum> string_scalar(std::string text) {
  std::vector<std::string> one;
  one.push_back(std::move(text));
  WF_TRY(Tensor tensor, Tensor::of_strings({}, std::move(one)));
  return Datum(std::move(tensor));
}

bool same_bits(const Datum& a, const Datum& b) {
  if (a.of.index() != b.of.index()) return false;
  const auto same_items = [](const auto& x, const auto& y) {
    return std::ranges::equal(x, y, [](const Datum& p, const Datum& q) { return same_bits(p, q); });
  };
  if (a.tensor()) return same_bits(*a.tensor(), *b.tensor());
  if (a.state()) return same_bits(a.state()->tensor, b.state()->tensor);
  if (a.list()) return same_items(a.list()->items, b.list()->items);
  if (a.tuple()) return same_items(a.tuple()->items, b.tuple()->items);
  if (a.dict()) {
    return std::ranges::equal(a.dict()->items, b.dict()->items, [](const auto& p, const auto& q) {
      return same_bits(p.first, q.first) && same_bits(p.second, q.second);
    });
  }
  return true;
}

}  // namespace wf
