// Any bytes as an .npy file; what is read must survive being written and read again.
#include <cstdlib>

#include "scratch.h"
#include "tensor/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensor = wf::parse_npy(wf::fuzz::input(data, size));
  if (!tensor) return 0;
  const auto bytes = wf::format_npy(*tensor);
  if (!bytes) return 0;
  const auto again = wf::parse_npy(wf::as_bytes(*bytes));
  if (!again || !wf::same_bits(*tensor, *again)) std::abort();
  return 0;
}
