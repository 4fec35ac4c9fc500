// One engine of a chain (auto_engine.h) with the model it prepared: the instance, which may be away for a
// while, its breaker and what was measured of it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/auto_engine.h"
#include "runtime/latency_window.h"

namespace wf {

class PreparedLink : public std::enable_shared_from_this<PreparedLink> {
 public:
  using Instance = std::shared_ptr<const PreparedModel>;

  // `calls` outlives it. The instances of a chain in callers' form all have the same schema (callers_form.h).
  PreparedLink(const ChainLink& link, std::shared_ptr<const ModelFile> file, PrepareOptions options,
               AbandonableCalls& calls, Telemetry* telemetry, bool callers_form);

  // The first preparation: at once, or in the background for an engine that cannot be stopped, waited for at
  // most `wait`; then kDeadlineExceeded, and the instance comes when it comes.
  Status prepare(std::chrono::milliseconds wait);
  // From now on only instances with this schema count.
  void expect(const IoSchema& schema);

  // The instance for one call, with the breaker's leave for it, or nothing, and `pass` is told why. `next` is
  // the engine that would serve instead; without one the breaker is asked only if it is forced.
  Instance enter(CircuitBreaker::Permit& permit, const PreparedLink* next,
                 const std::function<void(std::string why)>& pass);
  // A call to `instance` was abandoned: it is dropped and prepared again in the background.
  void discard(const Instance& instance);
  void add_latency(double ms);

  const InferenceEngine& engine() const { return *link_.engine; }
  const ChainLink& link() const { return link_; }
  CircuitBreaker& breaker() { return breaker_; }
  Instance instance() const;
  bool is_ready() const { return instance() != nullptr; }
  std::optional<double> p99_ms() const;
  LinkStatus status(const PreparedLink* next) const;

 private:
  std::chrono::steady_clock::time_point now() const {
    return link_.breaker.now ? link_.breaker.now() : std::chrono::steady_clock::now();
  }
  Result<Instance> make();
  Status pass_trial();
  void take_up(Result<Instance> made);
  void prepare_in_background();
  EnablementVerdict enablement(const PreparedLink* next) const;

  const ChainLink link_;
  const std::shared_ptr<const ModelFile> file_;
  const PrepareOptions options_;
  AbandonableCalls& calls_;
  const bool callers_form_;
  CircuitBreaker breaker_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable prepared_;
  Instance instance_;
  bool preparing_ = false;
  std::optional<IoSchema> expected_;
  std::optional<Error> trouble_;  // of the last preparation
  std::string trial_;
  bool passed_trial_ = false;
  std::chrono::steady_clock::time_point retry_at_{};  // not prepared again before

  LatencyWindow latencies_;
  std::atomic<uint64_t> measured_{0};
  std::atomic<double> p99_ms_{0};
};

}  // namespace wf
