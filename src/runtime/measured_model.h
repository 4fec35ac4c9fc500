// What every model prepared on this machine has: a schema, a key, inputs that are counted, latencies that are
// measured.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "runtime/engine.h"
#include "runtime/latency_window.h"

namespace wf {

class MeasuredModel : public PreparedModel {
 public:
  MeasuredModel(IoSchema schema, std::string key, CompiledMeta meta)
      : schema_(std::move(schema)), key_(std::move(key)), meta_(std::move(meta)) {}

  std::string cache_key() const final { return key_; }
  const IoSchema& io_schema() const final { return schema_; }
  CompiledMeta meta() const final { return meta_; }
  SlaEstimate sla_estimate() const final { return {latencies_.percentile(0.5), latencies_.percentile(0.99)}; }

  Result<std::vector<Datum>> infer(std::span<const Datum> inputs, const InferOptions& options) const final {
    if (inputs.size() != schema_.inputs.size() + schema_.states.size()) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("takes {} inputs and {} states, given {} values", schema_.inputs.size(),
                               schema_.states.size(), inputs.size()));
    }
    const auto begin = std::chrono::steady_clock::now();
    WF_TRY(std::vector<Datum> outputs, outputs_of(inputs, options));
    latencies_.add(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    return outputs;
  }

 private:
  // As infer; the number of inputs is right.
  virtual Result<std::vector<Datum>> outputs_of(std::span<const Datum> inputs,
                                                const InferOptions& options) const = 0;

  IoSchema schema_;
  std::string key_;
  CompiledMeta meta_;
  mutable LatencyWindow latencies_;
};

}  // namespace wf
