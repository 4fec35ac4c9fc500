// What the fuzz targets share: a folder in memory for readers that open files, and a short way to run what
// was read.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "formats/model_file.h"

namespace wf::fuzz {

// One folder per process, below /dev/shm where there is one; gone when the process ends.
const std::filesystem::path& scratch_folder();
void put(const std::filesystem::path& relative, Bytes content);
inline void put(const std::filesystem::path& relative, std::string_view text) {
  put(relative, as_bytes(text));
}

inline Bytes input(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const std::byte*>(data), size};
}

// Reads the model and, if it can run, predicts on seeded inputs within two seconds. Whether that gave
// an answer does not matter to a fuzz target; that it came to an end does.
bool read_and_run(const std::filesystem::path& path);

}  // namespace wf::fuzz
