// The table of neural-network layers: a layer family is a file in layers/ that exports `layer_file_NAME`.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"

namespace wf {

class LayerContext;

struct LayerDef {
  uint32_t field = 0;     // number in NeuralNetworkLayer's oneof: convolution is 100
  std::string_view name;  // "convolution"
  Status (*lower)(LayerContext&) = nullptr;
};
struct LayerFile {
  std::span<const LayerDef> defs;
};

// Declared by cmake/generated_tables.cmake: every layer file, null-terminated.
const LayerFile* const* layer_file_table();

}  // namespace wf

#define WF_LAYER_FILE(stem, table)          \
  extern const LayerFile layer_file_##stem; \
  constinit const LayerFile layer_file_##stem { table }
