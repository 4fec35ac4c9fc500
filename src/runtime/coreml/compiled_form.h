// A model as Core ML loads it: compiled by Core ML, from the cache where there is one.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "runtime/engine.h"

namespace wf::coreml {

struct Compiled {
  std::string path;
  std::shared_ptr<const void> keep;  // what the path needs: an entry of the cache, a folder for this process
  std::shared_ptr<const CachedModel> cached;  // null: the cache was not asked
};

// A .mlmodelc that Core ML made is taken as it is; one that Windfall made is compiled as the model that it
// holds. A model without a file is written to one. No longer than `limit`.
Result<Compiled> compiled_form(const ModelFile& file, const KeepCompiled& keep,
                               std::chrono::milliseconds limit);

}  // namespace wf::coreml
