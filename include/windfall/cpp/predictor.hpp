// One model, served to many callers. Part of windfall/windfall.hpp.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "windfall/cpp/request.hpp"

namespace windfall {

// A bounded queue in front of a bounded number of predictions at once. What is promised: docs/runtime.md,
// "Serving".
struct PredictorOptions {
  int instances = 4;                                       // predictions at once
  std::size_t queue_capacity = 256;                        // tasks that wait
  std::optional<std::chrono::milliseconds> deadline = {};  // of tasks that name none: as the model's options
  bool shed_load = true;      // refuse what would wait for longer than its deadline allows
  std::size_t max_batch = 1;  // tasks that may be run as one, where the model takes that; 1: each alone
  std::chrono::microseconds max_delay{0};         // how long one may wait for others to be run with
  std::optional<std::int64_t> memory_limit = {};  // resident bytes above which nothing is taken
};

struct PredictionRequest {
  Values inputs = {};
  std::shared_ptr<State> state = {};  // of a stateful model; in use from submission to the answer
  std::optional<std::chrono::milliseconds> deadline = {};  // from submission on
  int priority = 0;                                        // higher first
  std::uint64_t seed = 0;
  std::chrono::milliseconds wait_for_room{0};  // how long submit() may wait while the queue is full
};

namespace detail {

using PredictorHandle = Handle<windfall_predictor_t, windfall_predictor_free>;

// What a ticket and the prediction share.
struct Pending {
  explicit Pending(Request made) : request(std::move(made)) {}

  // From the predictor's thread, when the request can be looked at again.
  static void answered(void* context, windfall_error_t* raw) {
    const ErrorHandle error(raw);
    const std::unique_ptr<std::shared_ptr<Pending>> holder(static_cast<std::shared_ptr<Pending>*>(context));
    Pending& self = **holder;
    std::optional<Result<Values>> answer;
    try {
      answer =
          error ? Result<Values>(Error{static_cast<ErrorCode>(windfall_error_code(error.get())),
                                       windfall_error_message(error.get()), windfall_error_hint(error.get())})
                : self.request.outputs();
    } catch (...) {
      answer = out_of_memory();
    }
    const std::lock_guard lock(self.mutex);
    self.answer = std::move(answer);
    self.there.notify_all();
  }

  Request request;
  std::mutex mutex;
  std::condition_variable there;
  std::optional<Result<Values>> answer;
};

}  // namespace detail

// A submitted prediction. Any number of threads; copies are of the same one.
class Ticket {
 public:
  bool done() const { return wait_for(std::chrono::milliseconds(0)); }
  // True if there is an answer.
  bool wait_for(std::chrono::milliseconds time) const {
    std::unique_lock lock(pending_->mutex);
    return pending_->there.wait_for(lock, time, [&] { return pending_->answer.has_value(); });
  }
  Result<Values> wait() const {
    std::unique_lock lock(pending_->mutex);
    pending_->there.wait(lock, [&] { return pending_->answer.has_value(); });
    return *pending_->answer;
  }
  // It ends with kDeadlineExceeded soon, unless it has ended.
  void cancel() const { pending_->request.cancel(); }

