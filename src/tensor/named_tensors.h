// Several tensors of one file, in the file's order.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace wf {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

}  // namespace wf
