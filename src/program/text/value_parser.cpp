#include "program/text/value_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "program/text/tensor_literal.h"

namespace wf::text {
namespace {

// A size of a shape or a list: a number or "?".
Result<int64_t> parse_size(Cursor& cursor) {
  if (cursor.accept("?")) return kUnknownSize;
  const Token token = cursor.peek();
  if (token.kind != TokenKind::kNumber) return cursor.unexpected("a size or '?'");
  int64_t size = 0;
  const auto [end, problem] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), size);
  if (problem != std::errc() || end != token.text.data() + token.text.size() || size < 0) {
    return cursor.unexpected("a size of at least 0 or '?'");
  }
  cursor.take();
  return size;
}

Result<std::optional<Shape>> parse_shape(Cursor& cursor) {
  if (cursor.accept("?")) return std::optional<Shape>();
  WF_CHECK(cursor.expect("[", "before the sizes of a tensor type"));
  Shape shape;
  while (!cursor.at("]")) {
    if (!shape.empty()) WF_CHECK(cursor.expect(",", "or ']' between the sizes of a tensor type"));
    if (shape.size() == kMaxDepth) return cursor.unexpected(fmt::format("at most {} dimensions", kMaxDepth));
    WF_TRY(const int64_t size, parse_size(cursor));
    shape.push_back(size);
  }
  cursor.take();
  return std::optional<Shape>(std::move(shape));
}

Result<DType> parse_dtype(Cursor& cursor) {
  const Token token = cursor.peek();
  const auto dtype =
      token.kind == TokenKind::kName && !token.quoted ? dtype_from_name(token.text) : std::nullopt;
  if (!dtype) return cursor.unexpected("an element type such as fp16, int32, bool or string");
  cursor.take();
  return *dtype;
}

Result<ValueType> parse_type_arguments(Cursor& cursor, std::string_view word, int depth) {
  if (word == "tensor") {
    WF_TRY(const DType dtype, parse_dtype(cursor));
    WF_CHECK(cursor.expect(",", "between the element type and the shape of a tensor type"));
    WF_TRY(std::optional<Shape> shape, parse_shape(cursor));
    return ValueType(TensorType{dtype, std::move(shape)});
  }
  if (word == "tuple") {
    TupleType tuple;
    while (!cursor.at(">")) {
      if (!tuple.items.empty()) WF_CHECK(cursor.expect(",", "or '>' between the types of a tuple"));
      WF_TRY(ValueType item, parse_type(cursor, depth + 1));
      tuple.items.push_back(std::move(item));
    }
    return ValueType(std::move(tuple));
  }
  const size_t offset = cursor.peek().offset;
  WF_TRY(ValueType first, parse_type(cursor, depth + 1));
  if (word == "state") {
    if (!first.tensor()) return cursor.error_at(offset, "expected a tensor type in a state type");
    return ValueType(StateType{*first.tensor()});
  }
  WF_CHECK(cursor.expect(",", fmt::format("after the first argument of a {} type", word)));
  if (word == "list") {
    WF_TRY(const int64_t length, parse_size(cursor));
    return ValueType(ListType{std::make_shared<const ValueType>(std::move(first)), length});
  }
  WF_TRY(ValueType second, parse_type(cursor, depth + 1));
  return ValueType(DictType{std::make_shared<const ValueType>(std::move(first)),
                            std::make_shared<const ValueType>(std::move(second))});
}

Result<Datum> parse_literal(Cursor& cursor, const ValueType& type, int depth);

// Items between brackets; item(i) reads the i-th one.
template <class Item>
Status parse_items(Cursor& cursor, std::string_view open, std::string_view close, std::string_view what,
                   Item&& item) {
  WF_CHECK(cursor.expect(open, fmt::format("before the items of a {}", what)));
  for (size_t i = 0; !cursor.at(close); ++i) {
    if (i > 0) WF_CHECK(cursor.expect(",", fmt::format("or '{}' between the items of a {}", close, what)));
    WF_CHECK(item(i));
  }
  cursor.take();
  return {};
}

