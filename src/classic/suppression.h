// Non-maximum suppression as the last step of an object detector.
#pragma once

#include <string>

#include "classic/call.h"
#include "classic/model.h"

namespace wf {

struct SuppressionParams {
  double iou_threshold = 0, confidence_threshold = 0;
  bool per_class = false;
  // Names of inputs and outputs; those of the thresholds may be "".
  std::string confidence_input, coordinates_input, iou_threshold_input, confidence_threshold_input;
  std::string confidence_output, coordinates_output;
};

// Takes confidences [N, C] and boxes [N, 4] (centre x, centre y, width, height), gives the rows to keep, best
// first. The description may ask for a number of rows, or a range: missing ones are zeros.
class Suppression final : public ClassicModel {
 public:
  explicit Suppression(SuppressionParams params) : params_(std::move(params)) {}
  Status predict(ClassicCall& call) const override;

 private:
  SuppressionParams params_;
};

}  // namespace wf
