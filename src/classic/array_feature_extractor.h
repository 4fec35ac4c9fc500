// Elements of an array by their index.
#pragma once

#include <cstdint>
#include <vector>

#include "classic/call.h"
#include "classic/model.h"

namespace wf {

class ArrayFeatureExtractor final : public ClassicModel {
 public:
  explicit ArrayFeatureExtractor(std::vector<uint64_t> indices) : indices_(std::move(indices)) {}
  Status predict(ClassicCall& call) const override;

 private:
  std::vector<uint64_t> indices_;  // in the flattened array
};

}  // namespace wf
