// Version 2: predictions.
#include "api/request_object.h"

namespace wf::api {
namespace {

// One element as a key or an item of a collection.
Result<Datum> scalar_of(const Tensor& tensor, int64_t i) {
  if (tensor.dtype() == DType::kString) return string_scalar(tensor.strings()[static_cast<size_t>(i)]);
  if (!is_integer(tensor.dtype())) return refuse("keys and items are texts or whole numbers");
  const int64_t number = read_int(tensor, i);
  WF_TRY(Tensor out, Tensor::of_ints(DType::kInt64, {}, std::span(&number, 1)));
  return Datum(std::move(out));
}

Result<Tensor> flat(const windfall_tensor_t* handle, std::string_view what) {
  WF_TRY(const auto object, object_of<TensorObject>(handle, what));
  WF_TRY(const Tensor tensor, dense_tensor(object));
  if (tensor.rank() != 1)
    return refuse(fmt::format("{} has shape {}, expected one dimension", what, to_string(tensor.shape())));
  return tensor;
}

// Scalars one behind the other: texts, or int64.
template <class Items, class Pick>
Result<Tensor> gathered(const Items& items, Pick&& pick) {
  const auto count = static_cast<int64_t>(items.size());
  std::vector<std::string> texts;
  std::vector<int64_t> numbers;
  for (const auto& item : items) {
    const Tensor* scalar = pick(item).tensor();
    if (!scalar || scalar->size() != 1)
      return Error(ErrorCode::kInternal, "a key or an item that is no scalar");
    if (scalar->dtype() == DType::kString) {
      texts.push_back(scalar->strings()[0]);
    } else {
      numbers.push_back(read_int(*scalar, 0));
    }
  }
  if (!texts.empty()) return Tensor::of_strings({count}, std::move(texts));
  return Tensor::of_ints(DType::kInt64, {count}, numbers);
}

Status give_tensor(const Tensor& tensor, windfall_tensor_t** out) {
  WF_TRY(auto object, tensor_object(tensor));
  give(std::move(object), out);
  return {};
}

}  // namespace
}  // namespace wf::api

using namespace wf::api;  // NOLINT(google-build-using-namespace): nothing but the C functions follows
using wf::Status;

extern "C" {

windfall_error_t* windfall_request_new(const windfall_model_t* model, windfall_request_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(auto object, loaded_model(model));
    give(std::make_shared<RequestObject>(std::move(object)), out);
    return {};
  });
}

void windfall_request_free(windfall_request_t* request) { free_object<RequestObject>(request); }

windfall_error_t* windfall_request_set_input(windfall_request_t* request, const char* name,
                                             const windfall_tensor_t* value) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    if (!value) return object->set_input(name, nullptr);
    WF_TRY(auto tensor, object_of<TensorObject>(value, "value"));
    return object->set_input(name, std::move(tensor));
  });
}

windfall_error_t* windfall_request_set_dictionary(windfall_request_t* request, const char* name,
                                                  const windfall_tensor_t* keys,
                                                  const windfall_tensor_t* values) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    WF_TRY(const wf::Tensor names, flat(keys, "keys"));
    WF_TRY(const wf::Tensor numbers, flat(values, "values"));
    if (names.size() != numbers.size())
      return refuse(fmt::format("{} keys, {} values", names.size(), numbers.size()));
    if (numbers.dtype() == wf::DType::kString) return refuse("values are texts, expected numbers");
    wf::Dict dict;
    for (int64_t i = 0; i < names.size(); ++i) {
      WF_TRY(wf::Datum key, scalar_of(names, i));
      WF_TRY(wf::Tensor number, wf::Tensor::scalar(wf::DType::kFloat64, wf::read_double(numbers, i)));
      dict.items.emplace_back(std::move(key), std::move(number));
    }
    return object->set_value(name, wf::Datum(std::move(dict)));
  });
}

windfall_error_t* windfall_request_set_sequence(windfall_request_t* request, const char* name,
                                                const windfall_tensor_t* items) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    WF_TRY(const wf::Tensor given, flat(items, "items"));
    wf::List list;
    for (int64_t i = 0; i < given.size(); ++i) {
      WF_TRY(wf::Datum item, scalar_of(given, i));
      list.items.push_back(std::move(item));
    }
    return object->set_value(name, wf::Datum(std::move(list)));
  });
}

windfall_error_t* windfall_request_set_output(windfall_request_t* request, const char* name,
                                              windfall_tensor_t* buffer) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    if (!buffer) return object->set_output(name, nullptr);
    WF_TRY(auto tensor, object_of<TensorObject>(buffer, "buffer"));
    return object->set_output(name, std::move(tensor));
  });
}

windfall_error_t* windfall_request_set_state(windfall_request_t* request, windfall_state_t* state) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    if (!state) return object->set_state(nullptr);
    WF_TRY(auto cells, object_of<StateObject>(state, "state"));
    return object->set_state(std::move(cells));
  });
}

