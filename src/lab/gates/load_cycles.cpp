#include "lab/gates/load_cycles.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <utility>

#include "runtime/cache/cache.h"
#include "runtime/platform.h"
#include "runtime/telemetry/quantile_sketch.h"

namespace wf {
namespace {

using Clock = std::chrono::steady_clock;

// Whether it was a hit.
Result<bool> one_cycle(const std::filesystem::path& model, const LoadOptions& options) {
  WF_TRY(const Model loaded, Model::load(model, options));
  return loaded.cached() && loaded.cached()->origin == CacheOrigin::kHit;
}

}  // namespace

int64_t exact_resident_bytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string word; rollup >> word;) {
    int64_t kib = 0;
    if (word == "Rss:" && rollup >> kib) return kib * 1024;
  }
  return process_memory().resident_bytes;
}

Result<LoadCyclesMeasured> measure_load_cycles(const std::filesystem::path& model,
                                               const LoadCyclesOptions& options) {
  LoadCyclesMeasured measured;
  QuantileSketch load_ms;  // of fixed size: the measuring must not grow
  int64_t hits = 0, resident_before = 0;
  exact_resident_bytes();  // what it needs itself is there from now on
  for (int64_t i = -options.warm_up; i < options.cycles; ++i) {
    WF_REQUIRE(!options.cancelled || !*options.cancelled, kRuntime, "interrupted");
    if (i == 0) resident_before = exact_resident_bytes();
    const auto begin = Clock::now();
    auto hit = one_cycle(model, options.load);
    if (!hit) return std::move(hit).error().at(fmt::format("cycle {}", i + options.warm_up));
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    if (i == -options.warm_up) measured.first_load_ms = ms;
    load_ms.add(ms);
    if (i >= 0) hits += *hit;
  }
  measured.cycles = options.cycles;
  measured.resident_growth = exact_resident_bytes() - resident_before;
  if (options.load.cache) measured.hits = hits;
  measured.load_p50_ms = load_ms.quantile(0.5).value_or(0);
  return measured;
}

Verdict judge(const LoadCyclesMeasured& measured, const LoadCyclesLimits& limits) {
  Verdict verdict{'a', {}};
  verdict.checks.push_back(less("resident_growth", static_cast<double>(measured.resident_growth),
                                static_cast<double>(limits.resident_growth), "bytes"));
  if (measured.hits) {
    const double percent = 100.0 * static_cast<double>(*measured.hits) / static_cast<double>(measured.cycles);
    verdict.checks.push_back(at_least("cache_hits", percent, limits.hit_percent, "%"));
  }
  return verdict;
}

Json to_json(const LoadCyclesMeasured& measured) {
  return {{"cycles", measured.cycles},
          {"resident_growth_bytes", measured.resident_growth},
          {"cache_hits", measured.hits ? Json(*measured.hits) : Json(nullptr)},
          {"first_load_ms", measured.first_load_ms},
          {"load_p50_ms", measured.load_p50_ms}};
}

}  // namespace wf
