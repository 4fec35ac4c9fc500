// Types of the values in a program: what MIL calls ValueType.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace wf {

inline constexpr int64_t kUnknownSize = -1;  // a "?" in the text form

struct TensorType {
  DType dtype = DType::kFloat32;
  std::optional<Shape> shape;  // absent: even the rank is unknown; kUnknownSize: that size is unknown

  bool operator==(const TensorType&) const = default;
  bool is_static() const;  // every size known
};

struct ValueType;

struct ListType {
  std::shared_ptr<const ValueType> element;
  int64_t length = kUnknownSize;
};
struct TupleType {
  std::vector<ValueType> items;
};
struct DictType {
  std::shared_ptr<const ValueType> key, value;
};
struct StateType {
  TensorType tensor;
  bool operator==(const StateType&) const = default;
};

// monostate: not known (an intermediate value of a program that nobody typed yet).
struct ValueType {
  std::variant<std::monostate, TensorType, ListType, TupleType, DictType, StateType> of;

  ValueType() = default;
  ValueType(TensorType type) : of(std::move(type)) {}  // NOLINT(google-explicit-constructor)
  ValueType(ListType type) : of(std::move(type)) {}    // NOLINT(google-explicit-constructor)
  ValueType(TupleType type) : of(std::move(type)) {}   // NOLINT(google-explicit-constructor)
  ValueType(DictType type) : of(std::move(type)) {}    // NOLINT(google-explicit-constructor)
  ValueType(StateType type) : of(std::move(type)) {}   // NOLINT(google-explicit-constructor)

  bool known() const { return of.index() != 0; }
  const TensorType* tensor() const { return std::get_if<TensorType>(&of); }
  const ListType* list() const { return std::get_if<ListType>(&of); }
  const TupleType* tuple() const { return std::get_if<TupleType>(&of); }
  const DictType* dict() const { return std::get_if<DictType>(&of); }
  const StateType* state() const { return std::get_if<StateType>(&of); }

  bool operator==(const ValueType& other) const;
};

inline ValueType tensor_type(DType dtype, Shape shape) { return TensorType{dtype, std::move(shape)}; }
inline ValueType tensor_type_of_unknown_rank(DType dtype) { return TensorType{dtype, std::nullopt}; }

// "tensor<fp16, [1, 3, ?, ?]>", "state<tensor<fp16, [4]>>", "list<tensor<fp32, [2]>, ?>", as in MIL text.
std::string to_string(const TensorType& type);
std::string to_string(const ValueType& type);

// Could a value of type `actual` stand where `declared` is written? Unknown sizes fit anything, dtypes must
// be equal.
bool fits(const ValueType& actual, const ValueType& declared);

}  // namespace wf
