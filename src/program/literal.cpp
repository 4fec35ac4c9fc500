#include "program/literal.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {
namespace {

constexpr int kMaxLiteralDepth = 64;

Error bad(std::string message) { return Error(ErrorCode::kBadModel, std::move(message)); }

// Is the literal, down to its innermost element, of the type?
bool is_of_type(const Datum& data, const ValueType& type, int depth) {
  if (depth > kMaxLiteralDepth) return false;
  const auto all = [&](const std::vector<Datum>& items, const ValueType& item_type) {
    return std::ranges::all_of(items,
                               [&](const Datum& item) { return is_of_type(item, item_type, depth + 1); });
  };
  if (data.tensor()) return type.tensor() && data.tensor()->valid() && fits(type_of(data), type);
  if (data.list() && type.list()) {
    const int64_t length = type.list()->length;
    return (length < 0 || data.list()->items.size() == static_cast<uint64_t>(length)) &&
           all(data.list()->items, *type.list()->element);
  }
  if (data.tuple() && type.tuple()) {
    const auto& items = data.tuple()->items;
    if (items.size() != type.tuple()->items.size()) return false;
    for (size_t i = 0; i < items.size(); ++i) {
      if (!is_of_type(items[i], type.tuple()->items[i], depth + 1)) return false;
    }
    return true;
  }
  if (data.dict() && type.dict()) {
    return std::ranges::all_of(data.dict()->items, [&](const auto& pair) {
      return is_of_type(pair.first, *type.dict()->key, depth + 1) &&
             is_of_type(pair.second, *type.dict()->value, depth + 1);
    });
  }
  return false;
}

}  // namespace

Status verify_literal(const Constant& constant) {
  if (constant.blob && !(constant.type.tensor() && constant.type.tensor()->is_static())) {
    return bad(fmt::format("a blob of type {}, expected a tensor of known shape", to_string(constant.type)));
  }
  if (!constant.data.known()) {
    if (!constant.blob)
      return bad(fmt::format("a literal of type {} without data", to_string(constant.type)));
    return {};  // weights not loaded
  }
  if (!is_of_type(constant.data, constant.type, 0)) {
    return bad(fmt::format("a literal of type {} is declared as {}", to_string(type_of(constant.data)),
                           to_string(constant.type)));
  }
  return {};
}

}  // namespace wf
