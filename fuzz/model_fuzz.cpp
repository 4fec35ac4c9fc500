// Any bytes as an .mlmodel: the protobuf reader, the network lowering, the checks and the interpreter behind
// them.
#include "scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  wf::fuzz::put("model.mlmodel", wf::fuzz::input(data, size));
  wf::fuzz::read_and_run(wf::fuzz::scratch_folder() / "model.mlmodel");
  return 0;
}
