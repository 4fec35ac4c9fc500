// What regressors give: a number, or an array where the description declares one.
#pragma once

#include <span>

#include "classic/call.h"

namespace wf {

Status put_regression(ClassicCall& call, std::span<const double> values);

}  // namespace wf
