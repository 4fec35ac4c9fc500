// One model, served to many callers: a bounded queue in front of a bounded number of predictions at once.
//
//   submit -> [refused?] -> queue (by priority, then age) -> at most `instances` predictions -> one answer
//
// Every task that was taken gets exactly one answer: outputs or an error. It is not taken, with an error that
// says why (kEnvironment unless noted), if
//   - the queue is full, and stays full for as long as the caller would wait for room;
//   - load is shed: the tasks before it, at the time predictions took lately, need longer than its deadline;
//   - memory: what the process holds, and what the tasks that wait are expected to need, pass the limit;
//   - the predictor is shutting down;
//   - its deadline passed while it waited for room (kDeadlineExceeded).
//
// Deadlines count from submission. A task whose time runs out in the queue is answered then, with
// kDeadlineExceeded, and never run. Tasks that share a state run one after the other.
//
// Predictions of one model share the prepared model; each that runs has buffers of its own (the plan's
// arenas, which are kept for the next one), so that `instances` also bounds the memory for them. A model
// whose engine does not stop by itself is called on threads that can be left behind (abandonable_calls.h).
//
// Batches: with max_batch above 1, tasks that wait and whose inputs have the same names, dtypes and shapes
// are run as one if the description allows their shapes joined along the first axis. Since an open first axis
// may as well be that of a sequence, the first batch of each kind is also predicted one by one: models whose
// answers differ by more than two roundings to fp16 are never batched, nor are those that fail so. An error
// of a batch is nobody's: its tasks are run one by one then. On the reference engine answers are the same
// bits as one by one. On others sums may be taken in another order: equal to the last digits, not to the last
// bit. This is why max_batch is 1 unless set.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/model.h"
#include "runtime/serving/ticket.h"
#include "runtime/telemetry/telemetry.h"

namespace wf {

struct PredictorOptions {
  using Clock = std::chrono::steady_clock;

  int instances = 4;                                                 // predictions at once
  size_t queue_capacity = 256;                                       // tasks that wait
  std::optional<std::chrono::milliseconds> deadline = std::nullopt;  // of tasks that name none
  bool shed_load = true;

  size_t max_batch = 1;  // tasks run as one; 1: each alone
  // How long a task may wait for others to be run with while there is an idle instance. 0: not at all; what
  // waits for an instance anyway is run together.
  std::chrono::microseconds max_delay{0};

  // Resident bytes of the process above which nothing is taken; nothing: memory is not looked at.
  std::optional<int64_t> memory_limit = std::nullopt;
  Clock::duration memory_interval = std::chrono::milliseconds(100);  // looked at no more often

  Telemetry* telemetry = &Telemetry::process();  // must outlive the predictor; null: nowhere

  // For tests. A clock that is given is looked at every millisecond, never slept by.
  std::function<Clock::time_point()> now = nullptr;
  std::function<int64_t()> memory = nullptr;
};

struct PredictionRequest {
  Features inputs;                              // as Model::predict takes them
  std::shared_ptr<ModelState> state = nullptr;  // of a stateful model
  std::optional<std::chrono::milliseconds> deadline = std::nullopt;
  int priority = 0;  // higher first
  uint64_t seed = 0;
  std::chrono::milliseconds wait_for_room{0};  // how long submit() may wait while the queue is full
};

class Predictor {
 public:
  // Gets the answer instead of the ticket, once: from a thread of the predictor, of whoever cancels, or shuts
  // down. It may call anything, also free the predictor. What it throws is dropped.
  using Done = std::function<void(Result<Features>)>;

  // Starts its threads. kInvalidArgument for options out of range, kEnvironment without a single thread.
  static Result<std::unique_ptr<Predictor>> create(Model model, PredictorOptions options = {});
  // As shutdown() without time to drain.
  ~Predictor();
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;

  const Model& model() const;

  Result<Ticket> submit(PredictionRequest request, Done done = nullptr);
  // Submits and waits.
  Result<Features> predict(PredictionRequest request);
  // Submits all, waiting for room as long as each one's deadline allows, and waits for all. Answers are in
  // the order of the requests; each has its own. Runs of requests of one priority that fit together are
  // batched without waiting for others.
  std::vector<Result<Features>> predict_batch(std::vector<PredictionRequest> requests);

  // Takes nothing new, lets what was taken finish for at most `drain`, cancels the rest, and returns when all
  // of it is answered (kDeadlineExceeded: "shut down"). Again is fine, from any thread. From a callback it
  // does not drain, nor wait for what runs.
  void shutdown(std::chrono::milliseconds drain);

  struct Load {
    size_t waiting = 0, running = 0;
    std::optional<double> recent_ms;  // a prediction, lately
    uint64_t buffers_allocated = 0;   // for batches, ever
  };
  Load load() const;

 private:
  struct Core;  // shared with the threads
  explicit Predictor(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  std::shared_ptr<Core> core_;
};

}  // namespace wf
