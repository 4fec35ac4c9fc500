#include <cstring>

#include "bridge/apple/state.h"
#include "bridge/apple/values.h"
#include "bridge/array_dtype.h"
#include "bridge/strided.h"

struct wfa_result {
  std::vector<wf::bridge::OwnedValue> values;
};

namespace wf::bridge {
namespace {

// Memory that the caller offers for an output.
struct Offer {
  const wfa_value* value = nullptr;
  MLMultiArray* array = nil;  // in the pool of the call
};

struct Call {
  const wfa_request& request;
  Leases inputs, backings;
  std::vector<Offer> offers;
  bool rejected = false;
};

std::vector<std::string> names_wanted(const wfa_request& request, id<MLFeatureProvider> features) {
  std::vector<std::string> names;
  for (size_t i = 0; i < request.output_count; ++i) names.emplace_back(request.outputs[i]);
  if (!names.empty()) return names;
  for (NSString* name in [[[features featureNames] allObjects] sortedArrayUsingSelector:@selector(compare:)])
    names.push_back(text_of(name));
  return names;
}

int no_such_output(const std::string& name, id<MLFeatureProvider> features, wfa_failure* failure) {
  std::string known;
  for (NSString* each in [[[features featureNames] allObjects] sortedArrayUsingSelector:@selector(compare:)])
    known += (known.empty() ? "'" : ", '") + text_of(each) + "'";
  return fail(failure, WFA_NOT_FOUND,
              "the prediction has no output '" + to_utf8(name.c_str()) + "'; it has " +
                  (known.empty() ? "none" : known));
}

const Offer* offer_for(const Call& call, const std::string& name) {
  for (const Offer& offer : call.offers) {
    if (name == offer.value->name) return &offer;
  }
  return nullptr;
}

// What Core ML did not write to the memory offered is copied there.
int copy_to_offer(const Offer& offer, OwnedValue& out, wfa_failure* failure) {
  const wfa_value& to = *offer.value;
  const std::string what = "output '" + out.name + "'";
  if (out.view.kind != WFA_ARRAY)
    return fail(failure, WFA_INVALID, what + " is no array, memory for one was offered");
  if (out.view.dtype != to.dtype) {
    return fail(failure, WFA_INVALID, what + " has another element type than the memory offered for it");
  }
  const std::vector<int64_t> shape(to.shape, to.shape + (to.shape ? to.rank : 0));
  if (out.shape != shape) {
    std::string sizes;
    for (const int64_t size : out.shape) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
    return fail(failure, WFA_TOO_SMALL,
                what + " has shape [" + sizes + "], the memory offered for it is of another");
  }
  const std::vector<int64_t> strides =
      to.strides ? std::vector<int64_t>(to.strides, to.strides + to.rank) : dense_strides(shape);
  const auto element_size = apple_element_size(to.dtype);
  if (!element_size) return fail(failure, element_size.error());
  const wf::Status status = scatter({out.bytes.get(), out.view.bytes}, shape, strides, *element_size,
                                    {static_cast<std::byte*>(to.data), to.bytes});
  return status ? WFA_OK : fail(failure, wf::Error(status.error()).at(what));
}

int read_output(const Call& call, const std::string& name, id<MLFeatureProvider> features, OwnedValue& out,
                wfa_failure* failure) {
  MLFeatureValue* value = [features featureValueForName:ns_text(name)];
  if (!value) return no_such_output(name, features, failure);
  out.name = name;
  const Offer* offer = offer_for(call, name);
  if (offer && !call.rejected && [value multiArrayValue] == offer->array) {
    // The very array that was offered: its bytes are in place already.
    out.backing = WFA_ACCEPTED;
    out.view = *offer->value;
    out.view.release = nullptr;
    out.shape = numbers_of([offer->array shape]);
    out.strides = numbers_of([offer->array strides]);
    return WFA_OK;
  }
  if (const int code = read_value(value, out, failure)) return code;
  if (!offer) return WFA_OK;
  out.backing = call.rejected ? WFA_REJECTED : WFA_IGNORED;
  return copy_to_offer(*offer, out, failure);
}

int read_outputs(const Call& call, id<MLFeatureProvider> features, wfa_result** out, wfa_failure* failure) {
  auto result = std::make_unique<wfa_result>();
  const std::vector<std::string> names = names_wanted(call.request, features);
  result->values.resize(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    if (const int code = read_output(call, names[i], features, result->values[i], failure)) return code;
    result->values[i].point();
  }
  *out = result.release();
  return WFA_OK;
}

int make_offers(Call& call, wfa_failure* failure) {
  for (size_t i = 0; i < call.request.backing_count; ++i) {
    const wfa_value& value = call.request.backings[i];
    if (value.kind != WFA_ARRAY || !value.name)
      return fail(failure, WFA_INVALID, "memory can be offered for arrays, by name");
    Offer offer{&value, nil};
    if (const int code = array_of(value, call.backings[i], &offer.array, failure)) return code;
    call.offers.push_back(offer);
  }
  return WFA_OK;
}

Ref<MLPredictionOptions*> options_of(const Call& call) {
  auto options = Ref<MLPredictionOptions*>::adopted([MLPredictionOptions new]);
  if (call.offers.empty()) return options;
  NSMutableDictionary<NSString*, id>* backings = [NSMutableDictionary dictionary];
  for (const Offer& offer : call.offers) [backings setObject:offer.array forKey:ns_text(offer.value->name)];
  [options.get() setOutputBackings:backings];
  return options;
}

int predict_once(MLModel* model, id<MLFeatureProvider> inputs, wfa_state* state, MLPredictionOptions* options,
                 id<MLFeatureProvider>* out, wfa_failure* failure) {
  NSError* error = nil;
  id<MLFeatureProvider> outputs = nil;
  if (!state) {
    outputs = [model predictionFromFeatures:inputs options:options error:&error];
  } else if (@available(macOS 15.0, iOS 18.0, *)) {
    outputs = [model predictionFromFeatures:inputs
                                 usingState:(MLState*)state->object.get()
                                    options:options
                                      error:&error];
  } else {
    return fail(failure, WFA_UNSUPPORTED, "states need macOS 15");
  }
  // What counts is what came back: an error may be set though all went well.
  if (!outputs) return fail_with(failure, error, "prediction");
  *out = outputs;
  return WFA_OK;
}

int predict_or_raise(MLModel* model, id<MLFeatureProvider> inputs, wfa_state* state,
                     MLPredictionOptions* options, id<MLFeatureProvider>* out, wfa_failure* failure) {
  @try {
    return predict_once(model, inputs, state, options, out, failure);
  } @catch (NSException* exception) {
    return fail_with(failure, exception);
  }
}

int predict(wfa_model* model, Call& call, wfa_state* state, wfa_result** out, wfa_failure* failure) {
  StateUse use(state);
  if (const int code = use.take(failure)) return code;
  id<MLFeatureProvider> inputs = nil, outputs = nil;
  if (const int code =
          provider_of(call.request.inputs, call.request.input_count, call.inputs, &inputs, failure))
    return code;
  if (const int code = make_offers(call, failure)) return code;
  MLModel* object = model->model.get();
  int code = predict_or_raise(object, inputs, state, options_of(call).get(), &outputs, failure);
  if (code != WFA_OK && state) {
    state->lost = true;  // how far it came nobody knows, so it is not tried again either
    return code;
  }
  if (code != WFA_OK && !call.offers.empty()) {  // perhaps for the memory that was offered
    call.rejected = true;
    const auto plain = Ref<MLPredictionOptions*>::adopted([MLPredictionOptions new]);
    code = predict_or_raise(object, inputs, nullptr, plain.get(), &outputs, failure);
  }
  if (code != WFA_OK) return code;
  wfa_clear_failure(failure);  // of the attempt that was rejected
  return read_outputs(call, outputs, out, failure);
}

int predict_batch(wfa_model* model, std::vector<Call>& calls, std::vector<wfa_result*>& results,
                  wfa_failure* failure) {
  NSMutableArray<id<MLFeatureProvider>>* rows = [NSMutableArray arrayWithCapacity:calls.size()];
  for (const Call& call : calls) {
    id<MLFeatureProvider> inputs = nil;
    if (const int code =
            provider_of(call.request.inputs, call.request.input_count, call.inputs, &inputs, failure))
      return code;
    [rows addObject:inputs];
  }
  const auto batch =
      Ref<MLArrayBatchProvider*>::adopted([[MLArrayBatchProvider alloc] initWithFeatureProviderArray:rows]);
  const auto options = Ref<MLPredictionOptions*>::adopted([MLPredictionOptions new]);
  NSError* error = nil;
  id<MLBatchProvider> outputs = [model->model.get() predictionsFromBatch:batch.get()
                                                                 options:options.get()
                                                                   error:&error];
  if (!outputs) return fail_with(failure, error, "batch prediction");
  if (static_cast<size_t>([outputs count]) != calls.size()) {
    return fail(
        failure, WFA_ERROR,
        "a batch of " + std::to_string(calls.size()) + " came back as " + std::to_string([outputs count]));
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    id<MLFeatureProvider> row = [outputs featuresAtIndex:static_cast<NSInteger>(i)];
    if (const int code = read_outputs(calls[i], row, &results[i], failure)) return code;
  }
  return WFA_OK;
}

bool makes_sense(const wfa_request& request) {
  return (request.inputs || request.input_count == 0) && (request.outputs || request.output_count == 0) &&
         (request.backings || request.backing_count == 0);
}

Call call_of(const wfa_request& request) {
  return {request,
          leases_of(request.inputs, request.input_count),
          leases_of(request.backings, request.backing_count),
          {},
          false};
}

}  // namespace
}  // namespace wf::bridge

