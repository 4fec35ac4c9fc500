// Version 2: one model served to many callers.
#include "api/request_object.h"

namespace wf::api {
namespace {

struct PredictorObject {
  static constexpr HandleKind kKind = HandleKind::kPredictor;
  std::shared_ptr<const ModelObject> model;
  std::unique_ptr<Predictor> predictor;
};

// What clocks can add up.
std::chrono::milliseconds bounded(int64_t milliseconds) {
  constexpr int64_t kLongest = int64_t{1000} * 60 * 60 * 24 * 365;
  return std::chrono::milliseconds(std::clamp<int64_t>(milliseconds, 0, kLongest));
}

// As far as the caller knows the struct.
Result<windfall_predictor_options_t> known_part(const windfall_predictor_options_t* options) {
  windfall_predictor_options_t out{};
  if (!options) return out;
  const size_t known = options->struct_size;
  if (known < sizeof(size_t) || known > 4096) return refuse("struct_size of options is not set");
  std::memcpy(&out, options, std::min(known, sizeof out));
  return out;
}

Result<PredictorOptions> internal_options(const windfall_predictor_options_t& given,
                                          const ModelObject& model) {
  PredictorOptions out;
  const auto take = [](auto& to, int64_t number, std::string_view name) -> Status {
    if (number < 0) return refuse(fmt::format("{} is {}, expected more than 0", name, number));
    if (number > 0) to = static_cast<std::remove_reference_t<decltype(to)>>(number);
    return {};
  };
  WF_CHECK(take(out.instances, given.instances, "instances"));
  WF_CHECK(take(out.queue_capacity, given.queue_capacity, "queue_capacity"));
  WF_CHECK(take(out.max_batch, given.max_batch, "max_batch"));
  WF_CHECK(take(out.memory_limit, given.memory_limit, "memory_limit"));
  WF_CHECK(take(out.max_delay, given.max_delay_us, "max_delay_us"));
  if (given.deadline_ms != 0) WF_CHECK(check_deadline(given.deadline_ms));
  out.deadline = std::chrono::milliseconds(given.deadline_ms != 0 ? given.deadline_ms : model.deadline_ms);
  out.shed_load = given.keep_all == 0;
  return out;
}

// Requests of the predictor's model that it may be asked for.
Result<std::shared_ptr<RequestObject>> request_for(const PredictorObject& predictor,
                                                   const windfall_request_t* handle, std::string_view what) {
  WF_TRY(auto request, object_of<RequestObject>(handle, what));
  if (&request->model() != predictor.model.get())
    return refuse(fmt::format("{} is of another model than the predictor", what));
  return request;
}

}  // namespace
}  // namespace wf::api

using namespace wf::api;  // NOLINT(google-build-using-namespace): nothing but the C functions follows
using wf::Status;

extern "C" {

windfall_error_t* windfall_predictor_new(const windfall_model_t* model,
                                         const windfall_predictor_options_t* options,
                                         windfall_predictor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(auto object, loaded_model(model));
    WF_TRY(const windfall_predictor_options_t given, known_part(options));
    WF_TRY(const wf::PredictorOptions internal, internal_options(given, *object));
    auto predictor = std::make_shared<PredictorObject>();
    WF_TRY(predictor->predictor, wf::Predictor::create(object->model(), internal));
    predictor->model = std::move(object);
    give(std::move(predictor), out);
    return {};
  });
}

void windfall_predictor_free(windfall_predictor_t* predictor) { free_object<PredictorObject>(predictor); }

windfall_error_t* windfall_predictor_submit(const windfall_predictor_t* predictor,
                                            windfall_request_t* request, int32_t priority,
                                            int64_t wait_for_room_ms, windfall_done_fn done, void* context) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<PredictorObject>(predictor, "predictor"));
    WF_TRY(const auto asked, request_for(*object, request, "request"));
    return asked->submit(*object->predictor, priority, bounded(wait_for_room_ms), done, context);
  });
}

windfall_error_t* windfall_predictor_run(const windfall_predictor_t* predictor,
                                         windfall_request_t* const* requests, size_t count,
                                         windfall_error_t** errors) {
  return checked([&]() -> Status {
    if (count > 0 && (!requests || !errors)) return refuse("requests or errors is NULL");
    std::fill_n(errors, count, nullptr);
    WF_TRY(const auto object, object_of<PredictorObject>(predictor, "predictor"));
    // Whatever is thrown on the way, no request stays claimed.
    struct Claimed {
      std::vector<std::pair<size_t, std::shared_ptr<RequestObject>>> requests;
      ~Claimed() {
        for (const auto& [place, request] : requests) {
          if (request) request->abandon();
        }
      }
    } claimed;
    std::vector<wf::PredictionRequest> tasks;
    claimed.requests.reserve(count);
    tasks.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      errors[i] = checked([&]() -> Status {
        WF_TRY(const auto request, request_for(*object, requests[i], fmt::format("request {}", i)));
        WF_TRY(wf::PredictionRequest task, request->claim());
        claimed.requests.emplace_back(i, request);
        tasks.push_back(std::move(task));
        return {};
      });
    }
    auto answers = object->predictor->predict_batch(std::move(tasks));
    for (size_t i = 0; i < answers.size(); ++i) {
      auto& [place, request] = claimed.requests[i];
      errors[place] = checked([&] { return request->settle(std::move(answers[i])); });
      request->abandon();
      request = nullptr;
    }
    return {};
  });
}

windfall_error_t* windfall_predictor_shutdown(const windfall_predictor_t* predictor, int64_t drain_ms) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<PredictorObject>(predictor, "predictor"));
    object->predictor->shutdown(bounded(drain_ms));
    return {};
  });
}

}  // extern "C"
