#include "api/guard.h"

#include <fmt/format.h>

namespace wf::api {

Error error_of_current_exception() {
  constexpr auto kHint = "this is a fault of Windfall: please report it";
  try {
    throw;
  } catch (const std::exception& thrown) {
    return {ErrorCode::kInternal, fmt::format("unexpected exception: {}", thrown.what()), {}, kHint};
  } catch (...) {
    return {ErrorCode::kInternal, "unexpected exception of no known type", {}, kHint};
  }
}

}  // namespace wf::api
