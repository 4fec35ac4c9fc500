// Any bytes as a JSON file of named tensors; what is read must survive being written and read again, but for
// NaN.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "scratch.h"
#include "tensor/tensor_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensors = wf::parse_tensors_json(wf::fuzz::input(data, size));
  if (!tensors) return 0;
  for (const auto& [name, tensor] : *tensors) {
    const auto again = wf::tensor_from_json(wf::tensor_to_json(tensor));
    if (!again || again->shape() != tensor.shape()) std::abort();
  }
  return 0;
}
