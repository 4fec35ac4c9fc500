#include "runtime/telemetry/telemetry.h"

#include <cstdio>
#include <cstdlib>

#include "runtime/platform.h"
#include "tensor/tensor.h"

namespace wf {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

void count(std::atomic<uint64_t>& counter, uint64_t by = 1) { counter.fetch_add(by, kRelaxed); }

size_t shard_of_this_thread(size_t shards) {
  static std::atomic<size_t> threads{0};
  thread_local const size_t mine = threads.fetch_add(1, kRelaxed);
  return mine % shards;
}

}  // namespace

struct alignas(64) Telemetry::Shard {
  std::array<SharedSketch, kOperations> operation_ms;
  std::array<SharedSketch, kStages> stage_ms;
  std::array<std::array<std::atomic<uint64_t>, kFailureKinds>, kOperations> failures{};
  std::array<std::array<std::atomic<uint64_t>, kComputeUnitChoices>, kComputeUnitChoices> predictions{};
  std::atomic<uint64_t> cache_hits{0}, cache_misses{0}, cache_evictions{0}, cache_evicted_bytes{0};
};

Telemetry::Telemetry() = default;

Telemetry::~Telemetry() {
  for (std::atomic<Shard*>& each : shards_) delete each.load();
}

Telemetry& Telemetry::process() {
  static Telemetry* const telemetry = [] {
    auto* made = new Telemetry;  // threads may record until the process is gone
    if (const char* path = std::getenv("WINDFALL_TELEMETRY_LOG"); path && *path) {
      if (auto status = made->log_to(path); !status)
        std::fprintf(stderr, "windfall: WINDFALL_TELEMETRY_LOG: %s\n", status.error().to_string().c_str());
    }
    return made;
  }();
  return *telemetry;
}

Status Telemetry::log_to(const std::filesystem::path& path) {
  WF_TRY(log_, EventLog::open(path));
  return {};
}

Telemetry::Shard& Telemetry::shard() {
  std::atomic<Shard*>& place = shards_[shard_of_this_thread(kShards)];
  Shard* known = place.load(std::memory_order_acquire);
  if (known) return *known;
  auto made = std::make_unique<Shard>();
  if (place.compare_exchange_strong(known, made.get(), std::memory_order_acq_rel)) return *made.release();
  return *known;
}

void Telemetry::record_compile(double ms, std::string_view model, std::string_view engine) {
  shard().operation_ms[static_cast<size_t>(Operation::kCompile)].add(ms);
  if (log_) log_->write("compile", {{"model", model}, {"engine", engine}, {"ms", ms}});
}

void Telemetry::record_load(double ms, std::string_view model, std::string_view engine) {
  shard().operation_ms[static_cast<size_t>(Operation::kLoad)].add(ms);
  if (log_) log_->write("load", {{"model", model}, {"engine", engine}, {"ms", ms}});
}

void Telemetry::record_prediction(const PredictTimes& times, ComputeUnits requested, ComputeUnits actual,
                                  std::string_view model, std::string_view engine) {
  Shard& mine = shard();
  mine.operation_ms[static_cast<size_t>(Operation::kPredict)].add(times.marshal_in_ms + times.predict_ms +
                                                                  times.marshal_out_ms);
  mine.stage_ms[static_cast<size_t>(Stage::kMarshalIn)].add(times.marshal_in_ms);
  mine.stage_ms[static_cast<size_t>(Stage::kPredict)].add(times.predict_ms);
  mine.stage_ms[static_cast<size_t>(Stage::kMarshalOut)].add(times.marshal_out_ms);
  count(mine.predictions[static_cast<size_t>(requested)][static_cast<size_t>(actual)]);
  if (log_) {
    log_->write("predict", {{"model", model},
                            {"engine", engine},
                            {"requested", compute_units_name(static_cast<int>(requested))},
                            {"actual", compute_units_name(static_cast<int>(actual))},
                            {"marshal_in_ms", times.marshal_in_ms},
                            {"predict_ms", times.predict_ms},
                            {"marshal_out_ms", times.marshal_out_ms}});
  }
}

void Telemetry::record_failure(Operation operation, const Error& error, std::string_view model,
                               std::string_view engine) {
  const FailureKind kind = failure_kind(operation, error.code);
  count(shard().failures[static_cast<size_t>(operation)][static_cast<size_t>(kind)]);
  if (log_) {
    const std::string message = error.to_string();
    log_->write("failure", {{"operation", name_of(operation)},
                            {"kind", name_of(kind)},
                            {"code", name_of(error.code)},
                            {"model", model},
                            {"engine", engine},
                            {"message", message}});
  }
}

void Telemetry::record_fallback(Operation operation, std::string_view from, std::string_view to,
                                std::string_view why, std::string_view model) {
  count(shard().failures[static_cast<size_t>(operation)][static_cast<size_t>(FailureKind::kFallback)]);
  if (log_) {
    log_->write(
        "fallback",
        {{"operation", name_of(operation)}, {"model", model}, {"from", from}, {"to", to}, {"why", why}});
  }
}

