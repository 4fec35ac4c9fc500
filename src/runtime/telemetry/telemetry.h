// What the runtime did: counters, latencies, memory, failures. Recording takes no lock and may be done by any
// number of threads; nothing is lost. A prediction costs a few hundred nanoseconds of it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "runtime/engine.h"
#include "runtime/predict_times.h"
#include "runtime/telemetry/event_log.h"
#include "runtime/telemetry/snapshot.h"

namespace wf {

class Telemetry {
 public:
  Telemetry();
  ~Telemetry();
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  // The one that models record in unless told otherwise. Never destroyed. It writes a log where the
  // environment variable WINDFALL_TELEMETRY_LOG names a file.
  static Telemetry& process();

  // From now on every event is also appended to `path`, one JSON object a line (event_log.h). Not while
  // other threads record. Fails if the file cannot be opened for appending.
  Status log_to(const std::filesystem::path& path);

  // `model` and `engine` are for the log alone.
  void record_compile(double ms, std::string_view model = {}, std::string_view engine = {});
  void record_load(double ms, std::string_view model = {}, std::string_view engine = {});
  void record_prediction(const PredictTimes& times, ComputeUnits requested, ComputeUnits actual,
                         std::string_view model = {}, std::string_view engine = {});
  void record_failure(Operation operation, const Error& error, std::string_view model = {},
                      std::string_view engine = {});
  // `from` could not do it, so `to` does.
  void record_fallback(Operation operation, std::string_view from, std::string_view to, std::string_view why,
                       std::string_view model = {});

  void record_cache_hit(std::string_view key = {});
  void record_cache_miss(std::string_view key = {});
  void record_cache_eviction(uint64_t bytes, std::string_view why = {}, std::string_view key = {});

  void record_breaker_made();  // in state closed
  void record_breaker_gone(BreakerState state);
  void record_breaker_transition(BreakerState from, BreakerState to, std::string_view breaker = {});
  void record_breaker_trip(TripReason reason, std::string_view why = {}, std::string_view breaker = {});
  void record_breaker_probe();

  void record_abandoned_call(std::string_view engine = {});
  void record_abandoned_call_back();  // it came back after all; its result was dropped

  // What a predictor's tasks do; by how many the number of those that wait, or are run, changed.
  void record_queued(int64_t change) { queued_ += change; }
  void record_running(int64_t change) { running_ += change; }
  void record_queue_refusal(QueueRefusal refusal, std::string_view model = {});
  void record_queue_expired();
  void record_batch(uint64_t predictions);

  TelemetrySnapshot snapshot() const;

 private:
  struct Shard;
  Shard& shard();

  // A thread keeps to one shard, so that threads rarely write the same cache lines. Made when first needed.
  static constexpr size_t kShards = 16;
  std::array<std::atomic<Shard*>, kShards> shards_{};

  // What is rare is not sharded.
  std::array<std::atomic<int64_t>, kBreakerStates> breakers_{};
  std::array<std::atomic<uint64_t>, kBreakerStates> breaker_transitions_{};
  std::array<std::atomic<uint64_t>, kTripReasons> breaker_trips_{};
  std::atomic<uint64_t> breaker_probes_{0}, abandoned_total_{0};
  std::atomic<int64_t> abandoned_{0};
  std::atomic<int64_t> queued_{0}, running_{0};
  std::array<std::atomic<uint64_t>, kQueueRefusals> queue_refusals_{};
  std::atomic<uint64_t> queue_expired_{0}, batches_{0}, batched_predictions_{0};

  std::unique_ptr<EventLog> log_;
};

}  // namespace wf
