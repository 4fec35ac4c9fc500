// Declared by cmake/generated_tables.cmake: every OpFile, null-terminated.
#pragma once

#include "ops/op_def.h"

namespace wf {
const OpFile* const* op_file_table();
}
