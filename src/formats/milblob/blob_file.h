// A weight file (weight.bin), mapped: tensors are views into it, so that weights are never copied to be read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "program/type.h"
#include "tensor/tensor.h"

namespace wf {

class BlobFile {
 public:
  // Checks the header; errors name the file.
  static Result<BlobFile> open(std::shared_ptr<const MappedFile> file);
  static Result<BlobFile> open(const std::filesystem::path& path);

  // The tensor whose metadata record lies at `offset`. The record must agree with the declared type, which
  // must be static. The view keeps the mapping alive.
  Result<Tensor> read(uint64_t offset, const TensorType& type) const;

 private:
  explicit BlobFile(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {}
  Result<Tensor> read_checked(uint64_t offset, const TensorType& type) const;
  std::shared_ptr<const MappedFile> file_;
};

}  // namespace wf
