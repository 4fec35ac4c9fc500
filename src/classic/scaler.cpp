#include "classic/scaler.h"

#include <fmt/format.h>

#include <cmath>

namespace wf {
namespace {

bool fits(const std::vector<double>& values, size_t count) {
  return values.size() <= 1 || values.size() == count;
}

double at(const std::vector<double>& values, size_t i, double none) {
  return values.empty() ? none : values[values.size() == 1 ? 0 : i];
}

}  // namespace

Status Scaler::predict(ClassicCall& call) const {
  WF_TRY(const Datum* input, call.single_input());
  WF_TRY(std::vector<double> values, numbers_of(*input));
  WF_REQUIRE(fits(params_.shift, values.size()) && fits(params_.scale, values.size()), kInvalidArgument,
             fmt::format("{} shifts and {} scales, the input has {} numbers", params_.shift.size(),
                         params_.scale.size(), values.size()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = (values[i] + at(params_.shift, i, 0)) * at(params_.scale, i, 1);
  WF_TRY(const Datum scaled, number_array(input->tensor()->shape(), values));
  const Feature* output = call.interface().outputs.empty() ? nullptr : &call.interface().outputs[0];
  if (output && std::holds_alternative<Int64Feature>(output->type)) {
    // An integer is only given if nothing is lost.
    WF_REQUIRE(
        values.size() == 1 && std::abs(values[0]) < 0x1p63 && std::trunc(values[0]) == values[0], kRuntime,
        fmt::format("the output is an integer, the scaled value is {}", values.empty() ? 0 : values[0]));
  }
  return call.set_single(scaled);
}

}  // namespace wf
