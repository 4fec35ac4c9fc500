// Version 2: what stateful models remember.
#include "api/c_objects.h"

namespace wf::api {
namespace {

Error in_use() { return refuse("the state is in use by another call"); }

Result<StateCell*> cell_of(const StateObject& state, const char* name) {
  if (!name) return refuse("name is NULL");
  for (const auto& [each, cell] : state.state.cells) {
    if (each == name) return cell.get();
  }
  return Error(ErrorCode::kNotFound, fmt::format("the model has no state '{}'", name));
}

}  // namespace
}  // namespace wf::api

using namespace wf::api;  // NOLINT(google-build-using-namespace): nothing but the C functions follows
using wf::Status;

extern "C" {

windfall_error_t* windfall_state_new(const windfall_model_t* model, windfall_state_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(const auto object, loaded_model(model));
    auto state = std::make_shared<StateObject>();
    WF_TRY(state->state, object->model().new_state());
    give(std::move(state), out);
    return {};
  });
}

windfall_error_t* windfall_state_copy(const windfall_state_t* state, windfall_state_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(const auto object, object_of<StateObject>(state, "state"));
    const Look look(*object);
    if (!look.ok()) return in_use();
    auto copy = std::make_shared<StateObject>();
    // A state's tensor is replaced, never changed: sharing it is copying it.
    for (const auto& [name, cell] : object->state.cells)
      copy->state.cells.emplace_back(name, std::make_shared<wf::StateCell>(*cell));
    give(std::move(copy), out);
    return {};
  });
}

void windfall_state_free(windfall_state_t* state) { free_object<StateObject>(state); }

windfall_error_t* windfall_state_read(const windfall_state_t* state, const char* name,
                                      windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(const auto object, object_of<StateObject>(state, "state"));
    const Look look(*object);
    if (!look.ok()) return in_use();
    WF_TRY(const wf::StateCell* cell, cell_of(*object, name));
    WF_TRY(const wf::Tensor copy, own_copy(cell->tensor));
    WF_TRY(auto tensor, tensor_object(copy));
    give(std::move(tensor), out);
    return {};
  });
}

windfall_error_t* windfall_state_write(windfall_state_t* state, const char* name,
                                       const windfall_tensor_t* value) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<StateObject>(state, "state"));
    WF_TRY(const auto tensor, object_of<TensorObject>(value, "value"));
    const Change change(*object);
    if (!change.ok()) return in_use();
    WF_TRY(wf::StateCell * cell, cell_of(*object, name));
    const wf::Tensor& now = cell->tensor;
    if (tensor->dtype != now.dtype() || tensor->shape != now.shape()) {
      return refuse(fmt::format("state '{}' is {} {}, given {} {}", name, wf::name_of(now.dtype()),
                                wf::to_string(now.shape()), wf::name_of(tensor->dtype),
                                wf::to_string(tensor->shape)));
    }
    WF_TRY(const wf::Tensor given, dense_tensor(tensor));
    WF_TRY(cell->tensor, own_copy(given));
    return {};
  });
}

}  // extern "C"
