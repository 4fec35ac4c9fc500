// Any bytes as MIL text: what parses must print and parse again to the same program.
#include <cstdlib>

#include "program/text.h"
#include "scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto program = wf::parse_text(wf::as_text(wf::fuzz::input(data, size)));
  if (!program) return 0;
  const auto again = wf::parse_text(wf::print_text(*program));
  if (!again || wf::first_difference(*program, *again)) std::abort();
  return 0;
}
