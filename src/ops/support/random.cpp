#include "ops/random.h"

#include <cmath>
#include <numbers>

namespace wf {

double RandomStream::normal(uint64_t i) const {
  const double radius = std::sqrt(-2 * std::log1p(-uniform(2 * i)));  // 1 - uniform is in (0, 1]: never log 0
  return radius * std::cos(2 * std::numbers::pi * uniform(2 * i + 1));
}

RandomStream random_stream(const Evaluation& eval) {
  const int64_t seed = eval.integer("seed");
  return RandomStream(seed >= 0 ? static_cast<uint64_t>(seed) : eval.next_seed());
}

}  // namespace wf
