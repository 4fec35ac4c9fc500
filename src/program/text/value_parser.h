// Types and literals of MIL text.
#pragma once

#include "base/error.h"
#include "program/program.h"
#include "program/text/cursor.h"

namespace wf::text {

// TYPE := tensor<DTYPE, [SIZE, ...]> | DTYPE | state<TYPE> | list<TYPE, SIZE> | tuple<TYPE, ...> | dict<TYPE,
// TYPE>
Result<ValueType> parse_type(Cursor& cursor, int depth = 0);

// TYPE(LITERAL) or TYPE(BLOBFILE(path = string("..."), offset = uint64(N)))
Result<Constant> parse_constant(Cursor& cursor);

// [KEY = CONSTANT, ...], or nothing; sorted by key.
Result<std::vector<NamedConstant>> parse_attributes(Cursor& cursor);

}  // namespace wf::text