Result<Datum> parse_list(Cursor& cursor, const ListType& type, int depth) {
  const size_t offset = cursor.peek().offset;
  List list;
  WF_CHECK(parse_items(cursor, "[", "]", "list", [&](size_t) -> Status {
    WF_TRY(Datum item, parse_literal(cursor, *type.element, depth + 1));
    list.items.push_back(std::move(item));
    return {};
  }));
  if (type.length >= 0 && static_cast<int64_t>(list.items.size()) != type.length) {
    return cursor.error_at(
        offset, fmt::format("a list of {} items where its type says {}", list.items.size(), type.length));
  }
  return Datum(std::move(list));
}

Result<Datum> parse_tuple(Cursor& cursor, const TupleType& type, int depth) {
  Tuple tuple;
  WF_CHECK(parse_items(cursor, "(", ")", "tuple", [&](size_t i) -> Status {
    if (i >= type.items.size())
      return cursor.unexpected(fmt::format("')' after the {} items of the tuple's type", i));
    WF_TRY(Datum item, parse_literal(cursor, type.items[i], depth + 1));
    tuple.items.push_back(std::move(item));
    return {};
  }));
  if (tuple.items.size() != type.items.size()) {
    return cursor.unexpected(
        fmt::format("{} items in the tuple before, not {}", type.items.size(), tuple.items.size()));
  }
  return Datum(std::move(tuple));
}

Result<Datum> parse_dict(Cursor& cursor, const DictType& type, int depth) {
  Dict dict;
  WF_CHECK(parse_items(cursor, "{", "}", "dictionary", [&](size_t) -> Status {
    WF_CHECK(cursor.expect("{", "before a key of a dictionary"));
    WF_TRY(Datum key, parse_literal(cursor, *type.key, depth + 1));
    WF_CHECK(cursor.expect(",", "between key and value of a dictionary"));
    WF_TRY(Datum value, parse_literal(cursor, *type.value, depth + 1));
    dict.items.emplace_back(std::move(key), std::move(value));
    return cursor.expect("}", "after a value of a dictionary");
  }));
  return Datum(std::move(dict));
}

Result<Datum> parse_literal(Cursor& cursor, const ValueType& type, int depth) {
  if (depth > kMaxDepth)
    return cursor.error_at(cursor.peek().offset, fmt::format("literals nest deeper than {}", kMaxDepth));
  if (type.tensor()) {
    WF_TRY(Tensor tensor, parse_tensor_literal(cursor, *type.tensor()));
    return Datum(std::move(tensor));
  }
  if (type.list()) return parse_list(cursor, *type.list(), depth);
  if (type.tuple()) return parse_tuple(cursor, *type.tuple(), depth);
  if (type.dict()) return parse_dict(cursor, *type.dict(), depth);
  return cursor.unexpected(
      fmt::format("no literal: a value of type {} cannot be written out", to_string(type)));
}

// A string or a number, with or without its type around it.
template <class Read>
auto parse_wrapped(Cursor& cursor, Read&& read) -> decltype(read()) {
  if (cursor.peek().kind != TokenKind::kName) return read();
  WF_CHECK(parse_type(cursor));
  WF_CHECK(cursor.expect("(", "after the type of a BLOBFILE parameter"));
  auto value = read();
  if (!value) return value;
  WF_CHECK(cursor.expect(")", "after a BLOBFILE parameter"));
  return value;
}

