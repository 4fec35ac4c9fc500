// k nearest neighbours among stored samples.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "classic/class_labels.h"
#include "classic/model.h"

namespace wf {

struct NearestNeighborsParams {
  int64_t neighbors = 0;
  int64_t dimensions = 0;
  std::vector<std::vector<float>> samples;
  Keys labels;                    // of each sample
  Keys default_label;             // one or none: the answer where there are no samples
  bool inverse_distance = false;  // a neighbour's vote is 1 / squared distance, instead of 1
};

// The file may ask for a kd-tree: it would find the same neighbours, so there is only the plain search.
class NearestNeighborsClassifier final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(NearestNeighborsParams params);
  Status predict(ClassicCall& call) const override;

 private:
  explicit NearestNeighborsClassifier(NearestNeighborsParams params);
  NearestNeighborsParams params_;
  Keys classes_;                  // the different labels, sorted
  std::vector<size_t> class_of_;  // of each sample
};

}  // namespace wf
