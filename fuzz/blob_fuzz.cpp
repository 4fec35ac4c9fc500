// Any bytes as a weight file, read at every aligned offset under several declared types.
#include <algorithm>

#include "formats/milblob/blob_file.h"
#include "scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  wf::fuzz::put("weight.bin", wf::fuzz::input(data, size));
  const auto file = wf::BlobFile::open(wf::fuzz::scratch_folder() / "weight.bin");
  if (!file) return 0;
  for (uint64_t offset = 0; offset < std::min<size_t>(size + 128, 1024); offset += 64) {
    for (int dtype = 0; dtype < wf::kDTypeCount; ++dtype) {
      for (const wf::Shape& shape :
           {wf::Shape{}, wf::Shape{8}, wf::Shape{3, 5}, wf::Shape{0}, wf::Shape{int64_t{1} << 40}}) {
        const auto tensor = file->read(offset, {static_cast<wf::DType>(dtype), shape});
        if (tensor && tensor->size() > 0) (void)wf::read_double(*tensor, tensor->size() - 1);
      }
    }
  }
  return 0;
}
