#include "classic/array_feature_extractor.h"

#include <fmt/format.h>

namespace wf {

Status ArrayFeatureExtractor::predict(ClassicCall& call) const {
  WF_TRY(const std::vector<double> values, call.vector());
  std::vector<double> extracted;
  for (const uint64_t index : indices_) {
    WF_REQUIRE(index < values.size(), kInvalidArgument,
               fmt::format("extracts element {}, the input has {}", index, values.size()));
    extracted.push_back(values[static_cast<size_t>(index)]);
  }
  WF_TRY(Datum out, number_array({static_cast<int64_t>(extracted.size())}, extracted));
  return call.set_single(std::move(out));  // of one element also a scalar, if the description declares one
}

}  // namespace wf
