// Raw files: a tensor's bytes and nothing else, little-endian and row-major.
#pragma once

#include <filesystem>

#include "tensor/tensor.h"

namespace wf {

// The file must be exactly as long as the dtype and shape say. Its bytes are mapped, not copied.
Result<Tensor> read_raw(const std::filesystem::path& path, DType dtype, Shape shape);
Status write_raw(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace wf
