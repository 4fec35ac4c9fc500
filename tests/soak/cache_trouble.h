// A cache of compiled models that is damaged while it is used: a model is loaded from it again and again, and
// now and then something happens to an entry.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

#include "lab/compare.h"
#include "runtime/model.h"

namespace wf::test {

struct CacheTroubleOptions {
  std::filesystem::path model;
  std::filesystem::path folder;  // of the cache, for this alone
  Features inputs, expected;
  Budget budget;
};

struct CacheTroubleMeasured {
  uint64_t loads = 0, hits = 0, damages = 0, noticed = 0;  // noticed: entries evicted as corrupt
  uint64_t refused = 0;                                    // for lack of memory
  uint64_t wrong = 0;         // answers that are, and errors for any other reason
  std::string first_trouble;  // of those
};

// Until it is stopped. Loads by turns through a cache that is kept open and through one opened anew, as by
// another process.
CacheTroubleMeasured trouble_cache(const std::stop_token& stop, const CacheTroubleOptions& options);

}  // namespace wf::test
