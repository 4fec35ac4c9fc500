// Any bytes as the three files of a compiled neural network: read, lowered and run.
#include "espresso_parts.h"
#include "scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parts = wf::fuzz::split_espresso(wf::as_text(wf::fuzz::input(data, size)));
  wf::fuzz::put("net.mlmodelc/model.espresso.net", parts[0]);
  wf::fuzz::put("net.mlmodelc/model.espresso.shape", parts[1]);
  wf::fuzz::put("net.mlmodelc/model.espresso.weights", parts[2]);
  wf::fuzz::read_and_run(wf::fuzz::scratch_folder() / "net.mlmodelc");
  return 0;
}
