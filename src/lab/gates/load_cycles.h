// Gate A: loading a model again and again costs no memory, and compiling it again costs nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "lab/gates/verdict.h"
#include "runtime/model.h"

namespace wf {

struct LoadCyclesOptions {
  int64_t cycles = 10'000;
  int64_t warm_up = 100;  // cycles before the first look at memory; not among `cycles`
  LoadOptions load;       // with a cache, its hits are judged
  const std::atomic<bool>* cancelled = nullptr;
};

struct LoadCyclesMeasured {
  int64_t cycles = 0;
  int64_t resident_growth = 0;                // bytes, from after the warm-up to after the last cycle
  std::optional<int64_t> hits;                // of `cycles`; none without a cache
  double first_load_ms = 0, load_p50_ms = 0;  // compile step included
};

struct LoadCyclesLimits {
  int64_t resident_growth = 100'000;  // bytes; less than that
  double hit_percent = 90;
};

// A cycle that fails is an error that names it: nothing was measured then.
Result<LoadCyclesMeasured> measure_load_cycles(const std::filesystem::path& model,
                                               const LoadCyclesOptions& options);
Verdict judge(const LoadCyclesMeasured& measured, const LoadCyclesLimits& limits);
Json to_json(const LoadCyclesMeasured& measured);

// Physical memory of this process, counted page by page where the system offers that (Linux keeps its running
// count per processor, tens of pages off).
int64_t exact_resident_bytes();

}  // namespace wf
