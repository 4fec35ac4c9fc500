// Tensors that lie in files, mapped both ways.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "tensor/tensor.h"

namespace wf::api {

enum class FileFormat : uint8_t { kRaw, kSafetensors };

// Where a tensor lies, or is to lie.
struct FilePlace {
  std::filesystem::path path;
  FileFormat format = FileFormat::kRaw;
  uint64_t offset = 0;             // of the first byte; raw only
  std::optional<uint64_t> length;  // in bytes; raw only, checked against dtype and shape
  std::string tensor;              // which of a safetensors file; "" is the only one
};

// The tensor as a view of the mapped file, which must not shrink while the tensor lives. dtype and shape are
// what a raw file needs; a safetensors file says its own, which must be these if they are given.
Result<Tensor> map_tensor(const FilePlace& place, std::optional<DType> dtype,
                          const std::optional<Shape>& shape);

// Raw: the bytes go through a mapping into the range of the file, which is made or lengthened as needed and
// otherwise left as it is; disk space is reserved first, so a full disk is an error. Safetensors: the file is
// replaced at once.
Status store_tensor(const FilePlace& place, const std::string& name, const Tensor& tensor);

// A new empty file that only this user may read. Whoever asked for it deletes it.
Result<std::string> make_temporary(const std::filesystem::path& folder, FileFormat format);

}  // namespace wf::api
