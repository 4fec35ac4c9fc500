#include "program/type.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {

bool TensorType::is_static() const {
  return shape && std::ranges::none_of(*shape, [](int64_t size) { return size < 0; });
}

bool ValueType::operator==(const ValueType& other) const {
  if (of.index() != other.of.index()) return false;
  if (tensor()) return *tensor() == *other.tensor();
  if (state()) return *state() == *other.state();
  if (list()) return list()->length == other.list()->length && *list()->element == *other.list()->element;
  if (dict()) return *dict()->key == *other.dict()->key && *dict()->value == *other.dict()->value;
  if (tuple()) return tuple()->items == other.tuple()->items;
  return true;
}

std::string to_string(const TensorType& type) {
  return fmt::format("tensor<{}, {}>", name_of(type.dtype), type.shape ? to_string(*type.shape) : "?");
}

std::string to_string(const ValueType& type) {
  if (const auto* tensor = type.tensor()) return to_string(*tensor);
  if (const auto* state = type.state()) return fmt::format("state<{}>", to_string(state->tensor));
  if (const auto* list = type.list()) {
    return fmt::format("list<{}, {}>", to_string(*list->element),
                       list->length < 0 ? "?" : std::to_string(list->length));
  }
  if (const auto* dict = type.dict())
    return fmt::format("dict<{}, {}>", to_string(*dict->key), to_string(*dict->value));
  if (const auto* tuple = type.tuple()) {
    std::string text = "tuple<";
    for (size_t i = 0; i < tuple->items.size(); ++i) text += (i ? ", " : "") + to_string(tuple->items[i]);
    return text + ">";
  }
  return "unknown";
}

namespace {
bool fits(const TensorType& actual, const TensorType& declared) {
  if (actual.dtype != declared.dtype) return false;
  if (!actual.shape || !declared.shape) return true;
  return std::ranges::equal(*actual.shape, *declared.shape,
                            [](int64_t a, int64_t d) { return a < 0 || d < 0 || a == d; });
}
}  // namespace

bool fits(const ValueType& actual, const ValueType& declared) {
  if (!actual.known() || !declared.known()) return true;
  if (actual.of.index() != declared.of.index()) return false;
  if (actual.tensor()) return fits(*actual.tensor(), *declared.tensor());
  if (actual.state()) return fits(actual.state()->tensor, declared.state()->tensor);
  if (actual.list()) {
    const int64_t a = actual.list()->length, d = declared.list()->length;
    return (a < 0 || d < 0 || a == d) && fits(*actual.list()->element, *declared.list()->element);
  }
  if (actual.dict()) {
    return fits(*actual.dict()->key, *declared.dict()->key) &&
           fits(*actual.dict()->value, *declared.dict()->value);
  }
  return std::ranges::equal(actual.tuple()->items, declared.tuple()->items,
                            [](const ValueType& a, const ValueType& d) { return fits(a, d); });
}

}  // namespace wf