void Telemetry::record_cache_hit(std::string_view key) {
  count(shard().cache_hits);
  if (log_) log_->write("cache_hit", {{"key", key}});
}

void Telemetry::record_cache_miss(std::string_view key) {
  count(shard().cache_misses);
  if (log_) log_->write("cache_miss", {{"key", key}});
}

void Telemetry::record_cache_eviction(uint64_t bytes, std::string_view why, std::string_view key) {
  Shard& mine = shard();
  count(mine.cache_evictions);
  count(mine.cache_evicted_bytes, bytes);
  if (log_) log_->write("cache_eviction", {{"key", key}, {"bytes", bytes}, {"why", why}});
}

void Telemetry::record_breaker_made() { ++breakers_[static_cast<size_t>(BreakerState::kClosed)]; }
void Telemetry::record_breaker_gone(BreakerState state) { --breakers_[static_cast<size_t>(state)]; }

void Telemetry::record_breaker_transition(BreakerState from, BreakerState to, std::string_view breaker) {
  --breakers_[static_cast<size_t>(from)];
  ++breakers_[static_cast<size_t>(to)];
  count(breaker_transitions_[static_cast<size_t>(to)]);
  if (log_) log_->write("breaker", {{"breaker", breaker}, {"from", name_of(from)}, {"to", name_of(to)}});
}

void Telemetry::record_breaker_trip(TripReason reason, std::string_view why, std::string_view breaker) {
  count(breaker_trips_[static_cast<size_t>(reason)]);
  if (log_) log_->write("breaker_trip", {{"breaker", breaker}, {"reason", name_of(reason)}, {"why", why}});
}

void Telemetry::record_breaker_probe() { count(breaker_probes_); }

void Telemetry::record_abandoned_call(std::string_view engine) {
  ++abandoned_;
  count(abandoned_total_);
  if (log_) log_->write("abandoned_call", {{"engine", engine}});
}

void Telemetry::record_abandoned_call_back() { --abandoned_; }

void Telemetry::record_queue_refusal(QueueRefusal refusal, std::string_view model) {
  count(queue_refusals_[static_cast<size_t>(refusal)]);
  if (log_) log_->write("queue_refusal", {{"model", model}, {"reason", name_of(refusal)}});
}

void Telemetry::record_queue_expired() { count(queue_expired_); }

void Telemetry::record_batch(uint64_t predictions) {
  count(batches_);
  count(batched_predictions_, predictions);
}

TelemetrySnapshot Telemetry::snapshot() const {
  TelemetrySnapshot all;
  for (const std::atomic<Shard*>& each : shards_) {
    const Shard* from = each.load(std::memory_order_acquire);
    if (!from) continue;
    for (size_t i = 0; i < kOperations; ++i) {
      from->operation_ms[i].read_into(all.operation_ms[i]);
      for (size_t k = 0; k < kFailureKinds; ++k) all.failures[i][k] += from->failures[i][k].load(kRelaxed);
    }
    for (size_t i = 0; i < kStages; ++i) from->stage_ms[i].read_into(all.stage_ms[i]);
    for (size_t i = 0; i < kComputeUnitChoices; ++i) {
      for (size_t k = 0; k < kComputeUnitChoices; ++k)
        all.predictions[i][k] += from->predictions[i][k].load(kRelaxed);
    }
    all.cache_hits += from->cache_hits.load(kRelaxed);
    all.cache_misses += from->cache_misses.load(kRelaxed);
    all.cache_evictions += from->cache_evictions.load(kRelaxed);
    all.cache_evicted_bytes += from->cache_evicted_bytes.load(kRelaxed);
  }
  for (size_t i = 0; i < kBreakerStates; ++i) {
    all.breakers[i] = breakers_[i].load(kRelaxed);
    all.breaker_transitions[i] = breaker_transitions_[i].load(kRelaxed);
  }
  for (size_t i = 0; i < kTripReasons; ++i) all.breaker_trips[i] = breaker_trips_[i].load(kRelaxed);
  all.breaker_probes = breaker_probes_.load(kRelaxed);
  all.abandoned_calls = abandoned_.load(kRelaxed);
  all.abandoned_calls_total = abandoned_total_.load(kRelaxed);
  all.queued = queued_.load(kRelaxed);
  all.running = running_.load(kRelaxed);
  for (size_t i = 0; i < kQueueRefusals; ++i) all.queue_refusals[i] = queue_refusals_[i].load(kRelaxed);
  all.queue_expired = queue_expired_.load(kRelaxed);
  all.batches = batches_.load(kRelaxed);
  all.batched_predictions = batched_predictions_.load(kRelaxed);
  const ProcessMemory memory = process_memory();
  all.resident_bytes = memory.resident_bytes;
  all.peak_resident_bytes = memory.peak_resident_bytes;
  all.tensor_bytes = TensorMemory::live();
  all.peak_tensor_bytes = TensorMemory::peak();
  return all;
}

}  // namespace wf
