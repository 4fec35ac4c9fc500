// What the handles of version 2 stand for, and how its functions begin and end.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/guard.h"
#include "api/handle_table.h"
#include "api/stage.h"
#include "api/tensor_object.h"
#include "runtime/model.h"
#include "windfall/windfall.h"

namespace wf::api {

struct ErrorObject {
  static constexpr HandleKind kKind = HandleKind::kError;
  Error error;
  std::string message;  // all of it but the hint
};

struct OptionsObject {
  static constexpr HandleKind kKind = HandleKind::kOptions;
  LoadOptions load;
  int64_t deadline_ms = kDefaultDeadlineMs;
  static constexpr int64_t kDefaultDeadlineMs = 600000;
};

// A feature with what a windfall_feature_t points to.
struct FeatureView {
  std::string name, text, doc;
  Shape shape, usual_shape;
  int32_t kind = WINDFALL_KIND_UNKNOWN, dtype = -1;
  bool optional = false;
};

struct ModelObject {
  static constexpr HandleKind kKind = HandleKind::kModel;
  std::optional<Model> loaded;  // not of a model that was only described
  std::string engine, schema;
  int64_t deadline_ms = 0;
  std::vector<FeatureView> features[3];  // by WINDFALL_INPUTS, ...
  std::string container, type, function, why_not;
  int64_t specification_version = 0;
  Metadata metadata;
  std::vector<std::string> functions;

  const Model& model() const { return *loaded; }
};

// Changed by one at a time, looked at by any number; who comes at the wrong moment is refused, not kept
// waiting.
struct StateObject {
  static constexpr HandleKind kKind = HandleKind::kState;
  ModelState state;

  bool try_change() {
    int nobody = 0;
    return users_.compare_exchange_strong(nobody, -1);
  }
  void end_change() { users_ = 0; }
  bool try_look() {
    int users = users_;
    while (users >= 0 && !users_.compare_exchange_weak(users, users + 1)) {
    }
    return users >= 0;
  }
  void end_look() { --users_; }

 private:
  std::atomic<int> users_{0};  // -1: it is being changed
};

// One call's hold on a state, if it got it.
template <bool (StateObject::*take)(), void (StateObject::*end)()>
class StateHold {
 public:
  explicit StateHold(StateObject& state) : state_(state), ok_((state.*take)()) {}
  StateHold(const StateHold&) = delete;
  StateHold& operator=(const StateHold&) = delete;
  ~StateHold() {
    if (ok_) (state_.*end)();
  }
  bool ok() const { return ok_; }

 private:
  StateObject& state_;
  bool ok_;
};
using Look = StateHold<&StateObject::try_look, &StateObject::end_look>;
using Change = StateHold<&StateObject::try_change, &StateObject::end_change>;

// The object's table; never torn down, since calls may come until the process is gone.
template <class T>
HandleTable<T>& table() {
  static auto& handles = *new HandleTable<T>(T::kKind);
  return handles;
}

inline Error refuse(std::string message, std::string hint = {}) {
  return {ErrorCode::kInvalidArgument, std::move(message), {}, std::move(hint)};
}

// The object behind a handle; `what` names it if there is none.
template <class T, class Handle>
Result<std::shared_ptr<T>> object_of(const Handle* handle, std::string_view what) {
  auto object = table<T>().find(handle);
  if (!object) return refuse(fmt::format("{} is {}", what, handle ? "no such handle, or was freed" : "NULL"));
  return object;
}

// A model that can predict.
template <class Handle>
Result<std::shared_ptr<ModelObject>> loaded_model(const Handle* handle) {
  WF_TRY(auto object, object_of<ModelObject>(handle, "model"));
  if (!object->loaded) return refuse("the model was only described", "load it with windfall_model_load");
  return object;
}

template <class T, class Handle>
void give(std::shared_ptr<T> object, Handle** out) {
  *out = static_cast<Handle*>(table<T>().add(std::move(object)));
}

// Removes the handle; what the object holds is let go of outside of any lock.
template <class T>
void free_object(const void* handle) noexcept {
  table<T>().remove(handle);
}

// The handle of the error for which there was no memory; freeing it does nothing.
windfall_error_t* out_of_memory_error();
windfall_error_t* error_handle(const Error& error);

void log_info(std::string_view text);

// Runs `work`, which returns a Status, behind the wall.
template <class Work>
windfall_error_t* checked(Work&& work) {
  const auto report = [](const Error* error) {
    return error ? error_handle(*error) : static_cast<windfall_error_t*>(nullptr);
  };
  return guard(std::forward<Work>(work), report, out_of_memory_error);
}

// A year at most: clocks must be able to add it.
inline Status check_deadline(int64_t milliseconds) {
  constexpr int64_t kLongest = int64_t{1000} * 60 * 60 * 24 * 365;
  if (milliseconds <= 0 || milliseconds > kLongest)
    return refuse(fmt::format("a deadline of {} ms, expected 1 to {}", milliseconds, kLongest));
  return {};
}

// Fills a caller's struct as far as the caller knows it.
template <class T>
Status fill(T* out, T value) {
  if (!out) return refuse("out is NULL");
  const size_t known = out->struct_size;
  if (known < sizeof(size_t) || known > 4096) return refuse("struct_size of out is not set");
  value.struct_size = known;
  std::memcpy(out, &value, std::min(known, sizeof(T)));
  return {};
}

}  // namespace wf::api
