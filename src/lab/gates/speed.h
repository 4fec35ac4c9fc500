// Gate C: an engine earns its place: its p99 is well below another one's, and it is the one that served.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lab/gates/verdict.h"
#include "runtime/model.h"

namespace wf {

struct SpeedOptions {
  std::string engine = "cpu", baseline = "reference";
  PrepareOptions prepare;
  int64_t runs = 100, warm_up = 5;
  const std::atomic<bool>* cancelled = nullptr;
};

struct SpeedMeasured {
  int64_t runs = 0;  // of each, one after the other by turns
  double p50_ms = 0, p99_ms = 0, baseline_p50_ms = 0, baseline_p99_ms = 0;
  // How many calls were served by which engine on which compute units: "cpu on cpu_only".
  std::map<std::string, int64_t> served_by;
};

struct SpeedLimits {
  double ratio = 0.7;  // of the p99s, at most
  // Who must have served every call.
  std::string engine;
  std::optional<ComputeUnits> compute_units;  // any unless given
};

Result<SpeedMeasured> measure_speed(const std::shared_ptr<const ModelFile>& file, const Features& inputs,
                                    const SpeedOptions& options);
Verdict judge(const SpeedMeasured& measured, const SpeedLimits& limits);
Json to_json(const SpeedMeasured& measured);

}  // namespace wf
