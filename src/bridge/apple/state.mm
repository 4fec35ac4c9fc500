#include "bridge/apple/state.h"

#include "bridge/apple/values.h"
#include "bridge/array_dtype.h"
#include "bridge/strided.h"

namespace wf::bridge {
namespace {

constexpr const char* kNeeds = "states need macOS 15";

// The state's array as Core ML keeps it must be what the caller believes it is.
wf::Status check_same(MLMultiArray* array, const wfa_value& value) {
  const std::vector<int64_t> shape = numbers_of([array shape]);
  const std::vector<int64_t> given(value.shape, value.shape + (value.shape ? value.rank : 0));
  if (shape != given || static_cast<int64_t>([array dataType]) != value.dtype) {
    return wf::Error(wf::ErrorCode::kInvalidArgument,
                     "the state has another shape or element type than the caller says");
  }
  return {};
}

wf::Status read_into(MLMultiArray* array, const wfa_value& value) {
  WF_CHECK(check_same(array, value));
  return read_array(array, {static_cast<std::byte*>(value.data), value.bytes});
}

wf::Status write_from(MLMultiArray* array, const wfa_value& value) {
  WF_CHECK(check_same(array, value));
  WF_TRY(const size_t element_size, apple_element_size(value.dtype));
  const std::vector<int64_t> shape = numbers_of([array shape]);
  const std::vector<int64_t>* shape_here = &shape;
  const std::span<const std::byte> dense(static_cast<const std::byte*>(value.data), value.bytes);
  __block wf::Status status = wf::Error(wf::ErrorCode::kInternal, "Core ML did not show the state's bytes");
  // The strides that the handler is given hold; those of the array may be others.
  [array getMutableBytesWithHandler:^(void* there, NSInteger size, NSArray<NSNumber*>* strides) {
    status = scatter(dense, *shape_here, numbers_of(strides), element_size,
                     {static_cast<std::byte*>(there), static_cast<size_t>(size)});
  }];
  return status;
}

int access(wfa_state* state, const wfa_value* array, wf::Status (*with)(MLMultiArray*, const wfa_value&),
           wfa_failure* failure) {
  if (!state || !array || !array->name || !array->data)
    return fail(failure, WFA_INVALID, "no state, or no array to exchange it with");
  return guarded(failure, [&]() -> int {
    if (@available(macOS 15.0, iOS 18.0, *)) {
      StateUse use(state);
      if (const int code = use.take(failure)) return code;
      __block wf::Status status = wf::Error(wf::ErrorCode::kNotFound, "the model has no such state");
      [(MLState*)state->object.get() getMultiArrayForStateNamed:ns_text(array->name)
                                                        handler:^(MLMultiArray* buffer) {
                                                          status = with(buffer, *array);
                                                        }];
      if (status) return WFA_OK;
      return fail(failure, wf::Error(status.error()).at("state '" + to_utf8(array->name) + "'"));
    }
    return fail(failure, WFA_UNSUPPORTED, kNeeds);
  });
}

}  // namespace
}  // namespace wf::bridge

using namespace wf::bridge;  // NOLINT(google-build-using-namespace)

extern "C" int wfa_new_state(wfa_model* model, wfa_state** out, wfa_failure* failure) {
  if (!model || !out) return fail(failure, WFA_INVALID, "no model or place for the state");
  *out = nullptr;
  return guarded(failure, [&]() -> int {
    if (@available(macOS 15.0, iOS 18.0, *)) {
      auto state = std::make_unique<wfa_state>();
      state->object = Ref<id>::adopted([model->model.get() newState]);
      if (!state->object) return fail(failure, WFA_ERROR, "Core ML made no state");
      *out = state.release();
      return WFA_OK;
    }
    return fail(failure, WFA_UNSUPPORTED, kNeeds);
  });
}

extern "C" void wfa_free_state(wfa_state* state) {
  if (!state) return;
  guarded(nullptr, [&]() -> int {
    delete state;
    return WFA_OK;
  });
}

extern "C" int wfa_read_state(wfa_state* state, const wfa_value* array, wfa_failure* failure) {
  return access(state, array, read_into, failure);
}

extern "C" int wfa_write_state(wfa_state* state, const wfa_value* array, wfa_failure* failure) {
  return access(state, array, write_from, failure);
}

extern "C" void wfa_lose_state(wfa_state* state) {
  if (state) state->lost = true;
}
