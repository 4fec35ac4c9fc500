#include "lab/conditioning.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lab/compare.h"

namespace wf {
namespace {

Result<Features> moved_by_one_ulp(const Features& inputs) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Features result;
  uint64_t coin = 1;
  for (const auto& [name, value] : inputs) {
    const Tensor* tensor = value.tensor();
    if (!tensor || !is_floating(tensor->dtype())) {
      result.emplace_back(name, value);
      continue;
    }
    std::vector<double> values = read_doubles(*tensor);
    for (double& v : values) {
      coin = coin * 6364136223846793005u +
             1442695040888963407u;  // Knuth's MMIX generator; its top bit is the coin
      v = std::nextafter(static_cast<float>(v), coin >> 63 ? kInfinity : -kInfinity);
    }
    WF_TRY(Tensor changed, Tensor::of_doubles(DType::kFloat32, tensor->shape(), values));
    result.emplace_back(name, Datum(std::move(changed)));
  }
  return result;
}

Result<Features> answer(const Model& model, const Features& inputs, const InferOptions& options) {
  WF_TRY(ModelState state, model.new_state());
  return model.predict(inputs, &state, options);
}

}  // namespace

Result<double> effect_of_one_ulp(const Model& exact, const Features& inputs, const InferOptions& options) {
  WF_TRY(Features changed_inputs, moved_by_one_ulp(inputs));
  WF_TRY(Features before, answer(exact, inputs, options));
  WF_TRY(Features after, answer(exact, changed_inputs, options));
  double worst = 0;
  for (const auto& [name, value] : before) {
    const Datum* other = find_feature(after, name);
    if (!other) continue;
    WF_TRY(Comparison comparison, compare(*other, value));
    worst = std::max(worst, comparison.max_rel);
  }
  return worst;
}

}  // namespace wf
