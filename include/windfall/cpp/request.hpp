// Predictions one after the other, in memory that stays. Part of windfall/windfall.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "windfall/cpp/model.hpp"

namespace windfall {

// Where the time of a prediction went.
struct Times {
  double marshal_in_ms = 0, predict_ms = 0, marshal_out_ms = 0;
};

namespace detail {

using RequestHandle = Handle<windfall_request_t, windfall_request_free>;

// All texts or all whole numbers, as a tensor [count].
template <class Items, class Pick>
Result<Tensor> tensor_of_keys(const Items& items, Pick&& pick) {
  std::vector<std::string> texts;
  std::vector<std::int64_t> numbers;
  for (const auto& item : items) {
    const Key& key = pick(item);
    if (const auto* text = std::get_if<std::string>(&key)) {
      texts.push_back(*text);
    } else {
      numbers.push_back(*std::get_if<std::int64_t>(&key));
    }
  }
  if (!texts.empty() && !numbers.empty()) return refused("some are texts and some are whole numbers");
  const Shape shape = {static_cast<std::int64_t>(items.size())};
  return numbers.empty() ? Tensor::of_strings(shape, texts) : Tensor::of(shape, numbers);
}

inline std::vector<Key> keys_of(const Tensor& tensor) {
  if (tensor.dtype() == DType::kString) return {tensor.strings().begin(), tensor.strings().end()};
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(tensor.size()));
  if (!numbers.empty()) std::memcpy(numbers.data(), tensor.bytes().data(), tensor.bytes().size());
  return {numbers.begin(), numbers.end()};
}

// Calls a std::function with how a prediction went; what that throws is dropped, there is nobody to tell.
inline void tell(void* context, windfall_error_t* raw) {
  const ErrorHandle error(raw);
  try {
    const std::unique_ptr<std::function<void(Status)>> done(
        static_cast<std::function<void(Status)>*>(context));
    Status status = std::monostate();
    if (error) {
      try {
        status = Error{static_cast<ErrorCode>(windfall_error_code(error.get())),
                       windfall_error_message(error.get()), windfall_error_hint(error.get())};
      } catch (...) {
        status = out_of_memory();
      }
    }
    (*done)(std::move(status));
  } catch (...) {
  }
}

}  // namespace detail

// The inputs and outputs of predictions, one after the other. It belongs to one thread at a time, hence it is
// moved, not copied; several requests of one model run at once. While it runs (start), nothing but what is
// marked so may be called, from any thread; all else is refused.
class Request {
 public:
  static Result<Request> create(const Model& model) {
    auto handle = detail::make<detail::RequestHandle>(
        [&](windfall_request_t** out) { return windfall_request_new(model.c_handle(), out); });
    if (!handle) return handle.error();
    return Request(model, *std::move(handle));
  }
  Request(Request&&) noexcept = default;
  Request& operator=(Request&& other) noexcept {
    finish();
    model_ = std::move(other.model_);
    handle_ = std::move(other.handle_);
    started_ = other.started_;
    return *this;
  }
  // Cancels what runs and waits for its end, so that buffers are safe to go.
  ~Request() { finish(); }

  const Model& model() const { return model_; }

