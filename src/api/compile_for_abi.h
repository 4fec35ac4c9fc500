// The compile step as both C interfaces offer it.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/engine.h"

namespace wf::api {

// The engine that serves the C interfaces unless the caller names one: what WINDFALL_ENGINE names, else
// "auto" where there is one, else "cpu".
std::string engine_for_abi();

// Loads the model once for these compute units, so that what is wrong with it is known now, and returns what
// to load from now on: the folder of the cache (runtime/cache) that holds it compiled; the model itself if it
// is compiled, or if nothing can be cached.
Result<std::filesystem::path> compile_for_abi(const std::filesystem::path& model, ComputeUnits units);

}  // namespace wf::api
