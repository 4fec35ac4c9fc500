// The text form of a program (model.mil inside .mlmodelc): printer and parser.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "program/program.h"

namespace wf {

struct TextOptions {
  // "1.0": scalars are written tensor<int32, []>(1); "1.3": int32(1).
  std::string version = "1.3";
  // Constants with a BlobRef are written as BLOBFILE(...). Others are written out, however long.
};

std::string print_text(const Program& program, const TextOptions& options = {});

// Accepts versions 1.0 and 1.3, both spellings of scalars in both. Constants in blobs keep their BlobRef and
// have no data yet. Errors tell line, column, what was expected and what was found.
Result<Program> parse_text(std::string_view text);

// Calls resolve(BlobRef, TensorType) for every constant that lies in a blob and has no data, and stores what
// it returns. A default-constructed Tensor leaves the constant without data: its weights are missing and the
// reader says so.
Status resolve_blobs(Program& program,
                     const std::function<Result<Tensor>(const BlobRef&, const TensorType&)>& resolve);

// SSA order, unique names, arities, types of block inputs: what every reader checks before it hands a program
// out.
Status verify(const Program& program);

}  // namespace wf
