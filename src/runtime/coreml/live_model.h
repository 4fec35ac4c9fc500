// A model in Core ML that survives its calls: each runs on the model's own thread until its deadline; one
// that does not come back takes its thread and its model with it, and another is loaded in the background.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "bridge/apple/bridge.h"
#include "bridge/worker.h"
#include "tensor/tensor.h"

namespace wf::coreml {

using Clock = std::chrono::steady_clock;

struct Failure : wfa_failure {
  Failure() : wfa_failure{} {}
  ~Failure() { wfa_clear_failure(this); }
  Failure(const Failure&) = delete;
};

struct Recipe {
  std::string compiled;  // path
  int compute_units = 0;
  std::string function;
  std::shared_ptr<const void> keep;  // what the path needs, such as a folder that goes with its last user
  wfa_load_options options() const;
};

// A state of Core ML's, and what Windfall last saw in it: as long as nobody changed that, nothing has to be
// written.
struct LiveState {
  std::weak_ptr<const void> owner;  // Windfall's cell; the state goes when that is gone
  const void* key = nullptr;
  std::unique_ptr<wfa_state, void (*)(wfa_state*)> state{nullptr, wfa_free_state};
  std::vector<Tensor> last_seen;
};

// What one thread owns. Touched by no other.
struct Loaded {
  wfa_model* model = nullptr;
  std::vector<LiveState> states;
  Loaded() = default;
  Loaded(const Loaded&) = delete;
  ~Loaded() {
    states.clear();
    wfa_free_model(model);
  }
};

class LiveModel {
 public:
  // Loads; an error if that fails or takes too long.
  static Result<std::shared_ptr<LiveModel>> load(Recipe recipe, std::chrono::milliseconds load_limit);
  ~LiveModel();

  // Runs `job` on the model's thread. It must own what it touches: it may go on after this has returned an
  // error.
  Status run(std::function<void(Loaded&)> job, Clock::time_point deadline,
             const std::atomic<bool>* cancelled);

  const Recipe& recipe() const { return recipe_; }
  int64_t rebuilds() const { return rebuilds_; }

 private:
  struct Instance;
  LiveModel(Recipe recipe, std::chrono::milliseconds limit)
      : recipe_(std::move(recipe)), load_limit_(limit) {}
  Result<std::shared_ptr<Instance>> begin_loading();
  Result<std::shared_ptr<Instance>> ready_instance();
  void rebuild(const std::shared_ptr<Instance>& given_up);

  const Recipe recipe_;
  const std::chrono::milliseconds load_limit_;
  std::mutex mutex_;
  std::shared_ptr<Instance> instance_;  // null: the last rebuild did not even begin
  std::atomic<int64_t> rebuilds_{0};
};

// One call on a thread of its own, for what belongs to no loaded model.
Status run_once(std::function<void()> job, std::chrono::milliseconds limit, std::string_view doing);

}  // namespace wf::coreml
