// Tensors as JSON: nested arrays of numbers, bools or strings; a plain value is a rank-0 tensor. NaN and
// infinities, which JSON numbers cannot be, are the strings "NaN", "Infinity" and "-Infinity".
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "tensor/named_tensors.h"

namespace wf {

// Whole numbers become int64 (uint64 above its range), other numbers fp64, true and false bool, text strings.
Result<Tensor> tensor_from_json(const nlohmann::json& value);
nlohmann::json tensor_to_json(const Tensor& tensor);

// {"name": value, ...}
Result<NamedTensors> parse_tensors_json(Bytes bytes);
Result<NamedTensors> read_tensors_json(const std::filesystem::path& path);

}  // namespace wf
