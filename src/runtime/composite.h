// Models that are no tensor program, prepared for any engine: it hands them here and keeps its own work to
// programs.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "runtime/engine.h"

namespace wf {

// A classical model: it runs the same on every engine.
Result<std::shared_ptr<const PreparedModel>> prepare_classic(const ModelFile& file, std::string_view engine);

// A pipeline (or a linked model): each part prepared by the engine. Values flow by name; every part fits its
// own inputs, as if a caller had passed them on.
Result<std::shared_ptr<const PreparedModel>> prepare_pipeline(const ModelFile& file, std::string_view engine,
                                                              const PrepareOptions& options);

}  // namespace wf
