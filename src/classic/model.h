// A model that is no tensor program: a tree ensemble, a linear model, a step of feature engineering.
#pragma once

#include <string_view>

#include "base/error.h"

namespace wf {

class ClassicCall;

// Made once from a file's parameters, which its `make` checks; then only read, by any number of threads.
class ClassicModel {
 public:
  virtual ~ClassicModel() = default;
  // One prediction: takes its inputs from the call and puts its outputs there.
  virtual Status predict(ClassicCall& call) const = 0;
};

}  // namespace wf
