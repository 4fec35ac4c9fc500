// Runs tasks that were taken from the queue, alone or as one, and answers each of them.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/serving/batch.h"
#include "runtime/serving/task.h"

namespace wf {

// The error of a task that is not run any more, if it is not to be.
std::optional<Error> reason_to_stop(const PredictionTask& task, PredictionTask::Clock::time_point now);

class TaskRunner {
 public:
  using Task = std::shared_ptr<PredictionTask>;

  TaskRunner(Model model, size_t instances, Telemetry* telemetry);

  const Model& model() const { return model_; }
  // The model's batches of this key turned out different from what is predicted one by one.
  bool never_joined(const std::string& key) const;

  // How many predictions the model made, if their time tells how long one takes: not where a batch was tried
  // out, or cut short.
  struct Ran {
    bool telling = true;
    int64_t bytes = 0;  // inputs and outputs of one of them
  };
  // Whether several tasks of one key may be run as one; nothing if that has to be tried out. Equal inputs
  // would show nothing, so they are not.
  std::optional<bool> fits_together(const std::vector<Task>& tasks) const;
  // Each of `tasks` is answered when it returns, whatever happens. `joined` is that of all of them if there
  // are several. `now` is the clock of their deadlines.
  // One task, or several with what fits_together() said of them, if it was not no.
  Ran run(const std::vector<Task>& tasks, std::optional<bool> fits, JoinedRun& joined,
          const std::function<PredictionTask::Clock::time_point()>& now);

  uint64_t buffers_allocated() const { return pool_.allocations(); }

 private:
  Result<Features> predict(const PredictionTask& task) const;
  Result<Features> call(const Features& inputs, ModelState* state, const InferOptions& options) const;
  Result<std::vector<Features>> predict_joined(const std::vector<Task>& tasks, JoinedRun& joined);
  void decide(const std::string& key, BatchVerdict verdict);

  Model model_;
  BufferPool pool_;
  Telemetry* telemetry_;
  mutable std::mutex mutex_;                      // for what follows
  std::map<std::string, bool, std::less<>> fit_;  // by key, whether they may be joined
};

}  // namespace wf
