// (x + shift) * scale, element by element.
#pragma once

#include <memory>
#include <vector>

#include "classic/call.h"
#include "classic/model.h"

namespace wf {

struct ScalerParams {
  std::vector<double> shift, scale;  // one for each element, one for all, or none: 0 and 1
};

class Scaler final : public ClassicModel {
 public:
  explicit Scaler(ScalerParams params) : params_(std::move(params)) {}
  Status predict(ClassicCall& call) const override;

 private:
  ScalerParams params_;
};

}  // namespace wf
