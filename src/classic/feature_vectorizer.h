// Several features as one array, one after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "classic/call.h"
#include "classic/model.h"

namespace wf {

struct VectorizedColumn {
  std::string input;
  uint64_t width = 1;  // how many elements it takes
};

class FeatureVectorizer final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(std::vector<VectorizedColumn> columns);
  Status predict(ClassicCall& call) const override;

 private:
  FeatureVectorizer(std::vector<VectorizedColumn> columns, int64_t width)
      : columns_(std::move(columns)), width_(width) {}
  std::vector<VectorizedColumn> columns_;
  int64_t width_;
};

}  // namespace wf
