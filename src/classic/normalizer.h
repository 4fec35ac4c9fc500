// A vector divided by its norm.
#pragma once

#include <cstdint>

#include "classic/call.h"
#include "classic/model.h"

namespace wf {

enum class NormKind : uint8_t { kMax, kL1, kL2 };  // the format's numbers

class Normalizer final : public ClassicModel {
 public:
  explicit Normalizer(NormKind norm) : norm_(norm) {}
  Status predict(ClassicCall& call) const override;

 private:
  NormKind norm_;
};

}  // namespace wf