using namespace wf::bridge;  // NOLINT(google-build-using-namespace)

extern "C" int wfa_predict(wfa_model* model, const wfa_request* request, wfa_state* state, wfa_result** out,
                           wfa_failure* failure) {
  if (!request || !makes_sense(*request)) return fail(failure, WFA_INVALID, "no request");
  if (out) *out = nullptr;
  return guarded(failure, [&]() -> int {
    Call call = call_of(*request);
    if (!model || !out) return fail(failure, WFA_INVALID, "no model or place for the result");
    return predict(model, call, state, out, failure);
  });
}

extern "C" int wfa_predict_batch(wfa_model* model, const wfa_request* requests, size_t count,
                                 wfa_result** outs, wfa_failure* failure) {
  if ((!requests && count > 0) || (!outs && count > 0))
    return fail(failure, WFA_INVALID, "no requests or place for results");
  for (size_t i = 0; i < count; ++i) {
    if (!makes_sense(requests[i])) return fail(failure, WFA_INVALID, "a request points nowhere");
    outs[i] = nullptr;
  }
  std::vector<wfa_result*> results(count, nullptr);
  const int code = guarded(failure, [&]() -> int {
    std::vector<Call> calls;
    for (size_t i = 0; i < count; ++i) calls.push_back(call_of(requests[i]));
    if (!model) return fail(failure, WFA_INVALID, "no model");
    return count == 0 ? WFA_OK : predict_batch(model, calls, results, failure);
  });
  for (size_t i = 0; i < count; ++i) {
    if (code == WFA_OK) {
      outs[i] = results[i];
    } else {
      wfa_free_result(results[i]);
    }
  }
  return code;
}

extern "C" size_t wfa_result_count(const wfa_result* result) { return result ? result->values.size() : 0; }

extern "C" const wfa_value* wfa_result_value(const wfa_result* result, size_t index) {
  return index < wfa_result_count(result) ? &result->values[index].view : nullptr;
}

extern "C" int wfa_result_backing(const wfa_result* result, size_t index) {
  return index < wfa_result_count(result) ? result->values[index].backing : WFA_NOT_OFFERED;
}

extern "C" void wfa_free_result(wfa_result* result) { delete result; }
