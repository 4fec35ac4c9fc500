// NumPy's .npz: a zip archive of .npy members. Reads np.savez and np.savez_compressed, writes uncompressed.
#pragma once

#include <filesystem>

#include "tensor/named_tensors.h"

namespace wf {

// Names without their ".npy"; a member that is no array, or a name that occurs twice, is an error.
Result<NamedTensors> parse_npz(Bytes bytes);
Result<NamedTensors> read_npz(const std::filesystem::path& path);

Result<std::string> format_npz(const NamedTensors& tensors);
Status write_npz(const std::filesystem::path& path, const NamedTensors& tensors);

}  // namespace wf
