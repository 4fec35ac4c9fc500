// Writes a weight file (weight.bin), one blob after the other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <tuple>

#include "base/error.h"
#include "formats/milblob/layout.h"
#include "tensor/tensor.h"

namespace wf {

class BlobWriter {
 public:
  static bool can_store(DType dtype) { return milblob::code_of(dtype).has_value(); }

  static Result<BlobWriter> create(const std::filesystem::path& path);

  // Returns the offset of the blob's metadata record. Bytes that were written before (the same memory, as
  // when several functions share their weights) are not written again. The tensor must live until finish().
  Result<uint64_t> append(const Tensor& tensor);

  // Writes the header; the file is complete only now.
  Status finish();

 private:
  BlobWriter(std::filesystem::path path, std::ofstream out) : path_(std::move(path)), out_(std::move(out)) {}
  void pad_to_alignment();
  Status check() const;

  std::filesystem::path path_;
  std::ofstream out_;
  uint64_t size_ = 0;
  uint32_t count_ = 0;
  std::map<std::tuple<const void*, size_t, DType, int64_t>, uint64_t>
      written_;  // memory, bytes, type, elements
};

}  // namespace wf
