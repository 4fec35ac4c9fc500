// What packed weights depend on beside the model and the instruction set.
#pragma once

#include <string_view>

namespace wf {

// Changes with any source that decides how values are numbered, which kernels are chosen or how their weights
// lie (cmake/plan_fingerprint.cmake): weights packed under another fingerprint are not used.
std::string_view plan_fingerprint();

// The release and the fingerprint: "0.1.0+0123456789abcdef".
std::string_view runtime_version();

}  // namespace wf