windfall_error_t* windfall_request_set_deadline_ms(windfall_request_t* request, int64_t milliseconds) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    return object->set_deadline(milliseconds);
  });
}

windfall_error_t* windfall_request_set_seed(windfall_request_t* request, uint64_t seed) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    return object->set_seed(seed);
  });
}

windfall_error_t* windfall_request_run(windfall_request_t* request) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    return object->run();
  });
}

windfall_error_t* windfall_requests_run(windfall_request_t* const* requests, size_t count) {
  if (!requests && count > 0) return checked([]() -> Status { return refuse("requests is NULL"); });
  windfall_error_t* first = nullptr;
  for (size_t i = 0; i < count; ++i) {
    windfall_error_t* error = checked([&]() -> Status {
      const auto object = object_of<RequestObject>(requests[i], "it");
      auto status = object ? (*object)->run() : Status(object.error());
      if (!status) return std::move(status).error().at(fmt::format("request {}", i));
      return {};
    });
    if (first) {
      windfall_error_free(error);
    } else {
      first = error;
    }
  }
  return first;
}

windfall_error_t* windfall_request_start(windfall_request_t* request, windfall_done_fn done, void* context) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    return object->start(done, context);
  });
}

windfall_error_t* windfall_request_wait(const windfall_request_t* request, int64_t milliseconds,
                                        int32_t* out_done) {
  return checked([&]() -> Status {
    if (out_done) *out_done = 0;
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    constexpr int64_t kLongest = int64_t{1000} * 60 * 60 * 24 * 365;  // what clocks can add up
    bool done = false;
    auto status =
        object->wait(std::chrono::milliseconds(std::min(milliseconds, kLongest)), milliseconds < 0, &done);
    if (out_done) *out_done = done ? 1 : 0;
    return status;
  });
}

void windfall_request_cancel(const windfall_request_t* request) {
  const auto object = table<RequestObject>().find(request);
  if (!object) return;
  windfall_error_free(checked([&]() -> Status {
    object->cancel();
    return {};
  }));
}

windfall_error_t* windfall_request_output(const windfall_request_t* request, const char* name,
                                          windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    WF_TRY(const wf::Datum value, object->output(name));
    WF_TRY(auto buffer, object->buffer(name));
    if (buffer) {
      give(std::move(buffer), out);
      return {};
    }
    if (!value.tensor()) return refuse(fmt::format("output '{}' is a dictionary or a sequence", name));
    return give_tensor(*value.tensor(), out);
  });
}

windfall_error_t* windfall_request_dictionary(const windfall_request_t* request, const char* name,
                                              windfall_tensor_t** out_keys, windfall_tensor_t** out_values) {
  return checked([&]() -> Status {
    if (out_keys) *out_keys = nullptr;
    if (out_values) *out_values = nullptr;
    if (!out_keys || !out_values) return refuse("out_keys or out_values is NULL");
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    WF_TRY(const wf::Datum value, object->output(name));
    const wf::Dict* dict = value.dict();
    if (!dict) return refuse(fmt::format("output '{}' is no dictionary", name));
    WF_TRY(const wf::Tensor keys,
           gathered(dict->items, [](const auto& item) -> const wf::Datum& { return item.first; }));
    std::vector<double> numbers;
    for (const auto& [key, number] : dict->items)
      numbers.push_back(number.tensor() ? wf::read_double(*number.tensor(), 0) : 0);
    WF_TRY(const wf::Tensor values, wf::Tensor::of_doubles(wf::DType::kFloat64, {keys.size()}, numbers));
    WF_TRY(auto keys_object, tensor_object(keys));
    WF_CHECK(give_tensor(values, out_values));
    try {
      give(std::move(keys_object), out_keys);
    } catch (...) {
      windfall_tensor_free(std::exchange(*out_values, nullptr));
      throw;
    }
    return {};
  });
}

windfall_error_t* windfall_request_sequence(const windfall_request_t* request, const char* name,
                                            windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    WF_TRY(const wf::Datum value, object->output(name));
    const wf::List* list = value.list();
    if (!list) return refuse(fmt::format("output '{}' is no sequence", name));
    WF_TRY(const wf::Tensor items,
           gathered(list->items, [](const wf::Datum& item) -> const wf::Datum& { return item; }));
    return give_tensor(items, out);
  });
}

windfall_error_t* windfall_request_times(const windfall_request_t* request, windfall_times_t* out) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<RequestObject>(request, "request"));
    WF_TRY(const wf::PredictTimes times, object->times());
    windfall_times_t value{};
    value.marshal_in_ms = times.marshal_in_ms;
    value.predict_ms = times.predict_ms;
    value.marshal_out_ms = times.marshal_out_ms;
    return fill(out, value);
  });
}

}  // extern "C"
