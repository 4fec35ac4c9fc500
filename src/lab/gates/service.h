// Gate B: a model serves as described: schema, timeout, latency, numbers, and no breaker trips meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/finding.h"
#include "lab/gates/verdict.h"
#include "runtime/model.h"

namespace wf {

struct ServiceOptions {
  LoadOptions load;                           // the engine that is judged
  std::string expected_engine = "reference";  // the truth
  Budget budget;
  int64_t runs = 200, warm_up = 10;
  const std::atomic<bool>* cancelled = nullptr;
};

// A prediction with a tenth of the time it takes, or none where that is less than a millisecond.
struct TimeoutTrial {
  std::string ended;       // how, if not with kDeadlineExceeded; else ""
  double late_ms = 0;      // after the deadline
  std::string afterwards;  // what is wrong with the answer to the next call; else ""
};

struct ServiceMeasured {
  std::string schema_trouble;  // what is not as described, or ""
  TimeoutTrial timeout;
  int64_t runs = 0;
  double p50_ms = 0, p99_ms = 0, worst_ms = 0;
  std::vector<Finding> outputs;           // against the expected engine
  std::optional<uint64_t> breaker_trips;  // of an engine that has breakers
};

struct ServiceLimits {
  double p99_ms = 20;
  double late_ms = 100;  // after a deadline
};

// `inputs`: as Model::predict takes them. An error: the model cannot be prepared, or a prediction that must
// succeed fails.
Result<ServiceMeasured> measure_service(const std::shared_ptr<const ModelFile>& file, const Features& inputs,
                                        const ServiceOptions& options);
Verdict judge(const ServiceMeasured& measured, const ServiceLimits& limits);
Json to_json(const ServiceMeasured& measured);

// Of all breakers of a model that the engine "auto" prepared; nothing of other engines' models.
std::optional<uint64_t> breaker_trips_of(const PreparedModel& model);

}  // namespace wf
