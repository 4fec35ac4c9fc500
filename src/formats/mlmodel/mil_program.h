// MIL.proto's Program message <-> Program.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "formats/wire/message.h"
#include "formats/wire/writer.h"
#include "program/program.h"

namespace wf {

// Large literals stay in the file that `owner` keeps; blobs are not resolved yet (load_weights). The program
// is not verified yet. Oddities are added to `notes`.
Result<Program> read_mil_program(const Message& program, const std::shared_ptr<const void>& owner,
                                 std::vector<std::string>& notes);

// Where the constants lie that are kept in a weight file; all others are written as immediate values.
using BlobRefs = std::unordered_map<const Constant*, BlobRef>;

// Every value must have a type and every constant data, see check_writable.
void write_mil_program(const Program& program, const BlobRefs& blobs, WireWriter& out);

// Can the program be written? Not if a value is untyped or weights are missing.
Status check_writable(const Program& program);

}  // namespace wf
