// What can be told of a model without running it: operations, precision, compression, sizes, the oldest
// system it fits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/model_file.h"

namespace wf {

using Counts = std::vector<std::pair<std::string, int64_t>>;  // most frequent first, then by name

struct ModelFacts {
  std::string kind;   // "ML Program", "neural network classifier", "pipeline", the type's own name otherwise
  Counts operations;  // of every function, constants left out
  int64_t operation_count = 0;
  Counts layers;           // of a neural network, in the file's own words
  Counts compression;      // constexpr operations that rebuild weights
  Counts weight_elements;  // constant elements by dtype, for constants of more than one element
  // "fp32", "fp16" (any value is computed in half precision), "mixed" (both), "" where there is no program.
  std::string precision;
  int64_t half_values = 0, single_values = 0;  // values computed in fp16, in fp32 (casts compute nothing)
  std::string budget;                          // which budget of lab/compare.h fits: "fp32", "fp16" or "int8"
  std::string oldest_os;  // "iOS 15, macOS 12, watchOS 8, tvOS 15"; "" where the file does not say
  uint64_t weight_bytes = 0;
  uint64_t file_bytes = 0;  // of the file, or of every file in the bundle
};

ModelFacts facts_of(const ModelFile& file);

// The first systems that load a specification version; "" for a version nobody knows.
std::string_view oldest_os_of(int64_t specification_version);

}  // namespace wf
