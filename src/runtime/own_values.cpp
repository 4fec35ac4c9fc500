#include "runtime/own_values.h"

#include <cstring>
#include <memory>
#include <utility>

namespace wf {
namespace {

std::shared_ptr<StateCell> stand_in(const std::shared_ptr<StateCell>& cell, Tensor tensor) {
  return std::make_shared<StateCell>(StateCell{
      std::move(tensor), cell->stands_for ? cell->stands_for : std::shared_ptr<const StateCell>(cell)});
}

Result<Tensor> own_bytes(const Tensor& tensor) {
  if (tensor.dtype() == DType::kString || !tensor.valid()) return tensor;  // strings are always owned
  WF_TRY(Tensor copy, Tensor::allocate(tensor.dtype(), tensor.shape()));
  if (tensor.byte_size() > 0)
    std::memcpy(copy.mutable_bytes().data(), tensor.bytes().data(), tensor.bytes().size());
  return copy;
}

Result<Datum> own_bytes(const Datum& datum) {
  if (const Tensor* tensor = datum.tensor()) {
    WF_TRY(Tensor copy, own_bytes(*tensor));
    return Datum(std::move(copy));
  }
  if (datum.state()) {
    const auto& cell = std::get<std::shared_ptr<StateCell>>(datum.of);
    WF_TRY(Tensor copy, own_bytes(cell->tensor));
    return Datum(stand_in(cell, std::move(copy)));
  }
  if (const List* list = datum.list()) {
    WF_TRY(std::vector<Datum> items, with_own_bytes(list->items));
    return Datum(List{std::move(items)});
  }
  if (const Tuple* tuple = datum.tuple()) {
    WF_TRY(std::vector<Datum> items, with_own_bytes(tuple->items));
    return Datum(Tuple{std::move(items)});
  }
  if (const Dict* dict = datum.dict()) {
    Dict copy;
    for (const auto& [key, value] : dict->items) {
      WF_TRY(Datum own_key, own_bytes(key));
      WF_TRY(Datum own_value, own_bytes(value));
      copy.items.emplace_back(std::move(own_key), std::move(own_value));
    }
    return Datum(std::move(copy));
  }
  return datum;
}

}  // namespace

std::vector<Datum> with_own_cells(std::span<const Datum> values) {
  std::vector<Datum> own(values.begin(), values.end());
  for (Datum& each : own) {
    if (!each.state()) continue;
    const auto cell = std::get<std::shared_ptr<StateCell>>(each.of);
    each = Datum(stand_in(cell, cell->tensor));
  }
  return own;
}

Result<std::vector<Datum>> with_own_bytes(std::span<const Datum> values) {
  std::vector<Datum> own;
  own.reserve(values.size());
  for (const Datum& each : values) {
    WF_TRY(Datum copy, own_bytes(each));
    own.push_back(std::move(copy));
  }
  return own;
}

void set_states(std::span<const Datum> callers, std::span<const Datum> own) {
  for (size_t i = 0; i < callers.size(); ++i) {
    if (StateCell* cell = callers[i].state()) cell->tensor = own[i].state()->tensor;
  }
}

}  // namespace wf
