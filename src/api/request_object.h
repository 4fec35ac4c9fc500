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
  Result<Datum> output(const char* name) const;
  // The tensor that the last prediction's output went to, or null.
  Result<std::shared_ptr<TensorObject>> buffer(const char* name) const;
  Result<PredictTimes> times() const;

  // From any thread, whether it runs or not. A negative time is for ever.
  Status wait(std::chrono::milliseconds time, bool for_ever, bool* done) const;
  void cancel() const { cancelled_ = true; }

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

  const std::shared_ptr<const ModelObject> model_;
  Features inputs_;
  std::vector<std::shared_ptr<const TensorObject>>
      strided_;  // for each input: to be made dense for each prediction
  std::vector<std::shared_ptr<TensorObject>> buffers_;  // for each output
  std::shared_ptr<StateObject> state_;
  int64_t deadline_ms_;
  uint64_t seed_ = 0;

  Features outputs_;
  bool has_outputs_ = false;
  PredictTimes times_;

  Clock::time_point deadline_;
  windfall_done_fn done_ = nullptr;
  void* done_context_ = nullptr;

  mutable std::atomic<bool> cancelled_{false};
  std::atomic<bool> busy_{false};
  mutable std::mutex mutex_;  // for `ended_` and `untold_`
  mutable std::condition_variable ended_;
  mutable std::optional<Error> untold_;  // of a prediction that was started without a callback
};

}  // namespace wf::api
