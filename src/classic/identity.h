// The inputs as outputs: of the same name, or else in order. Also what class confidence thresholding does:
// its precision and recall curves are for the application, which chooses a threshold with them.
#pragma once

#include "classic/call.h"
#include "classic/model.h"

namespace wf {

class IdentityModel final : public ClassicModel {
 public:
  Status predict(ClassicCall& call) const override;
};

}  // namespace wf
