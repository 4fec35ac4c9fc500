// Any bytes as coremldata.bin, the description of a compiled model, beside a program that runs.
#include "scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  wf::fuzz::put("c.mlmodelc/coremldata.bin", wf::fuzz::input(data, size));
  wf::fuzz::put("c.mlmodelc/model.mil",
                "program(1.3)\n{ func main<ios17>(tensor<fp32, [4]> x) {\n"
                "tensor<fp32, [4]> y = relu(x = x);\n} -> (y); }");
  wf::fuzz::read_and_run(wf::fuzz::scratch_folder() / "c.mlmodelc");
  wf::fuzz::put("d.mlmodelc/coremldata.bin", wf::fuzz::input(data, size));  // alone: every other type
  wf::fuzz::read_and_run(wf::fuzz::scratch_folder() / "d.mlmodelc");
  return 0;
}
