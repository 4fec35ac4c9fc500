// Any bytes as a safetensors file; what is read is read to the last element.
#include <cstdlib>

#include "scratch.h"
#include "tensor/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensors = wf::parse_safetensors(wf::fuzz::input(data, size), nullptr);
  if (!tensors) return 0;
  for (const auto& [name, tensor] : *tensors) {
    if (wf::read_doubles(tensor).size() != static_cast<size_t>(tensor.size())) std::abort();
  }
  return 0;
}
