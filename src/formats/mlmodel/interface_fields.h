// A model's own interface and that of one of its functions have the same parts under different field numbers.
#pragma once

#include <cstdint>

#include "proto/model.h"

namespace wf {

struct InterfaceFields {
  uint32_t input, output, state, predicted_feature_name, predicted_probabilities_name;
};

inline constexpr InterfaceFields kModelInterfaceFields{
    proto::ModelDescription::kInput, proto::ModelDescription::kOutput, proto::ModelDescription::kState,
    proto::ModelDescription::kPredictedFeatureName, proto::ModelDescription::kPredictedProbabilitiesName};
inline constexpr InterfaceFields kFunctionInterfaceFields{
    proto::FunctionDescription::kInput, proto::FunctionDescription::kOutput,
    proto::FunctionDescription::kState, proto::FunctionDescription::kPredictedFeatureName,
    proto::FunctionDescription::kPredictedProbabilitiesName};

}  // namespace wf
