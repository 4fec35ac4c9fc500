// "auto": a chain of engines, of which the first that can answers.
//
// A call goes to the first engine of the chain. If that one fails, does not answer in its time, or is kept
// from being asked (circuit breaker, enablement rule), the next one serves the call: the caller sees an
// answer, telemetry a Fallback. Every engine but the last is guarded by a breaker of its own, one per
// prepared model, since what an engine cannot do well it often cannot do for one model.
//
// Whose fault an error is:
//   the caller's or the model's  kInvalidArgument, kNotFound, kBadModel, kWeightsMissing, a cancel: returned
//   at
//                                once, nobody is blamed
//   not this engine's business   kUnsupported: the next one serves, nobody is blamed
//   perhaps the call's own       kRuntime: the next one serves; if it answers, the first is to blame, if it
//                                fails too, nobody is
//   the engine's                 kInternal, kEnvironment, what it throws, outputs that are not those of the
//                                schema: the next one serves
//   time                         an engine that was to leave time for the next one and overran: to blame, the
//                                next one serves. One that had all the caller's time: nobody is blamed,
//                                kDeadlineExceeded is returned
//
// States: each engine works on cells of its own, made from the caller's; only when it has answered are the
// caller's cells set. A call that fails, or comes back late, leaves them as they were. (Copying a cell copies
// no tensor: engines replace a cell's tensor, they never write into it.)
//
// An engine that does not stop by itself is called on a worker that can be abandoned, with copies of the
// inputs, since it may read them after the caller has gone. Its instance is then discarded and prepared again
// in the background; meanwhile the next engine serves. Such an engine is prepared in the background, too: a
// load waits for it only so long, goes on with the next engine, and takes it up when it is ready.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/abandonable_calls.h"
#include "runtime/breaker.h"
#include "runtime/engine.h"
#include "runtime/measured_model.h"
#include "runtime/trial.h"

namespace wf {

class Telemetry;

struct ChainLink {
  std::shared_ptr<const InferenceEngine> engine;
  BreakerOptions breaker;  // its name and telemetry are set by the engine
  // Its calls end early enough for the next engine: for engines that may hang where the next one does not.
  bool keeps_time_for_next = false;
  // Skipped once both are measured and its p99 is more than 0.7 of the next engine's.
  bool must_be_faster = false;
  std::optional<double> sla_ms = std::nullopt;  // an answer that took longer is a violation
  // Asked before the first preparation, unless the breaker is forced: a model that may end the process is not
  // prepared in it, the breaker opens. Until it has passed it is asked again before each further preparation.
  std::function<TrialVerdict(const ModelFile&, const PrepareOptions&)> trial = nullptr;
};

struct AutoOptions {
  std::vector<ChainLink> chain;
  // For a call without a deadline, to an engine that must have one: it keeps time for the next one, or cannot
  // be stopped.
  std::chrono::milliseconds infer_timeout{10'000};
  // How long a load waits for an engine that prepares in the background.
  std::chrono::milliseconds prepare_wait{30'000};
  Telemetry* telemetry = nullptr;
  AbandonableCalls* calls = nullptr;  // the process's unless given
};

// What a chain looks like from outside, first engine first.
struct LinkStatus {
  std::string engine;
  bool ready = false;  // an instance is there
  BreakerState breaker = BreakerState::kClosed;
  Enablement enablement = Enablement::kNotMeasured;
  std::optional<double> p99_ms;
  std::string trouble;  // why it is not ready, or last tripped
  std::string trial;    // how the model's trial in a child process ended; "" if there was none
};

class AutoModel : public MeasuredModel {
 public:
  using MeasuredModel::MeasuredModel;
  virtual std::vector<LinkStatus> chain() const = 0;
  // Of link `index`, to trip, reset or force it by hand; null if there is no such link. That of the last
  // engine, or of one without a ready engine after it, is asked only when forced.
  virtual CircuitBreaker* breaker(size_t index) const = 0;
};

class AutoEngine final : public InferenceEngine {
 public:
  explicit AutoEngine(AutoOptions options);

  std::string_view name() const override { return "auto"; }
  std::string_view doc() const override;
  CapabilityReport capabilities() const override;
  // An AutoModel. Fails if no engine of the chain can prepare the model, with the error that tells most.
  Result<std::shared_ptr<const PreparedModel>> prepare(const ModelFile& file,
                                                       const PrepareOptions& options) const override;

 private:
  AutoOptions options_;
};

// Until when an engine may take that leaves time for the next one: one and a half times what that one took at
// worst (its p99) before the deadline, at least a tenth and at most three quarters of what is left; half of
// it while nothing is known.
std::chrono::steady_clock::time_point deadline_leaving_time(std::chrono::steady_clock::time_point now,
                                                            std::chrono::steady_clock::time_point deadline,
                                                            std::optional<double> next_p99_ms);

// Of `among` those named coreml, cpu and reference, in this order. coreml has a breaker with the default
// limits that COREML_FORCE_ENABLE can force, keeps time for the next one and must be faster. The breaker of
// cpu looks at errors alone: the reference engine is slower and needs no less memory.
std::vector<ChainLink> default_chain(std::span<const InferenceEngine* const> among);

// The process's "auto": the default chain of `among` at the first call.
const InferenceEngine& auto_engine(std::span<const InferenceEngine* const> among);

}  // namespace wf
