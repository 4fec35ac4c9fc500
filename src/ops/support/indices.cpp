#include "ops/indices.h"

#include <fmt/format.h>

namespace wf {

IndexRule::IndexRule(const Call& call)
    : call_(&call),
      wraps_(call.opset() < Opset::kIos17),
      validates_(call.opset() >= Opset::kIos17 && call.flag("validate_indices")) {}

Result<int64_t> IndexRule::resolve(int64_t index, int64_t size) const {
  const int64_t place = index < 0 && wraps_ ? index + size : index;
  if (place >= 0 && place < size) return place;
  if (!validates_) return int64_t{-1};
  return Error(ErrorCode::kRuntime, fmt::format("index {} is outside [0, {})", index, size),
               call_->op().label());
}

}  // namespace wf
