// The compile step as both C interfaces offer it.
#pragma once

#include <filesystem>

#include "runtime/engine.h"

namespace wf::api {

// The engine that serves the C interfaces unless the caller names one: "auto" where there is one, else "cpu".
std::string_view default_engine();

// Makes sure that the model can be loaded for these compute units, and returns what to load.
// Until there is a compiled form of our own, that is the model itself: it is prepared once and its path
// returned.
Result<std::filesystem::path> compile_for_abi(const std::filesystem::path& model, ComputeUnits units);

}  // namespace wf::api