  // dtypes are converted to the model's: floating values rounded, integers only if nothing is lost.
  Status set_input(const std::string& name, const Tensor& value) {
    return detail::status_of(windfall_request_set_input(handle_.get(), name.c_str(), value.c_handle()));
  }
  // What the buffer holds whenever the request runs. Its memory is kept, also without the Buffer.
  Status set_input(const std::string& name, Buffer& memory) {
    return detail::status_of(windfall_request_set_input(handle_.get(), name.c_str(), memory.c_handle()));
  }
  Status set_input(const std::string& name, const Dictionary& value) {
    const auto keys =
        detail::tensor_of_keys(value, [](const auto& item) -> const Key& { return item.first; });
    if (!keys) return keys.error();
    std::vector<double> numbers;
    for (const auto& [key, number] : value) numbers.push_back(number);
    const auto values = Tensor::of({static_cast<std::int64_t>(numbers.size())}, numbers);
    if (!values) return values.error();
    return detail::status_of(
        windfall_request_set_dictionary(handle_.get(), name.c_str(), keys->c_handle(), values->c_handle()));
  }
  Status set_input(const std::string& name, const Sequence& value) {
    const auto items = detail::tensor_of_keys(value, [](const Key& item) -> const Key& { return item; });
    if (!items) return items.error();
    return detail::status_of(windfall_request_set_sequence(handle_.get(), name.c_str(), items->c_handle()));
  }
  Status set_input(const std::string& name, const Value& value) {
    if (const auto* tensor = std::get_if<Tensor>(&value)) return set_input(name, *tensor);
    if (const auto* dictionary = std::get_if<Dictionary>(&value)) return set_input(name, *dictionary);
    return set_input(name, *std::get_if<Sequence>(&value));
  }
  Status set_inputs(const Values& values) {
    for (const auto& [name, value] : values) {
      if (auto status = set_input(name, value); !status) return status;
    }
    return std::monostate();
  }
  // As optional inputs are that are left out.
  Status clear_input(const std::string& name) {
    return detail::status_of(windfall_request_set_input(handle_.get(), name.c_str(), nullptr));
  }
  // Where the output goes: memory of its shape, whose dtype it is converted to. Kept, also without the
  // Buffer.
  Status set_output(const std::string& name, Buffer& memory) {
    return detail::status_of(windfall_request_set_output(handle_.get(), name.c_str(), memory.c_handle()));
  }
  // A new tensor each time.
  Status clear_output(const std::string& name) {
    return detail::status_of(windfall_request_set_output(handle_.get(), name.c_str(), nullptr));
  }
  // The conversation that the predictions go on with. Kept, also without the State.
  Status set_state(State& state) {
    return detail::status_of(windfall_request_set_state(handle_.get(), state.c_handle()));
  }
  Status clear_state() { return detail::status_of(windfall_request_set_state(handle_.get(), nullptr)); }
  // The time that each prediction has from its start on, waiting for a thread included.
  Status set_deadline(std::chrono::milliseconds time) {
    return detail::status_of(windfall_request_set_deadline_ms(handle_.get(), time.count()));
  }
  // Of operations that draw random numbers; 0 without it.
  Status set_seed(std::uint64_t seed) {
    return detail::status_of(windfall_request_set_seed(handle_.get(), seed));
  }

  // Predicts, here and now.
  Status run() { return detail::status_of(windfall_request_run(handle_.get())); }
  // Predicts in another thread; wait() tells how it went.
  Status start() {
    started_ = true;
    return detail::status_of(windfall_request_start(handle_.get(), nullptr, nullptr));
  }
  // The same; `done` is called once from that thread, when the request can be used again.
  Status start(std::function<void(Status)> done) {
    started_ = true;
    auto context = std::make_unique<std::function<void(Status)>>(std::move(done));
    windfall_error_t* error = windfall_request_start(handle_.get(), detail::tell, context.get());
    if (!error) context.release();  // tell() frees it
    return detail::status_of(error);
  }
  // Returns when the prediction has ended, with its error if it was started without a function. Any thread,
  // while it runs.
  Status wait() const { return detail::status_of(windfall_request_wait(handle_.get(), -1, nullptr)); }
  // The same for a while: false if it still runs. Any thread, while it runs.
  Result<bool> wait_for(std::chrono::milliseconds time) const {
    std::int32_t done = 0;
    const std::int64_t bounded = time.count() < 0 ? 0 : time.count();
    if (windfall_error_t* error = windfall_request_wait(handle_.get(), bounded, &done))
      return detail::taken(error);
    return done != 0;
  }
  // It ends with kDeadlineExceeded soon, unless it has ended. Any thread, while it runs.
  void cancel() const { windfall_request_cancel(handle_.get()); }

