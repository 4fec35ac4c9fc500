// coremldata.bin of a compiled model: what the model is, what it takes and gives. Worked out from files that
// Apple's compilers of 2017 to 2024 wrote; all numbers are little-endian, a string is a u64 length and its
// bytes.
//
//   u32 type            the field number of the Model message's alternative (502: mlProgram)
//   u32 layout          1 to 5 seen
//   20 bytes            small version numbers, not needed
//   string kind         empty in files of 2017, which have it below
//   u32 specification   the specification version
//   20 bytes            zero
//   string kind         only if the first one is empty
//   then, for a kind that begins with "generic" (the type has a compiled form of its own):
//     u64 size, bytes     a ModelDescription message
//     the rest depends on the type:
//       tree classifiers    u64 0, string: the file with the trees, u64 1, u64 0, u64 count, the labels as
//       i64 pipelines           u64 number of parts, u32 type, u32 0 networks            u32 type, u32 0,
//       [classifiers: labels], u64 count, that many strings: names of outputs labels              u64 100
//       (strings) or 101 (integers), u64 count, the labels, string: the probabilities' name mlProgram u32
//       type, u32 0, u64 0 for each function
//   or, for the kind "spec": the rest of the file is a whole Model message.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "program/datum.h"
#include "program/description.h"

namespace wf {

// Where a compiled tree ensemble with integer labels keeps its trees (compiled_trees.h).
struct CompiledTrees {
  std::string file;
  std::vector<int64_t> labels;
};

struct CompiledData {
  uint32_t type = 0;
  int64_t specification_version = 0;
  bool updatable = false;
  Description description;
  std::optional<uint64_t> part_count;  // of a pipeline
  List class_labels;                   // of a classifying network
  std::string probabilities_name;
  std::optional<CompiledTrees> trees;        // if they are written as known
  std::optional<std::string> model_message;  // of the kind "spec": the bytes of the whole Model message
};

Result<CompiledData> read_compiled_data(Bytes bytes);

}  // namespace wf
