#include "runtime/coreml/live_model.h"

#include <fmt/format.h>

#include "runtime/coreml/values.h"

namespace wf::coreml {

using bridge::Worker;

wfa_load_options Recipe::options() const {
  wfa_load_options options;
  wfa_default_load_options(&options);
  options.compute_units = compute_units;
  options.function = function.c_str();
  return options;
}

// A thread with its model, loading, ready, failed or given up.
struct LiveModel::Instance {
  struct Shared {  // with the thread
    std::shared_ptr<Loaded> loaded = std::make_shared<Loaded>();
    std::mutex mutex;
    bool done = false;
    std::optional<Error> failed;
  };
  std::shared_ptr<Worker> worker;
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();
  Clock::time_point begun = Clock::now();
};

namespace {

constexpr bridge::ThreadHooks kHooks = {wfa_thread_begin, wfa_thread_end};

Error gave_up(std::string_view doing) {
  return {ErrorCode::kDeadlineExceeded,
          fmt::format("{}: Core ML did not return in time; the call was given up", doing)};
}

}  // namespace

// The model goes where it came from: on its thread.
LiveModel::~LiveModel() {
  if (!instance_) return;
  const bool loading = [&] {
    const std::lock_guard lock(instance_->shared->mutex);
    return !instance_->shared->done;
  }();
  if (loading) {
    instance_->worker->abandon();  // nobody waits for it any more
  } else {
    instance_->worker->post([shared = instance_->shared] { shared->loaded.reset(); });
  }
}

Result<std::shared_ptr<LiveModel::Instance>> LiveModel::begin_loading() {
  auto instance = std::make_shared<Instance>();
  WF_TRY(instance->worker, Worker::start(kHooks));
  instance->worker->post([shared = instance->shared, recipe = recipe_] {
    Failure failure;
    const wfa_load_options options = recipe.options();
    const int code = wfa_load(recipe.compiled.c_str(), &options, &shared->loaded->model, &failure);
    const std::lock_guard lock(shared->mutex);
    if (code != WFA_OK) shared->failed = to_error(failure, ErrorCode::kRuntime);
    shared->done = true;
  });
  return instance;
}

Result<std::shared_ptr<LiveModel>> LiveModel::load(Recipe recipe, std::chrono::milliseconds load_limit) {
  std::shared_ptr<LiveModel> model(new LiveModel(std::move(recipe), load_limit));
  WF_TRY(auto instance, model->begin_loading());
  // Loading is the first job, so whatever comes second comes when it is done.
  if (instance->worker->run([] {}, Clock::now() + load_limit) != Worker::Outcome::kDone) {
    instance->worker->abandon();
    return gave_up("loading the model");
  }
  const std::lock_guard lock(instance->shared->mutex);
  if (instance->shared->failed) return *instance->shared->failed;
  model->instance_ = std::move(instance);
  return model;
}

Result<std::shared_ptr<LiveModel::Instance>> LiveModel::ready_instance() {
  const std::lock_guard lock(mutex_);
  std::string why = "it could not begin";
  if (instance_) {
    const std::shared_ptr<Instance::Shared> shared = instance_->shared;
    const std::lock_guard shared_lock(shared->mutex);
    if (shared->done && !shared->failed) return instance_;
    const bool hangs = !shared->done && Clock::now() - instance_->begun > load_limit_;
    if (!shared->done && !hangs) {
      return Error(ErrorCode::kRuntime, "the model is being loaded again, since a call did not return", {},
                   "try again in a moment; engine 'auto' answers from the cpu engine meanwhile");
    }
    why = hangs ? "loading did not return either" : shared->failed->to_string();
    if (hangs) instance_->worker->abandon();
  }
  // The next call finds another attempt under way.
  auto next = begin_loading();
  if (!next) return std::move(next).error();
  instance_ = *std::move(next);
  ++rebuilds_;
  return Error(ErrorCode::kRuntime, "the model could not be loaded again after a call did not return: " + why,
               {}, "it is being tried once more");
}

void LiveModel::rebuild(const std::shared_ptr<Instance>& given_up) {
  const std::lock_guard lock(mutex_);
  if (instance_ != given_up) return;  // another caller was faster
  instance_.reset();
  if (auto next = begin_loading()) {
    instance_ = *std::move(next);
    ++rebuilds_;
  }
}

Status LiveModel::run(std::function<void(Loaded&)> job, Clock::time_point deadline,
                      const std::atomic<bool>* cancelled) {
  WF_TRY(const std::shared_ptr<Instance> instance, ready_instance());
  const auto outcome = instance->worker->run(
      [job = std::move(job), shared = instance->shared] { job(*shared->loaded); }, deadline, cancelled);
  if (outcome == Worker::Outcome::kDone) return {};
  const bool is_cancelled = cancelled && *cancelled;
  if (outcome == Worker::Outcome::kAbandoned) rebuild(instance);
  if (is_cancelled) return Error(ErrorCode::kDeadlineExceeded, "the prediction was cancelled");
  if (outcome == Worker::Outcome::kAbandoned) return gave_up("prediction");
  return Error(ErrorCode::kDeadlineExceeded, "the deadline was over before the prediction's turn came");
}

Status run_once(std::function<void()> job, std::chrono::milliseconds limit, std::string_view doing) {
  WF_TRY(const auto worker, Worker::start(kHooks));
  if (worker->run(std::move(job), Clock::now() + limit) == Worker::Outcome::kDone) return {};
  worker->abandon();
  return gave_up(doing);
}

}  // namespace wf::coreml