Result<BlobRef> parse_blob(Cursor& cursor) {
  BlobRef blob;
  cursor.take();  // BLOBFILE
  WF_CHECK(cursor.expect("(", "after BLOBFILE"));
  WF_CHECK(cursor.expect_word("path", "as the first parameter of BLOBFILE"));
  WF_CHECK(cursor.expect("=", "after path"));
  WF_TRY(blob.path, parse_wrapped(cursor, [&] { return cursor.expect_string("the path of a blob file"); }));
  WF_CHECK(cursor.expect(",", "after the path of BLOBFILE"));
  WF_CHECK(cursor.expect_word("offset", "as the second parameter of BLOBFILE"));
  WF_CHECK(cursor.expect("=", "after offset"));
  WF_TRY(blob.offset, parse_wrapped(cursor, [&]() -> Result<uint64_t> {
           const Token token = cursor.peek();
           uint64_t offset = 0;
           const auto [end, problem] =
               std::from_chars(token.text.data(), token.text.data() + token.text.size(), offset);
           if (token.kind != TokenKind::kNumber || problem != std::errc() ||
               end != token.text.data() + token.text.size()) {
             return cursor.unexpected("the offset of a blob, at least 0");
           }
           cursor.take();
           return offset;
         }));
  WF_CHECK(cursor.expect(")", "after the offset of BLOBFILE"));
  return blob;
}

}  // namespace

Result<ValueType> parse_type(Cursor& cursor, int depth) {
  if (depth > kMaxDepth)
    return cursor.error_at(cursor.peek().offset, fmt::format("types nest deeper than {}", kMaxDepth));
  if (cursor.at_word("unknown")) {
    cursor.take();
    return ValueType();
  }
  if (cursor.second_is("<")) {
    static constexpr std::string_view kWords[] = {"tensor", "state", "list", "tuple", "dict"};
    const Token word = cursor.peek();
    if (std::ranges::find(kWords, word.text) == std::end(kWords)) {
      return cursor.unexpected("tensor, state, list, tuple or dict before '<'");
    }
    cursor.take();
    cursor.take();
    WF_TRY(ValueType type, parse_type_arguments(cursor, word.text, depth));
    WF_CHECK(cursor.expect(">", fmt::format("at the end of a {} type", word.text)));
    return type;
  }
  WF_TRY(const DType dtype, parse_dtype(cursor));
  return tensor_type(dtype, {});
}

Result<Constant> parse_constant(Cursor& cursor) {
  Constant constant;
  WF_TRY(constant.type, parse_type(cursor));
  WF_CHECK(cursor.expect("(", "after the type of a value"));
  if (cursor.at_word("BLOBFILE")) {
    if (!constant.type.tensor() || !constant.type.tensor()->is_static()) {
      return cursor.unexpected(fmt::format("no blob for a value of type {}", to_string(constant.type)));
    }
    WF_TRY(constant.blob, parse_blob(cursor));
  } else {
    WF_TRY(constant.data, parse_literal(cursor, constant.type, 0));
    constant.type = sized_as(std::move(constant.type), constant.data);
  }
  WF_CHECK(cursor.expect(")", "after a value"));
  return constant;
}

Result<std::vector<NamedConstant>> parse_attributes(Cursor& cursor) {
  std::vector<NamedConstant> attributes;
  const size_t offset = cursor.peek().offset;
  if (!cursor.accept("[")) return attributes;
  while (!cursor.at("]")) {
    if (!attributes.empty()) WF_CHECK(cursor.expect(",", "or ']' between attributes"));
    NamedConstant attribute;
    WF_TRY(attribute.name, cursor.expect_name("the name of an attribute"));
    WF_CHECK(cursor.expect("=", "after the name of an attribute"));
    WF_TRY(attribute.value, parse_constant(cursor));
    attributes.push_back(std::move(attribute));
  }
  cursor.take();
  std::ranges::sort(attributes, {}, &NamedConstant::name);
  const auto twice = std::ranges::adjacent_find(attributes, {}, &NamedConstant::name);
  if (twice != attributes.end())
    return cursor.error_at(offset, fmt::format("two attributes named '{}'", twice->name));
  return attributes;
}

}  // namespace wf::text
