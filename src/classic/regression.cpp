#include "classic/regression.h"

#include <fmt/format.h>

namespace wf {

Status put_regression(ClassicCall& call, std::span<const double> values) {
  const Interface& interface = call.interface();
  WF_REQUIRE(!interface.outputs.empty(), kBadModel, "the description declares no output");
  const std::string& named = interface.predicted_feature_name;
  const Feature* feature = call.output_feature(named);
  if (!feature) feature = &interface.outputs[0];
  Shape shape;
  if (feature->array()) {
    shape = {static_cast<int64_t>(values.size())};
  } else {
    WF_REQUIRE(values.size() == 1, kBadModel,
               fmt::format("computes {} numbers, the description declares {} for '{}'", values.size(),
                           to_string(*feature), feature->name));
  }
  WF_TRY(Datum value, number_array(std::move(shape), values));
  call.set(feature->name, std::move(value));
  return {};
}

}  // namespace wf
