// A request of version 2: inputs and outputs that stay, and the predictions made with them one after the
// other.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "api/async_runner.h"
#include "api/c_objects.h"
#include "runtime/serving/predictor.h"

namespace wf::api {

class RequestObject : public AsyncJob, public std::enable_shared_from_this<RequestObject> {
 public:
  static constexpr HandleKind kKind = HandleKind::kRequest;
  using Clock = std::chrono::steady_clock;

  explicit RequestObject(std::shared_ptr<const ModelObject> model);

  const ModelObject& model() const { return *model_; }

  // The following refuse a request that runs.
  Status set_input(const char* name, std::shared_ptr<const TensorObject> tensor);  // null: none
  Status set_value(const char* name, Datum value);
  Status set_output(const char* name, std::shared_ptr<TensorObject> buffer);  // null: none
  Status set_state(std::shared_ptr<StateObject> state);                       // null: none
  Status set_deadline(int64_t milliseconds);
  Status set_seed(uint64_t seed);
  Status run();
  Status start(windfall_done_fn done, void* context);
  // The prediction is a predictor's: asked for with what claim() gives, and ended by settle().
  Result<PredictionRequest> claim();
  void abandon() noexcept { end(); }         // it was not asked for
  Status settle(Result<Features>&& answer);  // the answer's error, or its outputs put in their places
  Status submit(Predictor& predictor, int priority, std::chrono::milliseconds wait_for_room,
                windfall_done_fn done, void* context);
  Result<Datum> output(const char* name) const;
  // The tensor that the last prediction's output went to, or null.
  Result<std::shared_ptr<TensorObject>> buffer(const char* name) const;
  Result<PredictTimes> times() const;

  // From any thread, whether it runs or not. A negative time is for ever.
  Status wait(std::chrono::milliseconds time, bool for_ever, bool* done) const;
  void cancel() const;

  void run_in_thread() noexcept override;
  void stop() noexcept override { cancelled_ = true; }

 private:
  Status idle() const;
  Result<size_t> output_index(const char* name) const;
  Result<Features::iterator> slot(const char* name);
  void begin();
  void end() noexcept;
  Status predict();
  Status predict_with(ModelState& state);
  Status gather();
  Status deliver(ModelState& state, PredictTimes times);
  template <class Work>
  void conclude(Work&& work) noexcept;

  const std::shared_ptr<const ModelObject> model_;
  Features inputs_;
  std::vector<std::shared_ptr<const TensorObject>>
      strided_;                 // for each input: to be made dense for each prediction
  std::vector<char> borrowed_;  // for each input: memory whose end nobody tells
  std::vector<std::shared_ptr<TensorObject>> buffers_;  // for each output
  std::shared_ptr<StateObject> state_;
  int64_t deadline_ms_;
  bool has_deadline_ = false;  // of its own
  uint64_t seed_ = 0;

  Features outputs_;
  bool has_outputs_ = false;
  PredictTimes times_;

  Clock::time_point deadline_;
  windfall_done_fn done_ = nullptr;
  void* done_context_ = nullptr;

  mutable std::atomic<bool> cancelled_{false};
  std::atomic<bool> busy_{false};
  std::optional<Change> hold_;  // on the state, while a predictor has it
  mutable std::mutex mutex_;    // for what follows
  std::optional<Ticket> ticket_;
  uint64_t turn_ = 0;  // how often a predictor was asked
  mutable std::condition_variable ended_;
  mutable std::optional<Error> untold_;  // of a prediction that was started without a callback
};

}  // namespace wf::api
