#include "api/compile_for_abi.h"

#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "runtime/cache/cache.h"
#include "runtime/model.h"

namespace wf::api {
namespace {

// Entries of the cache that were given out stay there until they are loaded: the last 64 of them.
void hold(const CachedModel& compiled) {
  constexpr size_t kMostHeld = 64;
  static std::mutex lock;
  static std::deque<std::pair<std::string, std::shared_ptr<const void>>> held;
  const std::lock_guard guard(lock);
  std::erase_if(held, [&](const auto& each) { return each.first == compiled.id; });
  held.emplace_back(compiled.id, compiled.hold);
  if (held.size() > kMostHeld) held.pop_front();
}

}  // namespace

std::string engine_for_abi() {
  const char* wanted = std::getenv("WINDFALL_ENGINE");
  if (wanted && *wanted) return wanted;
  return find_engine("auto").ok() ? "auto" : "cpu";
}

Result<std::filesystem::path> compile_for_abi(const std::filesystem::path& model, ComputeUnits units) {
  LoadOptions options;
  options.engine = engine_for_abi();
  options.prepare.compute_units = units;
  if (auto cache = Cache::shared()) options.cache = *std::move(cache);
  WF_TRY(const Model loaded, Model::load(model, options));
  const CachedModel* compiled = loaded.cached();
  if (!compiled) return model;
  if (compiled->hold) hold(*compiled);
  return compiled->path;
}

}  // namespace wf::api
