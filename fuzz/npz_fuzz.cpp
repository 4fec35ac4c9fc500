// Any bytes as an .npz archive; what is read must survive being written and read again.
#include <cstdlib>

#include "scratch.h"
#include "tensor/npz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensors = wf::parse_npz(wf::fuzz::input(data, size));
  if (!tensors) return 0;
  const auto bytes = wf::format_npz(*tensors);
  if (!bytes) return 0;
  const auto again = wf::parse_npz(wf::as_bytes(*bytes));
  if (!again || again->size() != tensors->size()) std::abort();
  for (size_t i = 0; i < again->size(); ++i) {
    if ((*again)[i].first != (*tensors)[i].first || !wf::same_bits((*again)[i].second, (*tensors)[i].second))
      std::abort();
  }
  return 0;
}
