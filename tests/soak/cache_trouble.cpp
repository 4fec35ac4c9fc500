#include "soak/cache_trouble.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "base/folder.h"
#include "lab/finding.h"
#include "runtime/cache/cache.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;

constexpr auto kPause = std::chrono::milliseconds(200);
constexpr uint64_t kLoadsForADamage = 5;

std::shared_ptr<Cache> open_cache(const fs::path& folder, std::atomic<uint64_t>& noticed) {
  CacheOptions options;
  options.folder = folder;
  auto cache = std::make_shared<Cache>(options);
  cache->on_eviction = [&noticed](const Eviction& eviction) {
    if (eviction.reason.starts_with("corrupt")) ++noticed;
  };
  return cache;
}

// A byte of a file of an entry changed, the file cut, or the file deleted, by chance. False: there is none.
bool damage(const fs::path& folder, std::mt19937& random) {
  const auto entries = list_tree(folder / "entries");
  if (!entries) return false;
  std::vector<FolderEntry> files;
  std::ranges::copy_if(*entries, std::back_inserter(files),
                       [](const FolderEntry& entry) { return !entry.is_folder && entry.bytes > 0; });
  if (files.empty()) return false;
  const FolderEntry& file = files[random() % files.size()];
  const fs::path path = folder / "entries" / file.name;
  std::error_code code;
  switch (random() % 3) {
    case 0: {
      std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
      const auto at = static_cast<std::streamoff>(random() % static_cast<uint64_t>(file.bytes));
      stream.seekg(at);
      const int byte = stream.get();
      stream.seekp(at);
      stream.put(static_cast<char>(byte ^ 0x10));
      return static_cast<bool>(stream.flush());
    }
    case 1:
      // Not the file that others have mapped: what they hold of it would be cut as well, which no reader of a
      // mapped file survives.
      fs::copy_file(path, path.string() + ".cut", code);
      fs::resize_file(path.string() + ".cut", static_cast<uintmax_t>(file.bytes / 2), code);
      fs::rename(path.string() + ".cut", path, code);
      return !code;
    default:
      return fs::remove(path, code);
  }
}

}  // namespace

CacheTroubleMeasured trouble_cache(const std::stop_token& stop, const CacheTroubleOptions& options) {
  CacheTroubleMeasured measured;
  std::atomic<uint64_t> noticed = 0;
  std::mt19937 random(20261122);
  const auto kept_open = open_cache(options.folder, noticed);
  for (uint64_t round = 0; !stop.stop_requested(); ++round) {
    LoadOptions load;
    load.cache = round % 2 ? kept_open : open_cache(options.folder, noticed);
    bool is_hit = false;
    const auto outputs = [&]() -> Result<Features> {
      WF_TRY(const Model model, Model::load(options.model, load));
      is_hit = model.cached() && model.cached()->origin == CacheOrigin::kHit;
      WF_TRY(ModelState state, model.new_state());
      return model.predict(options.inputs, &state);
    }();
    std::string trouble;
    if (outputs) {
      trouble = trouble_with(*outputs, options.expected, options.budget);
      ++measured.loads;
      measured.hits += is_hit;
    } else if (outputs.error().code == ErrorCode::kEnvironment) {
      ++measured.refused;
    } else {
      trouble = outputs.error().to_string();
    }
    if (!trouble.empty()) {
      ++measured.wrong;
      if (measured.first_trouble.empty()) measured.first_trouble = trouble;
    }
    if (round % kLoadsForADamage == kLoadsForADamage - 1) measured.damages += damage(options.folder, random);
    std::this_thread::sleep_for(kPause);
  }
  measured.noticed = noticed;
  return measured;
}

}  // namespace wf::test
