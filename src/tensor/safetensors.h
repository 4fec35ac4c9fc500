// Safetensors: 8 bytes header length, a JSON header, then the tensors' bytes without gaps
// (github.com/huggingface/ safetensors, "Format"). Read without copying. Sub-byte integers are written as
// int8 or uint8; strings cannot be.
#pragma once

#include <filesystem>

#include "tensor/named_tensors.h"

namespace wf {

// Tensors in the order of their data. They view `bytes`, which `owner` keeps alive.
Result<NamedTensors> parse_safetensors(Bytes bytes, std::shared_ptr<const void> owner);
Result<NamedTensors> read_safetensors(const std::filesystem::path& path);

Result<std::string> format_safetensors(const NamedTensors& tensors);
Status write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors);

}  // namespace wf
