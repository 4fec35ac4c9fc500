// A value: what a program holds as a constant, what an engine computes, what a model takes and gives.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "program/type.h"
#include "tensor/tensor.h"

namespace wf {

struct Datum;

struct List {
  std::vector<Datum> items;
};
struct Tuple {
  std::vector<Datum> items;
};
// Pairs in the order given; keys are scalar string or integer tensors.
struct Dict {
  std::vector<std::pair<Datum, Datum>> items;
};
// A state outlives one prediction. write_state replaces the tensor, so a tensor read before stays as it was.
struct StateCell {
  Tensor tensor;
  // The cell that this one stands in for during one call, if it does: an engine that keeps something of its
  // own for a state (Core ML's MLState) keeps it for that one.
  std::shared_ptr<const StateCell> stands_for = nullptr;
};

// Copying shares: everything behind a Datum but a state is never changed after it was made.
struct Datum {
  std::variant<std::monostate, Tensor, std::shared_ptr<const List>, std::shared_ptr<const Tuple>,
               std::shared_ptr<const Dict>, std::shared_ptr<StateCell>>
      of;

  Datum() = default;
  Datum(Tensor tensor) : of(std::move(tensor)) {}  // NOLINT(google-explicit-constructor)
  Datum(List list)
      : of(std::make_shared<const List>(std::move(list))) {}  // NOLINT(google-explicit-constructor)
  Datum(Tuple tuple)
      : of(std::make_shared<const Tuple>(std::move(tuple))) {}  // NOLINT(google-explicit-constructor)
  Datum(Dict dict)
      : of(std::make_shared<const Dict>(std::move(dict))) {}       // NOLINT(google-explicit-constructor)
  Datum(std::shared_ptr<StateCell> cell) : of(std::move(cell)) {}  // NOLINT(google-explicit-constructor)

  bool known() const { return of.index() != 0; }
  const Tensor* tensor() const { return std::get_if<Tensor>(&of); }
  const List* list() const { return pointer<std::shared_ptr<const List>>(); }
  const Tuple* tuple() const { return pointer<std::shared_ptr<const Tuple>>(); }
  const Dict* dict() const { return pointer<std::shared_ptr<const Dict>>(); }
  StateCell* state() const { return const_cast<StateCell*>(pointer<std::shared_ptr<StateCell>>()); }

 private:
  template <class P>
  const typename P::element_type* pointer() const {
    const P* held = std::get_if<P>(&of);
    return held ? held->get() : nullptr;
  }
};

// The most precise type of the value. An empty list has an unknown element type.
ValueType type_of(const Datum& datum);

// `declared` with the sizes of `datum` where both are tensors.
ValueType sized_as(ValueType declared, const Datum& datum);

Result<Datum> string_scalar(std::string text);

// Deep equality, tensors bit for bit.
bool same_bits(const Datum& a, const Datum& b);

}  // namespace wf
