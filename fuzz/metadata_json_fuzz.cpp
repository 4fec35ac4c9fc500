// Any bytes as metadata.json of a compiled model that lost its coremldata.bin.
#include "formats/mlmodelc/metadata_json.h"
#include "scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  wf::ModelFile file;
  (void)wf::read_metadata_json(wf::as_text(wf::fuzz::input(data, size)), file);
  return 0;
}