  // Of the last prediction: what went to a buffer is a view of that.
  Result<Value> output(const std::string& name) const {
    for (const Feature& feature : model_.description().outputs) {
      if (feature.name == name) return output(feature);
    }
    return Error{ErrorCode::kNotFound, "the model has no output '" + name + "'", {}};
  }
  Result<Values> outputs() const {
    Values out;
    for (const Feature& feature : model_.description().outputs) {
      auto value = output(feature);
      if (!value) return value.error();
      out.insert_or_assign(feature.name, *std::move(value));
    }
    return out;
  }
  // Of the last prediction that went well; a predictor tells none.
  Result<Times> times() const {
    windfall_times_t times{};
    times.struct_size = sizeof times;
    if (windfall_error_t* error = windfall_request_times(handle_.get(), &times)) return detail::taken(error);
    return Times{times.marshal_in_ms, times.predict_ms, times.marshal_out_ms};
  }

  windfall_request_t* c_handle() { return handle_.get(); }  // for windfall.h; stays this request's

 private:
  Request(Model model, detail::RequestHandle handle) : model_(std::move(model)), handle_(std::move(handle)) {}

  void finish() noexcept {
    if (!handle_ || !started_) return;
    windfall_request_cancel(handle_.get());
    windfall_error_free(windfall_request_wait(handle_.get(), -1, nullptr));
  }

  Result<Value> output(const Feature& feature) const {
    const char* const name = feature.name.c_str();
    if (feature.kind == FeatureKind::kDictionary) return dictionary(name);
    auto tensor = Tensor::from_handle(detail::make<detail::TensorHandle>([&](windfall_tensor_t** out) {
      return feature.kind == FeatureKind::kSequence ? windfall_request_sequence(handle_.get(), name, out)
                                                    : windfall_request_output(handle_.get(), name, out);
    }));
    if (!tensor) return tensor.error();
    if (feature.kind == FeatureKind::kSequence) return Value(detail::keys_of(*tensor));
    return Value(*std::move(tensor));
  }
  Result<Value> dictionary(const char* name) const {
    windfall_tensor_t *keys = nullptr, *values = nullptr;
    windfall_error_t* error = windfall_request_dictionary(handle_.get(), name, &keys, &values);
    detail::TensorHandle keys_handle(keys), values_handle(values);
    if (error) return detail::taken(error);
    const auto names = Tensor::from_handle(std::move(keys_handle));
    if (!names) return names.error();
    const auto numbers = Tensor::from_handle(std::move(values_handle));
    if (!numbers) return numbers.error();
    std::vector<Key> all = detail::keys_of(*names);
    const std::vector<double> doubles = numbers->to_doubles();
    Dictionary out;
    for (std::size_t i = 0; i < all.size(); ++i) out.emplace_back(std::move(all[i]), doubles[i]);
    return Value(std::move(out));
  }

  Model model_;
  detail::RequestHandle handle_;
  bool started_ = false;
};

// Predicts for each of them, one after the other; all run, and the first error that came up is returned.
inline Status run_all(std::span<Request> requests) {
  std::vector<windfall_request_t*> handles;
  for (Request& request : requests) handles.push_back(request.c_handle());
  return detail::status_of(windfall_requests_run(handles.data(), handles.size()));
}

inline Result<Request> Model::new_request() const { return Request::create(*this); }

inline Result<Values> Model::predict(const Values& inputs, State* state) const {
  auto request = Request::create(*this);
  if (!request) return request.error();
  if (auto status = request->set_inputs(inputs); !status) return status.error();
  if (state) {
    if (auto status = request->set_state(*state); !status) return status.error();
  }
  if (auto status = request->run(); !status) return status.error();
  return request->outputs();
}

}  // namespace windfall
