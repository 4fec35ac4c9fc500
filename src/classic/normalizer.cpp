#include "classic/normalizer.h"

#include <algorithm>
#include <cmath>

namespace wf {
namespace {

double norm_of(NormKind kind, const std::vector<double>& values) {
  if (kind == NormKind::kMax)
    return *std::max_element(values.begin(), values.end());  // as the format says: no |x|
  double sum = 0;
  for (const double value : values) sum += kind == NormKind::kL1 ? std::abs(value) : value * value;
  return kind == NormKind::kL1 ? sum : std::sqrt(sum);
}

}  // namespace

Status Normalizer::predict(ClassicCall& call) const {
  WF_TRY(const Datum* input, call.single_input());
  WF_TRY(std::vector<double> values, numbers_of(*input));
  const double norm = values.empty() ? 1 : norm_of(norm_, values);
  if (norm != 0) {  // zeros stay zeros
    for (double& value : values) value /= norm;
  }
  WF_TRY(Datum normalized, number_array(input->tensor()->shape(), values));
  return call.set_single(std::move(normalized));
}

}  // namespace wf
