// Where a prediction's time goes.
#pragma once

namespace wf {

struct PredictTimes {
  double marshal_in_ms = 0, predict_ms = 0, marshal_out_ms = 0;
};

}  // namespace wf
