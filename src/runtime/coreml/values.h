// Values between the seam's and the bridge's.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "bridge/apple/bridge.h"
#include "program/datum.h"
#include "program/description.h"

namespace wf::coreml {

// A value with memory of its own, which lives until Core ML has let go of it, however late that is.
struct GivenValue;
// Makes `value` for the bridge. Its memory is kept by the release function in it: hand it to the bridge
// exactly once.
Result<wfa_value> give(const Feature& feature, const Datum& datum);
// For values that never came to be handed over.
void take_back(wfa_value& value);

// What came out, sharing the result's memory. Images as [1, C, H, W] in the model's channel order.
Result<Datum> receive(const Feature& feature, const wfa_value& value,
                      const std::shared_ptr<wfa_result>& result);

Error to_error(const wfa_failure& failure, ErrorCode for_native_errors);

}  // namespace wf::coreml