 private:
  friend class Predictor;
  explicit Ticket(std::shared_ptr<detail::Pending> pending) : pending_(std::move(pending)) {}
  std::shared_ptr<detail::Pending> pending_;
};

// Its const methods may be called by any number of threads at once.
class Predictor {
 public:
  // kInvalidArgument for options out of range, kEnvironment if no thread can be made.
  static Result<Predictor> create(const Model& model, const PredictorOptions& options = {}) {
    // 0 is "as without options" there, and out of range here.
    const auto number = [](auto given) -> std::int64_t {
      return given > 0 ? static_cast<std::int64_t>(given) : -1;
    };
    windfall_predictor_options_t raw{};
    raw.struct_size = sizeof raw;
    raw.instances = static_cast<std::int32_t>(number(options.instances));
    raw.queue_capacity = number(options.queue_capacity);
    raw.max_batch = number(options.max_batch);
    raw.max_delay_us = options.max_delay.count();
    raw.keep_all = options.shed_load ? 0 : 1;
    if (options.deadline) raw.deadline_ms = number(options.deadline->count());
    if (options.memory_limit) raw.memory_limit = number(*options.memory_limit);
    auto handle = detail::make<detail::PredictorHandle>(
        [&](windfall_predictor_t** out) { return windfall_predictor_new(model.c_handle(), &raw, out); });
    if (!handle) return handle.error();
    return Predictor(model, *std::move(handle));
  }
  // Moved, not copied. Its end cancels what is not finished.
  Predictor(Predictor&&) noexcept = default;
  Predictor& operator=(Predictor&&) noexcept = default;

  // Refused, at once or after wait_for_room, with kEnvironment: the queue is full, the machine overloaded,
  // the memory limit reached, the predictor shut down. What is taken gets exactly one answer.
  Result<Ticket> submit(const PredictionRequest& request) const {
    auto made = prepared(request);
    if (!made) return made.error();
    auto pending = std::make_shared<detail::Pending>(*std::move(made));
    auto context = std::make_unique<std::shared_ptr<detail::Pending>>(pending);
    if (windfall_error_t* error = windfall_predictor_submit(handle_.get(), pending->request.c_handle(),
                                                            request.priority, request.wait_for_room.count(),
                                                            detail::Pending::answered, context.get()))
      return detail::taken(error);
    context.release();  // answered() frees it
    return Ticket(std::move(pending));
  }
  // One answer for each request, in their order; one that fails does not spoil the others.
  std::vector<Result<Values>> predict_batch(const std::vector<PredictionRequest>& requests) const {
    std::vector<Result<Request>> made;
    std::vector<windfall_request_t*> handles;
    for (const PredictionRequest& request : requests) {
      made.push_back(prepared(request));
      if (made.back()) handles.push_back(made.back()->c_handle());
    }
    struct Errors {
      std::vector<windfall_error_t*> list;
      ~Errors() {
        for (windfall_error_t* error : list) windfall_error_free(error);
      }
    } errors{std::vector<windfall_error_t*>(handles.size())};
    const Status whole = detail::status_of(
        windfall_predictor_run(handle_.get(), handles.data(), handles.size(), errors.list.data()));
    std::vector<Result<Values>> answers;
    std::size_t next = 0;
    for (const Result<Request>& request : made) {
      if (!request) {
        answers.emplace_back(request.error());
      } else if (windfall_error_t* error = std::exchange(errors.list[next++], nullptr)) {
        answers.emplace_back(detail::taken(error));
      } else if (!whole) {
        answers.emplace_back(whole.error());
      } else {
        answers.push_back(request->outputs());
      }
    }
    return answers;
  }
  // Takes nothing new, lets what was taken finish for at most `drain`, cancels the rest.
  void shutdown(std::chrono::milliseconds drain) const {
    windfall_error_free(windfall_predictor_shutdown(handle_.get(), drain.count()));
  }

  const windfall_predictor_t* c_handle() const { return handle_.get(); }  // for windfall.h; stays this one's

 private:
  Predictor(Model model, detail::PredictorHandle handle)
      : model_(std::move(model)), handle_(std::move(handle)) {}

  Result<Request> prepared(const PredictionRequest& task) const {
    auto request = Request::create(model_);
    if (!request) return request;
    if (auto status = request->set_inputs(task.inputs); !status) return status.error();
    if (task.state) {
      if (auto status = request->set_state(*task.state); !status) return status.error();
    }
    if (task.deadline) {
      if (auto status = request->set_deadline(*task.deadline); !status) return status.error();
    }
    if (auto status = request->set_seed(task.seed); !status) return status.error();
    return request;
  }

  Model model_;
  detail::PredictorHandle handle_;
};

}  // namespace windfall
